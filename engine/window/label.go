package window

import (
	"time"

	"github.com/reportform/reportform/internal/calendar"
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
	if s.To.Sub(s.From) == time.Hour && isWholeHour(s.From) { // no day is so short
		return hourLabel(s.From)
	}
	from, to := s.From.In(w.zone), s.To.In(w.zone)
	switch {
	case calendar.IsDayStart(from) && calendar.IsDayStart(to):
		if from.Day() == 1 && w.after(calendar.Duration{N: 1, Unit: calendar.Month}, from).Equal(to) {
			return from.Format("2006-01")
		}
		if w.after(calendar.Duration{N: 1, Unit: calendar.Day}, from).Equal(to) {
			return from.Format(dateFormat)
		}
		return from.Format(dateFormat) + "--" + to.Format(dateFormat)
	}
	return utcLabel(s.From) + "--" + utcLabel(s.To)
}

// Date is the calendar date on which the slice begins in the window's zone.
func (w Window) Date(s Slice) string { return s.From.In(w.zone).Format(dateFormat) }

func isWholeHour(t time.Time) bool { return t.Truncate(time.Hour).Equal(t) }

// hourLabel is hourFormat for a time in UTC, of which there may be many.
func hourLabel(t time.Time) string {
	year, month, day := t.Date()
	if year < 1000 || year > 9999 {
		return t.Format(hourFormat)
	}
	text := []byte(hourFormat)
	for _, part := range []struct{ end, value int }{{4, year}, {7, int(month)}, {10, day}, {13, t.Hour()}} {
		for i, n := part.end-1, part.value; i >= 0 && text[i] != '-' && text[i] != 'T'; i, n = i-1, n/10 {
			text[i] = byte('0' + n%10)
		}
	}
	return string(text)
}

func utcLabel(t time.Time) string {
	if isWholeHour(t) {
		return hourLabel(t)
	}
	return t.Format(timeFormat)
}
