package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Error says why there is no token and what to do about it. It holds nothing
// of the request but the application's id and the directory, neither of which is
// secret; its other texts come from the token endpoint or the network, cut
// short, on one line, and without any part of a secret that they repeat.
type Error struct {
	App, Directory string
	// Status is the HTTP status of the answer, 0 where there was none.
	Status int
	// Code is the endpoint's OAuth error, such as invalid_client; empty where
	// the answer was not the endpoint's own or there was none.
	Code string
	// AADSTS is the number of the endpoint's error, such as 7000215, or 0.
	AADSTS int
	// Message says what went wrong, on one line.
	Message string
	// TraceID and CorrelationID are what Microsoft's support asks for; empty
	// or a GUID. Without an answer of the endpoint's own the latter is the
	// client-request-id that was sent.
	TraceID, CorrelationID string
	// Advice says what to do, in full sentences; empty where nothing is known.
	Advice string
	// Unread reports that the secret could not be read, and nobody was asked.
	Unread bool

	temporary bool  // the network's fault, or a page that is not the endpoint's
	cause     error // context.Canceled, context.DeadlineExceeded, a final error or nil
}

// Error says what went wrong on one line; what to do is the Advice's to say.
func (e *Error) Error() string {
	return fmt.Sprintf("no token for tenant %q as app %q: %s", e.Directory, e.App, e.Message) + e.facts(e.TraceID, e.CorrelationID)
}

// Cause is what went wrong, without what is of one tenant or request alone.
func (e *Error) Cause() string {
	return fmt.Sprintf("no token as app %q: %s", e.App, e.Message) + e.facts("", "")
}

// facts are the codes and ids of an answer, in parentheses.
func (e *Error) facts(trace, correlation string) string {
	var facts []string
	if e.Code != "" {
		facts = append(facts, e.Code)
	}
	if e.AADSTS != 0 {
		facts = append(facts, fmt.Sprintf("AADSTS%d", e.AADSTS))
	}
	if e.Status != 0 {
		facts = append(facts, fmt.Sprintf("HTTP %d", e.Status))
	}
	if trace != "" {
		facts = append(facts, "trace id "+trace)
	}
	if correlation != "" {
		facts = append(facts, "correlation id "+correlation)
	}
	if len(facts) == 0 {
		return ""
	}
	return " (" + strings.Join(facts, ", ") + ")"
}

// Final reports whether the same request fails until somebody changes something:
// the secret, the application, the directory.
func (e *Error) Final() bool { return !e.Retryable() && e.cause == nil }

// Retryable reports whether the same request may succeed later although
// nothing was changed: the endpoint was throttled or broken, or could not be
// reached.
func (e *Error) Retryable() bool {
	return e.temporary || e.Status == 429 || e.Status >= 500 || e.Code == "temporarily_unavailable"
}

// Unwrap returns context.Canceled or context.DeadlineExceeded where the
// request was given up for that reason, the error of the client that is final
// where there is one, and nil otherwise.
func (e *Error) Unwrap() error { return e.cause }

func newError(app string, audience Audience) *Error {
	return &Error{App: line(app, 100), Directory: line(audience.Directory, 100)}
}

func (e *Error) because(message, advice string) *Error {
	e.Message, e.Advice = message, advice
	return e
}

// unreadable is the error for a secret that could not be read.
func unreadable(ctx context.Context, app string, audience Audience, err error) *Error {
	e := newError(app, audience).because(line(err.Error(), maxMessage),
		"Make the secret available there, or set the credential's secret to another place.")
	e.Unread, e.cause = true, ctx.Err()
	return e
}

// explain makes an *Error of what came back instead of a token.
func explain(ctx context.Context, app string, audience Audience, err error) *Error {
	var refusal *Error
	if errors.As(err, &refusal) {
		return refusal
	}
	e := newError(app, audience)
	if ctx.Err() != nil && !errors.Is(context.Cause(ctx), errSlowRenewal) {
		e.cause = ctx.Err()
		return e.because("the request was given up: "+ctx.Err().Error(), "")
	}
	e.temporary = true
	var sent interface {
		error
		ClientRequestID() string
	}
	if errors.As(err, &sent) {
		e.CorrelationID = firstGUID(sent.ClientRequestID())
	}
	var proxy interface {
		error
		ProxyStatus() int
	}
	if errors.As(err, &proxy) && proxy.ProxyStatus() == http.StatusProxyAuthRequired {
		e.Status, e.temporary = proxy.ProxyStatus(), false
	}
	var request *url.Error
	if errors.As(err, &request) {
		text := strings.ReplaceAll(request.Err.Error(), " (client-request-id "+e.CorrelationID+")", "")
		var last final
		if errors.As(request.Err, &last) {
			e.cause = last
		}
		if advises, ok := last.(interface{ Advice() string }); ok {
			return e.because(line(text, maxMessage), advises.Advice())
		}
		return e.because(line(text, maxMessage), networkAdvice(audience.Login, request.Err))
	}
	return e.because("the token endpoint's answer cannot be read", "Try again; if it stays, "+proxyAdvice(audience.Login))
}

// final is an error of the client that ends everything of its kind: it makes no
// difference who asks. It repeats nothing that was sent.
type final interface {
	error
	Final()
}

// redacted removes every part of a proof from the texts that come from outside.
func (e *Error) redacted(proof url.Values) *Error {
	var values []string
	for _, vs := range proof {
		for _, v := range vs {
			values = append(values, v, url.QueryEscape(v), url.PathEscape(v))
		}
	}
	e.Message = redact(e.Message, values)
	for _, id := range []*string{&e.Code, &e.TraceID, &e.CorrelationID} {
		if redact(*id, values) != *id {
			*id = ""
		}
	}
	return e
}
