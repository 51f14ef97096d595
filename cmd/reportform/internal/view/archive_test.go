package view

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/engine"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
)

const (
	failedReport = "report.sign_ins.failed"
	retention    = "the service keeps events for 30d, since 2026-10-24"
)

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
		r.Soon = !lost.IsZero() && lost.Sub(day(23).Add(10*time.Hour)) <= plan.Soon
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

func october(n int) time.Time { return day(n).AddDate(0, -1, 0) }

func waits(r *plan.Run) { r.Until = r.To.Add(2 * time.Hour) }

// exampleCoverage has one of everything; it is told on the 23rd of November.
func exampleCoverage() *engine.Coverage {
	waiting := runOf(plan.StatusWaiting, day(23), 1, waits)
	return &engine.Coverage{
		Now: day(23).Add(10 * time.Hour), Undeclared: 3,
		Parts: []plan.Coverage{
			cover("tenant.contoso", "report.audit_events.legacy", plan.Run{
				Status: plan.StatusOpen, From: day(16), To: day(23), First: "last-7d", Last: "last-7d",
				FirstDay: "2026-11-16", LastDay: "2026-11-22", Slices: 1, Reasons: []plan.Reason{plan.Moved},
				Lacking: []plan.Lack{{Output: "output.xml.audit", Reason: plan.Moved}},
			}),
			cover("tenant.contoso", failedReport,
				runOf(plan.StatusLost, october(20), 4, because(retention)),
				runOf(plan.StatusMissing, october(24), 7, lacking(day(24), nil, plan.New)),
				runOf(plan.StatusMissing, day(0), 2, lacking(day(31), nil, plan.New)),
				runOf(plan.StatusHeld, day(2), 1, nil),
				runOf(plan.StatusMissing, day(3), 3, lacking(day(4).AddDate(0, 1, 0), []string{"output.csv.bi"}, plan.Missing)),
				runOf(plan.StatusHeld, day(6), 2, because(retention+"; what is held stays as it is")),
				runOf(plan.StatusHeld, day(8), 12, nil),
				runOf(plan.StatusOpen, day(20), 1, lacking(time.Time{}, nil, plan.Revisit)),
				runOf(plan.StatusMissing, day(21), 1, lacking(time.Time{}, nil, plan.Retry, plan.New)),
				runOf(plan.StatusHeld, day(22), 1, nil), waiting),
			cover(`tenant.customer["fabrikam"]`, failedReport, runOf(plan.StatusHeld, day(10), 13, nil), waiting),
		},
	}
}

func wholeCoverage() *engine.Coverage {
	return &engine.Coverage{Now: day(23), Parts: []plan.Coverage{
		cover("tenant.contoso", failedReport, runOf(plan.StatusHeld, day(1), 22, nil)),
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
	add(plan.StatusLost, 500, because(retention))
	add(plan.StatusHeld, 900, nil)
	for range 40 {
		add(plan.StatusLost, 1, because(retention))
		add(plan.StatusHeld, 50, nil)
	}
	add(plan.StatusMissing, 1, lacking(day(24), nil, plan.New))
	add(plan.StatusHeld, int(day(23).Sub(at)/(24*time.Hour)), nil)
	return &engine.Coverage{Now: day(23).Add(10 * time.Hour), Parts: []plan.Coverage{cover("tenant.contoso", failedReport, runs...)}}
}

// hoursCoverage lacks every second hour.
func hoursCoverage() *engine.Coverage {
	var runs []plan.Run
	at := day(22)
	for ; at.Before(day(23).Add(18 * time.Hour)); at = at.Add(time.Hour) {
		r := runOf(plan.StatusHeld, at, 1, nil)
		r.First = at.Format("2006-01-02T15Z")
		r.To, r.Last = at.Add(time.Hour), r.First
		switch {
		case at.Equal(day(23).Add(17 * time.Hour)):
			r.Status, r.Until = plan.StatusWaiting, at.Add(3*time.Hour)
		case at.Hour()%2 == 0:
			r.Status = plan.StatusMissing
			lacking(day(23).AddDate(0, 1, 0), nil, plan.New)(&r)
		}
		runs = append(runs, r)
	}
	return &engine.Coverage{Now: day(23).Add(18 * time.Hour), Parts: []plan.Coverage{cover("tenant.contoso", failedReport, runs...)}}
}

// manyTenantsCoverage has a thousand tenants, thirty of which have gaps.
func manyTenantsCoverage() *engine.Coverage {
	c := &engine.Coverage{Now: day(23).Add(10 * time.Hour)}
	for i := range 1000 {
		tenant := fmt.Sprintf("tenant.customer[%q]", fmt.Sprintf("t%04d", i))
		runs := []plan.Run{runOf(plan.StatusHeld, day(1), 22, nil)}
		if i%34 == 0 {
			gap := 1 + i/34%12
			runs = []plan.Run{
				runOf(plan.StatusHeld, day(1), gap, nil),
				runOf(plan.StatusMissing, day(1+gap), 1, lacking(day(2+gap).AddDate(0, 1, 0), nil, plan.Retry)),
				runOf(plan.StatusHeld, day(2+gap), 21-gap, nil),
			}
		}
		c.Parts = append(c.Parts, cover(tenant, failedReport, runs...))
	}
	return c
}

// Months of years, and tenants by the thousand, fit on a few screens.
func TestCoverageIsShort(t *testing.T) {
	for name, c := range map[string]*engine.Coverage{"years": yearsCoverage(), "tenants": manyTenantsCoverage()} {
		s := newScreen()
		NewHuman(s.streams(false), s.now).Coverage(c, 0, 0)
		if n := strings.Count(s.String(), "\n"); n > 80 {
			t.Errorf("%s: %d lines", name, n)
		}
	}
	s := newScreen()
	NewJSON(s.streams(false), s.now).Coverage(manyTenantsCoverage(), 0, 0)
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
			hours(plan.StatusHeld, day(1), day(2).Add(5*time.Hour)),
			hours(plan.StatusMissing, day(2).Add(5*time.Hour), day(2).Add(6*time.Hour)),
			hours(plan.StatusHeld, day(2).Add(6*time.Hour), day(3).Add(time.Hour)),
			hours(plan.StatusLost, day(3).Add(time.Hour), day(4)),
		}, "2026-11 .ML"},
		{"weeks, the first is lost soon", []plan.Run{week(day(2), true), week(day(9), false)}, "2026-11  !!!!!!!MMMMMMM"},
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
			Key: ledger.Key{Tenant: "tenant.contoso", Report: failedReport}, Output: "output.json.archive",
			From: day(n), To: day(n + 1), Path: "out/contoso/failed/" + day(n).Format(time.DateOnly) + ".json",
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
	v.Verifying(engine.BadLedger{Key: ledger.Key{Tenant: "tenant.litware", Report: failedReport}, Err: errors.New("reading the ledger of report.sign_ins.failed for tenant.litware: it is damaged (unexpected end): restore it from a backup, or remove it to fetch its slices again")})
	v.EndVerify(Verified{Verified: engine.Verified{
		Ledgers: 3, Good: 95, GoodBytes: 1_200_000, Missing: 2, Altered: 2, Unreadable: 1, BadLedgers: 1, Console: 1, Left: 1, Unnamed: 2,
	}, Complete: true, Took: 1234 * time.Millisecond})
}

