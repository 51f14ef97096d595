package window

import (
	"time"

	"github.com/reportform/reportform/internal/calendar"
)

// Named is a slice with the names that the language has for it.
type Named struct {
	Slice
	Label, Date string
}

// Named returns the slices that Slices yields, with their names. They are the
// same for everybody who uses the window, so they are made once for all.
func (w Window) Named(now time.Time) []Named {
	list := w.room(now)
	var date string        // of the slice before,
	var midnight time.Time // and when the next date begins
	for s := range w.Slices(now) {
		n := Named{Slice: s, Label: w.Label(s)}
		if !s.From.Before(midnight) {
			year, month, day := s.From.In(w.zone).Date()
			midnight = calendar.DayStart(year, month, day+1, w.zone)
			if date = w.Date(s); date == n.Label {
				date = n.Label // one text in memory
			}
		}
		n.Date = date
		list = append(list, n)
	}
	return list
}

// Sample returns a slice of the window that is the same at every clock, for what
// all of its slices have in common.
func (w Window) Sample() Named {
	now := w.spec.From
	if w.Trailing() {
		now = time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)
	}
	s := Slice{now, now.Add(time.Hour)} // for a window whose first day the zone skips
	for first := range w.Slices(now) {
		s = first
		break
	}
	return Named{Slice: s, Label: w.Label(s), Date: w.Date(s)}
}

// room returns an empty list with memory for the slices up to now.
func (w Window) room(now time.Time) []Named {
	const most = 1 << 20
	if w.spec.Every == nil || now.Before(w.spec.From) {
		return nil
	}
	begun := now.Sub(w.spec.From)/max(time.Hour, w.spec.Every.Fixed()) + 2
	return make([]Named, 0, min(begun, most))
}
