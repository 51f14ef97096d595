package engine

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/reportform/reportform/engine/plan"
)

func TestCoverage(t *testing.T) {
	w := fullArchive(t)
	w.write("more.rf.hcl", "report \"users\" \"all\" {\n window = window.daily\n outputs = [output.ndjson.lake]\n tenants = [tenant.contoso]\n}\n")
	if err := os.Remove(filepath.Join(w.dir, "out/contoso.example/sign_ins/2026-11-21.csv")); err != nil {
		t.Fatal(err)
	}
	e := w.engine()
	c, err := e.Coverage(context.Background(), PlanOptions{})
	if err != nil || len(c.Parts) != 4 || c.Undeclared != 0 {
		t.Fatalf("%+v, %v", c, err)
	}
	if got := c.Parts[0]; got.Tenant != "tenant.contoso" || got.Slices != (plan.Tally{Held: 1, Missing: 1, Waiting: 1}) {
		t.Errorf("%+v", got)
	}
	// A snapshot counts from the first slice that could be had.
	if got := c.Parts[3]; got.Report != "report.users.all" || got.Slices != (plan.Tally{Missing: 1}) {
		t.Errorf("%+v", got)
	}
	c, err = e.Coverage(context.Background(), PlanOptions{Targets: []string{"output.ndjson.lake"}, Tenants: []string{"contoso"}})
	if err != nil || len(c.Parts) != 2 || c.Parts[0].Slices.Missing != 0 || !c.Narrowed {
		t.Errorf("of another output: %+v, %v", c, err)
	}
	if _, err := e.Coverage(context.Background(), PlanOptions{Targets: []string{"report.a.b"}}); err == nil {
		t.Error("an unknown target is no error")
	}
	w.edit("main.rf.hcl", `"failed"`, `"errors"`)
	if c, err = w.engine().Coverage(context.Background(), PlanOptions{}); err != nil || c.Undeclared != 3 {
		t.Errorf("renamed: %d undeclared, %v", c.Undeclared, err)
	}
}
