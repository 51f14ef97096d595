package window

import "time"

// Named is a slice with the names that the language has for it.
type Named struct {
	Slice
	Label, Date string
}

// Named returns the slices that Slices yields, with their names. They are the
// same for everybody who uses the window, so they are made once for all.
func (w Window) Named(now time.Time) []Named {
	var list []Named
	for s := range w.Slices(now) {
		n := Named{Slice: s, Label: w.Label(s), Date: w.Date(s)}
		if n.Date == n.Label {
			n.Date = n.Label // one text in memory
		}
		list = append(list, n)
	}
	return list
}
