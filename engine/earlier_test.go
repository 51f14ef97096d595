package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/config/catalog"
	"github.com/reportform/reportform/engine/plan"
)

// earlierSlices counts the (output, slice) pairs of testdata/archive, which a
// version before 0.2 made of the sandbox at testNow.
const earlierSlices = 39

// earlierWorld is testdata/archive, with its state as a version wrote it: 1 or
// 2; 0 for none.
func earlierWorld(t *testing.T, version int) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), now: testNow}
	if err := os.CopyFS(w.dir, os.DirFS("testdata/archive")); err != nil {
		t.Fatal(err)
	}
	if version > 0 {
		name := []string{"", "version1", "version2"}[version]
		if err := os.Rename(filepath.Join(w.dir, name), filepath.Join(w.dir, "state")); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// Archives of earlier versions are read, and nothing is fetched again.
func TestEarlierArchives(t *testing.T) {
	for version := 1; version <= 2; version++ {
		w := earlierWorld(t, version)
		e := w.engine()
		p := w.plan(e)
		if len(p.Pulls) > 0 || p.Held != earlierSlices || len(p.Lost)+len(p.Waiting) > 0 {
			t.Errorf("version %d: %d held of %d\n%s", version, p.Held, earlierSlices, reasons(p))
		}
		if len(p.Orphans) != 1 || p.Orphans[0].Place != "out/contoso/old.ndjson" || p.Orphans[0].Why != "path" {
			t.Errorf("version %d: orphans %+v", version, p.Orphans)
		}
		c, err := e.Coverage(t.Context(), PlanOptions{})
		if err != nil || c.Undeclared != 0 {
			t.Errorf("version %d: %+v, %v", version, c, err)
		}
		for _, part := range c.Parts {
			if part.Slices.Percent() != 100 {
				t.Errorf("version %d: coverage of %s for %s is %+v", version, part.Report, part.Tenant, part.Slices)
			}
		}
		if v, bad := w.verify(e); v.Bad() || v.Good+v.Console != earlierSlices || v.Console != 4 || len(bad) > 0 {
			t.Errorf("version %d: %+v", version, v)
		}

		// What is recorded next makes it a ledger of this version, and changes
		// nothing of the rest.
		lost := "out/a${b/failed/2026-11-20.xml"
		before := w.files("")[lost]
		if err := os.Remove(filepath.Join(w.dir, lost)); err != nil {
			t.Fatal(err)
		}
		if s := w.apply(); len(s.Failed) > 0 || s.Finished != 1 || w.files("")[lost] != before {
			t.Errorf("version %d: %+v", version, s)
		}
		p = w.plan(w.engine())
		if len(p.Pulls) > 0 || p.Held != earlierSlices || len(p.Orphans) != 1 {
			t.Errorf("version %d, mended: %d held\n%s", version, p.Held, reasons(p))
		}
		if head := w.files("state")["report.sign_ins.failed/tenant.customer%5b%22a%24%24%7bb%22%5d.json"]; !strings.HasPrefix(head, `{"version":3,`) {
			t.Errorf("version %d became %.20s", version, head)
		}

		// What the user writes still counts.
		w.edit("main.rf.hcl", `filter  = "result eq 'failure'"`, `filter  = "result eq 'success'"`)
		if p = w.plan(w.engine()); len(p.Pulls) != 4 || p.Pulls[0].Outputs[0].Reason != plan.Changed {
			t.Errorf("version %d, with another filter:\n%s", version, reasons(p))
		}
	}
}

// askOtherwise changes how the service is asked for a report type, and nothing
// of what it is asked.
func askOtherwise(t *config.ReportType) {
	t.Lower, t.Upper, t.OrderBy, t.PageSize, t.Version = "gt", "le", "id desc", 7, "v9"
	t.Headers = map[string]string{"Prefer": "something"}
}

// How the service is asked makes nothing of what is held another thing.
func TestReleasesFetchNothingAgain(t *testing.T) {
	builtIn, _, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	for version := 1; version <= 2; version++ {
		e := earlierWorld(t, version).engine()
		for _, of := range builtIn {
			askOtherwise(e.config.ReportTypes[of.Name])
		}
		p, err := e.Plan(t.Context(), PlanOptions{})
		if err != nil || len(p.Pulls) > 0 || p.Held != earlierSlices {
			t.Errorf("version %d: %v, %d held\n%s", version, err, p.Held, reasons(p))
		}
	}
	// What this version records does not know how it was asked, in users' own
	// report types neither.
	w := earlierWorld(t, 0)
	if s := w.apply(); len(s.Failed) > 0 {
		t.Fatalf("%+v", s)
	}
	e := w.engine()
	for _, of := range e.config.ReportTypes {
		askOtherwise(of)
	}
	if p, err := e.Plan(t.Context(), PlanOptions{}); err != nil || len(p.Pulls) > 0 {
		t.Errorf("%v\n%s", err, reasons(p))
	}
	for _, of := range e.config.ReportTypes {
		of.Path += "/elsewhere"
	}
	if p, err := e.Plan(t.Context(), PlanOptions{}); err != nil || len(p.Pulls) != 15 {
		t.Errorf("with another path: %v\n%s", err, reasons(p))
	}
}

// Plans that earlier versions saved are shown, and not carried out: nothing shows
// whether they were edited.
func TestEarlierPlans(t *testing.T) {
	w := earlierWorld(t, 2)
	for _, name := range []string{"first.plan.json", "repair.plan.json"} {
		f, err := os.Open(filepath.Join(w.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		p, err := plan.Read(f)
		if err != nil || len(p.Pulls) == 0 {
			t.Fatalf("%s is not read: %v", name, err)
		}
		_ = f.Close()
		e := w.engine()
		if _, err := e.Apply(t.Context(), p, ApplyOptions{}); err == nil || !strings.Contains(err.Error(), "format 1") || !strings.Contains(err.Error(), "make it again") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := e.Pull(t.Context(), p.Header, p.Pulls); err == nil || !strings.Contains(err.Error(), "format 1") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
