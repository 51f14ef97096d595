package ledger

import (
	"cmp"
	"slices"
)

// maxDeleted bounds the log of deletions: a head is written with every slice.
const maxDeleted = 100

// Log adds deletions to the log, those of adjacent slices of one output as one.
// The oldest of very many are dropped.
func (l *Ledger) Log(list []Deletion) {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b Deletion) int { return a.slot().compare(b.slot()) })
	for i := range list {
		next := &list[i]
		if i > 0 {
			if last := &l.Deleted[len(l.Deleted)-1]; last.continues(next) {
				last.To, last.Slices = next.To, max(1, last.Slices)+max(1, next.Slices)
				continue
			}
		}
		l.Deleted = append(l.Deleted, *next)
	}
	l.bound()
}

// JoinLog adds the log of another ledger, whose slices this one takes over.
func (l *Ledger) JoinLog(list []Deletion) {
	l.Deleted = union(l.Deleted, list, func(a, b Deletion) int {
		return cmp.Or(a.At.Compare(b.At), a.slot().compare(b.slot()), cmp.Compare(a.Place, b.Place))
	})
	l.bound()
}

func (l *Ledger) bound() {
	if more := len(l.Deleted) - maxDeleted; more > 0 {
		l.Deleted = slices.Clone(l.Deleted[more:])
	}
}

// continues reports whether another deletion is of the slices that follow, at the
// same time and for the same reason.
func (d *Deletion) continues(next *Deletion) bool {
	return d.Output == next.Output && d.To.Equal(next.From) && d.At.Equal(next.At) && d.Why == next.Why && d.Allowed == next.Allowed && d.Plan == next.Plan
}
