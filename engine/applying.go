package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/engine/archive"
	"github.com/reportform/reportform/engine/gate"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/engine/run"
	"github.com/reportform/reportform/internal/place"
)

// ApplyOptions says how to apply.
type ApplyOptions struct {
	Parallelism int // pulls that work at once; 0 for 10
	// Allow are hazards that are allowed beside those that the plan allows. What
	// others are about is held back.
	Allow []plan.HazardKind
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
	// Waiting counts the pulls that published nothing, because by the service's
	// clock it was too early.
	Waiting int
	Failed  []run.Ended // in the order of the plan
	Pruned  []plan.Deletion
	// Kept says why the plan's deletions were not carried out; nil if all were.
	Kept error
	// HeldBack are the hazards that nobody has allowed: what they are about was not
	// done.
	HeldBack      []plan.Hazard
	Events, Bytes int64 // events fetched, bytes written
	Interrupted   bool  // ctx ended before all pulls were tried
	Deadline      bool  // the deadline came before all pulls were tried
	// Warnings are about clocks, each once.
	Warnings hcl.Diagnostics

	clocks clocks
}

// CheckPlan returns an error if a plan was made for another configuration, or is of
// a format that is not carried out, which Apply and Pull refuse.
func (e *Engine) CheckPlan(h *plan.Header) error {
	if err := h.Carried(); err != nil {
		return err
	}
	if h.Configuration != e.digest() {
		return errors.New("the plan was made for another configuration: the files, the variables or the labels have changed since; make the plan again")
	}
	return nil
}

// Apply carries out p, but for what its hazards hold back. One tenant's failure
// stops only its own pulls: what failed is in the Summary, and the error is for
// what kept apply from working at all, such as a plan of another configuration, or
// one with a pull that is none of the configuration's.
func (e *Engine) Apply(ctx context.Context, p *plan.Plan, opts ApplyOptions) (*Summary, error) {
	if err := e.CheckPlan(&p.Header); err != nil {
		return nil, err
	}
	if err := e.checkPulls(p); err != nil {
		return nil, err
	}
	var summary Summary
	var rest *plan.Plan
	rest, summary.HeldBack = p.Permitted(opts.Allow)
	during, stop := until(ctx, opts.Deadline)
	defer stop()
	if len(rest.Pulls) > 0 {
		if err := e.pull(during, rest, &opts, &summary); err != nil {
			return nil, err
		}
	}
	if during.Err() != nil {
		return &summary, nil
	}
	err := e.protect(ctx, rest.Protections)
	if err == nil && (p.Prune || len(rest.Deletions) > 0) {
		digest := p.Digest
		if digest == "" {
			digest = plan.Digest(p)
		}
		summary.Pruned, err = e.prune(ctx, rest, digest)
	}
	summary.Kept = err
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

// pull has the pulls of p carried out and counts them in summary: first what
// relocates, and then the others, which may write where that was.
func (e *Engine) pull(ctx context.Context, p *plan.Plan, opts *ApplyOptions, summary *Summary) error {
	names := e.archive.Names()
	moves, others := plan.Relocations(p.Pulls, names)
	if len(others) > 0 {
		if err := e.wire.Begin(); err != nil {
			return err
		}
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
	gates := gate.New()
	left, order := 0, make(map[*plan.Pull]int, len(p.Pulls))
	execute := func(runs [][]plan.Pull) {
		for _, pulls := range runs {
			for i := range pulls {
				order[&pulls[i]] = len(order)
			}
		}
		left += executor.Execute(ctx, p.Header, runs, &worker{e, tell, gates, true}, func(pulls []plan.Pull, o run.Outcome, err error) {
			for i := range pulls {
				tell(run.Ended{Pull: &pulls[i], Result: resultOf(&pulls[i], &o, i, err)})
			}
		})
	}
	if len(moves) > 0 {
		execute(moves)
		defer e.vacated(moves) // when others may have gone there
		others = freed(others, summary.Failed, names, func(stuck *plan.Pull, at place.Place) {
			order[stuck] = len(order)
			err := fmt.Errorf("%s is not free: what is there was to be moved first, and that has failed", at)
			tell(run.Ended{Pull: stuck, Result: resultOf(stuck, nil, 0, err)})
		})
	}
	if left > 0 { // places are not free for want of time
		left += len(others)
	} else {
		execute(slices.Collect(slices.Chunk(others, 1)))
	}
	if errors.Is(context.Cause(ctx), errDeadline) {
		summary.Deadline = left > 0 || slices.ContainsFunc(summary.Failed, func(f run.Ended) bool { return f.Failure.Stopped })
	} else {
		summary.Interrupted = left > 0 || ctx.Err() != nil
	}
	summary.Warnings = summary.clocks.warnings()
	slices.SortFunc(summary.Failed, func(a, b run.Ended) int { return order[a.Pull] - order[b.Pull] })
	return nil
}

// freed returns the pulls that write to no place from which a relocation has
// failed to go, and gives the others to stuck.
func freed(pulls []plan.Pull, failed []run.Ended, names *archive.Names, stuck func(*plan.Pull, place.Place)) []plan.Pull {
	failed = slices.DeleteFunc(slices.Clone(failed), func(e run.Ended) bool { return !e.Pull.Relocates() })
	if len(failed) == 0 {
		return pulls
	}
	var free []plan.Pull
	for i := range pulls {
		n := slices.IndexFunc(pulls[i].Outputs, func(o plan.PullOutput) bool {
			name := names.Name(o.Output, o.Place)
			return slices.ContainsFunc(failed, func(e run.Ended) bool { return e.Pull.Frees(name, names) })
		})
		if n < 0 {
			free = append(free, pulls[i])
		} else {
			stuck(&pulls[i], pulls[i].Outputs[n].Place)
		}
	}
	return free
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
	s.clocks.add(ended.Clock)
	switch {
	case ended.Failure != nil:
		s.Failed = append(s.Failed, ended)
	case ended.Skipped:
		s.Skipped++
	case ended.Waiting != nil:
		s.Waiting++
	default:
		s.Finished++
	}
	if len(ended.Written) > 0 {
		s.Events += ended.Stats.Events
	}
	if ended.Pull.Relocates() {
		return // nothing was written
	}
	for _, w := range ended.Written {
		s.Bytes += w.Receipt.Bytes
	}
}
