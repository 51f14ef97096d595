// Package outputstest holds the suites that outputs pass: Run for every format of
// files, which includes RunDefinitions and RunKeeper, which are for every output.
// Memory and Stream are toys to try others with.
package outputstest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/reportform/reportform/internal/column"
	"github.com/reportform/reportform/internal/durable"
	"github.com/reportform/reportform/internal/place"
	"github.com/reportform/reportform/outputs"
)

// Subject is a format of files as Run tries it.
type Subject struct {
	Name   string // its label
	Format outputs.Format
	// Body is the options of the block that is tried, without path.
	Body string
	// Bodies are options, without path, for RunDefinitions, beside none at all.
	Bodies []string
	// Decode turns a file back into events, as encoding/json decodes them with
	// UseNumber; nil for a format that does not claim to keep everything.
	Decode func(data []byte) ([]any, error)
}

// Run runs the suite. The file of GoldenEvents is compared with testdata/golden
// of the calling package; UPDATE_GOLDEN=1 writes that.
func Run(t *testing.T, subject Subject) {
	s := suite{subject}
	t.Run("content", s.content)
	t.Run("golden", s.golden)
	t.Run("invisible before publish", s.invisible)
	t.Run("discard", s.discard)
	t.Run("replace", s.replace)
	t.Run("unwritable", s.unwritable)
	t.Run("order", s.order)
	t.Run("console", s.console)
	t.Run("concurrent", s.concurrent)
	t.Run("definition", s.definition)
	t.Run("pinned definitions", s.pinned)
	t.Run("keeper", s.keeper)
}

// Decode decodes the body of an output block, with path, as the language
// would leave it. Relative paths start at dir.
func Decode(format outputs.Format, body, dir string, console *outputs.Console) (outputs.Output, hcl.Diagnostics) {
	f, diags := hclsyntax.ParseConfig([]byte(body), "test.rf.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		return nil, diags
	}
	return format.Decode(block("test", f.Body, dir, console))
}

// block is an output block with a body.
func block(format string, body hcl.Body, dir string, console *outputs.Console) *outputs.Block {
	return &outputs.Block{
		Type: format, Name: "under", Address: "output." + format + ".under",
		Body: body, EvalCtx: &hcl.EvalContext{}, Range: hcl.Range{Filename: "test.rf.hcl", Start: hcl.InitialPos, End: hcl.InitialPos},
		Dir: dir, Console: console,
	}
}

// Pull returns a pull to write for.
func Pull() *outputs.Pull {
	return &outputs.Pull{
		Tenant: outputs.PullTenant{Name: "contoso", ID: "contoso.onmicrosoft.com", Labels: map[string]string{"tier": "gold"}},
		Report: outputs.PullReport{Name: "failed", Type: "sign_ins"},
		Window: outputs.PullWindow{
			From: time.Date(2026, 11, 9, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 11, 10, 0, 0, 0, 0, time.UTC),
			Date: "2026-11-09", Label: "2026-11-09",
		},
		Columns: []column.Column{
			{Path: "id", Type: column.String},
			{Path: "createdDateTime", Type: column.Timestamp},
			{Path: "status.errorCode", Type: column.Int32},
		},
	}
}

// Event returns an event of a JSON object.
func Event(raw string) *outputs.Event {
	return &outputs.Event{Raw: []byte(raw), OneLine: !strings.ContainsAny(raw, "\r\n")}
}

