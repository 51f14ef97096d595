// Package pacing lets requests go when the service's limits allow it: at the
// published rate, after the pauses that the service asks for, and slower where
// somebody else uses the same limits. It knows no HTTP.
package pacing

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/reportform/reportform/internal/limits"
)

const (
	// probeWait is how long the others wait for an answer to the one request that
	// sees whether a pause is over, before another one does.
	probeWait = 30 * time.Second
	// longPace is from when on who waits for the pace is told so.
	longPace = 10 * time.Second
)

// Seat is where a pull works: it is left while the pull waits for its turn. Leave
// and Return come in pairs, Return also when the turn never came.
type Seat interface {
	Leave()
	Return()
}

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
// After a pause one request goes, and the others when it was answered usefully.
// Who is refused within the limits shares them with somebody else, and goes
// slower.
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
	scope  Scope
	budget Budget // nil without a limit
	pace   pace
	// paused is until when the service wants no request, and refusal why.
	paused  time.Time
	told    bool // the service said how long
	refusal error
	// trial is set from a pause until a request was answered usefully; only the
	// probe goes meanwhile.
	trial    bool
	probe    *Turn
	refusals int // one after the other
}

// free returns when the next request may be sent, as things are.
func (c *counted) free(now time.Time) time.Time {
	at := latest(c.paused, c.pace.free())
	if c.budget != nil {
		at = latest(at, c.budget.Free(now))
	}
	if c.trial && c.probe != nil {
		at = latest(at, c.probe.at.Add(probeWait))
	}
	return at
}

func (c *counted) take(t *Turn, now time.Time, waited bool) {
	if c.budget != nil {
		c.budget.Take(now, waited)
	}
	c.pace.take(now)
	if c.trial {
		c.probe = t
	}
}

// hold is why a request that counts here is held back, if a pause is the reason.
func (c *counted) hold() (Hold, bool) {
	return Hold{Scope: c.scope, Until: c.paused, Told: c.told, Last: c.refusal}, c.trial
}

// Scope says whose requests count together: those of an application in a
// directory, where an empty one stands for all of them.
type Scope struct{ App, Directory string }

// Hold says what holds a request back.
type Hold struct {
	Scope Scope
	Until time.Time // the end of a pause
	Told  bool      // the service asked for the pause
	Pace  bool      // it is no pause but the pace, for a while already
	Last  error     // the refusal behind a pause
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
		c = &counted{scope: Scope{limit.App, limit.Directory}}
		if limit.Limited() {
			c.budget, c.pace = l.open.Budget(limit, l.wake), newPace(limit.Rate)
		}
		l.counted[limit] = c
	}
	return c
}

// Wait returns when a request may be sent, or with the context's error. If it
// has to wait it leaves the seat meanwhile, and tells held why; nil is for none.
// What comes of the request is to be told to the Turn.
func (l *Limiter) Wait(ctx context.Context, seat Seat, held func(Hold)) (*Turn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if held == nil {
		held = func(Hold) {}
	}
	w := &waiter{turn: &Turn{limiter: l}, counted: l.counts(), told: held, granted: make(chan struct{})}
	l.all.enter(w)
	select {
	case <-w.granted:
		return w.turn, nil
	default:
	}
	if seat != nil {
		seat.Leave()
		defer seat.Return()
	}
	slow := time.AfterFunc(longPace, func() { l.all.tellPace(w) })
	defer slow.Stop()
	select {
	case <-w.granted:
		return w.turn, nil
	case <-ctx.Done():
	}
	if !l.all.leave(w) { // the turn has come all the same
		w.turn.Unused()
	}
	return nil, ctx.Err()
}

// Try is Wait for who does not wait: ok is false where a request may not be sent
// at once.
func (l *Limiter) Try() (turn *Turn, ok bool) {
	w := &waiter{turn: &Turn{limiter: l}, counted: l.counts(), told: func(Hold) {}, granted: make(chan struct{})}
	l.all.mu.Lock()
	l.all.queue = append(l.all.queue, w)
	l.all.grant()
	l.all.mu.Unlock()
	select {
	case <-w.granted:
		return w.turn, true
	default:
	}
	if !l.all.leave(w) { // the turn has come meanwhile
		return w.turn, true
	}
	return nil, false
}

// counts are what a request counts against.
func (l *Limiter) counts() [3]*counted { return [3]*counted{l.appTenant, l.app, l.tenant} }

// Spend is the turn of a request that cannot wait for it.
func (l *Limiter) Spend() *Turn {
	l.all.mu.Lock()
	defer l.all.mu.Unlock()
	t, now := &Turn{limiter: l}, time.Now()
	t.at = now
	for _, c := range l.counts() {
		c.take(t, now, false)
	}
	return t
}

// counter is what a refusal is about, in the words of x-ms-throttle-scope:
// Tenant_Application, Application or Tenant; where the service does not say it,
// the narrowest that there is a limit for.
func (l *Limiter) counter(scope string) *counted {
	switch strings.ToLower(scope) {
	case "application":
		return l.app
	case "tenant":
		return l.tenant
	case "tenant_application":
		return l.appTenant
	}
	for _, c := range [3]*counted{l.appTenant, l.tenant, l.app} {
		if c.budget != nil {
			return c
		}
	}
	return l.appTenant
}

// waiter is a request that waits for all that it counts against.
type waiter struct {
	turn    *Turn
	counted [3]*counted
	held    [3]bool // which of them made it wait
	told    func(Hold)
	heard   time.Time // the end of the pause that it was told of
	granted chan struct{}
}

func (l *Limiters) enter(w *waiter) {
	l.mu.Lock()
	l.queue = append(l.queue, w)
	l.grant()
	tell := l.holds(time.Now())
	l.mu.Unlock()
	for _, f := range tell {
		f()
	}
}

// holds tells everybody who waits of a pause, once of each: the functions do.
// l.mu is held.
func (l *Limiters) holds(now time.Time) (tell []func()) {
	for _, w := range l.queue {
		for _, c := range w.counted {
			if hold, ok := c.hold(); ok && hold.Until.After(w.heard) && (hold.Until.After(now) || w.heard.IsZero()) {
				w.heard = hold.Until
				tell = append(tell, func() { w.told(hold) })
			}
		}
	}
	return tell
}

// tellPace tells a waiter that it waits for the pace, unless it is for a pause.
func (l *Limiters) tellPace(w *waiter) {
	l.mu.Lock()
	hold, now := Hold{Pace: true}, time.Now()
	waits := slices.Contains(l.queue, w)
	for i, c := range w.counted {
		if at := c.free(now); w.held[i] && at.After(hold.Until) {
			hold.Until, hold.Scope = at, c.scope
		}
		if c.trial {
			waits = false
		}
	}
	l.mu.Unlock()
	if waits {
		w.told(hold)
	}
}

// leave takes a waiter out of the queue; false is for one that is no longer in it.
func (l *Limiters) leave(w *waiter) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.Index(l.queue, w)
	if i >= 0 {
		l.queue = slices.Delete(l.queue, i, i+1)
	}
	return i >= 0
}

// pause holds back what counts together until a time, and then lets one request
// see. A pause that ends earlier than one under way changes nothing. l.mu is held.
func (l *Limiters) pause(c *counted, until time.Time, r *Refusal) {
	if !until.After(c.paused) {
		return
	}
	c.paused, c.told, c.refusal = until, r.Wait > 0, r.Err
	c.trial, c.probe = true, nil
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
		w.turn.at = now
		for i, c := range w.counted {
			c.take(w.turn, now, w.held[i])
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
