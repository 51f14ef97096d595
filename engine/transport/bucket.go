package transport

import (
	"time"

	"github.com/reportform/reportform/internal/limits"
)

// bucket counts requests against a rate by remembering when they were sent.
type bucket struct {
	limits.Rate
	sent   []time.Time // within the last window, in order; at most Requests
	spaced bool        // the last request had to wait for this bucket
	paused time.Time
}

// Window is how long a request counts against a rate. It is a little longer
// than Per: two requests may arrive closer together than they left.
func Window(r limits.Rate) time.Duration {
	return r.Per + min(max(r.Per/50, 50*time.Millisecond), time.Second)
}

// free returns when the next request may be sent, as things are: now or
// before if at once.
func (b *bucket) free(now time.Time) time.Time {
	if !b.Limited() {
		return b.paused
	}
	window := Window(b.Rate)
	old := 0
	for old < len(b.sent) && !b.sent[old].Add(window).After(now) {
		old++
	}
	b.sent = b.sent[:copy(b.sent, b.sent[old:])]
	at := b.paused
	if len(b.sent) >= b.Requests {
		at = latest(at, b.sent[len(b.sent)-b.Requests].Add(window))
	}
	if b.spaced && len(b.sent) > 0 {
		at = latest(at, b.sent[len(b.sent)-1].Add(window/time.Duration(b.Requests)))
	}
	return at
}

// take counts a request that is sent now.
func (b *bucket) take(now time.Time, waited bool) {
	if b.Limited() {
		b.sent = append(b.sent, now)
		b.spaced = waited
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
