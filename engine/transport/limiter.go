package transport

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/reportform/reportform/internal/limits"
)

// Limiters paces requests at the service's published limits. No budget is
// ever exceeded: of any stretch of time as long as the budget's, whenever it
// begins, no more requests than the budget's fall into it. (A token bucket
// would let through up to twice as many.)
//
// A budget that was not used lets its requests go at once; when they have to
// wait they go evenly spaced. Of all requests that may go, the one that has
// waited longest goes first, so tenants that share a budget take turns, and
// one that is held up holds up no other.
//
// It is safe for concurrent use and runs no goroutine.
type Limiters struct {
	mu      sync.Mutex
	buckets map[limits.Limit]*bucket
	queue   []*waiter // in order of arrival
	timer   *time.Timer
}

// NewLimiters returns Limiters that have seen no request.
func NewLimiters() *Limiters { return &Limiters{buckets: map[limits.Limit]*bucket{}} }

// Limiter is the turn of one app's requests of one class in one tenant.
type Limiter struct {
	all                    *Limiters
	appTenant, app, tenant *bucket
}

// For returns the Limiter of an app's requests in a tenant. Limiters of equal
// class share what counts together: those of one app and tenant all three
// budgets, those of one app or one tenant that budget. A class without budgets
// never waits but for Pause.
func (l *Limiters) For(app, tenant string, class limits.Class) *Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	counted := class.Of(app, tenant)
	return &Limiter{all: l, appTenant: l.bucket(counted[0]), app: l.bucket(counted[1]), tenant: l.bucket(counted[2])}
}

func (l *Limiters) bucket(limit limits.Limit) *bucket {
	b, ok := l.buckets[limit]
	if !ok {
		b = &bucket{Rate: limit.Rate}
		l.buckets[limit] = b
	}
	return b
}

// Wait returns when a request may be sent, or with the context's error.
func (l *Limiter) Wait(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w := &waiter{buckets: [3]*bucket{l.appTenant, l.app, l.tenant}, granted: make(chan struct{})}
	l.all.enter(w)
	select {
	case <-w.granted:
		return nil
	default:
	}
	if idle, ok := ctx.Value(idleKey{}).(func() func()); ok {
		busy := idle()
		defer busy()
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

// waiter is a request that waits for all of its buckets.
type waiter struct {
	buckets [3]*bucket
	held    [3]bool // the bucket made it wait
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

func (l *Limiters) pause(b *bucket, d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if until := time.Now().Add(d); until.After(b.paused) {
		b.paused = until
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
		for i, b := range w.buckets {
			b.take(now, w.held[i])
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

func (l *Limiters) wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.grant()
}

// earliest returns when all of the waiter's buckets are free.
func (w *waiter) earliest(now time.Time) time.Time {
	at := now
	for i, b := range w.buckets {
		if free := b.free(now); free.After(now) {
			w.held[i] = true
			if free.After(at) {
				at = free
			}
		}
	}
	return at
}
