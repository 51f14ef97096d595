package window

import (
	"slices"
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/internal/calendar"
)

func duration(t testing.TB, s string) *calendar.Duration {
	t.Helper()
	if s == "" {
		return nil
	}
	d, err := calendar.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return &d
}

func instant(t testing.TB, s string) time.Time {
	t.Helper()
	if s == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestSlices(t *testing.T) {
	tests := []struct {
		name                               string
		last, align, every, from, to, keep string
		zone, now                          string
		want                               []string // from/to label
	}{
		{
			name: "trailing without align ends at the second of the clock",
			last: "7d", now: "2026-11-23T10:20:30.9Z",
			want: []string{"2026-11-16T10:20:30Z/2026-11-23T10:20:30Z last-7d"},
		},
		{
			name: "yesterday",
			last: "1d", align: "1d", now: "2026-11-23T10:20:30Z",
			want: []string{"2026-11-22T00:00:00Z/2026-11-23T00:00:00Z last-1d"},
		},
		{
			name: "yesterday in Berlin has 25 hours when clocks go back",
			last: "1d", align: "1d", zone: "Europe/Berlin", now: "2026-10-26T09:00:00Z",
			want: []string{"2026-10-24T22:00:00Z/2026-10-25T23:00:00Z last-1d"},
		},
		{
			name: "last whole hour in a zone off by half an hour",
			last: "1h", align: "1h", zone: "Asia/Kolkata", now: "2026-11-23T10:20:30Z",
			want: []string{"2026-11-23T08:30:00Z/2026-11-23T09:30:00Z last-1h"},
		},
		{
			name: "last whole week begins on Monday",
			last: "1w", align: "1w", now: "2026-11-22T23:59:59Z",
			want: []string{"2026-11-09T00:00:00Z/2026-11-16T00:00:00Z last-1w"},
		},
		{
			name: "last whole month",
			last: "1mo", align: "1mo", now: "2024-03-15T00:00:00Z",
			want: []string{"2024-02-01T00:00:00Z/2024-03-01T00:00:00Z last-1mo"},
		},
		{
			name: "fixed month", from: "2026-11-01T00:00:00Z", to: "2026-12-01T00:00:00Z", now: "2026-11-23T10:00:00Z",
			want: []string{"2026-11-01T00:00:00Z/2026-12-01T00:00:00Z 2026-11"},
		},
		{
			name: "fixed, not begun", from: "2026-12-01T00:00:00Z", to: "2027-01-01T00:00:00Z", now: "2026-11-23T10:00:00Z",
		},
		{
			name: "days up to the one that has begun", every: "1d", from: "2026-11-21T00:00:00Z", now: "2026-11-23T00:00:00Z",
			want: []string{
				"2026-11-21T00:00:00Z/2026-11-22T00:00:00Z 2026-11-21",
				"2026-11-22T00:00:00Z/2026-11-23T00:00:00Z 2026-11-22",
				"2026-11-23T00:00:00Z/2026-11-24T00:00:00Z 2026-11-23",
			},
		},
		{
			name: "days across the change of clocks", every: "1d", zone: "Europe/Berlin",
			from: "2026-03-27T23:00:00Z", now: "2026-03-29T22:00:00Z",
			want: []string{
				"2026-03-27T23:00:00Z/2026-03-28T23:00:00Z 2026-03-28",
				"2026-03-28T23:00:00Z/2026-03-29T22:00:00Z 2026-03-29",
				"2026-03-29T22:00:00Z/2026-03-30T22:00:00Z 2026-03-30",
			},
		},
		{
			name: "the last slice is cut at to", every: "1w", from: "2026-11-02T00:00:00Z", to: "2026-11-11T00:00:00Z", now: "2026-12-01T00:00:00Z",
			want: []string{
				"2026-11-02T00:00:00Z/2026-11-09T00:00:00Z 2026-11-02--2026-11-09",
				"2026-11-09T00:00:00Z/2026-11-11T00:00:00Z 2026-11-09--2026-11-11",
			},
		},
		{
			name: "months from leap February", every: "1mo", from: "2024-02-01T00:00:00Z", now: "2024-04-01T00:00:00Z",
			want: []string{
				"2024-02-01T00:00:00Z/2024-03-01T00:00:00Z 2024-02",
				"2024-03-01T00:00:00Z/2024-04-01T00:00:00Z 2024-03",
				"2024-04-01T00:00:00Z/2024-05-01T00:00:00Z 2024-04",
			},
		},
		{
			name: "hours", every: "6h", from: "2026-11-23T00:00:00Z", now: "2026-11-23T06:00:00Z",
			want: []string{
				"2026-11-23T00:00:00Z/2026-11-23T06:00:00Z 2026-11-23T00Z--2026-11-23T06Z",
				"2026-11-23T06:00:00Z/2026-11-23T12:00:00Z 2026-11-23T06Z--2026-11-23T12Z",
			},
		},
		{
			name: "days in a zone whose clocks are put forward at midnight", every: "1d", zone: "America/Havana",
			from: "2026-03-07T05:00:00Z", now: "2026-03-09T04:00:00Z",
			want: []string{
				"2026-03-07T05:00:00Z/2026-03-08T05:00:00Z 2026-03-07",
				"2026-03-08T05:00:00Z/2026-03-09T04:00:00Z 2026-03-08",
				"2026-03-09T04:00:00Z/2026-03-10T04:00:00Z 2026-03-09",
			},
		},
		{
			name: "days in a zone whose clocks are put back to midnight", every: "1d", zone: "Asia/Amman",
			from: "2021-10-27T21:00:00Z", now: "2021-10-29T22:00:00Z",
			want: []string{
				"2021-10-27T21:00:00Z/2021-10-28T21:00:00Z 2021-10-28",
				"2021-10-28T21:00:00Z/2021-10-29T22:00:00Z 2021-10-29",
				"2021-10-29T22:00:00Z/2021-10-30T22:00:00Z 2021-10-30",
			},
		},
		{
			name: "days from one that lacks its midnight", every: "1d", zone: "America/Sao_Paulo",
			from: "2018-11-04T03:00:00Z", now: "2018-11-05T02:00:00Z",
			want: []string{
				"2018-11-04T03:00:00Z/2018-11-05T02:00:00Z 2018-11-04",
				"2018-11-05T02:00:00Z/2018-11-06T02:00:00Z 2018-11-05",
			},
		},
		{
			name: "yesterday, after a day that lacks its midnight",
			last: "1d", align: "1d", zone: "America/Sao_Paulo", now: "2018-11-04T12:00:00Z",
			want: []string{"2018-11-03T03:00:00Z/2018-11-04T03:00:00Z last-1d"},
		},
		{
			name: "a month that begins where clocks are put forward", every: "1mo", zone: "America/Havana",
			from: "2026-02-08T05:00:00Z", now: "2026-03-08T05:00:00Z",
			want: []string{
				"2026-02-08T05:00:00Z/2026-03-08T05:00:00Z 2026-02-08--2026-03-08",
				"2026-03-08T05:00:00Z/2026-04-08T04:00:00Z 2026-03-08--2026-04-08",
			},
		},
		{
			name: "a day that the zone has skipped", every: "1d", zone: "Pacific/Apia",
			from: "2011-12-29T10:00:00Z", now: "2011-12-30T12:00:00Z",
			want: []string{
				"2011-12-29T10:00:00Z/2011-12-30T10:00:00Z 2011-12-29",
				"2011-12-30T10:00:00Z/2011-12-31T10:00:00Z 2011-12-31",
			},
		},
		{
			name: "last whole hour after clocks went back by half an hour",
			last: "1h", align: "1h", zone: "Australia/Lord_Howe", now: "2026-04-04T15:10:00Z",
			want: []string{"2026-04-04T13:00:00Z/2026-04-04T14:00:00Z last-1h"},
		},
		{
			name: "six hours stay six hours when clocks go back", every: "6h", zone: "Europe/Berlin",
			from: "2026-10-24T22:00:00Z", now: "2026-10-25T04:00:00Z",
			want: []string{
				"2026-10-24T22:00:00Z/2026-10-25T04:00:00Z 2026-10-24T22Z--2026-10-25T04Z",
				"2026-10-25T04:00:00Z/2026-10-25T10:00:00Z 2026-10-25T04Z--2026-10-25T10Z",
			},
		},
		{
			name: "days before 1970", every: "1d", from: "1969-12-31T00:00:00Z", now: "1970-01-01T00:00:00Z",
			want: []string{
				"1969-12-31T00:00:00Z/1970-01-01T00:00:00Z 1969-12-31",
				"1970-01-01T00:00:00Z/1970-01-02T00:00:00Z 1970-01-01",
			},
		},
		{
			name: "a slice that is cut at to expires after that", every: "1w", from: "2026-11-02T00:00:00Z", to: "2026-11-04T00:00:00Z", keep: "1d", now: "2026-11-05T00:00:00Z",
		},
		{
			name: "keep expires the oldest", every: "1h", from: "2020-01-01T00:00:00Z", keep: "2h", now: "2026-11-23T06:30:00Z",
			want: []string{
				"2026-11-23T04:00:00Z/2026-11-23T05:00:00Z 2026-11-23T04Z",
				"2026-11-23T05:00:00Z/2026-11-23T06:00:00Z 2026-11-23T05Z",
				"2026-11-23T06:00:00Z/2026-11-23T07:00:00Z 2026-11-23T06Z",
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			spec := &config.Window{
				Last: duration(t, test.last), Align: duration(t, test.align), Every: duration(t, test.every),
				From: instant(t, test.from), To: instant(t, test.to), Keep: duration(t, test.keep),
				Location: zone(t, test.zone),
			}
			w := New(spec)
			var got []string
			for s := range w.Slices(instant(t, test.now)) {
				got = append(got, s.From.Format(time.RFC3339)+"/"+s.To.Format(time.RFC3339)+" "+w.Label(s))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got\n%q\nwant\n%q", got, test.want)
			}
		})
	}
}

// TestSlicesTile holds the promise that slices leave no gap and no overlap, at
// any clock, and stay where they are as the clock goes on.
func TestSlicesTile(t *testing.T) {
	zones := []string{"UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Havana", "Pacific/Apia"}
	rapid.Check(t, func(t *rapid.T) {
		loc, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		unit := rapid.SampledFrom([]calendar.Unit{calendar.Hour, calendar.Day, calendar.Week, calendar.Month}).Draw(t, "unit")
		from := time.Date(rapid.IntRange(2005, 2030).Draw(t, "year"), time.Month(rapid.IntRange(1, 12).Draw(t, "month")),
			rapid.IntRange(1, 28).Draw(t, "day"), 0, 0, 0, 0, loc)
		spec := &config.Window{
			Every: &calendar.Duration{N: rapid.IntRange(1, 40).Draw(t, "n"), Unit: unit},
			From:  from, Location: loc,
		}
		now := from.Add(time.Duration(rapid.Int64Range(0, int64(400*24*time.Hour)).Draw(t, "after")))
		later := now.Add(time.Duration(rapid.Int64Range(0, int64(90*24*time.Hour)).Draw(t, "later")))
		w := New(spec)
		earlier := slices.Collect(w.Slices(now))
		all := slices.Collect(w.Slices(later))
		if !slices.Equal(earlier, all[:len(earlier)]) {
			t.Fatal("slices moved as the clock went on")
		}
		for i, n := range w.Named(later) {
			if n.Slice != all[i] || n.Label != w.Label(n.Slice) || n.Date != w.Date(n.Slice) {
				t.Fatalf("slice %v is named %q of %q, want %q of %q", all[i], n.Label, n.Date, w.Label(n.Slice), w.Date(n.Slice))
			}
		}
		labels := map[string]bool{}
		at := from.UTC()
		for _, s := range all {
			if !s.From.Equal(at) || !s.From.Before(s.To) {
				t.Fatalf("slice %v does not continue at %v", s, at)
			}
			if labels[w.Label(s)] {
				t.Fatalf("label %q comes twice", w.Label(s))
			}
			labels[w.Label(s)] = true
			at = s.To
		}
		if last := all[len(all)-1]; last.From.After(later) || !last.To.After(later) {
			t.Fatalf("the last slice %v does not hold the clock %v", last, later)
		}
		if keep := rapid.IntRange(1, 50).Draw(t, "keep"); true {
			spec.Keep = &calendar.Duration{N: keep, Unit: calendar.Day}
			kept := slices.Collect(New(spec).Slices(later))
			want := slices.DeleteFunc(slices.Clone(all), func(s Slice) bool { return New(spec).Expired(s, later) })
			if !slices.Equal(kept, want) {
				t.Fatalf("keep gave %v, want %v", kept, want)
			}
		}
	})
}
