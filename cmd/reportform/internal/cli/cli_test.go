package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/cmd/reportform/internal/args"
	"github.com/reportform/reportform/cmd/reportform/internal/view"
	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine"
	"github.com/reportform/reportform/engine/archive"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/engine/run"
	"github.com/reportform/reportform/internal/limits"
	"github.com/reportform/reportform/internal/place"
	"github.com/reportform/reportform/internal/term"
)

// fakeSession is a session with a plan and ledgers that a test gives it. Its
// pulls finish, but for those of the report "report.sign_ins.broken".
type fakeSession struct {
	untilDeadline int // pulls that finish before it
	pulls         []plan.Pull
	// deletions of the plan, and the hazards that they have.
	deletions []plan.Deletion
	ledgers   []*ledger.Ledger
	console   bool
	// damaged are ledgers that cannot be read, strangers what is no ledger.
	damaged   []plan.Damaged
	strangers []string
	// unwritable is what keeps ledgers from being stored.
	unwritable error
	// plain is how many ledgers are encrypted, unencryptable what keeps them
	// from being so.
	plain         int
	unencryptable error
	// during runs before the first pull of an apply.
	during func(ctx context.Context)

	// fault is what Verify finds.
	fault place.Condition

	selected  engine.PlanOptions
	applied   *engine.ApplyOptions
	carried   *plan.Plan
	forgotten []ledger.Key
	moved     []string
	closed    bool
}

func (s *fakeSession) Close() error                { s.closed = true; return nil }
func (s *fakeSession) Files() map[string]*hcl.File { return nil }
func (s *fakeSession) Console() bool               { return s.console }

func (s *fakeSession) Config() *config.Config {
	return &config.Config{Tenants: []*config.Tenant{{}, {}}, Reports: []*config.Report{{}}, Settings: config.Settings{State: config.State{Type: "local"}}}
}

