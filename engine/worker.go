package engine

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/advice"
	"github.com/reportform/reportform/engine/gate"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/engine/run"
	"github.com/reportform/reportform/engine/wanted"
	"github.com/reportform/reportform/engine/window"
	"github.com/reportform/reportform/internal/address"
	"github.com/reportform/reportform/internal/place"
)

// Pull carries out a run of pulls of a plan with the header. It needs nothing but
// the configuration and the state, may be repeated at any time, and takes and
// gives plain data, so that whoever distributes work can call it anywhere. What
// failed is in the Outcome; the error is for what kept all of them from being
// tried, such as a plan of another configuration. What the service refuses for
// good is not asked for again for pulls with the same header, for an hour.
func (e *Engine) Pull(ctx context.Context, h plan.Header, pulls []plan.Pull) (run.Outcome, error) {
	gates, fresh := e.runs.of(&h, e.now())
	if fresh {
		if err := e.wire.Begin(); err != nil {
			return run.Outcome{}, err
		}
	}
	return (&worker{e, nil, gates}).Pull(ctx, h, pulls)
}

// worker is the engine as an executor knows it, for one run.
type worker struct {
	*Engine
	tell  func(run.Progress) // nil for nobody
	gates *gate.Gates
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
	if err := w.wire.Open(); err != nil {
		return run.Outcome{}, err
	}
	runner := &run.Runner{Ledgers: w.ledgers, Now: w.now, Keeper: w.wanted.Keepers[0], Progress: w.tell}
	var outcome run.Outcome
	for i := range pulls {
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
	tenant, report := w.config.Tenant(address.Address(pull.Tenant)), w.config.Report(address.Address(pull.Report))
	if tenant == nil || report == nil {
		return nil, fmt.Errorf("the plan names %s and %s, which the configuration does not have: make the plan again", pull.Report, pull.Tenant)
	}
	limits := plan.Want{Window: window.New(report.Window), Retention: report.Type.Retention, Snapshot: report.Type.Snapshot()}
	job := &run.Job{
		Pull: pull, Planned: h.Now,
		LostAt: limits.LostAt(window.Slice{From: pull.From, To: pull.To}), Trailing: limits.Window.Trailing(),
		Explain: w.explainer(tenant, report),
		Waited:  seat.waited,
	}
	if !h.FilesTrusted {
		job.Intact = func(h *ledger.Held) bool { return w.intact(ctx, h) }
	}
	facts := wanted.Pull(tenant, report, &window.Named{Slice: window.Slice{From: pull.From, To: pull.To}, Date: pull.Date, Label: pull.Label})
	for _, planned := range pull.Outputs {
		output, ok := w.outputs[address.Address(planned.Output)]
		if !ok {
			return nil, fmt.Errorf("the plan names %s, which the configuration does not have: make the plan again", planned.Output)
		}
		target, diags := output.Resolve(facts)
		if diags.HasErrors() {
			return nil, diags
		}
		if target.Place != planned.Place {
			return nil, fmt.Errorf("%s now leads to %s and not to the plan's %s: make the plan again", planned.Output, target.Place, planned.Place)
		}
		definition := wanted.Define(tenant, report, target.Definition)
		if planned.Definition != definition.Now && planned.Definition != definition.Earlier {
			return nil, fmt.Errorf("%s would now write another file than the plan says: make the plan again", planned.Output)
		}
		job.Outputs = append(job.Outputs, run.JobOutput{
			Address: planned.Output, Output: output, Target: target, Definition: definition.Now, Earlier: definition.Earlier,
		})
	}
	if pull.Source != nil {
		var err error
		job.Events, err = w.rereading(pull.Source, facts, report.Type)
		return job, err
	}
	admission := w.admission(tenant, report, seat)
	job.Admit = admission.admit
	read, err := w.asking(tenant, report, pull, seat)
	job.Events = admission.reading(read)
	return job, err
}

// explainer explains the errors of pulls of a tenant's report.
func (e *Engine) explainer(tenant *config.Tenant, report *config.Report) func(error) run.Explanation {
	explain := advice.For(advice.Subject{
		Tenant: tenant, Report: report, App: e.wire.App(tenant), Successor: e.config.ReportTypes[report.Type.Successor],
	})
	return func(err error) run.Explanation { return run.Explanation(explain(err)) }
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
