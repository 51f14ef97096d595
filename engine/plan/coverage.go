package plan

import (
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/window"
)

// Status says how one slice of a report stands, as a stable word.
type Status string

// The statuses.
const (
	StatusHeld    Status = "held"    // every output holds it for good
	StatusMissing Status = "missing" // an output lacks it, and it can be pulled now
	StatusOpen    Status = "open"    // every output holds it, but it is to be read again
	StatusWaiting Status = "waiting" // not held, and it cannot be pulled yet
	StatusLost    Status = "lost"    // an output lacks it, and it cannot be pulled any more
)

// Coverage says which slices of one report of one tenant are held. A slice
// counts as held when every output holds it: one that some outputs lack is
// missing or lost.
type Coverage struct {
	Tenant, Report string // addresses
	Type           string // report type
	Slices         Tally
	Runs           []Run // in order of time
	// Lateness is of the events of slices that were read again; nil where none was.
	Lateness *ledger.Lateness
}

// Tally counts slices by status.
type Tally struct{ Held, Missing, Open, Waiting, Lost int }

// Plus returns the sum of two tallies.
func (t Tally) Plus(o Tally) Tally {
	return Tally{t.Held + o.Held, t.Missing + o.Missing, t.Open + o.Open, t.Waiting + o.Waiting, t.Lost + o.Lost}
}

// Percent is the share of held slices among those that are held, missing or
// lost, and 100 where there are none. What is open or waiting is not yet owed.
func (t Tally) Percent() float64 {
	if t.Owed() == 0 {
		return 100
	}
	return 100 * float64(t.Held) / float64(t.Owed())
}

// Whole reports whether nothing is missing or lost.
func (t Tally) Whole() bool { return t.Missing == 0 && t.Lost == 0 }

func (t *Tally) add(s Status, n int) {
	switch s {
	case StatusHeld:
		t.Held += n
	case StatusMissing:
		t.Missing += n
	case StatusOpen:
		t.Open += n
	case StatusWaiting:
		t.Waiting += n
	case StatusLost:
		t.Lost += n
	}
}

// Owed counts the slices that should be held: those that are, and those that are
// missing or lost.
func (t Tally) Owed() int { return t.Held + t.Missing + t.Lost }

// Run is consecutive slices that stand alike.
type Run struct {
	Status   Status
	From, To time.Time
	// First and Last are the labels of the first and the last slice.
	First, Last string
	// FirstDay and LastDay are the calendar days in the window's zone on which
	// the run begins and on which its last moment lies.
	FirstDay, LastDay string
	Slices            int
	// Reasons says why a plan pulls the slices, where one does.
	Reasons []Reason
	// Outputs are those that lack the slices, of a missing or an open run; nil
	// where all of the report's do.
	Outputs []string
	// Lacking says of each output that lacks them why.
	Lacking []Lack
	// Why is a sentence for people: of waiting and lost slices, and of held
	// ones that cannot be had again as they are declared now.
	Why   string
	Until time.Time // when the first of the waiting slices can be pulled
	// LostAt is when the first of the missing or open slices can no longer be
	// had; zero for never. Of lost ones it is set where that is still to come: they
	// will not have settled.
	LostAt time.Time
	// Soon reports that all of the missing slices are lost within Soon.
	Soon bool
}

// Lack is an output that lacks slices, and why a plan pulls them into it.
type Lack struct {
	Output string `json:"output"` // address
	Reason Reason `json:"reason"`
}

// Soon is how long before a missing slice is lost that is soon.
const Soon = 7 * 24 * time.Hour

