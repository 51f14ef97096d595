// Package ledgertest is the suite that every state backend passes.
package ledgertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/ledger/store"
	"github.com/reportform/reportform/internal/place"
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
			{Tenant: "tenant.contoso", Report: "report.audit_events.x", Page: "20261101t000000z-abc"},
		}
		for _, k := range more {
			if _, err := backend.Put(t.Context(), k, []byte(k.Tenant+k.Page), ""); err != nil {
				t.Fatal(err)
			}
		}
		keys, err := open(t).List(t.Context())
		slices.SortFunc(keys, ledger.Key.Compare)
		want := []ledger.Key{more[0], more[1], more[3], key, more[2]}
		if err != nil || !slices.Equal(keys, want) {
			t.Errorf("list is %v, %v; want %v", keys, err, want)
		}
		for _, k := range more {
			if data, _, _ := backend.Get(t.Context(), k); string(data) != k.Tenant+k.Page {
				t.Errorf("%v holds %q", k, data)
			}
		}
	})

	t.Run("long keys", func(t *testing.T) {
		long := ledger.Key{Tenant: `tenant.customer["` + strings.Repeat("あい", 40) + `"]`, Report: "report.users.all"}
		page, other := long, long
		page.Page, other.Tenant = "20261101t000000z-abc", long.Tenant+"x"
		keys := []ledger.Key{long, page, other}
		for _, k := range keys {
			if _, err := open(t).Put(t.Context(), k, []byte(k.Tenant+k.Page), ""); err != nil {
				t.Fatal(err)
			}
		}
		listed, err := open(t).List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range keys {
			data, version, err := open(t).Get(t.Context(), k)
			if string(data) != k.Tenant+k.Page || err != nil || !slices.Contains(listed, k) {
				t.Errorf("%v holds %q, %v; listed: %v", k, data, err, slices.Contains(listed, k))
			}
			if err := open(t).Delete(t.Context(), k, version); err != nil {
				t.Error(err)
			}
		}
	})

	t.Run("delete", func(t *testing.T) {
		one, other := open(t), open(t)
		doomed := ledger.Key{Tenant: "tenant.doomed", Report: "report.a.b"}
		page := ledger.Key{Tenant: doomed.Tenant, Report: doomed.Report, Page: "p1"}
		first, err := one.Put(t.Context(), doomed, []byte("one"), "")
		if err != nil {
			t.Fatal(err)
		}
		pageVersion, err := one.Put(t.Context(), page, []byte("page"), "")
		if err != nil {
			t.Fatal(err)
		}
		second, err := one.Put(t.Context(), doomed, []byte("two"), first)
		if err != nil {
			t.Fatal(err)
		}
		if err := other.Delete(t.Context(), doomed, first); !errors.Is(err, ledger.ErrConflict) {
			t.Errorf("deleting by a stale version: %v, want ErrConflict", err)
		}
		if data, _, _ := one.Get(t.Context(), doomed); string(data) != "two" {
			t.Errorf("a refused delete left %q", data)
		}
		if err := other.Delete(t.Context(), doomed, second); err != nil {
			t.Error(err)
		}
		if data, version, err := one.Get(t.Context(), doomed); data != nil || version != "" || err != nil {
			t.Errorf("got %q, %q, %v of what was deleted", data, version, err)
		}
		if data, _, err := one.Get(t.Context(), page); string(data) != "page" || err != nil {
			t.Errorf("the page is %q, %v after its ledger was deleted", data, err)
		}
		if err := other.Delete(t.Context(), doomed, second); !errors.Is(err, ledger.ErrConflict) {
			t.Errorf("deleting again: %v, want ErrConflict", err)
		}
		if err := other.Delete(t.Context(), page, pageVersion); err != nil {
			t.Error(err)
		}
		keys, err := open(t).List(t.Context())
		if err != nil || slices.Contains(keys, doomed) || slices.Contains(keys, page) {
			t.Errorf("list is %v, %v after both were deleted", keys, err)
		}
		again, err := one.Put(t.Context(), doomed, []byte("one"), "")
		if err != nil {
			t.Fatalf("creating what was deleted: %v", err)
		}
		if err := one.Delete(t.Context(), doomed, again); err != nil {
			t.Error(err)
		}
	})

	t.Run("large", func(t *testing.T) {
		big := ledger.Key{Tenant: "tenant.big", Report: "report.a.b"}
		content := bytes.Repeat([]byte("0123456789abcdef"), 1<<19) // 8 MiB
		version, err := open(t).Put(t.Context(), big, content, "")
		if err != nil {
			t.Fatal(err)
		}
		data, stored, err := open(t).Get(t.Context(), big)
		if !bytes.Equal(data, content) || stored != version || err != nil {
			t.Errorf("got %d bytes, %q, %v; want %d bytes, %q", len(data), stored, err, len(content), version)
		}
	})

	t.Run("an ended context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		late := ledger.Key{Tenant: "tenant.late", Report: "report.a.b"}
		if _, err := open(t).Put(ctx, late, []byte("late"), ""); !errors.Is(err, context.Canceled) {
			t.Errorf("put gave %v, want context.Canceled", err)
		}
		if _, _, err := open(t).Get(ctx, late); !errors.Is(err, context.Canceled) {
			t.Errorf("get gave %v, want context.Canceled", err)
		}
		if _, err := open(t).List(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("list gave %v, want context.Canceled", err)
		}
	})

	t.Run("races lose nothing", func(t *testing.T) {
		const writers, each = 8, 10
		raced := ledger.Key{Tenant: "tenant.raced", Report: "report.a.b"}
		start := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
		var group sync.WaitGroup
		for w := range writers {
			ledgers := store.New(open(t))
			group.Go(func() {
				for i := range each {
					from := start.Add(time.Duration(w*each+i) * time.Hour)
					err := ledgers.Update(t.Context(), raced, func(l *ledger.Ledger) {
						l.Hold(ledger.Held{Output: "output.json.a", From: from, To: from.Add(time.Hour), Place: place.Place(fmt.Sprint(w, "-", i))})
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
		l, err := store.New(open(t)).Read(context.Background(), raced)
		if err != nil || l.Len() != writers*each {
			t.Errorf("%d slices are held after %d writes, %v", l.Len(), writers*each, err)
		}
	})
}
