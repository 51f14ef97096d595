package run

import (
	"cmp"
	"context"
	"hash/maphash"
	"iter"
	"slices"
	"time"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/internal/event"
)

// Later says what a later reading of a settled slice found that the one before
// had otherwise. It is plain data.
type Later struct {
	Late int64 `json:"late"` // events that had not been there
	// ByRows reports that numbers of rows alone were compared, and events not one
	// by one.
	ByRows bool `json:"by_rows,omitempty"`
	// Vanished and Changed count events that are there no more, or with other
	// content.
	Vanished int64 `json:"vanished,omitempty"`
	Changed  int64 `json:"changed,omitempty"`
	// From and To are when the late events became visible, after the end of the
	// slice.
	From time.Duration `json:"from"`
	To   time.Duration `json:"to"`
}

// Recall is how a job compares a reading with the one before.
type Recall struct {
	// Outputs are the addresses of all that may hold the slice.
	Outputs []string
	// Reread yields the events that an entry holds as they came, as outputs do;
	// nil for an entry that does not tell them.
	Reread func(h *ledger.Held) func(context.Context) iter.Seq2[[]event.Event, error]
	// ID appends what identifies an event, and reports whether it has all of it;
	// nil for events that nothing identifies.
	ID func(dst, raw []byte) ([]byte, bool)
}

// maxRecalled is how many events a comparison remembers: 16 MiB.
const maxRecalled = 1 << 20

// agree is by how much clocks may differ that show the same.
const agree = 10 * time.Second

// recalled stands for an event of the reading before.
type recalled struct{ id, content uint64 }

// comparison compares a reading of a settled slice with the one before.
type comparison struct {
	before *ledger.Held
	proof  ledger.Proof
	job    *Job
	seed   maphash.Seed
	events []recalled // of the reading before, by id; nil if rows alone are compared
	seen   []bool     // by event
	late   map[uint64]struct{}
	buf    []byte

	later    Later
	lateness ledger.Lateness
}

// recall prepares for the comparison with the last reading, nil where there is
// none to compare with.
func (p *pulling) recall(ctx context.Context) *comparison {
	job := p.job
	if !job.Pull.Revisit || p.source != nil {
		return nil
	}
	c := &comparison{job: job, seed: maphash.MakeSeed(), late: map[uint64]struct{}{}}
	var reread func(context.Context) iter.Seq2[[]event.Event, error]
	consider := func(h *ledger.Held, tells func(context.Context) iter.Seq2[[]event.Event, error]) {
		proof := h.Proof()
		if c.before == nil || proof.FetchedAt.After(c.proof.FetchedAt) || proof.FetchedAt.Equal(c.proof.FetchedAt) && reread == nil {
			c.before, c.proof, reread = h, proof, tells
		}
	}
	for _, output := range p.lacking {
		h := p.ledger.Find(output.Address, job.Pull.From, job.Pull.To)
		if h != nil && h.Final && (h.Definition == output.Definition || h.Definition == output.Earlier) && revisits(job.Pull, output.Address) {
			consider(h, nil)
		}
	}
	if c.before == nil {
		return nil
	}
	if r := job.Recall; r != nil && r.ID != nil {
		for _, address := range r.Outputs {
			if h := p.ledger.Find(address, job.Pull.From, job.Pull.To); h != nil && h.Final {
				if tells := r.Reread(h); tells != nil {
					consider(h, tells)
				}
			}
		}
	}
	c.later.ByRows = reread == nil || c.before.Rows > maxRecalled || !c.remember(reread(ctx), int(c.before.Rows))
	return c
}

// remember takes in the events of the reading before, and reports whether all of
// them are known.
func (c *comparison) remember(events iter.Seq2[[]event.Event, error], rows int) bool {
	list := make([]recalled, 0, rows)
	for batch, err := range events {
		if err != nil || len(list)+len(batch) > maxRecalled {
			return false
		}
		for i := range batch {
			id, ok := c.id(batch[i].Raw)
			if !ok {
				return false
			}
			list = append(list, recalled{id, maphash.Bytes(c.seed, batch[i].Raw)})
		}
	}
	slices.SortFunc(list, func(a, b recalled) int { return cmp.Compare(a.id, b.id) })
	c.events, c.seen = list, make([]bool, len(list))
	return true
}

func (c *comparison) id(raw []byte) (id uint64, ok bool) {
	c.buf, ok = c.job.Recall.ID(c.buf[:0], raw)
	return maphash.Bytes(c.seed, c.buf), ok
}

