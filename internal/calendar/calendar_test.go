package calendar

import (
	"testing"
	"time"
	_ "time/tzdata"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]Duration{
		"0s": {0, Second}, "90s": {90, Second}, "30m": {30, Minute}, "2h": {2, Hour},
		"7d": {7, Day}, "4w": {4, Week}, "1mo": {1, Month}, "1000000h": {1_000_000, Hour},
	} {
		got, err := Parse(text)
		if err != nil || got != want || got.String() != text {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "s", "1", "-1h", "+1h", "1.5h", "1h30m", " 1h", "1 h", "1M", "1000001s", "99999999999999999999d", "١h"} {
		if got, err := Parse(text); err == nil {
			t.Errorf("%q is %v, want an error", text, got)
		}
	}
}

func TestCalendar(t *testing.T) {
	tests := []struct{ zone, from, duration, after, before string }{
		{"UTC", "2024-01-31T00:00:00Z", "1mo", "2024-02-29T00:00:00Z", "2023-12-31T00:00:00Z"},
		{"UTC", "2023-01-31T10:00:00Z", "1mo", "2023-02-28T10:00:00Z", "2022-12-31T10:00:00Z"},
		{"UTC", "2024-02-29T00:00:00Z", "12mo", "2025-02-28T00:00:00Z", "2023-02-28T00:00:00Z"},
		{"UTC", "2026-12-31T23:59:59Z", "2mo", "2027-02-28T23:59:59Z", "2026-10-31T23:59:59Z"},
		{"UTC", "2026-12-31T00:00:00Z", "1d", "2027-01-01T00:00:00Z", "2026-12-30T00:00:00Z"},
		{"UTC", "1899-12-31T00:00:00Z", "1000000h", "2014-01-28T16:00:00Z", "1785-12-01T08:00:00Z"},
		{"UTC", "2026-01-01T00:00:00Z", "999999mo", "85359-04-01T00:00:00Z", "-81308-10-01T00:00:00Z"},
		{"Europe/Berlin", "2026-03-28T01:30:00Z", "1d", "2026-03-29T01:00:00Z", "2026-03-27T01:30:00Z"}, // 02:30 does not come
		{"Europe/Berlin", "2026-10-24T00:30:00Z", "1d", "2026-10-25T00:30:00Z", "2026-10-23T00:30:00Z"}, // 02:30 comes twice
		{"Europe/Berlin", "2026-10-25T01:30:00Z", "0d", "2026-10-25T01:30:00Z", "2026-10-25T01:30:00Z"}, // the second 02:30 stays
		{"Europe/Berlin", "2026-10-24T22:00:00Z", "24h", "2026-10-25T22:00:00Z", "2026-10-23T22:00:00Z"},
		{"America/Havana", "2026-03-07T05:00:00Z", "1d", "2026-03-08T05:00:00Z", "2026-03-06T05:00:00Z"},  // 00:00 does not come
		{"America/Havana", "2026-02-08T05:00:00Z", "1mo", "2026-03-08T05:00:00Z", "2026-01-08T05:00:00Z"}, // the same
		{"Asia/Amman", "2021-10-28T00:00:00+03:00", "1d", "2021-10-28T21:00:00Z", "2021-10-26T21:00:00Z"}, // 00:00 comes twice
		{"Pacific/Apia", "2011-12-29T10:00:00Z", "1d", "2011-12-30T10:00:00Z", "2011-12-28T10:00:00Z"},    // the 30th does not come
	}
	for _, test := range tests {
		zone, err := time.LoadLocation(test.zone)
		if err != nil {
			t.Fatal(err)
		}
		from, err := time.Parse(time.RFC3339, test.from)
		if err != nil {
			t.Fatal(err)
		}
		d, err := Parse(test.duration)
		if err != nil {
			t.Fatal(err)
		}
		after, before := d.After(from.In(zone)).UTC().Format(time.RFC3339), d.Before(from.In(zone)).UTC().Format(time.RFC3339)
		if after != test.after || before != test.before {
			t.Errorf("%s in %s: %s after is %s, before is %s; want %s and %s", test.from, test.zone, d, after, before, test.after, test.before)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "0s", "90s", "30m", "2h", "7d", "4w", "1mo", "1", "h", "-1h", "1.5h", "99999999999999999999h", "1 d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := Parse(s)
		if err != nil {
			return
		}
		if d.N < 0 || d.N > 1_000_000 {
			t.Errorf("%q is read as %d %s", s, d.N, d.Unit)
		}
		if again, err := Parse(d.String()); err != nil || again != d {
			t.Errorf("%q is written as %q and read as %v, %v", s, d, again, err)
		}
	})
}
