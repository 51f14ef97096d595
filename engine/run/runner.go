// Package run carries out pulls. It is the only package that knows sources,
// sinks, plans and ledgers at once.
package run

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/reportform/reportform/engine/fetch"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/ledger/store"
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
	// does: from the service, or from what another output holds.
	Events  func(ctx context.Context, stats *fetch.Stats) iter.Seq2[[]event.Event, error]
	Outputs []JobOutput
	// Admit, if set, is asked before anything is begun. It may wait; an error says
	// why the pull need not be tried. leave is called when the pull has ended.
	Admit func(ctx context.Context) (leave func(), err error)
	// LostAt is when the service has the slice no longer, zero for never. What it
	// gives from then on is not the whole.
	LostAt time.Time
	// Trailing reports that the slice is the one of a trailing window: it takes
	// the place of the one before.
	Trailing bool
	// Intact, if set, reports whether what an entry records is there.
	Intact func(*ledger.Held) bool
	// Waited, if set, returns how long the pull has waited for the service's
	// limits so far.
	Waited func() time.Duration
	// Explain, if set, says of an error what is known of it, and what the user can
	// do about it in terms of the report: the permission to grant, the licence to
	// buy.
	Explain func(error) Explanation
}

// JobOutput is one output that lacks the slice.
type JobOutput struct {
	Address string
	Output  outputs.Output
	Target  outputs.Target
	// Definition is the digest to record, and Earlier the one that earlier
	// versions recorded for the same.
	Definition, Earlier string
}

// Runner carries out pulls. It is safe for concurrent use.
type Runner struct {
	Ledgers *store.Store
	Now     func() time.Time
	// Keeper identifies the configuration, see ledger.Ledger.
	Keeper string
	// Progress, if set, receives Started and Progressed, in order for each pull,
	// from many goroutines.
	Progress func(Progress)
}

// progressInterval is how often a pull says how far it is.
const progressInterval = 250 * time.Millisecond

// Pull fetches the job's slice once and writes the outputs that still lack it:
// every output is staged, then every output is published, then the ledger is
// updated. An output that fails takes nothing away from the others. What is
// published and not in the ledger is not held, and is written again by the next
// plan; a pull may be repeated at any time.
func (r *Runner) Pull(ctx context.Context, job *Job) Result {
	p := &pulling{Runner: r, job: job, start: r.Now(), key: ledger.Key{Tenant: job.Pull.Tenant, Report: job.Pull.Report}}
	l, err := r.Ledgers.Read(ctx, p.key)
	if err != nil {
		return p.failed(ctx, err)
	}
	if p.lacking = job.lacking(l); len(p.lacking) == 0 {
		return Result{Skipped: true, Took: p.took()}
	}
	if err := job.lost(r.Now()); err != nil {
		return p.failed(ctx, err)
	}
	if p.source, err = job.source(l); err != nil {
		return p.failed(ctx, err)
	}
	if job.Admit != nil {
		leave, err := job.Admit(ctx)
		if err != nil {
			return p.failed(ctx, err)
		}
		defer leave()
	}
	r.tell(Started{Pull: job.Pull})
	sinks, err := p.transfer(ctx)
	if err != nil {
		return p.failed(ctx, err)
	}
	return p.record(ctx, sinks)
}

func (r *Runner) tell(progress Progress) {
	if r.Progress != nil {
		r.Progress(progress)
	}
}

// pulling is one call of Pull.
type pulling struct {
	*Runner
	job     *Job
	start   time.Time
	key     ledger.Key
	lacking []JobOutput
	source  *ledger.Held // that the slice is made from; nil for the service
	stats   fetch.Stats
}

func (p *pulling) took() time.Duration { return p.Now().Sub(p.start) }

// source returns the ledger's entry of what the pull is made from, nil for one
// that asks the service.
func (job *Job) source(l *ledger.Ledger) (*ledger.Held, error) {
	s := job.Pull.Source
	if s == nil {
		return nil, nil
	}
	h := l.Find(s.Output, job.Pull.From, job.Pull.To)
	if h == nil || h.Place != s.Place || h.Proof().SHA256 != s.SHA256 {
		return nil, fmt.Errorf("the file that it was to be made from, %s, is no longer held as planned: make the plan again", s.Place)
	}
	return h, nil
}

