package ledger

import (
	"iter"
	"slices"
	"sort"
	"time"
)

// Held yields what is held in order of output, From and To. The entries must
// not be changed.
func (l *Ledger) Held() iter.Seq[*Held] {
	return func(yield func(*Held) bool) {
		recent, dropped := l.recent, l.dropped
		for _, p := range l.pages {
			for i := range p.held {
				h := &p.held[i]
				at := h.slot()
				for len(recent) > 0 && recent[0].slot().compare(at) < 0 {
					if !yield(&recent[0]) {
						return
					}
					recent = recent[1:]
				}
				for len(dropped) > 0 && dropped[0].compare(at) < 0 {
					dropped = dropped[1:]
				}
				if len(dropped) > 0 && dropped[0].compare(at) == 0 ||
					len(recent) > 0 && recent[0].slot().compare(at) == 0 {
					continue
				}
				if !yield(h) {
					return
				}
			}
		}
		for i := range recent {
			if !yield(&recent[i]) {
				return
			}
		}
	}
}

// Len is how many entries are held.
func (l *Ledger) Len() int {
	n := len(l.recent)
	for _, p := range l.pages {
		n += len(p.held)
	}
	if len(l.pages) == 0 {
		return n
	}
	for i := range l.recent {
		if l.stored(l.recent[i].slot()) != nil {
			n--
		}
	}
	return n - len(l.dropped) // each is of a page, and none is recent
}

// Find returns what an output holds of a slice, nil if nothing.
func (l *Ledger) Find(output string, from, to time.Time) *Held {
	return l.find(slot{output, from, to})
}

func (l *Ledger) find(at slot) *Held {
	if i, found := searchHeld(l.recent, at); found {
		return &l.recent[i]
	}
	if _, found := searchSlots(l.dropped, at); found {
		return nil
	}
	return l.stored(at)
}

// stored returns what the pages have of a slot.
func (l *Ledger) stored(at slot) *Held {
	n := sort.Search(len(l.pages), func(i int) bool { return l.pages[i].last().compare(at) >= 0 })
	if n == len(l.pages) {
		return nil
	}
	if i, found := searchHeld(l.pages[n].held, at); found {
		return &l.pages[n].held[i]
	}
	return nil
}

func searchHeld(list []Held, at slot) (int, bool) {
	i := sort.Search(len(list), func(i int) bool { return list[i].slot().compare(at) >= 0 })
	return i, i < len(list) && list[i].slot().compare(at) == 0
}

func searchSlots(list []slot, at slot) (int, bool) {
	return slices.BinarySearchFunc(list, at, slot.compare)
}
