package run

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/reportform/reportform/engine/fetch"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/internal/event"
	"github.com/reportform/reportform/outputs"
)

// Job is a pull with everything that it needs, resolved.
type Job struct {
	Pull *plan.Pull
	// Planned is the clock of the plan. What was fetched since then is held.
	Planned time.Time
	// Events yields the events of the slice and counts them, as fetch.Source
	// does: from the service, or from the file of the pull's source.
	Events  func(ctx context.Context, stats *fetch.Stats) iter.Seq2[[]event.Event, error]
	Outputs []JobOutput
	// LostAt is when the service has the slice no longer, zero for never. What it
	// gives from then on is not the whole.
	LostAt time.Time
	// Trailing reports that the slice is the one of a trailing window: it takes
	// the place of the one before.
	Trailing bool
	// Intact, if set, reports whether the file of an entry is there.
	Intact func(*ledger.Held) bool
	// Waited, if set, returns how long the pull has waited for the service's
	// limits so far.
	Waited func() time.Duration
	// Advise says what the user can do about an error of the service, in terms
	// of the report: the permission to grant, the licence to buy. It may be empty.
	Advise func(error) string
}

// JobOutput is one output that lacks the slice.
type JobOutput struct {
	plan.PullOutput
	Output outputs.Output
	Target outputs.Target
}

// Runner carries out pulls. It is safe for concurrent use.
type Runner struct {
	Ledgers *ledger.Store
	Now     func() time.Time
	// Progress receives Started, Progressed, Finished, Failed and Skipped, in
	// order for each pull, from many goroutines.
	Progress func(Progress)
}

// progressInterval is how often a pull says how far it is.
const progressInterval = 250 * time.Millisecond

// Pull fetches the job's slice once and writes the outputs that still lack it:
// every output is staged, then every output is published, then the ledger is
// updated. It is complete, or it failed and published nothing that the ledger
// counts; it may be repeated at any time.
func (r *Runner) Pull(ctx context.Context, job *Job) error {
	start := r.Now()
	key := ledger.Key{Tenant: job.Pull.Tenant, Report: job.Pull.Report}
	fail := func(err error) error {
		err = &PullError{Pull: job.Pull, Err: err, Advice: job.advice(err)}
		if ctx.Err() == nil && !errors.Is(err, errLost) {
			err = errors.Join(err, r.recordFailure(ctx, key, job, err))
		}
		r.Progress(Failed{Pull: job.Pull, Err: err, Took: r.Now().Sub(start)})
		return err
	}
	l, err := r.Ledgers.Read(ctx, key)
	if err != nil {
		return fail(err)
	}
	lacking := job.lacking(l)
	if len(lacking) == 0 {
		r.Progress(Skipped{Pull: job.Pull})
		return nil
	}
	if err := job.lost(r.Now()); err != nil {
		return fail(err)
	}
	source, err := job.source(l)
	if err != nil {
		return fail(err)
	}
	r.Progress(Started{Pull: job.Pull})
	stats, receipts, err := r.transfer(ctx, job, lacking)
	if err != nil {
		return fail(err)
	}
	finished := Finished{Pull: job.Pull, Stats: stats, Took: r.Now().Sub(start)}
	for i, receipt := range receipts {
		finished.Receipts = append(finished.Receipts, Written{lacking[i].PullOutput.Output, receipt})
	}
	// The files are in place: an interrupt must not keep them out of the ledger.
	err = r.Ledgers.Update(context.WithoutCancel(ctx), key, func(l *ledger.Ledger) {
		for i, output := range lacking {
			if job.Trailing {
				l.Supersede(output.PullOutput.Output, output.Path)
				l.ForgetFailures(output.PullOutput.Output)
			}
			l.Hold(held(job, output, receipts[i], &finished, start, source))
		}
	})
	if err != nil {
		return fail(fmt.Errorf("the files are complete, but the state could not be saved, so the slice will be pulled again: %w", err))
	}
	r.Progress(finished)
	return nil
}

// source returns the ledger's entry of the file that the pull is made from,
// nil for one that asks the service.
func (job *Job) source(l *ledger.Ledger) (*ledger.Held, error) {
	s := job.Pull.Source
	if s == nil {
		return nil, nil
	}
	h := l.Find(s.Output, job.Pull.From, job.Pull.To)
	if h == nil || h.Path != s.Path || h.Proof().SHA256 != s.SHA256 {
		return nil, fmt.Errorf("the file that it was to be made from, %s, is no longer held as planned: make the plan again", s.Path)
	}
	return h, nil
}

// errLost says that the service has a slice no longer.
var errLost = errors.New("the service does not have the whole slice any more: make the plan again")

// lost returns errLost where that is so.
func (job *Job) lost(now time.Time) error {
	if job.Pull.Source != nil || job.LostAt.IsZero() || now.Before(job.LostAt) {
		return nil
	}
	return fmt.Errorf("it was lost on %s: %w", job.LostAt.UTC().Format(time.RFC3339), errLost)
}

