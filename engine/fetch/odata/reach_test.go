package odata

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/reportform/reportform/engine/fetch"
)

// wide is a log that does not answer for spans longer than limit, whatever the
// bounds are moved by.
func wide(t *testing.T, limit time.Duration) (l *log, late func() int) {
	n := 0
	l = newLog(t)
	l.fault = func(w http.ResponseWriter, _ int, from, to time.Time, _ int) bool {
		if to.Sub(from) > limit+2*margin {
			n++
			w.WriteHeader(http.StatusGatewayTimeout)
		} else {
			fmt.Fprint(w, `{"value":[]}`)
		}
		return true
	}
	return l, func() int { l.mu.Lock(); defer l.mu.Unlock(); return n }
}

func days96(t *testing.T, l *log, c *Client, at int) {
	t.Helper()
	for i := range at {
		from := day(1).AddDate(0, 0, i)
		if _, _, err := readSpan(t, &Reader{*c, *l.request()}, fetch.Span{From: from, To: from.AddDate(0, 0, 1)}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWideSpansDoNotTimeOutForEachSlice(t *testing.T) {
	for _, hours := range []time.Duration{1, 5, 6, 12, 13} {
		l, late := wide(t, hours*time.Hour)
		c := l.client()
		c.Reach = &Reach{}
		days96(t, l, c, 96)
		if n := late(); n > 8 {
			t.Errorf("%d h: %d requests of %d timed out", hours, n, l.n)
		}
	}
}

func TestWideSpansSideBySide(t *testing.T) {
	l, late := wide(t, 6*time.Hour)
	c := l.client()
	c.Reach = &Reach{}
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for j := range 24 {
				from := day(1).AddDate(0, 0, 24*i+j)
				r := Reader{*c, *l.request()}
				for _, err := range r.Events(t.Context(), fetch.Span{From: from, To: from.AddDate(0, 0, 1)}, &fetch.Stats{}) {
					if err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	if n := late(); n > 4*4 {
		t.Errorf("%d requests of %d timed out", n, l.n)
	}
}

// A day that the service answers for is asked for as one, although its bounds
// are moved for a strict operator and for the borders.
func TestBoundsThatAreMovedHalveNothing(t *testing.T) {
	l, late := wide(t, 24*time.Hour)
	c := l.client()
	c.Reach = &Reach{}
	c.Reach.Recall(Learned{Span: 24 * time.Hour, TooLong: 48 * time.Hour, At: time.Now()})
	from := day(1)
	for _, span := range []fetch.Span{{From: from, To: day(2)}, {From: from.Add(-tick), To: day(2)}, {From: from, To: day(2).Add(tick)}} {
		before := l.n
		if _, _, err := readSpan(t, &Reader{*c, *l.request()}, span); err != nil || l.n != before+1 || late() != 0 {
			t.Errorf("%s: %d requests, %v", span, l.n-before, err)
		}
	}
}

func TestReachIsForgotten(t *testing.T) {
	l, late := wide(t, 100*24*time.Hour)
	now := day(20)
	c := l.client()
	c.Reach, c.Now = &Reach{}, func() time.Time { return now }
	c.Reach.Recall(Learned{Span: 6 * time.Hour, TooLong: 12 * time.Hour, At: day(20).AddDate(0, 0, -7)})
	days96(t, l, c, 1)
	if l.n != 4 || late() != 0 {
		t.Errorf("%d requests in parts of what is known, want 4", l.n)
	}
	now = now.Add(time.Second)
	days96(t, l, c, 1)
	if l.n != 5 {
		t.Errorf("%d requests, want one for the whole day after 7 days", l.n-4)
	}
}

func TestReachGrows(t *testing.T) {
	r := &Reach{}
	now := day(1)
	r.timedOut(24 * time.Hour)
	r.answered(12*time.Hour, now)
	want := func(span time.Duration) {
		t.Helper()
		if got := r.span(now); got != span {
			t.Errorf("%v is asked for, want %v: %+v", got, span, r.known)
		}
	}
	want(12 * time.Hour)
	r.answered(12*time.Hour, now)
	want(12 * time.Hour)
	r.answered(12*time.Hour, now)
	want(24 * time.Hour) // it timed out once: that can happen
	r.timedOut(24 * time.Hour)
	r.answered(12*time.Hour, now)
	want(12 * time.Hour)
	for range 100 {
		r.answered(12*time.Hour, now)
	}
	want(12 * time.Hour) // twice is enough
	r.answered(time.Hour, now)
	want(12 * time.Hour) // short slices say nothing
}

// A service that is down times out for everything, which says nothing of spans.
func TestAnOutageTeachesNothing(t *testing.T) {
	l, _ := wide(t, 0)
	c := l.client()
	c.Reach = &Reach{}
	if _, _, err := read(t, c, l.request()); err == nil {
		t.Fatal("no error")
	}
	if known, ok := c.Reach.Learned(); ok {
		t.Errorf("learned %+v", known)
	}
}

func TestWhatIsNewerIsRecalled(t *testing.T) {
	r := &Reach{}
	r.Recall(Learned{Span: time.Hour, At: day(2)})
	r.Recall(Learned{Span: 2 * time.Hour, At: day(1)})
	r.Recall(Learned{At: day(3)})
	if got, ok := r.Learned(); !ok || got.Span != time.Hour {
		t.Errorf("%+v, %v", got, ok)
	}
	var none *Reach
	none.Recall(Learned{Span: 1})
	if _, ok := none.Learned(); ok || none.span(day(1)) != 0 {
		t.Error("nobody knows something")
	}
}
