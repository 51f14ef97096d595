package plan

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/reportform/reportform/engine/window"
	"github.com/reportform/reportform/internal/calendar"
)

// Check returns an error for a pull that no plan of the Want has at the clock: it
// is no slice of the window, has other names, or is not as settled as it says.
func (w *Want) Check(p *Pull, now time.Time) error { return (&Checks{}).Check(w, p, now) }

// Checks checks the pulls of a plan, of which many have one slice: it remembers
// what is expected of the slices of windows. The zero Checks remembers nothing. It
// is for one goroutine.
type Checks struct{ known map[sliceKey]expected }

// NewChecks returns Checks that remember.
func NewChecks() *Checks { return &Checks{map[sliceKey]expected{}} }

// sliceKey is a slice at a clock, in a window that settles by its type.
type sliceKey struct {
	window   window.Window
	settle   calendar.Duration
	snapshot bool
	slice    window.Slice
	now      time.Time
}

// expected is how a pull of a slice is.
type expected struct {
	window.Named

	is         bool // one of the window's slices
	final, due bool
}

// expect returns how a pull of a slice is at a clock.
func (c *Checks) expect(w *Want, slice window.Slice, now time.Time) expected {
	const most = 1 << 16 // are remembered
	key := sliceKey{w.Window, w.Settle, w.Snapshot, slice, now}
	e, ok := c.known[key]
	if ok {
		return e
	}
	if e.Named, e.is = w.Window.Find(slice, now); e.is {
		e.final, e.due = w.settled(e.Slice, now), w.due(e.Slice, now) > 0
	}
	if len(c.known) == most {
		clear(c.known)
	}
	if c.known != nil {
		c.known[key] = e
	}
	return e
}

// Check is Want.Check.
func (c *Checks) Check(w *Want, p *Pull, now time.Time) error {
	wrong := func(what string) error {
		return fmt.Errorf("the plan has %s of %s from %s to %s, %s at the plan's clock, %s: it was edited or is damaged, so make the plan again",
			p.Report, p.Tenant, p.From.UTC().Format(time.RFC3339), p.To.UTC().Format(time.RFC3339), what, now.UTC().Format(time.RFC3339))
	}
	if !p.Clock.IsZero() {
		if !p.Clock.Before(now) {
			return wrong("planned by a later clock")
		}
		now = p.Clock
	}
	slice := c.expect(w, window.Slice{From: p.From, To: p.To}, now)
	switch {
	case !slice.is:
		return wrong("which is no slice of the report's window")
	case p.Label != slice.Label || p.Date != slice.Date:
		return wrong(fmt.Sprintf("under the name %q, which is %q", p.Label, slice.Label))
	case p.Type != w.Type:
		return wrong(fmt.Sprintf("as %q, which is %q", p.Type, w.Type))
	case p.Relocates(): // what is held goes there as it is, and the ledger tells how that is
	case p.Final != slice.final || p.Revisit != slice.due:
		return wrong("which has not settled as the plan says")
	case p.Source != nil:
	case w.Snapshot && !w.Window.Trailing() && !slice.Contains(now):
		return wrong("which is a snapshot of another moment")
	case !slice.final && !w.Window.Open() && !w.Window.Trailing():
		return wrong("which has not settled")
	}
	return nil
}

// CheckDeletion returns an error for a deletion that no plan of the Want has at
// the clock: what is wanted or protected stays.
func (w *Want) CheckDeletion(d *Deletion, now time.Time) error {
	slice := window.Slice{From: d.From, To: d.To}
	wanted := false
	switch d.Why {
	case "path": // of which the ledger has to know
	case "expired":
		wanted = !w.Window.Expired(slice, now)
	case "slice":
		_, wanted = w.Window.Find(slice, now)
	case "output":
		wanted = slices.ContainsFunc(w.Outputs, func(o WantOutput) bool { return o.Output == d.Output })
	default:
		wanted = true
	}
	switch {
	case w.Protect:
		return fmt.Errorf("%s protects it", w.Report)
	case wanted:
		return errors.New("it is declared, so it is kept: the plan was edited or is damaged, so make the plan again")
	}
	return nil
}
