package ledgertest

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/ledger/store"
)

// RunReading tests that reading writes nothing: neither of a place that is not
// there yet, nor of one where something is held. open returns a new handle on
// one and the same storage, which is not there at the first call; stored returns
// everything in it that has a name, with its content.
func RunReading(t *testing.T, open func(t *testing.T) ledger.Backend, stored func(t *testing.T) map[string]string) {
	key := ledger.Key{Tenant: "tenant.read", Report: "report.a.b"}
	page := ledger.Key{Tenant: key.Tenant, Report: key.Report, Page: "20260101t000000z-abc"}
	reading := map[string]func(ledger.Backend) error{
		"a head": func(b ledger.Backend) error { _, _, err := b.Get(t.Context(), key); return err },
		"a page": func(b ledger.Backend) error { _, _, err := b.Get(t.Context(), page); return err },
		"what is not there": func(b ledger.Backend) error {
			_, _, err := b.Get(t.Context(), ledger.Key{Tenant: "tenant.nobody", Report: "report.a.b"})
			return err
		},
		"a list": func(b ledger.Backend) error { _, err := b.List(t.Context()); return err },
		"what a check asks": func(b ledger.Backend) error {
			if checker, ok := b.(ledger.Checker); ok {
				return checker.Check(t.Context())
			}
			return nil
		},
		"a ledger": func(b ledger.Backend) error { _, err := store.New(b).Read(t.Context(), key); return err },
		"what no head names": func(b ledger.Backend) error {
			_, err := store.New(b).Unnamed(t.Context(), time.Now())
			return err
		},
	}
	unchanged := func(t *testing.T) {
		t.Helper()
		before := stored(t)
		for what, read := range reading {
			if err := read(open(t)); err != nil {
				t.Errorf("reading %s: %v", what, err)
			}
			if diff := cmp.Diff(before, stored(t)); diff != "" {
				t.Errorf("reading %s changed what is stored (-before +after):\n%s", what, diff)
				before = stored(t)
			}
		}
	}

	t.Run("reading an empty place", func(t *testing.T) {
		unchanged(t)
		if keys, err := open(t).List(t.Context()); len(keys) > 0 || err != nil {
			t.Errorf("list is %v, %v", keys, err)
		}
	})

	t.Run("reading a filled place", func(t *testing.T) {
		before := stored(t)
		err := store.New(open(t)).Update(t.Context(), key, func(l *ledger.Ledger) {
			from := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
			l.Hold(ledger.Held{Output: "output.json.a", From: from, To: from.Add(time.Hour), Place: "x"})
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := open(t).Put(t.Context(), page, []byte("page"), ""); err != nil {
			t.Fatal(err)
		}
		if cmp.Equal(before, stored(t)) {
			t.Fatal("what is stored does not show: this test proves nothing")
		}
		unchanged(t)
	})
}

// Files returns the files below a directory with their contents, and the
// directories. It need not exist.
func Files(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			files[path] = "directory"
			return err
		}
		data, err := os.ReadFile(path)
		files[path] = string(data)
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return files
}
