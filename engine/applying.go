package engine

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/engine/run"
	"github.com/reportform/reportform/internal/place"
)

// ApplyOptions says how to apply.
type ApplyOptions struct {
	Parallelism int  // pulls that work at once; 0 for 10
	Prune       bool // delete the plan's orphans
	// Progress, if set, receives what happens, one value at a time.
	Progress func(run.Progress)
	// Deadline, if set, ends the apply wherever it is: pulls under way are stopped,
	// others not begun. What has finished is held.
	Deadline time.Time
	// Executor has the pulls carried out; nil for this process.
	Executor run.Executor
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
	Failed            []run.Ended // in the order of the plan
	Pruned            []plan.Orphan
	// Kept says why orphans were not pruned; nil if all were.
	Kept          error
	Events, Bytes int64 // events fetched, bytes written
	Interrupted   bool  // ctx ended before all pulls were tried
	Deadline      bool  // the deadline came before all pulls were tried
}

// CheckPlan returns an error if a plan was made for another configuration, which
// Apply and Pull refuse.
func (e *Engine) CheckPlan(h *plan.Header) error {
	if !slices.Contains(e.digests(), h.Configuration) {
		return errors.New("the plan was made for another configuration: the files, the variables or the labels have changed since; make the plan again")
	}
	return nil
}

// Apply carries out p. One tenant's failure stops only its own pulls: what
// failed is in the Summary, and the error is for what kept apply from working
// at all, such as a plan of another configuration.
func (e *Engine) Apply(ctx context.Context, p *plan.Plan, opts ApplyOptions) (*Summary, error) {
	if err := e.CheckPlan(&p.Header); err != nil {
		return nil, err
	}
	var summary Summary
	during, stop := until(ctx, opts.Deadline)
	defer stop()
	if len(p.Pulls) > 0 {
		if err := e.pull(during, p, &opts, &summary); err != nil {
			return nil, err
		}
	}
	if opts.Prune && during.Err() == nil {
		summary.Pruned, summary.Kept = e.prune(ctx, p.Orphans)
	}
	return &summary, nil
}

// errDeadline is why a deadline ends pulls.
var errDeadline = errors.New("the deadline has come")

// until returns ctx as it is until a deadline, if that is set: then it is
// cancelled, as by an interrupt.
func until(ctx context.Context, deadline time.Time) (during context.Context, stop func()) {
	during, cancel := context.WithCancelCause(ctx)
	if deadline.IsZero() {
		return during, func() { cancel(nil) }
	}
	timer := time.AfterFunc(time.Until(deadline), func() { cancel(errDeadline) })
	return during, func() {
		timer.Stop()
		cancel(nil)
	}
}

// pull has the pulls of p carried out and counts them in summary.
func (e *Engine) pull(ctx context.Context, p *plan.Plan, opts *ApplyOptions, summary *Summary) error {
	if err := e.wire.Open(); err != nil {
		return err
	}
	var mu sync.Mutex
	tell := func(progress run.Progress) {
		mu.Lock()
		defer mu.Unlock()
		if ended, ok := progress.(run.Ended); ok {
			summary.count(ended)
		}
		if opts.Progress != nil {
			opts.Progress(progress)
		}
	}
	defer e.waiting.listen(tell)()
	e.archive.Sweep(places(p.Pulls))
	executor := opts.Executor
	if executor == nil {
		executor = run.Local{Parallelism: parallelism(opts.Parallelism), PerTenant: perTenant}
	}
	runs := slices.Collect(slices.Chunk(p.Pulls, 1))
	left := executor.Execute(ctx, p.Header, runs, &worker{e, tell}, func(pulls []plan.Pull, o run.Outcome, err error) {
		for i := range pulls {
			tell(run.Ended{Pull: &pulls[i], Result: resultOf(&pulls[i], &o, i, err)})
		}
	})
	if errors.Is(context.Cause(ctx), errDeadline) {
		summary.Deadline = left > 0 || slices.ContainsFunc(summary.Failed, func(f run.Ended) bool { return f.Failure.Stopped })
	} else {
		summary.Interrupted = left > 0 || ctx.Err() != nil
	}
	order := make(map[*plan.Pull]int, len(p.Pulls))
	for i := range p.Pulls {
		order[&p.Pulls[i]] = i
	}
	slices.SortFunc(summary.Failed, func(a, b run.Ended) int { return order[a.Pull] - order[b.Pull] })
	return nil
}

// resultOf is the result of the pull of a run that has this number; with an error
// none of them was tried.
func resultOf(pull *plan.Pull, o *run.Outcome, i int, err error) run.Result {
	if err == nil && i < len(o.Results) {
		return o.Results[i]
	}
	if err == nil {
		err = errors.New("the executor said nothing of it")
	}
	failure := &run.Failure{Message: err.Error(), Stopped: errors.Is(err, context.Canceled)}
	for _, output := range pull.Outputs {
		failure.Outputs = append(failure.Outputs, output.Output)
	}
	return run.Result{Failure: failure}
}

// places yields where pulls write.
func places(pulls []plan.Pull) func(yield func(place.Place) bool) {
	return func(yield func(place.Place) bool) {
		for i := range pulls {
			for _, o := range pulls[i].Outputs {
				if !yield(o.Place) {
					return
				}
			}
		}
	}
}

func (s *Summary) count(ended run.Ended) {
	switch {
	case ended.Failure != nil:
		s.Failed = append(s.Failed, ended)
	case ended.Skipped:
		s.Skipped++
	default:
		s.Finished++
	}
	if len(ended.Written) > 0 {
		s.Events += ended.Stats.Events
	}
	for _, w := range ended.Written {
		s.Bytes += w.Receipt.Bytes
	}
}