// GoldenEvents are a few events with something of everything.
func GoldenEvents() []*outputs.Event {
	return events(
		`{"id":"66ea54eb-6301-4ee5-be62-ff5a759b0100","createdDateTime":"2026-11-09T08:02:11Z","userDisplayName":"Björn Åström","isInteractive":true,"ipAddress":"203.0.113.7","status":{"errorCode":50126,"failureReason":"Error validating credentials, or worse","additionalDetails":null},"riskEventTypes":["unfamiliarFeatures","anonymizedIPAddress"],"location":{"city":"München","geoCoordinates":{"latitude":48.13743,"longitude":-0.0}},"@odata.type":"#microsoft.graph.signIn"}`,
		`{"id":"2","createdDateTime":"2026-11-09T08:02:12Z","status":{"errorCode":0},"deviceDetail":{},"appliedConditionalAccessPolicies":[{"id":"a","enforcedGrantControls":["Mfa"]},{"id":"b","enforcedGrantControls":[]}],"note":"two\nlines, \"quoted\" & <tagged>"}`,
		"{\n  \"id\": \"3\",\n  \"empty\": \"\",\n  \"xmlish\": [[1, 2], []],\n  \"esc\": \"\\u001b[31mred\\u0007\"\n}",
		`{}`,
	)
}

// NastyEvents are valid events that break careless writers.
func NastyEvents() []*outputs.Event {
	return append(GoldenEvents(), events(
		`{"id":"numbers","a":1e400,"b":-0,"c":12345678901234567890.123456789012345678901234567890,"d":1E+2,"e":-1.0e-0}`,
		`{"id":"escapes","a":"\"\\\/\b\f\n\r\t","b":"\u0000\u001f\u007f","c":"\ud83d\ude00","d":"\u00e9","e":"\\u0041","f":"\\"}`,
		`{"id":"unicode","a":"日本語 😀 `+"\u202eevil\u2066"+`","b":"`+"\u0085\u2028\u2029\ufeff"+`","c":"`+"\ufffd\ufffe\uffff\U0001ffff"+`","d":"\ufffe\uFFFF"}`,
		`{"id":"controls","raw":"`+"\u007f\u009b31m"+`","a":"\u001b]0;title\u0007","b":"a\u0008b"}`,
		`{"id":"whitespace","a":" leading","b":"trailing ","c":"\ttab\t","d":"\r\ncrlf\r\n","e":"   "}`,
		`{"id":"cells","a":"=1+1","b":"a,b;c|d","c":"\"","d":"\"\"","e":"'","f":"]]>","g":"<!-- -->","h":"&amp;&#13;"}`,
		`{"id":"names","":"empty","a b":1,"1st":2,"-x":3,"xml":4,"XMLfoo":5,"member":6,"item":7,"a:b":8,"ü":9,"<>&\"":10,"a\u0001b":11,"new\nline":12,"\ud83d\ude00":13,"@odata.type":"#x","a.b":14,"event":15,"a\u0062c":16}`,
		`{"id":"nested","o":{"o":{"o":{"a":[[[{"b":[]}]]]}}},"e":{},"n":null,"l":[],"mixed":[1,"a",null,true,{"x":1},[2]],"t":true,"f":false}`,
		`{"id":"empties","a":"","b":null,"c":{"d":null,"e":""},"f":[null,""],"g":[{}],"h":[[]]}`,
		`{"id":"dots","status":{"errorCode":5,"more":{"x":1}},"status.errorCode.not":1}`,
		`{"id":"repeats","a":1,"a":2,"o":{"x":1,"x":"2"}}`,
		`{"id":"no text","a":"nul\u0000x","b":"\ud800","c":"\udc00\ud83d","d":"\ud83dx\ude00","e":"\\ud800\\u0000","f":["\u0000"]}`,
		`{"id":"nul\u0000x","status":{"errorCode":1}}`,
		`{"id":"copy","a":"x\n\\.\ny","b":"\r\n\\.\r\n\\.\r\n","c":"\\."}`,
		`{"id":"marks","a":"`+"\ufeff"+`x","b":"\ufeff","c":"`+"\ufffd"+`"}`,
		`{"status":null}`,
		`{"id":"not an object","status":[1]}`,
		`{"id":"nothing left","status":{"errorCode":1}}`,
		"\t{ \"id\" :\r\n\"pretty\" , \"a\" : [ 1 ,\n 2 ] ,\"s\":\" spaces  kept \" , \"status\" : {\n} }  ",
		`{"id":"long","a":"`+strings.Repeat("abcdefghij", 30_000)+`"}`,
	)...)
}

