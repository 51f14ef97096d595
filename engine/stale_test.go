package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/reportform/reportform/engine/ledger"
)

// A pull that comes too late is no whole slice: it fails, and nothing of it is
// held.
func TestStalePlanOfWhatIsLost(t *testing.T) {
	for name, test := range map[string]struct{ report, window string }{
		"events":   {"audit_events", "from = \"2026-10-26\"\n to = \"2026-10-29\""},
		"snapshot": {"users", "every = \"1d\"\n from = \"2026-11-20\""},
	} {
		t.Run(name, func(t *testing.T) {
			w := lifeWorld(t)
			w.edit("main.rf.hcl", "every = \"1d\"\n  from  = \"2026-11-20\"", test.window)
			w.edit("main.rf.hcl", `report "sign_ins" "r"`, `report "`+test.report+`" "r"`)
			p := w.plan(w.engine())
			if len(p.Pulls) == 0 || p.Pulls[0].LostAt.IsZero() {
				t.Fatalf("the plan is %s", reasons(p))
			}
			w.now = p.Pulls[0].LostAt.Add(time.Minute)
			e := w.engine()
			s, err := e.Apply(t.Context(), p, ApplyOptions{})
			if err != nil || len(s.Failed) != len(p.Pulls) {
				t.Fatalf("%d of %d failed, %v", len(s.Failed), len(p.Pulls), err)
			}
			if text := s.Failed[0].Err().Error(); !strings.Contains(text, "make the plan again") {
				t.Errorf("the error is %s", text)
			}
			if files := w.files("out"); len(files) > 0 {
				t.Errorf("files: %v", files)
			}
			for key, l := range ledgersOf(t, e) {
				if l.Len() > 0 || len(l.Failed) > 0 {
					t.Errorf("%v holds %d and has %d failures", key, l.Len(), len(l.Failed))
				}
			}
		})
	}
}

