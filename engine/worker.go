package engine

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/advice"
	"github.com/reportform/reportform/engine/clock"
	"github.com/reportform/reportform/engine/gate"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/engine/run"
	"github.com/reportform/reportform/engine/wanted"
	"github.com/reportform/reportform/engine/window"
	"github.com/reportform/reportform/internal/address"
	"github.com/reportform/reportform/internal/place"
	"github.com/reportform/reportform/outputs"
)

// Pull carries out a run of pulls of a plan with the header. It needs nothing but
// the configuration and the state, may be repeated at any time, and takes and
// gives plain data, so that whoever distributes work can call it anywhere. What
// failed is in the Outcome; the error is for what kept all of them from being
// tried, such as a plan of another configuration. What the service refuses for
// good is not asked for again for pulls with the same header, for an hour; what may
// pass, such as an outage, is.
func (e *Engine) Pull(ctx context.Context, h plan.Header, pulls []plan.Pull) (run.Outcome, error) {
	gates, fresh := e.runs.of(&h, e.now())
	if fresh {
		if err := e.wire.Begin(); err != nil {
			return run.Outcome{}, err
		}
	}
	return (&worker{Engine: e, gates: gates}).Pull(ctx, h, pulls)
}

// worker is the engine as an executor knows it, for one run.
type worker struct {
	*Engine
	tell  func(run.Progress) // nil for nobody
	gates *gate.Gates
	// ends reports that the run is known to end, so that what may pass later, such
	// as an outage, is waited for once in it.
	ends bool
}

// Pull implements run.Worker.
func (w *worker) Pull(ctx context.Context, h plan.Header, pulls []plan.Pull) (run.Outcome, error) {
	return w.PullAt(ctx, h, pulls, noSeat{})
}

// PullAt is Pull at a seat, which is left while a pull waits for the service's
// limits.
func (w *worker) PullAt(ctx context.Context, h plan.Header, pulls []plan.Pull, seat run.Seat) (run.Outcome, error) {
	if err := w.CheckPlan(&h); err != nil {
		return run.Outcome{}, err
	}
	if slices.ContainsFunc(pulls, func(p plan.Pull) bool { return !p.Relocates() }) {
		if err := w.wire.Open(); err != nil {
			return run.Outcome{}, err
		}
	}
	runner := &run.Runner{Ledgers: w.ledgers, Now: w.now, Keeper: w.wanted.Keepers[0], Machine: w.machine, Progress: w.tell}
	var outcome run.Outcome
	for i := 0; i < len(pulls); i++ {
		moves := i
		for moves < len(pulls) && pulls[moves].Relocates() {
			moves++
		}
		if moves > i {
			outcome.Results = append(outcome.Results, w.relocate(ctx, &h, runner, pulls[i:moves])...)
			i = moves - 1
			continue
		}
		job, err := w.job(ctx, &h, &pulls[i], &timedSeat{Seat: seat})
		if err != nil {
			outcome.Results = append(outcome.Results, resultOf(&pulls[i], nil, 0, err))
			continue
		}
		outcome.Results = append(outcome.Results, runner.Pull(ctx, job))
	}
	return outcome, nil
}

// job resolves a planned pull, which works at a seat.
func (w *worker) job(ctx context.Context, h *plan.Header, pull *plan.Pull, seat *timedSeat) (*run.Job, error) {
	want, err := w.wantOf(h, pull)
	if err != nil {
		return nil, err
	}
	tenant, report := w.config.Tenant(address.Address(pull.Tenant)), w.config.Report(address.Address(pull.Report))
	slice := window.Slice{From: pull.From, To: pull.To}
	job := &run.Job{
		Pull: pull, Planned: h.Now, Terms: want.Terms(),
		LostAt: want.LostAt(slice), Trailing: want.Window.Trailing(), Open: want.Window.Open(),
		Clock:   func() clock.Reading { return w.wire.Clock(tenant, report.Type) },
		Explain: w.explain(tenant, report, pull),
		Waited:  seat.waited,
	}
	if !want.Snapshot {
		job.Settles, job.Revisits = want.Window.Settles(slice, want.Settle), want.Window.Revisits(slice)
	}
	if !h.FilesTrusted {
		job.Intact = func(h *ledger.Held) bool { return w.intact(ctx, h) }
	}
	facts := factsOf(tenant, report, pull)
	for i := range pull.Outputs {
		output, err := w.output(tenant, report, facts, &pull.Outputs[i])
		if err != nil {
			return nil, err
		}
		job.Outputs = append(job.Outputs, output)
	}
	if pull.Source != nil {
		job.Events, err = w.rereading(pull.Source, facts, report.Type)
		return job, err
	}
	job.Reach = reach{w.wire.Reach(tenant, report)}
	job.Recall = w.recall(tenant, report, facts)
	admission := w.admission(tenant, report, seat)
	job.Admit = admission.admit
	read, err := w.asking(tenant, report, pull, seat)
	job.Events = admission.reading(read)
	return job, err
}

// explain explains the errors of a pull.
func (e *Engine) explain(tenant *config.Tenant, report *config.Report, pull *plan.Pull) func(error) run.Explanation {
	explain := advice.For(advice.Subject{
		Tenant: tenant, Report: report, From: pull.From, Now: e.now,
		App: e.wire.App(tenant), Successor: e.config.ReportTypes[report.Type.Successor],
	})
	return func(err error) run.Explanation { return run.Explanation(explain(err)) }
}

// factsOf is the pull object of the language for a planned pull.
func factsOf(tenant *config.Tenant, report *config.Report, pull *plan.Pull) *outputs.Pull {
	return wanted.Pull(tenant, report, &window.Named{Slice: window.Slice{From: pull.From, To: pull.To}, Date: pull.Date, Label: pull.Label})
}

