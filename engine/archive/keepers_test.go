package archive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/internal/address"
	"github.com/reportform/reportform/internal/place"
	"github.com/reportform/reportform/outputs"
	"github.com/reportform/reportform/outputs/file"
)

func digestOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// unseen is an output that answers for places of kind probe, and can do nothing.
type unseen struct{ outputs.Output }

func (unseen) Resolve(*outputs.Pull) (outputs.Target, hcl.Diagnostics) { panic("not asked") }

func (unseen) Kind() place.Kind { return "probe" }

// probe is an output whose looks say what they are told, and count.
type probe struct {
	unseen
	says          place.Condition
	err           error
	begun, closed int
	looked        []outputs.Receipt
}

func (p *probe) Look(context.Context) outputs.Look {
	p.begun++
	return p
}

func (p *probe) At(r *outputs.Receipt) (place.Condition, error) {
	p.looked = append(p.looked, *r)
	return p.says, p.err
}

func (p *probe) Close() { p.closed++ }

// deepProbe can read everything, too.
type deepProbe struct {
	probe
	finding place.Finding
	stopped error
	read    []outputs.Receipt
}

func (p *deepProbe) Verify(_ context.Context, r *outputs.Receipt, _ func(int64)) (place.Finding, error) {
	p.read = append(p.read, *r)
	return p.finding, p.stopped
}

func probeAt(part string) place.Place { return place.New("probe", "probe:t", part) }

func TestKeepers(t *testing.T) {
	files := file.NewFiles(t.TempDir())
	var s shelf
	table, p, other := &probe{}, &probe{}, &probe{}
	k := NewKeepers(map[place.Kind]any{place.File: files, place.Standard: table, "table": table}, map[address.Address]outputs.Output{
		"output.memory.m": &s.memory, "output.stream.s": &s.stream, "output.probe.p": p, `output.probe.each["x"]`: other,
	})
	for _, test := range []struct {
		name, output string
		place        place.Place
		want         any
	}{
		{"a file", "output.ndjson.f", "a.ndjson", files},
		{"a file of an output that answers for others", "output.memory.m", "a.ndjson", files},
		{"a kind without a block", "output.postgres.p", place.New("table", "pg.t", ""), table},
		{"a kind without a block, of an output that is declared", "output.probe.p", place.New("table", "pg.t", ""), table},
		{"standard output", "output.ndjson.f", place.Console, nil},
		{"standard output of one that answers for others", "output.memory.m", place.Console, nil},
		{"its own kind", "output.memory.m", memoryAt("1"), &s.memory},
		{"its own kind, of the other instance", `output.probe.each["x"]`, probeAt("1"), other},
		{"another's kind", "output.memory.m", probeAt("1"), nil},
		{"an output that answers for nothing", "output.stream.s", place.New("stream", "stream://x", ""), nil},
		{"an output that is not declared", "output.memory.gone", memoryAt("1"), nil},
	} {
		if got := k.of(test.output, test.place); got != test.want {
			t.Errorf("%s: %T answers, want %T", test.name, got, test.want)
		}
	}
	none := NewKeepers(nil, nil)
	if got := none.of("output.ndjson.f", "a.ndjson"); got != nil {
		t.Errorf("%T answers where there is nobody", got)
	}
}

// heldAt is an entry with a whole receipt.
func heldAt(output string, at place.Place) (ledger.Held, outputs.Receipt) {
	r := outputs.Receipt{Place: at, Rows: 3, Bytes: 4, SHA256: "5a", Modified: testNow, Promise: outputs.Stored, Ack: "17"}
	return entryOf(output, 1, r), r
}

