package transport

import (
	"context"
	"net/http"
)

// Seat is where a pull works: it is left while the pull waits for its turn.
// Leave and Return come in pairs, Return also when the turn never came; those
// of requests that are under way at once may overlap.
type Seat interface {
	Leave()
	Return()
}

// limit lets every request to home wait for its turn.
type limit struct {
	next http.RoundTripper
	turn turn
	home server
}

func (l *limit) RoundTrip(req *http.Request) (*http.Response, error) {
	if l.home.has(req.URL) {
		if err := l.turn.take(req.Context()); err != nil {
			closeBody(req)
			return nil, err
		}
	}
	return l.next.RoundTrip(req)
}

// turn is what requests wait for.
type turn struct {
	limiter *Limiter // nil for no limit
	tokens  Tokens   // may be nil
	seat    Seat     // may be nil
}

// take waits for a request's turn. A request that can have no token takes
// none: it fails at once, and holds up no other. The token is not kept, for it
// may expire in the wait.
func (t *turn) take(ctx context.Context) error {
	if t.limiter == nil {
		return nil
	}
	if t.tokens != nil {
		if _, err := t.tokens.Token(ctx); err != nil {
			return err
		}
	}
	return t.limiter.Wait(ctx, t.seat)
}
