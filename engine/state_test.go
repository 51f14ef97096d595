package engine

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reportform/reportform/engine/archive"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/ledger/ledgertest"
	"github.com/reportform/reportform/engine/plan"
)

// archiveConfig has paths without a name that can change.
const archiveConfig = `
tenant "contoso" {
  id    = "contoso.example"
  cloud = "sandbox"
  ENDPOINTS
}
tenant "customer" {
  for_each = toset(["fabrikam", "litware"])
  id       = "${each.key}.example"
  cloud    = "sandbox"
  ENDPOINTS
}
window "daily" {
  every = "1d"
  from  = "2026-11-21"
}
output "ndjson" "lake" {
  path = "out/${pull.tenant.id}/${pull.report.type}/${pull.window.label}.ndjson"
}
output "csv" "bi" {
  path = "out/${pull.tenant.id}/${pull.report.type}/${pull.window.label}.csv"
}
report "sign_ins" "failed" {
  window  = window.daily
  outputs = [output.ndjson.lake, output.csv.bi]
}
`

// fullArchive is a world in which everything that can be held is held.
func fullArchive(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, nil)
	w.write("main.rf.hcl", strings.ReplaceAll(archiveConfig, "ENDPOINTS", w.endpoints()))
	if s := w.apply(); len(s.Failed) > 0 || s.Finished != 6 {
		t.Fatalf("%+v", s)
	}
	return w
}

// readAll does everything that only reads, and holds that no file or folder of
// the world is another one afterwards.
func (w *world) readAll(when string) {
	w.t.Helper()
	before := ledgertest.Files(w.t, w.dir)
	ctx, keys := w.t.Context(), []ledger.Key(nil)
	for _, read := range []struct {
		what string
		do   func(*Engine) error
	}{
		{"Keys", func(e *Engine) (err error) { keys, err = e.archive.Keys(ctx); return err }},
		{"Plan", func(e *Engine) error { _, err := e.Plan(ctx, PlanOptions{}); return err }},
		{"Coverage", func(e *Engine) error { _, err := e.Coverage(ctx, PlanOptions{}); return err }},
		{"Explain", func(e *Engine) error { _, err := e.Explain(ctx, filepath.Join(w.dir, "out", "x")); return err }},
		{"Each", func(e *Engine) error {
			return e.archive.Each(ctx, keys, func(_ ledger.Key, _ *ledger.Ledger, err error) error { return err })
		}},
		{"Verify", func(e *Engine) error { _, err := e.archive.Verify(ctx, keys, func(archive.Verifying) {}); return err }},
		{"CheckState", func(e *Engine) error { return e.CheckState(ctx) }},
	} {
		if err := read.do(w.engine()); err != nil {
			w.t.Errorf("%s %s: %v", read.what, when, err)
		}
		if diff := cmp.Diff(before, ledgertest.Files(w.t, w.dir)); diff != "" {
			w.t.Errorf("%s %s wrote (-before +after):\n%s", read.what, when, diff)
			before = ledgertest.Files(w.t, w.dir)
		}
	}
}

func TestReadingWritesNothing(t *testing.T) {
	w := newWorld(t, nil)
	w.write("main.rf.hcl", strings.ReplaceAll(archiveConfig, "ENDPOINTS", w.endpoints()))
	w.readAll("before anything is held")
	w.apply()
	w.readAll("of what is held")
}

func TestForget(t *testing.T) {
	w := fullArchive(t)
	e := w.engine()
	keys, err := e.archive.Keys(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	files := len(w.files("out"))
	for range 2 { // what was cut off can be repeated
		if err := e.archive.Forget(context.Background(), keys[:2]); err != nil {
			t.Fatal(err)
		}
	}
	left, err := e.archive.Keys(context.Background())
	if err != nil || len(left) != 1 || left[0] != keys[2] || len(w.files("out")) != files {
		t.Errorf("%v, %v, %d files", left, err, len(w.files("out")))
	}
	if p := w.plan(e); len(p.Pulls) != 4 || p.Pulls[0].Outputs[0].Reason != plan.New {
		t.Errorf("the plan is\n%s", reasons(p))
	}
}

// A damaged ledger is told, and hides no other.
func TestEachLedger(t *testing.T) {
	w := fullArchive(t)
	e := w.engine()
	keys, err := e.archive.Keys(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for name := range w.files(".reportform/state") {
		if strings.Contains(name, "contoso") {
			w.write(filepath.Join(".reportform/state", name), "{")
		}
	}
	var order []ledger.Key
	bad := 0
	err = e.archive.Each(context.Background(), keys, func(key ledger.Key, l *ledger.Ledger, err error) error {
		order = append(order, key)
		if err != nil {
			bad++
		} else if l.Len() != 4 {
			t.Errorf("%v has %d entries", key, l.Len())
		}
		return nil
	})
	if err != nil || bad != 1 || !slices.Equal(order, keys) {
		t.Errorf("%v, %d bad, in order %v", err, bad, order)
	}
	stop := errors.New("enough")
	if err := e.archive.Each(context.Background(), keys, func(ledger.Key, *ledger.Ledger, error) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("%v", err)
	}
}
