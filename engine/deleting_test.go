package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/internal/place"
)

// customersWorld has customers in a table, and ten days of sign-ins each.
func customersWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, nil)
	w.write("customers.csv", "name\nalpha\nbeta\ngamma\n")
	w.write("main.rf.hcl", `
tenant "customer" {
  for_each = { for c in csvdecode(file("customers.csv")) : c.name => c }
  id       = "${each.key}.example"
  cloud    = "sandbox"
  `+w.endpoints()+`
}
window "daily" {
  every = "1d"
  from  = "2026-11-13"
  # keep
}
output "ndjson" "lake" {
  path = "out/${pull.tenant.name}/${pull.report.name}/${pull.window.label}.ndjson"
}
output "csv" "bi" {
  path = "out/${pull.tenant.name}/${pull.report.name}/${pull.window.label}.csv"
}
report "sign_ins" "r" {
  window  = window.daily
  outputs = [output.ndjson.lake, output.csv.bi]
  # protect
}
`)
	return w
}

// do plans with options and applies that.
func (w *world) do(opts PlanOptions) (*plan.Plan, *Summary) {
	w.t.Helper()
	e := w.engine()
	p, err := e.Plan(w.t.Context(), opts)
	if err != nil {
		w.t.Fatal(err)
	}
	s, err := e.Apply(w.t.Context(), p, ApplyOptions{})
	if err != nil {
		w.t.Fatal(err)
	}
	if len(s.Failed) > 0 {
		w.t.Fatal(s.Failed[0].Err())
	}
	return p, s
}

// ledger is that of a customer.
func (w *world) ledger(customer string) *ledger.Ledger {
	w.t.Helper()
	l, err := w.engine().archive.Ledger(w.t.Context(), ledger.Key{Tenant: fmt.Sprintf("tenant.customer[%q]", customer), Report: "report.sign_ins.r"})
	if err != nil {
		w.t.Fatal(err)
	}
	return l
}

// A row that fell out of a table: keep goes on by itself, and everything of the
// customer is deleted only by -prune, and if somebody allows it by name.
func TestTenantThatFellOutOfATable(t *testing.T) {
	w := customersWorld(t)
	w.edit("main.rf.hcl", "# keep", `keep = "9d"`)
	w.now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	w.do(PlanOptions{})
	w.now = testNow
	if n := len(w.files("out/beta")); n != 18 {
		t.Fatalf("%d files, want those of nine days", n)
	}
	w.write("out/beta/r/notes.txt", "by hand")
	w.write("customers.csv", "name\nalpha\ngamma\n")

	p, s := w.do(PlanOptions{})
	if len(p.Deletions) != 4 || len(s.Pruned) != 4 || len(s.HeldBack) > 0 || len(p.Orphans) != 18 || s.Finished != 2 {
		t.Errorf("without -prune: %d deletions, %d deleted, %d orphans, held back %+v", len(p.Deletions), len(s.Pruned), len(p.Orphans), s.HeldBack)
	}
	for _, name := range []string{"alpha", "gamma"} {
		if files := w.files("out/" + name); len(files) != 18 || files["r/2026-11-13.ndjson"] != "" {
			t.Errorf("%s has %d files", name, len(files))
		}
	}
	if n := len(w.files("out/beta")); n != 19 {
		t.Errorf("without -prune %d files are left", n)
	}

	p, s = w.do(PlanOptions{Prune: true, Allow: []plan.HazardKind{plan.DeletesIrrecoverable}})
	if len(p.Deletions) != 18 || len(s.Pruned) > 0 || len(s.HeldBack) != 1 || s.HeldBack[0].Kind != plan.RemovesTenant || s.HeldBack[0].Deletions != 18 ||
		!slices.Equal(s.HeldBack[0].About, []string{`tenant.customer["beta"]`}) {
		t.Errorf("with -prune alone: %d deletions, %d deleted, held back %+v", len(p.Deletions), len(s.Pruned), s.HeldBack)
	}
	_, s = w.do(PlanOptions{Prune: true, Allow: []plan.HazardKind{plan.RemovesTenant}})
	if len(s.Pruned) != 18 || len(s.HeldBack) > 0 || s.Kept != nil {
		t.Errorf("allowed: %d deleted, held back %+v, kept %v", len(s.Pruned), s.HeldBack, s.Kept)
	}
	if files := w.files("out/beta"); len(files) != 1 || files["r/notes.txt"] != "by hand" {
		t.Errorf("left: %v", files)
	}
	if l := w.ledger("beta"); l.Len() > 0 || len(l.Deleted) != 2 || l.Deleted[0].Slices != 9 || l.Deleted[0].Why != "tenant" {
		t.Errorf("the ledger is %+v", l)
	}
	if p := w.plan(w.engine()); !p.Empty() || len(p.Orphans) > 0 {
		t.Errorf("then there is to do\n%s%+v", reasons(p), p.Orphans)
	}
	// The customer comes back, and begins anew.
	w.write("customers.csv", "name\nalpha\nbeta\ngamma\n")
	if _, s := w.do(PlanOptions{}); s.Finished != 9 || s.Kept != nil {
		t.Errorf("%+v", s)
	}
	if l := w.ledger("beta"); l.Len() != 18 || l.Expiry != "9d" || len(l.Deleted) != 2 {
		t.Errorf("%d entries, keep %q, the log %+v", l.Len(), l.Expiry, l.Deleted)
	}
}

