package ledger

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSample(t *testing.T) {
	key := Key{Tenant: "t", Report: "r"}
	if s := New(key).Sample(); s.Slices != 0 || s.Latency != 0 {
		t.Errorf("nothing gave %+v", s)
	}
	l := New(key)
	for i := range 40 {
		for _, output := range []string{"csv", "json"} {
			h := hours(output, i, 1, output+time.Duration(i).String(), 0)
			h.Bytes = 1000
			if output == "csv" {
				h.Bytes = 500
			}
			h.Rows = 10
			p := Proof{Requests: 2, Took: time.Duration(40-i) * time.Second}
			if output == "json" && i == 39 {
				p.Derived = "csv"
			}
			l.Hold(h.With(p))
		}
	}
	want := Sample{
		Slices: 31, Span: 31 * time.Hour, Rows: 310, Requests: 62, Latency: time.Second,
		BytesPerRow: map[string]float64{"csv": 50, "json": 100},
	}
	if diff := cmp.Diff(want, l.Sample()); diff != "" {
		t.Error(diff)
	}
	// What was stored gives the same, from the head and from a page.
	if diff := cmp.Diff(want, reread(t, l).Sample()); diff != "" {
		t.Error(diff)
	}
	large := New(key)
	for i := range 600 {
		large.Hold(hours("output.json.a", i, 1, fmt.Sprintf("out/%d.json", i), int64(i)))
	}
	folded := reread(t, large)
	if got := folded.Sample(); len(folded.recent) != 0 || len(folded.pages) != 1 || got.Slices != 0 || got.BytesPerRow["output.json.a"] != 1 {
		t.Errorf("%d recent entries, sample %+v", len(folded.recent), got)
	}
}
