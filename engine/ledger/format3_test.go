package ledger

import (
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reportform/reportform/internal/place"
	"github.com/reportform/reportform/internal/rawjson"
)

// wholeEntries are entries that say all that an entry can say, each something
// else.
func wholeEntries() []Held {
	held := func(output string, n int, at place.Place, p Proof) Held {
		return Held{
			Output: output, From: day(n), To: day(n + 1), Definition: "d" + output, Place: at, Rows: int64(n), Bytes: int64(2 * n),
			Modified: day(n).Add(time.Nanosecond), Final: n%2 == 0, Revisited: n%3 == 0, ReadAfter: time.Duration(n%4) * time.Hour,
		}.With(p)
	}
	fetched := Proof{
		SHA256: "5a", First: day(1), Last: day(2), WalkFrom: day(1), WalkTo: day(9), Pages: 1, Requests: 2, Repeated: 3, Revisions: 4, Outside: 5, Untimed: 9,
		FirstRows: 9, Vanished: 10, Changed: 11, Late: 6, LateByRows: true, LateFrom: time.Hour, LateTo: 2 * time.Hour, FirstID: "r1", LastID: "r2", FetchedAt: day(9), Took: 7, Waited: 8,
	}
	earlier, whole := fetched, fetched
	earlier.WalkFrom, earlier.LateByRows = day(1).Add(-time.Hour), false
	whole.Promise, whole.Ack = "stored", "a\"1\n\u00e9"
	whole.Derived, whole.DerivedAt = place.New("table", "pg.sign_ins", "contoso 1"), day(10)
	return []Held{
		held("output.a", 1, "out/\u00e9 1.json", fetched),
		held("output.a", 2, "out/2.json", earlier),
		held("output.a", 3, "out/3.json", Proof{}),
		held("output.b", 4, place.New("object", "s3://bucket/4.json", ""), whole),
		held("output.b", 5, place.New("table", "pg.sign_ins", "contoso 5"), Proof{Promise: "sent", Derived: "out/5.json", DerivedAt: day(6)}),
		held("output.b", 6, place.New("table", "pg.sign_ins", "contoso 6"), Proof{Promise: "indexed", Ack: "6", Derived: place.New("object", "s3://bucket/6.json", "")}),
		held("output.b", 7, place.New("stream", "-", ""), Proof{Promise: "accepted"}),
		held("output.b", 8, place.New(place.File, "rows.db", "8"), Proof{SHA256: "5b"}),
		held("output.c", 9, place.Console, Proof{SHA256: "5c"}),
	}
}

// wholeLedger says all that a ledger can say.
func wholeLedger() *Ledger {
	l := New(Key{Tenant: `tenant.customer["é"]`, Report: "report.a.b"}, wholeEntries()...)
	l.Keeper, l.Expiry, l.Protected = "k", "90d", true
	l.Failed = []Failed{{Output: "output.a", From: day(20), To: day(21), At: day(22), Error: "no", Cause: "limit", Advice: "Wait."}}
	l.Left = []Left{
		{Output: "output.b", From: day(1), To: day(2), Place: place.New("table", "pg.sign_ins", "contoso 1"), Rows: 7},
		{Output: "output.a", From: day(1), To: day(2), Place: "old/1.json", Rows: 8, Bytes: 9, SHA256: "5d", Relocated: true},
	}
	l.Reach = &Reach{Span: Seconds(time.Hour), Answers: 3, At: day(5), TooLong: Seconds(2 * time.Hour)}
	l.Skew = &Skew{Machine: "m", Ahead: Seconds(-2 * time.Hour), At: day(6)}
	l.Lateness = &Lateness{Events: 100, Late: 3, ByRows: 1, Within: [6]int64{0, 0, 1, 1}, Least: Seconds(time.Hour), Most: Seconds(7 * time.Hour), After: Seconds(8 * time.Hour)}
	l.Accepted = []Acceptance{{From: day(1), To: day(2), At: day(3), Reason: "known"}, {From: day(2), To: day(3), At: day(4), Reason: "known, too"}}
	l.Deleted = []Deletion{
		{Output: "output.b", From: day(1), To: day(2), Place: place.New("table", "pg.sign_ins", "contoso 0"), At: day(3), Why: "undeclared", Plan: "5e", Slices: 3, Allowed: "removes_tenant"},
		{Output: "output.a", From: day(1), To: day(2), Place: "old/0.json", At: day(3), Why: "expired"},
	}
	return l
}

