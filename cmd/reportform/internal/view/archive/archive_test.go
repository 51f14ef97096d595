package archive

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/cmd/reportform/internal/view/viewtest"
	"github.com/reportform/reportform/engine"
	"github.com/reportform/reportform/engine/archive"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/internal/place"
	"github.com/reportform/reportform/outputs"
)

func TestScreens(t *testing.T) {
	viewtest.Screens(t, NewHuman, map[string]func(*Human){
		"coverage":       func(h *Human) { h.Coverage(exampleCoverage(), 99, 2) },
		"coverage-whole": func(h *Human) { h.Coverage(wholeCoverage(), 99, 0) },
		"coverage-late":  func(h *Human) { h.Coverage(lateCoverage(), 0, 0) },
		"coverage-years": func(h *Human) { h.Coverage(yearsCoverage(), 0, 0) },
		"coverage-hours": func(h *Human) { h.Coverage(hoursCoverage(), 0, 0) },
		"coverage-many":  func(h *Human) { h.Coverage(manyTenantsCoverage(), 0, 0) },
		"coverage-narrowed": func(h *Human) {
			c := wholeCoverage()
			c.Narrowed = true
			h.Coverage(c, 0, 0)
			h.Coverage(&engine.Coverage{Narrowed: true}, 0, 0)
		},
		"coverage-trusting": func(h *Human) { c := wholeCoverage(); c.FilesTrusted = true; h.Coverage(c, 99, 0) },
		"coverage-ahead":    func(h *Human) { h.Coverage(aheadCoverage(), 100, 1) },
		"coverage-nothing":  func(h *Human) { h.Coverage(&engine.Coverage{}, 0, 0) },
		"verify":            func(h *Human) { exampleVerify(h) },
		"verify-good": func(h *Human) {
			h.BeginVerify()
			h.EndVerify(Verified{Verified: archive.Verified{Ledgers: 2, Good: 1234, GoodBytes: 56_789_000_000, Left: 1200}, Complete: true, Took: 75 * time.Second})
		},
		"verify-missing": func(h *Human) {
			h.BeginVerify()
			h.Verifying(exampleBadFiles()[0])
			h.EndVerify(Verified{Verified: archive.Verified{Ledgers: 1, Good: 1, GoodBytes: 10, Missing: 1}, Complete: true})
		},
		"verify-unverifiable": func(h *Human) { unverifiable(h) },
		"explain-table": func(h *Human) {
			for _, x := range tableExplanations() {
				h.Explanation(x)
				h.Out.Printf("\n")
			}
		},
		"explain": func(h *Human) {
			for _, x := range exampleExplanations() {
				h.Explanation(x)
				h.Out.Printf("\n")
			}
		},
	})
}

func TestJSON(t *testing.T) {
	viewtest.Messages(t, NewJSON, map[string]func(*JSON){
		"coverage-ahead":      func(j *JSON) { j.Coverage(aheadCoverage(), 100, 1) },
		"coverage":            func(j *JSON) { j.Coverage(exampleCoverage(), 99, 2) },
		"coverage-late":       func(j *JSON) { j.Coverage(lateCoverage(), 0, 0) },
		"verify":              func(j *JSON) { exampleVerify(j) },
		"verify-unverifiable": func(j *JSON) { unverifiable(j) },
		"explain-table": func(j *JSON) {
			for _, x := range tableExplanations() {
				j.Explanation(x)
			}
		},
		"explain": func(j *JSON) {
			for _, x := range exampleExplanations() {
				j.Explanation(x)
			}
		},
	})
}

// runOf is a run of days.
func runOf(status plan.Status, from time.Time, days int, change func(*plan.Run)) plan.Run {
	last := from.AddDate(0, 0, days-1).Format(time.DateOnly)
	first := from.Format(time.DateOnly)
	r := plan.Run{
		Status: status, From: from, To: from.AddDate(0, 0, days), Slices: days,
		First: first, Last: last, FirstDay: first, LastDay: last,
	}
	if change != nil {
		change(&r)
	}
	return r
}