// A keep that is added or shortened is asked for once; then expiry goes on by
// itself.
func TestExpiry(t *testing.T) {
	w := customersWorld(t)
	w.do(PlanOptions{})
	expect := func(what string, opts PlanOptions, deleted, heldBack int) {
		t.Helper()
		p, s := w.do(opts)
		held := 0
		for _, h := range s.HeldBack {
			held += h.Deletions
		}
		if len(s.Pruned) != deleted || held != heldBack || s.Kept != nil || len(p.Orphans) > 0 {
			t.Errorf("%s: %d deleted and %d held back, want %d and %d; %d orphans, kept %v", what, len(s.Pruned), held, deleted, heldBack, len(p.Orphans), s.Kept)
		}
	}
	allow := PlanOptions{Allow: []plan.HazardKind{plan.DeletesIrrecoverable}}
	w.edit("main.rf.hcl", "# keep", `keep = "8d"`)
	expect("added", PlanOptions{}, 0, 12)
	expect("added, and still not allowed", PlanOptions{}, 0, 12)
	expect("allowed", allow, 12, 0)
	w.now = w.now.AddDate(0, 0, 1)
	expect("the next day", PlanOptions{}, 6, 0)
	w.edit("main.rf.hcl", `keep = "8d"`, `keep = "5d"`)
	expect("shortened", PlanOptions{}, 0, 18)
	w.edit("main.rf.hcl", `keep = "5d"`, `keep = "192h"`)
	expect("as before, in hours", PlanOptions{}, 0, 0)
	w.edit("main.rf.hcl", `keep = "192h"`, `keep = "5d"`)
	expect("shortened and allowed", allow, 18, 0)
	w.edit("main.rf.hcl", `keep = "5d"`, `keep = "30d"`)
	w.now = w.now.AddDate(0, 0, 1)
	if _, s := w.do(PlanOptions{}); len(s.Pruned)+len(s.HeldBack) > 0 || s.Finished == 0 {
		t.Errorf("longer: %+v", s)
	}
	w.edit("main.rf.hcl", `keep = "30d"`, `keep = "5d"`)
	if _, s := w.do(PlanOptions{}); len(s.Pruned) > 0 || len(s.HeldBack) != 1 {
		t.Errorf("shortened again: %d deleted, held back %+v", len(s.Pruned), s.HeldBack)
	}
}

