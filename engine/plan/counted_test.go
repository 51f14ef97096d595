package plan

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/window"
	"github.com/reportform/reportform/internal/place"
)

// What lies before what the service keeps, and is not held, is one line, and costs
// no look at any of its slices: a window may have begun in another century.
func TestForgottenSlicesCostNothing(t *testing.T) {
	w := want(config.Window{Every: dur("1h"), From: at("2000-01-01")})
	now := at("2026-11-22T12:30:00Z")
	w.Retention, w.Slices = dur("30d"), w.Window.Named(now)
	resolved := 0
	for i := range w.Outputs {
		inner := w.Outputs[i].Resolve
		w.Outputs[i].Resolve = func(s *window.Named) (Target, error) { resolved++; return inner(s) }
	}
	old := held("a", "2010-05-05")
	old.To, old.Place = old.From.Add(time.Hour), "a/2010-05-05T00Z"
	l := ledger.New(w.Key(), old)
	part, err := Subtract(w, l, now, observing(map[place.Place]place.Condition{}))
	if err != nil {
		t.Fatal(err)
	}
	if len(part.Lost) > 3 || len(part.Pulls) > 31*24 || len(part.Pulls) < 29*24 {
		t.Errorf("%d lines of what is lost, %d pulls", len(part.Lost), len(part.Pulls))
	}
	if most := 2 * (31*24 + 1); resolved > most {
		t.Errorf("%d places were made, want %d at most", resolved, most)
	}
	lost := 0
	for _, g := range part.Lost {
		lost += g.Slices
	}
	if n := lost + len(part.Pulls) + len(part.Waiting); n < len(w.Slices)-3 || n > len(w.Slices) {
		t.Errorf("%d slices are accounted for, of %d", n, len(w.Slices))
	}
	c := Cover(w, &part, l, now)
	if c.Slices.Lost != lost || len(c.Runs) > 40 {
		t.Errorf("coverage has %d lost slices in %d runs, the plan %d", c.Slices.Lost, len(c.Runs), lost)
	}
}

func TestAheadOf(t *testing.T) {
	now := at("2026-11-22")
	of := func(tenant string, spec config.Window) Want {
		w := want(spec)
		w.Tenant, w.Begins, w.Slices = tenant, w.Window.Begins(), w.Window.Named(now)
		return *w
	}
	future := config.Window{Every: dur("1d"), From: at("2062-11-01")}
	fixed := config.Window{From: at("2026-12-01"), To: at("2026-12-08")}
	late := of("tenant.new", daily())
	late.Slices, late.Begins = nil, at("2027-01-01") // by the tenant's since
	wants := []Want{of("tenant.a", future), of("tenant.b", future), of("tenant.a", daily()), of("tenant.c", fixed), late, of("tenant.d", config.Window{Last: dur("7d")})}
	if diff := cmp.Diff([]Ahead{
		{"report.r.x", at("2062-11-01"), []string{"tenant.a", "tenant.b"}},
		{"report.r.x", at("2026-12-01"), []string{"tenant.c"}},
		{"report.r.x", at("2027-01-01"), []string{"tenant.new"}},
	}, AheadOf(wants, now)); diff != "" {
		t.Error(diff)
	}
}
