package pacing

import (
	"time"

	"github.com/reportform/reportform/internal/limits"
)

// bucket is a Budget that remembers when requests were sent. They go at once
// as long as there is some left, and evenly spaced when they have to wait.
type bucket struct {
	limits.Rate
	sent   []time.Time // within the last window, in order; at most Requests
	spaced bool        // the last request had to wait for this bucket
}

// Window is how long a request counts against a rate. It is a little longer
// than Per: two requests may arrive closer together than they left.
func Window(r limits.Rate) time.Duration {
	return r.Per + min(max(r.Per/50, 50*time.Millisecond), time.Second)
}

// Free implements Budget.
func (b *bucket) Free(now time.Time) time.Time {
	window := Window(b.Rate)
	old := 0
	for old < len(b.sent) && !b.sent[old].Add(window).After(now) {
		old++
	}
	b.sent = b.sent[:copy(b.sent, b.sent[old:])]
	var at time.Time
	if len(b.sent) >= b.Requests {
		at = b.sent[len(b.sent)-b.Requests].Add(window)
	}
	if b.spaced && len(b.sent) > 0 {
		at = latest(at, b.sent[len(b.sent)-1].Add(window/time.Duration(b.Requests)))
	}
	return at
}

// Take implements Budget.
func (b *bucket) Take(now time.Time, waited bool) {
	b.sent = append(b.sent, now)
	b.spaced = waited
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
