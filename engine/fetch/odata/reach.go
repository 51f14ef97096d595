package odata

import (
	"slices"
	"sync"
	"time"
)

// Reach is how long a span the service answers for in one go. All readers of one
// report of one tenant share it, so that what timed out for one of them is not
// asked for again by the next. The zero value knows nothing; it is safe for
// concurrent use, and a nil Reach learns nothing.
type Reach struct {
	mu    sync.Mutex
	known Learned
	// tried are the spans that timed out since the last answer, at most maxTried
	// of them, and once is the shortest that has timed out a single time so far.
	// A timeout teaches nothing before a shorter span is answered: a service that
	// is down times out for all.
	tried []time.Duration
	once  time.Duration
}

// Learned is what a Reach knows, to be kept between runs.
type Learned struct {
	// Span is the longest that is asked for; 0 for any.
	Span time.Duration
	// Answers are those for about as much since the last timeout.
	Answers int
	// TooLong has timed out twice, and so nothing as long is asked for; 0 for none.
	TooLong time.Duration
	// At is when a span was too long for the last time.
	At time.Time
}

const (
	// forgetReach is how long what was learned counts.
	forgetReach = 7 * 24 * time.Hour
	// answersToDouble is how many answers it takes to ask for twice as much.
	answersToDouble = 3
	// maxTried bounds how many timeouts are remembered between two answers.
	maxTried = 64
)

// Recall takes over what was learned before, unless something newer is known.
func (r *Reach) Recall(l Learned) {
	if r == nil || l.Span <= 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if l.At.After(r.known.At) {
		r.known = l
	}
}

// Learned returns what is known, false for nothing.
func (r *Reach) Learned() (Learned, bool) {
	if r == nil {
		return Learned{}, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.known, r.known.Span > 0
}

// span returns the longest span to ask for, 0 for any.
func (r *Reach) span(now time.Time) time.Duration {
	if r == nil {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Sub(r.known.At) > forgetReach {
		r.known = Learned{}
	}
	return r.known.Span
}

// timedOut says that the service did not answer for a span in time.
func (r *Reach) timedOut(span time.Duration) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.tried) < maxTried {
		r.tried = append(r.tried, span)
	}
}

// answered says that the service gave all of a span.
func (r *Reach) answered(span time.Duration, now time.Time) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	k := &r.known
	tooLong := slices.DeleteFunc(r.tried, func(d time.Duration) bool { return d <= span })
	r.tried = nil
	if span >= r.once {
		r.once = 0
	}
	if span >= k.TooLong {
		k.TooLong = 0
	}
	if len(tooLong) > 0 {
		if r.once > 0 {
			tooLong = append(tooLong, r.once)
		}
		slices.Sort(tooLong)
		r.once = tooLong[0]
		if len(tooLong) > 1 && (k.TooLong == 0 || tooLong[1] < k.TooLong) {
			k.TooLong = tooLong[1]
		}
		k.Span, k.Answers, k.At = span, 1, now
		return
	}
	if k.Span == 0 || span <= k.Span/2 {
		return
	}
	if k.Answers++; k.Answers >= answersToDouble && (k.TooLong == 0 || 2*k.Span < k.TooLong) {
		k.Span, k.Answers = 2*k.Span, 0
	}
}
