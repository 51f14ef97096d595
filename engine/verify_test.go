package engine

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/reportform/reportform/engine/archive"
	"github.com/reportform/reportform/engine/backends"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/ledger/store"
	"github.com/reportform/reportform/internal/place"
	"github.com/reportform/reportform/outputs/all"
)

// verify verifies everything and returns what is bad.
func (w *world) verify(e *Engine) (*archive.Verified, []archive.Bad) {
	w.t.Helper()
	keys, err := e.archive.Keys(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	var bad []archive.Bad
	var begun archive.VerifyBegun
	files, read := int64(0), int64(0)
	v, err := e.archive.Verify(context.Background(), keys, func(value archive.Verifying) {
		switch x := value.(type) {
		case archive.VerifyBegun:
			begun = x
		case archive.Hashed:
			read += x.Bytes
		case archive.Good:
			files++
		case archive.Bad:
			files++
			bad = append(bad, x)
		}
	})
	if err != nil || files != begun.Entries || read > begun.Bytes || v.Good > 0 && read < v.GoodBytes {
		w.t.Errorf("%v; %d of %d files, %d of %d bytes", err, files, begun.Entries, read, begun.Bytes)
	}
	slices.SortFunc(bad, func(a, b archive.Bad) int { return strings.Compare(string(a.Place), string(b.Place)) })
	return v, bad
}

func TestVerify(t *testing.T) {
	w := fullArchive(t)
	e := w.engine()
	if v, bad := w.verify(e); v.Bad() || v.Good != 12 || v.Ledgers != 3 || len(bad) > 0 || v.GoodBytes == 0 {
		t.Fatalf("%+v", v)
	}
	const dir = "out/contoso.example/sign_ins/"
	path := func(name string) string { return filepath.Join(w.dir, dir+name) }
	info, err := os.Stat(path("2026-11-21.csv"))
	if err != nil {
		t.Fatal(err)
	}
	// One byte is another one, and size and time are as they were.
	altered := []byte(w.files("")[dir+"2026-11-21.csv"])
	altered[7] ^= 1
	w.write(dir+"2026-11-21.csv", string(altered))
	if err := os.Chtimes(path("2026-11-21.csv"), info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	w.write(dir+"2026-11-22.csv", "short")
	if err := os.Remove(path("2026-11-21.ndjson")); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path("2026-11-22.ndjson")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path("2026-11-22.ndjson"), 0o755); err != nil {
		t.Fatal(err)
	}
	if p := w.plan(e); strings.Contains(reasons(p), "2026-11-21.csv") {
		t.Error("the plan sees a file whose size and time are as recorded: this test needs another one")
	}
	v, bad := w.verify(e)
	if !v.Bad() || v.Good != 8 || v.Missing != 1 || v.Altered != 2 || v.Unreadable != 1 || len(bad) != 4 {
		t.Fatalf("%+v, %+v", v, bad)
	}
	if b := bad[0]; b.Place != place.Place(dir)+"2026-11-21.csv" || b.Condition != place.Altered || b.Finding.SHA256 == b.SHA256 || len(b.Finding.SHA256) != 64 || b.Output != "output.csv.bi" {
		t.Errorf("%+v", b)
	}
	if b := bad[2]; b.Place != place.Place(dir)+"2026-11-22.csv" || b.Condition != place.Altered || b.Finding.Bytes != 5 || b.Finding.SHA256 != "" {
		t.Errorf("%+v", b)
	}
	if b := bad[1]; b.Condition != place.Missing {
		t.Errorf("%+v", b)
	}
	if b := bad[3]; b.Condition != place.Unreadable || b.Err == nil {
		t.Errorf("%+v", b)
	}
}

// A file that another process replaces while it is verified is not bad.
func TestVerifyLooksAgain(t *testing.T) {
	w := fullArchive(t)
	e := w.engine()
	ctx := context.Background()
	key := ledger.Key{Tenant: "tenant.contoso", Report: "report.sign_ins.failed"}
	local, diags := backends.Decode(&e.config.Settings.State, e.dir, os.Getenv)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	old, _, err := local.Get(ctx, key)
	if err != nil {
		t.Fatal(err)
	}
	// check verifies what the old ledger says, while the new one is stored.
	check := func() *archive.Verified {
		t.Helper()
		ledgers := store.New(&lateBackend{Backend: local, old: old, left: 2}) // to measure, and to read
		v, err := archive.New(ledgers, archive.NewKeepers(all.Keepers(e.dir), e.outputs), e.now, e.logger).
			Verify(ctx, []ledger.Key{key}, func(archive.Verifying) {})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	w.edit("main.rf.hcl", `window  = window.daily`, "window = window.daily\n filter = \"status/errorCode ne 0\"")
	w.apply()
	if sum := check(); sum.Good != 4 || sum.Bad() {
		t.Errorf("replaced meanwhile: %+v", sum)
	}
	if err := os.Remove(filepath.Join(w.dir, "out/contoso.example/sign_ins/2026-11-22.csv")); err != nil {
		t.Fatal(err)
	}
	if sum := check(); sum.Good != 3 || sum.Missing != 1 {
		t.Errorf("replaced and then removed: %+v", sum)
	}
	if err := e.archive.Forget(ctx, []ledger.Key{key}); err != nil {
		t.Fatal(err)
	}
	if sum := check(); sum.Bad() || sum.Good > 0 {
		t.Errorf("forgotten meanwhile: %+v", sum)
	}
	stopped, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := e.archive.Verify(stopped, []ledger.Key{key}, func(archive.Verifying) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

// lateBackend gives an old ledger some times, as a reader meets it that is slower
// than a writer.
type lateBackend struct {
	ledger.Backend
	old  []byte
	left int
}

func (l *lateBackend) Get(ctx context.Context, key ledger.Key) ([]byte, ledger.Version, error) {
	data, version, err := l.Backend.Get(ctx, key)
	if l.left > 0 {
		l.left--
		return l.old, version, err
	}
	return data, version, err
}

// apply -prune deletes the pages that processes that died have left.
func TestPruneSweeps(t *testing.T) {
	w := fullArchive(t)
	e := w.engine()
	ctx := context.Background()
	at := testNow.Add(-48 * time.Hour)
	name := "report.sign_ins.failed/tenant.contoso/" + strings.ToLower(at.Format("20060102T150405Z")) + "-abc.json"
	w.write(".reportform/state/"+name, "{}")
	if v, _ := w.verify(e); v.Unnamed != 1 || v.Bad() {
		t.Errorf("%+v, want one unnamed page", v)
	}
	if _, err := e.Apply(ctx, w.plan(e), ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
	if w.files(".reportform/state")[name] == "" {
		t.Error("an apply without -prune deleted a page")
	}
	if _, err := e.Apply(ctx, w.pruning(e), ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
	if v, _ := w.verify(e); v.Unnamed != 0 || v.Good != 12 {
		t.Errorf("%+v", v)
	}
}

// Files that are left behind at an old path are counted, and not read.
func TestVerifyCountsWhatIsLeft(t *testing.T) {
	w := fullArchive(t)
	e := w.engine()
	keys, err := e.archive.Keys(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if err := e.ledgers.Update(context.Background(), keys[0], func(l *ledger.Ledger) {
		l.Left = append(l.Left, ledger.Left{Output: "output.csv.bi", Place: "out/nowhere.csv", Bytes: 1})
	}); err != nil {
		t.Fatal(err)
	}
	if v, bad := w.verify(e); v.Bad() || v.Good != 12 || v.Left != 1 || len(bad) > 0 {
		t.Errorf("%+v", v)
	}
}
