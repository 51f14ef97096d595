package engine

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reportform/reportform/engine/archive"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/internal/place"
)

// move plans and does a move.
func (w *world) move(source, destination string) *archive.Moving {
	w.t.Helper()
	e := w.engine()
	m, err := e.archive.PlanMove(context.Background(), source, destination)
	if err == nil {
		err = e.archive.Move(context.Background(), source, destination, m)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

// What only changed its name is not fetched again, nor is it an orphan.
func TestMoveKeepsWhatIsHeld(t *testing.T) {
	w := fullArchive(t)
	nothing := func(after string) {
		t.Helper()
		p := w.plan(w.engine())
		if len(p.Pulls)+len(p.Orphans) > 0 || p.Held != 12 {
			t.Errorf("after %s: %d held, %d orphans, and to do:\n%s", after, p.Held, len(p.Orphans), reasons(p))
		}
	}
	nothing("apply")

	w.edit("main.rf.hcl", `"bi"`, `"sheets"`)
	w.edit("main.rf.hcl", `csv.bi`, `csv.sheets`)
	if p := w.plan(w.engine()); len(p.Pulls) != 6 || len(p.Orphans) != 6 {
		t.Fatalf("a renamed output that was not moved: %d pulls and %d orphans", len(p.Pulls), len(p.Orphans))
	}
	if m := w.move("output.csv.bi", "output.csv.sheets"); m.Entries != 6 || len(m.From) != 3 {
		t.Errorf("moved %+v", m)
	}
	nothing("the move of an output")

	w.edit("main.rf.hcl", `"failed"`, `"errors"`)
	w.move("report.sign_ins.failed", "report.sign_ins.errors")
	nothing("the move of a report")

	w.edit("main.rf.hcl", `"contoso" {`, `"acme" {`)
	w.move("tenant.contoso", "tenant.acme")
	nothing("the move of a tenant")

	w.edit("main.rf.hcl", `"customer" {`, `"client" {`)
	if m := w.move("tenant.customer", "tenant.client"); len(m.From) != 2 || m.To[0].Tenant != `tenant.client["fabrikam"]` {
		t.Errorf("moved %+v", m)
	}
	nothing("the move of a block with for_each")

	w.edit("main.rf.hcl", `["fabrikam", "litware"]`, `["litware"]`)
	w.write("more.rf.hcl", "tenant \"fabrikam\" {\n id = \"fabrikam.example\"\n cloud = \"sandbox\"\n"+w.endpoints()+"}\n")
	w.move(`tenant.client["fabrikam"]`, "tenant.fabrikam")
	nothing("the move of an instance")
}

// A move that was cut off is completed by doing it again.
func TestMoveIsRepeatable(t *testing.T) {
	w := fullArchive(t)
	e := w.engine()
	ctx := context.Background()
	m, err := e.archive.PlanMove(ctx, "tenant.customer", "tenant.client")
	if err != nil {
		t.Fatal(err)
	}
	// One is moved, and one was copied when the process died.
	if err := e.archive.Move(ctx, "tenant.customer", "tenant.client", &archive.Moving{From: m.From[:1], To: m.To[:1]}); err != nil {
		t.Fatal(err)
	}
	l, err := e.archive.Ledger(ctx, m.From[1])
	if err != nil {
		t.Fatal(err)
	}
	d := l.Document()
	d.Tenant = m.To[1].Tenant
	if _, err := e.archive.Push(ctx, d, false); err != nil {
		t.Fatal(err)
	}
	w.move("tenant.customer", "tenant.client")
	keys, err := e.archive.Keys(ctx)
	if err != nil || len(keys) != 3 || slices.ContainsFunc(keys, func(k ledger.Key) bool { return strings.HasPrefix(k.Tenant, "tenant.customer") }) {
		t.Errorf("%v, %v", keys, err)
	}
}

// So is that of a ledger in which an older version has left times of other zones.
func TestMoveOfZonesIsRepeatable(t *testing.T) {
	w := fullArchive(t)
	e := w.engine()
	ctx := context.Background()
	key := ledger.Key{Tenant: "tenant.contoso", Report: "report.sign_ins.failed"}
	l, err := e.archive.Ledger(ctx, key)
	if err != nil {
		t.Fatal(err)
	}
	d := l.Document()
	for i := range d.Held {
		d.Held[i].Modified = d.Held[i].Modified.In(time.FixedZone("", 3600))
	}
	first, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time as if the first had been cut off
		w.write(".reportform/state/report.sign_ins.failed/tenant.contoso.json", string(first))
		w.move("tenant.contoso", "tenant.acme")
	}
	if l, err := e.archive.Ledger(ctx, key); err != nil || l.Len() != 0 {
		t.Errorf("the old ledger has %d entries, %v", l.Len(), err)
	}
}

func TestMoveRefuses(t *testing.T) {
	w := fullArchive(t)
	e := w.engine()
	for _, test := range []struct{ from, to, say string }{
		{"tenant.contoso", "report.sign_ins.failed", "only a tenant can become a tenant"},
		{"tenant.contoso", "tenant", "only a tenant can become a tenant"},
		{"report.sign_ins.failed", "report.users.failed", "stays of the type"},
		{"output.csv.bi", "output.json.bi", "stays of the type"},
		{"window.daily", "window.nightly", "cannot be moved"},
		{"tenant.contoso", "tenant.contoso", "both the old and the new"},
		{"tenant.nobody", "tenant.somebody", "nothing is held under tenant.nobody"},
		{"output.csv.none", "output.csv.other", "nothing is held under output.csv.none"},
		{"tenant.contoso", `tenant.customer["fabrikam"]`, "has a ledger already"},
	} {
		_, err := e.archive.PlanMove(context.Background(), test.from, test.to)
		if err == nil || !strings.Contains(err.Error(), test.say) {
			t.Errorf("%s to %s: %v, want %q", test.from, test.to, err, test.say)
		}
	}
	// Both names hold the slices.
	w.edit("main.rf.hcl", `"bi"`, `"sheets"`)
	w.edit("main.rf.hcl", `csv.bi`, `csv.sheets`)
	w.edit("main.rf.hcl", `.csv"`, `.table.csv"`)
	w.apply()
	_, err := w.engine().archive.PlanMove(context.Background(), "output.csv.bi", "output.csv.sheets")
	if err == nil || !strings.Contains(err.Error(), "two entries for the slice") {
		t.Errorf("an occupied output: %v", err)
	}
}

// What an apply with the new name has recorded between plan and move is not
// overwritten, and no ledger gets two entries for a slice.
func TestMoveMeetsNewEntries(t *testing.T) {
	w := fullArchive(t)
	e := w.engine()
	ctx := context.Background()
	m, err := e.archive.PlanMove(ctx, "output.csv.bi", "output.csv.sheets")
	if err != nil {
		t.Fatal(err)
	}
	w.edit("main.rf.hcl", `"bi"`, `"sheets"`)
	w.edit("main.rf.hcl", `csv.bi`, `csv.sheets`)
	w.edit("main.rf.hcl", `.csv"`, `.table.csv"`)
	w.apply()
	before := w.files(".reportform/state")
	err = e.archive.Move(ctx, "output.csv.bi", "output.csv.sheets", m)
	if err == nil || !strings.Contains(err.Error(), "two entries for the slice") {
		t.Errorf("the move gives %v", err)
	}
	if diff := cmp.Diff(before, w.files(".reportform/state")); diff != "" {
		t.Errorf("the ledgers changed:\n%s", diff)
	}
	for _, key := range m.From {
		if _, err := w.engine().archive.Ledger(ctx, key); err != nil {
			t.Error(err)
		}
	}
}

func TestPush(t *testing.T) {
	w := fullArchive(t)
	e := w.engine()
	ctx := context.Background()
	key := ledger.Key{Tenant: "tenant.contoso", Report: "report.sign_ins.failed"}
	document := func() *ledger.Document {
		l, err := e.archive.Ledger(ctx, key)
		if err != nil {
			t.Fatal(err)
		}
		return l.Document()
	}
	whole := document()
	p, err := e.archive.Push(ctx, document(), false)
	if err != nil || *p != (archive.Pushed{Key: key, Equal: 4}) {
		t.Errorf("what was pulled: %+v, %v", p, err)
	}
	d := document()
	d.Held[0].Rows++
	if p, err = e.archive.Push(ctx, d, false); err != nil || *p != (archive.Pushed{Key: key, Changed: 1, Equal: 3}) {
		t.Errorf("a changed entry: %+v, %v", p, err)
	}
	d = document()
	d.Held = d.Held[1:]
	var loss *archive.LossError
	if _, err = e.archive.Push(ctx, d, false); !errors.As(err, &loss) || loss.Entries != 1 || !strings.Contains(loss.First, "output.csv.bi from 2026-11-21") {
		t.Errorf("a lost entry: %v", err)
	}
	if n := len(document().Held); n != 4 {
		t.Errorf("%d entries after a refusal", n)
	}
	if p, err = e.archive.Push(ctx, d, true); err != nil || p.Removed != 1 || len(document().Held) != 3 {
		t.Errorf("with force: %+v, %v", p, err)
	}
	if p, err = e.archive.Push(ctx, whole, false); err != nil || *p != (archive.Pushed{Key: key, Added: 1, Equal: 3}) {
		t.Errorf("restored: %+v, %v", p, err)
	}
	if p := w.plan(e); len(p.Pulls) > 0 {
		t.Errorf("after all that the plan is\n%s", reasons(p))
	}

	// With force what cannot be read is replaced, unless a newer version wrote it.
	const file = ".reportform/state/report.sign_ins.failed/tenant.contoso.json"
	w.write(file, `{"version":2,"ten`)
	if _, err = e.archive.Push(ctx, whole, false); err == nil || !strings.Contains(err.Error(), "state push -force") || !strings.Contains(err.Error(), "state rm") {
		t.Errorf("onto a damaged ledger: %v", err)
	}
	if p, err = e.archive.Push(ctx, whole, true); err != nil || *p != (archive.Pushed{Key: key, Added: 4}) {
		t.Errorf("onto a damaged ledger, with force: %+v, %v", p, err)
	}
	w.write(file, `{"version":9}`)
	if _, err = e.archive.Push(ctx, whole, true); err == nil || !strings.Contains(err.Error(), "newer version") {
		t.Errorf("onto a newer ledger, with force: %v", err)
	}
	if err := e.archive.Forget(ctx, []ledger.Key{key}); err != nil {
		t.Error(err)
	}
	if p, err = e.archive.Push(ctx, whole, false); err != nil || p.Added != 4 {
		t.Errorf("where it was removed: %+v, %v", p, err)
	}

	for say, change := range map[string]func(*ledger.Document){
		"newer version":           func(d *ledger.Document) { d.Version = 99 },
		"is missing":              func(d *ledger.Document) { d.Tenant = "" },
		"no address of a tenant":  func(d *ledger.Document) { d.Tenant = "contoso" },
		"no address of a report":  func(d *ledger.Document) { d.Report = "report.failed" },
		"no address of an output": func(d *ledger.Document) { d.Held[1].Output = "lake" },
		"empty slice":             func(d *ledger.Document) { d.Held[1].To = d.Held[1].From },
		"two entries":             func(d *ledger.Document) { d.Held[1] = d.Held[0] },
		"another entry has":       func(d *ledger.Document) { d.Held[1].Place = d.Held[0].Place },
		"no digest":               func(d *ledger.Document) { d.Held[1].SHA256 = "abc" },
		"below zero":              func(d *ledger.Document) { d.Held[1].Bytes = -1 },
		"definition is missing":   func(d *ledger.Document) { d.Held[1].Definition = "" },
	} {
		d := document()
		change(d)
		if _, err := e.archive.Push(ctx, d, true); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("%v, want %q", err, say)
		}
	}
}

