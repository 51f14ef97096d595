package transport

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/reportform/reportform/internal/limits"
)

// Limiters paces requests at the service's published limits. With Local no
// limit is ever exceeded: of any stretch of time as long as the limit's,
// whenever it begins, no more requests than the limit's fall into it. (A token
// bucket would let through up to twice as many.)
//
// A budget that was not used lets its requests go at once; when they have to
// wait they go evenly spaced. Of all requests that may go, the one that has
// waited longest goes first, so tenants that share a budget take turns, and
// one that is held up holds up no other.
//
// It is safe for concurrent use and runs no goroutine.
type Limiters struct {
	open Budgets

	mu      sync.Mutex
	counted map[limits.Limit]*counted
	queue   []*waiter // in order of arrival
	timer   *time.Timer
}

// NewLimiters returns Limiters that have seen no request.
func NewLimiters(budgets Budgets) *Limiters {
	return &Limiters{open: budgets, counted: map[limits.Limit]*counted{}}
}

// counted is what counts together.
type counted struct {
	budget Budget // nil without a limit
	paused time.Time
}

// free returns when the next request may be sent, as things are.
func (c *counted) free(now time.Time) time.Time {
	if c.budget == nil {
		return c.paused
	}
	return latest(c.paused, c.budget.Free(now))
}

func (c *counted) take(now time.Time, waited bool) {
	if c.budget != nil {
		c.budget.Take(now, waited)
	}
}

// Limiter is the turn of one app's requests of one class in one tenant.
type Limiter struct {
	all                    *Limiters
	appTenant, app, tenant *counted
}

// For returns the Limiter of an app's requests in a tenant. Limiters of equal
// class share what counts together: those of one app and tenant all three
// budgets, those of one app or one tenant that budget. A class without budgets
// never waits but for Pause.
func (l *Limiters) For(app, tenant string, class limits.Class) *Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	of := class.Of(app, tenant)
	return &Limiter{all: l, appTenant: l.count(of[0]), app: l.count(of[1]), tenant: l.count(of[2])}
}

func (l *Limiters) count(limit limits.Limit) *counted {
	c, ok := l.counted[limit]
	if !ok {
		c = &counted{}
		if limit.Limited() {
			c.budget = l.open.Budget(limit, l.wake)
		}
		l.counted[limit] = c
	}
	return c
}

// Wait returns when a request may be sent, or with the context's error. If it
// has to wait it leaves the seat meanwhile; nil is for none.
func (l *Limiter) Wait(ctx context.Context, seat Seat) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w := &waiter{counted: [3]*counted{l.appTenant, l.app, l.tenant}, granted: make(chan struct{})}
	l.all.enter(w)
	select {
	case <-w.granted:
		return nil
	default:
	}
	if seat != nil {
		seat.Leave()
		defer seat.Return()
	}
	select {
	case <-w.granted:
		return nil
	case <-ctx.Done():
		l.all.leave(w)
		return ctx.Err()
	}
}

// Pause holds back all requests of the app in the tenant for a time from now.
// A pause that ends earlier than one under way changes nothing.
func (l *Limiter) Pause(d time.Duration) { l.all.pause(l.appTenant, d) }

// pauseScope is Pause for what the service said it counts, in the words of its
// x-ms-throttle-scope header: Tenant_Application, Application or Tenant.
func (l *Limiter) pauseScope(scope string, d time.Duration) {
	switch strings.ToLower(scope) {
	case "application":
		l.all.pause(l.app, d)
	case "tenant":
		l.all.pause(l.tenant, d)
	default:
		l.all.pause(l.appTenant, d)
	}
}

// waiter is a request that waits for all that it counts against.
type waiter struct {
	counted [3]*counted
	held    [3]bool // which of them made it wait
	granted chan struct{}
}

func (l *Limiters) enter(w *waiter) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queue = append(l.queue, w)
	l.grant()
}

func (l *Limiters) leave(w *waiter) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.Index(l.queue, w); i >= 0 {
		l.queue = slices.Delete(l.queue, i, i+1)
	}
}

func (l *Limiters) pause(c *counted, d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	until := time.Now().Add(d)
	if !until.After(c.paused) {
		return
	}
	c.paused = until
	if p, ok := c.budget.(Pauser); ok {
		p.Pause(until)
	}
}

// grant lets every waiter go that may, the oldest first, and sets the timer to
// when the next one may. l.mu is held.
func (l *Limiters) grant() {
	now := time.Now()
	var next time.Time
	waiting := l.queue[:0]
	for _, w := range l.queue {
		if at := w.earliest(now); at.After(now) {
			if next.IsZero() || at.Before(next) {
				next = at
			}
			waiting = append(waiting, w)
			continue
		}
		for i, c := range w.counted {
			c.take(now, w.held[i])
		}
		close(w.granted)
	}
	clear(l.queue[len(waiting):])
	l.queue = waiting
	if next.IsZero() {
		return
	}
	if l.timer == nil {
		l.timer = time.AfterFunc(next.Sub(now), l.wake)
	} else {
		l.timer.Reset(next.Sub(now))
	}
}

// wake lets go who may go now.
func (l *Limiters) wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.grant()
}

// earliest returns when all that the waiter counts against is free.
func (w *waiter) earliest(now time.Time) time.Time {
	at := now
	for i, c := range w.counted {
		if free := c.free(now); free.After(now) {
			w.held[i] = true
			if free.After(at) {
				at = free
			}
		}
	}
	return at
}
