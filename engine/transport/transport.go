// Package transport carries requests to the service: it logs, retries, paces
// and authorises them, each as an http.RoundTripper around the next, in the
// order log(retry(renew(limit(authorise(base))))). Every attempt waits its turn
// and carries a fresh token; one that can have none takes no turn.
//
// Around the base stands attempt, which gives every attempt an id, says what kind
// of failure it met, and breaks off what does not arrive. How long all of it may
// take is a matter of time, not of tries: Patience with those who ask, and Hosts.
package transport

import (
	"context"
	"net/http"

	"github.com/hashicorp/go-hclog"

	"github.com/reportform/reportform/engine/transport/pacing"
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
	Limiter *pacing.Limiter
	Seat    Seat
	Retry   Retry // the zero value tries once
	// Final, if set, reports of an answer that is not to be asked for again,
	// although its status says that it may pass. It leaves the body as it was.
	Final func(*http.Response) bool
	// Patience is that of those who ask; without it every request has its own.
	Patience *Patience
	Hosts    *Hosts
	// Small says that answers are small. They are read whole, and what does not
	// begin within a minute, breaks off, or ends in 504 is asked for again.
	Small bool
	// Explain makes an error of an answer and its body, for when patience is over.
	Explain func(*http.Response, []byte) error
	// Say is told what is waited for, again and again; it answers at once, and
	// asks nothing of this package.
	Say func(Waiting)
	// UserAgent is sent where a request has none of its own.
	UserAgent string
}

// New returns a round tripper that is safe for concurrent use. Requests that
// must not or cannot be sent twice are tried once, whatever comes back: those
// that may change something, such as a POST, unless their header has an
// Idempotency-Key, be it an empty list, and those with a body without GetBody.
//
// Errors are those of Tokens, those of a request's context, a *PatienceError, an
// *OutageError, and other network failures, which wrap their cause and name the
// client-request-id. Every answer has a client-request-id among its headers: the
// service's echo, or what was sent. A body that brings nothing for a minute breaks
// off with ErrStalled, or with a *PatienceError if patience is over by then.
func New(o Options) http.RoundTripper {
	if o.Base == nil {
		o.Base = NewBase()
	}
	if o.Logger == nil {
		o.Logger = hclog.NewNullLogger()
	}
	home := parseServer(o.Server)
	var rt http.RoundTripper = &attempt{
		next: o.Base, userAgent: o.UserAgent, small: o.Small, quiet: quiet{o.Seat, WaitSilent, o.Say},
	}
	if o.Tokens != nil {
		rt = &authorise{next: rt, tokens: o.Tokens, home: home}
	}
	rt = &limit{
		next: rt, limiter: o.Limiter, tokens: o.Tokens, hosts: o.Hosts, patience: o.Patience, seat: o.Seat, say: o.Say, home: home, policy: o.Retry,
	}
	if o.Tokens != nil {
		rt = &renew{next: rt, tokens: o.Tokens, policy: o.Retry, logger: o.Logger}
	}
	rt = &retry{
		next: rt, policy: o.Retry, final: o.Final, patience: o.Patience, hosts: o.Hosts, limiter: o.Limiter, seat: o.Seat, home: home, small: o.Small,
		explain: o.Explain, say: o.Say, logger: o.Logger,
	}
	return &logged{next: rt, home: home, logger: o.Logger}
}
