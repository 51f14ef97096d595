package plans

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/reportform/reportform/cmd/reportform/internal/view/viewtest"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/internal/place"
)

func TestScreens(t *testing.T) {
	viewtest.Screens(t, NewHuman, map[string]func(*Human){
		"plan": func(h *Human) {
			h.Plan(viewtest.Plan())
			h.PlanSaved("november.rfplan", "9f86d081884c7d659a2feaa0c55ad015")
		},
		"plan-nothing": func(h *Human) {
			h.Plan(&plan.Plan{Held: 120, Waiting: []plan.Gap{viewtest.Gap("tenant.contoso", 23, "")}})
		},
		"plan-narrowed": func(h *Human) {
			h.Plan(&plan.Plan{Header: plan.Header{Narrowed: true}, Held: 120})
			p := viewtest.Plan()
			h.Plan(&plan.Plan{Header: plan.Header{Narrowed: true}, Pulls: p.Pulls[22:24], Held: 43})
		},
		"plan-gaps": func(h *Human) {
			week := viewtest.Gap("tenant.contoso", 10, "")
			week.Report, week.To, week.First, week.Last = "report.audit_events.every_second_day", viewtest.Day(14), "2026-11-10--2026-11-12", "2026-11-12--2026-11-14"
			week.Slices = 2
			snapshot := viewtest.Gap("tenant.contoso", 2, "a snapshot shows the state of the moment and cannot be taken later")
			old := viewtest.Gap("tenant.contoso", 3, viewtest.Retention)
			old.First, old.Last = "", ""
			h.Plan(&plan.Plan{
				Waiting: []plan.Gap{week, viewtest.Gap("tenant.contoso", 23, "")},
				Lost:    []plan.Gap{viewtest.Gap("tenant.contoso", 1, viewtest.Retention), snapshot, old},
			})
		},
		"plan-ahead": func(h *Human) {
			h.Plan(aheadPlan())
			h.Plan(&plan.Plan{Header: plan.Header{Now: viewtest.Day(23)}, Ahead: aheadPlan().Ahead[:1]})
		},
		"plan-warnings": func(h *Human) { h.Plan(&plan.Plan{Held: 120, Warnings: warnings()}) },
		"plan-clock": func(h *Human) {
			h.Plan(&plan.Plan{Header: plan.Header{Now: viewtest.Day(29).Add(12 * time.Hour)}, Held: 4, Clock: &plan.Clock{Ahead: ledger.Seconds(48 * time.Hour), Ledgers: 12}})
			h.Plan(&plan.Plan{Header: plan.Header{Now: viewtest.Day(29).Add(12 * time.Hour)}, Held: 4, Clock: &plan.Clock{Ahead: ledger.Seconds(-75 * time.Minute), Ledgers: 1}})
		},
		"plan-elsewhere": func(h *Human) { h.Plan(&plan.Plan{Held: 120, KeptElsewhere: 2}) },
		"plan-hazards":   func(h *Human) { h.Plan(hazardousPlan()); h.AskHazard(&hazardousPlan().Hazards[0]) },
		"plan-trusting":  func(h *Human) { h.Plan(&plan.Plan{Header: plan.Header{FilesTrusted: true}, Held: 120}) },
		"plan-one":       func(h *Human) { p := viewtest.Plan(); h.Plan(&plan.Plan{Pulls: p.Pulls[22:23], Held: 43}) },
		"plan-many":      func(h *Human) { h.Plan(viewtest.ManyTenants()) },
		"plan-different": func(h *Human) { h.Plan(differentPlan()) },
		"plan-one-table": func(h *Human) {
			p := viewtest.Plan().Pulls[22]
			p.Outputs = []plan.PullOutput{
				{Output: "output.pg.sign_ins", Reason: plan.Missing, Place: place.New("table", "pg.sign_ins", "contoso "+p.Label)},
				{Output: "output.pg.copy", Reason: plan.Altered, Place: place.New("table", "pg.copy", "contoso "+p.Label)},
				{Output: "output.json.archive", Reason: plan.Missing, Place: "out/a.json"},
			}
			h.Plan(&plan.Plan{Pulls: []plan.Pull{p}})
		},
		"plan-relocated": func(h *Human) {
			p := &plan.Plan{Held: 43}
			for n := 4; n <= 6; n++ {
				p.Pulls = append(p.Pulls, relocated(n))
			}
			p.Pulls = append(p.Pulls, viewtest.Pull("tenant.contoso", "report.sign_ins.failed", 7, plan.New, plan.New))
			h.Plan(p)
			h.Plan(&plan.Plan{Pulls: p.Pulls[:1]})
		},
		"plan-one-derived": func(h *Human) {
			p := viewtest.Plan().Pulls[28]
			p.Outputs[0].Output = "output.csv.an_output_with_a_long_name_that_fills_most_of_a_line"
			h.Plan(&plan.Plan{Pulls: []plan.Pull{p}})
		},
	})
}

