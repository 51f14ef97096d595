package archive

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/internal/place"
)

// document is the ledger of a file, two parts of a place that is no file, and
// what went to standard output twice.
func (s *shelf) document() *ledger.Document {
	return ledger.New(keyOf(1),
		s.put("output.ndjson.f", 1, "a", "a"), s.put("output.memory.m", 1, memoryAt("1"), "a"), s.put("output.memory.m", 2, memoryAt("2"), "b"),
		s.put("output.text.t", 1, place.Console), s.put("output.text.t", 2, place.Console),
	).Document()
}

// A document has to make sense, whatever sort of place it is about.
func TestPushNeedsSense(t *testing.T) {
	const memory, ndjson, text = 0, 2, 3 // the first entry of each
	for name, test := range map[string]struct {
		change func(*ledger.Document)
		want   string // of the error
	}{
		"as it is":                   {change: func(*ledger.Document) {}},
		"a file without a digest":    {change: func(d *ledger.Document) { d.Held[ndjson].SHA256 = "" }, want: `entry 3, from 2026-11-01T00:00Z: the sha256 "" is no digest`},
		"a short digest":             {change: func(d *ledger.Document) { d.Held[ndjson].SHA256 = "abc" }, want: "no digest"},
		"a digest in upper case":     {change: func(d *ledger.Document) { d.Held[ndjson].SHA256 = strings.Repeat("A", 64) }, want: "no digest"},
		"an object with a digest":    {change: func(d *ledger.Document) { d.Held[memory].SHA256 = strings.Repeat("a", 64) }},
		"an object with half of one": {change: func(d *ledger.Document) { d.Held[memory].SHA256 = "abc" }, want: "no digest"},
		"the console needs none":     {change: func(d *ledger.Document) { d.Held[text].SHA256 = "" }},
		"nor a whole one":            {change: func(d *ledger.Document) { d.Held[text].SHA256 = "abc" }},
		"a walk":                     {change: func(d *ledger.Document) { d.Held[ndjson].WalkFrom, d.Held[ndjson].WalkTo = day(1) }},
		"a walk backwards":           {change: func(d *ledger.Document) { d.Held[ndjson].WalkTo, d.Held[ndjson].WalkFrom = day(1) }, want: "walk"},
		"two slices in one place":    {change: func(d *ledger.Document) { d.Held[memory+1].Place = d.Held[memory].Place }, want: "entry 2, from 2026-11-02T00:00Z: another entry has the path memory:t 1"},
		"two outputs in one place": {change: func(d *ledger.Document) {
			d.Held[memory].Place, d.Held[memory].SHA256 = d.Held[ndjson].Place, d.Held[ndjson].SHA256
		}, want: "another entry has the path a"},
		"one text of another kind":   {change: func(d *ledger.Document) { d.Held[memory+1].Place = place.New("table", "memory:t", "1") }},
		"no output":                  {change: func(d *ledger.Document) { d.Held[memory].Output = "memory.m" }, want: "no address of an output"},
		"no definition":              {change: func(d *ledger.Document) { d.Held[memory].Definition = "" }, want: "its definition is missing"},
		"rows below zero":            {change: func(d *ledger.Document) { d.Held[memory].Rows = -1 }, want: "a number is below zero"},
		"bytes below zero":           {change: func(d *ledger.Document) { d.Held[ndjson].Bytes = -1 }, want: "a number is below zero"},
		"pages below zero":           {change: func(d *ledger.Document) { d.Held[ndjson].Pages = -1 }, want: "a number is below zero"},
		"requests below zero":        {change: func(d *ledger.Document) { d.Held[ndjson].Requests = -1 }, want: "a number is below zero"},
		"rows beyond what is stored": {change: func(d *ledger.Document) { d.Held[memory].Rows = math.MaxInt64 }, want: "a number is too large to be stored"},
		"late events below zero":     {change: func(d *ledger.Document) { d.Held[ndjson].Late = -1 }, want: "a number is below zero"},
		"no tenant":                  {change: func(d *ledger.Document) { d.Tenant = "report.a.b" }, want: `the tenant "report.a.b" is no address of a tenant`},
		"no report":                  {change: func(d *ledger.Document) { d.Report = "tenant.a" }, want: `the report "tenant.a" is no address of a report`},
		"no place":                   {change: func(d *ledger.Document) { d.Held[memory].Place = "" }, want: "no path"},
		"a walk without an end":      {change: func(d *ledger.Document) { d.Held[ndjson].WalkFrom = testNow }, want: "walk"},
		"a walk without a beginning": {change: func(d *ledger.Document) { d.Held[ndjson].WalkTo = testNow }, want: "walk"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShelf(t)
			d := s.document()
			test.change(d)
			p, err := s.Push(t.Context(), d, false)
			if test.want == "" {
				if err != nil || *p != (Pushed{Key: keyOf(1), Added: 5}) {
					t.Fatalf("%+v, %v", p, err)
				}
				if diff := cmp.Diff(d, s.read(keyOf(1))); diff != "" {
					t.Error(diff)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
			if keys, err := s.Keys(t.Context()); err != nil || len(keys) > 0 {
				t.Errorf("stored %v, %v", keys, err)
			}
		})
	}
}

// Push counts what changes, any part of an entry.
func TestPushCounts(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*ledger.Document)
		want   Pushed
	}{
		"nothing":       {func(*ledger.Document) {}, Pushed{Equal: 5}},
		"an ack":        {func(d *ledger.Document) { d.Held[0].Ack = "other" }, Pushed{Equal: 4, Changed: 1}},
		"a promise":     {func(d *ledger.Document) { d.Held[0].Promise = "indexed" }, Pushed{Equal: 4, Changed: 1}},
		"a walk":        {func(d *ledger.Document) { d.Held[0].WalkFrom, d.Held[0].WalkTo = day(1) }, Pushed{Equal: 4, Changed: 1}},
		"late events":   {func(d *ledger.Document) { d.Held[0].Late = 1 }, Pushed{Equal: 4, Changed: 1}},
		"a part":        {func(d *ledger.Document) { d.Held[0].Place = memoryAt("9") }, Pushed{Equal: 4, Changed: 1}},
		"another slice": {func(d *ledger.Document) { d.Held[1].From, d.Held[1].To = day(9) }, Pushed{Equal: 4, Removed: 1, Added: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShelf(t)
			d := s.document()
			if _, err := s.Push(t.Context(), d, false); err != nil {
				t.Fatal(err)
			}
			test.change(d)
			p, err := s.Push(t.Context(), d, false)
			if loss := (*LossError)(nil); test.want.Removed > 0 {
				if !errors.As(err, &loss) || loss.Entries != 1 || loss.First != "output.memory.m from 2026-11-02T00:00Z" {
					t.Errorf("the error is %v", err)
				}
				p, err = s.Push(t.Context(), d, true)
			}
			test.want.Key = keyOf(1)
			if err != nil || *p != test.want {
				t.Errorf("%+v, %v, want %+v", p, err, test.want)
			}
			if diff := cmp.Diff(d, s.read(keyOf(1))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// All that a document can say is stored.
func TestPushKeepsEverything(t *testing.T) {
	s := newShelf(t)
	d := s.document()
	from, to := day(1)
	d.Keeper = "k"
	d.Reach = &ledger.Reach{Span: ledger.Seconds(time.Hour), Answers: 3, At: testNow}
	d.Accepted = []ledger.Acceptance{{From: from, To: to, At: testNow, Reason: "known"}}
	d.Deleted = []ledger.Deletion{{Output: "output.memory.m", From: from, To: to, Place: memoryAt("0"), At: testNow, Why: "undeclared", Plan: "5a"}}
	d.Failed = []ledger.Failed{{Output: "output.memory.m", From: to, To: to.AddDate(0, 0, 9), At: testNow, Error: "no", Cause: "limit", Advice: "Wait."}}
	d.Left = []ledger.Left{{Output: "output.memory.m", From: from, To: to, Place: memoryAt("left"), Rows: 7}}
	for range 2 {
		if _, err := s.Push(t.Context(), d, false); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(d, s.read(keyOf(1))); diff != "" {
			t.Error(diff)
		}
	}
}

// What a document does not speak of stays, unless it is forced.
func TestPushKeepsWhatIsNotSaid(t *testing.T) {
	s := newShelf(t)
	d := s.document()
	from, to := day(1)
	whole := *d
	whole.Keeper, whole.Reach = "k", &ledger.Reach{Span: ledger.Seconds(time.Hour), Answers: 3, At: testNow}
	whole.Accepted = []ledger.Acceptance{{From: from, To: to, At: testNow, Reason: "known"}}
	whole.Deleted = []ledger.Deletion{{Output: "output.memory.m", From: from, To: to, Place: memoryAt("0"), At: testNow, Why: "undeclared"}}
	for _, push := range []struct {
		d     *ledger.Document
		force bool
		want  *ledger.Document
	}{{&whole, false, &whole}, {d, false, &whole}, {d, true, d}} {
		if _, err := s.Push(t.Context(), push.d, push.force); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(push.want, s.read(keyOf(1))); diff != "" {
			t.Error(diff)
		}
	}
	// Of what both say nothing is there twice.
	more := whole
	more.Accepted = []ledger.Acceptance{{From: to, To: to.AddDate(0, 0, 1), At: testNow, Reason: "known too"}, whole.Accepted[0]}
	if _, err := s.Push(t.Context(), &whole, false); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Push(t.Context(), &more, false); err != nil {
		t.Fatal(err)
	}
	want := whole
	want.Accepted = []ledger.Acceptance{whole.Accepted[0], more.Accepted[0]}
	if diff := cmp.Diff(&want, s.read(keyOf(1))); diff != "" {
		t.Error(diff)
	}
}

func TestLossError(t *testing.T) {
	for entries, want := range map[int]string{
		1: "the stored ledger has 1 entry that the document lacks, the first is x",
		2: "the stored ledger has 2 entries that the document lacks, the first is x",
	} {
		if got := (&LossError{entries, "x"}).Error(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