func (s *fakeSession) Plan(ctx context.Context, opts engine.PlanOptions) (*plan.Plan, error) {
	s.selected = opts
	if len(opts.Targets) > 0 && opts.Targets[0] == "everything" { // that takes for ever
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if len(opts.Targets) > 0 && opts.Targets[0] == "nothing" {
		return nil, errors.New("-target=nothing matches nothing")
	}
	p := &plan.Plan{Header: plan.Header{Version: plan.FormatVersion, Configuration: "c"}, Pulls: s.pulls, Deletions: s.deletions, Allowed: opts.Allow, Damaged: s.damaged}
	p.Assess(nil, nil)
	return p, nil
}

func (s *fakeSession) CheckPlan(h *plan.Header) error {
	if h.Configuration != "c" {
		return errors.New("the plan was made for another configuration")
	}
	return nil
}

func (s *fakeSession) Apply(ctx context.Context, p *plan.Plan, opts engine.ApplyOptions) (*engine.Summary, error) {
	s.applied, s.carried = &opts, p
	if err := s.CheckPlan(&p.Header); err != nil {
		return nil, err
	}
	if s.during != nil {
		s.during(ctx)
	}
	var summary engine.Summary
	p, summary.HeldBack = p.Permitted(opts.Allow)
	summary.Pruned = p.Deletions
	for i := range p.Pulls {
		pull := &p.Pulls[i]
		if !opts.Deadline.IsZero() && i >= s.untilDeadline {
			summary.Deadline = true
			break
		}
		if ctx.Err() != nil {
			summary.Interrupted = true
			break
		}
		opts.Progress(run.Started{Pull: pull})
		if pull.Report == "report.sign_ins.broken" {
			failed := run.Ended{Pull: pull, Result: run.Result{Failure: &run.Failure{
				Outputs: []string{"output.json.archive"}, Message: "403 Forbidden", Explanation: run.Explanation{Advice: "Grant it."},
			}}}
			opts.Progress(failed)
			summary.Failed = append(summary.Failed, failed)
			continue
		}
		opts.Progress(run.Ended{Pull: pull})
		summary.Finished++
	}
	return &summary, nil
}

func (s *fakeSession) CheckState(context.Context) error { return s.unwritable }

func (s *fakeSession) MigrateState(context.Context) (int, error) { return s.plain, s.unencryptable }

func (s *fakeSession) Archive() Archive { return s }

func (s *fakeSession) Keys(context.Context) ([]ledger.Key, error) {
	var keys []ledger.Key
	for _, l := range s.ledgers {
		keys = append(keys, ledger.Key{Tenant: l.Tenant, Report: l.Report})
	}
	return keys, nil
}

func (s *fakeSession) Strangers() []string { return s.strangers }

func (s *fakeSession) Ledger(_ context.Context, key ledger.Key) (*ledger.Ledger, error) {
	for _, l := range s.ledgers {
		if l.Tenant == key.Tenant && l.Report == key.Report {
			if l.Report == "report.damaged.x" {
				return nil, errors.New("The ledger is damaged")
			}
			return l, nil
		}
	}
	return nil, nil
}

func (s *fakeSession) Each(ctx context.Context, keys []ledger.Key, do func(ledger.Key, *ledger.Ledger, error) error) error {
	for _, key := range keys {
		l, err := s.Ledger(ctx, key)
		if err := do(key, l, err); err != nil {
			return err
		}
	}
	return nil
}

func (s *fakeSession) Forget(_ context.Context, keys []ledger.Key) error {
	s.forgotten = append(s.forgotten, keys...)
	return nil
}

func (s *fakeSession) PlanMove(_ context.Context, source, destination string) (*archive.Moving, error) {
	if source == "tenant.nobody" {
		return nil, errors.New("nothing is held under tenant.nobody")
	}
	from, to := ledger.Key{Tenant: source, Report: "report.a.b"}, ledger.Key{Tenant: destination, Report: "report.a.b"}
	return &archive.Moving{From: []ledger.Key{from}, To: []ledger.Key{to}, Entries: 12}, nil
}

func (s *fakeSession) Move(_ context.Context, source, destination string, _ *archive.Moving) error {
	s.moved = append(s.moved, source+" "+destination)
	return nil
}

func (s *fakeSession) Push(_ context.Context, d *ledger.Document, force bool) (*archive.Pushed, error) {
	if !force {
		return nil, &archive.LossError{Entries: 3, First: "output.csv.bi from 2026-11-21"}
	}
	return &archive.Pushed{Key: ledger.Key{Tenant: d.Tenant, Report: d.Report}, Added: 1, Removed: 3}, nil
}

func (s *fakeSession) Verify(_ context.Context, keys []ledger.Key, report func(archive.Verifying)) (*archive.Verified, error) {
	report(archive.VerifyBegun{Entries: 2, Bytes: 20})
	report(archive.Good{Bytes: 10})
	v := &archive.Verified{Ledgers: len(keys), Good: 1, GoodBytes: 10}
	if s.fault != "" {
		report(archive.Bad{Key: keys[0], Place: "out/a.json", Finding: place.Finding{Condition: s.fault}})
		v.Missing++
	}
	if s.during != nil {
		s.during(context.Background())
	}
	return v, nil
}

func (s *fakeSession) Coverage(_ context.Context, opts engine.PlanOptions) (*engine.Coverage, error) {
	s.selected = opts
	return &engine.Coverage{Damaged: s.damaged, Parts: []plan.Coverage{
		{Tenant: "tenant.contoso", Report: "report.a.b", Slices: plan.Tally{Held: 199, Missing: 1}},
		{Tenant: "tenant.fabrikam", Report: "report.a.b", Slices: plan.Tally{Held: 4}},
	}}, nil
}

func (s *fakeSession) Explain(_ context.Context, path string) (*engine.Explanation, error) {
	x := &engine.Explanation{Damaged: s.damaged, Place: place.Place(path), Nearest: "out/a.json"}
	if path == "out/a.json" {
		x.Origins = []engine.Origin{{Key: ledger.Key{Tenant: "tenant.contoso", Report: "report.a.b"}, Reason: plan.New}}
	}
	return x, nil
}

// bench is a program on fakes.
type bench struct {
	app      App
	out, err bytes.Buffer
	session  fakeSession
	loaded   engine.Options
}

func newBench() *bench {
	b := &bench{}
	pull := func(report string) plan.Pull {
		from := time.Date(2026, time.November, 22, 0, 0, 0, 0, time.UTC)
		return plan.Pull{
			Tenant: "tenant.contoso", Report: report, From: from, To: from.AddDate(0, 0, 1), Label: "2026-11-22", Final: true,
			Outputs: []plan.PullOutput{{Output: "output.json.archive", Reason: plan.New, Place: "out/a.json"}},
		}
	}
	b.session.pulls = []plan.Pull{pull("report.sign_ins.a"), pull("report.sign_ins.b")}
	b.app = App{
		Streams: view.Streams{In: strings.NewReader(""), Out: term.Stream{Writer: &b.out}, Err: term.Stream{Writer: &b.err}},
		Version: "0.1.0",
		Now:     time.Now,
		Chdir:   func(string) error { return errors.New("not in this test") },
		Engine: Engine{
			Load: func(o engine.Options) (Session, hcl.Diagnostics) {
				b.loaded = o
				if len(o.Vars) > 0 && o.Vars[0] == "broken=1" {
					return &b.session, hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "A mistake"}}
				}
				return &b.session, nil
			},
			Catalog: func() ([]*config.ReportType, []*config.LimitClass, error) {
				return []*config.ReportType{{Name: "sign_ins", API: config.APIGraph, Limit: "l", Time: "t"}},
					[]*config.LimitClass{{Class: limits.Class{Name: "l", App: limits.Rate{Requests: 5, Per: 10 * time.Second}}}}, nil
			},
		},
	}
	return b
}

