package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/ledger/local"
	"github.com/reportform/reportform/engine/ledger/store"
	"github.com/reportform/reportform/internal/address"
	"github.com/reportform/reportform/internal/place"
	"github.com/reportform/reportform/outputs"
	"github.com/reportform/reportform/outputs/file"
	"github.com/reportform/reportform/outputs/outputstest"
)

var testNow = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// day is the slice of a day of November.
func day(n int) (from, to time.Time) {
	from = time.Date(2026, 11, n, 0, 0, 0, 0, time.UTC)
	return from, from.AddDate(0, 0, 1)
}

// shelf is an archive with an output in memory, one that cannot look at what it
// wrote, and files, of which none is declared.
type shelf struct {
	*Archive
	t      *testing.T
	dir    string
	state  ledger.Backend
	memory outputstest.Memory
	stream outputstest.Stream
	log    bytes.Buffer
}

func newShelf(t *testing.T) *shelf {
	s := &shelf{t: t, dir: t.TempDir(), state: local.New(t.TempDir())}
	s.Archive = s.over(s.state)
	return s
}

// over is the same archive, of another state.
func (s *shelf) over(state ledger.Backend) *Archive {
	return s.with(state, NewKeepers(map[place.Kind]any{place.File: file.NewFiles(s.dir)}, map[address.Address]outputs.Output{
		"output.memory.m": &s.memory, "output.stream.s": &s.stream,
	}))
}

func (s *shelf) with(state ledger.Backend, keepers Keepers) *Archive {
	logger := hclog.New(&hclog.LoggerOptions{Output: &s.log, Level: hclog.Info})
	return New(store.New(state), keepers, func() time.Time { return testNow }, logger)
}

// put has an output write rows, and returns what to record.
func (s *shelf) put(output string, n int, at place.Place, rows ...string) ledger.Held {
	s.t.Helper()
	var receipt outputs.Receipt
	var o outputs.Output
	switch {
	case at.Kind() == "memory":
		o = &s.memory
	case at.Kind() == "stream":
		o = &s.stream
	case at == place.Console:
		receipt = outputs.Receipt{Place: at, Rows: int64(len(rows)), SHA256: strings.Repeat("0", 64)}
	default:
		receipt = s.file(at, strings.Join(rows, "\n"))
	}
	if o != nil {
		w, err := o.Open(s.t.Context(), outputs.Target{Place: at})
		for _, row := range rows {
			if err == nil {
				err = w.Write([]outputs.Event{*outputstest.Event(row)})
			}
		}
		if err == nil {
			receipt, err = w.Publish()
		}
		if err != nil {
			s.t.Fatal(err)
		}
	}
	return entryOf(output, n, receipt)
}

// entryOf is the entry of a receipt.
func entryOf(output string, n int, r outputs.Receipt) ledger.Held {
	from, to := day(n)
	return ledger.Held{
		Output: output, From: from, To: to, Definition: "d", Place: r.Place, Rows: r.Rows, Bytes: r.Bytes, Modified: r.Modified, Final: true,
	}.With(ledger.Proof{SHA256: r.SHA256, Promise: string(r.Promise), Ack: r.Ack, FetchedAt: to})
}

// file writes a file, and returns its receipt.
func (s *shelf) file(at place.Place, text string) outputs.Receipt {
	s.t.Helper()
	path := filepath.Join(s.dir, filepath.FromSlash(at.Text()))
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = os.WriteFile(path, []byte(text), 0o600)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		s.t.Fatal(err)
	}
	return outputs.Receipt{Place: at, Rows: 1, Bytes: info.Size(), SHA256: digestOf(text), Modified: info.ModTime()}
}

// exists reports whether a file is there.
func (s *shelf) exists(at place.Place) bool {
	_, err := os.Stat(filepath.Join(s.dir, filepath.FromSlash(at.Text())))
	return err == nil
}

// record makes a ledger hold entries.
func (s *shelf) record(key ledger.Key, held ...ledger.Held) {
	s.t.Helper()
	if err := store.New(s.state).Update(s.t.Context(), key, func(l *ledger.Ledger) {
		for _, h := range held {
			l.Hold(h)
		}
	}); err != nil {
		s.t.Fatal(err)
	}
}