// UnaskedError says that the service was not asked, because it has refused what
// the pull is of as a whole: Err is how.
type UnaskedError struct{ Err error }

func (e *UnaskedError) Error() string { return "not asked again: " + e.Err.Error() }

// Unwrap returns the refusal.
func (e *UnaskedError) Unwrap() error { return e.Err }

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
		if job.heldMeanwhile(l, &output) || job.Trailing && job.overtaken(l, &output) {
			continue
		}
		lacking = append(lacking, output)
	}
	return lacking
}

// heldMeanwhile reports whether an output holds the slice since the plan was
// made, as the plan wants it.
func (job *Job) heldMeanwhile(l *ledger.Ledger, output *JobOutput) bool {
	h := l.Find(output.Address, job.Pull.From, job.Pull.To)
	if h == nil || h.Place != output.Target.Place || h.Definition != output.Definition && h.Definition != output.Earlier {
		return false
	}
	proof := h.Proof()
	return proof.MadeAt().After(job.Planned) && (h.Final || !job.Pull.Final) && (h.Revisited || !job.Pull.Revisit) &&
		(job.Intact == nil || job.Intact(h))
}

// overtaken reports whether a later slice has taken the place of the job's.
func (job *Job) overtaken(l *ledger.Ledger, output *JobOutput) bool {
	for h := range l.Held() {
		if h.Output == output.Address && h.Place == output.Target.Place && h.To.After(job.Pull.To) {
			return true
		}
	}
	return false
}

// transfer fetches the slice into the outputs and publishes them. The error is
// for what concerns all of them, and then none was published.
func (p *pulling) transfer(ctx context.Context) (*outputs.Tee, error) {
	writers := make([]func() (outputs.Writer, error), len(p.lacking))
	for i, output := range p.lacking {
		writers[i] = func() (outputs.Writer, error) { return output.Output.Open(ctx, output.Target) }
	}
	sinks := outputs.OpenTee(writers...)
	err := p.stream(ctx, sinks)
	if err == nil {
		sinks.Stage()
		err = p.job.lost(p.Now()) // while it was fetched
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, errors.Join(err, sinks.Discard())
	}
	sinks.Publish()
	return sinks, nil
}

// stream writes every event of the slice, unless no output takes any more.
func (p *pulling) stream(ctx context.Context, sinks *outputs.Tee) error {
	told := p.Now()
	if !sinks.Open() {
		return nil
	}
	for events, err := range p.job.Events(ctx, &p.stats) {
		if err != nil {
			return err
		}
		if len(events) > 0 && !sinks.Write(events) {
			return nil
		}
		if now := p.Now(); now.Sub(told) >= progressInterval {
			told = now
			p.tell(Progressed{Pull: p.job.Pull, Events: p.stats.Events, Bytes: p.stats.Bytes, Pages: p.stats.Pages})
		}
	}
	return nil
}

// record puts what was published into the ledger, and what failed.
func (p *pulling) record(ctx context.Context, sinks *outputs.Tee) Result {
	result := Result{Stats: p.stats, Took: p.took()}
	var written, failed []JobOutput
	var errs []error
	for i, output := range p.lacking {
		receipt, err := sinks.Result(i)
		if err != nil {
			failed, errs = append(failed, output), append(errs, err)
			continue
		}
		written = append(written, output)
		result.Written = append(result.Written, Written{output.Address, receipt})
	}
	err := errors.Join(errs...)
	if len(written) == 0 {
		return p.failed(ctx, err)
	}
	if err != nil {
		result.Failure = p.failure(failed, err)
	}
	// What is published must not stay out of the ledger for an interrupt.
	update := p.Ledgers.Update(context.WithoutCancel(ctx), p.key, func(l *ledger.Ledger) {
		l.Keeper = p.Keeper
		for i, output := range written {
			if p.job.Trailing {
				l.Supersede(output.Address, output.Target.Place)
				l.ForgetFailures(output.Address)
			}
			l.Hold(p.entry(&output, &result.Written[i].Receipt, result.Took))
		}
		if ctx.Err() == nil {
			p.fail(l, failed, result.Failure)
		}
	})
	if update != nil {
		update = fmt.Errorf("the files are complete, but the state could not be saved, so the slice will be pulled again: %w", update)
		return p.failed(ctx, errors.Join(err, update))
	}
	return result
}