func lacking(lost time.Time, outputs []string, reasons ...plan.Reason) func(*plan.Run) {
	return func(r *plan.Run) {
		r.LostAt, r.Outputs, r.Reasons = lost, outputs, reasons
		for i, output := range []string{"output.json.archive", "output.csv.bi"} {
			if outputs == nil || slices.Contains(outputs, output) {
				r.Lacking = append(r.Lacking, plan.Lack{Output: output, Reason: reasons[min(i, len(reasons)-1)]})
			}
		}
		r.Soon = !lost.IsZero() && lost.Sub(viewtest.Day(23).Add(10*time.Hour)) <= plan.Soon
	}
}

func because(why string) func(*plan.Run) { return func(r *plan.Run) { r.Why = why } }

// cover is the coverage of runs.
func cover(tenant, report string, runs ...plan.Run) plan.Coverage {
	c := plan.Coverage{Tenant: tenant, Report: report, Runs: runs}
	for _, r := range runs {
		switch r.Status {
		case plan.StatusHeld:
			c.Slices.Held += r.Slices
		case plan.StatusMissing:
			c.Slices.Missing += r.Slices
		case plan.StatusOpen:
			c.Slices.Open += r.Slices
		case plan.StatusWaiting:
			c.Slices.Waiting += r.Slices
		case plan.StatusLost:
			c.Slices.Lost += r.Slices
		}
	}
	return c
}

func october(n int) time.Time { return viewtest.Day(n).AddDate(0, -1, 0) }

func waits(r *plan.Run) { r.Until = r.To.Add(2 * time.Hour) }

// exampleCoverage has one of everything; it is told on the 23rd of November.
func exampleCoverage() *engine.Coverage {
	waiting := runOf(plan.StatusWaiting, viewtest.Day(23), 1, waits)
	return &engine.Coverage{
		Now: viewtest.Day(23).Add(10 * time.Hour), Undeclared: 3,
		Parts: []plan.Coverage{
			cover("tenant.contoso", "report.audit_events.legacy", plan.Run{
				Status: plan.StatusOpen, From: viewtest.Day(16), To: viewtest.Day(23), First: "last-7d", Last: "last-7d",
				FirstDay: "2026-11-16", LastDay: "2026-11-22", Slices: 1, Reasons: []plan.Reason{plan.Moved},
				Lacking: []plan.Lack{{Output: "output.xml.audit", Reason: plan.Moved}},
			}),
			cover("tenant.contoso", viewtest.FailedReport,
				runOf(plan.StatusLost, october(20), 4, because(viewtest.Retention)),
				runOf(plan.StatusMissing, october(24), 7, lacking(viewtest.Day(24), nil, plan.New)),
				runOf(plan.StatusMissing, viewtest.Day(0), 2, lacking(viewtest.Day(31), nil, plan.New)),
				runOf(plan.StatusHeld, viewtest.Day(2), 1, nil),
				runOf(plan.StatusMissing, viewtest.Day(3), 3, lacking(viewtest.Day(4).AddDate(0, 1, 0), []string{"output.csv.bi"}, plan.Missing)),
				runOf(plan.StatusHeld, viewtest.Day(6), 2, because(viewtest.Retention+"; what is held stays as it is")),
				runOf(plan.StatusHeld, viewtest.Day(8), 12, nil),
				runOf(plan.StatusOpen, viewtest.Day(20), 1, lacking(time.Time{}, nil, plan.Revisit)),
				runOf(plan.StatusMissing, viewtest.Day(21), 1, lacking(time.Time{}, nil, plan.Failed, plan.New)),
				runOf(plan.StatusHeld, viewtest.Day(22), 1, nil), waiting),
			cover(`tenant.customer["fabrikam"]`, viewtest.FailedReport, runOf(plan.StatusHeld, viewtest.Day(10), 13, nil), waiting),
		},
	}
}

// aheadCoverage has slices that settle too late, and a report that has not begun.
func aheadCoverage() *engine.Coverage {
	return &engine.Coverage{
		Now: viewtest.Day(23), Ahead: []plan.Ahead{{Report: "report.sign_ins.later", Begins: viewtest.Day(1).AddDate(36, 0, 0), Tenants: []string{"tenant.contoso"}}},
		Parts: []plan.Coverage{
			cover("tenant.contoso", "report.directory_audits.all", runOf(plan.StatusLost, viewtest.Day(20), 3, func(r *plan.Run) {
				r.Why, r.LostAt = "the service keeps events for 7d, and forgets its beginning before it has settled", viewtest.Day(28)
			})),
			cover("tenant.contoso", "report.sign_ins.later"),
		},
	}
}

