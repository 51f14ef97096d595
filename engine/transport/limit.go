package transport

import (
	"context"
	"net/http"
)

type idleKey struct{}

// WithIdle returns a context for requests that tell when they have to wait for
// their turn: they call idle when the wait begins, and what that returns when
// it is over, whether or not the request is sent then.
func WithIdle(ctx context.Context, idle func() (busy func())) context.Context {
	return context.WithValue(ctx, idleKey{}, idle)
}

// limit lets every request to home wait for its turn.
type limit struct {
	next    http.RoundTripper
	limiter *Limiter
	tokens  Tokens // may be nil
	home    origin
}

func (l *limit) RoundTrip(req *http.Request) (*http.Response, error) {
	if l.home.has(req.URL) {
		if err := takeTurn(req.Context(), l.limiter, l.tokens); err != nil {
			closeBody(req)
			return nil, err
		}
	}
	return l.next.RoundTrip(req)
}

// takeTurn waits for a request's turn. A request that can have no token takes
// none: it fails at once, and holds up no other. The token is not kept, for it
// may expire in the wait.
func takeTurn(ctx context.Context, limiter *Limiter, tokens Tokens) error {
	if tokens != nil {
		if _, err := tokens.Token(ctx); err != nil {
			return err
		}
	}
	return limiter.Wait(ctx)
}