// Nothing deletes what is protected, also when nobody declares it any more.
func TestProtection(t *testing.T) {
	w := customersWorld(t)
	w.do(PlanOptions{})
	w.edit("main.rf.hcl", "# protect", "protect = true")
	if p, s := w.do(PlanOptions{}); len(p.Pulls) > 0 || len(p.Protections) != 3 || p.Empty() || s.Kept != nil {
		t.Errorf("%d pulls, %+v", len(p.Pulls), p.Protections)
	}
	if p := w.plan(w.engine()); !p.Empty() || !w.ledger("beta").Protected {
		t.Errorf("it is not noted: %+v", p.Protections)
	}
	all := PlanOptions{Prune: true, Allow: plan.Hazards()}
	files := len(w.files("out"))
	declared := w.files("")["main.rf.hcl"]
	for name, change := range map[string]func(){
		"keep":        func() { w.edit("main.rf.hcl", "# keep", `keep = "3d"`) },
		"output gone": func() { w.edit("main.rf.hcl", ", output.csv.bi", "") },
		"tenant gone": func() { w.write("customers.csv", "name\nalpha\n") },
		"report gone": func() { w.edit("main.rf.hcl", `"sign_ins" "r"`, `"directory_audits" "other"`) },
		"report gone, protected by the window": func() {
			w.edit("main.rf.hcl", "protect = true", "")
			w.edit("main.rf.hcl", "# keep", "protect = true")
			w.do(PlanOptions{})
			w.edit("main.rf.hcl", `"sign_ins" "r"`, `"directory_audits" "other"`)
		},
	} {
		change()
		p, err := w.engine().Plan(t.Context(), all)
		if err != nil || len(p.Deletions) > 0 || len(p.Orphans) == 0 || slices.ContainsFunc(p.Orphans, func(o plan.Orphan) bool { return !o.Protected }) {
			t.Errorf("%s: %d deletions, %d orphans, %v", name, len(p.Deletions), len(p.Orphans), err)
		}
		// Whatever somebody writes into a plan.
		for i := range p.Orphans {
			p.Deletions = append(p.Deletions, plan.Deletion{Orphan: p.Orphans[i]})
		}
		p.Pulls = nil
		if s, err := w.engine().Apply(t.Context(), p, ApplyOptions{}); err != nil || len(s.Pruned) > 0 || s.Kept == nil || !strings.Contains(s.Kept.Error(), "protect") {
			t.Errorf("%s, edited: %+v, %v", name, s, err)
		}
		if n := len(w.files("out")); n != files {
			t.Errorf("%s: %d of %d files are left", name, n, files)
		}
		if x, err := w.engine().Explain(t.Context(), p.Orphans[0].Place.Text()); err != nil || len(x.Origins) != 1 || !x.Origins[0].Protected || x.Origins[0].Orphan == "" {
			t.Errorf("%s: %+v, %v", name, x, err)
		}
		w.write("main.rf.hcl", declared)
		w.write("customers.csv", "name\nalpha\nbeta\ngamma\n")
	}
	// Declared without it, and taken out again.
	w.edit("main.rf.hcl", "protect = true", "")
	w.do(PlanOptions{})
	w.write("customers.csv", "name\nalpha\n")
	if _, s := w.do(all); len(s.Pruned) != 40 || s.Kept != nil {
		t.Errorf("unprotected: %d deleted, kept %v", len(s.Pruned), s.Kept)
	}
}

// Of a report that is not declared any more, what the service has still is deleted
// without a question, and what it has not is asked for.
func TestOrphansOfTheForgotten(t *testing.T) {
	t.Run("kept for 30 days", func(t *testing.T) { orphansOfTheForgotten(t, "", time.Date(2026, 12, 18, 12, 0, 0, 0, time.UTC)) })
	t.Run("kept for 7 days", func(t *testing.T) {
		orphansOfTheForgotten(t, "licence = \"free\"\n", time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC))
	})
}