func events(raw ...string) []*outputs.Event {
	var list []*outputs.Event
	for _, r := range raw {
		list = append(list, Event(r))
	}
	return list
}

type suite struct{ Subject }

// output decodes the block under test, with a path.
func (s *suite) output(t *testing.T, path, dir string, console *outputs.Console) outputs.Output {
	t.Helper()
	o, diags := Decode(s.Format, fmt.Sprintf("path = %q\n%s\n", path, s.Body), dir, console)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return o
}

// open starts a writer of a file in dir.
func (s *suite) open(t *testing.T, path, dir string) outputs.Writer {
	t.Helper()
	o := s.output(t, path, dir, nil)
	w, err := o.Open(t.Context(), resolve(t, o))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Discard() })
	return w
}

func resolve(t *testing.T, o outputs.Output) outputs.Target {
	t.Helper()
	target, diags := o.Resolve(Pull())
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return target
}

// write writes events in batches of one and more, and spoils each batch once
// the writer should be done with it.
func write(t *testing.T, w outputs.Writer, events []*outputs.Event) {
	t.Helper()
	for size := 1; len(events) > 0; size = size%7 + 1 {
		given := events[:min(size, len(events))]
		events = events[len(given):]
		batch := make([]outputs.Event, len(given))
		for i, e := range given {
			batch[i] = *e
			batch[i].Raw = bytes.Clone(e.Raw)
		}
		if err := w.Write(batch); err != nil {
			t.Fatal(err)
		}
		for i, e := range given {
			if !bytes.Equal(batch[i].Raw, e.Raw) {
				t.Fatalf("the writer changed an event: %.200s", e.Raw)
			}
			for k := range batch[i].Raw {
				batch[i].Raw[k] = '#'
			}
			batch[i] = outputs.Event{}
		}
	}
}

func finish(t *testing.T, w outputs.Writer) outputs.Receipt {
	t.Helper()
	if _, err := w.Stage(); err != nil {
		t.Fatal(err)
	}
	receipt, err := w.Publish()
	if err != nil {
		t.Fatal(err)
	}
	return receipt
}

// names lists what lies in dir.
func names(t *testing.T, dir string) []string {
	t.Helper()
	list := []string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			list = append(list, filepath.Base(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func (s *suite) content(t *testing.T) {
	var many []*outputs.Event
	for i := range 500 {
		many = append(many, Event(string(SignIn(i))))
	}
	huge := Event(`{"id":"huge","text":"` + strings.Repeat(`0123456789\nü,<`, 650_000) + `"}`)
	for _, test := range []struct {
		name   string
		events []*outputs.Event
	}{
		{"none", nil},
		{"one", GoldenEvents()[:1]},
		{"many", many},
		{"nasty", NastyEvents()},
		{"huge", []*outputs.Event{GoldenEvents()[0], huge, GoldenEvents()[1]}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			w := s.open(t, "a/b/file", dir)
			write(t, w, test.events)
			receipt := finish(t, w)

			path := filepath.Join(dir, "a", "b", "file")
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			digest := sha256.Sum256(data)
			want := outputs.Receipt{
				Place: "a/b/file", Rows: int64(len(test.events)), Bytes: int64(len(data)),
				SHA256: hex.EncodeToString(digest[:]), Modified: info.ModTime(),
			}
			if diff := cmp.Diff(want, receipt); diff != "" {
				t.Errorf("receipt (-want +got):\n%s", diff)
			}
			if got := names(t, dir); len(got) != 1 {
				t.Errorf("files after publish: %v", got)
			}
			s.compare(t, data, test.events)
		})
	}
}

// compare decodes the file and compares it with the events.
func (s *suite) compare(t *testing.T, data []byte, events []*outputs.Event) {
	t.Helper()
	if s.Decode == nil {
		return
	}
	got, err := s.Decode(data)
	if err != nil {
		t.Fatalf("decode: %v\n%.2000s", err, data)
	}
	if len(got) != len(events) {
		t.Fatalf("the file has %d events, want %d", len(got), len(events))
	}
	for i, e := range events {
		want, err := Value(e.Raw)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got[i]); diff != "" {
			t.Errorf("event %.200s (-want +got):\n%.2000s", e.Raw, diff)
		}
	}
}

// Value decodes JSON as the suite compares it: numbers digit for digit.
func Value(raw []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return v, err
}

func (s *suite) golden(t *testing.T) {
	dir := t.TempDir()
	w := s.open(t, "file", dir)
	write(t, w, GoldenEvents())
	finish(t, w)
	got, err := os.ReadFile(filepath.Join(dir, "file"))
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "golden")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := durable.WriteFile(golden, got, durable.Shared); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", golden, diff)
	}
}

