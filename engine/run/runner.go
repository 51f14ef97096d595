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

	"github.com/reportform/reportform/engine/clock"
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
	// Terms are recorded in the ledger with what is held.
	Terms plan.Terms
	// Admit, if set, is asked before anything is begun. It may wait; an error says
	// why the pull need not be tried. leave is called when the pull has ended.
	Admit func(ctx context.Context) (leave func(), err error)
	// LostAt is when the service has the slice no longer, zero for never. What it
	// gives from then on is not the whole.
	LostAt time.Time
	// Settles is when the slice has settled, zero for what settles at once, and
	// Revisits are the times at which it is read again, in order.
	Settles  time.Time
	Revisits []time.Time
	// Open reports that the slice may be held before it has settled.
	Open bool
	// Clock, if set, reads the service's clock.
	Clock func() clock.Reading
	// Recall, if set, is how a second reading is compared with the first.
	Recall *Recall
	// Trailing reports that the slice is the one of a trailing window: it takes
	// the place of the one before.
	Trailing bool
	// Intact, if set, reports whether what an entry records is there.
	Intact func(*ledger.Held) bool
	// Waited, if set, returns how long the pull has waited for the service's
	// limits so far.
	Waited func() time.Duration
	// Reach, if set, takes how far the service reaches from the ledger, and gives
	// what is known after the pull.
	Reach Reach
	// Explain, if set, says of an error what is known of it, and what the user can
	// do about it in terms of the report: the permission to grant, the licence to
	// buy.
	Explain func(error) Explanation
}

