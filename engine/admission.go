package engine

import (
	"context"
	"errors"
	"iter"
	"sync"
	"time"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/auth"
	"github.com/reportform/reportform/engine/fetch"
	"github.com/reportform/reportform/engine/gate"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/engine/run"
	"github.com/reportform/reportform/internal/event"
	"github.com/reportform/reportform/internal/sleep"
)

// refusedWait is how many times the wait before a page is read again it takes
// until a refusal that may pass is put to the proof: ten seconds.
const refusedWait = 10

// admission lets a pull through that asks the service, unless what it asks for is
// refused in this run, or the service given up.
type admission struct {
	gate *gate.Gate
	pass *gate.Pass // once it is let through
	seat run.Seat
	wait time.Duration // before a refusal is put to the proof
	ends bool          // as that of the worker
	// renew has what is asked for next asked with a token that was got after a time.
	renew func(after time.Time)
}

// admission is that of a tenant's report.
func (w *worker) admission(tenant *config.Tenant, report *config.Report, seat run.Seat) *admission {
	return &admission{
		gate: w.gates.Of(gate.Key{Tenant: string(tenant.Address), Report: string(report.Address)}),
		seat: seat, wait: refusedWait * w.wire.Backoff, ends: w.ends,
		renew: func(after time.Time) { w.wire.Renew(tenant, report.Type, after) },
	}
}

// admit implements run.Job.Admit.
func (a *admission) admit(ctx context.Context) (leave func(), err error) {
	a.pass, err = a.gate.Enter(ctx, a.seat)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, &run.UnaskedError{Err: err}
	}
	return a.pass.Leave, nil
}

// reading is a reading of an admitted pull that tells the gate what comes of it.
// A refusal that may pass is put to the proof once, with a fresh token.
func (a *admission) reading(read reading) reading {
	return func(ctx context.Context, stats *fetch.Stats) iter.Seq2[[]event.Event, error] {
		return func(yield func([]event.Event, error) bool) {
			err, stopped := a.try(ctx, read, stats, yield)
			if flaps(err) {
				refused := time.Now()
				a.seat.Leave()
				_ = sleep.For(ctx, a.wait) // the proof below ends with ctx
				a.seat.Return()
				a.renew(refused)
				err, stopped = a.try(ctx, read, stats, yield)
			}
			if stopped || err == nil {
				return
			}
			a.tell(ctx, a.refusal(err))
			yield(nil, err)
		}
	}
}

// try reads once. The error is none that comes after something was yielded; such
// a one is yielded as well, and the reading is over.
func (a *admission) try(ctx context.Context, read reading, stats *fetch.Stats, yield func([]event.Event, error) bool) (err error, stopped bool) {
	until, keep, release := a.pass.Until(ctx)
	defer release()
	answered := false
	for events, err := range read(until, stats) {
		switch {
		case err != nil && answered:
			a.tell(ctx, a.over(err))
			yield(nil, err)
			return nil, true
		case err != nil && ctx.Err() == nil && until.Err() != nil:
			return &run.UnaskedError{Err: a.gate.Refusal()}, false
		case err != nil:
			return err, false
		}
		if !answered {
			answered = true
			keep() // who has an answer is not stopped by the refusals of others
			a.pass.Answered()
		}
		if !yield(events, nil) {
			return nil, true
		}
	}
	a.pass.Answered()
	return nil, false
}

// tell tells the gate of a refusal; nil is none.
func (a *admission) tell(ctx context.Context, refusal error) {
	if refusal != nil && ctx.Err() == nil {
		a.pass.Refused(refusal)
	}
}

// refusal returns the service's own error if that is for the whole report of the
// tenant, for good, or what ends all that belongs together; nil if it is neither.
func (a *admission) refusal(err error) error {
	if _, unasked := errors.AsType[*run.UnaskedError](err); unasked {
		return nil
	}
	if end := a.over(err); end != nil {
		return end
	}
	if refused, ok := errors.AsType[*auth.Error](err); ok && refused.Final() {
		return refused
	}
	service, ok := errors.AsType[*fetch.ServiceError](err)
	if !ok || !service.Kind.Final() || !service.Kind.Flaps() && a.pass.Open() {
		return nil // what others were answered is there
	}
	return service
}

// over returns what ends all that belongs together in this run, such as patience
// that is over; nil if an error is of the one pull.
func (a *admission) over(err error) error {
	end, ok := errors.AsType[interface {
		error
		Final()
	}](err)
	if !ok || !a.ends {
		return nil
	}
	if token, ok := errors.AsType[*auth.Error](err); ok {
		return token // it says that it was about the token
	}
	return end
}

// flaps reports whether an error may be another one in a moment.
func flaps(err error) bool {
	if _, unasked := errors.AsType[*run.UnaskedError](err); unasked {
		return false
	}
	return fetch.Flaps(err)
}

// runs are the gates of plans that are carried out pull by pull, by whoever
// distributes work.
type runs struct {
	mu    sync.Mutex
	known map[runKey]*oneRun
}

// runKey is what the pulls of one run have in common.
type runKey struct {
	configuration string
	now           int64
}

type oneRun struct {
	gates *gate.Gates
	began time.Time
}

// longestRun is how long what was refused is not asked for again where nobody
// says that a run has ended.
const longestRun = time.Hour

// of returns the gates of a run, and whether it has just begun.
func (r *runs) of(h *plan.Header, now time.Time) (gates *gate.Gates, fresh bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := runKey{h.Configuration, h.Now.UnixNano()}
	for k, known := range r.known {
		if now.Sub(known.began) > longestRun {
			delete(r.known, k)
		}
	}
	known, ok := r.known[key]
	if !ok {
		if r.known == nil {
			r.known = map[runKey]*oneRun{}
		}
		known = &oneRun{gate.New(), now}
		r.known[key] = known
	}
	return known.gates, !ok
}