// Cover says how the slices of a want stand. part is what Subtract made of the
// want and the ledger at the clock now.
func Cover(want *Want, part *Part, l *ledger.Ledger, now time.Time) Coverage {
	c := Coverage{Tenant: want.Tenant, Report: want.Report, Type: want.Type, Lateness: l.Lateness}
	type interval struct{ from, to int64 }
	pulls := make(map[interval][]*Pull, len(part.Pulls))
	for i := range part.Pulls {
		p := &part.Pulls[i]
		if p.Relocates() {
			continue // it is held
		}
		at := interval{p.From.UnixNano(), p.To.UnixNano()}
		pulls[at] = append(pulls[at], p)
	}
	counted := want.counted(l, now)
	for i := 0; i < len(counted); i++ {
		named := &counted[i]
		slice := named.Slice
		run := Run{
			Status: StatusHeld, From: slice.From, To: slice.To, Slices: 1,
			First: named.Label, FirstDay: named.Date,
			LastDay: want.Window.Date(window.Slice{From: slice.To.Add(-time.Nanosecond)}),
		}
		run.Last = run.First
		planned := pulls[interval{slice.From.UnixNano(), slice.To.UnixNano()}]
		lost, waiting := gapWith(part.Lost, slice), gapWith(part.Waiting, slice)
		switch {
		case planned != nil:
			run.lacking(want, planned)
			run.Soon = run.Status == StatusMissing && !run.LostAt.IsZero() && run.LostAt.Sub(now) <= Soon
		case lost != nil:
			run.Why, run.LostAt = lost.Why, lost.LostAt
			if !lost.Kept || !want.final(slice, l) {
				run.Status = StatusLost
			}
			if !lost.Kept && (len(part.Pulls) == 0 || !part.Pulls[0].From.Before(lost.To)) {
				// The rest of the gap is like it: there may be very many.
				rest := sort.Search(len(counted), func(n int) bool { return !counted[n].From.Before(lost.To) })
				last := &counted[rest-1]
				run.To, run.Last, run.Slices = last.To, last.Label, rest-i
				run.LastDay = want.Window.Date(window.Slice{From: last.To.Add(-time.Nanosecond)})
				i = rest - 1
			}
		case waiting != nil:
			run.Status, run.Why = StatusWaiting, waiting.Why
			run.Until = want.Window.Settles(slice, want.Settle)
		case !want.final(slice, l):
			run.Status, run.LostAt = StatusOpen, want.LostAt(slice)
		}
		if never := want.never(slice); run.Status == StatusOpen && never != "" {
			run.Status, run.Why = StatusLost, never
		}
		c.add(run)
	}
	return c
}

// gapWith returns the gap that a slice lies in. Gaps are in order of time.
func gapWith(gaps []Gap, slice window.Slice) *Gap {
	i, found := slices.BinarySearchFunc(gaps, slice.From, func(g Gap, from time.Time) int {
		switch {
		case !g.To.After(from):
			return -1
		case g.From.After(from):
			return 1
		}
		return 0
	})
	if !found {
		return nil
	}
	return &gaps[i]
}

// lacking describes a slice that is planned: missing in some outputs, or held
// by all and to be read again.
func (r *Run) lacking(want *Want, pulls []*Pull) {
	r.Status = StatusOpen
	var outputs []string
	for _, pull := range pulls {
		if pull.Asks() { // what is made from a file can wait
			r.LostAt = pull.LostAt
		}
		for _, o := range pull.Outputs {
			if !again(o.Reason, pull.Final) {
				r.Status = StatusMissing
			}
			if !slices.Contains(r.Reasons, o.Reason) {
				r.Reasons = append(r.Reasons, o.Reason)
			}
			outputs = append(outputs, o.Output)
			r.Lacking = append(r.Lacking, Lack{o.Output, o.Reason})
		}
	}
	asked := 0
	for _, o := range want.Outputs {
		if !o.Unasked {
			asked++
		}
	}
	if len(outputs) < asked {
		r.Outputs = outputs
	}
}

// again reports whether a reason means that what is held is read once more. A
// slice that has settled since it was fetched lacks what came after.
func again(r Reason, final bool) bool {
	return r == Revisit || r == Moved || r == Open && !final
}

// final reports whether all outputs hold a slice as it is after it has settled.
func (w *Want) final(slice window.Slice, l *ledger.Ledger) bool {
	for _, o := range w.Outputs {
		if o.Unasked {
			continue
		}
		if held := l.Find(o.Output, slice.From, slice.To); held != nil && !held.Final {
			return false
		}
	}
	return true
}

// add appends a slice, or lengthens the last run where it continues it.
func (c *Coverage) add(r Run) {
	c.Slices.add(r.Status, r.Slices)
	if n := len(c.Runs); n > 0 && c.Runs[n-1].joins(&r) {
		last := &c.Runs[n-1]
		last.To, last.Last, last.LastDay = r.To, r.Last, r.LastDay
		last.Slices += r.Slices
		return
	}
	c.Runs = append(c.Runs, r)
}

// joins reports whether a slice continues the run.
func (r *Run) joins(next *Run) bool {
	return r.To.Equal(next.From) && r.Alike(next)
}

// Alike reports whether the slices of another run stand as those of this one.
func (r *Run) Alike(next *Run) bool {
	return r.Status == next.Status && r.Why == next.Why && r.Soon == next.Soon && r.LostAt.IsZero() == next.LostAt.IsZero() &&
		slices.Equal(r.Lacking, next.Lacking)
}

// Key is equal for the coverages of tenants whose slices stand alike.
func (c *Coverage) Key() string {
	var b strings.Builder
	for i := range c.Runs {
		r := &c.Runs[i]
		b.WriteString(string(r.Status) + " " + r.From.Format(time.RFC3339Nano) + " " + r.To.Format(time.RFC3339Nano) + " " + r.First + " " + r.Last + r.Why + " " + r.LostAt.Format(time.RFC3339Nano))
		for _, lack := range r.Lacking {
			b.WriteString(" " + string(lack.Reason) + " in " + lack.Output)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
