package ledger

import (
	"cmp"
	"slices"
	"time"
)

// Hold records that an output holds a slice. It replaces what was recorded of
// the same output and slice, forgets its failure, and forgets entries whose
// file the new one has overwritten. A file that the new one replaces at
// another path stays recorded in Left.
func (l *Ledger) Hold(h Held) {
	l.Held = slices.DeleteFunc(l.Held, func(old Held) bool {
		same := sameSlice(old.Output, old.From, old.To, h.Output, h.From, h.To)
		if same && old.Path != h.Path && old.Path != Console {
			l.leave(Left{old.Output, old.From, old.To, old.Path, old.Bytes, old.SHA256})
		}
		return same || old.Path == h.Path && h.Path != Console
	})
	at, _ := slices.BinarySearchFunc(l.Held, h, func(a, b Held) int {
		return compareSlice(a.Output, a.From, a.To, b.Output, b.From, b.To)
	})
	l.Held = slices.Insert(l.Held, at, h)
	l.forgetFailure(h.Output, h.From, h.To)
	l.Left = slices.DeleteFunc(l.Left, func(left Left) bool { return left.Path == h.Path })
}

// Console is the path of outputs that write to standard output.
const Console = "-"

// Supersede forgets the slices that an output held at a path. It is for
// trailing windows, whose one slice moves, before Hold.
func (l *Ledger) Supersede(output, path string) {
	l.Held = slices.DeleteFunc(l.Held, func(h Held) bool { return h.Output == output && h.Path == path })
}

// Fail records that the last try at a slice did not complete. What the output
// holds of the slice stays recorded.
func (l *Ledger) Fail(f Failed) {
	l.forgetFailure(f.Output, f.From, f.To)
	at, _ := slices.BinarySearchFunc(l.Failed, f, func(a, b Failed) int {
		return compareSlice(a.Output, a.From, a.To, b.Output, b.From, b.To)
	})
	l.Failed = slices.Insert(l.Failed, at, f)
}

// Forget removes what is recorded of an output's slice at a path, held or left.
func (l *Ledger) Forget(output string, from, to time.Time, path string) {
	l.Held = slices.DeleteFunc(l.Held, func(h Held) bool {
		return h.Path == path && sameSlice(h.Output, h.From, h.To, output, from, to)
	})
	l.Left = slices.DeleteFunc(l.Left, func(left Left) bool {
		return left.Path == path && sameSlice(left.Output, left.From, left.To, output, from, to)
	})
	l.forgetFailure(output, from, to)
}

// Find returns what an output holds of a slice.
func (l *Ledger) Find(output string, from, to time.Time) (Held, bool) {
	at, found := slices.BinarySearchFunc(l.Held, Held{Output: output, From: from, To: to}, func(a, b Held) int {
		return compareSlice(a.Output, a.From, a.To, b.Output, b.From, b.To)
	})
	if !found {
		return Held{}, false
	}
	return l.Held[at], true
}

func (l *Ledger) leave(left Left) {
	at, found := slices.BinarySearchFunc(l.Left, left.Path, func(a Left, path string) int { return cmp.Compare(a.Path, path) })
	if found {
		l.Left[at] = left
		return
	}
	l.Left = slices.Insert(l.Left, at, left)
}

func (l *Ledger) forgetFailure(output string, from, to time.Time) {
	l.Failed = slices.DeleteFunc(l.Failed, func(f Failed) bool {
		return sameSlice(f.Output, f.From, f.To, output, from, to)
	})
}

func sameSlice(output string, from, to time.Time, output2 string, from2, to2 time.Time) bool {
	return output == output2 && from.Equal(from2) && to.Equal(to2)
}

func compareSlice(output string, from, to time.Time, output2 string, from2, to2 time.Time) int {
	return cmp.Or(cmp.Compare(output, output2), from.Compare(from2), to.Compare(to2))
}