// lateCoverage has reports of three types: with late events, told one by one and
// by rows, and without.
func lateCoverage() *engine.Coverage {
	c := wholeCoverage()
	seen := func(of string, l ledger.Lateness) {
		p := cover("tenant.contoso", "report."+of+".all", runOf(plan.StatusHeld, viewtest.Day(1), 22, nil))
		p.Type, p.Lateness = of, &l
		c.Parts = append(c.Parts, p)
	}
	seen("sign_ins", ledger.Lateness{
		Events: 2200, Late: 2, Within: [6]int64{2: 2}, Least: ledger.Seconds(3 * time.Hour), Most: ledger.Seconds(6 * time.Hour), After: ledger.Seconds(6*time.Hour + 10*time.Second),
	})
	seen("directory_audits", ledger.Lateness{Events: 500, Late: 1, ByRows: 1, After: ledger.Seconds(24 * time.Hour)})
	seen("risk_detections", ledger.Lateness{Events: 40})
	seen("provisioning", ledger.Lateness{
		Events: 300, Late: 4, ByRows: 1, Within: [6]int64{5: 3}, Least: ledger.Seconds(30 * time.Minute), Most: ledger.Seconds(8 * 24 * time.Hour), After: ledger.Seconds(7 * 24 * time.Hour),
	})
	return c
}

func wholeCoverage() *engine.Coverage {
	return &engine.Coverage{Now: viewtest.Day(23), Parts: []plan.Coverage{
		cover("tenant.contoso", viewtest.FailedReport, runOf(plan.StatusHeld, viewtest.Day(1), 22, nil)),
	}}
}

// yearsCoverage goes back to 2016, with months of every kind.
func yearsCoverage() *engine.Coverage {
	var runs []plan.Run
	at := time.Date(2016, time.March, 10, 0, 0, 0, 0, time.UTC)
	add := func(status plan.Status, days int, change func(*plan.Run)) {
		runs = append(runs, runOf(status, at, days, change))
		at = at.AddDate(0, 0, days)
	}
	add(plan.StatusLost, 500, because(viewtest.Retention))
	add(plan.StatusHeld, 900, nil)
	for range 40 {
		add(plan.StatusLost, 1, because(viewtest.Retention))
		add(plan.StatusHeld, 50, nil)
	}
	add(plan.StatusMissing, 1, lacking(viewtest.Day(24), nil, plan.New))
	add(plan.StatusHeld, int(viewtest.Day(23).Sub(at)/(24*time.Hour)), nil)
	return &engine.Coverage{Now: viewtest.Day(23).Add(10 * time.Hour), Parts: []plan.Coverage{cover("tenant.contoso", viewtest.FailedReport, runs...)}}
}

// hoursCoverage lacks every second hour.
func hoursCoverage() *engine.Coverage {
	var runs []plan.Run
	at := viewtest.Day(22)
	for ; at.Before(viewtest.Day(23).Add(18 * time.Hour)); at = at.Add(time.Hour) {
		r := runOf(plan.StatusHeld, at, 1, nil)
		r.First = at.Format("2006-01-02T15Z")
		r.To, r.Last = at.Add(time.Hour), r.First
		switch {
		case at.Equal(viewtest.Day(23).Add(17 * time.Hour)):
			r.Status, r.Until = plan.StatusWaiting, at.Add(3*time.Hour)
		case at.Hour()%2 == 0:
			r.Status = plan.StatusMissing
			lacking(viewtest.Day(23).AddDate(0, 1, 0), nil, plan.New)(&r)
		}
		runs = append(runs, r)
	}
	return &engine.Coverage{Now: viewtest.Day(23).Add(18 * time.Hour), Parts: []plan.Coverage{cover("tenant.contoso", viewtest.FailedReport, runs...)}}
}