// aheadPlan has reports that begin in the future, and slices that settle too late.
func aheadPlan() *plan.Plan {
	late := viewtest.Gap("tenant.contoso", 20, "the service keeps events for 7d, and forgets its beginning before it has settled")
	late.Report, late.Slices, late.LostAt = "report.directory_audits.all", 3, viewtest.Day(28)
	return &plan.Plan{
		Header: plan.Header{Now: viewtest.Day(23)}, Held: 120,
		Lost: []plan.Gap{late, viewtest.Gap("tenant.contoso", 1, viewtest.Retention)},
		Ahead: []plan.Ahead{
			{Report: "report.sign_ins.all", Begins: viewtest.Day(1).AddDate(36, 0, 0), Tenants: []string{"tenant.contoso", "tenant.fabrikam"}},
			{Report: "report.users.all", Begins: viewtest.Day(24), Tenants: []string{"tenant.contoso"}},
		},
	}
}

func warnings() []plan.Warning {
	return []plan.Warning{
		{Output: "output.json.archive", Text: "out/Contoso/a.json and out/contoso/a.json are two files here, and one on a system that does not tell them apart. And 3 more like this one."},
		{Output: "output.csv.bi", Text: "out/nul.csv has the name \"nul.csv\", which is a device on Windows. Here it is written as it is."},
	}
}

// relocated is a pull that moves what one output holds.
func relocated(n int) plan.Pull {
	p := viewtest.Pull("tenant.contoso", "report.sign_ins.failed", n, plan.Relocated)
	p.Outputs[0].From = "old/" + p.Outputs[0].Place
	return p
}

func TestJSON(t *testing.T) {
	viewtest.Messages(t, NewJSON, map[string]func(*JSON){
		"plan-warnings":  func(j *JSON) { j.Plan(&plan.Plan{Warnings: warnings()}) },
		"plan-relocated": func(j *JSON) { j.Plan(&plan.Plan{Pulls: []plan.Pull{relocated(4)}}) },
		"plan-ahead":     func(j *JSON) { j.Plan(aheadPlan()) },
		"plan-clock": func(j *JSON) {
			j.Plan(&plan.Plan{Header: plan.Header{Now: viewtest.Day(29)}, Held: 4, Clock: &plan.Clock{Ahead: ledger.Seconds(48 * time.Hour), Ledgers: 12}})
		},
		"plan": func(j *JSON) {
			j.Plan(viewtest.Plan())
			j.PlanSaved("november.rfplan", "9f86d081884c7d659a2feaa0c55ad015")
		},
	})
}

// Everywhere a stretch of slices has the labels of the first and the last.
func TestStretch(t *testing.T) {
	for _, test := range []struct{ first, last, want string }{
		{"2026-11-01", "2026-11-01", "2026-11-01"},
		{"2026-11-01", "2026-11-03", "2026-11-01 .. 2026-11-03"},
		{"2026-11-01--2026-11-03", "2026-11-03--2026-11-05", "2026-11-01--2026-11-03 .. 2026-11-03--2026-11-05"},
		{"last-4d", "last-4d", "last-4d (2026-11-01 .. 2026-11-04)"},
		{"", "", "2026-11-01 .. 2026-11-04"}, // of a plan that was saved without labels
	} {
		if got := Stretch(test.first, test.last, viewtest.Day(1), viewtest.Day(5)); got != test.want {
			t.Errorf("%q, %q: got %s, want %s", test.first, test.last, got, test.want)
		}
	}
}

