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
	date := "" // of the slice before: slices of one date share the text
	for s := range w.Slices(now) {
		n := Named{Slice: s, Label: w.Label(s), Date: w.Date(s)}
		switch n.Date {
		case n.Label:
			n.Date = n.Label
		case date:
			n.Date = date
		}
		date = n.Date
		list = append(list, n)
	}
	return list
}
