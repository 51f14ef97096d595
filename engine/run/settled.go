package run

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/reportform/reportform/engine/clock"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/internal/sleep"
)

// Waiting says why a pull has published nothing yet. It is no failure, and plain
// data.
type Waiting struct {
	// Until is when the slice can be pulled, by the service's clock.
	Until time.Time `json:"until"`
	Why   string    `json:"why"`
}

const (
	// second is what a Date of whole seconds leaves out.
	second = time.Second
	// ahead is by how much a trailing window may end, and a slice begin, after the
	// service's present. What is visible at once is never complete anyway.
	ahead = 5 * time.Minute
)

// reading reads the service's clock.
func (p *pulling) reading() clock.Reading {
	if p.job.Clock == nil || p.job.Pull.Source != nil {
		return clock.Reading{}
	}
	return p.job.Clock()
}

// lost returns errLost where the service has the slice no longer: by its own
// clock or, where that is not known, by this machine's.
func (p *pulling) lost(r clock.Reading) error {
	at := p.job.LostAt
	if p.job.Pull.Source != nil || at.IsZero() {
		return nil
	}
	now := p.Now()
	if r.Known() {
		now = r.Service
	}
	if now.Before(at) {
		return nil
	}
	return fmt.Errorf("it was lost on %s: %w", at.UTC().Format(time.RFC3339), errLost)
}

// hopeless returns errLost before anything is asked. What only this machine's
// clock says is asked for, and tells the service's.
func (p *pulling) hopeless(r clock.Reading) error {
	if p.job.Clock != nil && !r.Known() {
		return nil
	}
	return p.lost(r)
}

// look reads the service's clock, and reckons when the pull began by it.
func (p *pulling) look() {
	p.clock, p.began = p.reading(), time.Time{}
	if p.clock.Known() {
		p.began = p.clock.Service.Add(second - max(0, p.took()))
	}
}

// unsettled returns why nothing of the slice can be published that is read since
// the pull began, nil if it can.
func (p *pulling) unsettled() *Waiting {
	job, pull, asOf := p.job, p.job.Pull, p.began
	switch {
	case asOf.IsZero():
		return nil
	case job.Trailing && pull.To.After(asOf.Add(ahead)):
		return &Waiting{pull.To, "by the service's clock the window ends in the future"}
	case job.Trailing:
		return nil
	case pull.Final && !job.Open && asOf.Before(job.Settles):
		return &Waiting{job.Settles, "by the service's clock the slice has not settled"}
	}
	if pull.From.After(asOf.Add(ahead)) {
		return &Waiting{pull.From, "by the service's clock the slice has not begun"}
	}
	if until := p.nothingDue(asOf); !until.IsZero() {
		return &Waiting{until, "by the service's clock its next reading is not due"}
	}
	return nil
}

// shortly is what a pull that is too early waits for on the spot: a timer may run
// apply at the very second at which a slice settles by this machine's clock.
const shortly = 30 * time.Second

// comes waits for what is to come shortly, and reports whether it has: the pull
// then begins anew.
func (p *pulling) comes(ctx context.Context, w *Waiting) bool {
	early := w.Until.Sub(p.began)
	if early > shortly {
		return false
	}
	if sleep.For(ctx, early) != nil {
		return false
	}
	p.start = p.Now()
	p.look()
	return p.unsettled() == nil
}

// nothingDue returns when the next reading of the slice is due, zero if there is
// something to read it for.
func (p *pulling) nothingDue(asOf time.Time) time.Time {
	job, pull := p.job, p.job.Pull
	done := time.Duration(math.MaxInt64)
	for _, output := range p.lacking {
		h := p.ledger.Find(output.Address, pull.From, pull.To)
		if h == nil || !h.Final || !revisits(pull, output.Address) {
			return time.Time{}
		}
		done = min(done, plan.ReadAfter(h))
	}
	for _, at := range job.Revisits {
		switch {
		case at.Sub(pull.To) <= done:
		case asOf.Before(at):
			return at
		default:
			return time.Time{}
		}
	}
	return time.Time{}
}

// revisits reports whether a pull reads a slice again for an output.
func revisits(pull *plan.Pull, output string) bool {
	return slices.ContainsFunc(pull.Outputs, func(o plan.PullOutput) bool { return o.Output == output && o.Reason == plan.Revisit })
}

// settle decides what an entry may say of itself, by both clocks: that it is
// final, and that it was read for a revisit, and how long after the slice's end.
func (p *pulling) settle(h *ledger.Held) {
	job, asOf := p.job, p.began
	if !asOf.IsZero() {
		h.Final = h.Final && !asOf.Before(job.Settles)
	} else {
		asOf = p.start
	}
	if len(job.Revisits) == 0 || !h.Revisited {
		return
	}
	// The earlier of the two clocks, without the second that Date leaves out.
	if earlier := p.start.Add(second); asOf.After(earlier) {
		asOf = earlier
	}
	h.Revisited = !asOf.Before(job.Revisits[0])
	if h.Revisited {
		h.ReadAfter = asOf.Sub(h.To).Truncate(second)
	}
}

// heard is what the clocks showed: also that the service does not tell the time,
// if it has answered.
func (p *pulling) heard(answered bool) *clock.Reading {
	if p.job.Clock == nil || p.source != nil || !p.clock.Known() && !answered {
		return nil
	}
	return &p.clock
}

// compare records how the clocks differ.
func (p *pulling) compare(l *ledger.Ledger) {
	if p.clock.Known() && p.Machine != "" {
		l.Compare(p.Machine, p.clock.Ahead(), p.clock.Local)
	}
}

// remember has the ledger know how the clocks differ, where nothing else is
// recorded. It is for the next plan, and nothing hangs on it.
func (p *pulling) remember(ctx context.Context) {
	if p.ledger == nil {
		return
	}
	before := p.ledger.Skew
	if p.compare(p.ledger); p.ledger.Skew == before {
		return
	}
	_ = p.Ledgers.Update(ctx, p.key, func(l *ledger.Ledger) {
		l.Keeper = cmp.Or(l.Keeper, p.Keeper)
		p.compare(l)
	})
}
