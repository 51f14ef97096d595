package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/engine/run"
	"github.com/reportform/reportform/engine/window"
	"github.com/reportform/reportform/internal/address"
	"github.com/reportform/reportform/internal/durable"
)

// ApplyOptions says how to apply.
type ApplyOptions struct {
	Parallelism int  // pulls that work at once; 0 for 10
	Prune       bool // delete the plan's orphans
	// Progress, if set, receives what happens, one value at a time.
	Progress func(run.Progress)
}

// DefaultParallelism is how many pulls work at once unless told otherwise.
const DefaultParallelism = 10

// parallelism is how many pulls work at once: as many as asked for, which may
// be 0.
func parallelism(asked int) int {
	if asked <= 0 {
		return DefaultParallelism
	}
	return asked
}

// perTenant is how many pulls of one tenant run at once: enough to hide the
// service's latency, and few enough to leave its budget to be shared.
const perTenant = 4

// Summary is the outcome of an apply.
type Summary struct {
	Finished, Skipped int
	Failed            []run.Failed // in the order of the plan
	Pruned            []plan.Orphan
	Events, Bytes     int64 // events fetched, bytes written
	Interrupted       bool  // ctx ended before all pulls were tried
}

// CheckPlan returns an error if p was made for another configuration, which
// Apply refuses.
func (e *Engine) CheckPlan(p *plan.Plan) error {
	if p.Configuration != e.digest() {
		return errors.New("the plan was made for another configuration: the files, the variables or the labels have changed since; make the plan again")
	}
	return nil
}

// Apply carries out p. One tenant's failure stops only its own pulls: what
// failed is in the Summary, and the error is for what kept apply from working
// at all, such as a plan of another configuration.
func (e *Engine) Apply(ctx context.Context, p *plan.Plan, opts ApplyOptions) (*Summary, error) {
	if err := e.CheckPlan(p); err != nil {
		return nil, err
	}
	var summary Summary
	if len(p.Pulls) > 0 {
		if err := e.pull(ctx, p, &opts, &summary); err != nil {
			return nil, err
		}
	}
	if opts.Prune && ctx.Err() == nil {
		pruned, err := e.prune(ctx, p.Orphans)
		summary.Pruned = pruned
		if err != nil {
			return &summary, err
		}
	}
	return &summary, nil
}

// pull carries out the pulls of p and counts them in summary.
func (e *Engine) pull(ctx context.Context, p *plan.Plan, opts *ApplyOptions, summary *Summary) error {
	services, err := e.services()
	if err != nil {
		return err
	}
	var mu sync.Mutex
	runner := &run.Runner{Ledgers: e.ledgers, Now: e.now}
	runner.Progress = func(value run.Progress) {
		mu.Lock()
		defer mu.Unlock()
		summary.count(value)
		if opts.Progress != nil {
			opts.Progress(value)
		}
	}
	e.sweep(p)
	left := run.Executor{Parallelism: parallelism(opts.Parallelism), PerTenant: perTenant}.Run(ctx, p.Pulls, func(ctx context.Context, pull *plan.Pull, seat run.Seat) {
		taken := &timedSeat{Seat: seat}
		job, err := e.job(services, p, pull, taken)
		if err != nil {
			runner.Progress(run.Failed{Pull: pull, Err: &run.PullError{Pull: pull, Err: err}})
			return
		}
		// What went wrong is reported through Progress.
		_ = runner.Pull(ctx, job)
	})
	summary.Interrupted = left > 0 || ctx.Err() != nil
	order := make(map[*plan.Pull]int, len(p.Pulls))
	for i := range p.Pulls {
		order[&p.Pulls[i]] = i
	}
	slices.SortFunc(summary.Failed, func(a, b run.Failed) int { return order[a.Pull] - order[b.Pull] })
	return nil
}

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

// abandonedAfter is the age at which a temporary file of another host is taken
// for one of a run that was killed. A run that still works touches its files
// more often. On this host the system says what is in use.
const abandonedAfter = 6 * time.Hour

// sweep removes temporary files that killed runs have left where p writes. It
// is a courtesy: what it cannot do is logged.
func (e *Engine) sweep(p *plan.Plan) {
	swept := map[string]bool{}
	for i := range p.Pulls {
		for _, o := range p.Pulls[i].Outputs {
			dir := filepath.Dir(e.file(o.Path))
			if o.Path == ledger.Console || swept[dir] {
				continue
			}
			swept[dir] = true
			removed, err := durable.RemoveLeftovers(dir, e.now().Add(-abandonedAfter))
			for _, file := range removed {
				e.logger.Info("removed a temporary file of a run that was killed", "file", file)
			}
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				e.logger.Warn("temporary files of killed runs cannot be removed", "directory", dir, "error", err)
			}
		}
	}
}

func (s *Summary) count(value run.Progress) {
	switch v := value.(type) {
	case run.Finished:
		s.Finished++
		s.Events += v.Stats.Events
		for _, w := range v.Receipts {
			s.Bytes += w.Bytes
		}
	case run.Skipped:
		s.Skipped++
	case run.Failed:
		s.Failed = append(s.Failed, v)
	}
}

// job resolves a planned pull, which works at a seat.
func (e *Engine) job(s *services, p *plan.Plan, pull *plan.Pull, seat *timedSeat) (*run.Job, error) {
	tenant, report := e.config.Tenant(address.Address(pull.Tenant)), e.config.Report(address.Address(pull.Report))
	if tenant == nil || report == nil {
		return nil, fmt.Errorf("the plan names %s and %s, which the configuration does not have: make the plan again", pull.Report, pull.Tenant)
	}
	limits := plan.Want{Window: window.New(report.Window), Retention: report.Type.Retention, Snapshot: report.Type.Snapshot()}
	job := &run.Job{
		Pull: pull, Planned: p.Now,
		LostAt: limits.LostAt(window.Slice{From: pull.From, To: pull.To}), Trailing: limits.Window.Trailing(),
		Advise: e.adviser(tenant, report),
		Waited: seat.waited,
	}
	if !p.FilesTrusted {
		job.Intact = e.intact
	}
	facts := pullOf(tenant, report, &window.Named{Slice: window.Slice{From: pull.From, To: pull.To}, Date: pull.Date, Label: pull.Label})
	define := definer(report)
	for _, planned := range pull.Outputs {
		output, ok := e.outputs[address.Address(planned.Output)]
		if !ok {
			return nil, fmt.Errorf("the plan names %s, which the configuration does not have: make the plan again", planned.Output)
		}
		target, diags := output.Resolve(facts)
		if diags.HasErrors() {
			return nil, diags
		}
		if e.recorded(target.Path) != planned.Path {
			return nil, fmt.Errorf("%s now leads to %s and not to the plan's %s: make the plan again", planned.Output, e.recorded(target.Path), planned.Path)
		}
		if define(tenant, target.Definition) != planned.Definition {
			return nil, fmt.Errorf("%s would now write another file than the plan says: make the plan again", planned.Output)
		}
		job.Outputs = append(job.Outputs, run.JobOutput{PullOutput: planned, Output: output, Target: target})
	}
	if pull.Source == nil {
		job.Events = s.asking(tenant, report, pull, seat)
		return job, nil
	}
	var err error
	job.Events, err = e.rereading(pull.Source, facts, report.Type)
	return job, err
}
