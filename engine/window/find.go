package window

import (
	"sort"
	"time"

	"github.com/reportform/reportform/internal/calendar"
)

// Find returns, with its names, the slice with these bounds, if it is one of
// those that Slices yields at now.
func (w Window) Find(s Slice, now time.Time) (found Named, ok bool) {
	var own Slice
	switch {
	case w.Trailing():
		own = w.trailing(now)
	case w.spec.Every == nil:
		own = Slice{w.spec.From.UTC(), w.spec.To.UTC()}
	case s.From.Before(w.spec.From) || w.ended(s.From):
		return Named{}, false
	default:
		own = w.slice(w.number(s.From))
	}
	if !own.From.Equal(s.From) || !own.To.Equal(s.To) {
		return Named{}, false
	}
	if !w.Trailing() && (own.From.After(now) || w.Expired(own, now)) {
		return Named{}, false
	}
	return Named{Slice: own, Label: w.Label(own), Date: w.Date(own)}, true
}

// number returns the number of the slice of a window with every that a time lies
// in, which is not before the window.
func (w Window) number(t time.Time) int {
	const clocks = 2 * 26 * 60 * 60 // they may have been changed by so much since
	least, most := w.lengths()
	elapsed, n := t.Unix()-w.spec.From.Unix(), int64(w.spec.Every.N)
	first := max(0, int((elapsed-clocks)/(most*n))-1)
	count := int((elapsed+clocks)/(least*n)) + 2 - first
	return first + sort.Search(count, func(i int) bool { return w.boundary(first + i + 1).After(t) })
}

// lengths are those of the shortest and the longest unit of every, in seconds,
// but for what zones do.
func (w Window) lengths() (least, most int64) {
	const hour = 60 * 60
	switch w.spec.Every.Unit {
	case calendar.Hour:
		return hour, hour
	case calendar.Week:
		return 7 * 24 * hour, 7 * 24 * hour
	case calendar.Month:
		return 28 * 24 * hour, 31 * 24 * hour
	}
	return 24 * hour, 24 * hour
}

// Keep is how long after its end a slice is wanted; nil for ever.
func (w Window) Keep() *calendar.Duration { return w.spec.Keep }