// manyTenantsCoverage has a thousand tenants, thirty of which have gaps.
func manyTenantsCoverage() *engine.Coverage {
	c := &engine.Coverage{Now: viewtest.Day(23).Add(10 * time.Hour)}
	for i := range 1000 {
		tenant := fmt.Sprintf("tenant.customer[%q]", fmt.Sprintf("t%04d", i))
		runs := []plan.Run{runOf(plan.StatusHeld, viewtest.Day(1), 22, nil)}
		if i%34 == 0 {
			gap := 1 + i/34%12
			runs = []plan.Run{
				runOf(plan.StatusHeld, viewtest.Day(1), gap, nil),
				runOf(plan.StatusMissing, viewtest.Day(1+gap), 1, lacking(viewtest.Day(2+gap).AddDate(0, 1, 0), nil, plan.Failed)),
				runOf(plan.StatusHeld, viewtest.Day(2+gap), 21-gap, nil),
			}
		}
		c.Parts = append(c.Parts, cover(tenant, viewtest.FailedReport, runs...))
	}
	return c
}

// Months of years, and tenants by the thousand, fit on a few screens.
func TestCoverageIsShort(t *testing.T) {
	for name, c := range map[string]*engine.Coverage{"years": yearsCoverage(), "tenants": manyTenantsCoverage()} {
		s := viewtest.NewScreen()
		NewHuman(s.Human()).Coverage(c, 0, 0)
		if n := strings.Count(s.String(), "\n"); n > 80 {
			t.Errorf("%s: %d lines", name, n)
		}
	}
	s := viewtest.NewScreen()
	NewJSON(s.JSON()).Coverage(manyTenantsCoverage(), 0, 0)
	if n := strings.Count(s.String(), `"type":"coverage",`); n != 1000 {
		t.Errorf("JSON has %d tenants, want all", n)
	}
}

// Slices of hours share the mark of their day, which is that of the worst;
// weeks and days of another zone have the calendar days of that zone.
func TestCalendar(t *testing.T) {
	hours := func(status plan.Status, from, to time.Time) plan.Run {
		return plan.Run{
			Status: status, From: from, To: to, Slices: int(to.Sub(from) / time.Hour),
			FirstDay: from.Format(time.DateOnly), LastDay: to.Add(-1).Format(time.DateOnly),
			LostAt: from.AddDate(0, 1, 0),
		}
	}
	week := func(from time.Time, soon bool) plan.Run {
		r := runOf(plan.StatusMissing, from, 7, nil)
		r.Slices, r.Soon = 1, soon
		return r
	}
	tests := []struct {
		name string
		runs []plan.Run
		want string
	}{
		{"hours", []plan.Run{
			hours(plan.StatusHeld, viewtest.Day(1), viewtest.Day(2).Add(5*time.Hour)),
			hours(plan.StatusMissing, viewtest.Day(2).Add(5*time.Hour), viewtest.Day(2).Add(6*time.Hour)),
			hours(plan.StatusHeld, viewtest.Day(2).Add(6*time.Hour), viewtest.Day(3).Add(time.Hour)),
			hours(plan.StatusLost, viewtest.Day(3).Add(time.Hour), viewtest.Day(4)),
		}, "2026-11 .ML"},
		{"weeks, the first is lost soon", []plan.Run{week(viewtest.Day(2), true), week(viewtest.Day(9), false)}, "2026-11  !!!!!!!MMMMMMM"},
		{"over the end of a year", []plan.Run{runOf(plan.StatusHeld, time.Date(2025, 12, 30, 0, 0, 0, 0, time.UTC), 3, nil)}, "2025-12                              ..\n2026-01 ."},
	}
	for _, test := range tests {
		var b strings.Builder
		for i, m := range calendar(test.runs) {
			if i > 0 {
				b.WriteByte('\n')
			}
			line := m.label() + " "
			for _, d := range m.days[1:] {
				line += marks()[d].letter
			}
			b.WriteString(strings.TrimRight(line, " "))
		}
		if b.String() != test.want {
			t.Errorf("%s:\n%q, want\n%q", test.name, b.String(), test.want)
		}
	}
}

const exampleDigest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

func exampleBadFiles() []archive.Bad {
	bad := func(n int, found place.Finding) archive.Bad {
		return archive.Bad{
			Key: ledger.Key{Tenant: "tenant.contoso", Report: viewtest.FailedReport}, Output: "output.json.archive",
			From: viewtest.Day(n), To: viewtest.Day(n + 1), Place: place.Place("out/contoso/failed/" + viewtest.Day(n).Format(time.DateOnly) + ".json"),
			Bytes: 12_345, SHA256: exampleDigest, Finding: found,
		}
	}
	return []archive.Bad{
		bad(5, place.Finding{Condition: place.Missing}),
		bad(4, place.Finding{Condition: place.Altered, Bytes: 12_000}),
		bad(6, place.Finding{Condition: place.Altered, Bytes: 12_345, SHA256: "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"}),
		bad(3, place.Finding{Condition: place.Unreadable, Err: errors.New("permission denied")}),
	}
}

