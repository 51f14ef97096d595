package run

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/internal/place"
	"github.com/reportform/reportform/outputs"
)

// Mover moves what outputs have written.
type Mover interface {
	// Relocate puts what was written at a second place, durably, and returns its
	// receipt there. What is there already is the end of an earlier try if it is the
	// same; anything else is an error, and stays.
	Relocate(ctx context.Context, output string, r *outputs.Receipt, to place.Place) (outputs.Receipt, error)
	// Vacate removes what was written from its first place, unless the second leads
	// there. What is gone already is no error; what was changed since is
	// outputs.ErrAltered and stays.
	Vacate(ctx context.Context, output string, r *outputs.Receipt, to place.Place) error
}

// Relocate carries out a run of pulls that relocate, in order: each is put at its
// new place, then the ledger is updated, then it is taken from the old one. Those
// that have nothing to do with each other go together, so that a ledger is
// written twice for many. A run that was cut off anywhere can be repeated, by a
// plan that was made since.
//
// name returns what stands for all the names of a place. Who would go where
// another one still is fails with that one.
func (r *Runner) Relocate(ctx context.Context, mover Mover, name func(output string, p place.Place) place.Place, pulls []plan.Pull) []Result {
	m := &moving{Runner: r, mover: mover, name: name, pulls: pulls, results: make([]Result, len(pulls)), stuck: map[place.Place]bool{}, begun: r.Now()}
	for i := range pulls {
		r.tell(Started{Pull: &pulls[i]})
		o := &pulls[i].Outputs[0]
		if o.Via != "" {
			m.add(ctx, hop{i, o.From, o.Via})
		} else {
			m.add(ctx, hop{i, o.From, o.Place})
		}
	}
	for i := range pulls {
		if o := &pulls[i].Outputs[0]; o.Via != "" {
			m.add(ctx, hop{i, o.Via, o.Place})
		}
	}
	m.flush(ctx)
	return m.results
}

// moving is one call of Relocate.
type moving struct {
	*Runner
	mover   Mover
	name    func(output string, p place.Place) place.Place
	pulls   []plan.Pull
	results []Result
	begun   time.Time
	// batch has hops of one ledger, none of which goes where another one is.
	batch []hop
	// stuck are the names of places that were to be free and are not.
	stuck map[place.Place]bool
}

// hop is a way that what a pull relocates goes.
type hop struct {
	pull     int
	from, to place.Place
}

// maxBatch bounds how much is at two places at once.
const maxBatch = 64

// add takes a hop into the batch, and first ends that if the hop cannot be in it.
func (m *moving) add(ctx context.Context, h hop) {
	p := &m.pulls[h.pull]
	output := p.Outputs[0].Output
	for _, other := range m.batch {
		q := &m.pulls[other.pull]
		if len(m.batch) == maxBatch || p.Tenant != q.Tenant || p.Report != q.Report || h.pull == other.pull ||
			m.frees(other, m.name(output, h.to)) {
			m.flush(ctx)
			break
		}
	}
	m.batch = append(m.batch, h)
}

// occupies are the places that are free after a hop.
func (m *moving) occupies(h hop) []place.Place {
	return append([]place.Place{h.from}, m.pulls[h.pull].Outputs[0].Leaves...)
}

// frees reports whether a hop frees a place, by its name.
func (m *moving) frees(h hop, name place.Place) bool {
	output := m.pulls[h.pull].Outputs[0].Output
	return slices.ContainsFunc(m.occupies(h), func(p place.Place) bool { return m.name(output, p) == name })
}

// flush carries out the batch.
func (m *moving) flush(ctx context.Context) {
	batch := m.batch
	m.batch = nil
	if len(batch) == 0 {
		return
	}
	first := &m.pulls[batch[0].pull]
	key := ledger.Key{Tenant: first.Tenant, Report: first.Report}
	l, err := m.Ledgers.Read(ctx, key)
	if err != nil {
		for _, h := range batch {
			m.fail(h, err)
		}
		return
	}
	var moved []relocated
	for _, h := range batch {
		if one, ok := m.relocate(ctx, l, h); ok {
			moved = append(moved, one)
		}
	}
	m.record(ctx, key, moved)
}

// relocated is a hop that has come to its second place.
type relocated struct {
	hop
	entry   ledger.Held
	receipt outputs.Receipt // there
}

// relocate puts what a hop is about at its second place.
func (m *moving) relocate(ctx context.Context, l *ledger.Ledger, h hop) (one relocated, ok bool) {
	p := &m.pulls[h.pull]
	output := &p.Outputs[0]
	entry := l.Find(output.Output, p.From, p.To)
	switch {
	case m.results[h.pull].Failure != nil:
		return one, false
	case ctx.Err() != nil:
		m.fail(h, ctx.Err())
		return one, false
	case entry == nil, entry.Place == output.Place && !leaves(l, entry): // it was forgotten, or is there
		m.results[h.pull].Skipped = true
		return one, false
	case m.stuck[m.name(output.Output, h.to)]:
		m.fail(h, fmt.Errorf("%s is not free yet: what is there was to be moved first, and that has failed", h.to))
		return one, false
	}
	receipt, to := receiptOf(entry), h.to
	switch entry.Place {
	case h.from:
	case h.to, output.Place: // and something of it is left at another place
		to = entry.Place
	default:
		m.fail(h, fmt.Errorf("it is held at %s now, and no longer at %s: make the plan again", entry.Place, h.from))
		return one, false
	}
	there, err := m.mover.Relocate(ctx, output.Output, &receipt, to)
	if err != nil {
		m.fail(h, fmt.Errorf("%s cannot be moved to %s: %w", h.from, to, err))
		return one, false
	}
	return relocated{h, *entry, there}, true
}