// The ledger that the tests store leaves out nothing: a field that is added is
// added to it, and then has to be stored.
func TestWholeLedgerIsWhole(t *testing.T) {
	d := wholeLedger().Document()
	saysAll(t, reflect.ValueOf([]Document{*d}))
	saysAll(t, reflect.ValueOf(d.Held))
	saysAll(t, reflect.ValueOf(d.Failed))
	saysAll(t, reflect.ValueOf(d.Left))
	saysAll(t, reflect.ValueOf([]Reach{*d.Reach}))
	saysAll(t, reflect.ValueOf([]Skew{*d.Skew}))
	saysAll(t, reflect.ValueOf([]Lateness{*d.Lateness}))
	saysAll(t, reflect.ValueOf(d.Accepted))
	saysAll(t, reflect.ValueOf(d.Deleted))
	var proofs []Proof
	for _, h := range wholeEntries() {
		proofs = append(proofs, h.Proof())
	}
	saysAll(t, reflect.ValueOf(proofs))
	held := reflect.TypeFor[Held]()
	for i := range held.NumField() {
		if f := held.Field(i); f.IsExported() {
			if _, ok := reflect.TypeFor[DocumentHeld]().FieldByName(f.Name); !ok {
				t.Errorf("a Document lacks %s of entries", f.Name)
			}
		}
	}
}

// saysAll reports the fields that are zero in every struct of a list.
func saysAll(t *testing.T, list reflect.Value) {
	t.Helper()
	of := list.Type().Elem()
	for i := range of.NumField() {
		said := false
		for j := range list.Len() {
			said = said || !list.Index(j).Field(i).IsZero()
		}
		if !said {
			t.Errorf("no %s has %s", of.Name(), of.Field(i).Name)
		}
	}
}

// What is stored says what was to be stored: in heads and in pages, in columns of
// many values and of one.
func TestFormatKeepsEverything(t *testing.T) {
	runs := [][]Held{nil, wholeEntries()}
	for _, h := range wholeEntries() {
		runs = append(runs, []Held{h})
	}
	for _, run := range runs {
		l := wholeLedger()
		l.recent = run
		want := l.Document()
		data, err := l.appendHead(nil)
		if err != nil {
			t.Fatal(err)
		}
		back, refs, err := ReadHead(data)
		if err != nil || back.Check() != nil || len(refs) > 0 {
			t.Fatalf("%v, %v, %v\nof %s", err, back.Check(), refs, data)
		}
		if diff := cmp.Diff(want, back.Document()); diff != "" {
			t.Errorf("%s\nof %s", diff, data)
		}
		if again, err := back.appendHead([]byte("<")); err != nil || string(again) != "<"+string(data) {
			t.Errorf("stored again, %v, it is %s\nbefore %s", err, again, data)
		}
		if len(run) == 0 {
			continue
		}
		page, err := appendColumns(nil, run)
		if err != nil {
			t.Fatal(err)
		}
		p, err := readPage("name", page, "sum")
		if err != nil || p.check() != nil {
			t.Fatalf("%v\nof %s", err, page)
		}
		var got []DocumentHeld
		for i := range p.held {
			got = append(got, p.held[i].document())
		}
		if diff := cmp.Diff(want.Held, got); diff != "" {
			t.Errorf("%s\nof %s", diff, page)
		}
	}
}