// verifying is what both views show of a verification.
type verifying interface {
	BeginVerify()
	Verifying(archive.Verifying)
	EndVerify(Verified)
}

// unverifiable goes through a verification of slices some of which nobody can
// read again.
func unverifiable(v verifying) {
	v.BeginVerify()
	v.Verifying(archive.VerifyBegun{Entries: 1, Bytes: 1000})
	v.Verifying(archive.Good{Bytes: 1000})
	v.EndVerify(Verified{Verified: archive.Verified{
		Ledgers: 3, Good: 1, GoodBytes: 1000, Unverifiable: map[string]int64{"output.pg.sign_ins": 1234, "output.kafka.events": 1},
	}, Complete: true, Took: time.Second})
}

// exampleVerify goes through a verification that finds one of everything.
func exampleVerify(v verifying) {
	v.BeginVerify()
	v.Verifying(archive.VerifyBegun{Entries: 100, Bytes: 1_234_567})
	v.Verifying(archive.Hashed{Bytes: 1000})
	v.Verifying(archive.Good{Bytes: 1000})
	for _, bad := range exampleBadFiles() {
		v.Verifying(bad)
	}
	other := exampleBadFiles()[0]
	other.Key.Tenant = `tenant.customer["fabrikam"]`
	v.Verifying(other)
	v.Verifying(archive.BadLedger{Key: ledger.Key{Tenant: "tenant.litware", Report: viewtest.FailedReport}, Err: errors.New("reading the ledger of report.sign_ins.failed for tenant.litware: it is damaged (unexpected end): restore it from a backup, or remove it to fetch its slices again")})
	v.EndVerify(Verified{Verified: archive.Verified{
		Ledgers: 3, Good: 95, GoodBytes: 1_200_000, Missing: 2, Altered: 2, Unreadable: 1, BadLedgers: 1, Console: 1, Left: 1, Unnamed: 2,
	}, Complete: true, Took: 1234 * time.Millisecond})
}

// declarations are the blocks behind an origin.
func declarations(output string) []engine.Declaration {
	at := func(line int) hcl.Range { return hcl.Range{Filename: "main.rf.hcl", Start: hcl.Pos{Line: line}} }
	return []engine.Declaration{{Address: viewtest.FailedReport, Range: at(40)}, {Address: "tenant.contoso", Range: at(3)}, {Address: "window.daily", Range: at(20)}, {Address: output, Range: at(30)}}
}

// tableExplanations are of places that are no files.
func tableExplanations() []*engine.Explanation {
	l := viewtest.TableLedger()
	held := slices.Collect(l.Held())
	origin := func(h *ledger.Held) engine.Origin {
		return engine.Origin{
			Key: ledger.Key{Tenant: l.Tenant, Report: l.Report}, Output: h.Output, From: h.From, To: h.To, Label: h.From.Format(time.DateOnly),
			Declared: declarations(h.Output), Place: h.Place, Held: h,
		}
	}
	found := func(p place.Finding, change func(*engine.Origin)) *engine.Explanation {
		o := origin(held[0])
		o.Found = p
		if change != nil {
			change(&o)
		}
		return &engine.Explanation{Place: o.Place, Origins: []engine.Origin{o}}
	}
	left, declared := origin(held[0]), origin(held[0])
	left.Held, left.Left, left.Place = nil, &l.Left[0], l.Left[0].Place
	declared.Held, declared.Reason = nil, plan.New
	return []*engine.Explanation{
		// Slices that share a text: the first was acknowledged, the other was not.
		{Place: held[0].Place, Origins: []engine.Origin{origin(held[0]), origin(held[1])}},
		found(place.Finding{Condition: place.Intact}, nil),
		found(place.Finding{Condition: place.Missing}, func(o *engine.Origin) { o.Reason = plan.Missing }),
		found(place.Finding{Condition: place.Altered, Err: errors.New("1,200 rows are there, recorded are 1,234")}, nil),
		found(place.Finding{Condition: place.Altered}, func(o *engine.Origin) { o.Orphan = "expired" }),
		found(place.Finding{Condition: place.Unreadable, Err: errors.New("connection refused")}, nil),
		{Place: left.Place, Origins: []engine.Origin{left}},
		{Place: declared.Place, Origins: []engine.Origin{declared}},
	}
}