// A document that says nothing of failures and of files left forgets none of
// them, unless it holds what they are about or is forced.
func TestPushKeepsTheRest(t *testing.T) {
	w := fullArchive(t)
	e := w.engine()
	ctx := context.Background()
	key := ledger.Key{Tenant: "tenant.contoso", Report: "report.sign_ins.failed"}
	read := func() *ledger.Document {
		t.Helper()
		l, err := e.archive.Ledger(ctx, key)
		if err != nil {
			t.Fatal(err)
		}
		return l.Document()
	}
	d := read()
	held := d.Held[0]
	at := func(days int) (from, to time.Time) { return held.From.AddDate(0, 0, days), held.To.AddDate(0, 0, days) }
	failure := func(days int) ledger.Failed {
		from, to := at(days)
		return ledger.Failed{Output: held.Output, From: from, To: to, At: held.FetchedAt, Error: "x"}
	}
	left := func(path place.Place) ledger.Left {
		return ledger.Left{Output: held.Output, From: held.From, To: held.To, Place: path, Bytes: 1, SHA256: held.SHA256}
	}
	d.Failed = []ledger.Failed{failure(0), failure(10), failure(11)}
	d.Left = []ledger.Left{left("old/a"), left("old/b"), left("old/c")}
	if _, err := e.archive.Push(ctx, d, false); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(d, read()); diff != "" {
		t.Fatal(diff)
	}

	// The document holds what one of each was about, and says anew of another.
	more := read()
	again := failure(11)
	again.Error = "y"
	more.Failed, more.Left = []ledger.Failed{again}, nil
	now := held
	now.From, now.To = at(5)
	now.Place = "old/b"
	more.Held = append(more.Held, now)
	for range 2 {
		if _, err := e.archive.Push(ctx, more, false); err != nil {
			t.Fatal(err)
		}
	}
	got := read()
	if diff := cmp.Diff([]ledger.Failed{failure(10), again}, got.Failed); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]ledger.Left{left("old/a"), left("old/c")}, got.Left); diff != "" {
		t.Error(diff)
	}
	if _, err := e.archive.Push(ctx, more, true); err != nil {
		t.Fatal(err)
	}
	if got := read(); len(got.Failed) != 1 || len(got.Left) != 0 {
		t.Errorf("with force there are %d failures and %d files left", len(got.Failed), len(got.Left))
	}
}