// entry is the ledger's entry for one published output. What was made from
// another output has come from the service as that has.
func (p *pulling) entry(output *JobOutput, receipt *outputs.Receipt, took time.Duration) ledger.Held {
	pull := p.job.Pull
	h := ledger.Held{
		Output: output.Address, From: pull.From, To: pull.To, Definition: output.Definition, Place: receipt.Place,
		Rows: receipt.Rows, Bytes: receipt.Bytes, Modified: receipt.Modified, Final: pull.Final, Revisited: pull.Revisit,
	}
	var proof ledger.Proof
	if p.source == nil {
		stats := &p.stats
		proof = ledger.Proof{
			First: stats.First, Last: stats.Last, Pages: stats.Pages, Requests: stats.Requests,
			Repeated: stats.Repeated, Revisions: stats.Revisions, Outside: stats.Outside,
			FirstID: stats.FirstRequestID, LastID: stats.LastRequestID,
			FetchedAt: p.start.UTC(), Took: took,
		}
		if p.job.Waited != nil {
			proof.Waited = p.job.Waited()
		}
	} else {
		proof = p.source.Proof()
		proof.Derived, proof.DerivedAt = p.source.Place, p.start.UTC()
		h.Final, h.Revisited = p.source.Final, p.source.Revisited
	}
	proof.SHA256, proof.Promise, proof.Ack = receipt.SHA256, string(receipt.Promise), receipt.Ack
	return h.With(proof)
}

// failed records that the pull has failed for all of its outputs that another
// process has not completed meanwhile. What was at fault as a source is not
// relied upon again.
func (p *pulling) failed(ctx context.Context, err error) Result {
	all := p.lacking
	if all == nil {
		all = p.job.Outputs
	}
	failure := p.failure(all, err)
	if ctx.Err() == nil && !errors.Is(err, errLost) {
		update := p.Ledgers.Update(ctx, p.key, func(l *ledger.Ledger) {
			if s := p.job.Pull.Source; s != nil && errors.Is(err, outputs.ErrAltered) {
				l.Doubt(s.Output, p.job.Pull.From, p.job.Pull.To, s.Place)
			}
			l.Keeper = p.Keeper
			p.fail(l, p.job.lacking(l), failure)
		})
		if update != nil {
			failure.Message += fmt.Sprintf("\nthe failure could not be recorded in the state: %v", update)
		}
	}
	return Result{Stats: p.stats, Took: p.took(), Failure: failure}
}

func (p *pulling) failure(of []JobOutput, err error) *Failure {
	f := &Failure{Message: err.Error(), Stopped: errors.Is(err, context.Canceled)}
	_, f.Unasked = errors.AsType[*UnaskedError](err)
	for _, output := range of {
		f.Outputs = append(f.Outputs, output.Address)
	}
	if p.job.Explain != nil {
		f.Explanation = p.job.Explain(err)
	}
	return f
}

// fail records a failure of outputs.
func (p *pulling) fail(l *ledger.Ledger, of []JobOutput, failure *Failure) {
	for _, output := range of {
		if p.job.Trailing {
			l.ForgetFailures(output.Address)
		}
		l.Fail(ledger.Failed{
			Output: output.Address, From: p.job.Pull.From, To: p.job.Pull.To, At: p.Now().UTC(),
			Error: oneLine(nameOf(p.job.Pull) + ": " + failure.Message), Cause: failure.Cause, Advice: failure.Advice,
		})
	}
}

// oneLine is a text on one line of bounded length, for the ledger.
func oneLine(text string) string {
	const limit = 500
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > limit {
		text = strings.ToValidUTF8(text[:limit], "") + "..."
	}
	return text
}
