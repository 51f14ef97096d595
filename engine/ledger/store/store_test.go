package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reportform/reportform/engine/ledger"
)

var testKey = ledger.Key{Tenant: `tenant.customer["a"]`, Report: "report.a.b"}

// hold stores hours of one output.
func hold(t testing.TB, s *Store, from, count int) {
	t.Helper()
	err := s.Update(t.Context(), testKey, func(l *ledger.Ledger) {
		for i := range count {
			l.Hold(hours("output.json.a", from+i, 1, fmt.Sprintf("out/%d.json", from+i), int64(from+i)))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// An older version's ledger is read, and written anew at the next change.
func TestUpgrade(t *testing.T) {
	data, err := os.ReadFile("../testdata/version1.json")
	if err != nil {
		t.Fatal(err)
	}
	m := newMemory()
	key := ledger.Key{Tenant: "tenant.contoso", Report: "report.sign_ins.sign_ins"}
	version, err := m.Put(t.Context(), key, data, "")
	if err != nil {
		t.Fatal(err)
	}
	s := New(m)
	old, err := s.Read(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	want, err := ledger.ReadDocument(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, old.Document()); diff != "" {
		t.Error(diff)
	}
	if err := s.Update(t.Context(), key, func(*ledger.Ledger) {}); err != nil {
		t.Fatal(err)
	}
	now, changed, _ := m.Get(t.Context(), key)
	if changed == version || !strings.Contains(string(now), `"version":3`) {
		t.Errorf("after an update the ledger is still %.60s", now)
	}
	after, err := New(m).Read(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, after.Document()); diff != "" {
		t.Error(diff)
	}
}

// What is damaged in any way is an error that says so, and is not overwritten.
func TestDamage(t *testing.T) {
	m := newMemory()
	s := New(m)
	hold(t, s, 0, 700)
	hold(t, s, 700, 20)
	head := m.objects[testKey]
	var page ledger.Key
	for key := range m.objects {
		if key.Page != "" {
			page = key
		}
	}
	if page.Page == "" {
		t.Fatal("700 entries made no page")
	}
	check := func(t *testing.T, key ledger.Key, data []byte, want string) {
		t.Helper()
		before := m.objects[key]
		defer func() { m.objects[key] = before }()
		spoilt := object{data, "spoilt"}
		if m.objects[key] = spoilt; data == nil {
			delete(m.objects, key)
		}
		fresh := New(m)
		_, readErr := fresh.Read(t.Context(), testKey)
		err := fresh.Update(t.Context(), testKey, func(l *ledger.Ledger) { l.Hold(heldDay("x", 1, "x")) })
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), testKey.Report) {
			t.Errorf("updating gave %v, want an error about %s with %q", err, testKey.Report, want)
		}
		if readErr != nil && !strings.Contains(readErr.Error(), want) {
			t.Errorf("reading gave %v, want %q", readErr, want)
		}
		if now := m.objects[key]; !bytes.Equal(now.data, data) {
			t.Error("the damaged object was overwritten")
		}
	}
	replace := func(old, with string) []byte {
		t.Helper()
		edited := bytes.Replace(head.data, []byte(old), []byte(with), 1)
		if bytes.Equal(edited, head.data) {
			t.Fatalf("the head has no %s: %s", old, head.data)
		}
		return edited
	}
	for cut := 0; cut < len(head.data)-2; cut += 7 {
		check(t, testKey, head.data[:cut:cut], "damaged")
	}
	check(t, testKey, replace(`"version":3`, `"version":4`), "newer version")
	check(t, testKey, replace(`"version":3`, `"version":0`), "damaged")
	check(t, testKey, replace(`report.a.b`, `report.a.c`), "it is of report.a.c")
	check(t, testKey, replace(`"entries":20`, `"entries":21`), "damaged")
	check(t, testKey, replace(`"entries":20`, `"entries":19`), "damaged")
	check(t, testKey, replace(`"length":3600000000000`, `"length":-5`), "damaged")
	check(t, testKey, replace(`"sha256":["sha`, `"sha256":[7,"sha`), "damaged")
	check(t, testKey, replace(`"bytes":[`, `"bites":[`), "damaged")
	check(t, testKey, replace(`"rows":[`, `"rows":[null,`), "damaged")
	check(t, page, nil, "missing")
	check(t, page, m.objects[page].data[:1000], "damaged")
	// What can be read and is another content shows by the page's digest alone.
	edited := bytes.Replace(m.objects[page].data, []byte(`"sha0"`), []byte(`"shb0"`), 1)
	if bytes.Equal(edited, m.objects[page].data) {
		t.Fatal("the page does not have the digest of hour 0")
	}
	sum := sha256.Sum256(edited)
	if _, err := ledger.ReadPage(ledger.Reference{Name: page.Page, SHA256: hex.EncodeToString(sum[:])}, edited); err != nil {
		t.Fatalf("the edited page cannot be read: %v", err)
	}
	check(t, page, edited, "its digest is not the recorded one")
}

// Pages follow each other in order of their entries, and have none in common: a
// head that says otherwise is damaged.
func TestPagesInOrder(t *testing.T) {
	names := regexp.MustCompile(`"pages":\[(\{[^]]*\})\]`)
	const count = 600 // of entries that become one page
	m := newMemory()
	reference := func(from int) string {
		t.Helper()
		one := newMemory()
		hold(t, New(one), from, count)
		named := names.FindSubmatch(one.objects[testKey].data)
		if named == nil || len(one.objects) != 2 {
			t.Fatalf("%d objects are stored, and the head is %.300s", len(one.objects), one.objects[testKey].data)
		}
		maps.Copy(m.objects, one.objects)
		return string(named[1])
	}
	first, second, overlapping := reference(0), reference(count), reference(count-1)
	head := m.objects[testKey]
	for name, test := range map[string]struct {
		pages string
		good  bool
	}{
		"in order":         {first + "," + second, true},
		"the other way":    {second + "," + first, false},
		"one entry in two": {first + "," + overlapping, false},
		"twice":            {first + "," + first, false},
	} {
		m.objects[testKey] = object{names.ReplaceAllLiteral(head.data, []byte(`"pages":[`+test.pages+`]`)), "edited"}
		l, err := New(m).Read(t.Context(), testKey)
		if test.good {
			if err != nil || l.Len() != 2*count {
				t.Errorf("%s: %v, want %d entries", name, err, 2*count)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), "is not behind the one before") || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%s: %v, want that it is damaged", name, err)
		}
	}
}

// A ledger that cannot be read can be overwritten, but for one of a newer
// version and one whose key is not declared.
func TestOverwrite(t *testing.T) {
	m := newMemory()
	hold(t, New(m), 0, 700)
	head := m.objects[testKey]
	for name, test := range map[string]struct {
		stored string
		say    string // in the error, empty for none
	}{
		"empty":         {"", ""},
		"cut":           {string(head.data[:len(head.data)/2]), ""},
		"of another":    {strings.Replace(string(head.data), "report.a.b", "report.a.c", 1), ""},
		"without pages": {string(head.data), ""},
		"newer":         {strings.Replace(string(head.data), `"version":3`, `"version":4`, 1), "newer version"},
		"encrypted":     {"age-encryption.org/v1\n", "declare the key"},
	} {
		m := newMemory() // without the pages
		m.objects[testKey] = object{[]byte(test.stored), "1"}
		s := New(m)
		err := s.Overwrite(t.Context(), testKey, func(l *ledger.Ledger) {
			if l.Len() != 0 {
				t.Errorf("%s: it has %d entries", name, l.Len())
			}
			l.Hold(heldDay("output.json.a", 1, "x"))
		})
		if test.say != "" {
			if err == nil || !strings.Contains(err.Error(), test.say) || string(m.objects[testKey].data) != test.stored {
				t.Errorf("%s: %v, want %q and nothing changed", name, err, test.say)
			}
			continue
		}
		if l, errRead := s.Read(t.Context(), testKey); err != nil || errRead != nil || l.Len() != 1 {
			t.Errorf("%s: %v, %v", name, err, errRead)
		}
	}
	// One that can be read is changed as by Update.
	s := New(m)
	if err := s.Overwrite(t.Context(), testKey, func(l *ledger.Ledger) { l.Hold(heldDay("output.json.b", 1, "x")) }); err != nil {
		t.Error(err)
	}
	if l, err := s.Read(t.Context(), testKey); err != nil || l.Len() != 701 {
		t.Error(err)
	}
}

// Recording a slice costs the same whatever the history.
func TestPagesKeepWritesSmall(t *testing.T) {
	m := newMemory()
	s := New(m)
	hold(t, s, 0, 20_000)
	before := m.written
	const more = 1000
	for i := range more {
		hold(t, s, 20_000+i, 1)
	}
	if each := (m.written - before) / more; each > 100<<10 {
		t.Errorf("each of %d updates wrote %d bytes on average", more, each)
	}
	l, err := New(m).Read(t.Context(), testKey)
	if err != nil || l.Len() != 20_000+more {
		t.Fatalf("%d are held, %v", l.Len(), err)
	}
	// No page is left that no head names.
	pages := 0
	for key := range m.objects {
		if key.Page != "" {
			pages++
		}
	}
	if pages != len(l.Pages()) || pages > 12 {
		t.Errorf("%d pages are stored, the ledger names %d", pages, len(l.Pages()))
	}
}

// A writer that loses the race leaves none of its pages, and loses no entry.
func TestLostRace(t *testing.T) {
	m := newMemory()
	one, other := New(m), New(m)
	hold(t, one, 0, 600)
	raced := false
	m.before = func(key ledger.Key) {
		if key.Page == "" && !raced {
			raced = true
			hold(t, other, 5000, 600)
		}
	}
	hold(t, one, 1000, 600)
	l, err := New(m).Read(t.Context(), testKey)
	if err != nil || l.Len() != 1800 || !raced {
		t.Fatalf("%d are held, %v; raced: %v", l.Len(), err, raced)
	}
	if pages := len(m.objects) - 1; pages != len(l.Pages()) {
		t.Errorf("%d pages are stored, the ledger names %d", pages, len(l.Pages()))
	}
}

// A head that was stored although the answer says otherwise, as that of an
// object store may where the first one was lost, keeps its pages as long as the
// heads name them that others have made of it.
func TestPagesOfLostAnswer(t *testing.T) {
	for name, other := range map[string]func(*Store){
		"another adds an entry":      func(s *Store) { hold(t, s, 5000, 1) },
		"another rewrites its pages": func(s *Store) { hold(t, s, 0, 600) },
		"another removes the ledger": func(s *Store) {
			if err := s.Remove(t.Context(), testKey); err != nil {
				t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMemory()
			hold(t, New(m), 0, 510)
			l := &lostAnswer{memory: m, meanwhile: func() { other(New(m)) }}
			hold(t, New(l), 510, 5)
			if l.meanwhile != nil {
				t.Fatal("no answer was lost")
			}
			got, err := New(m).Read(t.Context(), testKey)
			if err != nil {
				t.Fatal(err)
			}
			for i := 510; i < 515; i++ {
				if h := hours("output.json.a", i, 1, "", 0); got.Find(h.Output, h.From, h.To) == nil {
					t.Errorf("hour %d is not held", i)
				}
			}
			// What was left behind is for Sweep, which leaves the ledger whole.
			if _, err := New(m).Sweep(t.Context(), time.Now().Add(time.Hour)); err != nil {
				t.Error(err)
			}
			if again, err := New(m).Read(t.Context(), testKey); err != nil || again.Len() != got.Len() {
				t.Errorf("after a sweep: %v", err)
			}
			if pages := len(m.objects) - 1; pages != len(got.Pages()) {
				t.Errorf("%d pages are stored, the ledger names %d", pages, len(got.Pages()))
			}
		})
	}
}

// A reader whose page was replaced under its eyes looks again.
func TestReadWhilePagesChange(t *testing.T) {
	m := newMemory()
	hold(t, New(m), 0, 600)
	reader := New(m)
	stale := m.objects[testKey]
	hold(t, New(m), 0, 600) // rewrites the page
	current := m.objects[testKey]
	if bytes.Equal(stale.data, current.data) {
		t.Fatal("nothing was rewritten")
	}
	s := New(&staleOnce{memory: m, stale: stale})
	l, err := s.Read(t.Context(), testKey)
	if err != nil || l.Len() != 600 {
		t.Errorf("got %v", err)
	}
	if _, err := reader.Read(t.Context(), testKey); err != nil {
		t.Error(err)
	}
}

func TestUpdateThatChangesNothing(t *testing.T) {
	m := newMemory()
	s := New(m)
	hold(t, s, 0, 700)
	puts := m.puts
	if err := s.Update(t.Context(), testKey, func(*ledger.Ledger) {}); err != nil || m.puts != puts {
		t.Errorf("%d puts for nothing, %v", m.puts-puts, err)
	}
}

func TestSweep(t *testing.T) {
	m := newMemory()
	s := New(m)
	hold(t, s, 0, 700)
	abandoned, foreign := testKey, ledger.Key{Tenant: "tenant.gone", Report: "report.a.b"}
	abandoned.Page, foreign.Page = pageName(time.Now().Add(-48*time.Hour)), pageName(time.Now().Add(-48*time.Hour))
	recent := testKey
	recent.Page = pageName(time.Now())
	for _, key := range []ledger.Key{abandoned, foreign, recent} {
		if _, err := m.Put(t.Context(), key, []byte("x"), ""); err != nil {
			t.Fatal(err)
		}
	}
	n, err := s.Sweep(t.Context(), time.Now().Add(-24*time.Hour))
	if n != 2 || err != nil {
		t.Errorf("%d swept, %v", n, err)
	}
	if m.objects[abandoned].data != nil || m.objects[foreign].data != nil || m.objects[recent].data == nil {
		t.Error("the wrong pages are gone")
	}
	if n, err := s.Sweep(t.Context(), time.Now().Add(time.Hour)); n != 1 || err != nil {
		t.Errorf("%d swept, %v", n, err)
	}
	if l, err := New(m).Read(t.Context(), testKey); err != nil || l.Len() != 700 {
		t.Errorf("after a sweep: %v", err)
	}
}

// A head that cannot be read may be mended, and keeps its pages meanwhile.
func TestSweepKeepsPagesOfUnreadableHead(t *testing.T) {
	for name, spoil := range map[string]func(head []byte) []byte{
		"cut":       func(head []byte) []byte { return head[:len(head)/2] },
		"newer":     func(head []byte) []byte { return bytes.Replace(head, []byte(`"version":`), []byte(`"version":9`), 1) },
		"encrypted": func([]byte) []byte { return []byte("age-encryption.org/v1\n") },
		"empty":     func([]byte) []byte { return []byte{} },
	} {
		m := newMemory()
		hold(t, New(m), 0, 700)
		before := len(m.objects)
		m.objects[testKey] = object{spoil(m.objects[testKey].data), "spoilt"}
		later := time.Now().Add(time.Hour)
		if _, err := New(m).Read(t.Context(), testKey); err == nil {
			t.Fatalf("%s: the head can be read", name)
		}
		unnamed, err := New(m).Unnamed(t.Context(), later)
		if len(unnamed) > 0 || err != nil {
			t.Errorf("%s: %v, %v are said to be nobody's", name, unnamed, err)
		}
		if n, err := New(m).Sweep(t.Context(), later); n > 0 || err != nil || len(m.objects) != before || before < 2 {
			t.Errorf("%s: %d of %d objects are left, %v", name, len(m.objects), before, err)
		}
	}
	// Bytes that the backend cannot open are a head all the same.
	m := newMemory()
	hold(t, New(m), 0, 700)
	before := len(m.objects)
	if n, err := New(&closed{m}).Sweep(t.Context(), time.Now().Add(time.Hour)); n > 0 || err != nil || len(m.objects) != before {
		t.Errorf("closed: %d of %d objects are left, %v", len(m.objects), before, err)
	}
}

// closed is a backend that cannot open any head.
type closed struct{ *memory }

func (c *closed) Get(ctx context.Context, key ledger.Key) ([]byte, ledger.Version, error) {
	data, version, err := c.memory.Get(ctx, key)
	if err == nil && data != nil && key.Page == "" {
		return nil, "", &ledger.UnreadableError{Err: errors.New("another key"), Version: version}
	}
	return data, version, err
}

func TestRemoveAndMove(t *testing.T) {
	m := newMemory()
	s := New(m)
	hold(t, s, 0, 700)
	l, err := s.Read(t.Context(), testKey)
	if err != nil {
		t.Fatal(err)
	}
	want := l.Document()
	to := ledger.Key{Tenant: "tenant.new", Report: "report.new.b"}
	if err := s.Move(t.Context(), testKey, to); err != nil {
		t.Fatal(err)
	}
	moved, err := New(m).Read(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	want.Tenant, want.Report = to.Tenant, to.Report
	if diff := cmp.Diff(want, moved.Document()); diff != "" {
		t.Error(diff)
	}
	for key := range m.objects {
		if key.Tenant == testKey.Tenant {
			t.Errorf("%v is still stored", key)
		}
	}
	// A move that was cut off before the old ledger was removed can be done again.
	hold(t, s, 0, 700)
	if err := s.Move(t.Context(), testKey, to); err != nil {
		t.Error(err)
	}
	hold(t, s, 0, 5)
	if err := s.Move(t.Context(), testKey, to); !errors.Is(err, ErrExists) {
		t.Errorf("moving onto another ledger: %v", err)
	}
	if err := s.Remove(t.Context(), to); err != nil {
		t.Error(err)
	}
	if err := s.Remove(t.Context(), testKey); err != nil || len(m.objects) != 0 {
		t.Errorf("%d objects are left, %v", len(m.objects), err)
	}
	if err := s.Remove(t.Context(), testKey); err != nil {
		t.Errorf("removing what is not there: %v", err)
	}
}

// What another process records while a ledger is moved is moved too, or the move
// says that it cannot be: nothing is lost.
func TestMoveMeetsOthers(t *testing.T) {
	to := ledger.Key{Tenant: "tenant.new", Report: testKey.Report}
	addTo := func(t *testing.T, m *memory, key ledger.Key, hour int) {
		err := New(m).Update(t.Context(), key, func(l *ledger.Ledger) {
			l.Hold(hours("output.json.a", hour, 1, fmt.Sprintf("out/%d.json", hour), 1))
		})
		if err != nil {
			t.Error(err)
		}
	}
	for name, test := range map[string]struct {
		others func(t *testing.T, m *memory, try int) // before each write to the new ledger
		err    error
		old    int // entries afterwards
		moved  int
	}{
		"one entry":    {func(t *testing.T, m *memory, try int) { addTo(t, m, testKey, 1000) }, nil, 0, 701},
		"and one more": {func(t *testing.T, m *memory, try int) { addTo(t, m, testKey, 1000+min(try, 2)) }, nil, 0, 702},
		"moved already": {func(t *testing.T, m *memory, try int) {
			if err := New(m).Move(t.Context(), testKey, to); err != nil {
				t.Error(err)
			}
		}, nil, 0, 700},
		"the new one has another": {func(t *testing.T, m *memory, try int) { addTo(t, m, to, 1000) }, ErrExists, 700, 1},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMemory()
			hold(t, New(m), 0, 700)
			try := 0
			m.before = func(key ledger.Key) {
				if key == to {
					try++
					test.others(t, m, try)
				}
			}
			err := New(m).Move(t.Context(), testKey, to)
			m.before = nil
			if !errors.Is(err, test.err) || try == 0 {
				t.Errorf("after %d tries: %v, want %v", try, err, test.err)
			}
			for key, want := range map[ledger.Key]int{testKey: test.old, to: test.moved} {
				if l, err := New(m).Read(t.Context(), key); err != nil || l.Len() != want {
					t.Errorf("%s has %d entries, %v; want %d", name, l.Len(), err, want)
				}
			}
		})
	}
}

// Version 1 may have times in any zone, and a cut-off move of such a ledger is
// completed too.
func TestMoveOfZones(t *testing.T) {
	data, err := os.ReadFile("../testdata/version1.json")
	if err != nil {
		t.Fatal(err)
	}
	zoned := bytes.ReplaceAll(data, []byte(`"modified":"2026-11-25T15:35:50.396619431Z"`), []byte(`"modified":"2026-11-25T16:35:50.396619431+01:00"`))
	if bytes.Equal(zoned, data) {
		t.Fatal("there is no such time")
	}
	m := newMemory()
	from := ledger.Key{Tenant: "tenant.contoso", Report: "report.sign_ins.sign_ins"}
	to := ledger.Key{Tenant: "tenant.x", Report: from.Report}
	for range 2 { // the second time as if the first had been cut off
		if _, err := m.Put(t.Context(), from, zoned, ""); err != nil {
			t.Fatal(err)
		}
		if err := New(m).Move(t.Context(), from, to); err != nil {
			t.Fatal(err)
		}
	}
	if len(m.objects) != 1 {
		t.Errorf("%d objects are stored, want the moved one", len(m.objects))
	}
}
