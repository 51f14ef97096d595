// Package transport carries requests to the service: it logs, retries, paces
// and authorises them, each as an http.RoundTripper around the next, in the
// order log(retry(limit(authorise(base)))). Every attempt waits its turn and
// carries a fresh token; one that can have none takes no turn.
//
// A file holds one round tripper. Directly around the base stands attempt,
// which gives every attempt an id and says what kind of failure it met.
package transport

import (
	"context"
	"net/http"

	"github.com/hashicorp/go-hclog"
)

// Tokens gives access tokens.
type Tokens interface {
	// Token returns a token that is good for some minutes at least.
	Token(ctx context.Context) (string, error)
	// Invalidate says that the service has refused a token.
	Invalidate(token string)
}

// Options says what New builds. The zero value of a field is no such thing,
// unless said otherwise.
type Options struct {
	Base   http.RoundTripper // nil for one of NewBase's own
	Logger hclog.Logger
	// Tokens authorises requests; without it they carry no Authorization, as
	// suits a token endpoint.
	Tokens Tokens
	// Server is scheme://host[:port]: the only one whose requests carry a
	// token and wait for the Limiter.
	Server  string
	Limiter *Limiter
	Seat    Seat
	Retry   Retry // the zero value tries once
	// Final, if set, reports of an answer that is not to be asked for again,
	// although its status says that it may pass. It leaves the body as it was.
	Final func(*http.Response) bool
	// UserAgent is sent where a request has none of its own.
	UserAgent string
}

// New returns a round tripper that is safe for concurrent use. Requests that
// must not or cannot be sent twice are tried once, whatever comes back: those
// that may change something, such as a POST, unless their header has an
// Idempotency-Key, be it an empty list, and those with a body without GetBody.
//
// Errors are those of Tokens, those of a request's context, and network
// failures, which wrap their cause and name the client-request-id. Every
// answer has a client-request-id among its headers: the service's echo, or
// what was sent.
func New(o Options) http.RoundTripper {
	if o.Base == nil {
		o.Base = NewBase()
	}
	if o.Logger == nil {
		o.Logger = hclog.NewNullLogger()
	}
	home, turn := parseServer(o.Server), turn{o.Limiter, o.Tokens, o.Seat}
	var rt http.RoundTripper = &attempt{next: o.Base, userAgent: o.UserAgent}
	if o.Tokens != nil {
		rt = &authorise{next: rt, tokens: o.Tokens, home: home, turn: turn, policy: o.Retry, logger: o.Logger}
	}
	if o.Limiter != nil {
		rt = &limit{next: rt, turn: turn, home: home}
	}
	rt = &retry{next: rt, policy: o.Retry, final: o.Final, limiter: o.Limiter, home: home, logger: o.Logger}
	return &logged{next: rt, home: home, logger: o.Logger}
}
