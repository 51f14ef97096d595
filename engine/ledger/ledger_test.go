package ledger

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reportform/reportform/internal/place"
)

func day(n int) time.Time { return time.Date(2026, 11, n, 0, 0, 0, 0, time.UTC) }

func heldDay(output string, n int, path string) Held {
	return Held{
		Output: output, From: day(n), To: day(n + 1), Place: place.Place(path), Definition: "d", Bytes: 10, Final: true,
		Modified: day(n + 1).Add(123456789), Rows: 3,
	}.With(Proof{SHA256: "ab", FetchedAt: day(n + 1), Took: time.Second, First: day(n).Add(time.Hour), Last: day(n).Add(2 * time.Hour)})
}

func TestHold(t *testing.T) {
	var l Ledger
	l.Hold(heldDay("b", 2, "b2"))
	l.Hold(heldDay("a", 3, "a3"))
	l.Hold(heldDay("a", 1, "a1"))
	l.Fail(Failed{Output: "a", From: day(2), To: day(3), Error: "first"})
	l.Fail(Failed{Output: "a", From: day(2), To: day(3), Error: "second"})
	if len(l.Failed) != 1 || l.Failed[0].Error != "second" {
		t.Errorf("failures are %v, want the last alone", l.Failed)
	}
	l.Hold(heldDay("a", 2, "a2"))
	var order []string
	for h := range l.Held() {
		order = append(order, h.Place.Text())
	}
	if diff := cmp.Diff([]string{"a1", "a2", "a3", "b2"}, order); diff != "" {
		t.Error(diff)
	}
	if len(l.Failed) != 0 {
		t.Errorf("%v is still failed though it is held", l.Failed)
	}

	l.Hold(heldDay("a", 2, "elsewhere"))
	if len(l.Left) != 1 || l.Left[0].Place != "a2" || l.Left[0].SHA256 != "ab" {
		t.Errorf("left are %v, want the file at the old path", l.Left)
	}
	l.Hold(heldDay("a", 2, "a2"))
	if len(l.Left) != 1 || l.Left[0].Place != "elsewhere" {
		t.Errorf("left are %v: a path that holds again is not left", l.Left)
	}

	// A file can hold one thing: the entry that it was overwritten for is gone.
	l.Hold(heldDay("renamed", 1, "a1"))
	if l.Find("a", day(1), day(2)) != nil {
		t.Error("an overwritten file still counts as held")
	}
	// The console holds many slices under one path.
	l.Hold(heldDay("c", 1, string(place.Console)))
	l.Hold(heldDay("c", 2, string(place.Console)))
	if l.Find("c", day(1), day(2)) == nil {
		t.Error("the console forgot a slice")
	}
	l.Supersede("c", place.Console)
	if l.Find("c", day(2), day(3)) != nil {
		t.Error("a superseded slice is still held")
	}
	l.Forget("a", day(3), day(4), "a3")
	l.Forget("a", day(2), day(3), "elsewhere")
	if l.Find("a", day(3), day(4)) != nil || len(l.Left) != 0 {
		t.Error("forgotten entries are still there")
	}
}

// hours is a slice of some hours; one hour is long.
func hours(output string, from, length int, path string, n int64) Held {
	start := day(1).Add(time.Duration(from) * time.Hour)
	h := Held{
		Output: output, From: start, To: start.Add(time.Duration(length) * time.Hour), Place: place.Place(path),
		Definition: fmt.Sprint("d", n%3), Rows: n, Bytes: n, Final: n%2 == 0, Revisited: n%5 == 0,
	}
	p := Proof{SHA256: fmt.Sprint("sha", n), FetchedAt: start, FirstID: fmt.Sprint(n)}
	if from%7 == 6 { // no file, and found late in a walk
		h.Place = place.New("table", "rows "+path, fmt.Sprint(from%2))
		p.Promise, p.Ack = "stored", fmt.Sprint("ack", n)
		p.WalkFrom, p.WalkTo = start.Add(-time.Duration(n%3)*time.Hour), h.To.Add(time.Hour)
		p.Late, p.LateByRows, p.LateFrom, p.LateTo = n, n%2 == 0, time.Hour, 2*time.Hour
		p.Derived, p.DerivedAt = place.New("object", "s3://bucket/"+path, ""), start.Add(time.Minute)
	}
	return h.With(p)
}

func TestDocument(t *testing.T) {
	l := New(Key{Tenant: "t", Report: "r"}, heldDay("a", 2, "a2"), heldDay("a", 1, "a1"), heldDay("a", 1, "moved"))
	l.Fail(Failed{Output: "a", From: day(5), To: day(6), At: day(7), Error: "x"})
	d := l.Document()
	back, err := d.Ledger()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(d, back.Document()); diff != "" {
		t.Error(diff)
	}
	slices.Reverse(d.Held)
	if back, err = d.Ledger(); err != nil || back.Find("a", day(1), day(2)) == nil {
		t.Errorf("entries out of order are not found, %v", err)
	}
	for name, spoil := range map[string]func(*Document){
		"newer":       func(d *Document) { d.Version = 9 },
		"no tenant":   func(d *Document) { d.Tenant = "" },
		"twice":       func(d *Document) { d.Held = append(d.Held, d.Held[0]) },
		"empty slice": func(d *Document) { d.Held[0].To = d.Held[0].From },
		"no path":     func(d *Document) { d.Held[0].Place = "" },
	} {
		d := l.Document()
		spoil(d)
		if _, err := d.Ledger(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// What could not be read again is not written.
func TestEncodeRefusesDisorder(t *testing.T) {
	for name, change := range map[string]func(*Ledger){
		"twice":              func(l *Ledger) { l.recent = append(l.recent, l.recent[len(l.recent)-1]) },
		"out of order":       func(l *Ledger) { l.recent[0], l.recent[1] = l.recent[1], l.recent[0] },
		"twice, in a page":   func(l *Ledger) { l.recent = slices.Repeat(l.recent, foldAt) },
		"drops out of order": func(l *Ledger) { l.dropped = []slot{l.recent[1].slot(), l.recent[0].slot()} },
	} {
		l := New(Key{Tenant: "t", Report: "r"})
		for i := range 3 {
			l.Hold(hours("output.json.a", i, 1, fmt.Sprintf("out/%d.json", i), int64(i)))
		}
		change(l)
		head, err := l.Encode(func([]byte) (string, error) {
			t.Errorf("%s: a page is stored", name)
			return "page", nil
		})
		if err == nil {
			t.Errorf("%s: no error, but %s", name, head)
		}
	}
}

// reread returns the ledger that is read from what a ledger is encoded as.
func reread(t *testing.T, l *Ledger) *Ledger {
	t.Helper()
	stored := map[string][]byte{}
	head, err := l.Encode(func(page []byte) (string, error) {
		name := fmt.Sprint("page-", len(stored))
		stored[name] = page
		return name, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	back, refs, err := ReadHead(head)
	if err != nil || len(refs) != len(l.Pages()) {
		t.Fatalf("%d references to %d pages, %v", len(refs), len(l.Pages()), err)
	}
	var pages []*Page
	for _, ref := range refs {
		p, err := ReadPage(ref, stored[ref.Name])
		if err != nil || p.Name() != ref.Name || p.Len() != ref.Entries {
			t.Fatalf("%+v is %+v, %v", ref, p, err)
		}
		pages = append(pages, p)
	}
	if err := back.Join(pages); err != nil {
		t.Fatal(err)
	}
	return back
}
