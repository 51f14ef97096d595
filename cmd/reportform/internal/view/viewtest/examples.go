package viewtest

import (
	"fmt"
	"strings"
	"time"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/internal/limits"
	"github.com/reportform/reportform/internal/place"
)

// FailedReport is the report of most examples, and Retention why slices are
// lost.
const (
	FailedReport = "report.sign_ins.failed"
	Retention    = "the service keeps events for 30d, since 2026-10-24"
)

// Day is the n-th of November 2026.
func Day(n int) time.Time { return time.Date(2026, time.November, n, 0, 0, 0, 0, time.UTC) }

// Pull is of the n-th of November, into outputs that lack it for reasons.
func Pull(tenant, report string, n int, reasons ...plan.Reason) plan.Pull {
	p := plan.Pull{
		Tenant: tenant, Report: report, Type: "sign_ins", From: Day(n), To: Day(n + 1),
		Label: Day(n).Format(time.DateOnly), Date: Day(n).Format(time.DateOnly), Final: true,
	}
	for i, output := range []string{"output.json.archive", "output.csv.bi"} {
		if i < len(reasons) && reasons[i] != "" {
			p.Outputs = append(p.Outputs, plan.PullOutput{
				Output: output, Reason: reasons[i], Definition: "d",
				Place: place.Place(fmt.Sprintf("out/%s/%s.%d", tenant, p.Label, i)),
			})
		}
	}
	return p
}

// Gap is of the n-th of November; without a reason it waits.
func Gap(tenant string, n int, why string) plan.Gap {
	g := plan.Gap{Tenant: tenant, Report: "report.sign_ins.failed", From: Day(n), To: Day(n + 1), Slices: 1, Why: why}
	g.First, g.Last = Day(n).Format(time.DateOnly), Day(n).Format(time.DateOnly)
	if why == "" {
		g.Until, g.Why = Day(n+1).Add(2*time.Hour), "not settled: events become visible late"
	}
	return g
}

