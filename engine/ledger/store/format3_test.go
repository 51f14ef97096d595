package store_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/ledger/local"
	"github.com/reportform/reportform/engine/ledger/store"
	"github.com/reportform/reportform/internal/place"
)

var start = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// hour is an entry of an hour that is held in rows of a table, with all that is
// known of such.
func hour(n int) ledger.Held {
	from := start.Add(time.Duration(n) * time.Hour)
	return ledger.Held{
		Output: "output.postgres.p", From: from, To: from.Add(time.Hour), Definition: fmt.Sprint("d", n%2),
		Place: place.New("table", "pg.sign_ins", fmt.Sprint("hour ", n)), Rows: int64(n), Final: n%2 == 0, Revisited: n%3 == 0,
	}.With(ledger.Proof{
		Promise: "stored", Ack: fmt.Sprint(n), First: from, Last: from.Add(time.Minute), WalkFrom: from.Truncate(24 * time.Hour), WalkTo: from.Add(24 * time.Hour),
		Pages: 1, Requests: 2, Repeated: 3, Revisions: 4, Outside: 5, Untimed: 6, Late: int64(n % 4), LateByRows: n%5 == 0, LateFrom: time.Minute, LateTo: time.Duration(n),
		FirstID: fmt.Sprint("f", n), LastID: "l", FetchedAt: from.Add(2 * time.Hour), Took: time.Second, Waited: time.Millisecond,
		Derived: place.New("object", fmt.Sprint("s3://bucket/", n), ""), DerivedAt: from.Add(3 * time.Hour),
	})
}

// stored is what is stored under a key and below it.
func stored(t *testing.T, b ledger.Backend, key ledger.Key) (head string, pages map[string]string) {
	t.Helper()
	keys, err := b.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	pages = map[string]string{}
	for _, k := range keys {
		data, _, err := b.Get(t.Context(), k)
		switch {
		case err != nil:
			t.Fatal(err)
		case k == key:
			head = string(data)
		default:
			pages[k.Page] = string(data)
		}
	}
	return head, pages
}