// A look says what is at a place, and what it cannot tell a reading does.
func TestWatch(t *testing.T) {
	denied := errors.New("access denied")
	for name, test := range map[string]struct {
		probe  deepProbe
		want   place.Condition
		unseen error // that an UnseenError has
		err    error
		read   bool
	}{
		"intact":                {probe: deepProbe{probe: probe{says: place.Intact}}, want: place.Intact},
		"missing":               {probe: deepProbe{probe: probe{says: place.Missing}}, want: place.Missing},
		"altered":               {probe: deepProbe{probe: probe{says: place.Altered}}, want: place.Altered},
		"cannot be looked at":   {probe: deepProbe{probe: probe{says: place.Unreadable, err: denied}}, want: place.Unreadable, unseen: denied},
		"unsure, and intact":    {probe: deepProbe{probe: probe{says: place.Unsure}, finding: place.Finding{Condition: place.Intact}}, want: place.Intact, read: true},
		"unsure, and missing":   {probe: deepProbe{probe: probe{says: place.Unsure}, finding: place.Finding{Condition: place.Missing}}, want: place.Missing, read: true},
		"unsure, and altered":   {probe: deepProbe{probe: probe{says: place.Unsure}, finding: place.Finding{Condition: place.Altered, Bytes: 9}}, want: place.Altered, read: true},
		"unsure, and no answer": {probe: deepProbe{probe: probe{says: place.Unsure}, finding: place.Finding{Condition: place.Unreadable, Err: denied}}, want: place.Unreadable, unseen: denied, read: true},
		"unsure, and stopped":   {probe: deepProbe{probe: probe{says: place.Unsure}, stopped: context.Canceled}, err: context.Canceled, read: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShelf(t)
			p := test.probe
			a := s.with(s.state, NewKeepers(nil, map[address.Address]outputs.Output{"output.probe.p": &p}))
			w := a.Watch(t.Context())
			defer w.Close()
			h, receipt := heldAt("output.probe.p", probeAt("1"))
			got, err := w.At(&h)
			if got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
			var unseen *UnseenError
			switch {
			case test.unseen != nil:
				if !errors.As(err, &unseen) || unseen.Place != h.Place || !errors.Is(err, test.unseen) {
					t.Errorf("the error is %v", err)
				}
			case !errors.Is(err, test.err) || errors.As(err, &unseen):
				t.Errorf("the error is %v, want %v", err, test.err)
			}
			if test.read != (len(p.read) == 1) || test.read && p.read[0] != receipt {
				t.Errorf("read %+v", p.read)
			}
			brief := receipt
			brief.SHA256, brief.Promise, brief.Ack = "", "", ""
			if diff := cmp.Diff([]outputs.Receipt{brief}, p.looked); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What nobody can look at, or read, is held by the word of its destination.
func TestWatchTakesTheWordOfADestination(t *testing.T) {
	s := newShelf(t)
	shallow := &probe{says: place.Unsure}
	blind := &unseen{}
	a := s.with(s.state, NewKeepers(nil, map[address.Address]outputs.Output{
		"output.stream.s": &s.stream, "output.probe.shallow": shallow, "output.probe.blind": blind,
	}))
	w := a.Watch(t.Context())
	defer w.Close()
	for _, h := range []struct {
		output string
		place  place.Place
	}{
		{"output.stream.s", place.New("stream", "stream://x", "1")},
		{"output.probe.shallow", probeAt("1")},
		{"output.probe.blind", probeAt("1")},
		{"output.probe.gone", probeAt("1")},
		{"output.probe.shallow", place.New("table", "pg.t", "1")},
		{"output.probe.shallow", place.Console},
		{"output.ndjson.f", "a.ndjson"}, // nobody answers for files here
	} {
		held, _ := heldAt(h.output, h.place)
		if got, err := w.At(&held); got != place.Intact || err != nil {
			t.Errorf("%s at %s: %q, %v", h.output, h.place, got, err)
		}
	}
	if len(shallow.looked) != 1 {
		t.Errorf("looked at %+v", shallow.looked)
	}
}

// A look is begun once for all entries of an output, and for all files; it is
// ended with the watch.
func TestWatchBeginsLooksOnce(t *testing.T) {
	s := newShelf(t)
	files, p, q := &probe{says: place.Missing}, &probe{says: place.Altered}, &probe{says: place.Missing}
	a := s.with(s.state, NewKeepers(map[place.Kind]any{place.File: files}, map[address.Address]outputs.Output{
		"output.probe.p": p, "output.probe.q": q,
	}))
	w := a.Watch(t.Context())
	for _, at := range []struct {
		output string
		place  place.Place
		want   place.Condition
	}{
		{"output.probe.p", place.Console, place.Intact},
		{"output.probe.p", place.New("table", "pg.t", "1"), place.Intact}, // as it was declared before
		{"output.probe.p", probeAt("1"), place.Altered},
		{"output.probe.q", probeAt("2"), place.Missing},
		{"output.probe.p", probeAt("3"), place.Altered},
		{"output.probe.p", "a", place.Missing},
		{"output.ndjson.f", "b", place.Missing},
		{"output.probe.p", place.New("table", "pg.t", "2"), place.Intact},
		{"output.probe.q", probeAt("4"), place.Missing},
	} {
		held, _ := heldAt(at.output, at.place)
		if got, err := w.At(&held); got != at.want || err != nil {
			t.Errorf("%s at %s: %q, %v, want %q", at.output, at.place, got, err, at.want)
		}
	}
	if files.begun != 1 || p.begun != 1 || q.begun != 1 || len(p.looked) != 2 || len(q.looked) != 2 || len(files.looked) != 2 {
		t.Errorf("begun %d, %d and %d", files.begun, p.begun, q.begun)
	}
	if files.closed+p.closed+q.closed > 0 {
		t.Error("a look was ended before the watch")
	}
	w.Close()
	if files.closed != 1 || p.closed != 1 || q.closed != 1 {
		t.Errorf("ended %d, %d and %d times", files.closed, p.closed, q.closed)
	}
	a.Watch(t.Context()).Close() // of nothing
}

func TestUnseenError(t *testing.T) {
	for at, want := range map[place.Place]string{
		"a.ndjson":   "the held file a.ndjson cannot be looked at: no; make it readable, or plan with -refresh=false",
		probeAt("1"): "what is held at probe:t 1 cannot be looked at: no; make it readable, or plan with -refresh=false",
	} {
		if got := (&UnseenError{at, errors.New("no")}).Error(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// What is removed is gone, and what stays says why.
func TestRemove(t *testing.T) {
	s := newShelf(t)
	blind := &unseen{}
	a := s.with(s.state, NewKeepers(map[place.Kind]any{place.File: file.NewFiles(s.dir)}, map[address.Address]outputs.Output{
		"output.memory.m": &s.memory, "output.stream.s": &s.stream, "output.probe.blind": blind,
	}))
	intact, gone, altered := s.file("a", "text"), s.file("gone", "text"), s.file("altered", "text")
	if err := os.Remove(filepath.Join(s.dir, "gone")); err != nil {
		t.Fatal(err)
	}
	s.file("altered", "txet")
	held := s.put("output.memory.m", 1, memoryAt("1"), "a", "b")
	const cannot, undeclared = "cannot remove what it wrote: remove it there, and forget the slices with state rm",
		"is not declared, and nothing else can remove what it wrote: declare it again, or forget the slices with state rm"
	for _, test := range []struct {
		name, output string
		receipt      outputs.Receipt
		want         string // of the error
	}{
		{"a file", "output.ndjson.f", intact, ""},
		{"a file that is gone", "output.ndjson.f", gone, ""},
		{"a file that was altered", "output.ndjson.f", altered, outputs.ErrAltered.Error()},
		{"standard output", "output.ndjson.f", outputs.Receipt{Place: place.Console}, ""},
		{"an output that answers", "output.memory.m", Receipt(&held), ""},
		{"one that is not declared", "output.memory.gone", Receipt(&held), "output.memory.gone " + undeclared},
		{"one that cannot", "output.stream.s", outputs.Receipt{Place: place.New("stream", "s", "")}, "output.stream.s " + cannot},
		{"one that answers, and cannot", "output.probe.blind", outputs.Receipt{Place: probeAt("1")}, "output.probe.blind " + cannot},
		{"one that answers for others", "output.memory.m", outputs.Receipt{Place: probeAt("1")}, "output.memory.m " + cannot},
	} {
		got := ""
		if err := a.Remove(t.Context(), test.output, &test.receipt); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
	if s.exists("a") || !s.exists("altered") || len(s.memory.Slices()) > 0 {
		t.Errorf("a is there: %v, altered: %v, in memory %v", s.exists("a"), s.exists("altered"), s.memory.Slices())
	}
}

func TestCompare(t *testing.T) {
	s := newShelf(t)
	good, bad := s.file("a", "text"), s.file("b", "text")
	bad.SHA256 = strings.Repeat("0", 64)
	held := s.put("output.memory.m", 1, memoryAt("1"), "a")
	short := Receipt(&held)
	short.Rows++
	for _, test := range []struct {
		name, output string
		receipt      outputs.Receipt
		want         place.Condition
	}{
		{"a file", "output.ndjson.f", good, place.Intact},
		{"another file", "output.ndjson.f", bad, place.Altered},
		{"no file", "output.ndjson.f", outputs.Receipt{Place: "nowhere"}, place.Missing},
		{"in memory", "output.memory.m", Receipt(&held), place.Intact},
		{"in memory, with other rows", "output.memory.m", short, place.Altered},
		{"of another kind", "output.memory.m", outputs.Receipt{Place: probeAt("1")}, ""},
		{"not declared", "output.memory.gone", Receipt(&held), ""},
		{"nobody can read it", "output.stream.s", outputs.Receipt{Place: place.New("stream", "s", "")}, ""},
		{"standard output", "output.ndjson.f", outputs.Receipt{Place: place.Console}, ""},
	} {
		if got, err := s.Compare(t.Context(), test.output, test.receipt); got.Condition != test.want || err != nil {
			t.Errorf("%s: %+v, %v, want %q", test.name, got, err, test.want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Compare(ctx, "output.ndjson.f", good); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}
