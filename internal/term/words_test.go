package term

import (
	"testing"
	"time"
)

func TestWords(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1234: "-1,234"} {
		if got := Count(n); got != want {
			t.Errorf("Count(%d) = %s, want %s", n, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1.0 kB", 9949: "9.9 kB", 9950: "10 kB", 999_499: "999 kB", 999_500: "1.0 MB", 45_600_000: "46 MB", 1 << 62: "4.6 EB"} {
		if got := Size(n); got != want {
			t.Errorf("Size(%d) = %s, want %s", n, got, want)
		}
	}
	for d, want := range map[time.Duration]string{0: "0.0s", 1234 * time.Millisecond: "1.2s", 59 * time.Second: "59s", 75 * time.Second: "1m15s", 3*time.Hour + 5*time.Minute: "3h05m"} {
		if got := Length(d); got != want {
			t.Errorf("Length(%v) = %s, want %s", d, got, want)
		}
	}
	for _, test := range []struct {
		from, to time.Time
		want     string
	}{
		{day(1), day(2), "2026-11-01"},
		{day(1), day(8), "2026-11-01 .. 2026-11-07"},
		{day(1).Add(time.Hour), day(2), "2026-11-01 01:00Z to 2026-11-02 00:00Z"},
		{day(1), day(1).Add(time.Second), "2026-11-01 00:00Z to 2026-11-01 00:00:01Z"},
	} {
		if got := Interval(test.from, test.to); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}

// day is the n-th of November 2026.
func day(n int) time.Time { return time.Date(2026, time.November, n, 0, 0, 0, 0, time.UTC) }
