package ledger

import (
	"sort"
	"time"
)

// Finder finds what one output holds of many slices, quickly if they are asked
// for in order of time. The ledger must not change meanwhile.
type Finder struct {
	ledger *Ledger
	last   slot // asked for
	begun  bool
	// The first entries that do not lie before last.
	recent, dropped int
	page, at        int
}

// Finder returns the Finder of an output.
func (l *Ledger) Finder(output string) *Finder {
	return &Finder{ledger: l, last: slot{output: output}}
}

// Find returns what the output holds of a slice, nil if nothing.
func (f *Finder) Find(from, to time.Time) *Held {
	l, at := f.ledger, slot{f.last.output, from, to}
	if !f.begun || at.compare(f.last) < 0 {
		f.seek(at)
	}
	f.begun, f.last = true, at
	for f.recent < len(l.recent) && l.recent[f.recent].slot().compare(at) < 0 {
		f.recent++
	}
	if f.recent < len(l.recent) && l.recent[f.recent].slot().compare(at) == 0 {
		return &l.recent[f.recent]
	}
	for f.dropped < len(l.dropped) && l.dropped[f.dropped].compare(at) < 0 {
		f.dropped++
	}
	if f.dropped < len(l.dropped) && l.dropped[f.dropped].compare(at) == 0 {
		return nil
	}
	for f.page < len(l.pages) {
		held := l.pages[f.page].held
		for f.at < len(held) {
			switch c := held[f.at].slot().compare(at); {
			case c == 0:
				return &held[f.at]
			case c > 0:
				return nil
			}
			f.at++
		}
		f.page, f.at = f.page+1, 0
	}
	return nil
}

// seek places the Finder before a slot, wherever that is.
func (f *Finder) seek(at slot) {
	l := f.ledger
	f.recent, _ = searchHeld(l.recent, at)
	f.dropped, _ = searchSlots(l.dropped, at)
	f.page = sort.Search(len(l.pages), func(i int) bool { return l.pages[i].last().compare(at) >= 0 })
	f.at = 0
	if f.page < len(l.pages) {
		f.at, _ = searchHeld(l.pages[f.page].held, at)
	}
}
