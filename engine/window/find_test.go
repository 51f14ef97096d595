package window

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Every slice that a window has at a clock is found, with its names, and nothing
// else is.
func TestFind(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec, now := drawWindow(t)
		w := New(spec)
		for _, want := range w.Named(now) {
			if got, ok := w.Find(want.Slice, now); !ok || got != want {
				t.Fatalf("%v: found %v, %v", want, got, ok)
			}
			for _, other := range []Slice{
				{want.From.AddDate(0, 0, -6), want.To},
				{want.From, want.To.Add(time.Nanosecond)},
				{want.From.Add(-time.Second), want.To.Add(-time.Second)},
				{want.To, want.To},
				{want.To, want.From},
			} {
				if _, ok := w.Find(other, now); ok && !has(w, other, now) {
					t.Fatalf("%v is no slice, and found", other)
				}
			}
		}
		// What comes next has not begun, or is not the window's.
		next := Slice{now.Add(time.Nanosecond).UTC(), now.Add(24 * time.Hour).UTC()}
		if _, ok := w.Find(next, now); ok {
			t.Fatalf("%v is found at %v", next, now)
		}
		// Nor is what has expired.
		for s := range w.WithoutKeep().Slices(now) {
			if _, ok := w.Find(s, now); ok != has(w, s, now) {
				t.Fatalf("%v: found %v", s, ok)
			}
		}
	})
}

func has(w Window, s Slice, now time.Time) bool {
	for own := range w.Slices(now) {
		if own == s {
			return true
		}
	}
	return false
}
