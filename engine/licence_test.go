package engine

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/reportform/reportform/engine/fetch/odata"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/engine/sandbox"
	"github.com/reportform/reportform/internal/address"
)

// A directory with a lesser licence than the one that is assumed refuses older
// slices. The failure says what to declare, and once it is declared nothing is
// asked for that cannot be had.
func TestLicenceThatIsNotDeclared(t *testing.T) {
	for name, test := range map[string]struct {
		report, from, to, license, declare, kept string
	}{
		"free": {"directory_audits", "2026-11-10", "2026-11-20", sandbox.Free, "free", "7d"},
		"p1":   {"risk_detections", "2026-10-15", "2026-11-01", sandbox.P1, "p1", "30d"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(o *sandbox.Options) {
				o.Tenants = func(string) (sandbox.Tenant, bool) { return sandbox.Tenant{License: test.license}, true }
			})
			configure := func(attributes string) {
				w.write("main.rf.hcl", `
tenant "t" {
  id    = "t.example"
  cloud = "sandbox"
  `+attributes+w.endpoints()+`
}
window "days" {
  every = "1d"
  from  = "`+test.from+`"
  to    = "`+test.to+`"
}
output "json" "a" {
  path = "out/${pull.window.label}.json"
}
report "`+test.report+`" "r" {
  window  = window.days
  outputs = output.json.a
}
`)
			}
			configure("")
			summary := w.apply()
			var advice []string
			for _, f := range summary.Failed {
				advice = append(advice, f.Failure.Advice)
			}
			if len(advice) == 0 || !strings.Contains(advice[0], `licence = `) || !strings.Contains(advice[0], `"`+test.declare+`"`) || !strings.Contains(advice[0], test.kept) {
				t.Fatalf("what is too old fails with the advice %q", advice)
			}
			configure(`licence = "` + test.declare + `"` + "\n")
			e := w.engine()
			p := w.plan(e)
			if len(p.Pulls) > 1 || len(p.Lost) != 1 || p.Lost[0].Slices < len(advice)-1 {
				t.Errorf("with the licence there are %d pulls, lost are %+v; %d slices had failed", len(p.Pulls), p.Lost, len(advice))
			}
			c, err := e.Coverage(context.Background(), PlanOptions{})
			if err != nil || c.Parts[0].Slices.Lost != p.Lost[0].Slices {
				t.Errorf("the coverage is %+v, %v", c.Parts[0].Slices, err)
			}
		})
	}
}

// The sandbox of the process keeps what a directory with the declared licence does.
func TestSandboxHasTheDeclaredLicence(t *testing.T) {
	w := unconnected(t, nil)
	w.write("main.rf.hcl", `
tenant "free" {
  id      = "free.example"
  cloud   = "sandbox"
  licence = "free"
}
window "day" {
  from = "2026-11-20"
  to   = "2026-11-21"
}
output "json" "a" {
  path = "out/${pull.report.type}.json"
}
report "directory_audits" "r" {
  window  = window.day
  outputs = output.json.a
}
report "sign_ins" "r" {
  window  = window.day
  outputs = output.json.a
}
`)
	summary := w.apply()
	if len(summary.Failed) != 1 || summary.Failed[0].Pull.Type != "sign_ins" || summary.Finished != 1 {
		t.Errorf("%d pulls finished, and failed are %+v", summary.Finished, summary.Failed)
	}
}