// read is a ledger as a document.
func (s *shelf) read(key ledger.Key) *ledger.Document {
	s.t.Helper()
	l, err := s.Ledger(s.t.Context(), key)
	if err != nil {
		s.t.Fatal(err)
	}
	return l.Document()
}

// spoil stores what is no ledger.
func (s *shelf) spoil(key ledger.Key) {
	s.t.Helper()
	if _, err := s.state.Put(s.t.Context(), key, []byte("{"), ""); err != nil {
		s.t.Fatal(err)
	}
}

func keyOf(n int) ledger.Key {
	return ledger.Key{Tenant: fmt.Sprintf("tenant.t%03d", n), Report: "report.sign_ins.r"}
}

func memoryAt(part string) place.Place { return place.New("memory", "memory:t", part) }

func TestEach(t *testing.T) {
	s := newShelf(t)
	var keys []ledger.Key
	for i := range 70 { // more than are read at once
		keys = append(keys, keyOf(i))
		if i%2 == 0 {
			s.record(keyOf(i), s.put("output.ndjson.f", 1, place.Place(fmt.Sprint(i, ".ndjson")), "a"))
		}
	}
	spoiled := keyOf(7)
	s.spoil(spoiled)
	at := 0
	if err := s.Each(t.Context(), keys, func(key ledger.Key, l *ledger.Ledger, err error) error {
		switch {
		case key != keys[at]:
			t.Errorf("%v comes as number %d", key, at)
		case key == spoiled:
			if err == nil {
				t.Error("what is no ledger is read")
			}
		case err != nil || l.Tenant != key.Tenant || l.Len() != (at+1)%2:
			t.Errorf("%v: %v, %v", key, l, err)
		}
		at++
		return nil
	}); err != nil || at != len(keys) {
		t.Errorf("%d of %d, %v", at, len(keys), err)
	}

	enough := errors.New("enough")
	calls := 0
	if err := s.Each(t.Context(), keys, func(ledger.Key, *ledger.Ledger, error) error {
		calls++
		return enough
	}); !errors.Is(err, enough) || calls != 1 {
		t.Errorf("%v after %d calls", err, calls)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, of := range [][]ledger.Key{keys, nil} {
		if err := s.Each(ctx, of, func(ledger.Key, *ledger.Ledger, error) error {
			t.Error("called after the end of the context")
			return nil
		}); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}

func TestForgetKeepsFiles(t *testing.T) {
	s := newShelf(t)
	s.record(keyOf(1), s.put("output.ndjson.f", 1, "a.ndjson", "a"))
	s.record(keyOf(2), s.put("output.ndjson.f", 1, "b.ndjson", "a"))
	for range 2 { // what was cut off can be repeated
		if err := s.Forget(t.Context(), []ledger.Key{keyOf(1), keyOf(3)}); err != nil {
			t.Fatal(err)
		}
		keys, err := s.Keys(t.Context())
		if diff := cmp.Diff([]ledger.Key{keyOf(2)}, keys); diff != "" || err != nil {
			t.Error(err, diff)
		}
	}
	if !s.exists("a.ndjson") {
		t.Error("a file is gone")
	}
}

// sweeping is a keeper that notes what it is asked to sweep.
type sweeping struct {
	asked     []place.Place
	olderThan time.Time
	err       error
}

func (s *sweeping) Sweep(places iter.Seq[place.Place], olderThan time.Time) ([]string, error) {
	s.asked, s.olderThan = slices.Collect(places), olderThan
	return []string{"left.tmp"}, s.err
}

// Each kind is swept by who answers for it; what that cannot do keeps no other
// from it.
func TestSweep(t *testing.T) {
	s := newShelf(t)
	files, tables := &sweeping{err: errors.New("no permission")}, &sweeping{}
	kinds := map[place.Kind]any{place.File: files, "table": tables}
	for i := range 50 { // who cannot sweep is passed over, in whatever order they come
		kinds[place.Kind(fmt.Sprint("memory", i))] = &s.memory
	}
	a := s.with(s.state, NewKeepers(kinds, nil))
	table := place.New("table", "pg.t", "1")
	a.Sweep(slices.Values([]place.Place{"a/b", table, place.Console, memoryAt("1"), "c"}))
	if diff := cmp.Diff([]place.Place{"a/b", "c"}, files.asked); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]place.Place{table}, tables.asked); diff != "" {
		t.Error(diff)
	}
	if want := testNow.Add(-6 * time.Hour); !files.olderThan.Equal(want) || !tables.olderThan.Equal(want) {
		t.Errorf("older than %v and %v, want %v", files.olderThan, tables.olderThan, want)
	}
	log := s.log.String()
	if strings.Count(log, "left.tmp") != 2 || strings.Count(log, "[WARN]") != 1 || !strings.Contains(log, "no permission") {
		t.Errorf("the log is\n%s", log)
	}
}