// lacking returns the outputs of the job that are not held meanwhile.
func (job *Job) lacking(l *ledger.Ledger) []JobOutput {
	var lacking []JobOutput
	for _, output := range job.Outputs {
		h := l.Find(output.PullOutput.Output, job.Pull.From, job.Pull.To)
		if h != nil && madeAt(h).After(job.Planned) && h.Definition == output.Definition && h.Path == output.Path &&
			(h.Final || !job.Pull.Final) && (h.Revisited || !job.Pull.Revisit) && (job.Intact == nil || job.Intact(h)) {
			continue
		}
		if job.Trailing && job.overtaken(l, output) {
			continue
		}
		lacking = append(lacking, output)
	}
	return lacking
}

// overtaken reports whether a later slice has taken the place of the job's.
func (job *Job) overtaken(l *ledger.Ledger, output JobOutput) bool {
	for h := range l.Held() {
		if h.Output == output.PullOutput.Output && h.Path == output.Path && h.To.After(job.Pull.To) {
			return true
		}
	}
	return false
}

func (job *Job) waited() time.Duration {
	if job.Waited == nil {
		return 0
	}
	return job.Waited()
}

func madeAt(h *ledger.Held) time.Time {
	p := h.Proof()
	return p.MadeAt()
}

// transfer fetches the slice into the outputs and publishes them.
func (r *Runner) transfer(ctx context.Context, job *Job, lacking []JobOutput) (fetch.Stats, []outputs.Receipt, error) {
	var stats fetch.Stats
	writers := make([]outputs.Writer, 0, len(lacking))
	tee := func() *outputs.Tee { return outputs.NewTee(writers...) }
	for _, output := range lacking {
		w, err := output.Output.Open(ctx, output.Target)
		if err != nil {
			return stats, nil, errors.Join(err, tee().Discard())
		}
		writers = append(writers, w)
	}
	sink := tee()
	err := r.stream(ctx, job, sink, &stats)
	if err == nil {
		_, err = sink.Stage()
	}
	if err == nil {
		err = job.lost(r.Now()) // while it was fetched
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return stats, nil, errors.Join(err, sink.Discard())
	}
	receipts, err := sink.Publish()
	return stats, receipts, err
}

// stream writes every event of the slice to the sink.
func (r *Runner) stream(ctx context.Context, job *Job, sink *outputs.Tee, stats *fetch.Stats) error {
	told := r.Now()
	for events, err := range job.Events(ctx, stats) {
		if err != nil {
			return err
		}
		if len(events) > 0 {
			if err := sink.Write(events); err != nil {
				return err
			}
		}
		if now := r.Now(); now.Sub(told) >= progressInterval {
			told = now
			r.Progress(Progressed{Pull: job.Pull, Events: stats.Events, Bytes: stats.Bytes, Pages: stats.Pages})
		}
	}
	return nil
}

// held is the ledger's entry for one published output. What was made from a
// source has come from the service as that has.
func held(job *Job, output JobOutput, receipt outputs.Receipt, finished *Finished, start time.Time, source *ledger.Held) ledger.Held {
	stats := &finished.Stats
	if source != nil {
		p := source.Proof()
		p.Rows, p.SHA256, p.Derived, p.DerivedAt = receipt.Rows, receipt.SHA256, source.Path, start.UTC()
		return ledger.Held{
			Output: output.PullOutput.Output, From: job.Pull.From, To: job.Pull.To,
			Definition: output.Definition, Path: output.Path, Bytes: receipt.Bytes, Modified: receipt.Modified,
			Final: source.Final, Revisited: source.Revisited,
		}.With(p)
	}
	return ledger.Held{
		Output: output.PullOutput.Output, From: job.Pull.From, To: job.Pull.To,
		Definition: output.Definition, Path: output.Path, Bytes: receipt.Bytes, Modified: receipt.Modified,
		Final: job.Pull.Final, Revisited: job.Pull.Revisit,
	}.With(ledger.Proof{
		Rows: receipt.Rows, SHA256: receipt.SHA256, First: stats.First, Last: stats.Last,
		Pages: stats.Pages, Requests: stats.Requests,
		Repeated: stats.Repeated, Revisions: stats.Revisions, Outside: stats.Outside,
		FirstID: stats.FirstRequestID, LastID: stats.LastRequestID,
		FetchedAt: start.UTC(), Took: finished.Took, Waited: job.waited(),
	})
}

// recordFailure records it for the outputs that another process has not
// completed meanwhile. A source that was at fault is not relied upon again.
func (r *Runner) recordFailure(ctx context.Context, key ledger.Key, job *Job, err error) error {
	failure := r.Ledgers.Update(ctx, key, func(l *ledger.Ledger) {
		if s := job.Pull.Source; s != nil && errors.Is(err, outputs.ErrAltered) {
			l.Doubt(s.Output, job.Pull.From, job.Pull.To, s.Path)
		}
		for _, output := range job.lacking(l) {
			if job.Trailing {
				l.ForgetFailures(output.PullOutput.Output)
			}
			l.Fail(ledger.Failed{
				Output: output.PullOutput.Output, From: job.Pull.From, To: job.Pull.To,
				At: r.Now().UTC(), Error: oneLine(err),
			})
		}
	})
	if failure != nil {
		return fmt.Errorf("the failure could not be recorded in the state: %w", failure)
	}
	return nil
}