// A walk has two ends, or there is none.
func TestFormatRefusesHalfAWalk(t *testing.T) {
	for _, p := range []Proof{{WalkFrom: day(1)}, {WalkTo: day(1)}} {
		if _, err := appendColumns(nil, []Held{heldDay("a", 1, "a").With(p)}); err == nil {
			t.Errorf("%+v is stored", p)
		}
	}
	data, err := appendColumns(nil, []Held{heldDay("a", 1, "a").With(Proof{WalkFrom: day(-1), WalkTo: day(2)})})
	if err != nil {
		t.Fatal(err)
	}
	half := strings.Replace(string(data), `"walk_length":`, `"waited":`, 1)
	p, err := readPage("name", []byte(half), "sum")
	if err != nil || p.check() != nil || half == string(data) {
		t.Fatalf("%v of %s", err, half)
	}
	if got := p.held[0].Proof(); !got.WalkFrom.IsZero() || !got.WalkTo.IsZero() {
		t.Errorf("%s has the walk from %v to %v", half, got.WalkFrom, got.WalkTo)
	}
}

// A Document is what pull prints and push takes: as JSON it says all, too.
func TestDocumentKeepsEverything(t *testing.T) {
	want := wholeLedger().Document()
	data, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	d, err := ReadDocument(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, d); diff != "" {
		t.Errorf("%s\nof %s", diff, data)
	}
	l, err := d.Ledger()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, l.Document()); diff != "" {
		t.Error(diff)
	}
}

// Documents of equal ledgers are equal, whatever the zones of their times.
func TestDocumentIsInUTC(t *testing.T) {
	l := wholeLedger()
	zone := time.FixedZone("", 3600)
	into := func(times ...*time.Time) {
		for _, at := range times {
			if !at.IsZero() {
				*at = at.In(zone)
			}
		}
	}
	for i := range l.recent {
		h := &l.recent[i]
		p := h.Proof()
		into(&h.From, &h.To, &h.Modified, &p.First, &p.Last, &p.WalkFrom, &p.WalkTo, &p.FetchedAt, &p.DerivedAt)
		*h = h.With(p)
	}
	for i := range l.Failed {
		into(&l.Failed[i].From, &l.Failed[i].To, &l.Failed[i].At)
	}
	for i := range l.Left {
		into(&l.Left[i].From, &l.Left[i].To)
	}
	into(&l.Reach.At)
	for i := range l.Accepted {
		into(&l.Accepted[i].From, &l.Accepted[i].To, &l.Accepted[i].At)
	}
	for i := range l.Deleted {
		into(&l.Deleted[i].From, &l.Deleted[i].To, &l.Deleted[i].At)
	}
	want, got := wholeLedger().Document(), l.Document()
	if !reflect.DeepEqual(want, got) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	if l.Reach.At.Location() != zone || l.Accepted[0].At.Location() != zone || l.Deleted[0].At.Location() != zone {
		t.Error("a document changes the ledger")
	}
}

// One ledger that takes over another takes all of it.
func TestReplaceTakesEverything(t *testing.T) {
	with := wholeLedger()
	l := New(Key{Tenant: with.Tenant, Report: with.Report}, heldDay("output.z", 1, "z"))
	l.Failed = []Failed{{Output: "output.z", From: day(5), To: day(6), At: day(7), Error: "x"}}
	l.Replace(with)
	if diff := cmp.Diff(with.Document(), l.Document()); diff != "" {
		t.Error(diff)
	}
	with.Accepted[0].Reason, with.Deleted[0].Why = "changed", "changed"
	if l.Accepted[0].Reason == "changed" || l.Deleted[0].Why == "changed" {
		t.Error("the two share their lists")
	}
}

