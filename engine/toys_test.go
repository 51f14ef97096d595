package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/fetch"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/engine/run"
	"github.com/reportform/reportform/engine/transport"
	"github.com/reportform/reportform/internal/event"
	"github.com/reportform/reportform/internal/place"
	"github.com/reportform/reportform/internal/secret"
	"github.com/reportform/reportform/outputs"
	"github.com/reportform/reportform/outputs/all"
	"github.com/reportform/reportform/outputs/options"
	"github.com/reportform/reportform/outputs/outputstest"
)

// toyConfig has an output that is no file, one that cannot look at what it
// wrote, and a file.
const toyConfig = `
tenant "t" {
  for_each = toset(["one", "two"])
  id       = "${each.key}.example"
  cloud    = "sandbox"
  ENDPOINTS
}
window "daily" {
  every = "1d"
  from  = "2026-11-20"
}
output "memory" "m" {
}
output "stream" "s" {
}
output "ndjson" "file" {
  path = "out/${pull.tenant.name}/${pull.window.label}.ndjson"
}
report "sign_ins" "r" {
  window  = window.daily
  filter  = "status/errorCode eq 50126"
  outputs = [output.memory.m, output.stream.s, output.ndjson.file]
}
`

// toyWorld is a world with toys for outputs.
type toyWorld struct {
	*world
	memory outputstest.Memory
	stream outputstest.Stream
}

func newToyWorld(t *testing.T) *toyWorld {
	w := &toyWorld{world: newWorld(t, nil)}
	w.formats = all.Registry()
	w.formats["memory"], w.formats["stream"] = &w.memory, &w.stream
	w.write("main.rf.hcl", strings.ReplaceAll(toyConfig, "ENDPOINTS", w.endpoints()))
	return w
}

const toySlices = 6 // three days of two tenants

func (w *toyWorld) mustApply(finished int) {
	w.t.Helper()
	if s := w.apply(); len(s.Failed) > 0 || s.Finished != finished {
		w.t.Fatalf("%d finished, want %d: %+v", s.Finished, finished, s.Failed)
	}
}

