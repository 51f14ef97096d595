package ledger

import (
	"cmp"
	"slices"
	"time"

	"github.com/reportform/reportform/internal/place"
)

// Hold records that an output holds a slice. It replaces what was recorded of
// the same output and slice, forgets its failure, and forgets entries whose
// place the new one has taken. What the new one replaces at another place stays
// recorded in Left.
func (l *Ledger) Hold(h Held) {
	if old := l.find(h.slot()); old != nil && old.Place != h.Place && old.Place.Stays() {
		l.leave(leftOf(old))
	}
	if h.Place.Stays() {
		l.dropWhere(func(old *Held) bool { return old.Place == h.Place && old.slot().compare(h.slot()) != 0 })
	}
	l.put(h)
	l.forgetFailure(h.slot())
	l.Left = slices.DeleteFunc(l.Left, func(left Left) bool { return left.Place == h.Place })
}

// leftOf is what stays of an entry that is held elsewhere.
func leftOf(h *Held) Left {
	return Left{Output: h.Output, From: h.From, To: h.To, Place: h.Place, Rows: h.Rows, Bytes: h.Bytes, SHA256: h.Proof().SHA256}
}

// Relocate records that what an entry says lies at a second place too, where it
// was last modified at this time, and is held there. What lies at its first place
// stays recorded in Left until Vacate says that it is gone. It forgets entries
// whose place the second is, and what was left there.
func (l *Ledger) Relocate(h *Held, to place.Place, modified time.Time) {
	moved, left := *h, leftOf(h)
	left.Relocated = true
	moved.Place, moved.Modified = to, modified
	l.dropWhere(func(old *Held) bool { return old.Place == to && old.slot().compare(moved.slot()) != 0 })
	l.put(moved)
	l.Left = slices.DeleteFunc(l.Left, func(one Left) bool { return one.Place == to })
	l.leave(left)
}

// Vacate forgets what was left at a place; if it stays there, it is a relocation's
// no longer.
func (l *Ledger) Vacate(at place.Place, stays bool) {
	l.Left = slices.DeleteFunc(l.Left, func(one Left) bool { return one.Place == at && !stays })
	for i := range l.Left {
		if l.Left[i].Place == at {
			l.Left[i].Relocated = false
		}
	}
}

// Supersede forgets the slices that an output held at a place. It is for
// trailing windows, whose one slice moves, before Hold.
func (l *Ledger) Supersede(output string, at place.Place) {
	l.dropWhere(func(h *Held) bool { return h.Output == output && h.Place == at })
}

// ForgetFailures forgets the last tries at all slices of an output. It is for
// trailing windows, whose one slice moves.
func (l *Ledger) ForgetFailures(output string) {
	l.Failed = slices.DeleteFunc(l.Failed, func(f Failed) bool { return f.Output == output })
}

// Fail records that the last try at a slice did not complete. What the output
// holds of the slice stays recorded.
func (l *Ledger) Fail(f Failed) {
	l.forgetFailure(f.slot())
	at, _ := slices.BinarySearchFunc(l.Failed, f.slot(), func(a Failed, b slot) int { return a.slot().compare(b) })
	l.Failed = slices.Insert(l.Failed, at, f)
}

// Doubt records that a place is not what its entry says, although it may have the
// size and the time: whoever compares them again has to read it.
func (l *Ledger) Doubt(output string, from, to time.Time, at place.Place) {
	if h := l.find(slot{output, from, to}); h != nil && h.Place == at {
		doubted := *h
		doubted.Modified = time.Time{}
		l.put(doubted)
	}
}

// Forget removes what is recorded of an output's slice at a place, held or left.
func (l *Ledger) Forget(output string, from, to time.Time, at place.Place) {
	of := slot{output, from, to}
	if h := l.find(of); h != nil && h.Place == at {
		l.drop(of)
	}
	l.Left = slices.DeleteFunc(l.Left, func(left Left) bool { return left.Place == at && left.slot().compare(of) == 0 })
	l.forgetFailure(of)
}

// own makes recent the ledger's own.
func (l *Ledger) own() {
	if l.shared {
		l.recent, l.shared = slices.Clone(l.recent), false
	}
}

