// Package window turns declarations of time into slices. It is pure: the
// clock is an argument.
package window

import (
	"iter"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/internal/calendar"
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
func (w Window) Every() (length calendar.Duration, ok bool) {
	if w.spec.Every == nil {
		return calendar.Duration{}, false
	}
	return *w.spec.Every, true
}

// Begins returns when the first slice begins; zero for a trailing window.
func (w Window) Begins() time.Time { return w.spec.From }

// Ends reports whether there is a last slice.
func (w Window) Ends() bool { return !w.spec.To.IsZero() }

// Readings is how often a final slice is read in all.
func (w Window) Readings() int { return 1 + len(w.spec.Revisit) }

// WithoutKeep returns the window as it is without keep.
func (w Window) WithoutKeep() Window {
	spec := *w.spec
	spec.Keep = nil
	return Window{&spec, w.zone}
}

// Revisited reports whether final slices are read once more.
func (w Window) Revisited() bool { return len(w.spec.Revisit) > 0 }

// Open reports whether slices are fetched before they are final.
func (w Window) Open() bool { return w.spec.Open }

// Slices yields, in order of time and without gap or overlap, the slices that
// have begun at now and have not expired by keep. Slices of a window with
// every are numbered from its beginning, so they are the same at each clock;
// the last may not have ended. A day that the zone has skipped has no slice.
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
			k := w.first(now)
			for from := w.boundary(k); !from.After(now) && !w.ended(from); k++ {
				s := w.cut(from, w.boundary(k+1))
				if s.From.Before(s.To) && !yield(s) {
					return
				}
				from = s.To
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
func (w Window) Settles(s Slice, settle calendar.Duration) time.Time {
	if w.spec.Settle != nil {
		settle = *w.spec.Settle
	}
	return w.after(settle, s.To)
}

// Revisits returns when a final slice is read once more, the earliest first.
func (w Window) Revisits(s Slice) []time.Time {
	if !w.Revisited() {
		return nil
	}
	times := make([]time.Time, 0, len(w.spec.Revisit))
	for _, after := range w.spec.Revisit {
		times = append(times, w.after(after, s.To))
	}
	slices.SortFunc(times, time.Time.Compare) // a month may be shorter than 30 days
	return times
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

// floor returns the last beginning of an hour, day, week (Monday) or month at
// or before t in the window's zone.
func (w Window) floor(t time.Time, unit calendar.Unit) time.Time {
	if unit == calendar.Hour {
		return w.floorHour(t)
	}
	year, month, day := t.In(w.zone).Date()
	switch unit {
	case calendar.Week:
		day -= (int(t.In(w.zone).Weekday()) + 6) % 7
	case calendar.Month:
		day = 1
	}
	return calendar.DayStart(year, month, day, w.zone)
}

// floorHour returns the last moment at or before t at which clocks in the
// window's zone show a whole hour. Zones may be off UTC, and clocks may be
// put forward or back, by parts of an hour.
func (w Window) floorHour(t time.Time) time.Time {
	for {
		local := t.In(w.zone)
		hour := local.Add(-time.Duration(local.Minute())*time.Minute -
			time.Duration(local.Second())*time.Second - time.Duration(local.Nanosecond()))
		begin, _ := local.ZoneBounds()
		if begin.IsZero() || !hour.Before(begin) {
			return hour
		}
		t = begin.Add(-1) // the hour began before the clocks were changed
	}
}

// slice returns slice k of a window with every. It is empty where the zone
// skips its days.
func (w Window) slice(k int) Slice { return w.cut(w.boundary(k), w.boundary(k+1)) }

// cut returns the slice between two boundaries, cut at the window's end.
func (w Window) cut(from, to time.Time) Slice {
	if w.ended(to) {
		to = w.spec.To.UTC()
	}
	return Slice{from, to}
}

// ended reports whether a window with an end has ended at t.
func (w Window) ended(t time.Time) bool {
	return !w.spec.To.IsZero() && !t.Before(w.spec.To)
}

// boundary returns the beginning of slice k of a window with every.
func (w Window) boundary(k int) time.Time {
	return w.after(calendar.Duration{N: k * w.spec.Every.N, Unit: w.spec.Every.Unit}, w.spec.From)
}

// first returns the number of the first slice that has not expired.
func (w Window) first(now time.Time) int {
	if w.spec.Keep == nil {
		return 0
	}
	// No unit is ever shorter than this, so there are fewer slices up to now.
	shortest := map[calendar.Unit]int64{calendar.Hour: 1, calendar.Day: 24, calendar.Week: 7 * 24, calendar.Month: 28 * 24}[w.spec.Every.Unit] * 60 * 60
	const clocks = 2 * 26 * 60 * 60 // they may have been changed by so much since
	elapsed := now.Unix() - w.spec.From.Unix() + clocks
	if elapsed < 0 {
		return 0
	}
	limit := int(elapsed/(shortest*int64(w.spec.Every.N))) + 2
	return sort.Search(limit, func(k int) bool {
		return !w.Expired(w.slice(k), now)
	})
}

// after and before follow the calendar of the window's zone.
func (w Window) after(d calendar.Duration, t time.Time) time.Time {
	return d.After(t.In(w.zone)).UTC()
}

func (w Window) before(d calendar.Duration, t time.Time) time.Time {
	return d.Before(t.In(w.zone)).UTC()
}

// String is a canonical text of the declaration, equal for equal windows.
func (w Window) String() string {
	s := w.spec
	text := "zone=" + w.zone.String()
	for _, part := range []struct {
		name  string
		value *calendar.Duration
	}{{"last", s.Last}, {"align", s.Align}, {"every", s.Every}, {"settle", s.Settle}, {"revisit", nil}, {"keep", s.Keep}} {
		if part.value != nil {
			text += " " + part.name + "=" + part.value.String()
		}
		if part.name == "revisit" && len(s.Revisit) > 0 {
			var times []string
			for _, after := range s.Revisit {
				times = append(times, after.String())
			}
			text += " revisit=" + strings.Join(times, ",")
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
