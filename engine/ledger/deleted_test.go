package ledger

import (
	"testing"
	"time"
)

// The log joins adjacent slices that were deleted together, and drops the oldest.
func TestLog(t *testing.T) {
	l := New(Key{Tenant: "t", Report: "r"})
	deletion := func(output string, n int, at time.Time, why string) Deletion {
		return Deletion{Output: output, From: day(n), To: day(n + 1), Place: "out/1.json", At: at, Why: why}
	}
	l.Log([]Deletion{
		deletion("a", 2, day(20), "expired"), deletion("b", 2, day(20), "expired"), deletion("a", 1, day(20), "expired"), // in any order
		deletion("a", 3, day(20), "output"), deletion("a", 5, day(20), "output"),
	})
	l.Log([]Deletion{deletion("a", 6, day(21), "output")}) // another time
	type run struct {
		output   string
		from, to int
		slices   int
	}
	want := []run{{"a", 1, 3, 2}, {"a", 3, 4, 0}, {"a", 5, 6, 0}, {"b", 2, 3, 0}, {"a", 6, 7, 0}}
	if len(l.Deleted) != len(want) {
		t.Fatalf("%+v", l.Deleted)
	}
	for i, w := range want {
		d := &l.Deleted[i]
		if d.Output != w.output || !d.From.Equal(day(w.from)) || !d.To.Equal(day(w.to)) || d.Slices != w.slices {
			t.Errorf("%d: %+v, want %+v", i, d, w)
		}
	}
	for i := range 3 * maxDeleted {
		l.Log([]Deletion{deletion("a", 2*i, day(30), "expired")})
	}
	if n := len(l.Deleted); n != maxDeleted || !l.Deleted[n-1].From.Equal(day(2*(3*maxDeleted-1))) {
		t.Errorf("%d entries, the last %+v", n, l.Deleted[n-1])
	}

	// Where one ledger takes over another, nothing is there twice.
	other := New(Key{Tenant: "t", Report: "r"})
	other.Log([]Deletion{deletion("a", 1, day(19), "tenant")})
	other.JoinLog(l.Deleted[:2])
	other.JoinLog(l.Deleted[:2])
	if len(other.Deleted) != 3 || other.Deleted[0].Why != "tenant" {
		t.Errorf("%+v", other.Deleted)
	}
}