// terminal puts a person at the program, who answers with the given lines.
func (b *bench) terminal(answers string) {
	b.app.Streams.In, b.app.Streams.InTerminal = strings.NewReader(answers), true
	b.app.Streams.Out.Terminal, b.app.Streams.Err.Terminal = true, true
}

func (b *bench) run(t *testing.T, want int, line string) {
	t.Helper()
	if got := b.app.Run(t.Context(), strings.Fields(line)); got != want {
		t.Errorf("%s: exit code %d, want %d\n%s%s", line, got, want, &b.out, &b.err)
	}
}

func (b *bench) expect(t *testing.T, stream *bytes.Buffer, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(stream.String(), text) {
			t.Errorf("%q is not in: %s", text, stream)
		}
	}
}

func TestExitCodes(t *testing.T) {
	tests := []struct {
		line string
		want int
	}{
		{"plam", failed},
		{"-help", ok},
		{"plan -help", ok},
		{"-chdir=nowhere plan", failed},
		{"plan", ok},
		{"plan -detailed-exitcode", no},
		{"plan -var broken=1", failed},
		{"plan -target=nothing", failed},
		{"validate", ok},
		{"validate -var broken=1", failed},
		{"apply", failed}, // nobody can be asked
		{"apply -auto-approve", ok},
		{"apply -auto-approve -var broken=1", failed},
		{"apply -auto-approve -target=nothing", failed},
		{"apply no-such-file", failed},
		{"show", ok},
		{"show no-such-file", failed},
		{"state list", ok},
		{"state show report.x.y", failed},
		{"state verify", ok},
		{"state verify report.x.y", failed},
		{"state rm report.x.y -auto-approve", failed},
		{"state mv tenant.nobody tenant.somebody", failed},
		{"state mv tenant.a tenant.b", ok},
		{"state pull report.x.y tenant.z", failed},
		{"state push no-such-file", failed},
		{"coverage", ok},
		{"coverage -min=99.5", ok},
		{"coverage -min=99.6", no},
		{"coverage -min=100 -json", no},
		{"coverage -var broken=1", failed},
		{"explain out/a.json", ok},
		{"explain out/b.json", failed},
		{"explain out/b.json -json", failed},
		{"reports", ok},
		{"reports sign_ins", ok},
		{"reports sign_in", failed},
		{"version", ok},
		{"completion bash", ok},
	}
	var lines []string
	for _, test := range tests {
		lines = append(lines, test.line+" ")
		t.Run(test.line, func(t *testing.T) {
			newBench().run(t, test.want, test.line)
		})
	}
	elsewhere := []string{"init", "fmt", "sandbox"} // have tests of their own
	for _, c := range args.Commands() {
		tried := slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(line, c.Name+" ") })
		if !tried && !slices.Contains(elsewhere, c.Name) {
			t.Errorf("no line tries %s", c.Name)
		}
	}
	t.Run("nothing to do", func(t *testing.T) {
		b := newBench()
		b.session.pulls = nil
		b.run(t, ok, "plan -detailed-exitcode")
		b.run(t, ok, "apply -auto-approve")
		b.terminal("")
		b.run(t, ok, "apply")
		if strings.Contains(b.err.String(), "Do you want") {
			t.Error("asked although there is nothing to do")
		}
	})
}

// A run that ends at its deadline is incomplete if something was fetched, and
// has failed otherwise; it is no interrupt.
func TestDeadline(t *testing.T) {
	for _, tt := range []struct {
		line  string
		pulls int // that finish before it
		want  int
		says  string
	}{
		{"apply -auto-approve -deadline=1h", 1, incomplete, "Apply ended at its deadline."},
		{"apply -auto-approve -deadline=1h", 0, failed, "Apply ended at its deadline."},
		{"apply -auto-approve -deadline=1h", 100, ok, "Apply complete."},
		{"apply -auto-approve -deadline=1ms -target=everything", 0, failed, "came before the plan was made"},
		{"apply -auto-approve -deadline=1h -json", 1, incomplete, `"interrupted":false,"deadline":true`},
	} {
		b := newBench()
		b.session.untilDeadline = tt.pulls
		b.run(t, tt.want, tt.line)
		if said := b.out.String() + b.err.String(); !strings.Contains(said, tt.says) || strings.Contains(said, "Interrupted") {
			t.Errorf("%s says\n%s", tt.line, said)
		}
	}
}

