package config

import (
	"time"

	"github.com/reportform/reportform/config/lang"
	"github.com/reportform/reportform/internal/calendar"
	"github.com/reportform/reportform/internal/diag"
)

// Times that are written lie in these years, and no duration is longer than they
// are together: so every time that follows from them can be recorded.
const (
	firstYear = 2000
	lastYear  = 2100
	longest   = (lastYear - firstYear) * 366 * 24 * time.Hour
)

// duration reads a calendar.Duration; zero lets "0s" pass.
func duration(a *lang.Attributes, name string, zero bool) (*calendar.Duration, bool) {
	s, ok := a.Text(name)
	if !ok {
		return nil, false
	}
	return parseDuration(a, name, s, zero)
}

// parseDuration is duration for a text in the value of an attribute.
func parseDuration(a *lang.Attributes, name, s string, zero bool) (*calendar.Duration, bool) {
	d, err := calendar.Parse(s)
	switch {
	case err != nil:
		a.Reject(name, "Not a duration", "%s.", diag.Capitalize(err.Error()))
		return nil, false
	case d.N == 0 && !zero:
		a.Reject(name, "Not a duration", "%q must be longer than nothing.", name)
		return nil, false
	case d.N > int(longest/calendar.Duration{N: 1, Unit: d.Unit}.Fixed()):
		a.Reject(name, "Too long", "%s is longer than a hundred years. Write less: 1mo is a month, 1m a minute.", d)
		return nil, false
	}
	return &d, true
}

// moment reads a date, which is its first moment in the zone, a local time in
// the zone, the first of two where clocks are put back, or a time as of
// RFC 3339. It is zero where there is none.
func moment(a *lang.Attributes, name string, zone *time.Location) time.Time {
	s, ok := a.Text(name)
	if !ok {
		return time.Time{}
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return inYears(a, name, s, t.In(zone))
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04"} {
		wall, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		t := calendar.FirstMoment(wall, zone)
		if t.Format(layout) != s {
			a.Reject(name, "Not a time", "There is no %s in the zone %s: the clocks are put forward then. Choose another time.", s, zone)
			return time.Time{}
		}
		return inYears(a, name, s, t)
	}
	a.Reject(name, "Not a time", "%q is not a time. Write a date such as \"2026-11-01\", a time in the zone %s such as \"2026-11-01T10:00\", or one with an offset such as \"2026-11-01T10:00:00Z\".", s, zone)
	return time.Time{}
}

// inYears returns t, or zero where nobody can mean its year.
func inYears(a *lang.Attributes, name, s string, t time.Time) time.Time {
	if year := t.Year(); year < firstYear || year > lastYear {
		a.Reject(name, "Year out of range", "%q is in the year %d. Write a year from %d to %d.", s, year, firstYear, lastYear)
		return time.Time{}
	}
	return t
}
