// Package window turns declarations of time into slices. It is pure: the
// clock is an argument.
package window

import (
	"iter"
	"sort"
	"time"

	"github.com/reportform/reportform/config"
)

// Slice is one half-open interval [From, To) in UTC.
type Slice struct {
	From, To time.Time
}

// Contains reports whether t lies in the slice.
func (s Slice) Contains(t time.Time) bool { return !t.Before(s.From) && t.Before(s.To) }

// Window yields the slices of a declaration.
type Window struct {
	spec *config.Window
	zone *time.Location
}

// New returns the Window of a checked declaration.
func New(spec *config.Window) Window {
	zone := spec.Location
	if zone == nil {
		zone = time.UTC
	}
	return Window{spec, zone}
}

// Trailing reports whether the window is a single slice that ends at the clock.
func (w Window) Trailing() bool { return w.spec.Last != nil }

// Every returns the length of consecutive slices; ok is false for a window of
// one slice.
func (w Window) Every() (length config.Duration, ok bool) {
	if w.spec.Every == nil {
		return config.Duration{}, false
	}
	return *w.spec.Every, true
}

// Ends reports whether there is a last slice.
func (w Window) Ends() bool { return !w.spec.To.IsZero() }

// ReadsTwice reports whether final slices are read once more.
func (w Window) ReadsTwice() bool { return w.spec.Revisit != nil }

// Open reports whether slices are fetched before they are final.
func (w Window) Open() bool { return w.spec.Open }

// Slices yields, in order of time and without gap or overlap, the slices that
// have begun at now and have not expired by keep. Slices of a window with
// every are numbered from its beginning, so they are the same at each clock;
// the last may not have ended.
func (w Window) Slices(now time.Time) iter.Seq[Slice] {
	return func(yield func(Slice) bool) {
		switch {
		case w.Trailing():
			yield(w.trailing(now))
		case w.spec.Every == nil:
			s := Slice{w.spec.From.UTC(), w.spec.To.UTC()}
			if !now.Before(s.From) && !w.Expired(s, now) {
				yield(s)
			}
		default:
			for k := w.first(now); ; k++ {
				s := Slice{w.boundary(k).UTC(), w.boundary(k + 1).UTC()}
				if end := w.spec.To; !end.IsZero() {
					if !s.From.Before(end) {
						return
					}
					if s.To.After(end) {
						s.To = end.UTC()
					}
				}
				if s.From.After(now) || !yield(s) {
					return
				}
			}
		}
	}
}

// Expired reports whether keep has passed since the slice's end.
func (w Window) Expired(s Slice, now time.Time) bool {
	return w.spec.Keep != nil && !now.Before(w.after(*w.spec.Keep, s.To))
}

// Settles returns when the slice is final: its end plus settle, by the
// window's own settle or, where it has none, the report type's.
func (w Window) Settles(s Slice, settle config.Duration) time.Time {
	if w.spec.Settle != nil {
		settle = *w.spec.Settle
	}
	return w.after(settle, s.To)
}

// Revisits returns when a final slice is read once more; ok is false if never.
func (w Window) Revisits(s Slice) (at time.Time, ok bool) {
	if w.spec.Revisit == nil {
		return time.Time{}, false
	}
	return w.after(*w.spec.Revisit, s.To), true
}

// trailing is the one slice of a window with last. Without align it ends at
// the second of the clock.
func (w Window) trailing(now time.Time) Slice {
	to := now.Truncate(time.Second)
	if w.spec.Align != nil {
		to = w.floor(now, w.spec.Align.Unit)
	}
	return Slice{w.before(*w.spec.Last, to), to.UTC()}
}

// floor returns the last whole hour, day, week (Monday) or month at or before
// t in the window's zone.
func (w Window) floor(t time.Time, unit config.Unit) time.Time {
	local := t.In(w.zone)
	year, month, day := local.Date()
	switch unit {
	case config.Hour:
		// Zones may be off UTC by parts of an hour; what passed of the local
		// hour is taken away, which is safe where an hour repeats.
		return t.Add(-time.Duration(local.Minute())*time.Minute -
			time.Duration(local.Second())*time.Second - time.Duration(local.Nanosecond()))
	case config.Week:
		day -= (int(local.Weekday()) + 6) % 7
	case config.Month:
		day = 1
	}
	return time.Date(year, month, day, 0, 0, 0, 0, w.zone)
}

// boundary returns the beginning of slice k of a window with every.
func (w Window) boundary(k int) time.Time {
	n := config.Duration{N: k * w.spec.Every.N, Unit: w.spec.Every.Unit}
	return n.After(w.spec.From.In(w.zone))
}

// first returns the number of the first slice that has not expired.
func (w Window) first(now time.Time) int {
	if w.spec.Keep == nil {
		return 0
	}
	// Slices are at least an hour long, so there are fewer than this many.
	limit := int(now.Sub(w.spec.From)/time.Hour) + 2
	if limit < 1 {
		return 0
	}
	return sort.Search(limit, func(k int) bool {
		return now.Before(w.after(*w.spec.Keep, w.boundary(k+1)))
	})
}

// after and before follow the calendar of the window's zone.
func (w Window) after(d config.Duration, t time.Time) time.Time {
	return d.After(t.In(w.zone)).UTC()
}

func (w Window) before(d config.Duration, t time.Time) time.Time {
	return d.Before(t.In(w.zone)).UTC()
}

// String is a canonical text of the declaration, equal for equal windows.
func (w Window) String() string {
	s := w.spec
	text := "zone=" + w.zone.String()
	for _, part := range []struct {
		name  string
		value *config.Duration
	}{{"last", s.Last}, {"align", s.Align}, {"every", s.Every}, {"settle", s.Settle}, {"revisit", s.Revisit}, {"keep", s.Keep}} {
		if part.value != nil {
			text += " " + part.name + "=" + part.value.String()
		}
	}
	if !s.From.IsZero() {
		text += " from=" + s.From.UTC().Format(time.RFC3339Nano)
	}
	if !s.To.IsZero() {
		text += " to=" + s.To.UTC().Format(time.RFC3339Nano)
	}
	if s.Open {
		text += " open"
	}
	return text
}
