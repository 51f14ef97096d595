package ledger

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reportform/reportform/internal/place"
)

// FuzzReadHead holds that whatever is stored is refused, or is a ledger that is
// the same after it was stored again.
func FuzzReadHead(f *testing.F) {
	old, err := os.ReadFile("testdata/version1.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(old)
	l := New(Key{Tenant: `tenant.customer["é"]`, Report: "report.a.b"})
	for i := range 9 {
		l.Hold(hours("output.json.a", 3*i, 1+i%2, "out/x/"+string(rune('a'+i))+".json", int64(i)))
		l.Hold(hours("output.csv.b", i, 1, string(place.Console), int64(i)))
	}
	l.Fail(Failed{Output: "output.json.a", From: day(5), To: day(6), At: day(7), Error: "x"})
	l.Hold(hours("output.json.a", 0, 1, "moved", 1))
	l.dropped = append(l.dropped, slot{"output.z", day(1), day(2)})
	head, err := l.appendHead(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(head)
	for _, seed := range fuzzSeeds(f) {
		f.Add(seed)
	}
	f.Add([]byte(`{"version":2,"tenant":"t","report":"r","held":{"entries":0}}`))
	f.Add([]byte(`{"version":2,"tenant":"t","report":"r","held":{"entries":2,"outputs":["o"],"definitions":["d"],"gap":[1,2],"length":3,"path":["p","q"]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, refs, err := ReadHead(data)
		if err != nil || l.Check() != nil {
			return
		}
		if len(refs) > 0 {
			return // pages are not part of the head
		}
		want := l.Document()
		again, err := l.appendHead(nil)
		if err != nil {
			return // a time that cannot be stored
		}
		back, _, err := ReadHead(again)
		if err != nil {
			t.Fatalf("%v\nof %s\nread from %q", err, again, data)
		}
		if diff := cmp.Diff(want, back.Document()); diff != "" {
			t.Errorf("%s\nof %s", diff, again)
		}
		for h := range back.Held() {
			if back.Find(h.Output, h.From, h.To) != h {
				t.Errorf("%v is not found", h.slot())
			}
		}
	})
}