// Reach is how long a span the service answers for in one go.
type Reach interface {
	// Recall takes over what a ledger knows, nil for nothing.
	Recall(*ledger.Reach)
	// Learned returns what is known, nil for nothing.
	Learned() *ledger.Reach
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
	// Machine identifies this machine where the ledgers keep how far its clock is
	// off; empty for those that keep nothing.
	Machine string
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
	if job.Reach != nil {
		job.Reach.Recall(l.Reach)
	}
	if p.lacking = job.lacking(l); len(p.lacking) == 0 {
		return Result{Skipped: true, Took: p.took()}
	}
	p.ledger = l
	p.look()
	if err := p.hopeless(p.clock); err != nil {
		return p.failed(ctx, err)
	}
	if !p.clock.Unsure {
		if w := p.unsettled(); w != nil && !p.comes(ctx, w) {
			return p.waited(ctx, w)
		}
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
	p.compared = p.recall(ctx)
	sinks, w, err := p.transfer(ctx)
	if w != nil && p.comes(ctx, w) {
		p.stats, p.compared = fetch.Stats{}, p.recall(ctx)
		sinks, w, err = p.transfer(ctx)
	}
	switch {
	case err != nil:
		return p.failed(ctx, err)
	case w != nil:
		return p.waited(ctx, w)
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
	job      *Job
	start    time.Time
	key      ledger.Key
	lacking  []JobOutput
	source   *ledger.Held // that the slice is made from; nil for the service
	stats    fetch.Stats
	ledger   *ledger.Ledger // as it was when the pull began
	clock    clock.Reading  // the last
	began    time.Time      // by the service's clock, as far as the last tells; else zero
	compared *comparison    // with the reading before, nil if there is none
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
// the pull is of as a whole, or was given up: Err is how.
type UnaskedError struct{ Err error }

func (e *UnaskedError) Error() string { return "not asked again: " + e.Err.Error() }

// Unwrap returns the refusal.
func (e *UnaskedError) Unwrap() error { return e.Err }

// errLost says that the service has a slice no longer.
var errLost = errors.New("the service does not have the whole slice any more: make the plan again")

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
// for what concerns all of them, and then none was published; neither if the pull
// waits.
func (p *pulling) transfer(ctx context.Context) (*outputs.Tee, *Waiting, error) {
	writers := make([]func() (outputs.Writer, error), len(p.lacking))
	for i, output := range p.lacking {
		writers[i] = func() (outputs.Writer, error) { return output.Output.Open(ctx, output.Target) }
	}
	sinks := outputs.OpenTee(writers...)
	err := p.stream(ctx, sinks)
	if err == nil {
		sinks.Stage()
	}
	p.look()
	if lost := p.lost(p.clock); lost != nil && (err == nil || p.clock.Known()) { // while it was fetched, or before this machine knew
		err = lost
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, nil, errors.Join(err, sinks.Discard())
	}
	if w := p.unsettled(); w != nil {
		return nil, w, sinks.Discard()
	}
	sinks.Publish()
	return sinks, nil, nil
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
		now := p.Now()
		if p.compared != nil && len(events) > 0 {
			first, present := p.readings(now)
			p.compared.see(events, first, present)
		}
		if len(events) > 0 && !sinks.Write(events) {
			return nil
		}
		if now.Sub(told) >= progressInterval {
			told = now
			p.tell(Progressed{Pull: p.job.Pull, Events: p.stats.Events, Bytes: p.stats.Bytes, Pages: p.stats.Pages})
		}
	}
	return nil
}

// record puts what was published into the ledger, and what failed.
func (p *pulling) record(ctx context.Context, sinks *outputs.Tee) Result {
	result := Result{Stats: p.stats, Took: p.took(), Clock: p.heard(p.stats.Pages > 0)}
	if p.compared != nil {
		first, present := p.readings(p.Now())
		p.compared.end(p.stats.Events, first, present)
		result.Later = &p.compared.later
	}
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
		p.learn(l)
		p.compare(l)
		p.job.Terms.Record(l)
		for i, output := range written {
			if p.job.Trailing {
				l.Supersede(output.Address, output.Target.Place)
				l.ForgetFailures(output.Address)
			}
			l.Hold(p.entry(&output, &result.Written[i].Receipt, result.Took))
		}
		if p.compared != nil {
			l.Learn(p.compared.lateness)
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

// learn records how far the service reaches, unless the ledger knows it better.
func (p *pulling) learn(l *ledger.Ledger) {
	if p.job.Reach == nil {
		return
	}
	if known := p.job.Reach.Learned(); known != nil && (l.Reach == nil || !known.At.Before(l.Reach.At)) {
		l.Reach = known
	}
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
		p.settle(&h)
		stats := &p.stats
		proof = ledger.Proof{
			First: stats.First, Last: stats.Last, Pages: stats.Pages, Requests: stats.Requests,
			Repeated: stats.Repeated, Revisions: stats.Revisions, Outside: stats.Outside, Untimed: stats.Untimed,
			FirstID: stats.FirstRequestID, LastID: stats.LastRequestID,
			FetchedAt: p.start.UTC(), Took: took,
		}
		if p.job.Waited != nil {
			proof.Waited = p.job.Waited()
		}
		p.compared.prove(&proof, p.replaced(output))
	} else {
		proof = p.source.Proof()
		proof.Derived, proof.DerivedAt = p.source.Place, p.start.UTC()
		h.Final, h.Revisited, h.ReadAfter = p.source.Final, p.source.Revisited, p.source.ReadAfter
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
	if errors.Is(err, errLost) {
		p.remember(ctx)
	}
	if ctx.Err() == nil && !errors.Is(err, errLost) {
		update := p.Ledgers.Update(ctx, p.key, func(l *ledger.Ledger) {
			if s := p.job.Pull.Source; s != nil && errors.Is(err, outputs.ErrAltered) {
				l.Doubt(s.Output, p.job.Pull.From, p.job.Pull.To, s.Place)
			}
			l.Keeper = p.Keeper
			p.learn(l)
			p.compare(l)
			p.fail(l, p.job.lacking(l), failure)
		})
		if update != nil {
			failure.Message += fmt.Sprintf("\nthe failure could not be recorded in the state: %v", update)
		}
	}
	return Result{Stats: p.stats, Took: p.took(), Clock: p.heard(false), Failure: failure}
}

// waited is the result of a pull that has published nothing, because by the
// service's clock it is too early.
func (p *pulling) waited(ctx context.Context, w *Waiting) Result {
	p.remember(ctx)
	return Result{Stats: p.stats, Took: p.took(), Clock: p.heard(false), Waiting: w}
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