// leaves reports whether something of what an entry holds is at an earlier place.
func leaves(l *ledger.Ledger, h *ledger.Held) bool {
	for i := range l.Left {
		if of(&l.Left[i], h) {
			return true
		}
	}
	return false
}

// of reports whether a relocation of an entry has left something.
func of(left *ledger.Left, h *ledger.Held) bool {
	return left.Relocated && left.Output == h.Output && left.From.Equal(h.From) && left.To.Equal(h.To)
}

// receiptOf is what the output of an entry said of it.
func receiptOf(h *ledger.Held) outputs.Receipt {
	p := h.Proof()
	return outputs.Receipt{
		Place: h.Place, Rows: h.Rows, Bytes: h.Bytes, SHA256: p.SHA256, Modified: h.Modified,
		Promise: outputs.Promise(p.Promise), Ack: p.Ack,
	}
}

// record updates the ledger, empties the first places, and updates it again. An
// interrupt waits for that.
func (m *moving) record(ctx context.Context, key ledger.Key, moved []relocated) {
	if len(moved) == 0 {
		return
	}
	ctx = context.WithoutCancel(ctx)
	var left []ledger.Left // to be removed
	var gone []*relocated  // what was another entry meanwhile
	held := map[place.Place]bool{}
	err := m.Ledgers.Update(ctx, key, func(l *ledger.Ledger) {
		left, gone = nil, nil
		clear(held)
		l.Keeper = m.Keeper
		for i := range moved {
			one := &moved[i]
			entry := l.Find(one.entry.Output, one.entry.From, one.entry.To)
			switch {
			case entry == nil || entry.Proof().SHA256 != one.entry.Proof().SHA256:
				gone = append(gone, one)
			case entry.Place == one.receipt.Place: // also by another process, which was quicker
			case entry.Place != one.entry.Place:
				gone = append(gone, one)
			default:
				l.Relocate(entry, one.receipt.Place, one.receipt.Modified)
			}
		}
		for i := range moved {
			for n := range l.Left {
				if of(&l.Left[n], &moved[i].entry) {
					left = append(left, l.Left[n])
				}
			}
		}
		for h := range l.Held() {
			held[h.Place] = true
		}
	})
	if err != nil {
		for i := range moved {
			m.fail(moved[i].hop, fmt.Errorf("what was moved is at both places, but the state could not be saved, so the next plan completes it: %w", err))
		}
		return
	}
	for _, one := range gone {
		m.fail(one.hop, errors.New("another process has replaced it meanwhile: make the plan again"))
	}
	m.vacate(ctx, key, moved, left, held)
}

// vacate removes what is left at first places, unless an entry is held there.
func (m *moving) vacate(ctx context.Context, key ledger.Key, moved []relocated, left []ledger.Left, held map[place.Place]bool) {
	at := map[ledgerSlot]*relocated{}
	for i := range moved {
		at[slotOf(&moved[i].entry)] = &moved[i]
	}
	empty, altered := map[place.Place]bool{}, map[place.Place]bool{}
	for i := range left {
		l := &left[i]
		one := at[ledgerSlot{l.Output, l.From.UnixNano(), l.To.UnixNano()}]
		first := one.receipt
		first.Place = l.Place
		var err error
		if !held[l.Place] {
			err = m.mover.Vacate(ctx, l.Output, &first, one.receipt.Place)
		}
		switch {
		case errors.Is(err, outputs.ErrAltered):
			altered[l.Place] = true // an orphan, like everything that is at a former path
		case err != nil:
			m.fail(one.hop, fmt.Errorf("it is held at %s, but cannot be removed from %s: %w", one.receipt.Place, l.Place, err))
		default:
			empty[l.Place] = true
		}
	}
	var err error
	if len(empty)+len(altered) > 0 {
		err = m.Ledgers.Update(ctx, key, func(l *ledger.Ledger) {
			for p := range empty {
				l.Vacate(p, false)
			}
			for p := range altered {
				l.Vacate(p, true)
			}
		})
	}
	for i := range moved {
		one := &moved[i]
		result := &m.results[one.pull]
		if err != nil {
			m.fail(one.hop, fmt.Errorf("it is moved, but the state could not be saved, so the next plan completes it: %w", err))
		}
		if result.Failure == nil && one.receipt.Place == m.pulls[one.pull].Outputs[0].Place {
			result.Written, result.Took = []Written{{one.entry.Output, one.receipt}}, m.Now().Sub(m.begun)
		}
	}
}

// ledgerSlot is an output and a slice.
type ledgerSlot struct {
	output   string
	from, to int64
}

func slotOf(h *ledger.Held) ledgerSlot {
	return ledgerSlot{h.Output, h.From.UnixNano(), h.To.UnixNano()}
}

// fail says that a hop has failed, and that its place is not free.
func (m *moving) fail(h hop, err error) {
	output := m.pulls[h.pull].Outputs[0].Output
	for _, p := range m.occupies(h) {
		m.stuck[m.name(output, p)] = true
	}
	if m.results[h.pull].Failure == nil {
		m.results[h.pull] = Result{
			Took:    m.Now().Sub(m.begun),
			Failure: &Failure{Outputs: []string{output}, Message: err.Error(), Stopped: errors.Is(err, context.Canceled)},
		}
	}
}
