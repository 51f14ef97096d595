package window

import (
	"fmt"
	"regexp"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/internal/calendar"
)

// zones change their clocks in every way that there has been: at midnight, by
// half an hour, by a whole day, backwards in summer, or not at all.
func zones() []string {
	return []string{
		"UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "America/St_Johns",
		"America/Havana", "Asia/Beirut", "Asia/Amman", "America/Sao_Paulo", "America/Asuncion", "Africa/Cairo", "Asia/Gaza", // at midnight
		"Australia/Lord_Howe", "Antarctica/Troll", // by half an hour, by two hours
		"Pacific/Apia", "Pacific/Kwajalein", "Asia/Manila", // skipped a day
		"Africa/Casablanca", "Europe/Dublin", "Asia/Pyongyang", "America/Caracas", "Pacific/Chatham", "Pacific/Kiritimati", "Etc/GMT+12",
	}
}

// upheavals are days about which clocks were changed somewhere, or the
// calendar is peculiar.
func upheavals() []string {
	return []string{
		"2026-03-08", "2026-11-01", "2026-03-29", "2026-10-25", "2026-04-05", "2026-10-04", // New York and Havana, Berlin and Beirut, Lord Howe
		"2018-02-18", "2018-11-04", "2021-10-29", "2011-12-30", "1993-08-21", "2024-03-10", "2024-04-14", // Sao Paulo, Amman, Apia, Kwajalein, Casablanca
		"2016-05-01", "2018-05-05", "1995-01-01", "1969-12-28", // Caracas, Pyongyang, Kiritimati, the epoch
		"2023-02-26", "2024-02-28", "2026-12-30", "2000-02-28", "1999-12-31", // leap years, turns of the year
	}
}

// drawWindow draws what the language accepts, with a clock, near an upheaval.
func drawWindow(t *rapid.T) (*config.Window, time.Time) {
	zone, err := time.LoadLocation(rapid.SampledFrom(zones()).Draw(t, "zone"))
	if err != nil {
		t.Fatal(err)
	}
	day, err := time.Parse(time.DateOnly, rapid.SampledFrom(upheavals()).Draw(t, "near"))
	if err != nil {
		t.Fatal(err)
	}
	duration := func(name string, most int, units ...calendar.Unit) *calendar.Duration {
		return &calendar.Duration{N: rapid.IntRange(1, most).Draw(t, name), Unit: rapid.SampledFrom(units).Draw(t, name+" unit")}
	}
	w := &config.Window{Location: zone}
	begin := day.AddDate(0, 0, rapid.IntRange(-5, 2).Draw(t, "days before"))
	now := day.Add(time.Duration(rapid.IntRange(-48*60, 96*60).Draw(t, "clock")) * time.Minute).Add(time.Duration(rapid.IntRange(0, 59_999_999_999).Draw(t, "nanoseconds")))
	switch rapid.SampledFrom([]string{"last", "fixed", "every"}).Draw(t, "kind") {
	case "last":
		w.Last = duration("last", 40, calendar.Second, calendar.Minute, calendar.Hour, calendar.Day, calendar.Week, calendar.Month)
		if rapid.Bool().Draw(t, "aligned") {
			w.Align = &calendar.Duration{N: 1, Unit: rapid.SampledFrom([]calendar.Unit{calendar.Hour, calendar.Day, calendar.Week, calendar.Month}).Draw(t, "align")}
		}
		return w, now
	case "fixed":
		w.From = begin.Add(time.Duration(rapid.IntRange(0, 48*60).Draw(t, "from")) * time.Minute)
		w.To = w.From.Add(time.Duration(rapid.IntRange(1, 100_000).Draw(t, "length")) * time.Second)
	default:
		w.Every = duration("every", 9, calendar.Hour, calendar.Day, calendar.Week, calendar.Month)
		hours := 0
		if w.Every.Unit == calendar.Hour {
			hours = rapid.IntRange(0, 48).Draw(t, "from hour")
		}
		w.From = calendar.FirstMoment(begin.Add(time.Duration(hours)*time.Hour), zone)
		if w.Every.Unit == calendar.Month && w.From.In(zone).Day() > 28 {
			w.From = calendar.FirstMoment(begin.AddDate(0, 0, 28-begin.Day()), zone)
		}
		if rapid.Bool().Draw(t, "ends") {
			w.To = w.From.Add(time.Duration(rapid.IntRange(1, 10*24*3600).Draw(t, "length")) * time.Second)
		}
		for k := rapid.IntRange(0, 20).Draw(t, "slices"); now.Before(w.From.AddDate(0, 0, k)) && w.Every.Unit != calendar.Hour; {
			now = now.AddDate(0, 0, k+1)
		}
	}
	if rapid.Bool().Draw(t, "kept") {
		w.Keep = duration("keep", 60, calendar.Minute, calendar.Hour, calendar.Day, calendar.Week, calendar.Month)
	}
	return w, now
}