// orphansOfTheForgotten goes to a time at which the 17th is the last day that the
// service has no longer.
func orphansOfTheForgotten(t *testing.T, licence string, now time.Time) {
	w := customersWorld(t)
	w.do(PlanOptions{})
	w.edit("main.rf.hcl", `"sign_ins" "r"`, `"directory_audits" "other"`)
	w.edit("main.rf.hcl", `cloud `, licence+`cloud `)
	w.now = now
	e := w.engine()
	p, err := e.Plan(t.Context(), PlanOptions{Prune: true})
	if err != nil {
		t.Fatal(err)
	}
	p.Pulls = nil
	s, err := e.Apply(t.Context(), p, ApplyOptions{})
	if err != nil || len(p.Deletions) != 60 || len(s.HeldBack) != 1 || s.HeldBack[0].Kind != plan.DeletesIrrecoverable || s.HeldBack[0].Deletions+len(s.Pruned) != 60 {
		t.Fatalf("%d deletions, %d deleted, held back %+v, %v", len(p.Deletions), len(s.Pruned), s.HeldBack, err)
	}
	for _, d := range s.Pruned {
		if d.From.Before(time.Date(2026, 11, 18, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("%s is deleted", d.Place)
		}
	}
	if n := len(s.Pruned); n != 30 {
		t.Errorf("%d are deleted, want those of five days", n)
	}
}

// A disk that is not mounted is no reason to fetch everything.
func TestDiskThatIsNotMounted(t *testing.T) {
	w := customersWorld(t)
	w.do(PlanOptions{})
	w.now = w.now.AddDate(0, 0, 1)
	out, away := filepath.Join(w.dir, "out"), filepath.Join(w.dir, "away")
	if err := os.Rename(out, away); err != nil {
		t.Fatal(err)
	}
	for range 2 { // and it stays so
		p, s := w.do(PlanOptions{})
		if len(p.Pulls) != 33 || s.Finished > 0 || len(s.HeldBack) != 1 || s.HeldBack[0].Kind != plan.AllFilesMissing || len(s.HeldBack[0].About) != 2 {
			t.Fatalf("%d pulls, %+v", len(p.Pulls), s)
		}
		if n := len(w.files("out")); n > 0 {
			t.Errorf("%d files were written", n)
		}
	}
	if err := os.Rename(away, out); err != nil {
		t.Fatal(err)
	}
	if _, s := w.do(PlanOptions{}); s.Finished != 3 || len(s.HeldBack) > 0 {
		t.Errorf("mounted again: %+v", s)
	}
	// Of one output alone: the other is made whole.
	for name := range w.files("out") {
		if strings.HasSuffix(name, ".csv") {
			if err := os.Remove(filepath.Join(out, filepath.FromSlash(name))); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, s := w.do(PlanOptions{}); len(s.HeldBack) != 1 || !slices.Equal(s.HeldBack[0].About, []string{"output.csv.bi"}) || s.Finished > 0 {
		t.Errorf("%+v", s)
	}
	if _, s := w.do(PlanOptions{Allow: []plan.HazardKind{plan.AllFilesMissing}}); len(s.HeldBack) > 0 || s.Finished != 33 {
		t.Errorf("allowed: %+v", s)
	}
}

// A plan whose pulls are not those of the windows at its clock is refused: nothing
// of it is done, and whoever distributes its pulls is refused too.
func TestEditedPulls(t *testing.T) {
	for name, edit := range map[string]func(*plan.Pull){
		"from, six days back":    func(p *plan.Pull) { p.From = p.From.AddDate(0, 0, -6) },
		"to, a day later":        func(p *plan.Pull) { p.To = p.To.AddDate(0, 0, 1) },
		"a label":                func(p *plan.Pull) { p.Label = "2026-11-12" },
		"final":                  func(p *plan.Pull) { p.Final = false },
		"revisit":                func(p *plan.Pull) { p.Revisit = true },
		"a tenant":               func(p *plan.Pull) { p.Tenant = "tenant.other" },
		"an output":              func(p *plan.Pull) { p.Outputs[0].Output = "output.json.spare" },
		"a report of one tenant": func(p *plan.Pull) { p.Report = "report.sign_ins.alone" },
	} {
		t.Run(name, func(t *testing.T) {
			w := customersWorld(t)
			w.write("more.rf.hcl", `
output "json" "spare" {
  path = "spare/${pull.window.label}.json"
}
report "sign_ins" "alone" {
  tenants = [tenant.customer["alpha"]]
  window  = window.daily
  outputs = [output.json.spare]
}
`)
			e := w.engine()
			p := w.plan(e)
			at := slices.IndexFunc(p.Pulls, func(p plan.Pull) bool { return p.Tenant == `tenant.customer["beta"]` && p.Label == "2026-11-20" })
			edit(&p.Pulls[at])
			if s, err := e.Apply(t.Context(), p, ApplyOptions{}); err == nil || !strings.Contains(err.Error(), "make the plan again") {
				t.Errorf("%+v, %v", s, err)
			}
			o, err := e.Pull(t.Context(), p.Header, p.Pulls[at:at+1])
			if err != nil || len(o.Results) != 1 || o.Results[0].Failure == nil || !strings.Contains(o.Results[0].Failure.Message, "make the plan again") {
				t.Errorf("%+v, %v", o, err)
			}
			if len(w.files("out"))+len(w.files("spare")) > 0 {
				t.Error("something was written")
			}
		})
	}
}

// A deletion that no plan has, of something that is wanted, is not carried out, and
// neither is one of what the ledger holds otherwise.
func TestEditedDeletions(t *testing.T) {
	w := customersWorld(t)
	w.do(PlanOptions{})
	files := len(w.files("out"))
	e := w.engine()
	p := w.plan(e)
	for h := range w.ledger("beta").Held() {
		for _, why := range []string{"expired", "slice", "output", "tenant", "report"} {
			p.Deletions = append(p.Deletions, plan.Deletion{Orphan: plan.Orphan{
				Tenant: `tenant.customer["beta"]`, Report: "report.sign_ins.r", Output: h.Output, From: h.From, To: h.To,
				Place: h.Place, Why: why, Bytes: h.Bytes, SHA256: h.Proof().SHA256,
			}})
		}
		break
	}
	s, err := e.Apply(t.Context(), p, ApplyOptions{})
	if err != nil || len(s.Pruned) > 0 || s.Kept == nil || strings.Count(s.Kept.Error(), "it is declared") != 5 {
		t.Errorf("%+v, %v", s, err)
	}
	p.Deletions = p.Deletions[:1]
	for _, edit := range []func(*plan.Deletion){
		func(d *plan.Deletion) { d.Place = "customers.csv" },
		func(d *plan.Deletion) { d.SHA256 = strings.Repeat("0", 64) },
		func(d *plan.Deletion) { d.Why = "path" },
	} {
		edited := *p
		edited.Deletions = slices.Clone(p.Deletions)
		edit(&edited.Deletions[0])
		if s, err := e.Apply(t.Context(), &edited, ApplyOptions{}); err != nil || len(s.Pruned) > 0 || s.Kept != nil {
			t.Errorf("%+v: %+v, %v", edited.Deletions[0], s, err)
		}
	}
	if len(w.files("out")) != files || w.files("")["customers.csv"] == "" || w.ledger("beta").Len() != 20 {
		t.Error("something was deleted")
	}
}

// Folders that a deletion leaves empty go, and no others: not what the path of a
// declared output begins with, no links, and nothing outside.
func TestEmptyFolders(t *testing.T) {
	w := customersWorld(t)
	far := t.TempDir()
	w.edit("main.rf.hcl", `"out/${pull.tenant.name}/${pull.report.name}/${pull.window.label}.csv"`, `"`+filepath.ToSlash(far)+`/bi/${pull.tenant.name}/${pull.window.date}/a.csv"`)
	w.do(PlanOptions{})
	w.write("customers.csv", "name\nalpha\n")
	w.do(PlanOptions{Prune: true, Allow: plan.Hazards()})
	exists := func(path string, want bool) {
		t.Helper()
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s: %v", path, err)
		}
	}
	exists(filepath.Join(w.dir, "out/beta"), false)
	exists(filepath.Join(w.dir, "out/alpha"), true)
	exists(filepath.Join(far, "bi/beta"), false)
	exists(filepath.Join(far, "bi/alpha"), true)
	// The last customer of all: what the paths begin with stays.
	w.edit("main.rf.hcl", `{ for c in csvdecode(file("customers.csv")) : c.name => c }`, `toset(["delta"])`)
	w.do(PlanOptions{Prune: true, Allow: plan.Hazards()})
	exists(filepath.Join(w.dir, "out/alpha"), false)
	exists(filepath.Join(far, "bi/alpha"), false)
	exists(filepath.Join(far, "bi"), true)
	// Outputs that are not declared: below the configuration's directory all that
	// is empty goes, and elsewhere nothing.
	w.edit("main.rf.hcl", `output "ndjson" "lake"`, `output "ndjson" "other"`)
	w.edit("main.rf.hcl", `"out/${pull`, `"new/${pull`)
	w.edit("main.rf.hcl", `[output.ndjson.lake, output.csv.bi]`, `output.ndjson.other`)
	w.edit("main.rf.hcl", `output "csv" "bi"`, `output "csv" "gone"`)
	w.do(PlanOptions{Prune: true, Allow: plan.Hazards()})
	exists(filepath.Join(w.dir, "out"), false)
	exists(filepath.Join(far, "bi/delta/2026-11-20"), true)
	exists(filepath.Join(far, "bi/delta/2026-11-20/a.csv"), false)
}

// Where what no pull decides ends in a path.
func TestRootOfAnOutput(t *testing.T) {
	w := customersWorld(t)
	for path, want := range map[string]place.Place{
		"out/${pull.tenant.name}/a.csv":                                              "out/",
		"${pull.tenant.name}/a.csv":                                                  "",
		"a/b/c-${pull.window.label}.csv":                                             "a/b/",
		"a/${formatdate(\"YYYY\", pull.window.from)}/${pull.tenant.name}.csv":        "a/",
		"a/y=${split(\"-\", pull.window.label)[0]}/${pull.tenant.name}/b.csv":        "a/",
		"a/${lookup(pull.tenant.labels, \"region\", \"x\")}/${pull.tenant.name}.csv": "a/x/",
	} {
		w.write("out.rf.hcl", "output \"csv\" \"o\" {\n path = \""+path+"\"\n}\nreport \"sign_ins\" \"o\" {\n window = window.daily\n outputs = [output.csv.o]\n}\n")
		if got := w.engine().root("output.csv.o"); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}