func (s *suite) invisible(t *testing.T) {
	dir := t.TempDir()
	w := s.open(t, "file", dir)
	write(t, w, NastyEvents())
	hidden := func(when string) {
		t.Helper()
		for _, name := range names(t, dir) {
			if !durable.IsTemp(name) {
				t.Errorf("%s there is a file %s", when, name)
			}
		}
	}
	hidden("after Write")
	staged, err := w.Stage()
	if err != nil {
		t.Fatal(err)
	}
	hidden("after Stage")
	published, err := w.Publish()
	if err != nil {
		t.Fatal(err)
	}
	published.Modified = staged.Modified
	if diff := cmp.Diff(staged, published); diff != "" {
		t.Errorf("receipts of Stage and Publish differ:\n%s", diff)
	}
	if err := w.Discard(); err != nil {
		t.Error(err)
	}
	if got := names(t, dir); !cmp.Equal(got, []string{"file"}) {
		t.Errorf("files after Publish and Discard: %v", got)
	}
}

func (s *suite) discard(t *testing.T) {
	for _, test := range []struct {
		name string
		do   func(t *testing.T, w outputs.Writer)
	}{
		{"at once", func(*testing.T, outputs.Writer) {}},
		{"after few events", func(t *testing.T, w outputs.Writer) { write(t, w, GoldenEvents()) }},
		{"after many events", func(t *testing.T, w outputs.Writer) { write(t, w, NastyEvents()) }},
		{"after stage", func(t *testing.T, w outputs.Writer) {
			write(t, w, NastyEvents())
			if _, err := w.Stage(); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			w := s.open(t, "file", dir)
			test.do(t, w)
			for range 2 {
				if err := w.Discard(); err != nil {
					t.Fatal(err)
				}
			}
			if got := names(t, dir); len(got) != 0 {
				t.Errorf("discard leaves %v", got)
			}
		})
	}
}

func (s *suite) replace(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	old := bytes.Repeat([]byte("the old file\n"), 100_000)
	if err := os.WriteFile(path, old, 0o600); err != nil {
		t.Fatal(err)
	}
	w := s.open(t, "file", dir)
	write(t, w, GoldenEvents())
	if _, err := w.Stage(); err != nil {
		t.Fatal(err)
	}
	if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, old) {
		t.Errorf("the old file changed before Publish: %v", err)
	}
	receipt, err := w.Publish()
	if err != nil {
		t.Fatal(err)
	}
	now, err := os.ReadFile(path)
	if err != nil || int64(len(now)) != receipt.Bytes || bytes.Contains(now, []byte("the old file")) {
		t.Errorf("the file was not replaced whole: %d bytes, want %d, %v", len(now), receipt.Bytes, err)
	}
}

func (s *suite) unwritable(t *testing.T) {
	for _, test := range []struct {
		name string
		make func(path string) error
	}{
		{"read-only directory", func(path string) error { return os.Mkdir(path, 0o500) }},
		{"file for a directory", func(path string) error { return os.WriteFile(path, nil, 0o600) }},
		{"directory for a file", func(path string) error { return os.MkdirAll(filepath.Join(path, "file"), 0o700) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			if strings.HasPrefix(test.name, "read-only") && os.Getuid() <= 0 {
				t.Skip("this user may write anywhere, or the system has no such permission")
			}
			dir := t.TempDir()
			if err := test.make(filepath.Join(dir, "sub")); err != nil {
				t.Fatal(err)
			}
			before := names(t, dir)
			o := s.output(t, "sub/file", dir, nil)
			_, err := o.Open(t.Context(), resolve(t, o))
			if err == nil {
				t.Fatal("Open succeeds")
			}
			for _, part := range []string{"output.test.under", filepath.Join(dir, "sub")} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("the error does not mention %s: %v", part, err)
				}
			}
			if after := names(t, dir); !cmp.Equal(after, before) {
				t.Errorf("files before %v, after %v", before, after)
			}
		})
	}
}