func exampleMoving() *engine.Moving {
	return &engine.Moving{
		From:    []ledger.Key{{Tenant: "tenant.a", Report: failedReport}, {Tenant: "tenant.a", Report: "report.users.all"}},
		To:      []ledger.Key{{Tenant: "tenant.b", Report: failedReport}, {Tenant: "tenant.b", Report: "report.users.all"}},
		Entries: 1234,
	}
}

func exampleExplanations() []*engine.Explanation {
	at := func(line int) hcl.Range { return hcl.Range{Filename: "main.rf.hcl", Start: hcl.Pos{Line: line}} }
	held := slices.Collect(exampleLedgers()[0].Held())[0]
	base := engine.Origin{
		Key: ledger.Key{Tenant: "tenant.contoso", Report: failedReport}, Output: "output.csv.bi", From: day(1), To: day(2), Label: "2026-11-01",
		Declared: []engine.Declaration{{Address: failedReport, Range: at(40)}, {Address: "tenant.contoso", Range: at(3)}, {Address: "window.daily", Range: at(20)}, {Address: "output.csv.bi", Range: at(30)}},
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
			o.Held, o.Reason, o.LostAt = held, plan.Missing, day(26)
			o.Mismatch = engine.Mismatch{Fault: engine.FileMissing}
		}),
		explain(func(_ *engine.Explanation, o *engine.Origin) {
			o.Held, o.Orphan, o.Declared, o.Label = held, "report", o.Declared[1:2], ""
		}),
		explain(func(_ *engine.Explanation, o *engine.Origin) {
			o.Left, o.Orphan = &ledger.Left{Bytes: 1, SHA256: exampleDigest}, "path"
		}),
		explain(func(x *engine.Explanation, o *engine.Origin) {
			x.Exists, o.Reason, o.LostAt = false, plan.Retry, day(24)
			o.Failed = &ledger.Failed{At: day(23), Error: "403 Forbidden"}
		}),
		explain(func(_ *engine.Explanation, o *engine.Origin) {
			o.Waiting = &plan.Gap{Until: day(24).Add(2 * time.Hour)}
		}),
		explain(func(x *engine.Explanation, o *engine.Origin) { x.Exists, o.Lost = false, &plan.Gap{Why: retention} }),
		{Path: "out/x.csv", Nearest: held.Path},
		{Path: "notes.txt", Exists: true},
		{Path: "out", Exists: true, Directory: true},
	}
}

func exampleExtents() (list []Extent) {
	for _, l := range exampleLedgers() {
		list = append(list, ExtentOf(l))
	}
	return list
}
