package pacing

import "time"

// Turn is what a request was let go with.
type Turn struct {
	limiter *Limiter // nil without one
	at      time.Time
}

// Refusal is an answer that says to wait.
type Refusal struct {
	Scope string        // as in x-ms-throttle-scope
	Wait  time.Duration // as the service says, or 0
	Limit bool          // a limit is exceeded
	Err   error
}

// Useful says that the request was answered, if not by a refusal.
func (t *Turn) Useful() {
	t.end(func(c *counted, now time.Time) {
		if c.trial && t.at.Before(c.paused) {
			return // it was sent before the pause, and says nothing of later
		}
		c.trial, c.probe, c.refusals, c.refusal = false, nil, 0, nil
		c.pace.useful(now)
	})
}

// Unused says that nothing is known of the request, as it was not sent, or not
// answered. Was it the one that was to find out whether a pause is over, another
// one does.
func (t *Turn) Unused() { t.end(func(*counted, time.Time) {}) }

// Refused says that the request was refused. What it counts against by the
// refusal pauses; chosen is the wait after so many refusals one after the other,
// where the service does not say how long.
func (t *Turn) Refused(r *Refusal, chosen func(refusals int) time.Duration) {
	if t.limiter == nil {
		return
	}
	about := t.limiter.counter(r.Scope)
	t.end(func(c *counted, now time.Time) {
		if c != about {
			return
		}
		c.refusals++
		if r.Limit {
			c.pace.refused(t.at, now)
		}
		wait := r.Wait
		if wait <= 0 {
			wait = chosen(c.refusals)
		}
		t.limiter.all.pause(c, now.Add(wait), r)
	})
}

// end ends the turn and does something for all that it counts against.
func (t *Turn) end(do func(c *counted, now time.Time)) {
	if t.limiter == nil {
		return
	}
	l := t.limiter.all
	l.mu.Lock()
	now := time.Now()
	for _, c := range t.limiter.counts() {
		if c.probe == t {
			c.probe = nil
		}
		do(c, now)
	}
	l.grant()
	tell := l.holds(now)
	l.mu.Unlock()
	for _, f := range tell {
		f()
	}
}