// What is not known may matter, and is not left out: what is stored is damaged.
func TestFormatRefusesTheUnknown(t *testing.T) {
	l := wholeLedger()
	head, err := l.appendHead(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, stored := range map[string]string{
		"a member":          strings.Replace(string(head), `"keeper":`, `"caretaker":"x","keeper":`, 1),
		"a column":          strings.Replace(string(head), `"held":{`, `"held":{"caretaker":1,`, 1),
		"the last column":   strings.Replace(string(head), "}}\n", ",\"caretaker\":[]}}\n", 1),
		"a column in two":   `{"version":2,"tenant":"t","report":"r","held":{"entries":0,"caretaker":0}}`,
		"a member in two":   `{"version":2,"tenant":"t","report":"r","caretaker":0,"held":{"entries":0}}`,
		"a member of three": `{"version":3,"tenant":"t","report":"r","held":{"entries":0},"caretaker":{}}`,
	} {
		_, _, err := ReadHead([]byte(stored))
		if unreadable, ok := errors.AsType[*UnreadableError](err); !ok || !strings.Contains(unreadable.Error(), `"caretaker"`) || !strings.Contains(unreadable.Error(), Remedy) {
			t.Errorf("%s: %v", name, err)
		}
	}
	page, err := appendColumns(nil, wholeEntries())
	if err != nil {
		t.Fatal(err)
	}
	page = []byte(strings.Replace(string(page), `"walk_before"`, `"caretaker"`, 1))
	if _, err := readPage("name", page, "sum"); err == nil || !strings.Contains(err.Error(), `"caretaker" is no column`) {
		t.Errorf("%v", err)
	}
}

// A column that does not fit its entries is damage that names it, each of them.
func TestFormatNamesTheBadColumn(t *testing.T) {
	page, err := appendColumns(nil, wholeEntries())
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(page), "\n")
	for i, line := range lines {
		name, _, ok := strings.Cut(strings.TrimPrefix(line, `"`), `":`)
		if !ok || i == 0 || name == "outputs" || name == "definitions" || name == "path_prefix" || name == "path_suffix" {
			continue // lists and affixes have messages of their own
		}
		bad := slices.Clone(lines)
		bad[i] = `"` + name + `":[true],`
		if i == len(lines)-1 {
			bad[i] = `"` + name + `":[true]}`
		}
		data := []byte(strings.Join(bad, "\n"))
		if err := rawjson.Valid(data); err != nil {
			t.Fatal(err)
		}
		p, err := readPage("name", data, "sum")
		if err == nil {
			err = p.check()
		}
		if err == nil || !strings.Contains(err.Error(), name) && !strings.Contains(err.Error(), "entry") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// fuzzSeeds are heads of version 2, and one of version 3 that says everything.
func fuzzSeeds(t testing.TB) [][]byte {
	whole, err := wholeLedger().appendHead(nil)
	if err != nil {
		t.Fatal(err)
	}
	seeds := [][]byte{whole}
	pages, err := os.ReadDir("testdata/version2")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range pages {
		data, err := os.ReadFile("testdata/version2/" + entry.Name())
		switch {
		case err != nil:
			t.Fatal(err)
		case entry.Name() == "document.json":
			continue
		case entry.Name() == "head.json": // less its pages, with which it would be left alone
			before, after, _ := strings.Cut(string(data), `"pages":[`)
			_, after, _ = strings.Cut(after, `],`)
			data = []byte(before + after)
		default:
			data = slices.Concat([]byte(`{"version":2,"tenant":"t","report":"r","held":`), data, []byte("}"))
		}
		if _, _, err := ReadHead(data); err != nil {
			t.Fatalf("%v\nof %s", err, data)
		}
		seeds = append(seeds, data)
	}
	return seeds
}

// Lengths of time go through JSON to the nanosecond, and those of version 1 are
// read.
func TestSeconds(t *testing.T) {
	for _, want := range []time.Duration{0, 1, 999_999_999, time.Second, 14_611_580, 3*time.Hour + 1, 90*24*time.Hour + 123_456_789, -time.Minute - 1} {
		data, err := json.Marshal(Seconds(want))
		var back Seconds
		if err == nil {
			err = json.Unmarshal(data, &back)
		}
		if err != nil || time.Duration(back) != want {
			t.Errorf("%s is %s, and again %s, %v", want, data, time.Duration(back), err)
		}
	}
	for _, bad := range []string{`"1"`, `1e300`, `-6307200001`, `true`} {
		var s Seconds
		if err := json.Unmarshal([]byte(bad), &s); err == nil {
			t.Errorf("%s is %s", bad, time.Duration(s))
		}
	}
	for _, took := range []string{`"took_seconds":1.5`, `"took_ns":1500000000`} {
		var d DocumentHeld
		err := json.Unmarshal([]byte("{"+took+"}"), &d)
		if h := d.entry(); err != nil || h.Proof().Took != 1500*time.Millisecond {
			t.Errorf("%s: %s, %v", took, h.Proof().Took, err)
		}
	}
}