// see takes in what the reading yields at a time of the service's.
func (c *comparison) see(events []event.Event, first, now time.Time) {
	if c == nil || c.later.ByRows {
		return
	}
	for i := range events {
		e := &events[i]
		id, ok := c.id(e.Raw)
		at, known := slices.BinarySearchFunc(c.events, id, func(r recalled, id uint64) int { return cmp.Compare(r.id, id) })
		if ok && known {
			c.again(at, id, maphash.Bytes(c.seed, e.Raw))
			continue
		}
		if _, twice := c.late[id]; ok && twice {
			continue
		}
		if ok && len(c.late) < maxRecalled {
			c.late[id] = struct{}{}
		}
		begin, end := e.Time, e.Time
		if e.Time.IsZero() { // it lies in the slice
			begin, end = c.job.Pull.From, c.job.Pull.To
		}
		c.lateness.Came(first.Sub(end).Truncate(second), ceil(now.Sub(begin)))
	}
}

// ceil is a length in whole seconds, no shorter.
func ceil(d time.Duration) time.Duration { return (d + second - 1).Truncate(second) }

// again takes in an event that the reading before had, from the entry at on.
func (c *comparison) again(at int, id, content uint64) {
	same := false
	for ; at < len(c.events) && c.events[at].id == id; at++ {
		same = same || c.events[at].content == content
		c.seen[at] = true
	}
	if !same {
		c.later.Changed++
	}
}

// end completes the comparison of a reading that had so many rows and ended at a
// time of the service's.
func (c *comparison) end(rows int64, first, now time.Time) {
	if c.later.ByRows {
		c.later.Vanished = max(0, c.before.Rows-rows)
		if late := max(0, rows-c.before.Rows); late > 0 {
			c.lateness.CameByRows(late)
		}
	}
	for i := range c.seen {
		if !c.seen[i] && (i == 0 || c.events[i-1].id != c.events[i].id) {
			c.later.Vanished++
		}
	}
	c.later.Late = c.lateness.Late
	c.lateness.Events = c.later.Late
	if !c.before.Revisited {
		c.lateness.Events = rows
	}
	if c.later.Late > 0 {
		end := c.job.Pull.To
		c.later.From, c.later.To = max(0, first.Sub(end)).Truncate(second), ceil(max(0, now.Sub(end)))
		c.lateness.After = ledger.Seconds(c.later.To)
	}
}

// prove adds to the proof of a reading what is known of those before: of the one
// compared with or, where nothing was compared, of the entry that it replaces.
func (c *comparison) prove(proof *ledger.Proof, replaced *ledger.Held) {
	if c == nil {
		if replaced == nil || !replaced.Final {
			return
		}
		before := replaced.Proof()
		proof.FirstRows, proof.Vanished, proof.Changed = before.FirstRows, before.Vanished, before.Changed
		proof.Late, proof.LateByRows, proof.LateFrom, proof.LateTo = before.Late, before.LateByRows, before.LateFrom, before.LateTo
		return
	}
	before := &c.proof
	if proof.FirstRows = before.FirstRows; !c.before.Revisited {
		proof.FirstRows = c.before.Rows
	}
	proof.Vanished, proof.Changed = before.Vanished+c.later.Vanished, before.Changed+c.later.Changed
	proof.Late, proof.LateByRows = before.Late+c.later.Late, before.LateByRows || c.later.ByRows && c.later.Late > 0
	proof.LateFrom, proof.LateTo = before.LateFrom, before.LateTo
	if c.later.Late > 0 {
		if before.Late == 0 {
			proof.LateFrom = c.later.From
		}
		proof.LateFrom, proof.LateTo = min(proof.LateFrom, c.later.From), max(proof.LateTo, c.later.To)
	}
}

// readings are when the reading before began, and what the time is now, both by
// the service's clock as far as it is known.
func (p *pulling) readings(now time.Time) (first, present time.Time) {
	r := p.reading()
	off := r.Ahead()
	if off.Abs() < agree {
		off = 0
	}
	return p.compared.proof.FetchedAt.Add(-off), now.Add(-off)
}

// replaced is what an output held of the slice under the same definition when the
// pull began, nil if nothing.
func (p *pulling) replaced(output *JobOutput) *ledger.Held {
	h := p.ledger.Find(output.Address, p.job.Pull.From, p.job.Pull.To)
	if h == nil || h.Definition != output.Definition && h.Definition != output.Earlier {
		return nil
	}
	return h
}