func TestArgumentsReachTheEngine(t *testing.T) {
	b := newBench()
	b.app.Environ = []string{"A=B"}
	b.session.untilDeadline = 100
	begun := time.Now()
	b.run(t, ok, "apply -auto-approve -parallelism=3 -patience=90s -deadline=50m -prune -allow=removes_tenant -allow exceeds_budget -target=a -exclude=b -tenant=c -refresh=false -var d=e -var-file=f")
	want := engine.PlanOptions{Targets: []string{"a"}, Excludes: []string{"b"}, Tenants: []string{"c"}, TrustLedgers: true, Parallelism: 3, Prune: true, Allow: []plan.HazardKind{plan.RemovesTenant, plan.ExceedsBudget}}
	if diff := cmp.Diff(want, b.session.selected); diff != "" {
		t.Error(diff)
	}
	if until := b.session.applied.Deadline; until.Before(begun.Add(50*time.Minute)) || until.After(time.Now().Add(50*time.Minute)) || b.loaded.Patience != 90*time.Second {
		t.Errorf("the deadline is %s, patience %s", until, b.loaded.Patience)
	}
	if b.session.applied.Parallelism != 3 {
		t.Errorf("got %+v", b.session.applied)
	}
	if diff := cmp.Diff([]string{"d=e"}, b.loaded.Vars); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"f"}, b.loaded.VarFiles); diff != "" {
		t.Error(diff)
	}
	if b.loaded.Version != "0.1.0" || b.loaded.Environ[0] != "A=B" || b.loaded.Stdout == nil {
		t.Errorf("got %+v", b.loaded)
	}
	if !b.session.closed {
		t.Error("the session was not closed")
	}
}

func TestApplyAsks(t *testing.T) {
	for _, test := range []struct {
		answer  string
		applies bool
	}{{"yes\n", true}, {" yes \r\n", true}, {"y\n", false}, {"YES\n", false}, {"no\n", false}, {"", false}} {
		b := newBench()
		b.terminal(test.answer)
		code := failed
		if test.applies {
			code = ok
		}
		b.run(t, code, "apply")
		if (b.session.applied != nil) != test.applies {
			t.Errorf("%q: applied is %t", test.answer, b.session.applied != nil)
		}
		b.expect(t, &b.err, "Do you want to perform these pulls?", "Only 'yes' will be accepted")
	}
	b := newBench()
	b.terminal("yes\n")
	b.session.pulls, b.session.deletions = nil, []plan.Deletion{{Orphan: plan.Orphan{Place: "old.json", Bytes: 12}}}
	b.run(t, ok, "apply -prune")
	b.expect(t, &b.err, "Do you want to perform these deletions?")
}

// At a terminal hazards are asked for by name; elsewhere each needs -allow, and
// -auto-approve allows none. What is not allowed is held back, and the rest goes on.
func TestApplyAsksForHazards(t *testing.T) {
	const asks = "Only 'removes_tenant' will be accepted"
	for _, test := range []struct {
		name, line, answers string
		terminal, saved     bool
		code, deleted       int
		asked               bool
	}{
		{"by name", "apply -prune", "removes_tenant\nyes\n", true, false, ok, 2, true},
		{"yes is no name", "apply -prune", "yes\nyes\n", true, false, incomplete, 1, true},
		{"no answer", "apply -prune", "\nyes\n", true, false, incomplete, 1, true},
		{"allowed, and the rest is not", "apply -prune", "removes_tenant\nno\n", true, false, failed, -1, true},
		{"allowed by flag", "apply -prune -allow=removes_tenant", "yes\n", true, false, ok, 2, false},
		{"-auto-approve at a terminal", "apply -prune -auto-approve", "removes_tenant\n", true, false, incomplete, 1, false},
		{"-auto-approve elsewhere", "apply -prune -auto-approve", "", false, false, incomplete, 1, false},
		{"another hazard is allowed", "apply -prune -auto-approve -allow=deletes_irrecoverable", "", false, false, incomplete, 1, false},
		{"allowed elsewhere", "apply -prune -auto-approve -allow=removes_tenant", "", false, false, ok, 2, false},
		{"a saved plan at a terminal", "apply FILE", "removes_tenant\n", true, true, ok, 2, true},
		{"a saved plan elsewhere", "apply FILE", "", false, true, incomplete, 1, false},
		{"a saved plan elsewhere, allowed", "apply FILE -allow=removes_tenant", "", false, true, ok, 2, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBench()
			b.session.deletions = []plan.Deletion{
				{Orphan: plan.Orphan{Tenant: "tenant.gone", Place: "gone.json", Why: "tenant", Bytes: 12}, Hazards: []plan.HazardKind{plan.RemovesTenant}},
				{Orphan: plan.Orphan{Place: "old.json", Why: "expired", Bytes: 12}},
			}
			line := test.line
			if test.saved {
				file := filepath.Join(t.TempDir(), "p")
				b.run(t, ok, "plan -prune -out="+file)
				line = strings.Replace(line, "FILE", file, 1)
			}
			if test.terminal {
				b.terminal(test.answers)
			}
			b.out.Reset()
			b.run(t, test.code, line)
			deleted := -1
			if b.session.applied != nil {
				rest, _ := b.session.carried.Permitted(b.session.applied.Allow)
				deleted = len(rest.Deletions)
			}
			if deleted != test.deleted || strings.Contains(b.err.String(), asks) != test.asked {
				t.Errorf("%d are deleted; asked:\n%s", deleted, b.err.String())
			}
			if test.code == incomplete {
				b.expect(t, &b.out, "Held back: removes_tenant", "-allow=removes_tenant", "2 pulls finished", "1 deletion,")
			}
		})
	}
}