func document(t *testing.T, b ledger.Backend, key ledger.Key) *ledger.Document {
	t.Helper()
	l, err := store.New(b).Read(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return l.Document()
}

func update(t *testing.T, b ledger.Backend, key ledger.Key, change func(*ledger.Ledger)) {
	t.Helper()
	if err := store.New(b).Update(t.Context(), key, change); err != nil {
		t.Fatal(err)
	}
}

// A ledger that has grown keeps in its pages what it had in its head.
func TestPagesKeepEverything(t *testing.T) {
	b, key := local.New(t.TempDir()), ledger.Key{Tenant: "tenant.t", Report: "report.a.b"}
	want := ledger.New(key)
	want.Keeper = "k"
	want.Reach = &ledger.Reach{Span: ledger.Seconds(time.Hour), Answers: 3, At: start, TooLong: ledger.Seconds(2 * time.Hour)}
	want.Accepted = []ledger.Acceptance{{From: start, To: start.Add(1), At: start, Reason: "known"}}
	want.Deleted = []ledger.Deletion{{Output: "output.a", From: start, To: start.Add(1), Place: place.New("table", "pg.sign_ins", "0"), At: start, Why: "undeclared", Plan: "5e"}}
	want.Failed = []ledger.Failed{{Output: "output.a", From: start, To: start.Add(1), At: start, Error: "no", Cause: "limit", Advice: "Wait."}}
	for from := 0; from < 1000; from += 200 { // at last some stand in pages, and some before them
		update(t, b, key, func(l *ledger.Ledger) {
			l.Keeper, l.Reach, l.Accepted, l.Deleted, l.Failed = want.Keeper, want.Reach, want.Accepted, want.Deleted, want.Failed
			for i := range 200 {
				l.Hold(hour(from + i))
			}
		})
		for i := range 200 {
			want.Hold(hour(from + i))
		}
		if diff := cmp.Diff(want.Document(), document(t, b, key)); diff != "" {
			t.Fatal(diff)
		}
	}
	head, pages := stored(t, b, key)
	if len(pages) == 0 || strings.Contains(head, `"entries":0`) {
		t.Errorf("%d pages, and the head is %.200s", len(pages), head)
	}
}

// Version 2 is read, written anew in this one, and keeps all that it says.
func TestVersion2(t *testing.T) {
	b, key := local.New(t.TempDir()), ledger.Key{Tenant: `tenant.customer["é"]`, Report: "report.sign_ins.failed"}
	const dir = "../testdata/version2"
	names, err := filepath.Glob(dir + "/*.json")
	if err != nil || len(names) != 4 {
		t.Fatal(names, err)
	}
	var want *ledger.Document
	for _, path := range names {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		of := key
		switch name := strings.TrimSuffix(filepath.Base(path), ".json"); name {
		case "document":
			want, err = ledger.ReadDocument(data)
		case "head":
			_, err = b.Put(t.Context(), of, data, "")
		default:
			of.Page = name
			_, err = b.Put(t.Context(), of, data, "")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	_, before := stored(t, b, key)
	if diff := cmp.Diff(want, document(t, b, key)); diff != "" {
		t.Fatal(diff)
	}

	// A change that changes nothing writes the head in this version; the pages are
	// as they were.
	update(t, b, key, func(*ledger.Ledger) {})
	head, pages := stored(t, b, key)
	if diff := cmp.Diff(before, pages); diff != "" || !strings.HasPrefix(head, `{"version":3,`) {
		t.Errorf("the head is %.60s\n%s", head, diff)
	}
	if diff := cmp.Diff(want, document(t, b, key)); diff != "" {
		t.Error(diff)
	}

	// What this version adds goes with what was there, and into the same pages.
	whole, err := want.Ledger()
	if err != nil {
		t.Fatal(err)
	}
	for i := range 600 {
		whole.Hold(hour(i))
	}
	update(t, b, key, func(l *ledger.Ledger) {
		for i := range 600 {
			l.Hold(hour(i))
		}
	})
	if diff := cmp.Diff(whole.Document(), document(t, b, key)); diff != "" {
		t.Error(diff)
	}
	if head, pages = stored(t, b, key); len(pages) == 0 || !strings.Contains(head, `"held":{"entries":0}`) {
		t.Errorf("%d pages, and the head is %s", len(pages), head)
	}
	if err := store.New(b).Remove(context.Background(), key); err != nil {
		t.Error(err)
	}
	if head, pages = stored(t, b, key); head != "" || len(pages) > 0 {
		t.Errorf("after the removal there are %d pages, and a head %s", len(pages), head)
	}
}

// The log of what was deleted under a key is no ledger in the way of another, and
// both logs are kept, also by a move that was cut off.
func TestMoveKeepsBothLogs(t *testing.T) {
	b := local.New(t.TempDir())
	old, key := ledger.Key{Tenant: "tenant.a", Report: "report.a.b"}, ledger.Key{Tenant: "tenant.b", Report: "report.a.b"}
	deleted := func(n int, why string) []ledger.Deletion {
		return []ledger.Deletion{{Output: "output.a", From: start, To: start.Add(1), Place: "a.json", At: start.Add(time.Duration(n)), Why: why}}
	}
	update(t, b, key, func(l *ledger.Ledger) { l.Log(deleted(1, "tenant")) })
	fill := func(l *ledger.Ledger) { l.Hold(hour(1)); l.Log(deleted(2, "expired")) }
	for range 2 {
		update(t, b, old, fill)
		if err := store.New(b).Move(t.Context(), old, key); err != nil {
			t.Fatal(err)
		}
		if d := document(t, b, key); len(d.Held) != 1 || len(d.Deleted) != 2 || d.Deleted[0].Why != "tenant" {
			t.Errorf("%+v", d)
		}
		if d := document(t, b, old); !d.Empty() || len(d.Deleted) > 0 {
			t.Errorf("%+v", d)
		}
	}
}