func exampleExplanations() []*engine.Explanation {
	held := slices.Collect(viewtest.Ledgers()[0].Held())[0]
	intact := place.Finding{Condition: place.Intact}
	base := engine.Origin{
		Place: held.Place,
		Key:   ledger.Key{Tenant: "tenant.contoso", Report: viewtest.FailedReport}, Output: "output.csv.bi", From: viewtest.Day(1), To: viewtest.Day(2), Label: "2026-11-01",
		Declared: declarations("output.csv.bi"),
	}
	explain := func(change func(*engine.Explanation, *engine.Origin)) *engine.Explanation {
		x := &engine.Explanation{Place: held.Place, Exists: true, Origins: []engine.Origin{base}}
		change(x, &x.Origins[0])
		return x
	}
	return []*engine.Explanation{
		explain(func(_ *engine.Explanation, o *engine.Origin) { o.Held, o.Found = held, intact }),
		explain(func(_ *engine.Explanation, o *engine.Origin) {
			p := held.Proof()
			p.Derived, p.Repeated, p.LastID = "out/contoso/failed/2026-11-01.json", 3, p.FirstID
			derived := held.With(p)
			o.Held, o.Found = &derived, place.Finding{Condition: place.Altered, Bytes: held.Bytes, SHA256: exampleDigest}
		}),
		explain(func(_ *engine.Explanation, o *engine.Origin) {
			o.Held, o.Reason, o.LostAt = held, plan.Missing, viewtest.Day(26)
			o.Found = place.Finding{Condition: place.Missing}
		}),
		explain(func(_ *engine.Explanation, o *engine.Origin) {
			o.Held, o.Found, o.Orphan, o.Declared, o.Label = held, intact, "report", o.Declared[1:2], ""
		}),
		explain(func(_ *engine.Explanation, o *engine.Origin) {
			o.Left, o.Found, o.Orphan = &ledger.Left{Bytes: 1, SHA256: exampleDigest}, intact, "path"
		}),
		explain(func(_ *engine.Explanation, o *engine.Origin) {
			o.Held, o.Found, o.Orphan, o.Protected = held, intact, "expired", true
		}),
		explain(func(x *engine.Explanation, o *engine.Origin) {
			x.Exists, o.Reason, o.LostAt = false, plan.Failed, viewtest.Day(24)
			o.Failed = &ledger.Failed{At: viewtest.Day(23), Error: "403 Forbidden"}
		}),
		explain(func(_ *engine.Explanation, o *engine.Origin) {
			o.Waiting = &plan.Gap{Until: viewtest.Day(24).Add(2 * time.Hour)}
		}),
		explain(func(x *engine.Explanation, o *engine.Origin) {
			x.Exists, o.Lost = false, &plan.Gap{Why: viewtest.Retention}
		}),
		{Place: "out/x.csv", Nearest: held.Place.String()},
		{Place: "notes.txt", Exists: true},
		{Place: "out", Exists: true, Directory: true},
	}
}

