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
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
)

func TestScreens(t *testing.T) {
	viewtest.Screens(t, NewHuman, map[string]func(*Human){
		"coverage":       func(h *Human) { h.Coverage(exampleCoverage(), 99, 2) },
		"coverage-whole": func(h *Human) { h.Coverage(wholeCoverage(), 99, 0) },
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
		"coverage-nothing":  func(h *Human) { h.Coverage(&engine.Coverage{}, 0, 0) },
		"verify":            func(h *Human) { exampleVerify(h) },
		"verify-good": func(h *Human) {
			h.BeginVerify()
			h.EndVerify(Verified{Verified: engine.Verified{Ledgers: 2, Good: 1234, GoodBytes: 56_789_000_000, Left: 1200}, Complete: true, Took: 75 * time.Second})
		},
		"verify-missing": func(h *Human) {
			h.BeginVerify()
			h.Verifying(exampleBadFiles()[0])
			h.EndVerify(Verified{Verified: engine.Verified{Ledgers: 1, Good: 1, GoodBytes: 10, Missing: 1}, Complete: true})
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
		"coverage": func(j *JSON) { j.Coverage(exampleCoverage(), 99, 2) },
		"verify":   func(j *JSON) { exampleVerify(j) },
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
				runOf(plan.StatusMissing, viewtest.Day(21), 1, lacking(time.Time{}, nil, plan.Retry, plan.New)),
				runOf(plan.StatusHeld, viewtest.Day(22), 1, nil), waiting),
			cover(`tenant.customer["fabrikam"]`, viewtest.FailedReport, runOf(plan.StatusHeld, viewtest.Day(10), 13, nil), waiting),
		},
	}
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
				runOf(plan.StatusMissing, viewtest.Day(1+gap), 1, lacking(viewtest.Day(2+gap).AddDate(0, 1, 0), nil, plan.Retry)),
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

func exampleBadFiles() []engine.BadFile {
	bad := func(n int, m engine.Mismatch) engine.BadFile {
		return engine.BadFile{
			Key: ledger.Key{Tenant: "tenant.contoso", Report: viewtest.FailedReport}, Output: "output.json.archive",
			From: viewtest.Day(n), To: viewtest.Day(n + 1), Path: "out/contoso/failed/" + viewtest.Day(n).Format(time.DateOnly) + ".json",
			Bytes: 12_345, SHA256: exampleDigest, Mismatch: m,
		}
	}
	return []engine.BadFile{
		bad(5, engine.Mismatch{Fault: engine.FileMissing}),
		bad(4, engine.Mismatch{Fault: engine.FileAltered, FoundBytes: 12_000}),
		bad(6, engine.Mismatch{Fault: engine.FileAltered, FoundBytes: 12_345, FoundSHA256: "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"}),
		bad(3, engine.Mismatch{Fault: engine.FileUnreadable, Err: errors.New("permission denied")}),
	}
}

// exampleVerify goes through a verification that finds one of everything.
func exampleVerify(v interface {
	BeginVerify()
	Verifying(engine.Verifying)
	EndVerify(Verified)
},
) {
	v.BeginVerify()
	v.Verifying(engine.VerifyBegun{Files: 100, Bytes: 1_234_567})
	v.Verifying(engine.Hashed{Bytes: 1000})
	v.Verifying(engine.GoodFile{Bytes: 1000})
	for _, bad := range exampleBadFiles() {
		v.Verifying(bad)
	}
	other := exampleBadFiles()[0]
	other.Key.Tenant = `tenant.customer["fabrikam"]`
	v.Verifying(other)
	v.Verifying(engine.BadLedger{Key: ledger.Key{Tenant: "tenant.litware", Report: viewtest.FailedReport}, Err: errors.New("reading the ledger of report.sign_ins.failed for tenant.litware: it is damaged (unexpected end): restore it from a backup, or remove it to fetch its slices again")})
	v.EndVerify(Verified{Verified: engine.Verified{
		Ledgers: 3, Good: 95, GoodBytes: 1_200_000, Missing: 2, Altered: 2, Unreadable: 1, BadLedgers: 1, Console: 1, Left: 1, Unnamed: 2,
	}, Complete: true, Took: 1234 * time.Millisecond})
}

func exampleExplanations() []*engine.Explanation {
	at := func(line int) hcl.Range { return hcl.Range{Filename: "main.rf.hcl", Start: hcl.Pos{Line: line}} }
	held := slices.Collect(viewtest.Ledgers()[0].Held())[0]
	base := engine.Origin{
		Key: ledger.Key{Tenant: "tenant.contoso", Report: viewtest.FailedReport}, Output: "output.csv.bi", From: viewtest.Day(1), To: viewtest.Day(2), Label: "2026-11-01",
		Declared: []engine.Declaration{{Address: viewtest.FailedReport, Range: at(40)}, {Address: "tenant.contoso", Range: at(3)}, {Address: "window.daily", Range: at(20)}, {Address: "output.csv.bi", Range: at(30)}},
	}
	explain := func(change func(*engine.Explanation, *engine.Origin)) *engine.Explanation {
		x := &engine.Explanation{Path: held.Path, Exists: true, Origins: []engine.Origin{base}}
		change(x, &x.Origins[0])
		return x
	}
	return []*engine.Explanation{
		explain(func(_ *engine.Explanation, o *engine.Origin) { o.Held = held }),
		explain(func(_ *engine.Explanation, o *engine.Origin) {
			p := held.Proof()
			p.Derived, p.Repeated, p.LastID = "out/contoso/failed/2026-11-01.json", 3, p.FirstID
			derived := held.With(p)
			o.Held, o.Mismatch = &derived, engine.Mismatch{Fault: engine.FileAltered, FoundBytes: held.Bytes, FoundSHA256: exampleDigest}
		}),
		explain(func(_ *engine.Explanation, o *engine.Origin) {
			o.Held, o.Reason, o.LostAt = held, plan.Missing, viewtest.Day(26)
			o.Mismatch = engine.Mismatch{Fault: engine.FileMissing}
		}),
		explain(func(_ *engine.Explanation, o *engine.Origin) {
			o.Held, o.Orphan, o.Declared, o.Label = held, "report", o.Declared[1:2], ""
		}),
		explain(func(_ *engine.Explanation, o *engine.Origin) {
			o.Left, o.Orphan = &ledger.Left{Bytes: 1, SHA256: exampleDigest}, "path"
		}),
		explain(func(x *engine.Explanation, o *engine.Origin) {
			x.Exists, o.Reason, o.LostAt = false, plan.Retry, viewtest.Day(24)
			o.Failed = &ledger.Failed{At: viewtest.Day(23), Error: "403 Forbidden"}
		}),
		explain(func(_ *engine.Explanation, o *engine.Origin) {
			o.Waiting = &plan.Gap{Until: viewtest.Day(24).Add(2 * time.Hour)}
		}),
		explain(func(x *engine.Explanation, o *engine.Origin) {
			x.Exists, o.Lost = false, &plan.Gap{Why: viewtest.Retention}
		}),
		{Path: "out/x.csv", Nearest: held.Path},
		{Path: "notes.txt", Exists: true},
		{Path: "out", Exists: true, Directory: true},
	}
}

// Nothing that comes from outside acts on a terminal.
func TestNothingActsOnTheTerminal(t *testing.T) {
	const evil = viewtest.Evil
	at := viewtest.Day(1)
	key := ledger.Key{Tenant: evil, Report: evil}
	held := ledger.Held{Output: evil, Path: evil, From: at, To: viewtest.Day(2)}.With(ledger.Proof{SHA256: evil})
	failed := ledger.Failed{Output: evil, Error: evil + "\nmore " + evil}
	run := plan.Run{Status: plan.StatusLost, From: at, To: viewtest.Day(2), First: evil, Last: evil, FirstDay: evil, LastDay: evil, Slices: 2, Why: evil, Outputs: []string{evil}}
	viewtest.Harmless(t, NewHuman, func(s *viewtest.Screen, h *Human) {
		h.Coverage(&engine.Coverage{Parts: []plan.Coverage{{Tenant: evil, Report: evil, Slices: plan.Tally{Lost: 2}, Runs: []plan.Run{run}}}}, 1, 1)
		h.BeginVerify()
		h.Verifying(engine.BadLedger{Key: key, Err: errors.New(evil)})
		h.Verifying(engine.BadFile{Key: key, Output: evil, Path: evil, From: at, To: viewtest.Day(2), Mismatch: engine.Mismatch{Fault: engine.FileUnreadable, Err: errors.New(evil)}})
		s.Clock = s.Clock.Add(time.Minute)
		h.Tick()
		h.EndVerify(Verified{})
		h.Explanation(&engine.Explanation{Path: evil, Nearest: evil})
		h.Explanation(&engine.Explanation{Path: evil, Origins: []engine.Origin{{
			Key: key, Output: evil, From: at, To: viewtest.Day(2), Label: evil, Reason: plan.Reason(evil), Failed: &failed,
			Declared: []engine.Declaration{{Address: evil, Range: hcl.Range{Filename: evil}}}, Held: &held,
		}}})
	})
}
