// Package calendar moves times by days and months as clocks and calendars show
// them, in every zone.
package calendar

import (
	"fmt"
	"strconv"
	"time"
)

// Duration is a length of time as users write it: a whole positive number and
// a unit, "90s", "30m", "2h", "7d", "4w", "1mo". Days and longer follow the
// calendar, so a day across a change of clocks has 23 or 25 hours. "0s" is
// allowed where a wait can be none.
type Duration struct {
	N    int
	Unit Unit
}

// Unit is the unit of a Duration.
type Unit string

// The units, as written.
const (
	Second Unit = "s"
	Minute Unit = "m"
	Hour   Unit = "h"
	Day    Unit = "d"
	Week   Unit = "w"
	Month  Unit = "mo"
)

// Parse reads a Duration as written in configuration.
func Parse(s string) (Duration, error) {
	digits := 0
	for digits < len(s) && s[digits] >= '0' && s[digits] <= '9' {
		digits++
	}
	n, err := strconv.Atoi(s[:digits])
	if err != nil || n > 1_000_000 {
		return Duration{}, fmt.Errorf("%q is not a duration: write a whole number and a unit, such as 30m, 2h, 7d, 4w or 1mo", s)
	}
	switch u := Unit(s[digits:]); u {
	case Second, Minute, Hour, Day, Week, Month:
		return Duration{n, u}, nil
	}
	return Duration{}, fmt.Errorf("%q is not a duration: the unit is one of s, m, h, d, w and mo", s)
}

// String gives the Duration as written.
func (d Duration) String() string { return strconv.Itoa(d.N) + string(d.Unit) }

// Before returns t minus d, by the calendar of t's location for days and longer.
func (d Duration) Before(t time.Time) time.Time { return d.add(t, -d.N) }

// After returns t plus d, by the calendar of t's location for days and longer.
func (d Duration) After(t time.Time) time.Time { return d.add(t, d.N) }

func (d Duration) add(t time.Time, n int) time.Time {
	seconds := n
	switch d.Unit {
	case Month:
		return addCalendar(t, n, 0)
	case Week:
		return addCalendar(t, 0, 7*n)
	case Day:
		return addCalendar(t, 0, n)
	case Hour:
		seconds *= 60 * 60
	case Minute:
		seconds *= 60
	}
	return time.Unix(t.Unix()+int64(seconds), int64(t.Nanosecond())).In(t.Location()) // time.Duration ends at 292 years
}

// addCalendar moves the date that clocks show and keeps the time of day; the
// first moment of a day goes to the first of another. A month that is too short
// for the day ends it on its last one.
func addCalendar(t time.Time, months, days int) time.Time {
	if months == 0 && days == 0 {
		return t
	}
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	nanosecond := t.Nanosecond()
	if t.Location() != time.UTC && IsDayStart(t) { // in UTC it shows so
		hour, minute, second, nanosecond = 0, 0, 0, 0
	}
	if months != 0 {
		month += time.Month(months)
		day = min(day, monthLength(year, month))
	}
	day += days
	return FirstMoment(time.Date(year, month, day, hour, minute, second, nanosecond, time.UTC), t.Location())
}

// monthLength is the number of days of a month, whose number may be any.
func monthLength(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// DayStart returns the first moment of a day in a zone. Month and day may be
// out of range, as with time.Date.
func DayStart(year int, month time.Month, day int, zone *time.Location) time.Time {
	return FirstMoment(time.Date(year, month, day, 0, 0, 0, 0, time.UTC), zone)
}

// IsDayStart reports whether t is the first moment of a day in its location.
func IsDayStart(t time.Time) bool {
	year, month, day := t.Date()
	return t.Equal(DayStart(year, month, day, t.Location()))
}

// FirstMoment returns the first moment at which clocks in zone show the date
// and time of wall, or a later one. It is where a day begins that lacks its
// midnight since clocks are put forward then, or has it twice since they are
// put back; a day that a zone has skipped begins with the next.
func FirstMoment(wall time.Time, zone *time.Location) time.Time {
	const farthest = 26 * time.Hour // no zone has ever been so far from UTC
	year, month, day := wall.Date()
	hour, minute, second := wall.Clock()
	shown := time.Date(year, month, day, hour, minute, second, wall.Nanosecond(), time.UTC)
	if zone == time.UTC {
		return shown
	}
	// Within a period of one offset clocks go steadily: look for the first
	// period at whose end they show more.
	for period := shown.Add(-farthest).In(zone); ; {
		_, offset := period.Zone()
		moment := shown.Add(-time.Duration(offset) * time.Second).In(zone)
		_, end := period.ZoneBounds()
		switch {
		case moment.Before(period):
			return period
		case end.IsZero() || moment.Before(end):
			return moment
		}
		period = end
	}
}

// Fixed is the Duration as a fixed length, with days of 24 hours and months of
// 30 days.
func (d Duration) Fixed() time.Duration {
	hours := map[Unit]int{Hour: 1, Day: 24, Week: 7 * 24, Month: 30 * 24}
	switch d.Unit {
	case Second:
		return time.Duration(d.N) * time.Second
	case Minute:
		return time.Duration(d.N) * time.Minute
	}
	return time.Duration(d.N*hours[d.Unit]) * time.Hour
}
