package store

import (
	"cmp"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/internal/place"
)

func day(n int) time.Time { return time.Date(2026, 11, n, 0, 0, 0, 0, time.UTC) }

func heldDay(output string, n int, path string) ledger.Held {
	return ledger.Held{
		Output: output, From: day(n), To: day(n + 1), Place: place.Place(path), Definition: "d", Bytes: 10, Final: true,
		Modified: day(n + 1).Add(123456789), Rows: 3,
	}.With(ledger.Proof{SHA256: "ab", FetchedAt: day(n + 1), Took: time.Second, First: day(n).Add(time.Hour), Last: day(n).Add(2 * time.Hour)})
}

// hours is a slice of some hours; one hour is long.
func hours(output string, from, length int, path string, n int64) ledger.Held {
	start := day(1).Add(time.Duration(from) * time.Hour)
	h := ledger.Held{
		Output: output, From: start, To: start.Add(time.Duration(length) * time.Hour), Place: place.Place(path),
		Definition: fmt.Sprint("d", n%3), Rows: n, Bytes: n, Final: n%2 == 0, Revisited: n%5 == 0,
	}
	p := ledger.Proof{SHA256: fmt.Sprint("sha", n), FetchedAt: start, FirstID: fmt.Sprint(n)}
	if from%7 == 6 { // no file, and found late in a walk
		h.Place = place.New("table", "rows "+path, fmt.Sprint(from%2))
		p.Promise, p.Ack = "stored", fmt.Sprint("ack", n)
		p.WalkFrom, p.WalkTo = start.Add(-time.Duration(n%3)*time.Hour), h.To.Add(time.Hour)
		p.Late, p.LateByRows, p.LateFrom, p.LateTo = n, n%2 == 0, time.Hour, 2*time.Hour
		p.Derived, p.DerivedAt = place.New("object", "s3://bucket/"+path, ""), start.Add(time.Minute)
	}
	return h.With(p)
}

// model is what a ledger holds, as a plain map.
type model map[string]ledger.Held

func modelKey(output string, from, to time.Time) string {
	return fmt.Sprint(output, from.UnixNano(), "-", to.UnixNano())
}

// TestAgainstModel holds a ledger that is stored, folded into pages and read
// again in between against a plain map.
func TestAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, key, want := New(newMemory()), ledger.Key{Tenant: "tenant.t", Report: "report.a.b"}, model{}
		n := int64(0)
		for range rapid.IntRange(1, 8).Draw(t, "updates") {
			outputs := rapid.SampledFrom([][]string{{"a"}, {"a", "b", "c"}}).Draw(t, "outputs")
			start := rapid.IntRange(0, 3000).Draw(t, "start")
			count := rapid.IntRange(1, 900).Draw(t, "count")
			kind := rapid.SampledFrom([]string{"hold", "hold", "forget", "overwrite", "supersede"}).Draw(t, "kind")
			n += 10_000
			base := n
			change := func(l *ledger.Ledger) {
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
			if err := s.Update(t.Context(), key, change); err != nil {
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
			s = New(s.backend)
		}
		l, err := s.Read(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		sameAsModel(t, l, want)
	})
}

func sameAsModel(t *rapid.T, l *ledger.Ledger, want model) {
	n := 0
	finders := map[string]*ledger.Finder{}
	var last *ledger.Held
	for h := range l.Held() {
		n++
		if last != nil && compareSlots(last, h) >= 0 {
			t.Fatalf("%+v is not behind %+v", h, last)
		}
		last = h
		w, ok := want[modelKey(h.Output, h.From, h.To)]
		if !ok {
			t.Fatalf("%v is held and should not be", modelKey(h.Output, h.From, h.To))
		}
		if h.Place != w.Place || h.Definition != w.Definition || h.Bytes != w.Bytes || h.Rows != w.Rows || h.Final != w.Final || h.Revisited != w.Revisited || h.Proof() != w.Proof() {
			t.Fatalf("%v is %+v %+v, want %+v %+v", modelKey(h.Output, h.From, h.To), h, h.Proof(), w, w.Proof())
		}
		if l.Find(h.Output, h.From, h.To) != h {
			t.Fatalf("%v is not found", modelKey(h.Output, h.From, h.To))
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
			t.Fatalf("%v is not found in order", modelKey(h.Output, h.From, h.To))
		}
	}
	if n != len(want) || l.Len() != n {
		t.Fatalf("%d entries are held, Len says %d; want %d", n, l.Len(), len(want))
	}
}

func compareSlots(a, b *ledger.Held) int {
	return cmp.Or(cmp.Compare(a.Output, b.Output), a.From.Compare(b.From), a.To.Compare(b.To))
}