// put places an entry in its slot.
func (l *Ledger) put(h Held) {
	l.own()
	i, found := searchHeld(l.recent, h.slot())
	if found {
		l.recent[i] = h
	} else {
		l.recent = slices.Insert(l.recent, i, h)
	}
	if i, found := searchSlots(l.dropped, h.slot()); found {
		l.dropped = slices.Delete(l.dropped, i, i+1)
	}
}

// drop empties a slot.
func (l *Ledger) drop(at slot) {
	l.own()
	if i, found := searchHeld(l.recent, at); found {
		l.recent = slices.Delete(l.recent, i, i+1)
	}
	if l.stored(at) == nil {
		return
	}
	if i, found := searchSlots(l.dropped, at); !found {
		l.dropped = slices.Insert(l.dropped, i, at)
	}
}

// dropWhere empties the slots of the entries that match.
func (l *Ledger) dropWhere(match func(*Held) bool) {
	var slots []slot
	for i := range l.recent {
		if match(&l.recent[i]) {
			slots = append(slots, l.recent[i].slot())
		}
	}
	for _, p := range l.pages {
		for i := range p.held {
			if h := &p.held[i]; match(h) && l.find(h.slot()) == h {
				slots = append(slots, h.slot())
			}
		}
	}
	for _, at := range slots {
		l.drop(at)
	}
}

func (l *Ledger) leave(left Left) {
	at, found := slices.BinarySearchFunc(l.Left, left.Place, func(a Left, b place.Place) int { return cmp.Compare(a.Place, b) })
	if found {
		l.Left[at] = left
		return
	}
	l.Left = slices.Insert(l.Left, at, left)
}

func (l *Ledger) forgetFailure(at slot) {
	l.Failed = slices.DeleteFunc(l.Failed, func(f Failed) bool { return f.slot().compare(at) == 0 })
}

// Replace makes the ledger hold what another holds, and nothing else.
func (l *Ledger) Replace(with *Ledger) {
	l.pages, l.recent, l.dropped, l.shared = nil, nil, nil, false
	for h := range with.Held() {
		l.recent = append(l.recent, *h)
	}
	l.Failed, l.Left = slices.Clone(with.Failed), slices.Clone(with.Left)
	l.Keeper, l.Reach, l.Skew, l.Lateness = with.Keeper, with.Reach, with.Skew, with.Lateness
	l.Accepted, l.Deleted = slices.Clone(with.Accepted), slices.Clone(with.Deleted)
	l.Expiry, l.Protected = with.Expiry, with.Protected
}

// Keep adds what another ledger of the key says beside its entries, as far as the
// ledger does not contradict it: failures of slots in which nothing is held,
// files that hold nothing, accepted losses, deletions, protection, and, where the
// ledger has none, who keeps it, for how long, how far the service reaches, how late
// its events come and how clocks differ.
func (l *Ledger) Keep(other *Ledger) {
	for _, f := range other.Failed {
		if l.find(f.slot()) == nil && !slices.ContainsFunc(l.Failed, func(own Failed) bool { return own.slot().compare(f.slot()) == 0 }) {
			l.Fail(f)
		}
	}
	known := make(map[place.Place]bool, l.Len()+len(l.Left))
	for h := range l.Held() {
		known[h.Place] = true
	}
	for _, own := range l.Left {
		known[own.Place] = true
	}
	for _, one := range other.Left {
		if !known[one.Place] {
			l.leave(one)
		}
	}
	l.Accepted = union(l.Accepted, other.Accepted, func(a, b Acceptance) int {
		return cmp.Or(a.From.Compare(b.From), a.To.Compare(b.To), a.At.Compare(b.At), cmp.Compare(a.Reason, b.Reason))
	})
	l.JoinLog(other.Deleted)
	l.Keeper, l.Expiry, l.Protected = cmp.Or(l.Keeper, other.Keeper), cmp.Or(l.Expiry, other.Expiry), l.Protected || other.Protected
	if l.Reach == nil {
		l.Reach = other.Reach
	}
	if l.Lateness == nil {
		l.Lateness = other.Lateness
	}
	if l.Skew == nil {
		l.Skew = other.Skew
	}
}

// union returns what is in one of two lists, in order, each once.
func union[T any](a, b []T, compare func(a, b T) int) []T {
	all := slices.Concat(a, b)
	slices.SortStableFunc(all, compare)
	return slices.CompactFunc(all, func(a, b T) bool { return compare(a, b) == 0 })
}
