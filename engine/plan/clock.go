package plan

import (
	"time"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/window"
)

// Earlier is the clock by which a want is planned: this machine's, or that of the
// service where the ledger knows it to be behind. A trailing window then ends by
// it.
func (w *Want) Earlier(l *ledger.Ledger, now time.Time) time.Time {
	ahead := l.Ahead(w.Machine, now)
	if ahead <= 0 {
		return now
	}
	w.local, now = now, now.Add(-ahead)
	if w.Window.Trailing() {
		w.Slices = w.Window.Named(now)
	}
	return now
}

// waits says why a slice waits.
func (w *Want) waits(until time.Time) string {
	if !w.local.IsZero() && !w.local.Before(until) {
		return "by the service's clock it is too early"
	}
	return "not settled: events become visible late"
}

// due is how long after its end a slice has to be read, by its revisits that are
// due; zero where none is, as of a slice that has not settled, and of a snapshot.
func (w *Want) due(slice window.Slice, now time.Time) (after time.Duration) {
	if !w.Window.Revisited() || w.Snapshot || !w.settled(slice, now) {
		return 0
	}
	for _, at := range w.Window.Revisits(slice) {
		if now.Before(at) {
			break
		}
		after = at.Sub(slice.To)
	}
	return after
}

// ReadAfter is how long after its end a slice was read for a revisit; zero if it
// was not.
func ReadAfter(h *ledger.Held) time.Duration {
	if !h.Revisited || h.ReadAfter > 0 {
		return h.ReadAfter
	}
	// Earlier versions recorded no more than that it was: the reading began then.
	p := h.Proof()
	if p.FetchedAt.IsZero() {
		return forever
	}
	return max(1, p.FetchedAt.Sub(h.To))
}

const forever = time.Duration(1<<63 - 1)

// Clock says how far this machine's clock is from those of services, as earlier
// applies have found.
type Clock struct {
	Ahead   ledger.Seconds `json:"ahead_seconds"` // the most; less than nothing where it is behind
	Ledgers int            `json:"ledgers"`
}

// OffClock is by how much clocks differ that are worth a warning.
const OffClock = 5 * time.Minute

// ClockOf is the Clock of differences, one a want; nil where none is worth a
// warning.
func ClockOf(ahead []time.Duration) *Clock {
	var c Clock
	for _, d := range ahead {
		if d.Abs() <= OffClock {
			continue
		}
		c.Ledgers++
		if d.Abs() > time.Duration(c.Ahead).Abs() {
			c.Ahead = ledger.Seconds(d)
		}
	}
	if c.Ledgers == 0 {
		return nil
	}
	return &c
}
