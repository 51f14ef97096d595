package term

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Count writes a number with commas between thousands.
func Count[N int | int64](n N) string {
	digits := strconv.FormatInt(int64(n), 10)
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return sign + b.String()
}

// Many writes a number and its noun: "1 pull", "44 pulls".
func Many[N int | int64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Count(n) + " " + noun + "s"
}

// Size writes a number of bytes.
func Size(n int64) string {
	const units = "kMGTPE"
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	v, unit := float64(n)/1000, 0
	for v >= 999.5 && unit < len(units)-1 {
		v, unit = v/1000, unit+1
	}
	if v < 9.95 {
		return fmt.Sprintf("%.1f %cB", v, units[unit])
	}
	return fmt.Sprintf("%.0f %cB", v, units[unit])
}

// Length writes a duration with no more precision than matters.
func Length(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.0fs", d.Seconds())
	case d < time.Hour:
		d = d.Round(time.Second)
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	}
	d = d.Round(time.Minute)
	return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
}

// Moment writes a time in UTC, to the minute where it has no seconds.
func Moment(t time.Time) string {
	t = t.UTC()
	if t.Second() == 0 && t.Nanosecond() == 0 {
		return t.Format("2006-01-02 15:04Z")
	}
	return t.Format("2006-01-02 15:04:05Z")
}

// Interval writes a half-open stretch of time. Whole days in UTC are written
// as the first and the last day, anything else as two moments.
func Interval(from, to time.Time) string {
	from, to = from.UTC(), to.UTC()
	day := 24 * time.Hour
	if from.Truncate(day).Equal(from) && to.Truncate(day).Equal(to) && from.Before(to) {
		last := to.Add(-day)
		if last.Equal(from) {
			return from.Format(time.DateOnly)
		}
		return from.Format(time.DateOnly) + " .. " + last.Format(time.DateOnly)
	}
	return Moment(from) + " to " + Moment(to)
}
