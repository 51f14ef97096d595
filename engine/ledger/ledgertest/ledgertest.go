// Package ledgertest is the suite that every state backend passes.
package ledgertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/reportform/reportform/engine/ledger"
)

// Run tests a backend. open returns a new handle on one and the same storage,
// empty at the first call, as another process would have it.
func Run(t *testing.T, open func(t *testing.T) ledger.Backend) {
	key := ledger.Key{Tenant: `tenant.customer["Größe/..\x"]`, Report: "report.sign_ins.failed"}

	t.Run("absent", func(t *testing.T) {
		data, version, err := open(t).Get(t.Context(), ledger.Key{Tenant: "tenant.nobody", Report: "report.a.b"})
		if data != nil || version != "" || err != nil {
			t.Errorf("got %q, %q, %v of a ledger that does not exist", data, version, err)
		}
	})

	t.Run("compare and swap", func(t *testing.T) {
		one, other := open(t), open(t)
		first, err := one.Put(t.Context(), key, []byte("one"), "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := other.Put(t.Context(), key, []byte("two"), ""); !errors.Is(err, ledger.ErrConflict) {
			t.Errorf("creating what exists: %v, want ErrConflict", err)
		}
		data, version, err := other.Get(t.Context(), key)
		if string(data) != "one" || version != first || err != nil {
			t.Errorf("got %q, %q, %v; want what was put, %q", data, version, err, first)
		}
		second, err := other.Put(t.Context(), key, []byte("two"), version)
		if err != nil || second == first {
			t.Errorf("replacing gave version %q after %q, %v", second, first, err)
		}
		if _, err := one.Put(t.Context(), key, []byte("three"), first); !errors.Is(err, ledger.ErrConflict) {
			t.Errorf("replacing by a stale version: %v, want ErrConflict", err)
		}
		if data, _, _ := one.Get(t.Context(), key); string(data) != "two" {
			t.Errorf("a refused put left %q", data)
		}
	})

	t.Run("list", func(t *testing.T) {
		backend := open(t)
		more := []ledger.Key{
			{Tenant: "tenant.Contoso", Report: "report.audit_events.x"},
			{Tenant: "tenant.contoso", Report: "report.audit_events.x"},
			{Tenant: `tenant.customer["100% & more"]`, Report: `report.users.all["a"]`},
		}
		for _, k := range more {
			if _, err := backend.Put(t.Context(), k, []byte(k.Tenant), ""); err != nil {
				t.Fatal(err)
			}
		}
		keys, err := open(t).List(t.Context())
		want := []ledger.Key{more[0], more[1], key, more[2]}
		if err != nil || !slices.Equal(keys, want) {
			t.Errorf("list is %v, %v; want %v", keys, err, want)
		}
		for _, k := range more {
			if data, _, _ := backend.Get(t.Context(), k); string(data) != k.Tenant {
				t.Errorf("%v holds %q", k, data)
			}
		}
	})

	t.Run("races lose nothing", func(t *testing.T) {
		const writers, each = 8, 10
		raced := ledger.Key{Tenant: "tenant.raced", Report: "report.a.b"}
		start := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
		var group sync.WaitGroup
		for w := range writers {
			backend := open(t)
			group.Go(func() {
				for i := range each {
					from := start.Add(time.Duration(w*each+i) * time.Hour)
					err := ledger.Update(t.Context(), backend, raced, func(l *ledger.Ledger) {
						l.Hold(ledger.Held{Output: "output.json.a", From: from, To: from.Add(time.Hour), Path: fmt.Sprint(w, "-", i), FetchedAt: from})
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
		l, err := ledger.Read(context.Background(), open(t), raced)
		if err != nil || len(l.Held) != writers*each {
			t.Errorf("%d slices are held after %d writes, %v", len(l.Held), writers*each, err)
		}
	})
}
