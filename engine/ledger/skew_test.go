package ledger

import (
	"testing"
	"time"
)

func TestSkew(t *testing.T) {
	const days = 24 * time.Hour
	at := day(20)
	l := New(Key{Tenant: "t", Report: "r"})
	ahead := func(machine string, now time.Time, want time.Duration) {
		t.Helper()
		if got := l.Ahead(machine, now); got != want {
			t.Errorf("%s at %v is ahead by %v, want %v", machine, now, got, want)
		}
	}
	ahead("m", at, 0)
	l.Compare("m", 9*time.Second, at)
	if l.Skew != nil {
		t.Errorf("clocks that agree: %+v", l.Skew)
	}
	l.Compare("m", 2*days+300*time.Millisecond, at)
	ahead("m", at, 2*days)
	ahead("m", at.Add(7*days), 2*days)
	ahead("m", at.Add(7*days+1), 0)
	ahead("m", at.Add(-1), 0) // put back since
	ahead("another", at, 0)

	known := l.Skew
	l.Compare("m", 2*days+5*time.Second, at.Add(59*time.Second))
	if l.Skew != known {
		t.Error("the same difference is recorded again")
	}
	l.Compare("m", 2*days, at.Add(61*time.Second))
	if l.Skew == known || !l.Skew.At.Equal(at.Add(61*time.Second)) {
		t.Errorf("an old one is not: %+v", l.Skew)
	}
	l.Compare("m", 2*days, at.Add(time.Minute)) // the clock was put back and is off again
	if !l.Skew.At.Equal(at.Add(time.Minute)) {
		t.Errorf("%+v", l.Skew)
	}
	l.Compare("m", -75*time.Minute, at.Add(time.Minute))
	ahead("m", at.Add(time.Minute), -75*time.Minute)
	l.Compare("n", 3*time.Hour, at)
	ahead("m", at.Add(time.Minute), 0)
	ahead("n", at, 3*time.Hour)
	l.Compare("n", 0, at)
	if l.Skew != nil {
		t.Errorf("a clock that is right again: %+v", l.Skew)
	}
}

func TestLateness(t *testing.T) {
	var l Lateness
	l.CameByRows(2)
	for _, came := range [][2]time.Duration{
		{10 * time.Minute, 15 * time.Minute},
		{2 * time.Hour, 6 * time.Hour},
		{-time.Minute, 25 * time.Hour},
		{time.Hour, 8 * 24 * time.Hour},
	} {
		l.Came(came[0], came[1])
	}
	want := Lateness{Late: 6, ByRows: 2, Within: [6]int64{1, 0, 1, 0, 1, 1}, Most: Seconds(8 * 24 * time.Hour)}
	if l != want {
		t.Errorf("%+v, want %+v", l, want)
	}
	one := Lateness{Events: 10, Late: 1, Within: [6]int64{0, 1}, Least: Seconds(30 * time.Minute), Most: Seconds(time.Hour), After: Seconds(3 * time.Hour)}
	other := Lateness{Events: 5, Late: 1, Within: [6]int64{0, 0, 1}, Least: Seconds(2 * time.Hour), Most: Seconds(3 * time.Hour), After: Seconds(time.Hour)}
	sum := Lateness{Events: 15, Late: 2, Within: [6]int64{0, 1, 1}, Least: Seconds(30 * time.Minute), Most: Seconds(3 * time.Hour), After: Seconds(3 * time.Hour)}
	if got := one.Plus(other); got != sum || other.Plus(one) != sum {
		t.Errorf("%+v, want %+v", got, sum)
	}
	if got := (Lateness{Events: 7}).Plus(other); got.Least != other.Least || got.Events != 12 || other.Plus(Lateness{Events: 7}) != got {
		t.Errorf("with nothing late: %+v", got)
	}
}