// checkAgainstModel compares Slices with the naive model, and holds the
// promises about labels.
func checkAgainstModel(spec *config.Window, now time.Time) error {
	w := New(spec)
	got, want := slices.Collect(w.Slices(now)), model(spec, now)
	if !slices.EqualFunc(got, want, func(a, b Slice) bool { return a.From.Equal(b.From) && a.To.Equal(b.To) }) {
		return fmt.Errorf("%s at %s:\n got %v\nwant %v", w, now.Format(time.RFC3339Nano), got, want)
	}
	labels := map[string]Slice{}
	safe := regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,60}$`)
	for i, s := range got {
		if s.From.Location() != time.UTC || s.To.Location() != time.UTC {
			return fmt.Errorf("%s: the slice %v is not in UTC", w, s)
		}
		if i > 0 && !got[i-1].To.Equal(s.From) {
			return fmt.Errorf("%s: %v does not continue %v", w, s, got[i-1])
		}
		label := w.Label(s)
		if other, ok := labels[label]; ok {
			return fmt.Errorf("%s: %v and %v are both called %s", w, other, s, label)
		}
		if !safe.MatchString(label) {
			return fmt.Errorf("%s: the label %q is not for file names", w, label)
		}
		if day := shown(s.From, spec.Location); spec.Every != nil && spec.Every.String() == "1d" && !s.To.Equal(spec.To) &&
			label != fmt.Sprintf("%04d-%02d-%02d", day.year, day.month, day.day) {
			return fmt.Errorf("%s: the day %v is called %s", w, s, label)
		}
		labels[label] = s
		if w.Expired(s, now) {
			return fmt.Errorf("%s at %s yields %v, which has expired", w, now, s)
		}
	}
	return nil
}

func TestSlicesAreThoseOfTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if err := checkAgainstModel(drawWindow(t)); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzSlices looks for windows on which the package and the model differ. Its
// arguments are drawn from by drawWindow.
func FuzzSlices(f *testing.F) {
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) {
		if err := checkAgainstModel(drawWindow(t)); err != nil {
			t.Fatal(err)
		}
	}))
}

// TestDelays holds that slices settle, are read again and expire in the order
// of time, and when the model says.
func TestDelays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec, now := drawWindow(t)
		unit := rapid.SampledFrom([]calendar.Unit{calendar.Second, calendar.Minute, calendar.Hour, calendar.Day, calendar.Week, calendar.Month})
		delay := calendar.Duration{N: rapid.IntRange(1, 40).Draw(t, "delay"), Unit: unit.Draw(t, "delay unit")}
		spec.Revisit, spec.Keep = []calendar.Duration{delay, {N: 1, Unit: calendar.Second}}, &delay
		w := New(spec)
		s := model(spec, now)
		if len(s) == 0 {
			return
		}
		last := s[len(s)-1]
		want := moved(last.To, 1, delay, spec.Location)
		if got := w.Settles(last, delay); !got.Equal(want) {
			t.Fatalf("%v settles at %v, want %v", last, got, want)
		}
		if got := w.Revisits(last); len(got) != 2 || !got[0].Equal(last.To.Add(time.Second)) || !got[1].Equal(want) {
			t.Fatalf("%v is read again at %v, want %v", last, got, want)
		}
		if w.Expired(last, want.Add(-1)) || !w.Expired(last, want) {
			t.Fatalf("%v does not expire at %v", last, want)
		}
		own := calendar.Duration{N: 0, Unit: unit.Draw(t, "own unit")}
		spec.Settle = &own
		if got := New(spec).Settles(last, delay); !got.Equal(last.To) {
			t.Fatalf("%v with %s settles at %v", last, own, got)
		}
	})
}

// TestAgesOfSlices holds that the first slice is found at once whatever the
// lengths: a century of hours, and a slice of a century.
func TestAgesOfSlices(t *testing.T) {
	now := instant(t, "2026-11-23T06:30:00Z")
	for _, test := range []struct {
		every, from, keep string
		want              Slice
	}{
		{"1h", "1600-01-01T00:00:00Z", "1h", Slice{instant(t, "2026-11-23T05:00:00Z"), instant(t, "2026-11-23T06:00:00Z")}},
		{"8760h", "2000-01-01T00:00:00Z", "1w", Slice{instant(t, "2025-12-25T00:00:00Z"), instant(t, "2026-12-25T00:00:00Z")}},
		{"1000000h", "1600-01-01T00:00:00Z", "1w", Slice{instant(t, "1942-03-29T00:00:00Z"), instant(t, "2056-04-25T16:00:00Z")}},
		{"1000000mo", "2000-01-01T00:00:00Z", "1w", Slice{instant(t, "2000-01-01T00:00:00Z"), time.Date(2000, 1+1_000_000, 1, 0, 0, 0, 0, time.UTC)}},
		{"1d", "1900-01-01T00:00:00Z", "1d", Slice{instant(t, "2026-11-22T00:00:00Z"), instant(t, "2026-11-23T00:00:00Z")}},
		{"1mo", "1950-01-28T00:00:00Z", "1mo", Slice{instant(t, "2026-09-28T00:00:00Z"), instant(t, "2026-10-28T00:00:00Z")}},
	} {
		w := New(&config.Window{Every: duration(t, test.every), From: instant(t, test.from), Keep: duration(t, test.keep), Location: time.UTC})
		for s := range w.Slices(now) {
			if s != test.want {
				t.Errorf("every %s from %s: the first slice is %v, want %v", test.every, test.from, s, test.want)
			}
			break
		}
	}
}
