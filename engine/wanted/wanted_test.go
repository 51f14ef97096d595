package wanted

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/internal/address"
	"github.com/reportform/reportform/internal/calendar"
	"github.com/reportform/reportform/internal/place"
	"github.com/reportform/reportform/outputs"
)

// memo keeps slices at places that name tenant, report and label.
type memo struct{ refuse string }

func (m memo) Resolve(pull *outputs.Pull) (outputs.Target, hcl.Diagnostics) {
	if pull.Tenant.Name == m.refuse {
		return outputs.Target{}, hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "Not " + m.refuse}}
	}
	return outputs.Target{
		Place: place.New("memo", pull.Tenant.Name+"/"+pull.Report.Name, pull.Window.Label), Definition: "memo of " + pull.Report.Type,
	}, nil
}

func (memo) Open(context.Context, outputs.Target) (outputs.Writer, error) {
	panic("nothing is written")
}

// twoTenants wants one report of two tenants, in two outputs.
func twoTenants() *Wanted {
	of := &config.ReportType{
		Name: "sign_ins", API: config.APIGraph, Version: "v1.0", Path: "/auditLogs/signIns", Time: "createdDateTime", ID: []string{"id"},
		Lower: "ge", Upper: "lt", OrderBy: "createdDateTime", PageSize: 100,
	}
	one := &config.Tenant{Address: `tenant.t["one"]`, Name: "one", ID: "One.example", Cloud: "public"}
	two := &config.Tenant{Address: `tenant.t["two"]`, Name: "two", ID: "two.example", Cloud: "public"}
	daily := &config.Window{Address: "window.daily", Every: &calendar.Duration{N: 1, Unit: calendar.Day}, From: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC), Location: time.UTC}
	a, b := &config.Output{Address: "output.memo.a"}, &config.Output{Address: "output.memo.b"}
	report := &config.Report{
		Address: "report.sign_ins.r", Name: "r", Type: of, Window: daily, Filter: "status/errorCode ne 0",
		Tenants: []*config.Tenant{one, two}, Outputs: []*config.Output{a, b},
	}
	return &Wanted{
		Config:  &config.Config{Tenants: []*config.Tenant{one, two}, Reports: []*config.Report{report}},
		Outputs: map[address.Address]outputs.Output{a.Address: memo{}, b.Address: memo{}},
		Keepers: []string{"keeper"},
		App:     func(*config.Tenant) string { return "app" },
		Limits:  func(t *config.Tenant, _ *config.ReportType) plan.Limits { return plan.Limits{Directory: t.ID} },
	}
}

func TestWants(t *testing.T) {
	w := twoTenants()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	wants := w.Wants(now, func(tenant *config.Tenant, _ *config.Report, o *config.Output) bool {
		return tenant.Name == "two" && o.Address == "output.memo.b"
	})
	if len(wants) != 1 {
		t.Fatalf("%d wants, want that of tenant two alone", len(wants))
	}
	want := &wants[0]
	if want.Tenant != `tenant.t["two"]` || want.Report != "report.sign_ins.r" || !slices.Equal(want.Keepers, []string{"keeper"}) || want.Limits.Directory != "two.example" || want.PageSize != 100 {
		t.Errorf("got %+v", want)
	}
	var labels []string
	for _, s := range want.Slices {
		labels = append(labels, s.Label)
	}
	if !slices.Equal(labels, []string{"2026-11-20", "2026-11-21", "2026-11-22"}) {
		t.Errorf("the slices are %q", labels)
	}
	if len(want.Outputs) != 2 || !want.Outputs[0].Unasked || want.Outputs[1].Unasked {
		t.Fatalf("the outputs are %+v", want.Outputs)
	}
	target, err := want.Outputs[1].Resolve(&want.Slices[1])
	if err != nil || target.Place != place.New("memo", "two/r", "2026-11-21") || target.Definition == "" || target.Definition == target.Earlier {
		t.Errorf("the target is %+v, %v", target, err)
	}
}

