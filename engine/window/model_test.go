package window

import (
	"time"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/internal/calendar"
)

// This is a second, naive statement of what windows mean, for the package to
// be compared with. It knows time zones only as clocks on the wall: it looks
// at them minute by minute.

// date is a calendar date and a time of day, without a zone.
type date struct {
	year, month, day int
	clock            time.Duration
}

// shown is what clocks in the zone show.
func shown(t time.Time, zone *time.Location) date {
	t = t.In(zone)
	return date{t.Year(), int(t.Month()), t.Day(), time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute +
		time.Duration(t.Second())*time.Second + time.Duration(t.Nanosecond())}
}

func (d date) before(other date) bool {
	switch {
	case d.year != other.year:
		return d.year < other.year
	case d.month != other.month:
		return d.month < other.month
	case d.day != other.day:
		return d.day < other.day
	}
	return d.clock < other.clock
}

func monthLength(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// plusDays turns the pages of a calendar, forwards or backwards.
func (d date) plusDays(n int) date {
	for ; n > 0; n-- {
		d.day++
		if d.day > monthLength(d.year, d.month) {
			d.day, d.month = 1, d.month+1
		}
		if d.month > 12 {
			d.month, d.year = 1, d.year+1
		}
	}
	for ; n < 0; n++ {
		d.day--
		if d.day == 0 {
			d.month--
			if d.month == 0 {
				d.month, d.year = 12, d.year-1
			}
			d.day = monthLength(d.year, d.month)
		}
	}
	return d
}

func (d date) plusMonths(n int) date {
	day := d.day
	for ; n > 0; n-- {
		d.day = 1
		d = d.plusDays(monthLength(d.year, d.month))
	}
	for ; n < 0; n++ {
		d.day = 1
		d = d.plusDays(-1)
	}
	d.day = min(day, monthLength(d.year, d.month))
	return d
}

// comes is when clocks in the zone first show the date or a later one.
func comes(d date, zone *time.Location) time.Time {
	t := time.Date(d.year, time.Month(d.month), d.day, 0, 0, 0, 0, time.UTC).Add(d.clock).Add(-26 * time.Hour)
	for shown(t, zone).before(d) {
		t = t.Add(time.Minute)
	}
	for !shown(t.Add(-time.Second), zone).before(d) { // some old offsets have seconds
		t = t.Add(-time.Second)
	}
	return t
}

// moved is t plus n times the duration, by the wall. The beginning of a day
// goes to the beginning of another.
func moved(t time.Time, n int, d calendar.Duration, zone *time.Location) time.Time {
	n *= d.N
	at := shown(t, zone)
	if midnight := (date{at.year, at.month, at.day, 0}); at != midnight && comes(midnight, zone).Equal(t) {
		at = midnight
	}
	switch {
	case n == 0:
		return t
	case d.Unit == calendar.Month:
		return comes(at.plusMonths(n), zone)
	case d.Unit == calendar.Week:
		return comes(at.plusDays(7*n), zone)
	case d.Unit == calendar.Day:
		return comes(at.plusDays(n), zone)
	case d.Unit == calendar.Hour:
		return t.Add(time.Duration(n) * time.Hour)
	case d.Unit == calendar.Minute:
		return t.Add(time.Duration(n) * time.Minute)
	}
	return t.Add(time.Duration(n) * time.Second)
}

// model is what Slices yields at now.
func model(w *config.Window, now time.Time) []Slice {
	if w.Last != nil {
		end := now.Truncate(time.Second)
		if w.Align != nil {
			end = modelAlign(now, w.Align.Unit, w.Location)
		}
		return []Slice{{moved(end, -1, *w.Last, w.Location), end}}
	}
	var all []Slice
	if w.Every == nil {
		all = append(all, Slice{w.From, w.To})
	} else {
		for k := 0; ; k++ {
			s := Slice{moved(w.From, k, *w.Every, w.Location), moved(w.From, k+1, *w.Every, w.Location)}
			if s.From.After(now) || !w.To.IsZero() && !s.From.Before(w.To) {
				break
			}
			if !w.To.IsZero() && s.To.After(w.To) {
				s.To = w.To
			}
			if s.From.Before(s.To) { // not a day that the zone has skipped
				all = append(all, s)
			}
		}
	}
	var wanted []Slice
	for _, s := range all {
		if !s.From.After(now) && (w.Keep == nil || now.Before(moved(s.To, 1, *w.Keep, w.Location))) {
			wanted = append(wanted, s)
		}
	}
	return wanted
}

// modelAlign goes back from t to the last moment at which an hour, or that
// what clocks call the day, the week or the month of t, has begun.
func modelAlign(t time.Time, unit calendar.Unit, zone *time.Location) time.Time {
	d := shown(t, zone)
	if unit == calendar.Hour {
		t = t.Add(-d.clock % time.Minute)
		for shown(t, zone).clock%time.Hour != 0 {
			t = t.Add(-time.Minute)
		}
		return t
	}
	d.clock = 0
	switch unit {
	case calendar.Week:
		monday := date{year: 1900, month: 1, day: 1}
		for next := monday; !d.before(next); next = next.plusDays(7) {
			monday = next
		}
		d = monday
	case calendar.Month:
		d.day = 1
	}
	return comes(d, zone)
}