// Users with signInActivity, and applications with keyCredentials, are asked as the
// catalog says, and count against the limit that it names.
func TestPropertiesThatCostMore(t *testing.T) {
	w := newWorld(t, nil)
	report := func(kind, name, attributes string) string {
		return "report \"" + kind + "\" \"" + name + "\" {\n  window = window.now\n  outputs = output.json.a\n" + attributes + "\n}\n"
	}
	w.write("main.rf.hcl", `
tenant "t" {
  id     = "t.example"
  cloud  = "sandbox"
  pacing = "published"
  `+w.endpoints()+`
}
window "now" {
  last = "1d"
}
output "json" "a" {
  path = "out/${pull.report.type}-${pull.report.name}.json"
}
`+report("users", "plain", "")+report("users", "activity", `select = ["id", "signInActivity"]`)+
		report("users", "filtered", `filter = "signInActivity/lastSignInDateTime le 2026-01-01T00:00:00Z"`)+
		report("applications", "keys", `select = ["id", "keyCredentials"]`)+report("service_principals", "keys", `select = ["id", "keyCredentials"]`))
	e := w.engine()
	for name, want := range map[string]struct {
		page        int
		class       string
		permissions []string
	}{
		"report.users.plain":             {999, "directory", []string{"User.Read.All"}},
		"report.users.activity":          {500, "sign_in_activity", []string{"User.Read.All", "AuditLog.Read.All"}},
		"report.users.filtered":          {500, "sign_in_activity", []string{"User.Read.All", "AuditLog.Read.All"}},
		"report.applications.keys":       {999, "key_credentials", []string{"Application.Read.All"}},
		"report.service_principals.keys": {999, "key_credentials", []string{"Application.Read.All"}},
	} {
		tenant, report := e.config.Tenants[0], e.config.Report(address.Address(name))
		source, err := e.source(tenant, report, noSeat{})
		if err != nil {
			t.Fatal(err)
		}
		if page := source.(*odata.Reader).Request.PageSize; page != want.page {
			t.Errorf("%s asks for pages of %d, want %d", name, page, want.page)
		}
		if class := e.limits(tenant, report.Type).Class.Name; class != want.class || !slices.Equal(report.Type.Permissions, want.permissions) {
			t.Errorf("%s counts against %q and needs %v, want %q and %v", name, class, report.Type.Permissions, want.class, want.permissions)
		}
	}
	p := w.plan(e)
	p.Pulls = slices.DeleteFunc(p.Pulls, func(p plan.Pull) bool { return p.Report != "report.users.activity" })
	summary, err := e.Apply(context.Background(), p, ApplyOptions{})
	if err != nil || len(summary.Failed) > 0 {
		t.Fatal(err, summary.Failed)
	}
	if log := w.log.String(); !strings.Contains(log, "%24top=500") && !strings.Contains(log, "$top=500") {
		t.Error("no request for pages of 500 is in the log")
	}
}

// What is held from before a customer came is an orphan, as if the window had begun
// later: it stays until it is pruned, and is not asked for again.
func TestSinceLeavesWhatIsHeld(t *testing.T) {
	w := unconnected(t, nil)
	configure := func(attributes string) {
		w.write("main.rf.hcl", `
tenant "one" {
  id    = "one.example"
  cloud = "sandbox"
  `+attributes+`
}
tenant "two" {
  id    = "two.example"
  cloud = "sandbox"
}
window "days" {
  every = "1d"
  from  = "2026-11-18"
  to    = "2026-11-22"
}
output "json" "a" {
  path = "out/${pull.tenant.name}/${pull.window.label}.json"
}
report "directory_audits" "r" {
  window  = window.days
  outputs = output.json.a
}
`)
	}
	configure("")
	if s := w.apply(); s.Finished != 8 || len(s.Failed) > 0 {
		t.Fatalf("%+v", s)
	}
	configure(`since = "2026-11-19T12:00:00+02:00"`)
	p := w.plan(w.engine())
	if len(p.Pulls) != 0 || len(p.Orphans) != 1 || p.Orphans[0].Why != "slice" || p.Orphans[0].Tenant != "tenant.one" || p.Held != 7 {
		t.Errorf("%d pulls, held %d, orphans %+v", len(p.Pulls), p.Held, p.Orphans)
	}
	w.apply()
	if n := len(w.files("out")); n != 8 {
		t.Errorf("%d files are left of 8", n)
	}
	c, err := w.engine().Coverage(context.Background(), PlanOptions{})
	if err != nil || c.Parts[0].Slices != (plan.Tally{Held: 3}) || c.Parts[1].Slices != (plan.Tally{Held: 4}) {
		t.Errorf("the coverage is %+v, %v", c, err)
	}
}
