// Package run carries out pulls. It is the only package that knows sources,
// sinks, plans and ledgers at once.
package run

import (
	"context"
	"errors"
	"fmt"
	"iter"
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