// output resolves an output of a pull that wantOf has found, which leads where the
// plan says.
func (e *Engine) output(tenant *config.Tenant, report *config.Report, facts *outputs.Pull, planned *plan.PullOutput) (run.JobOutput, error) {
	output := e.outputs[address.Address(planned.Output)]
	target, diags := output.Resolve(facts)
	if diags.HasErrors() {
		return run.JobOutput{}, diags
	}
	if target.Place != planned.Place {
		return run.JobOutput{}, fmt.Errorf("%s now leads to %s and not to the plan's %s: make the plan again", planned.Output, target.Place, planned.Place)
	}
	definition := wanted.Define(tenant, report, target.Definition)
	if planned.Definition != definition.Now && planned.Definition != definition.Earlier {
		return run.JobOutput{}, fmt.Errorf("%s would now write another file than the plan says: make the plan again", planned.Output)
	}
	return run.JobOutput{Address: planned.Output, Output: output, Target: target, Definition: definition.Now, Earlier: definition.Earlier}, nil
}

// relocate carries out pulls that relocate, unless one of them does not lead where
// the plan says: then none moves, since others may wait for it.
func (e *Engine) relocate(ctx context.Context, h *plan.Header, runner *run.Runner, pulls []plan.Pull) []run.Result {
	for i := range pulls {
		p := &pulls[i]
		_, err := e.wantOf(h, p)
		if err == nil {
			tenant, report := e.config.Tenant(address.Address(p.Tenant)), e.config.Report(address.Address(p.Report))
			_, err = e.output(tenant, report, factsOf(tenant, report, p), &p.Outputs[0])
		}
		if err == nil {
			continue
		}
		results := make([]run.Result, len(pulls))
		for n := range pulls {
			results[n] = resultOf(&pulls[n], nil, 0, err)
		}
		return results
	}
	names := e.archive.Names()
	return runner.Relocate(ctx, e.archive, names.Name, pulls)
}

// wantOf returns what the configuration wants of a planned pull's report and
// tenant. A pull that no plan with the header has is an error.
func (e *Engine) wantOf(h *plan.Header, pull *plan.Pull) (*plan.Want, error) {
	report, want, err := e.reportOf(pull)
	if err == nil {
		err = checkOutputs(report, pull)
	}
	if err == nil {
		err = want.Check(pull, h.Now)
	}
	return want, err
}

// checkPulls returns an error for a plan with a pull that wantOf would refuse.
func (e *Engine) checkPulls(p *plan.Plan) error {
	checks := plan.NewChecks()
	var last *plan.Pull // mostly of the report and the tenant of the next
	var report *config.Report
	var want *plan.Want
	for i := range p.Pulls {
		pull := &p.Pulls[i]
		if last == nil || last.Tenant != pull.Tenant || last.Report != pull.Report {
			var err error
			if report, want, err = e.reportOf(pull); err != nil {
				return err
			}
			last = pull
		}
		err := checkOutputs(report, pull)
		if err == nil {
			err = checks.Check(want, pull, p.Now)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// reportOf returns a planned pull's report, and what is wanted of it and of the
// tenant.
func (e *Engine) reportOf(pull *plan.Pull) (*config.Report, *plan.Want, error) {
	tenant, report := e.config.Tenant(address.Address(pull.Tenant)), e.config.Report(address.Address(pull.Report))
	if tenant == nil || report == nil || !report.Of(tenant) {
		return nil, nil, fmt.Errorf("the plan names %s of %s, which the configuration does not have: make the plan again", pull.Report, pull.Tenant)
	}
	return report, &plan.Want{
		Tenant: pull.Tenant, Report: pull.Report, Type: report.Type.Name, Window: window.New(report.Window),
		Settle: report.Type.Settle, Retention: report.Type.Kept(tenant.Licence), Snapshot: report.Type.Snapshot(), Protect: report.Protected(),
	}, nil
}

// checkOutputs returns an error for a pull with an output that its report does not
// have.
func checkOutputs(report *config.Report, pull *plan.Pull) error {
	for i := range pull.Outputs {
		planned := pull.Outputs[i].Output
		if !slices.ContainsFunc(report.Outputs, func(o *config.Output) bool { return string(o.Address) == planned }) {
			return fmt.Errorf("the plan names %s, which %s does not have: make the plan again", planned, pull.Report)
		}
	}
	return nil
}

// intact reports whether what an entry records is there.
func (e *Engine) intact(ctx context.Context, h *ledger.Held) bool {
	watch := e.archive.Watch(ctx)
	defer watch.Close()
	condition, err := watch.At(h)
	return err == nil && condition == place.Intact
}

// noSeat is for who has none to give up.
type noSeat struct{}

func (noSeat) Leave()  {}
func (noSeat) Return() {}

// timedSeat adds up for how long a seat is left.
type timedSeat struct {
	run.Seat

	mu   sync.Mutex
	away int // Leave without Return
	left time.Time
	sum  time.Duration
}

// Leave implements run.Seat.
func (s *timedSeat) Leave() {
	s.mu.Lock()
	if s.away++; s.away == 1 {
		s.left = time.Now()
	}
	s.mu.Unlock()
	s.Seat.Leave()
}

// Return implements run.Seat.
func (s *timedSeat) Return() {
	s.mu.Lock()
	if s.away--; s.away == 0 {
		s.sum += time.Since(s.left)
	}
	s.mu.Unlock()
	s.Seat.Return()
}

// waited is how long it was left so far.
func (s *timedSeat) waited() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sum
}
