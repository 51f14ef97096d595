package plan

import (
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/window"
)

// counted returns the slices of the want that count: all, but of a snapshot those
// from the first that could be had. That is the first that the ledger knows, held
// or tried, or else the one that contains now.
func (w *Want) counted(l *ledger.Ledger, now time.Time) []window.Named {
	if !w.Snapshot || w.Window.Trailing() || len(w.Slices) == 0 {
		return w.Slices
	}
	first := now
	for h := range l.Held() {
		if h.From.Before(first) {
			first = h.From
		}
	}
	for i := range l.Failed {
		if l.Failed[i].From.Before(first) {
			first = l.Failed[i].From
		}
	}
	i := sort.Search(len(w.Slices), func(i int) bool { return w.Slices[i].To.After(first) })
	if i == len(w.Slices) {
		return w.Slices // the window has ended, and nothing was had of it
	}
	return w.Slices[i:]
}

// gone returns how many of the slices, the first ones, the service has no longer.
func (w *Want) gone(wanted []window.Named, now time.Time) int {
	if w.Window.Trailing() {
		return 0 // of its one slice, earlier ones may be held
	}
	return sort.Search(len(wanted), func(i int) bool {
		at := w.LostAt(wanted[i].Slice)
		return at.IsZero() || now.Before(at)
	})
}

// heldAmong returns which of the slices the ledger holds something of, in order.
func heldAmong(wanted []window.Named, l *ledger.Ledger) []int {
	if len(wanted) == 0 {
		return nil
	}
	var known []int
	last, next := wanted[len(wanted)-1].From, 0
	for h := range l.Held() { // by output, in order of time
		if h.From.After(last) {
			continue
		}
		i, found := next, next < len(wanted) && wanted[next].From.Equal(h.From)
		if !found {
			i, found = slices.BinarySearchFunc(wanted, h.From, func(n window.Named, from time.Time) int { return n.From.Compare(from) })
		}
		next = i + 1
		if found && wanted[i].To.Equal(h.To) {
			known = append(known, i)
		}
	}
	slices.Sort(known) // it mostly is
	return slices.Compact(known)
}

// forgotten lists slices, one after the other, that nothing holds and the service
// has no longer.
func (s *subtraction) forgotten(run []window.Named) {
	if len(run) == 0 {
		return
	}
	gap := gapOf(s.want, &run[0])
	last := &run[len(run)-1]
	gap.To, gap.Last, gap.Slices = last.To, last.Label, len(run)
	gap.Why, _ = s.lost(s.want.LostAt(run[0].Slice))
	addGap(&s.part.Lost, gap)
}

// never says why a slice can never be had as it is once it has settled; empty if it
// can.
func (w *Want) never(slice window.Slice) string {
	if w.Snapshot || w.Window.Trailing() {
		return ""
	}
	at, settles := w.LostAt(slice), w.Window.Settles(slice, w.Settle)
	if at.IsZero() || settles.Before(at) {
		return ""
	}
	return fmt.Sprintf("the service keeps events for %s, and forgets its beginning before it has settled", w.Retention)
}