func TestSweepStopsWhereTheKeeperDoes(t *testing.T) {
	s := newShelf(t)
	a := s.with(s.state, NewKeepers(map[place.Kind]any{place.File: firstOnly{}}, nil))
	given := 0
	a.Sweep(func(yield func(place.Place) bool) {
		for _, p := range []place.Place{"a", "b", "c"} {
			if given++; !yield(p) {
				return
			}
		}
	})
	if given != 1 {
		t.Errorf("%d places were given", given)
	}
}

// firstOnly sweeps the first place, and no more.
type firstOnly struct{}

func (firstOnly) Sweep(places iter.Seq[place.Place], _ time.Time) ([]string, error) {
	for range places {
		break
	}
	return nil, nil
}

func TestLocate(t *testing.T) {
	s := newShelf(t)
	s.file("out/a.ndjson", "a")
	for text, want := range map[string]struct {
		first             place.Place
		exists, directory bool
	}{
		"out/a.ndjson":                       {"out/a.ndjson", true, false},
		"out/../out/a.ndjson":                {"out/a.ndjson", true, false},
		filepath.Join(s.dir, "out/a.ndjson"): {"out/a.ndjson", true, false},
		"out":                                {"out", true, true},
		"nowhere":                            {"nowhere", false, false},
	} {
		places, exists, directory := s.Locate(text)
		if len(places) == 0 || places[0] != want.first || exists != want.exists || directory != want.directory {
			t.Errorf("%s: %v, exists %v, directory %v", text, places, exists, directory)
		}
	}
	// Where nobody answers for files a text is what it is.
	nobody := s.with(s.state, NewKeepers(nil, nil))
	if places, exists, directory := nobody.Locate("out"); !slices.Equal(places, []place.Place{"out"}) || exists || directory {
		t.Errorf("%v, exists %v, directory %v", places, exists, directory)
	}
}

func TestSame(t *testing.T) {
	s := newShelf(t)
	s.file("a", "a")
	s.file("b", "b")
	if err := os.Link(filepath.Join(s.dir, "a"), filepath.Join(s.dir, "linked")); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		one, other place.Place
		same       bool
	}{
		{"a", "linked", true},
		{"a", "b", false},
		{"a", "nowhere", false},
		{"nowhere", "nowhere", false},
		{"a", place.New("memory", "linked", ""), false},
		{place.New("memory", "linked", ""), "a", false},
		{memoryAt("1"), memoryAt("1"), false}, // nobody can tell, and nobody needs to: they are equal
	} {
		if s.Same(test.one, test.other) != test.same {
			t.Errorf("%s and %s are the same: %v", test.one, test.other, !test.same)
		}
	}
}

func TestReceipt(t *testing.T) {
	want := outputs.Receipt{Place: memoryAt("1"), Rows: 2, Bytes: 3, SHA256: "5a", Modified: testNow, Promise: outputs.Indexed, Ack: "17"}
	h := entryOf("output.memory.m", 1, want)
	if diff := cmp.Diff(want, Receipt(&h)); diff != "" {
		t.Error(diff)
	}
}