// Of what is moved explain says what the next apply does with it.
func TestNextOfWhatIsMoved(t *testing.T) {
	for want, o := range map[string]engine.Origin{
		"The next apply moves it: relocated (held at another path; the file is moved, without a request).": {Place: "a", Held: &ledger.Held{}, Reason: plan.Relocated},
		"Moved: the slice is held at another path since. The next apply deletes the file here.":            {Place: "a", Left: &ledger.Left{Relocated: true}},
		"Orphan: the slices are held at another path. apply -prune deletes the file.":                      {Place: "a", Left: &ledger.Left{}, Orphan: "path"},
	} {
		if got := nextText(&o, viewtest.Day(1)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// What nobody can read again is as sure as what its destination has said.
func TestPromises(t *testing.T) {
	for promise, want := range map[outputs.Promise]string{
		"":               "Not known. The destination has confirmed nothing;",
		outputs.Sent:     "Not known. The destination has confirmed nothing;",
		outputs.Accepted: "Acknowledged. The destination has accepted it;",
		outputs.Stored:   "Acknowledged. The destination has stored it;",
		outputs.Indexed:  "Acknowledged. The destination has stored and indexed it;",
	} {
		held := ledger.Held{Place: place.New("table", "t", "")}.With(ledger.Proof{Promise: string(promise)})
		s := viewtest.NewScreen()
		NewHuman(s.Human()).Explanation(&engine.Explanation{Place: held.Place, Origins: []engine.Origin{{Place: held.Place, Held: &held}}})
		if !strings.Contains(s.String(), "  "+want) {
			t.Errorf("%q: %q is not in: %s", promise, want, s)
		}
	}
}

// Slices by the hundred that share a table fit on a few screens, each under the
// place that is its own.
func TestExplanationIsShort(t *testing.T) {
	x := &engine.Explanation{}
	for n := range 300 {
		x.Origins = append(x.Origins, engine.Origin{Output: "output.pg.sign_ins", Place: place.New("table", "pg.sign_ins", fmt.Sprintf("part %d.", n/2))})
	}
	x.Place = x.Origins[0].Place
	s := viewtest.NewScreen()
	NewHuman(s.Human()).Explanation(x)
	for n := range maxOrigins / 2 {
		if got := strings.Count(s.String(), fmt.Sprintf("pg.sign_ins part %d.\n", n)); got != 1 {
			t.Errorf("the place of part %d is named %d times", n, got)
		}
	}
	if text := s.String(); strings.Contains(text, fmt.Sprintf("part %d.", maxOrigins/2)) || !strings.HasSuffix(text, "\nand 280 more slices; -json lists everything\n") {
		t.Error(text)
	}
	s = viewtest.NewScreen()
	NewJSON(s.JSON()).Explanation(x)
	if n := strings.Count(s.String(), `"state":`); n != 300 {
		t.Errorf("JSON has %d origins, want all", n)
	}
}

// Nothing that comes from outside acts on a terminal.
func TestNothingActsOnTheTerminal(t *testing.T) {
	const evil = viewtest.Evil
	at := viewtest.Day(1)
	key := ledger.Key{Tenant: evil, Report: evil}
	held := ledger.Held{Output: evil, Place: evil, From: at, To: viewtest.Day(2)}.With(ledger.Proof{SHA256: evil})
	table := ledger.Held{Output: evil, Place: place.New("table", "evil\x1b[2J", "evil\r"), From: at, To: viewtest.Day(2)}.With(ledger.Proof{Promise: evil, Ack: evil})
	failed := ledger.Failed{Output: evil, Error: evil + "\nmore " + evil}
	run := plan.Run{Status: plan.StatusLost, From: at, To: viewtest.Day(2), First: evil, Last: evil, FirstDay: evil, LastDay: evil, Slices: 2, Why: evil, Outputs: []string{evil}}
	viewtest.Harmless(t, NewHuman, func(s *viewtest.Screen, h *Human) {
		h.Coverage(&engine.Coverage{Parts: []plan.Coverage{{Tenant: evil, Report: evil, Slices: plan.Tally{Lost: 2}, Runs: []plan.Run{run}}}}, 1, 1)
		h.BeginVerify()
		h.Verifying(archive.BadLedger{Key: key, Err: errors.New(evil)})
		h.Verifying(archive.Bad{Key: key, Output: evil, Place: evil, From: at, To: viewtest.Day(2), Finding: place.Finding{Condition: place.Unreadable, Err: errors.New(evil)}})
		s.Clock = s.Clock.Add(time.Minute)
		h.Tick()
		h.EndVerify(Verified{Verified: archive.Verified{Unverifiable: map[string]int64{evil: 1}}})
		h.Explanation(&engine.Explanation{Place: evil, Nearest: evil})
		h.Explanation(&engine.Explanation{Place: evil, Origins: []engine.Origin{{
			Key: key, Output: evil, From: at, To: viewtest.Day(2), Label: evil, Reason: plan.Reason(evil), Failed: &failed,
			Declared: []engine.Declaration{{Address: evil, Range: hcl.Range{Filename: evil}}}, Place: evil, Held: &held,
		}, {Key: key, Output: evil, From: at, To: viewtest.Day(2), Place: place.New("table", "evil\x1b[2J", "evil\r"), Held: &table}}})
	})
}