// What is recorded with what is held, and in saved plans, has to stay as it is.
func TestDigestsStay(t *testing.T) {
	w := twoTenants()
	r := w.Config.Reports[0]
	got := Define(w.Config.Tenants[0], r, "memo of sign_ins")
	if want := (Definition{Now: "bd4238b641681b836ae6db48a23496e4", Earlier: "24e977fe8ecd1925db8e2e67dab64ef4"}); got != want {
		t.Errorf("the definition is %+v, want %+v", got, want)
	}
	if got, want := w.Digest(), "75fa8334cffa066bac61f533d6a8c214"; got != want {
		t.Errorf("the configuration's digests are %q, want %q", got, want)
	}
	name, directory := "fd8de06b6d7cdab056ab482790eb83e7", "14b94af072dad3eacb1d26eeecbd8f65"
	if got, want := Keepers("shared", "/srv/a"), []string{name, directory}; !slices.Equal(got, want) {
		t.Errorf("with a name the keepers are %q, want %q", got, want)
	}
	if got, want := Keepers("", "/srv/a"), []string{directory}; !slices.Equal(got, want) {
		t.Errorf("without one they are %q, want %q", got, want)
	}
	upper := *w.Config.Tenants[0]
	upper.ID = "ONE.EXAMPLE"
	if Define(&upper, r, "memo of sign_ins") != got {
		t.Error("the case of a directory's id makes another definition")
	}
}

func TestUndeclared(t *testing.T) {
	undeclared := twoTenants().Undeclared()
	for key, want := range map[ledger.Key]string{
		{Tenant: `tenant.t["one"]`, Report: "report.sign_ins.r"}:   "",
		{Tenant: `tenant.t["one"]`, Report: "report.sign_ins.x"}:   "report",
		{Tenant: `tenant.t["three"]`, Report: "report.sign_ins.r"}: "tenant",
	} {
		if got := undeclared(key); got != want {
			t.Errorf("of %+v %q is not declared, want %q", key, got, want)
		}
	}
}

func TestCheck(t *testing.T) {
	w := twoTenants()
	if diags := w.Check(); len(diags) > 0 {
		t.Error(diags)
	}
	w.Outputs["output.memo.b"] = memo{refuse: "two"}
	if diags := w.Check(); len(diags) != 1 || diags[0].Summary != "Not two" {
		t.Error(diags)
	}
}

// A tenant's licence says how long its events are kept, and its since from when on
// they are wanted: slices that ended before are not, and one that it lies in is
// wanted whole.
func TestWantsOfOneTenant(t *testing.T) {
	w := twoTenants()
	month, week := calendar.Duration{N: 30, Unit: calendar.Day}, calendar.Duration{N: 7, Unit: calendar.Day}
	of := *w.Config.Reports[0].Type
	of.Retention, of.RetentionBy = &month, map[string]calendar.Duration{config.LicenceFree: week}
	w.Config.Reports[0].Type = &of
	one := w.Config.Tenants[0]
	one.Licence, one.Since = config.LicenceFree, time.Date(2026, 11, 21, 6, 0, 0, 0, time.UTC)
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	every := func(*config.Tenant, *config.Report, *config.Output) bool { return true }
	wants := w.Wants(now, every)
	if a, b := wants[0].Retention, wants[1].Retention; *a != week || *b != month {
		t.Errorf("kept for %s and %s", a, b)
	}
	if a, b := wants[0].Slices, wants[1].Slices; len(a) != 2 || a[0].Label != "2026-11-21" || len(b) != 3 {
		t.Errorf("wanted are %v and %v", a, b)
	}
	one.Since = now.AddDate(1, 0, 0)
	if wants = w.Wants(now, every); len(wants[0].Slices) != 0 || !wants[0].Begins.Equal(one.Since) {
		t.Errorf("before the customer has come %d slices are wanted, from %s on", len(wants[0].Slices), wants[0].Begins)
	}
	digest := w.Digest()
	one.Since = one.Since.AddDate(0, 0, 1)
	if w.Digest() == digest {
		t.Error("another since is the same configuration to a saved plan")
	}
}
