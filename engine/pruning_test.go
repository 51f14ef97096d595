package engine

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/reportform/reportform/engine/ledger"
)

// Files of a renamed report stay as long as what is to take their place is not
// there: the pulls may fail, or the service may have the slices no longer.
func TestPruneKeepsWhatIsToBeReplaced(t *testing.T) {
	w := lifeWorld(t)
	w.apply()
	before := w.files("out")
	w.edit("main.rf.hcl", `report "sign_ins" "r"`, `report "sign_ins" "renamed"`)
	offline(w)
	e := w.engine()
	s, err := e.Apply(t.Context(), w.pruning(e), ApplyOptions{})
	if err != nil || s.Kept == nil || !strings.Contains(s.Kept.Error(), "state mv") || len(s.Failed) != 6 || len(s.Pruned) > 0 {
		t.Errorf("%+v, %v", s, err)
	}
	w.now = w.now.AddDate(1, 0, 0) // all are lost
	w.edit("main.rf.hcl", `from  = "2026-11-20"`, "from  = \"2026-11-20\"\n  to = \"2026-11-23\"")
	e = w.engine()
	p := w.pruning(e)
	if s, err = e.Apply(t.Context(), p, ApplyOptions{}); err != nil || s.Kept == nil || len(p.Deletions) != 6 || len(s.Pruned) > 0 {
		t.Errorf("%d deletions, %+v, %v", len(p.Deletions), s, err)
	}
	if after := w.files("out"); len(after) != len(before) {
		t.Errorf("%d files of %d are left", len(after), len(before))
	}
}

// Of a tenant that is no longer declared nothing is left but the log of what was
// deleted.
func TestPruneLeavesTheLog(t *testing.T) {
	w := lifeWorld(t)
	w.apply()
	w.edit("main.rf.hcl", `["one", "two"]`, `["one"]`)
	e := w.engine()
	if s, err := e.Apply(t.Context(), w.pruning(e), ApplyOptions{}); err != nil || len(s.Pruned) != 3 {
		t.Fatalf("%+v, %v", s, err)
	}
	left := ledgersOf(t, e)[ledger.Key{Tenant: `tenant.t["two"]`, Report: "report.sign_ins.r"}]
	if left.Len()+len(left.Left)+len(left.Failed) > 0 || len(left.Deleted) != 1 {
		t.Fatalf("%+v", left)
	}
	log := left.Deleted[0]
	if log.Slices != 3 || log.Why != "tenant" || log.Allowed != "removes_tenant" || log.At.IsZero() || len(log.Plan) != 64 || log.Place != "out/two/2026-11-20.ndjson" ||
		!log.From.Equal(time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)) || !log.To.Equal(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("the log is %+v", log)
	}
	if p := w.plan(e); !p.Empty() || len(p.Orphans) > 0 {
		t.Errorf("then the plan is\n%s%+v", reasons(p), p.Orphans)
	}
	if c, err := e.Coverage(t.Context(), PlanOptions{}); err != nil || c.Undeclared > 0 {
		t.Errorf("%d undeclared, %v", c.Undeclared, err)
	}
	if _, err := os.Stat(filepath.Join(w.dir, "out/two")); !os.IsNotExist(err) {
		t.Errorf("the tenant's folder is left: %v", err)
	}
}

// A held file is not deleted under another name that leads to it.
func TestPruneKnowsLinks(t *testing.T) {
	w := lifeWorld(t)
	if err := os.MkdirAll(filepath.Join(w.dir, "disk"), 0o755); err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS == "windows" {
		t.Skip("Windows lets only some users make links")
	}
	if err := os.Symlink("disk", filepath.Join(w.dir, "out")); err != nil {
		t.Fatal(err)
	}
	w.apply()
	w.edit("main.rf.hcl", `"out/${pull.tenant.name}/${pull.window.label}.ndjson"`, `"disk/${pull.tenant.name}/${pull.window.label}.ndjson"`)
	w.onlyMoves(6) // to where they are
	w.mustApplied(6)
	if n := len(w.files("disk")); n != 6 || len(w.plan(w.engine()).Orphans) > 0 {
		t.Errorf("%d files are left of 6", n)
	}
	w.edit("main.rf.hcl", `"disk/`, `"out/`)
	w.edit("main.rf.hcl", `"ndjson" "a"`, `"ndjson" "b"`)
	w.edit("main.rf.hcl", `output.ndjson.a`, `output.ndjson.b`)
	w.apply()
	e := w.engine()
	p := w.pruning(e)
	s, err := e.Apply(t.Context(), p, ApplyOptions{})
	if err != nil || len(p.Deletions) != 6 || len(s.Pruned) != 6 {
		t.Errorf("%d deletions, %+v, %v", len(p.Deletions), s, err)
	}
	if n := len(w.files("disk")); n != 6 {
		t.Errorf("%d files are left of 6", n)
	}
	if p := w.plan(e); len(p.Pulls)+len(p.Orphans) > 0 {
		t.Errorf("then the plan is\n%s%+v", reasons(p), p.Orphans)
	}
}
