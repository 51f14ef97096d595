package archive

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/internal/address"
	"github.com/reportform/reportform/internal/place"
	"github.com/reportform/reportform/outputs"
	"github.com/reportform/reportform/outputs/file"
)

// verify verifies ledgers, and returns what was told, shortly.
func verify(t *testing.T, a *Archive, keys ...ledger.Key) (*Verified, []string) {
	t.Helper()
	var told []string
	v, err := a.Verify(t.Context(), keys, func(value Verifying) {
		switch x := value.(type) {
		case VerifyBegun:
			if told != nil {
				t.Error("how much there is to read comes late")
			}
			told = append(told, fmt.Sprintf("begun %d entries of %d bytes", x.Entries, x.Bytes))
		case Good:
			told = append(told, fmt.Sprintf("good %d", x.Bytes))
		case Bad:
			told = append(told, fmt.Sprintf("bad %s %s %s %d %s", x.Key.Tenant, x.Output, x.Place, x.From.Day(), x.Condition))
		case BadLedger:
			told = append(told, "bad ledger "+x.Key.Tenant)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(told[1:])
	return v, told
}

// Everything that somebody can read again is read; the rest is counted.
func TestVerify(t *testing.T) {
	s := newShelf(t)
	lost := s.put("output.ndjson.f", 3, "lost", "c")
	s.record(
		keyOf(1),
		s.put("output.ndjson.f", 1, "a", "aa"), s.put("output.ndjson.f", 2, "b", "bbb"), lost,
		s.put("output.ndjson.f", 4, place.Console, "d"),
		s.put("output.memory.m", 1, memoryAt("1"), "a", "b"), s.put("output.memory.m", 2, memoryAt("2"), "a"),
		s.put("output.stream.s", 1, place.New("stream", "stream://x", "1"), "a"),
		s.put("output.stream.s", 2, place.New("stream", "stream://x", "2"), "a"),
	)
	s.record(keyOf(2), s.put("output.ndjson.f", 1, "t2/a", "a"), s.put("output.memory.gone", 1, memoryAt("3"), "a"))
	s.record(keyOf(2), s.put("output.ndjson.f", 1, "t2/moved", "a")) // what is left at t2/a is not read
	s.file("b", "BBB")
	if err := os.Remove(filepath.Join(s.dir, "lost")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(s.dir, "lost"), 0o700); err != nil {
		t.Fatal(err)
	}
	s.memory.Drop(memoryAt("1"))
	s.spoil(keyOf(3))
	for _, old := range []string{"20261118t115959z-abc", "20261119t120001z-abc"} { // from before a day, and after
		if _, err := s.state.Put(t.Context(), ledger.Key{Tenant: "tenant.t", Report: "report.sign_ins.r", Page: old}, []byte("{}"), ""); err != nil {
			t.Fatal(err)
		}
	}
	v, told := verify(t, s.Archive, keyOf(1), keyOf(2), keyOf(3), keyOf(4))
	want := []string{
		"begun 6 entries of 7 bytes",
		"bad ledger tenant.t003",
		"bad tenant.t001 output.memory.m memory:t 1 1 missing",
		"bad tenant.t001 output.ndjson.f b 2 altered",
		"bad tenant.t001 output.ndjson.f lost 3 unreadable",
		"good 0", "good 1", "good 2",
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
	sum := &Verified{
		Ledgers: 4, Good: 3, GoodBytes: 3, Missing: 1, Altered: 1, Unreadable: 1, BadLedgers: 1, Console: 1, Left: 1, Unnamed: 1,
		Unverifiable: map[string]int64{"output.stream.s": 2, "output.memory.gone": 1},
	}
	if diff := cmp.Diff(sum, v); diff != "" {
		t.Error(diff)
	}
}

func TestVerifiedIsBad(t *testing.T) {
	for want, list := range map[bool][]Verified{
		true:  {{Missing: 1}, {Altered: 1}, {Unreadable: 1}, {BadLedgers: 1}},
		false: {{}, {Good: 1, Console: 1, Left: 1, Unnamed: 1, Unverifiable: map[string]int64{"o": 1}}},
	} {
		for _, v := range list {
			if v.Bad() != want {
				t.Errorf("%+v is bad: %v", v, !want)
			}
		}
	}
}

// behind answers some Gets of a ledger with what was stored before, as a reader
// meets it that is slower than a writer.
type behind struct {
	ledger.Backend
	old  [][]byte // the next answers
	then func()   // called before the first answer that is not old
}

func (b *behind) Get(ctx context.Context, key ledger.Key) ([]byte, ledger.Version, error) {
	if len(b.old) == 0 && b.then != nil {
		then := b.then
		b.then = nil
		then()
	}
	data, version, err := b.Backend.Get(ctx, key)
	if len(b.old) > 0 && err == nil {
		data, b.old = b.old[0], b.old[1:]
	}
	return data, version, err
}

// A place that another process replaces while it is verified is checked by what
// is recorded of it then.
func TestVerifySettlesSuspects(t *testing.T) {
	type given struct {
		*shelf
		held ledger.Held // of an output in memory, of one row
	}
	for name, test := range map[string]struct {
		meanwhile func(given)
		want      string // what is told of the entry; nothing of one that nobody can tell about
	}{
		"it is lost": {meanwhile: func(g given) {
			g.memory.Drop(g.held.Place)
		}, want: "bad tenant.t001 output.memory.m memory:t 1 1 missing"},
		"written again": {meanwhile: func(g given) {
			g.record(keyOf(1), g.put("output.memory.m", 1, memoryAt("1"), "a", "b"))
		}, want: "good 0"},
		"written to another place": {meanwhile: func(g given) {
			g.memory.Drop(g.held.Place)
			g.record(keyOf(1), g.put("output.memory.m", 1, memoryAt("2"), "a"))
		}, want: "good 0"},
		"written again and lost": {meanwhile: func(g given) {
			g.memory.Drop(g.held.Place)
			g.record(keyOf(1), g.put("output.memory.m", 1, memoryAt("2"), "a", "b"))
			g.memory.Drop(memoryAt("2"))
		}, want: "bad tenant.t001 output.memory.m memory:t 2 1 missing"},
		"forgotten": {meanwhile: func(g given) {
			g.memory.Drop(g.held.Place)
			if err := g.Forget(g.t.Context(), []ledger.Key{keyOf(1)}); err != nil {
				g.t.Fatal(err)
			}
		}},
		"written where nobody reads": {meanwhile: func(g given) {
			g.memory.Drop(g.held.Place)
			g.record(keyOf(1), g.put("output.memory.m", 1, place.New("stream", "stream://x", "1"), "a"))
		}},
		"written to standard output": {meanwhile: func(g given) {
			g.memory.Drop(g.held.Place)
			g.record(keyOf(1), g.put("output.memory.m", 1, place.Console, "a"))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShelf(t)
			held := s.put("output.memory.m", 1, memoryAt("1"), "a")
			s.record(keyOf(1), held)
			old, _, err := s.state.Get(t.Context(), keyOf(1))
			if err != nil {
				t.Fatal(err)
			}
			test.meanwhile(given{s, held})
			v, told := verify(t, s.over(&behind{Backend: s.state, old: [][]byte{old, old}}), keyOf(1)) // to measure, and to read
			if got := strings.Join(told[1:], ", "); got != test.want {
				t.Errorf("%q, want %q: %+v", got, test.want, v)
			}
		})
	}
}

// A place that is replaced again and again is checked as often.
func TestVerifySettlesWhatChangesTwice(t *testing.T) {
	s := newShelf(t)
	var stored [][]byte
	for _, rows := range [][]string{{"a"}, {"a", "b"}, {"a", "b", "c"}} {
		s.record(keyOf(1), s.put("output.memory.m", 1, memoryAt("1"), rows...))
		data, _, err := s.state.Get(t.Context(), keyOf(1))
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, data)
	}
	b := &behind{Backend: s.state, old: [][]byte{stored[0], stored[0], stored[1]}}
	if v, told := verify(t, s.over(b), keyOf(1)); v.Good != 1 || v.Bad() || len(b.old) > 0 {
		t.Errorf("%+v, %q", v, told)
	}
}

// The errors of a verification end it, and what was found until then is told.
func TestVerifyIsInterrupted(t *testing.T) {
	s := newShelf(t)
	s.record(keyOf(1), s.put("output.ndjson.f", 1, "a", "aa"), s.put("output.ndjson.f", 2, "b", "bb"))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	v, err := s.Verify(ctx, []ledger.Key{keyOf(1)}, func(value Verifying) {
		if _, ok := value.(Hashed); ok {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || v == nil || v.Ledgers != 1 || v.Bad() {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestVerifyCountsWhatItReads(t *testing.T) {
	s := newShelf(t)
	s.record(keyOf(1), s.put("output.ndjson.f", 1, "a", "aa"), s.put("output.ndjson.f", 2, "b", "bbb"))
	read := int64(0)
	if _, err := s.Verify(t.Context(), []ledger.Key{keyOf(1)}, func(value Verifying) {
		if h, ok := value.(Hashed); ok {
			read += h.Bytes
		}
	}); err != nil || read != 5 {
		t.Errorf("%d bytes read, %v", read, err)
	}
}

// Pages that no ledger names go after a day.
func TestSweepPages(t *testing.T) {
	s := newShelf(t)
	page := func(at time.Time) ledger.Key {
		return ledger.Key{Tenant: "tenant.t", Report: "report.sign_ins.r", Page: strings.ToLower(at.Format("20060102T150405Z")) + "-abc"}
	}
	old, young := page(testNow.Add(-24*time.Hour-time.Second)), page(testNow.Add(-24*time.Hour))
	for _, key := range []ledger.Key{old, young} {
		if _, err := s.state.Put(t.Context(), key, []byte("{}"), ""); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []int{1, 0} {
		if n, err := s.SweepPages(t.Context()); n != want || err != nil {
			t.Errorf("%d pages, %v, want %d", n, err, want)
		}
	}
	if keys, err := s.state.List(t.Context()); err != nil || !slices.Equal(keys, []ledger.Key{young}) {
		t.Errorf("%v, %v", keys, err)
	}
}

// Files are verified without their blocks, and others with who is declared.
func TestVerifyAsksWhoAnswers(t *testing.T) {
	s := newShelf(t)
	deep, shallow := &deepProbe{finding: place.Finding{Condition: place.Altered, Err: errors.New("other rows")}}, &probe{says: place.Intact}
	a := s.with(s.state, NewKeepers(map[place.Kind]any{place.File: file.NewFiles(s.dir)}, map[address.Address]outputs.Output{
		"output.probe.deep": deep, "output.probe.shallow": shallow,
	}))
	entry, receipt := heldAt("output.probe.deep", probeAt("1"))
	other, _ := heldAt("output.probe.shallow", probeAt("2"))
	s.record(keyOf(1), entry, other)
	v, told := verify(t, a, keyOf(1))
	if v.Altered != 1 || !maps.Equal(v.Unverifiable, map[string]int64{"output.probe.shallow": 1}) {
		t.Errorf("%+v, %q", v, told)
	}
	if diff := cmp.Diff([]outputs.Receipt{receipt}, deep.read); diff != "" || len(shallow.looked) > 0 {
		t.Error(diff)
	}
}
