package config

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

// ParseDuration reads a Duration as written in configuration.
func ParseDuration(s string) (Duration, error) {
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
	switch d.Unit {
	case Day:
		return t.AddDate(0, 0, n)
	case Week:
		return t.AddDate(0, 0, 7*n)
	case Month:
		return addMonths(t, n)
	case Hour:
		return t.Add(time.Duration(n) * time.Hour)
	case Minute:
		return t.Add(time.Duration(n) * time.Minute)
	}
	return t.Add(time.Duration(n) * time.Second)
}

// addMonths keeps to the last day of a month that is too short.
func addMonths(t time.Time, n int) time.Time {
	moved := t.AddDate(0, n, 0)
	if moved.Day() != t.Day() {
		moved = moved.AddDate(0, 0, -moved.Day())
	}
	return moved
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