// An approved plan is made anew, and carried out without a question if it is the
// one that was approved.
func TestApproved(t *testing.T) {
	b := newBench()
	b.session.deletions = []plan.Deletion{
		{Orphan: plan.Orphan{Tenant: "tenant.gone", Place: "gone.json", Why: "tenant"}, Hazards: []plan.HazardKind{plan.RemovesTenant}},
	}
	file := filepath.Join(t.TempDir(), "p")
	b.run(t, ok, "plan -allow=removes_tenant -out="+file)
	approval := regexp.MustCompile(`-approved=([0-9a-f]{32})`).FindStringSubmatch(b.out.String())
	if approval == nil {
		t.Fatal(b.out.String())
	}
	for _, test := range []struct {
		name, line string
		change     func()
		code       int
	}{
		{"as it was", "-allow=removes_tenant", func() {}, ok},
		{"slices have come due", "-allow=removes_tenant", func() { b.session.pulls = append(b.session.pulls, b.session.pulls[0]) }, ok},
		{"without its allowance", "", func() {}, failed},
		{"another tenant is gone too", "-allow=removes_tenant", func() {
			more := b.session.deletions[0]
			more.Tenant = "tenant.other"
			b.session.deletions = append(b.session.deletions, more)
		}, failed},
	} {
		b.out.Reset()
		b.err.Reset()
		b.session.applied = nil
		test.change()
		b.run(t, test.code, strings.TrimSpace("apply -approved="+approval[1]+" "+test.line))
		if (b.session.applied != nil) != (test.code == ok) {
			t.Errorf("%s: applied is %t", test.name, b.session.applied != nil)
		}
		if test.code == failed {
			b.expect(t, &b.err, "This plan was not approved", "-approved=")
		}
	}
}

// Without a terminal nothing is fetched unasked, and the message says what to do.
func TestApplyWithoutTerminal(t *testing.T) {
	for name, prepare := range map[string]func(*bench){
		"apply":       func(*bench) {},
		"apply -json": func(b *bench) { b.terminal("yes\n") },
		"apply -no-color": func(b *bench) {
			b.terminal("yes\n")
			b.app.Streams.InTerminal = false
		},
	} {
		b := newBench()
		prepare(b)
		b.run(t, failed, name)
		if b.session.applied != nil {
			t.Errorf("%s: applied", name)
		}
		b.expect(t, bufferOf(b, strings.Contains(name, "json")), "-auto-approve", "plan -out=FILE")
	}
}

func bufferOf(b *bench, out bool) *bytes.Buffer {
	if out {
		return &b.out
	}
	return &b.err
}

func TestApplyTellsFailures(t *testing.T) {
	b := newBench()
	b.session.pulls[1].Report = "report.sign_ins.broken"
	b.run(t, incomplete, "apply -auto-approve")
	b.expect(t, &b.err, "1 pull failed:", "tenant.contoso report.sign_ins.broken 2026-11-22", "403 Forbidden", "Grant it.")
	b.expect(t, &b.out, "Apply incomplete.", "1 pull finished, 1 failed")
	b.session.pulls = b.session.pulls[1:]
	b.run(t, failed, "apply -auto-approve") // nothing was done
}

// With an output on standard output, nothing but events is written there.
func TestApplyLeavesStandardOutputToEvents(t *testing.T) {
	for _, line := range []string{"apply -auto-approve", "apply -auto-approve -json"} {
		b := newBench()
		b.session.console = true
		b.session.during = func(context.Context) { io.WriteString(b.loaded.Stdout, "event\n") }
		b.run(t, ok, line)
		if got := b.out.String(); got != "event\n" {
			t.Errorf("%s: standard output has %q", line, got)
		}
		b.expect(t, &b.err, "report.sign_ins.a")
	}
}

