package auth

import (
	"context"
	"errors"
	"fmt"
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
	// or a GUID.
	TraceID, CorrelationID string
	// Advice says what to do, in full sentences; empty where nothing is known.
	Advice string

	temporary bool  // the network's fault, or a page that is not the endpoint's
	cause     error // context.Canceled, context.DeadlineExceeded, a final error or nil
}

// Error gives everything on one line.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "no token for tenant %q as app %q: %s", e.Directory, e.App, e.Message)
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
	if e.TraceID != "" {
		facts = append(facts, "trace id "+e.TraceID)
	}
	if e.CorrelationID != "" {
		facts = append(facts, "correlation id "+e.CorrelationID)
	}
	if len(facts) > 0 {
		b.WriteString(" (" + strings.Join(facts, ", ") + ")")
	}
	if e.Advice != "" {
		b.WriteString(". " + e.Advice)
	}
	return b.String()
}

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
	e.cause = ctx.Err()
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
	var request *url.Error
	if errors.As(err, &request) {
		var last final
		if errors.As(request.Err, &last) {
			e.cause = last
		}
		if advises, ok := last.(interface{ Advice() string }); ok {
			return e.because(line(request.Err.Error(), maxMessage), advises.Advice())
		}
		return e.because(line(request.Err.Error(), maxMessage), networkAdvice(audience.Login, request.Err))
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
