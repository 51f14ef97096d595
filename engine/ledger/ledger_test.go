package ledger

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

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

// model is what a ledger holds, as a plain map.
type model map[string]Held

func modelKey(output string, from, to time.Time) string {
	return fmt.Sprint(output, from.UnixNano(), "-", to.UnixNano())
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

// TestAgainstModel holds a ledger that is stored, folded into pages and read
// again in between against a plain map.
func TestAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		store, key, want := NewStore(newMemory()), Key{Tenant: "tenant.t", Report: "report.a.b"}, model{}
		n := int64(0)
		for range rapid.IntRange(1, 8).Draw(t, "updates") {
			outputs := rapid.SampledFrom([][]string{{"a"}, {"a", "b", "c"}}).Draw(t, "outputs")
			start := rapid.IntRange(0, 3000).Draw(t, "start")
			count := rapid.IntRange(1, 900).Draw(t, "count")
			kind := rapid.SampledFrom([]string{"hold", "hold", "forget", "overwrite", "supersede"}).Draw(t, "kind")
			n += 10_000
			base := n
			change := func(l *Ledger) {
				n = base
				for i := range count {
					for _, output := range outputs {
						n++
						h := hours(output, start+i, 1, fmt.Sprintf("%s/%d.json", output, start+i), n)
						id := modelKey(output, h.From, h.To)
						switch kind {
						case "hold":
							l.Hold(h)
							want[id] = h
						case "forget":
							l.Forget(output, h.From, h.To, h.Place)
							delete(want, id)
						case "overwrite":
							// Another slice is written into the file of this one.
							h.To = h.To.Add(time.Hour)
							l.Hold(h)
							delete(want, id)
							want[modelKey(output, h.From, h.To)] = h
						case "supersede":
							l.Supersede(output, h.Place)
							delete(want, id)
							delete(want, modelKey(output, h.From, h.To.Add(time.Hour)))
						}
					}
				}
			}
			if err := store.Update(t.Context(), key, change); err != nil {
				t.Fatal(err)
			}
			if kind == "hold" { // a path holds one slice
				for i := range count {
					for _, output := range outputs {
						h := hours(output, start+i, 2, "", 0)
						delete(want, modelKey(output, h.From, h.To))
					}
				}
			}
		}
		if rapid.Bool().Draw(t, "another process") {
			store = NewStore(store.backend)
		}
		l, err := store.Read(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		sameAsModel(t, l, want)
	})
}

func sameAsModel(t *rapid.T, l *Ledger, want model) {
	n := 0
	finders := map[string]*Finder{}
	var last *Held
	for h := range l.Held() {
		n++
		if last != nil && last.slot().compare(h.slot()) >= 0 {
			t.Fatalf("%v is not behind %v", h.slot(), last.slot())
		}
		last = h
		w, ok := want[modelKey(h.Output, h.From, h.To)]
		if !ok {
			t.Fatalf("%v is held and should not be", h.slot())
		}
		if h.Place != w.Place || h.Definition != w.Definition || h.Bytes != w.Bytes || h.Rows != w.Rows || h.Final != w.Final || h.Revisited != w.Revisited || h.Proof() != w.Proof() {
			t.Fatalf("%v is %+v %+v, want %+v %+v", h.slot(), h, h.Proof(), w, w.Proof())
		}
		if l.Find(h.Output, h.From, h.To) != h {
			t.Fatalf("%v is not found", h.slot())
		}
		f := finders[h.Output]
		if f == nil {
			f = l.Finder(h.Output)
			finders[h.Output] = f
		}
		if n%7 == 0 { // out of order too, and what is not there
			f.Find(h.From.Add(-time.Hour*time.Duration(n)), h.To)
		}
		if f.Find(h.From, h.To) != h || f.Find(h.From, h.To.Add(time.Minute)) != nil || f.Find(h.From, h.To) != h {
			t.Fatalf("%v is not found in order", h.slot())
		}
	}
	if n != len(want) || l.Len() != n {
		t.Fatalf("%d entries are held, Len says %d; want %d", n, l.Len(), len(want))
	}
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
