package plan

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/window"
	"github.com/reportform/reportform/internal/place"
)

// runs renders a coverage shortly, a line each run.
func runs(c Coverage) string {
	var b strings.Builder
	for _, r := range c.Runs {
		fmt.Fprintf(&b, "%s %s..%s %d", r.Status, r.First, r.Last, r.Slices)
		for _, reason := range r.Reasons {
			fmt.Fprintf(&b, " %s", reason)
		}
		if r.Outputs != nil {
			fmt.Fprintf(&b, " in %s", strings.Join(r.Outputs, ","))
		}
		if r.Soon {
			b.WriteString(" soon")
		}
		if !r.LostAt.IsZero() {
			fmt.Fprintf(&b, " lost at %s", r.LostAt.Format(time.DateOnly))
		}
		if !r.Until.IsZero() {
			fmt.Fprintf(&b, " until %s", r.Until.Format(time.RFC3339))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// windowTo is the daily window with an end.
func windowTo(to string, open bool) window.Window {
	spec := daily()
	spec.To, spec.Open = at(to), open
	return window.New(&spec)
}

func TestCover(t *testing.T) {
	open := daily()
	open.Open = true
	revisit := daily()
	revisit.Revisit = durs("24h")
	notFinal := func(h ledger.Held) ledger.Held { h.Final = false; return h }
	other := func(h ledger.Held) ledger.Held { h.Definition = "old"; return h }
	month := func(w *Want) { w.Retention = dur("30d") }
	tests := []struct {
		name    string
		window  config.Window
		change  func(*Want)
		held    []ledger.Held
		disk    map[place.Place]place.Condition
		now     string
		want    string
		percent float64
	}{
		{
			name: "first run", window: daily(), change: month, now: "2026-11-22T02:00:00Z", percent: 0,
			want: "missing 2026-11-20..2026-11-21 2 new lost at 2026-12-21\nwaiting 2026-11-22..2026-11-22 1 until 2026-11-23T02:00:00Z\n",
		},
		{
			name: "slices that will be lost before they have settled count as lost", window: config.Window{Every: dur("1d"), From: at("2026-11-20"), Settle: dur("30d")},
			change: month, now: "2026-11-22T02:00:00Z", percent: 0,
			want: "lost 2026-11-20..2026-11-22 3 lost at 2026-12-21\n",
		},
		{
			name: "held slices that will never be final count as lost", window: config.Window{Every: dur("1d"), From: at("2026-11-20"), To: at("2026-11-22"), Settle: dur("40d"), Open: true},
			change: month, now: "2026-11-22T02:00:00Z", percent: 0,
			held: []ledger.Held{notFinal(held("a", "2026-11-20")), notFinal(held("b", "2026-11-20"))},
			want: "lost 2026-11-20..2026-11-20 1 open lost at 2026-12-21\nmissing 2026-11-21..2026-11-21 1 new lost at 2026-12-22\n",
		},
		{
			name: "what is lost is one run, but for what is held of it", window: daily(), change: func(w *Want) { w.Retention = dur("2d") },
			now: "2026-11-28T12:00:00Z", percent: 100.0 / 8,
			held: []ledger.Held{held("a", "2026-11-22"), held("b", "2026-11-22"), held("b", "2026-11-24")},
			want: "lost 2026-11-20..2026-11-21 2\nheld 2026-11-22..2026-11-22 1\nlost 2026-11-23..2026-11-25 3\n" +
				"missing 2026-11-26..2026-11-27 2 new soon lost at 2026-11-29\nwaiting 2026-11-28..2026-11-28 1 until 2026-11-29T02:00:00Z\n",
		},
		{
			name: "snapshots count from the first that is held", window: daily(), change: func(w *Want) { w.Snapshot = true }, now: "2026-11-22T02:00:00Z", percent: 100,
			held: []ledger.Held{held("a", "2026-11-21"), held("b", "2026-11-21"), held("a", "2026-11-22"), held("b", "2026-11-22")},
			want: "held 2026-11-21..2026-11-22 2\n",
		},
		{
			name: "a slice that one output lacks is missing", window: daily(), now: "2026-11-22T02:00:00Z", percent: 50,
			held: []ledger.Held{held("a", "2026-11-20"), held("a", "2026-11-21"), held("b", "2026-11-21")},
			want: "missing 2026-11-20..2026-11-20 1 new in b\nheld 2026-11-21..2026-11-21 1\nwaiting 2026-11-22..2026-11-22 1 until 2026-11-23T02:00:00Z\n",
		},
		{
			name: "files that are gone or altered are missing", window: config.Window{Every: dur("1d"), From: at("2026-11-20"), To: at("2026-11-22")}, now: "2026-11-24", percent: 0,
			held: []ledger.Held{held("a", "2026-11-20"), held("b", "2026-11-20"), held("a", "2026-11-21"), held("b", "2026-11-21")},
			disk: map[place.Place]place.Condition{"a/2026-11-20": place.Missing, "b/2026-11-21": place.Altered},
			want: "missing 2026-11-20..2026-11-20 1 missing in a\nmissing 2026-11-21..2026-11-21 1 altered in b\n",
		},
		{
			name: "of two outputs each has a reason of its own", window: config.Window{Every: dur("1d"), From: at("2026-11-20"), To: at("2026-11-22")}, now: "2026-11-24", percent: 0,
			held: []ledger.Held{held("a", "2026-11-20"), other(held("b", "2026-11-20")), other(held("a", "2026-11-21")), held("b", "2026-11-21")},
			disk: map[place.Place]place.Condition{"a/2026-11-20": place.Missing, "b/2026-11-21": place.Missing},
			want: "missing 2026-11-20..2026-11-20 1 missing changed\nmissing 2026-11-21..2026-11-21 1 changed missing\n",
		},
		{
			name: "open: held before it has settled", window: open, now: "2026-11-21T12:00:00Z", percent: 100,
			held: []ledger.Held{held("a", "2026-11-20"), held("b", "2026-11-20"), notFinal(held("a", "2026-11-21")), notFinal(held("b", "2026-11-21"))},
			want: "held 2026-11-20..2026-11-20 1\nopen 2026-11-21..2026-11-21 1 open\n",
		},
		{
			name: "a slice that has settled since it was fetched lacks what came after", window: open, now: "2026-11-21T12:00:00Z", percent: 50,
			held: []ledger.Held{notFinal(held("a", "2026-11-20")), notFinal(held("b", "2026-11-20")), held("a", "2026-11-21"), held("b", "2026-11-21")},
			want: "missing 2026-11-20..2026-11-20 1 open\nheld 2026-11-21..2026-11-21 1\n",
		},
		{
			name: "a second reading is due", window: revisit, now: "2026-11-22T12:00:00Z", percent: 100,
			held: []ledger.Held{held("a", "2026-11-20"), held("b", "2026-11-20"), held("a", "2026-11-21"), held("b", "2026-11-21")},
			want: "open 2026-11-20..2026-11-20 1 revisit\nheld 2026-11-21..2026-11-21 1\nwaiting 2026-11-22..2026-11-22 1 until 2026-11-23T02:00:00Z\n",
		},
		{
			name: "a trailing window that has moved on", window: config.Window{Last: dur("7d")}, now: "2026-11-22T12:00:00Z", percent: 100,
			held: []ledger.Held{held("a", "2026-11-20"), held("b", "2026-11-20")},
			want: "open last-7d..last-7d 1 moved\n",
		},
		{
			name: "lost, partly held, and held as it was", window: daily(), now: "2026-12-22T12:00:00Z", change: month, percent: 100.0 / 32,
			held: []ledger.Held{held("a", "2026-11-20"), other(held("a", "2026-11-21")), other(held("b", "2026-11-21"))},
			want: "lost 2026-11-20..2026-11-20 1\nheld 2026-11-21..2026-11-21 1\n" +
				"missing 2026-11-22..2026-11-28 7 new soon lost at 2026-12-23\nmissing 2026-11-29..2026-12-21 23 new lost at 2026-12-30\nwaiting 2026-12-22..2026-12-22 1 until 2026-12-23T02:00:00Z\n",
		},
		{
			name: "lost while it was open", window: open, now: "2026-12-21T12:00:00Z", change: func(w *Want) { month(w); w.Window = windowTo("2026-11-21", true) }, percent: 0,
			held: []ledger.Held{notFinal(held("a", "2026-11-20")), notFinal(held("b", "2026-11-20"))},
			want: "lost 2026-11-20..2026-11-20 1\n",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := want(test.window)
			if test.change != nil {
				test.change(w)
			}
			l := ledger.New(ledger.Key{Tenant: w.Tenant, Report: w.Report}, test.held...)
			w.Slices = w.Window.Named(at(test.now))
			part, err := Subtract(w, l, at(test.now), observing(test.disk))
			if err != nil {
				t.Fatal(err)
			}
			c := Cover(w, &part, l, at(test.now))
			if diff := cmp.Diff(test.want, runs(c)); diff != "" {
				t.Error(diff)
			}
			if got := c.Slices.Percent(); got != test.percent {
				t.Errorf("%g%%, want %g%%", got, test.percent)
			}
		})
	}
}

// A coverage has every slice of the window once, its counts are those of its
// runs, and it is whole exactly if the plan lacks nothing that is final.
func TestCoverAgreesWithThePlan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := daily()
		spec.Open = rapid.Bool().Draw(t, "open")
		w := want(spec)
		if rapid.Bool().Draw(t, "retention") {
			w.Retention = dur("7d")
		}
		now := at("2026-11-20").Add(time.Duration(rapid.IntRange(0, 20*24).Draw(t, "hours")) * time.Hour)
		l := ledger.New(ledger.Key{Tenant: w.Tenant, Report: w.Report})
		total := 0
		for slice := range w.Window.Slices(now) {
			total++
			for _, output := range []string{"a", "b"} {
				if rapid.Bool().Draw(t, "held") {
					h := held(output, slice.From.Format(time.DateOnly))
					h.Final = rapid.Bool().Draw(t, "final")
					l.Hold(h)
				}
			}
		}
		w.Slices = w.Window.Named(now)
		part, err := Subtract(w, l, now, func(*ledger.Held) (place.Condition, error) { return place.Intact, nil })
		if err != nil {
			t.Fatal(err)
		}
		c := Cover(w, &part, l, now)
		n := 0
		for i, r := range c.Runs {
			n += r.Slices
			if i > 0 && !c.Runs[i-1].To.Equal(r.From) {
				t.Fatalf("a gap or an overlap:\n%s", runs(c))
			}
		}
		s := c.Slices
		if n != total || s.Held+s.Missing+s.Open+s.Waiting+s.Lost != total {
			t.Fatalf("%d slices in runs, %+v, want %d", n, s, total)
		}
		if 2*s.Held > part.Held || s.Missing > len(part.Pulls) {
			t.Fatalf("%+v does not agree with %s", s, text(part))
		}
		if len(part.Pulls)+len(part.Lost) == 0 && !s.Whole() {
			t.Fatalf("nothing to do, but %+v", s)
		}
		for _, p := range part.Pulls {
			if p.Outputs[0].Reason == New && s.Whole() {
				t.Fatalf("whole, but %s", text(part))
			}
		}
	})
}