// Plan has one of everything.
func Plan() *plan.Plan {
	p := &plan.Plan{Header: plan.Header{Version: plan.FormatVersion, Tool: "0.1.0", Configuration: "c", Now: Day(23).Add(10 * time.Hour)}, Held: 120}
	last := Day(23).Add(10 * time.Hour)
	trailing := plan.Pull{
		Tenant: "tenant.contoso", Report: "report.audit_events.legacy", Type: "audit_events",
		From: last.AddDate(0, 0, -7), To: last, Label: "last-7d",
		Outputs: []plan.PullOutput{{Output: "output.xml.audit", Reason: plan.Moved, Place: "xml/contoso-legacy-last-7d.xml"}},
	}
	const failed = "report.sign_ins.failed"
	for n := 1; n <= 22; n++ {
		p.Pulls = append(p.Pulls, Pull("tenant.contoso", failed, n, plan.New, plan.New))
	}
	p.Pulls = append(p.Pulls, Pull(`tenant.customer["fabrikam"]`, failed, 4, plan.Missing, plan.New))
	for _, n := range []int{6, 7, 8, 11} {
		p.Pulls = append(p.Pulls, Pull(`tenant.customer["fabrikam"]`, failed, n, "", plan.Altered))
	}
	for _, n := range []int{14, 15} {
		derived := Pull(`tenant.customer["fabrikam"]`, failed, n, "", plan.Derived)
		derived.Source = &plan.Source{Output: "output.json.archive", Place: "out/fabrikam.json", SHA256: "abc"}
		derived.LostAt = Day(n + 31)
		p.Pulls = append(p.Pulls, derived)
	}
	open := Pull(`tenant.customer["fabrikam"]`, failed, 23, plan.Open, plan.Open)
	open.Final = false
	p.Pulls = append([]plan.Pull{trailing}, append(p.Pulls, open)...)
	p.Pulls[1].LostAt, p.Pulls[2].LostAt = Day(24), Day(25)
	p.Estimate = &plan.Estimate{
		Requests: 2000, Events: 1_200_000, Bytes: 2_400_000_000, Time: 164 * time.Second, Unknown: 3,
		Tenants: []plan.TenantEstimate{{Tenant: "tenant.contoso", Requests: 1500, Events: 1_000_000, Bytes: 2_000_000_000, Time: 120 * time.Second}},
		Apps:    []plan.AppEstimate{{App: "8f0c1f2e-0000-4000-8000-000000000001", Class: "reports", Requests: 2000, Limit: limits.Rate{Requests: 122, Per: 10200 * time.Millisecond}, Time: 164 * time.Second}},
	}
	p.Schedules = []plan.Schedule{{
		Report: failed, Every: "1h", Needs: 74 * time.Minute, Class: "reports", App: "8f0c1f2e-0000-4000-8000-000000000001",
		Limit: limits.Rate{Requests: 122, Per: 10200 * time.Millisecond},
	}}
	p.Waiting = []plan.Gap{Gap("tenant.contoso", 23, "")}
	p.Lost = []plan.Gap{Gap("tenant.contoso", 1, "the service keeps events for 30d, since 2026-10-24")}
	p.Damaged = []plan.Damaged{{
		Tenant: `tenant.customer["northwind"]`, Report: failed,
		Why: "it is damaged (unexpected end of JSON input): restore it from a backup (state push -force FILE), or remove it (state rm REPORT TENANT) to fetch its slices again",
	}}
	for n := 1; n <= 5; n++ {
		p.Orphans = append(p.Orphans, plan.Orphan{
			Tenant: "tenant.contoso", Report: failed, Output: "output.text.old", From: Day(n), To: Day(n + 1),
			Place: place.Place(fmt.Sprintf("old/contoso/%s.txt", Day(n).Format(time.DateOnly))), Why: "output", Bytes: 1_234_567, SHA256: "abc",
		})
	}
	for n := 1; n <= 19; n++ {
		p.Deletions = append(p.Deletions, plan.Deletion{Hazards: []plan.HazardKind{plan.RemovesTenant}, Orphan: plan.Orphan{
			Tenant: "tenant.gone", Report: failed, Output: "output.json.archive", From: Day(n), To: Day(n + 1),
			Place: place.Place(fmt.Sprintf("out/gone/%s.json", Day(n).Format(time.DateOnly))), Why: "tenant", Bytes: 30_600, SHA256: "abc",
		}})
	}
	p.Protections = []plan.Protection{{Tenant: "tenant.contoso", Report: failed, Protected: true}}
	p.Hazards = []plan.Hazard{
		{Kind: plan.RemovesTenant, About: []string{"tenant.gone"}, Deletions: 19, Bytes: 581_400},
		{Kind: plan.LosesSoon, Pulls: 2},
		{Kind: plan.ReplacesFiles, Pulls: 4},
		{Kind: plan.Refetches, Pulls: 5},
	}
	return p
}

// ManyTenants is a plan for ten thousand tenants that are alike.
func ManyTenants() *plan.Plan {
	p := &plan.Plan{Held: 7}
	for i := range 10_000 {
		tenant := fmt.Sprintf("tenant.customer[%q]", fmt.Sprintf("t%05d", i))
		p.Pulls = append(p.Pulls, Pull(tenant, "report.sign_ins.failed", 21, plan.New, plan.New), Pull(tenant, "report.sign_ins.failed", 22, plan.New, plan.New))
		p.Waiting = append(p.Waiting, Gap(tenant, 23, ""))
	}
	return p
}