func ledgersOf(t *testing.T, e *Engine) map[ledger.Key]*ledger.Ledger {
	t.Helper()
	all := map[ledger.Key]*ledger.Ledger{}
	keys, err := e.archive.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		if all[key], err = e.archive.Ledger(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// trailingWorld has a window whose one slice is yesterday.
func trailingWorld(t *testing.T) *world {
	t.Helper()
	w := lifeWorld(t)
	w.edit("main.rf.hcl", "every = \"1d\"\n  from  = \"2026-11-20\"", "last = \"1d\"\n  align = \"day\"")
	w.edit("main.rf.hcl", "[output.ndjson.a] # more", "[output.ndjson.a, output.csv.b]")
	return w
}

// A trailing window does not go back in time.
func TestStalePlanOfATrailingWindow(t *testing.T) {
	w := trailingWorld(t)
	stale := w.plan(w.engine())
	w.now = w.now.AddDate(0, 0, 3)
	w.apply()
	fresh := w.files("out")
	s, err := w.engine().Apply(t.Context(), stale, ApplyOptions{})
	if err != nil || s.Skipped != 2 || s.Finished+len(s.Failed) > 0 {
		t.Errorf("%+v, %v", s, err)
	}
	for name, content := range w.files("out") {
		if fresh[name] != content {
			t.Errorf("%s was taken back", name)
		}
	}
	if p := w.plan(w.engine()); len(p.Pulls) > 0 {
		t.Errorf("then the plan is\n%s", reasons(p))
	}
}

// The last good file of a trailing window outlives failures, however many, and
// prune; when the service is back, none is remembered.
func TestFailuresOfATrailingWindow(t *testing.T) {
	w := trailingWorld(t)
	w.apply()
	before := w.files("out")
	online := w.files("")["main.rf.hcl"]
	offline(w)
	for range 3 {
		w.now = w.now.AddDate(0, 0, 1)
		e := w.engine()
		s, err := e.Apply(t.Context(), w.pruning(e), ApplyOptions{})
		if err != nil || len(s.Failed) != 2 || len(s.Pruned) > 0 {
			t.Fatalf("%+v, %v", s, err)
		}
		for key, l := range ledgersOf(t, e) {
			if len(l.Failed) != 2 {
				t.Errorf("%v remembers %d failures, want that of each output", key, len(l.Failed))
			}
		}
	}
	for name, content := range before {
		if w.files("out")[name] != content {
			t.Errorf("%s is gone or altered", name)
		}
	}
	w.write("main.rf.hcl", online)
	w.apply()
	for key, l := range ledgersOf(t, w.engine()) {
		if len(l.Failed) > 0 || l.Len() != 2 {
			t.Errorf("%v holds %d and remembers %d failures", key, l.Len(), len(l.Failed))
		}
	}
}

// A saved plan is not carried out with outputs that write something else,
// whichever tenant they are of.
func TestSavedPlanOfOtherOutputs(t *testing.T) {
	w := lifeWorld(t)
	w.edit("main.rf.hcl", "[output.ndjson.a] # more", "[output.csv.b]")
	w.edit("main.rf.hcl", `output "csv" "b" {`, `output "csv" "b" {
  columns = pull.tenant.name == "one" ? ["id"] : ["id", "createdDateTime"]`)
	p := w.plan(w.engine())
	w.edit("main.rf.hcl", `["id", "createdDateTime"]`, `["id", "appDisplayName"]`)
	if _, err := w.engine().Apply(t.Context(), p, ApplyOptions{}); err == nil || !strings.Contains(err.Error(), "another configuration") {
		t.Errorf("%v", err)
	}
	// What depends on the slice the digest does not see, and the pull does.
	w.edit("main.rf.hcl", `pull.tenant.name == "one"`, `pull.window.label == "2026-11-20"`)
	e := w.engine()
	p = w.plan(e)
	w.edit("main.rf.hcl", `["id", "appDisplayName"]`, `["id", "createdDateTime"]`)
	s, err := w.engine().Apply(t.Context(), p, ApplyOptions{})
	if err != nil || len(s.Failed) != 4 || s.Finished != 2 || !strings.Contains(s.Failed[0].Err().Error(), "make the plan again") {
		t.Errorf("%+v, %v", s, err)
	}
}

// A file that was made meanwhile and is gone again is not held meanwhile.
func TestSavedPlanOfAFileThatIsGoneAgain(t *testing.T) {
	w := lifeWorld(t)
	p := w.plan(w.engine())
	w.apply()
	gone := filepath.Join(w.dir, "out/one/2026-11-20.ndjson")
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	s, err := w.engine().Apply(t.Context(), p, ApplyOptions{})
	if err != nil || s.Finished != 1 || s.Skipped != len(p.Pulls)-1 {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := os.Stat(gone); err != nil {
		t.Error(err)
	}
}

// A narrowed plan does not write where something writes that it leaves out.
func TestNarrowedPlanMindsOtherPaths(t *testing.T) {
	w := lifeWorld(t)
	w.edit("main.rf.hcl", "out/${pull.tenant.name}/${pull.window.label}.ndjson", "out/${pull.window.label}.ndjson")
	for _, opts := range []PlanOptions{{Tenants: []string{"one"}}, {Targets: []string{`tenant.t["two"]`}}} {
		if _, err := w.engine().Plan(t.Context(), opts); err == nil || !strings.Contains(err.Error(), "Two pulls lead to one path") {
			t.Errorf("%+v: %v", opts, err)
		}
	}
	w.edit("main.rf.hcl", "out/${pull.window.label}.ndjson", "out/${pull.tenant.name}.ndjson")
	w.edit("main.rf.hcl", "[output.ndjson.a] # more", "[output.ndjson.a, output.csv.b]")
	if p, err := w.engine().Plan(t.Context(), PlanOptions{Targets: []string{"output.csv.b"}}); err != nil || len(p.Pulls) != 6 {
		t.Errorf("what is left out has conflicts of its own: %v", err)
	}
}

// Paths may be made of parts of the date.
func TestPathOfDateParts(t *testing.T) {
	w := lifeWorld(t)
	w.edit("main.rf.hcl", "out/${pull.tenant.name}/${pull.window.label}.ndjson",
		`out/year=${formatdate("YYYY", "${pull.window.date}T00:00:00Z")}/month=${split("-", pull.window.date)[1]}/${split("-", pull.window.label)[2]}-${pull.tenant.name}.ndjson`)
	if p := w.plan(w.engine()); len(p.Pulls) != 6 || p.Pulls[0].Outputs[0].Place != "out/year=2026/month=11/20-one.ndjson" {
		t.Errorf("%+v", p.Pulls)
	}
}

// A provider may have no customers yet.
func TestNoTenants(t *testing.T) {
	w := lifeWorld(t)
	w.edit("main.rf.hcl", `toset(["one", "two"])`, "{}")
	w.edit("main.rf.hcl", "${each.key}.example", "t.example")
	e := w.engine()
	if p := w.plan(e); len(p.Pulls) > 0 || e.Console() {
		t.Errorf("%+v", p)
	}
	if s := w.apply(); s.Finished+len(s.Failed) > 0 {
		t.Errorf("%+v", s)
	}
}