func TestSavedPlan(t *testing.T) {
	t.Chdir(t.TempDir())
	b := newBench()
	b.run(t, ok, "plan -out=p.rfplan")
	b.expect(t, &b.out, "reportform apply p.rfplan")
	b.out.Reset()
	b.session.selected = engine.PlanOptions{Tenants: []string{"untouched"}}
	b.run(t, ok, "show p.rfplan")
	b.expect(t, &b.out, "report.sign_ins.a", "Plan: 2 pulls to do")
	b.out.Reset()
	b.run(t, ok, "apply p.rfplan")
	b.expect(t, &b.out, "2 pulls finished")
	if len(b.session.selected.Tenants) == 0 {
		t.Error("apply of a saved plan planned anew")
	}
	data, err := os.ReadFile("p.rfplan")
	if err != nil {
		t.Fatal(err)
	}
	var other bytes.Buffer
	if err := plan.Write(&other, &plan.Plan{Header: plan.Header{Version: plan.FormatVersion, Configuration: "d"}}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("other.rfplan", other.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	b.out.Reset()
	b.run(t, failed, "apply other.rfplan")
	b.expect(t, &b.err, "another configuration")
	if b.out.Len() > 0 {
		t.Errorf("a plan of another configuration is shown: %s", &b.out)
	}
	// What was edited is not carried out, nor shown.
	edited := bytes.Replace(data, []byte(`"from": "2026-11-22T`), []byte(`"from": "2026-11-16T`), 1)
	if bytes.Equal(edited, data) {
		t.Fatalf("nothing was edited in %s", data)
	}
	if err := os.WriteFile("edited.rfplan", edited, 0o644); err != nil {
		t.Fatal(err)
	}
	b.session.applied = nil
	b.run(t, failed, "apply edited.rfplan")
	b.expect(t, &b.err, "edited.rfplan: the plan was edited or damaged")
	b.run(t, failed, "show edited.rfplan")
	if b.session.applied != nil || b.out.Len() > 0 {
		t.Errorf("an edited plan is carried out or shown: %s", &b.out)
	}
	if err := os.WriteFile("half.rfplan", data[:len(data)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	b.run(t, failed, "show half.rfplan")
	b.expect(t, &b.err, "half.rfplan")
}

// brokenWriter is a full disk.
type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestResultThatCannotBeWritten(t *testing.T) {
	for _, line := range []string{"plan", "plan -json", "version", "-help", "reports"} {
		b := newBench()
		b.app.Streams.Out.Writer = brokenWriter{}
		b.run(t, failed, line)
		b.expect(t, &b.err, "disk full")
	}
}

// An interrupt stops apply cleanly, and while it asks.
func TestInterrupt(t *testing.T) {
	t.Run("running", func(t *testing.T) {
		b := newBench()
		ctx, cancel := context.WithCancelCause(t.Context())
		b.session.during = func(ctx context.Context) {
			cancel(Interrupt(143))
			<-ctx.Done()
		}
		if code := b.app.Run(ctx, []string{"apply", "-auto-approve"}); code != 143 {
			t.Errorf("exit code %d", code)
		}
		b.expect(t, &b.err, "Interrupted: stopping cleanly")
		b.expect(t, &b.out, "Apply interrupted.", "2 not done")
	})
	t.Run("asking", func(t *testing.T) {
		b := newBench()
		b.terminal("")
		in, answer := io.Pipe()
		defer answer.Close()
		b.app.Streams.In = in
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if code := b.app.Run(ctx, []string{"apply"}); code != 130 {
			t.Errorf("exit code %d", code)
		}
		if b.session.applied != nil {
			t.Error("applied")
		}
	})
}

// While pulls run for long, a log shows a sign of life every half minute.
func TestHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.session.during = func(context.Context) { time.Sleep(100 * time.Second) }
		b.run(t, ok, "apply -auto-approve")
		if n := strings.Count(b.err.String(), "Still running"); n != 3 {
			t.Errorf("%d signs of life in 100 s: %s", n, &b.err)
		}
	})
}

func TestState(t *testing.T) {
	b := newBench()
	b.session.ledgers = []*ledger.Ledger{
		{Report: "report.a.b", Tenant: "tenant.contoso"},
		{Report: "report.a.b", Tenant: `tenant.customer["contoso ltd"]`},
		{Report: `report.a.bc["k"]`, Tenant: "tenant.contoso"},
		{Report: "report.damaged.x", Tenant: "tenant.contoso"},
	}
	b.run(t, ok, "state list")
	want := "report.a.b tenant.contoso\nreport.a.b tenant.customer[\"contoso ltd\"]\nreport.a.bc[\"k\"] tenant.contoso\nreport.damaged.x tenant.contoso\n"
	if diff := cmp.Diff(want, b.out.String()); diff != "" {
		t.Error(diff)
	}
	tests := []struct {
		args []string
		want []string
	}{
		{[]string{"report.a.b"}, []string{"report.a.b tenant.contoso", `report.a.b tenant.customer["contoso ltd"]`}},
		{[]string{`report.a.b tenant.customer["contoso ltd"]`}, []string{`report.a.b tenant.customer["contoso ltd"]`}},
		{[]string{"report.a.b", "tenant.customer"}, []string{`report.a.b tenant.customer["contoso ltd"]`}},
		{[]string{"report.a.b", "-tenant=contoso ltd"}, []string{`report.a.b tenant.customer["contoso ltd"]`}},
		{[]string{"report.a.bc"}, []string{`report.a.bc["k"] tenant.contoso`}},
		{[]string{"tenant.customer"}, []string{`report.a.b tenant.customer["contoso ltd"]`}},
	}
	for _, test := range tests {
		b.out.Reset()
		if code := b.app.Run(t.Context(), append([]string{"state", "show"}, test.args...)); code != ok {
			t.Errorf("%q: exit code %d: %s", test.args, code, &b.err)
		}
		var got []string
		for line := range strings.Lines(b.out.String()) {
			if strings.HasPrefix(line, "report.") {
				got = append(got, strings.TrimSpace(line))
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%q: %s", test.args, diff)
		}
	}
	// A damaged ledger is told, and hides no other.
	b.out.Reset()
	b.err.Reset()
	b.run(t, incomplete, "show")
	b.expect(t, &b.err, "The ledger is damaged.")
	b.expect(t, &b.out, "report.a.bc")
	b.err.Reset()
	b.run(t, failed, "state show output.csv.bi")
	b.expect(t, &b.err, "No such ledger", "Give the address of a report or a tenant")
	b.run(t, failed, "state show report.damaged.x")
	b.expect(t, &b.err, "The ledger is damaged.")
}

func TestReports(t *testing.T) {
	b := newBench()
	b.run(t, failed, "reports sign_in")
	b.expect(t, &b.err, `Did you mean "sign_ins"?`)
	b.run(t, ok, "reports sign_ins")
	b.expect(t, &b.out, "5 requests in 10s for an app over all tenants")
}

func TestLog(t *testing.T) {
	b := newBench()
	b.run(t, ok, "plan")
	if b.loaded.Logger != nil {
		t.Error("a log without RF_LOG")
	}
	b.app.Environ = []string{"RF_LOG=debug", "RF_LOG_FORMAT=json"}
	b.run(t, ok, "plan")
	b.loaded.Logger.Debug("hello", "a", 1)
	b.expect(t, &b.err, `"@message":"hello"`)
	b.app.Environ = []string{"RF_LOG=loud"}
	b.run(t, failed, "plan")
	b.expect(t, &b.err, `RF_LOG is "loud"`)
}

type fakeSandbox struct{ closed bool }

func (s *fakeSandbox) Close() error { s.closed = true; return nil }

func TestSandbox(t *testing.T) {
	b := newBench()
	server := &fakeSandbox{}
	var got args.Sandbox
	b.app.StartSandbox = func(o *args.Sandbox, _ hclog.Logger) (*SandboxServer, error) {
		got = *o
		return &SandboxServer{"http://127.0.0.1:8081", server}, nil
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if code := b.app.Run(ctx, strings.Fields("sandbox -listen=127.0.0.1:8081 -fault=x -seed=3")); code != ok {
		t.Errorf("exit code %d: %s", code, &b.err)
	}
	if got.Listen != "127.0.0.1:8081" || got.Faults[0] != "x" || got.Seed != 3 {
		t.Errorf("got %+v", got)
	}
	if !server.closed {
		t.Error("the sandbox was not closed")
	}
	b.expect(t, &b.out, `graph     = "http://127.0.0.1:8081"`)
	b.app.StartSandbox = func(*args.Sandbox, hclog.Logger) (*SandboxServer, error) { return nil, errors.New("port in use") }
	b.run(t, failed, "sandbox")
	b.expect(t, &b.err, "Port in use.")
}

func TestInit(t *testing.T) {
	t.Chdir(t.TempDir())
	b := newBench()
	b.run(t, ok, "init")
	b.expect(t, &b.out, "main.rf.hcl and .gitignore", "reportform plan")
	for name, want := range map[string][]byte{"main.rf.hcl": starterConfiguration, ".gitignore": starterIgnore} {
		if got, err := os.ReadFile(name); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !bytes.Equal(config.Format(starterConfiguration), starterConfiguration) {
		t.Error("the starter configuration is not in canonical form")
	}
	b.out.Reset()
	b.run(t, ok, "init")
	b.expect(t, &b.out, "2 tenants, 1 report, 0 outputs", `"local"`)

	// A state that cannot be written, or read, is not ready.
	b.session.unwritable = errors.New("no locks here")
	b.out.Reset()
	b.run(t, failed, "init")
	b.expect(t, &b.err, "The state backend does not store", "No locks here")
	b.session.unwritable = nil
	b.session.unencryptable = errors.New("no key here")
	b.run(t, failed, "init")
	b.expect(t, &b.err, "The state backend does not store", "No key here")
	b.session.unencryptable = nil
	b.session.plain = 2
	b.run(t, ok, "init")
	b.expect(t, &b.out, "Encrypted 2 ledgers.")
	b.session.plain = 0
	b.out.Reset()
	b.session.ledgers = []*ledger.Ledger{{Report: "report.damaged.x", Tenant: "tenant.contoso"}, {Report: "report.a.b", Tenant: "tenant.contoso"}}
	b.run(t, failed, "init")
	b.expect(t, &b.err, "Ledger not readable", "The ledger is damaged")
	if strings.Contains(b.out.String(), "Ready") {
		t.Error("it is called ready")
	}
	b.session.ledgers = nil

	// A .gitignore of the user's own is kept.
	t.Chdir(t.TempDir())
	if err := os.WriteFile(".gitignore", []byte("mine\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	b.run(t, ok, "init")
	if got, _ := os.ReadFile(".gitignore"); string(got) != "mine\n" {
		t.Errorf("got %q", got)
	}
}

func TestFmt(t *testing.T) {
	const ugly, pretty = "a=1\nlonger = 2\n", "a      = 1\nlonger = 2\n"
	setup := func(t *testing.T) {
		t.Chdir(t.TempDir())
		for name, text := range map[string]string{
			"ugly.rf.hcl": ugly, "pretty.rf.hcl": pretty, "x.auto.rfvars": ugly, "data.rf.json": "{ }", "other.hcl": ugly,
			"sub/deep.rf.hcl": ugly, ".hidden/h.rf.hcl": ugly,
		} {
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, []byte(text), 0o640); err != nil {
				t.Fatal(err)
			}
		}
	}
	content := func(t *testing.T, name, want string) {
		t.Helper()
		if got, err := os.ReadFile(name); err != nil || string(got) != want {
			t.Errorf("%s is %q, %v; want %q", name, got, err, want)
		}
	}
	t.Run("directory", func(t *testing.T) {
		setup(t)
		b := newBench()
		b.run(t, ok, "fmt")
		if got := b.out.String(); got != "ugly.rf.hcl\nx.auto.rfvars\n" {
			t.Errorf("got %q", got)
		}
		content(t, "ugly.rf.hcl", pretty)
		content(t, "other.hcl", ugly)
		content(t, "sub/deep.rf.hcl", ugly)
		if info, _ := os.Stat("ugly.rf.hcl"); info.Mode().Perm() != 0o640 {
			t.Errorf("the mode is now %v", info.Mode())
		}
		entries, _ := os.ReadDir(".")
		if len(entries) != 7 {
			t.Errorf("left behind: %v", entries)
		}
		b.out.Reset()
		b.run(t, ok, "fmt -check")
		if b.out.String() != "" {
			t.Errorf("got %q", &b.out)
		}
	})
	t.Run("recursive", func(t *testing.T) {
		setup(t)
		newBench().run(t, ok, "fmt -recursive")
		content(t, "sub/deep.rf.hcl", pretty)
		content(t, ".hidden/h.rf.hcl", ugly)
	})
	t.Run("check", func(t *testing.T) {
		setup(t)
		b := newBench()
		b.run(t, incomplete, "fmt -check -diff ugly.rf.hcl pretty.rf.hcl data.rf.json")
		b.expect(t, &b.out, "ugly.rf.hcl\n", "-a=1\n", "+a      = 1\n")
		content(t, "ugly.rf.hcl", ugly)
	})
	t.Run("stdin", func(t *testing.T) {
		b := newBench()
		b.app.Streams.In = strings.NewReader(ugly)
		b.run(t, ok, "fmt -")
		if b.out.String() != pretty {
			t.Errorf("got %q", &b.out)
		}
		b.app.Streams.In = strings.NewReader(ugly)
		b.run(t, incomplete, "fmt -check -")
	})
	t.Run("mistakes", func(t *testing.T) {
		setup(t)
		const broken = "a = = 1\nb=2\n"
		if err := os.WriteFile("broken.rf.hcl", []byte(broken), 0o644); err != nil {
			t.Fatal(err)
		}
		b := newBench()
		b.run(t, failed, "fmt")
		content(t, "broken.rf.hcl", broken)
		content(t, "ugly.rf.hcl", pretty)
		b.expect(t, &b.err, "broken.rf.hcl line 1")
		b.run(t, failed, "fmt other.hcl")
		b.run(t, failed, "fmt no-such.rf.hcl")
	})
	t.Run("link", func(t *testing.T) {
		setup(t)
		if err := os.Symlink("ugly.rf.hcl", "link.rf.hcl"); err != nil {
			return // not on this system
		}
		newBench().run(t, ok, "fmt link.rf.hcl")
		content(t, "ugly.rf.hcl", pretty)
		if info, _ := os.Lstat("link.rf.hcl"); info.Mode()&os.ModeSymlink == 0 {
			t.Error("the link is now a file")
		}
	})
}

// The words that -allow takes are the hazards that plans ask for.
func TestHazardsAreThoseOfPlans(t *testing.T) {
	if diff := cmp.Diff(plan.Hazards(), hazards(args.Hazards())); diff != "" {
		t.Error(diff)
	}
}
