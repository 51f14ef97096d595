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
// none: it fails at once, also in the wait, and holds up no other. The token is
// not kept, for it may expire in the wait.
func (t *turn) take(ctx context.Context) error {
	if t.limiter == nil {
		return nil
	}
	if t.tokens == nil {
		return t.limiter.Wait(ctx, t.seat)
	}
	for {
		if _, err := t.tokens.Token(ctx); err != nil {
			return err
		}
		if err := t.untilRefused(ctx); err == nil || ctx.Err() != nil {
			return err
		}
	}
}

// untilRefused waits for a turn until there can be no token any more.
func (t *turn) untilRefused(ctx context.Context) error {
	r, ok := t.tokens.(refusable)
	if !ok {
		return t.limiter.Wait(ctx, t.seat)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(r.Refused(), cancel)
	defer stop()
	return t.limiter.Wait(ctx, t.seat)
}

// refusable is Tokens that can be refused while requests wait.
type refusable interface {
	// Refused returns a context that ends when there can be no token any more.
	Refused() context.Context
}
