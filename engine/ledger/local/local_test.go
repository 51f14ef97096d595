package local

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/ledger/ledgertest"
	"github.com/reportform/reportform/engine/ledger/store"
)

func TestBackend(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	ledgertest.Run(t, func(*testing.T) ledger.Backend { return New(dir) })
}

func TestReading(t *testing.T) {
	above := t.TempDir()
	dir := filepath.Join(above, "not there", "state")
	ledgertest.RunReading(t, func(*testing.T) ledger.Backend { return New(dir) }, func(t *testing.T) map[string]string { return ledgertest.Files(t, above) })
}

// TestLayout holds the files that other versions of the tool find.
func TestLayout(t *testing.T) {
	dir := t.TempDir()
	key := ledger.Key{Tenant: `tenant.customer["Fabrikam"]`, Report: "report.users.all"}
	page := ledger.Key{Tenant: key.Tenant, Report: key.Report, Page: "p1"}
	for _, k := range []ledger.Key{key, page} {
		if _, err := New(dir).Put(t.Context(), k, []byte("x"), ""); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{"tenant.customer%5b%22%46abrikam%22%5d.json", "tenant.customer%5b%22%46abrikam%22%5d/p1.json"} {
		if _, err := os.Stat(filepath.Join(dir, "report.users.all", filepath.FromSlash(path))); err != nil {
			t.Error(err)
		}
	}
}

// A head that somebody has edited names pages that lie elsewhere: it is damaged,
// and removing the ledger removes nothing but the ledger.
func TestRemoveStaysInside(t *testing.T) {
	dir := t.TempDir()
	state, precious := filepath.Join(dir, "state"), filepath.Join(dir, "precious.json")
	if err := os.WriteFile(precious, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	key := ledger.Key{Tenant: "tenant.a", Report: "report.a.b"}
	for _, name := range []string{"../../../precious", "..%2f..%2f..%2fprecious", "p/../../../../precious", "P1", "", "p.1", `p\\1`} {
		head := fmt.Sprintf(`{"version":2,"tenant":"tenant.a","report":"report.a.b","pages":[{"name":"%s","entries":1,"sha256":"x"}],"held":{"entries":0}}`, name)
		if _, err := New(state).Put(t.Context(), key, []byte(head), ""); err != nil {
			t.Fatal(err)
		}
		ledgers := store.New(New(state))
		if _, err := ledgers.Read(t.Context(), key); err == nil || !strings.Contains(err.Error(), "no name of a page") {
			t.Errorf("reading a head that names %s: %v", name, err)
		}
		if err := ledgers.Remove(t.Context(), key); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(precious); err != nil {
			t.Fatalf("a head that names %s: %v", name, err)
		}
	}
	page := ledger.Key{Tenant: key.Tenant, Report: key.Report, Page: "../../../precious"}
	if data, _, err := New(state).Get(t.Context(), page); data != nil || err != nil {
		t.Errorf("a page elsewhere is read: %q, %v", data, err)
	}
}

// Killed processes leave temporary files beside ledgers and pages: the next one
// that writes there removes the old ones.
func TestLeftoversAreRemoved(t *testing.T) {
	dir := t.TempDir()
	key := ledger.Key{Tenant: "t", Report: "r"}
	page := ledger.Key{Tenant: "t", Report: "r", Page: "p"}
	for _, k := range []ledger.Key{key, page} {
		if _, err := New(dir).Put(t.Context(), k, []byte("x"), ""); err != nil {
			t.Fatal(err)
		}
	}
	long := time.Now().Add(-2 * time.Hour)
	leave := func(name string, written time.Time) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, written, written); err != nil {
			t.Fatal(err)
		}
		return file
	}
	old := []string{leave("r/.reportform-OLD.tmp", long), leave("r/t/.reportform-OLD.tmp", long)}
	kept := []string{leave("r/.reportform-NEW.tmp", time.Now()), leave("r/other", long), filepath.Join(dir, "r", "t.json"), filepath.Join(dir, "r", "t", "p.json")}
	b := New(dir)
	for _, k := range []ledger.Key{key, page} {
		_, version, err := b.Get(t.Context(), k)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Put(t.Context(), k, []byte("y"), version); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range old {
		if _, err := os.Stat(file); !os.IsNotExist(err) {
			t.Errorf("%s is still there: %v", file, err)
		}
	}
	for _, file := range kept {
		if _, err := os.Stat(file); err != nil {
			t.Error(err)
		}
	}
}

// Where files cannot be locked nothing is stored, a check finds it, and the
// message says what to do.
func TestNoLocks(t *testing.T) {
	key := ledger.Key{Tenant: "t", Report: "r"}
	for _, test := range []struct {
		err     error
		advised bool
	}{{syscall.ENOLCK, true}, {syscall.ENOSYS, true}, {syscall.ENOTSUP, true}, {syscall.EOPNOTSUPP, true}, {syscall.EIO, false}, {nil, false}} {
		b := New(filepath.Join(t.TempDir(), "state"))
		b.take = func(string) (func(), error) { return func() {}, test.err }
		_, errPut := b.Put(t.Context(), key, []byte("x"), "")
		for _, err := range []error{b.Check(t.Context()), errPut} {
			advised := err != nil && strings.Contains(err.Error(), `or use state "blob" or state "postgres"`)
			if !errors.Is(err, test.err) || advised != test.advised {
				t.Errorf("%v gives %v", test.err, err)
			}
		}
		if data, _, err := b.Get(t.Context(), key); (data == nil) != (test.err != nil) || err != nil {
			t.Errorf("%v: %q is stored, %v", test.err, data, err)
		}
	}
}

func TestCheck(t *testing.T) {
	dir := t.TempDir()
	if err := New(dir).Check(t.Context()); err != nil {
		t.Error(err)
	}
	if keys, err := New(dir).List(t.Context()); len(keys) > 0 || err != nil {
		t.Errorf("a check stored %v, %v", keys, err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := New(file).Check(t.Context()); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("a file in the directory's place gives %v", err)
	}
}

func TestReadOnlyDirectory(t *testing.T) {
	if os.Geteuid() == 0 {
		// The superuser may write everywhere: a file in the directory's place
		// stands for the missing right.
		path := filepath.Join(t.TempDir(), "state")
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := New(path).Put(t.Context(), ledger.Key{Tenant: "t", Report: "r"}, []byte("x"), ""); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("error is %v, want one that names %s", err, path)
		}
		return
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if _, err := New(dir).Put(t.Context(), ledger.Key{Tenant: "t", Report: "r"}, []byte("x"), ""); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("error is %v, want one that names %s", err, dir)
	}
}