func (s *suite) order(t *testing.T) {
	dir := t.TempDir()
	w := s.open(t, "file", dir)
	if _, err := w.Publish(); err == nil {
		t.Error("Publish before Stage succeeds")
	}
	if _, err := w.Stage(); err != nil {
		t.Fatal(err)
	}
	if err := w.Write([]outputs.Event{*GoldenEvents()[0]}); err == nil {
		t.Error("Write after Stage succeeds")
	}
	if err := w.Discard(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Publish(); err == nil {
		t.Error("Publish after Discard succeeds")
	}
	if got := names(t, dir); len(got) != 0 {
		t.Errorf("files: %v", got)
	}
}

func (s *suite) console(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	var screen bytes.Buffer
	o := s.output(t, "-", dir, outputs.NewConsole(&screen))
	target := resolve(t, o)
	open := func() outputs.Writer {
		t.Helper()
		w, err := o.Open(t.Context(), target)
		if err != nil {
			t.Fatal(err)
		}
		write(t, w, GoldenEvents())
		if _, err := w.Stage(); err != nil {
			t.Fatal(err)
		}
		return w
	}
	kept, dropped := open(), open()
	if err := dropped.Discard(); err != nil {
		t.Fatal(err)
	}
	if screen.Len() > 0 {
		t.Errorf("before Publish the screen shows %q", screen.String())
	}
	receipt, err := kept.Publish()
	if err != nil {
		t.Fatal(err)
	}
	golden, err := os.ReadFile(filepath.Join("testdata", "golden"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(golden), screen.String()); diff != "" {
		t.Errorf("the screen (-want +got):\n%s", diff)
	}
	digest := sha256.Sum256(screen.Bytes())
	want := outputs.Receipt{Place: place.Console, Rows: int64(len(GoldenEvents())), Bytes: int64(screen.Len()), SHA256: hex.EncodeToString(digest[:])}
	if diff := cmp.Diff(want, receipt); diff != "" {
		t.Errorf("receipt (-want +got):\n%s", diff)
	}
	if got := names(t, dir); len(got) != 0 {
		t.Errorf("files left: %v", got)
	}
}

func (s *suite) concurrent(t *testing.T) {
	dir := t.TempDir()
	body := "path = \"${pull.tenant.name}/file\"\n" + s.Body
	o, diags := Decode(s.Format, body, dir, nil)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	one := func(i int) (outputs.Receipt, error) {
		pull := Pull()
		pull.Tenant.Name = fmt.Sprint("tenant", i)
		target, diags := o.Resolve(pull)
		if diags.HasErrors() {
			return outputs.Receipt{}, diags
		}
		w, err := o.Open(t.Context(), target)
		if err != nil {
			return outputs.Receipt{}, err
		}
		defer func() { _ = w.Discard() }()
		for n := range 50 + i {
			if err := w.Write([]outputs.Event{*Event(string(SignIn(n + i)))}); err != nil {
				return outputs.Receipt{}, err
			}
		}
		if _, err := w.Stage(); err != nil {
			return outputs.Receipt{}, err
		}
		return w.Publish()
	}
	var writers sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		writers.Go(func() {
			receipt, err := one(i)
			if err == nil {
				var data []byte
				data, err = os.ReadFile(filepath.Join(dir, fmt.Sprint("tenant", i), "file"))
				if digest := sha256.Sum256(data); hex.EncodeToString(digest[:]) != receipt.SHA256 {
					err = errors.Join(err, fmt.Errorf("writer %d: the file is not what was written", i))
				}
			}
			errs[i] = err
		})
	}
	writers.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
}

func (s *suite) definition(t *testing.T) {
	a := resolve(t, s.output(t, "a", t.TempDir(), nil))
	b := resolve(t, s.output(t, "b", t.TempDir(), nil))
	if a.Definition == "" || a.Definition != b.Definition {
		t.Errorf("definitions depend on the path:\n%s\n%s", a.Definition, b.Definition)
	}
}

// pinned runs RunDefinitions on files.
func (s *suite) pinned(t *testing.T) {
	bodies := []string{"path = \"a\""}
	for _, body := range s.Bodies {
		bodies = append(bodies, bodies[0]+"\n"+body)
	}
	RunDefinitions(t, s.Name, s.Format, bodies...)
}

// RunDefinitions holds the definitions of blocks of a type, by their bodies, to
// those in testdata/definition of the calling package: what is held under another
// one is written again. The last body sets every attribute, and those of earlier
// releases stay. UPDATE_GOLDEN=1 writes the file where there is none.
func RunDefinitions(t *testing.T, name string, format outputs.Format, bodies ...string) {
	t.Helper()
	var got strings.Builder
	unset := Attributes(format)
	for _, body := range bodies {
		file, diags := hclsyntax.ParseConfig([]byte(body), "test.rf.hcl", hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		o, diags := format.Decode(block(name, file.Body, t.TempDir(), nil))
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		fmt.Fprintln(&got, resolve(t, o).Definition)
		set, _ := file.Body.JustAttributes()
		unset = slices.DeleteFunc(Attributes(format), func(attribute string) bool { return set[attribute] != nil })
	}
	if len(unset) > 0 {
		t.Errorf("the last body does not set %q", unset)
	}
	golden := filepath.Join("testdata", "definition")
	want, err := os.ReadFile(golden)
	if errors.Is(err, fs.ErrNotExist) && os.Getenv("UPDATE_GOLDEN") != "" {
		want, err = []byte(got.String()), durable.WriteFile(golden, []byte(got.String()), durable.Shared)
	}
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%sWhat is held under a definition that is no more would all be written again: see options.Definition. Only the line of a new body may be added.", golden, diff)
	}
}

// Attributes returns the names of the attributes that a format has, path included.
func Attributes(format outputs.Format) []string {
	asked := &asking{Body: hcl.EmptyBody()}
	_, _ = format.Decode(block("test", asked, "", nil)) // what it lacks is no matter
	return asked.attributes
}

// asking is a body that remembers what was asked of it.
type asking struct {
	hcl.Body
	attributes []string
}

// Content implements hcl.Body.
func (a *asking) Content(schema *hcl.BodySchema) (*hcl.BodyContent, hcl.Diagnostics) {
	for _, attribute := range schema.Attributes {
		a.attributes = append(a.attributes, attribute.Name)
	}
	return a.Body.Content(schema)
}

// keeper runs RunKeeper on files.
func (s *suite) keeper(t *testing.T) {
	RunKeeper(t, func(t *testing.T) Keeper {
		dir := t.TempDir()
		o, diags := Decode(s.Format, "path = \"${pull.tenant.name}/${pull.report.name}/${pull.window.label}\"\n"+s.Body, dir, nil)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		path := func(p place.Place) string { return filepath.Join(dir, filepath.FromSlash(p.Text())) }
		return Keeper{
			Output: o,
			Lose: func(t *testing.T, p place.Place) {
				t.Helper()
				if err := os.Remove(path(p)); err != nil {
					t.Fatal(err)
				}
			},
			Spoil: func(t *testing.T, p place.Place) {
				t.Helper()
				data, err := os.ReadFile(path(p))
				if err == nil {
					err = os.WriteFile(path(p), append(data, '#'), 0o600)
				}
				if err != nil {
					t.Fatal(err)
				}
			},
			Elsewhere: "archive/of/another",
		}
	})
}
