package transport

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/reportform/reportform/engine/transport/pacing"
)

// Seat is where a pull works: it is left while the pull waits for its turn, for
// a host, or for a service that sends nothing. Leave and Return come in pairs,
// Return also when the turn never came; those of requests that are under way at
// once may overlap.
type Seat interface {
	Leave()
	Return()
}

// limit lets every request wait until its host can be reached, and every request
// to home for its turn, and tells both what came of it.
//
// A request that can have no token takes no turn: it fails at once, and holds up
// no other. The token is not kept, for it may expire in the wait.
type limit struct {
	next     http.RoundTripper
	limiter  *pacing.Limiter // nil for no limit
	tokens   Tokens          // may be nil
	hosts    *Hosts          // may be nil
	patience *Patience
	seat     Seat // may be nil
	say      func(Waiting)
	home     server
	policy   Retry
}

func (l *limit) RoundTrip(req *http.Request) (*http.Response, error) {
	host := l.hosts.at(req.URL)
	turn, p, err := l.admit(req, host)
	if err != nil {
		closeBody(req)
		return nil, err
	}
	began := time.Now()
	resp, err := l.next.RoundTrip(req)
	var renew *refusedToken
	switch {
	case errors.As(err, &renew):
		_ = host.left(p, began, nil)
		turn.Useful()
	case err != nil:
		err = host.left(p, began, err)
		turn.Unused()
	default:
		_ = host.left(p, began, nil)
		l.settle(turn, resp)
	}
	return resp, err
}

// settle tells a turn what was answered.
func (l *limit) settle(turn *pacing.Turn, resp *http.Response) {
	wait, told := retryAfter(resp.Header, time.Now())
	switch {
	case pauses(resp, told):
		turn.Refused(&pacing.Refusal{
			Scope: throttleScope(resp), Wait: wait, Limit: resp.StatusCode == http.StatusTooManyRequests, Err: answerError(resp),
		}, l.policy.wait)
	case again(resp, nil):
		turn.Unused()
	default:
		turn.Useful()
	}
}

// admit waits until a request may be sent.
func (l *limit) admit(req *http.Request, host *host) (*pacing.Turn, *probe, error) {
	ctx, home := req.Context(), l.home.has(req.URL)
	for {
		if home && l.tokens != nil {
			end := quiet{seat: l.seat}.watch()
			_, err := l.tokens.Token(ctx)
			end()
			if err != nil {
				return nil, nil, err
			}
		}
		p, err := l.enter(ctx, host)
		if err != nil {
			return nil, nil, err
		}
		if !home || l.limiter == nil {
			return &pacing.Turn{}, p, nil
		}
		if p != nil {
			return l.limiter.Spend(), p, nil
		}
		turn, err := l.take(ctx, host)
		if errors.Is(err, errNoToken) {
			continue // which says why
		}
		if err != nil || host.up() {
			return turn, nil, err
		}
		turn.Unused()
	}
}

// enter waits for a host.
func (l *limit) enter(ctx context.Context, host *host) (*probe, error) {
	if host.up() {
		return nil, nil
	}
	during, stop := l.patience.with(host).while(ctx)
	defer stop()
	p, err := host.enter(during, l.seat)
	if err != nil && during.Err() != nil {
		return nil, why(ctx, during)
	}
	return p, err
}

// take waits for the limiter's turn, as long as there is patience with the
// service, the host is not given up, and there can be a token.
func (l *limit) take(ctx context.Context, host *host) (*pacing.Turn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if turn, ok := l.limiter.Try(); ok {
		return turn, nil
	}
	patient, stop := l.patience.with(host).while(ctx)
	defer stop()
	reachable, stop := host.while(patient)
	defer stop()
	during, end := l.untilRefused(reachable)
	defer end(nil)
	turn, err := l.limiter.Wait(during, l.seat, func(h pacing.Hold) {
		if err := l.held(h); err != nil {
			end(err)
		}
	})
	if err != nil {
		return nil, why(ctx, during)
	}
	return turn, nil
}

// errNoToken says that there can be no token any more.
var errNoToken = errors.New("there can be no token")

// untilRefused returns a context that ends when there can be no token any more.
func (l *limit) untilRefused(ctx context.Context) (until context.Context, end context.CancelCauseFunc) {
	until, cancel := context.WithCancelCause(ctx)
	r, ok := l.tokens.(refusable)
	if !ok {
		return until, cancel
	}
	unhook := context.AfterFunc(r.Refused(), func() { cancel(errNoToken) })
	return until, func(cause error) {
		unhook()
		cancel(cause)
	}
}

// refusable is Tokens that can be refused while requests wait.
type refusable interface {
	// Refused returns a context that ends when there can be no token any more.
	Refused() context.Context
}

// held is told what a request waits for; an error ends the wait.
func (l *limit) held(h pacing.Hold) (err error) {
	w := Waiting{Why: WaitPace, Scope: h.Scope, Until: h.Until, Last: h.Last}
	now := time.Now()
	if !h.Pace {
		w.Why = WaitThrottled
		asked := time.Duration(0)
		if h.Told {
			asked = max(0, h.Until.Sub(now))
		}
		err = l.patience.heldBack(now, h.Last, asked)
	}
	if l.say != nil && h.Until.After(now) {
		l.say(w)
	}
	return err
}