// Ten thousand tenants need no more lines than three.
func TestPlanStaysShort(t *testing.T) {
	s := viewtest.NewScreen()
	NewHuman(s.Human()).Plan(viewtest.ManyTenants())
	if n := strings.Count(s.String(), "\n"); n > 25 {
		t.Errorf("%d lines", n)
	}
	s = viewtest.NewScreen()
	NewHuman(s.Human()).Plan(differentPlan())
	if n := strings.Count(s.String(), "\n"); n > 80 {
		t.Errorf("%d lines", n)
	}
	s = viewtest.NewScreen()
	NewJSON(s.JSON()).Plan(viewtest.ManyTenants())
	if n := strings.Count(s.String(), `"type":"planned_pull"`); n != 20_000 {
		t.Errorf("JSON has %d pulls, want all", n)
	}
}

// differentPlan has a hundred tenants, each with slices of its own.
func differentPlan() *plan.Plan {
	p := &plan.Plan{}
	for i := range 100 {
		for n := 1; n <= 22; n++ {
			if (n*(i+2))%7 > 2 || n == i%22+1 {
				p.Pulls = append(p.Pulls, viewtest.Pull(fmt.Sprintf("tenant.t%02d", i), "report.sign_ins.failed", n, plan.New, plan.New))
			}
		}
	}
	return p
}

// hazardousPlan has every hazard, one of them allowed, and no pull but those that
// are held back.
func hazardousPlan() *plan.Plan {
	orphan := viewtest.Plan().Orphans[0]
	orphan.Why, orphan.Protected = "expired", true
	return &plan.Plan{
		Deletions: []plan.Deletion{{Orphan: viewtest.Plan().Orphans[1], Hazards: []plan.HazardKind{plan.DeletesIrrecoverable}}},
		Orphans:   []plan.Orphan{orphan}, Allowed: []plan.HazardKind{plan.RemovesTenant}, Protections: []plan.Protection{{}},
		Hazards: []plan.Hazard{
			{Kind: plan.DeletesIrrecoverable, Deletions: 1, Bytes: 1_234_567},
			{Kind: plan.RemovesTenant, Deletions: 12_345, Bytes: 1_234_567_890, About: []string{"tenant.a", "tenant.b", "tenant.c", "tenant.d", "tenant.e"}},
			{Kind: plan.AllFilesMissing, Pulls: 30, Deletions: 2, About: []string{"output.json.archive"}},
			{Kind: plan.ExceedsBudget, Pulls: 664_800, About: []string{"report.sign_ins.failed"}},
			{Kind: plan.LosesSoon, Pulls: 2},
		},
	}
}

// Nothing that comes from outside acts on a terminal.
func TestNothingActsOnTheTerminal(t *testing.T) {
	const evil = viewtest.Evil
	at := viewtest.Day(1)
	pull := plan.Pull{
		Tenant: evil, Report: evil, Type: evil, From: at, To: viewtest.Day(2), Label: evil, Final: true,
		Outputs: []plan.PullOutput{{Output: evil, Reason: plan.Reason(evil), Place: evil}, {Output: evil, Reason: plan.New, Place: evil}},
	}
	p := &plan.Plan{
		Pulls:       []plan.Pull{pull, pull},
		Orphans:     []plan.Orphan{{Tenant: evil, Report: evil, Output: evil, From: at, To: viewtest.Day(2), Place: evil, Why: evil}},
		Deletions:   []plan.Deletion{{Orphan: plan.Orphan{Tenant: evil, Report: evil, Output: evil, Place: evil, Why: evil}}},
		Hazards:     []plan.Hazard{{Kind: evil, About: []string{evil}}, {Kind: plan.RemovesTenant, About: []string{evil}}},
		Protections: []plan.Protection{{Tenant: evil, Report: evil}},
		Lost:        []plan.Gap{{Tenant: evil, Report: evil, From: at, To: viewtest.Day(2), Why: evil}},
		Warnings:    []plan.Warning{{Output: evil, Text: evil}},
	}
	viewtest.Harmless(t, NewHuman, func(_ *viewtest.Screen, h *Human) {
		h.Plan(p)
		h.Plan(&plan.Plan{Pulls: p.Pulls[:1]})
		h.PlanSaved(evil, evil)
	})
}
