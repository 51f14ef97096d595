package auth

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"github.com/reportform/reportform/internal/secret"
)

const (
	// renewBefore is how long before its end a token is renewed; of one that
	// lives less than five times that, a fifth of its life.
	renewBefore = 5 * time.Minute
	// defaultLife is assumed of a token that does not say how long it lives.
	defaultLife = 5 * time.Minute
	// renewTimeout bounds a renewal while the old token is still good, and is
	// the pause before the next one if it failed.
	renewTimeout = 30 * time.Second
)

// errSlowRenewal ends a renewal that took too long: the endpoint's fault, not
// the end of a caller's context.
var errSlowRenewal = errors.New("the token endpoint did not answer in time")

// Source is the token of one credential for one audience, kept until it must
// be renewed. All requests of a tenant share one. It is safe for concurrent
// use.
type Source struct {
	credential Credential
	audience   Audience
	client     *http.Client
	now        func() time.Time

	mu      sync.Mutex
	token   secret.Value // the zero secret if there is none
	renew   time.Time
	expires time.Time
	request *request // under way, or nil

	got     time.Time       // when the token was asked for
	refusal *Error          // that stands, or nil
	refused context.Context // ends with a refusal
	refuse  context.CancelFunc
}

// request is one request for a token that any number of callers wait for.
type request struct {
	waiting int
	began   time.Time
	cancel  context.CancelFunc
	done    chan struct{} // closed when token and err are set
	token   secret.Value
	err     error
	slow    bool // a renewal took too long, and the old token has expired meanwhile
}

// NewSource returns a Source that asks credential for tokens over client,
// which must retry what can be retried. now is the clock, time.Now outside
// tests.
func NewSource(credential Credential, audience Audience, client *http.Client, now func() time.Time) *Source {
	s := &Source{credential: credential, audience: audience, client: client, now: now}
	s.refused, s.refuse = context.WithCancel(context.Background())
	return s
}

// Token returns an access token with at least five minutes, or a fifth, of its
// life left. Callers that arrive while one is asked for share that request;
// each waits no longer than its own context, and the request ends when nobody
// waits. If a renewal fails while the old token is good, the old one is returned.
//
// A refusal that will not pass by itself, such as a wrong secret, is remembered
// until a run begins, and returned without another request, so that many pulls of one
// tenant do not hammer the endpoint. Errors are *Error, or the context's.
func (s *Source) Token(ctx context.Context) (string, error) {
	s.mu.Lock()
	now := s.now()
	switch {
	case !s.token.IsZero() && now.Before(s.renew):
		defer s.mu.Unlock()
		return s.token.Reveal(), nil
	case s.refusal != nil:
		defer s.mu.Unlock()
		return "", s.refusal
	case ctx.Err() != nil:
		defer s.mu.Unlock()
		return "", ctx.Err()
	case s.request == nil:
		s.request = s.start(ctx)
	}
	r := s.request
	r.waiting++
	s.mu.Unlock()

	select {
	case <-r.done:
		if r.slow { // there is time for a request without haste
			return s.Token(ctx)
		}
		return r.token.Reveal(), r.err
	case <-ctx.Done():
		s.leave(r)
		return "", ctx.Err()
	}
}

// Invalidate forgets the token, if it is the current one: the service has
// refused it. The next call of Token asks for another.
func (s *Source) Invalidate(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token.Reveal() == token {
		s.token = secret.Value{}
	}
}

// Renew forgets the token unless it was asked for after a time: what has changed
// since, such as a permission that was granted, shows only in another. The next
// call of Token asks for one.
func (s *Source) Renew(after time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.got.After(after) {
		s.token = secret.Value{}
	}
}

// Refused returns a context that ends when a token is refused for good, for those
// who wait before they need one.
func (s *Source) Refused() context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused
}

// forget forgets a refusal.
func (s *Source) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pardon()
}

// pardon forgets a refusal. s.mu is held.
func (s *Source) pardon() {
	s.refusal = nil
	if s.refused.Err() != nil {
		s.refused, s.refuse = context.WithCancel(context.Background())
	}
}

// start begins a request that outlives the caller's context, but not its
// values. s.mu is held.
func (s *Source) start(ctx context.Context) *request {
	ctx = context.WithoutCancel(ctx)
	var cancel context.CancelFunc
	if s.good() {
		ctx, cancel = context.WithTimeoutCause(ctx, renewTimeout, errSlowRenewal)
	} else {
		ctx, cancel = context.WithCancel(ctx)
	}
	r := &request{cancel: cancel, done: make(chan struct{}), began: s.now()}
	go func() {
		defer cancel()
		token, err := s.credential.Token(ctx, s.client, s.audience)
		s.finish(r, token, err, errors.Is(context.Cause(ctx), errSlowRenewal))
	}()
	return r
}

// leave is called by a caller that stops waiting; the last one ends the request.
func (s *Source) leave(r *request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.waiting--
	if r.waiting == 0 && s.request == r {
		s.request = nil
		r.cancel()
	}
}

// finish hands a request's outcome to those who wait; slow is that it was cut short.
func (s *Source) finish(r *request, token *oauth2.Token, err error, slow bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer close(r.done)
	if s.request != r { // nobody waits
		return
	}
	s.request = nil
	switch {
	case err == nil:
		s.keep(token)
		s.got = r.began
		r.token = s.token
	case s.good():
		s.renew = s.now().Add(renewTimeout)
		r.token = s.token
	case slow:
		r.slow = true
	default:
		s.remember(err)
		r.err = err
	}
}

// keep takes over a fresh token. s.mu is held.
func (s *Source) keep(token *oauth2.Token) {
	life := defaultLife
	if !token.Expiry.IsZero() {
		life = time.Until(token.Expiry)
	}
	// Without its monotonic part the clock goes on while a computer sleeps.
	now := s.now().Round(0)
	s.token = secret.Hide(token.AccessToken)
	s.expires = now.Add(life)
	s.renew = s.expires.Add(-min(renewBefore, life/5))
	s.pardon()
}

// remember keeps a refusal that will not pass by itself. s.mu is held.
func (s *Source) remember(err error) {
	s.pardon()
	var refusal *Error
	if errors.As(err, &refusal) && refusal.Final() {
		s.refusal = refusal
		s.refuse()
	}
}

// good reports whether there is a token that has not expired. s.mu is held.
func (s *Source) good() bool { return !s.token.IsZero() && s.now().Before(s.expires) }
