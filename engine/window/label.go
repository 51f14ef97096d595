package window

import (
	"time"

	"github.com/reportform/reportform/config"
)

const (
	dateFormat = "2006-01-02"
	hourFormat = "2006-01-02T15Z"
	timeFormat = "2006-01-02T150405Z"
)

// Label names a slice in file names: letters, digits and '-' alone, distinct
// for the slices of one window, in order of time where slices have one length.
//
//	last-7d                        a trailing window, whatever its bounds are now
//	2026-11                        a calendar month in the window's zone
//	2026-11-01                     a day
//	2026-11-01--2026-11-08         whole days; the second is not included
//	2026-11-01T06Z                 an hour, in UTC
//	2026-11-01T06Z--2026-11-01T12Z hours, in UTC
func (w Window) Label(s Slice) string {
	if w.Trailing() {
		return "last-" + w.spec.Last.String()
	}
	from, to := s.From.In(w.zone), s.To.In(w.zone)
	switch {
	case config.IsDayStart(from) && config.IsDayStart(to):
		if from.Day() == 1 && w.after(config.Duration{N: 1, Unit: config.Month}, from).Equal(to) {
			return from.Format("2006-01")
		}
		if w.after(config.Duration{N: 1, Unit: config.Day}, from).Equal(to) {
			return from.Format(dateFormat)
		}
		return from.Format(dateFormat) + "--" + to.Format(dateFormat)
	case isWholeHour(s.From) && s.To.Sub(s.From) == time.Hour:
		return s.From.Format(hourFormat)
	}
	return utcLabel(s.From) + "--" + utcLabel(s.To)
}

// Date is the calendar date on which the slice begins in the window's zone.
func (w Window) Date(s Slice) string { return s.From.In(w.zone).Format(dateFormat) }

func isWholeHour(t time.Time) bool { return t.Truncate(time.Hour).Equal(t) }

func utcLabel(t time.Time) string {
	if isWholeHour(t) {
		return t.Format(hourFormat)
	}
	return t.Format(timeFormat)
}