// What is in no file is held all the same: nothing is written again.
func TestOutputsThatAreNoFiles(t *testing.T) {
	w := newToyWorld(t)
	w.mustApply(toySlices)
	sent := len(w.stream.Sent())
	if sent == 0 || len(w.memory.Slices()) != toySlices {
		t.Fatalf("%d events sent, %d slices in memory", sent, len(w.memory.Slices()))
	}
	for at, rows := range w.memory.Slices() {
		_, label, _ := strings.Cut(at.Part(), " ")
		name := strings.TrimPrefix(at.Text(), "memory:") + "/" + label + ".ndjson"
		if got := strings.Join(append(rows, ""), "\n"); got != w.files("out")[name] {
			t.Errorf("%s differs from %s", at, name)
		}
	}
	e := w.engine()
	if p := w.plan(e); len(p.Pulls) > 0 || len(p.Orphans) > 0 || p.Held != 3*toySlices {
		t.Errorf("after an apply %d held, %d orphans\n%s", p.Held, len(p.Orphans), reasons(p))
	}
	c, err := e.Coverage(t.Context(), PlanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range c.Parts {
		if part.Slices.Percent() != 100 || part.Slices.Held != 3 {
			t.Errorf("coverage %+v", part.Slices)
		}
	}
	key := ledger.Key{Tenant: `tenant.t["one"]`, Report: "report.sign_ins.r"}
	l, err := e.archive.Ledger(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	if h := l.Find("output.stream.s", from, from.AddDate(0, 0, 1)); h == nil || h.Proof().Promise != "accepted" || !strings.HasPrefix(h.Proof().Ack, "batch-") ||
		h.Place.Kind() != "stream" || h.Proof().SHA256 != "" {
		t.Errorf("the entry of the stream is %+v %+v", h, h.Proof())
	}

	// verify says what can be verified, and what cannot.
	w.memory.Drop(place.New("memory", "memory:two", "r 2026-11-21"))
	v, bad := w.verify(e)
	if want := map[string]int64{"output.stream.s": toySlices}; !maps.Equal(v.Unverifiable, want) || v.Good != 2*toySlices-1 || v.Missing != 1 || len(bad) != 1 ||
		bad[0].Place.Text() != "memory:two" || bad[0].Output != "output.memory.m" {
		t.Errorf("%+v, %+v", v, bad)
	}
	// What is lost there is made again from the file, without a request.
	p := w.plan(e)
	if want := `tenant.t["two"] report.sign_ins.r 2026-11-21 memory:two:missing` + "\n"; reasons(p) != want || p.Pulls[0].Source == nil {
		t.Errorf("got %s", reasons(p))
	}
	w.mustApply(1)
	if len(w.memory.Slices()) != toySlices || len(w.stream.Sent()) != sent {
		t.Errorf("%d slices in memory; %d events sent, before %d", len(w.memory.Slices()), len(w.stream.Sent()), sent)
	}
}

// folding is a memory that does not tell upper case from lower case.
type folding struct{ *outputstest.Memory }

func (f folding) Decode(b *outputs.Block) (outputs.Output, hcl.Diagnostics) {
	_, diags := f.Memory.Decode(b)
	return f, diags
}

func (folding) Key(p place.Place) place.Place {
	return place.New(p.Kind(), strings.ToLower(p.Text()), p.Part())
}

// Two pulls may not lead to one place under two names.
func TestOnePlaceOfTwoNames(t *testing.T) {
	w := newToyWorld(t)
	w.edit("main.rf.hcl", `["one", "two"]`, `["one", "ONE"]`)
	if p := w.plan(w.engine()); len(p.Pulls) != toySlices {
		t.Errorf("to do\n%s", reasons(p))
	}
	w.formats["memory"] = folding{&w.memory}
	_, err := w.engine().Plan(t.Context(), PlanOptions{})
	var diags hcl.Diagnostics
	if !errors.As(err, &diags) || len(diags) != toySlices/2 || !strings.Contains(diags[0].Detail, "memory:ONE r 2026-11-20 and memory:one r 2026-11-20 are two names of one place here. The first would be written by output.memory.m") {
		t.Errorf("got %v", err)
	}
}

// explain finds a place by its text, alone or with its part.
func TestExplainFindsPlaces(t *testing.T) {
	w := newToyWorld(t)
	w.mustApply(toySlices)
	e := w.engine()
	for text, want := range map[string]struct {
		origins int
		output  string
		found   place.Condition
	}{
		"memory:one":                                           {3, "output.memory.m", place.Intact},
		"memory:one r 2026-11-21":                              {1, "output.memory.m", place.Intact},
		"stream://collector/two r 2026-11-20":                  {1, "output.stream.s", ""},
		"out/one/2026-11-20.ndjson":                            {1, "output.ndjson.file", place.Intact},
		filepath.Join(w.dir, "out/x/../one/2026-11-20.ndjson"): {1, "output.ndjson.file", place.Intact},
	} {
		x, err := e.Explain(t.Context(), text)
		if err != nil || len(x.Origins) != want.origins {
			t.Errorf("%s: %+v, %v", text, x, err)
			continue
		}
		for _, o := range x.Origins {
			if o.Output != want.output || o.Found.Condition != want.found || o.Held == nil || o.Reason != "" || len(o.Declared) != 4 {
				t.Errorf("%s: %+v", text, o)
			}
		}
	}
	if x, err := e.Explain(t.Context(), "memory:oen r 2026-11-21"); err != nil || len(x.Origins) > 0 || x.Nearest != "memory:one r 2026-11-21" {
		t.Errorf("%+v, %v", x, err)
	}
}

// prune removes what can be removed, says what to do about the rest, and keeps
// that.
func TestPruneOfWhatIsNoFile(t *testing.T) {
	w := newToyWorld(t)
	w.mustApply(toySlices)
	w.edit("main.rf.hcl", `["one", "two"]`, `["one"]`)
	prune := func() *Summary {
		t.Helper()
		e := w.engine()
		s, err := e.Apply(t.Context(), w.pruning(e), ApplyOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := prune()
	if len(s.Pruned) != 6 || s.Kept == nil || strings.Count(s.Kept.Error(), "output.stream.s cannot remove what it wrote") != 3 {
		t.Errorf("%d pruned, kept: %v", len(s.Pruned), s.Kept)
	}
	if len(w.memory.Slices()) != 3 || len(w.files("out/two")) != 0 {
		t.Errorf("%d slices in memory, %d files", len(w.memory.Slices()), len(w.files("out/two")))
	}
	// An output that is not declared: files can be removed, the rest waits for it.
	w.edit("main.rf.hcl", "output \"memory\" \"m\" {\n}\n", "")
	w.edit("main.rf.hcl", "output.memory.m, ", "")
	s = prune()
	if len(s.Pruned) != 0 || s.Kept == nil || strings.Count(s.Kept.Error(), "output.memory.m is not declared") != 3 || !strings.Contains(s.Kept.Error(), "declare it again, or forget the slices with state rm") {
		t.Errorf("%d pruned, kept: %v", len(s.Pruned), s.Kept)
	}
	if v, _ := w.verify(w.engine()); v.Bad() || v.Unverifiable["output.memory.m"] != 3 {
		t.Errorf("%+v", v)
	}
}

// One output's failure does not take the slice from the others.
func TestOneOutputFails(t *testing.T) {
	w := newToyWorld(t)
	refused := errors.New("the store is full")
	w.memory.Refuse = func(p place.Place) error {
		if strings.HasSuffix(p.Part(), "2026-11-21") {
			return refused
		}
		return nil
	}
	s := w.apply()
	if s.Finished != 4 || len(s.Failed) != 2 {
		t.Fatalf("%+v", s)
	}
	for _, f := range s.Failed {
		if cmp.Diff([]string{"output.memory.m"}, f.Failure.Outputs) != "" || len(f.Written) != 2 || !strings.Contains(f.Failure.Message, refused.Error()) {
			t.Errorf("%+v", f)
		}
	}
	e := w.engine()
	p := w.plan(e)
	want := `tenant.t["one"] report.sign_ins.r 2026-11-21 memory:one:failed` + "\n" + `tenant.t["two"] report.sign_ins.r 2026-11-21 memory:two:failed` + "\n"
	if reasons(p) != want || p.Held != 3*toySlices-2 {
		t.Errorf("%d held, to do\n%s", p.Held, reasons(p))
	}
	sent := len(w.stream.Sent())
	w.memory.Refuse = nil
	w.mustApply(2)
	if len(w.stream.Sent()) != sent || len(w.memory.Slices()) != toySlices {
		t.Errorf("%d events were sent again, %d slices in memory", len(w.stream.Sent())-sent, len(w.memory.Slices()))
	}
}

// scattered is a toy executor: every run goes as JSON to a worker of its own, in
// another goroutine and in random order, and its outcome comes back as JSON.
type scattered struct{ load func() *Engine }

func (x scattered) Execute(ctx context.Context, h plan.Header, runs [][]plan.Pull, _ run.Worker, done func([]plan.Pull, run.Outcome, error)) int {
	var all sync.WaitGroup
	for _, i := range rand.Perm(len(runs)) {
		all.Go(func() {
			var header plan.Header
			var pulls []plan.Pull
			var outcome run.Outcome
			copyAsJSON(&header, h)
			copyAsJSON(&pulls, runs[i])
			there, err := x.load().Pull(ctx, header, pulls)
			copyAsJSON(&outcome, there)
			done(runs[i], outcome, err)
		})
	}
	all.Wait()
	return 0
}

func copyAsJSON(to, from any) {
	data, err := json.Marshal(from)
	if err == nil {
		err = json.Unmarshal(data, to)
	}
	if err != nil {
		panic(err)
	}
}

// Who distributes pulls as plain data gets the same files.
func TestScatteredPulls(t *testing.T) {
	here, there := newToyWorld(t), newToyWorld(t)
	here.mustApply(toySlices)
	there.edit("main.rf.hcl", there.url, here.url)
	e := there.engine()
	p := there.plan(e)
	progress := map[string]int{}
	s, err := e.Apply(t.Context(), p, ApplyOptions{
		Executor: scattered{there.engine},
		Progress: func(p run.Progress) { progress[fmt.Sprintf("%T", p)]++ },
	})
	if err != nil || s.Finished != toySlices || len(s.Failed) > 0 || s.Interrupted || progress["run.Ended"] != toySlices {
		t.Fatalf("%+v, %v, %v", s, err, progress)
	}
	if diff := cmp.Diff(here.files("out"), there.files("out")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(here.memory.Slices(), there.memory.Slices()); diff != "" {
		t.Error(diff)
	}
	if again := there.plan(there.engine()); len(again.Pulls) > 0 {
		t.Errorf("then there is to do\n%s", reasons(again))
	}
	// To repeat a run does nothing.
	o, err := e.Pull(t.Context(), p.Header, p.Pulls)
	if err != nil || len(o.Results) != toySlices {
		t.Fatalf("%+v, %v", o, err)
	}
	for _, r := range o.Results {
		if !r.Skipped || r.Failure != nil {
			t.Errorf("%+v", r)
		}
	}
	p.Configuration = "another"
	if _, err := e.Pull(t.Context(), p.Header, p.Pulls); err == nil || !strings.Contains(err.Error(), "another configuration") {
		t.Errorf("a plan of another configuration gives %v", err)
	}
}

// memorySource is a toy source that is no page: events from a slice in memory.
type memorySource []string

func (s memorySource) Events(_ context.Context, span fetch.Span, stats *fetch.Stats) iter.Seq2[[]event.Event, error] {
	return func(yield func([]event.Event, error) bool) {
		var batch []event.Event
		for _, raw := range s {
			var of struct{ CreatedDateTime time.Time }
			if err := json.Unmarshal([]byte(raw), &of); err != nil {
				yield(nil, err)
				return
			}
			if at := of.CreatedDateTime; !at.Before(span.From) && at.Before(span.To) {
				batch = append(batch, event.Event{Raw: []byte(raw), OneLine: true, Time: at})
			}
		}
		stats.Events += int64(len(batch))
		yield(batch, nil)
	}
}

// A source that is no page goes through everything that comes after it.
func TestSourceThatIsNoPage(t *testing.T) {
	w := newToyWorld(t)
	var events memorySource
	for i := range 72 {
		events = append(events, fmt.Sprintf(`{"id":"%d","createdDateTime":%q}`, i, time.Date(2026, 11, 20, i, 0, 0, 0, time.UTC).Format(time.RFC3339)))
	}
	e := w.engine()
	e.source = func(*config.Tenant, *config.Report, transport.Seat) (fetch.Source, error) { return events, nil }
	s, err := e.Apply(t.Context(), w.plan(e), ApplyOptions{})
	if err != nil || s.Finished != toySlices || s.Events != 144 {
		t.Fatalf("%+v, %v", s, err)
	}
	for _, tenant := range []string{"one", "two"} {
		var got string
		for _, day := range []string{"20", "21", "22"} {
			got += w.files("out")[tenant+"/2026-11-"+day+".ndjson"]
		}
		if want := strings.Join(events, "\n") + "\n"; got != want {
			t.Errorf("%s has\n%s", tenant, got)
		}
	}
	if p := w.plan(w.engine()); len(p.Pulls) > 0 {
		t.Errorf("then there is to do\n%s", reasons(p))
	}
}

// Two configurations may share a state: what another one keeps is no orphan.
func TestAnotherConfigurationsLedgers(t *testing.T) {
	ours, theirs := newToyWorld(t), newToyWorld(t)
	state := t.TempDir()
	for name, w := range map[string]*toyWorld{"ours": ours, "theirs": theirs} {
		w.edit("main.rf.hcl", `tenant "t" {`, fmt.Sprintf("reportform {\n  state \"local\" {\n    path = %q\n  }\n}\ntenant %q {", filepath.ToSlash(state), name))
		w.mustApply(toySlices)
	}
	for _, w := range []*toyWorld{ours, theirs} {
		e := w.engine()
		p := w.plan(e)
		if len(p.Pulls) > 0 || len(p.Orphans) > 0 || p.KeptElsewhere != 2 {
			t.Errorf("%d orphans, %d ledgers kept elsewhere, %s", len(p.Orphans), p.KeptElsewhere, reasons(p))
		}
		if s, err := e.Apply(t.Context(), w.pruning(e), ApplyOptions{}); err != nil || s.Kept != nil || len(s.Pruned) > 0 {
			t.Errorf("%+v, %v", s, err)
		}
		if c, err := e.Coverage(t.Context(), PlanOptions{}); err != nil || c.Undeclared != 0 {
			t.Errorf("%d undeclared, %v", c.Undeclared, err)
		}
	}
	// Its own are: they bear its name.
	ours.edit("main.rf.hcl", `["one", "two"]`, `["one"]`)
	if p := ours.plan(ours.engine()); len(p.Orphans) != 9 {
		t.Errorf("%d orphans, want 9", len(p.Orphans))
	}
	// A name tells configurations apart wherever they lie, and what was kept
	// before they had one is theirs still.
	ours.edit("main.rf.hcl", "reportform {", "reportform {\n  name = \"shared\"")
	if p := ours.plan(ours.engine()); len(p.Orphans) != 9 || p.KeptElsewhere != 2 {
		t.Errorf("%d orphans, want 9; %d ledgers kept elsewhere, want 2", len(p.Orphans), p.KeptElsewhere)
	}
	theirs.edit("main.rf.hcl", "reportform {", "reportform {\n  name = \"shared\"")
	one, two := ours.engine().wanted.Keepers, theirs.engine().wanted.Keepers
	if len(one) != 2 || len(two) != 2 || one[0] != two[0] || one[1] == two[1] {
		t.Errorf("keepers %s and %s", one, two)
	}
}

// guarded is a toy output that logs in with a secret before it writes.
type guarded struct {
	outputstest.Stream

	mu        sync.Mutex
	passwords []string
}

type login struct {
	Collector string           `hcl:"collector" json:"collector"`
	Password  secret.Reference `hcl:"password,optional" json:"-"`
}

func (g *guarded) Decode(b *outputs.Block) (outputs.Output, hcl.Diagnostics) {
	o, diags := options.Decode(b, func() *login { return &login{} })
	return &guardedOutput{g, o, b.Getenv}, diags
}

type guardedOutput struct {
	*guarded
	options *options.Options[*login]
	getenv  func(string) string
}

func (o *guardedOutput) Resolve(p *outputs.Pull) (outputs.Target, hcl.Diagnostics) {
	login, diags := o.options.For(p)
	at := place.New("stream", login.Collector, p.Tenant.Name+" "+p.Report.Name+" "+p.Window.Label)
	return outputs.Target{Place: at, Definition: options.Definition("guarded", login), Pull: p}, diags
}

func (o *guardedOutput) Open(ctx context.Context, t outputs.Target) (outputs.Writer, error) {
	login, _ := o.options.For(t.Pull)
	password, err := secret.Reader(login.Password, o.getenv)(ctx)
	if err != nil {
		return nil, err
	}
	o.mu.Lock()
	o.passwords = append(o.passwords, password)
	o.mu.Unlock()
	return o.Stream.Open(ctx, t)
}

// A secret reaches the output that sends it, when it sends it, and nothing else;
// where it is found is no part of what is held.
func TestSecretsOfOutputs(t *testing.T) {
	w := newToyWorld(t)
	toy := &guarded{}
	w.formats["guarded"] = toy
	w.edit("main.rf.hcl", `output "stream" "s" {`, `output "guarded" "s" {`+"\n  collector = \"siem://${pull.tenant.name}\"\n  password = secret_env(\"SIEM\")")
	w.edit("main.rf.hcl", "output.stream.s", "output.guarded.s")
	w.edit("main.rf.hcl", "output.memory.m, ", "")
	w.environ = []string{"OTHER=x"}
	s := w.apply()
	if len(s.Failed) != toySlices || !strings.Contains(fmt.Sprint(s.Failed[0].Err()), `environment variable "SIEM"`) || len(toy.Sent()) > 0 {
		t.Fatalf("without the secret %d sent, %+v", len(toy.Sent()), s.Failed)
	}
	const password = "hunter2-of-the-siem"
	w.environ = []string{"SIEM=" + password, "OTHER=" + password}
	w.mustApply(toySlices)
	if len(toy.passwords) != toySlices || slices.ContainsFunc(toy.passwords, func(p string) bool { return p != password }) {
		t.Errorf("the output was told %q", toy.passwords)
	}
	w.edit("main.rf.hcl", `secret_env("SIEM")`, `secret_env("OTHER")`)
	e := w.engine()
	p := w.plan(e)
	if len(p.Pulls) > 0 {
		t.Errorf("a secret that is found elsewhere makes pulls\n%s", reasons(p))
	}
	var all strings.Builder
	if err := json.NewEncoder(&all).Encode(p); err != nil {
		t.Fatal(err)
	}
	for _, content := range w.files(".") {
		all.WriteString(content)
	}
	if all.WriteString(w.log.String()); strings.Contains(all.String(), password) {
		t.Error("the secret is in a plan, in a file or in the log")
	}
}
