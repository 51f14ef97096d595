package engine

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/internal/place"
)

func TestExplain(t *testing.T) {
	w := fullArchive(t)
	const dir = "out/contoso.example/sign_ins/"
	explain := func(path string) *Explanation {
		t.Helper()
		x, err := w.engine().Explain(context.Background(), path)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	one := func(path string) *Origin {
		t.Helper()
		x := explain(path)
		if len(x.Origins) != 1 {
			t.Fatalf("%s has %d origins", path, len(x.Origins))
		}
		return &x.Origins[0]
	}
	for _, path := range []string{dir + "2026-11-21.csv", filepath.Join(w.dir, dir+"2026-11-21.csv"), "out/../" + dir + "./2026-11-21.csv"} {
		o := one(path)
		if o.Held == nil || o.Output != "output.csv.bi" || o.Label != "2026-11-21" || o.Found.Condition != place.Intact || o.Reason != "" || o.Held.Proof().FirstID == "" {
			t.Errorf("%s: %+v", path, o)
		}
		if len(o.Declared) != 4 || o.Declared[0].Address != "report.sign_ins.failed" || o.Declared[2].Address != "window.daily" || o.Declared[2].Range.Start.Line == 0 {
			t.Errorf("%s: %+v", path, o.Declared)
		}
	}
	if err := os.Symlink(filepath.Join(w.dir, dir+"2026-11-21.csv"), filepath.Join(w.dir, "link.csv")); err == nil {
		if o := one("link.csv"); o.Held == nil {
			t.Errorf("by a link: %+v", o)
		}
	}
	w.write(dir+"2026-11-22.csv", "x")
	if o := one(dir + "2026-11-22.csv"); o.Found.Condition != place.Altered || o.Reason != plan.Altered || !o.LostAt.IsZero() { // it is made from the other file
		t.Errorf("altered: %+v", o)
	}
	if o := one(dir + "2026-11-23.csv"); o.Held != nil || o.Waiting == nil || o.Lost != nil || o.Label != "2026-11-23" || len(o.Declared) != 4 {
		t.Errorf("waiting: %+v", o)
	}
	w.edit("main.rf.hcl", `from  = "2026-11-21"`, `from = "2026-10-01"`)
	if o := one(dir + "2026-10-01.csv"); o.Held != nil || o.Lost == nil {
		t.Errorf("lost: %+v", o)
	}
	if o := one(dir + "2026-11-20.csv"); o.Held != nil || o.Reason != plan.New {
		t.Errorf("new: %+v", o)
	}
	if o := one(dir + "2026-12-01.csv"); o.Unwanted != "ahead" || o.Label != "2026-12-01" || len(o.Declared) != 4 {
		t.Errorf("ahead: %+v", o)
	}
	if x := explain(dir + "2026-11-21.cvs"); len(x.Origins) > 0 || x.Exists || x.Nearest != dir+"2026-11-21.csv" {
		t.Errorf("misspelt: %+v", x)
	}
	if x := explain("main.rf.hcl"); len(x.Origins) > 0 || !x.Exists || x.Nearest != "" {
		t.Errorf("not of ours: %+v", x)
	}
	if x := explain("out"); !x.Directory {
		t.Errorf("a directory: %+v", x)
	}

	// Another path: the next apply moves the file. With other options too the old
	// file is left behind. Another name: it is an orphan
	// of the old one, held by the new one.
	w.edit("main.rf.hcl", `from = "2026-10-01"`, `from = "2026-11-21"`)
	w.edit("main.rf.hcl", `.csv"`, `.table.csv"`)
	if o := one(dir + "2026-11-21.csv"); o.Held == nil || o.Reason != plan.Relocated || !o.LostAt.IsZero() || o.Orphan != "" {
		t.Errorf("relocated: %+v", o)
	}
	w.edit("main.rf.hcl", `.table.csv"`, ".table.csv\"\n crlf = true")
	w.apply()
	if o := one(dir + "2026-11-21.csv"); o.Left == nil || o.Orphan != "path" || o.Found.Condition != place.Intact {
		t.Errorf("left: %+v", o)
	}
	w.edit("main.rf.hcl", `"failed"`, `"errors"`)
	x := explain(dir + "2026-11-21.ndjson")
	if len(x.Origins) != 2 || x.Origins[0].Reason != plan.New || x.Origins[0].LostAt.IsZero() {
		t.Fatalf("wanted under another name: %+v", x.Origins)
	}
	if o := x.Origins[1]; o.Orphan != "report" || o.Held == nil || len(o.Declared) != 2 {
		t.Errorf("orphan: %+v", o)
	}
	w.apply()
	x = explain(dir + "2026-11-21.ndjson")
	if len(x.Origins) != 2 || x.Origins[0].Orphan != "" || x.Origins[1].Orphan != "report" {
		t.Errorf("held twice: %+v", x.Origins)
	}
}