// TableLedger holds slices in an output that writes no files: what the
// destination has said is all the proof.
func TableLedger() *ledger.Ledger {
	held := func(n int, promise, ack string) ledger.Held {
		return ledger.Held{
			Output: "output.pg.sign_ins", From: Day(n), To: Day(n + 1), Definition: "d", Rows: 1234, Final: true,
			Place: place.New("table", "pg.sign_ins", "contoso "+Day(n).Format(time.DateOnly)),
		}.With(ledger.Proof{
			Promise: promise, Ack: ack, First: Day(n).Add(time.Second), Last: Day(n).Add(23 * time.Hour), Pages: 3, Requests: 4,
			FetchedAt: Day(n + 1).Add(3 * time.Hour), Took: 1234 * time.Millisecond, FirstID: "id1", LastID: "id2",
		})
	}
	l := ledger.New(ledger.Key{Tenant: "tenant.contoso", Report: FailedReport}, held(1, "stored", "42"), held(2, "sent", ""))
	l.Left = []ledger.Left{{Output: "output.pg.sign_ins", From: Day(1), To: Day(2), Place: place.New("table", "pg.old", "contoso 2026-11-01"), Rows: 1234}}
	return l
}

// Ledgers have one of everything.
func Ledgers() []*ledger.Ledger {
	held := func(output string, n int, rows int64, change func(*ledger.Held, *ledger.Proof)) ledger.Held {
		h := ledger.Held{
			Output: output, From: Day(n), To: Day(n + 1), Definition: "d",
			Place: place.Place("out/contoso/failed/" + Day(n).Format(time.DateOnly) + "." + strings.Split(output, ".")[1]), Rows: rows, Bytes: rows * 2000, Final: true,
		}
		p := ledger.Proof{
			SHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
			First:  Day(n).Add(time.Second), Last: Day(n).Add(23 * time.Hour), Pages: 3, Requests: 4,
			FetchedAt: Day(n + 1).Add(3 * time.Hour), Took: 1234 * time.Millisecond,
			FirstID: "id1", LastID: "id2",
		}
		if change != nil {
			change(&h, &p)
		}
		return h.With(p)
	}
	key := ledger.Key{Tenant: "tenant.contoso", Report: "report.sign_ins.failed"}
	first := ledger.New(key,
		held("output.csv.bi", 1, 1234, nil),
		held("output.csv.bi", 2, 0, func(h *ledger.Held, p *ledger.Proof) {
			h.Final, h.Revisited, p.Repeated, p.Revisions = false, true, 3, 1
			p.First, p.Last = time.Time{}, time.Time{}
		}),
		held("output.json.archive", 1, 1234, nil), held("output.json.archive", 2, 0, nil),
	)
	first.Failed = []ledger.Failed{{Output: "output.csv.bi", From: Day(3), To: Day(4), At: Day(4).Add(3 * time.Hour), Error: "the service refused the request: 403 Forbidden, code Authorization_RequestDenied: Insufficient privileges to complete the operation"}}
	first.Protected, first.Expiry = true, "90d"
	first.Deleted = []ledger.Deletion{{
		Output: "output.csv.bi", From: Day(1).AddDate(0, 0, -30), To: Day(1), Slices: 30, Place: "out/contoso/failed/2026-10-02.csv", At: Day(4).Add(3 * time.Hour),
		Why: "expired", Allowed: "deletes_irrecoverable", Plan: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
	}}
	first.Left = []ledger.Left{{Output: "output.csv.bi", From: Day(1), To: Day(2), Place: "old/2026-11-01.csv", Bytes: 2_468_000}}
	other := ledger.New(ledger.Key{Tenant: `tenant.customer["fabrikam"]`, Report: key.Report})
	other.Failed = first.Failed
	return []*ledger.Ledger{
		first, other,
		ledger.New(ledger.Key{Tenant: "tenant.contoso", Report: "report.users.all"}, ledger.Held{
			Output: "output.csv.bi", From: Day(23).Add(time.Hour), To: Day(23).Add(2 * time.Hour), Place: "-", Rows: 1_234_567, Bytes: 98_765_432_100,
		}.With(ledger.Proof{})),
	}
}
