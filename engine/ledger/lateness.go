package ledger

import "time"

// Lateness says how late events became visible, as far as readings of settled
// slices tell that were repeated. What a later reading found was visible by then,
// and not yet when the slice was read before: the lateness of one event is known
// as an interval.
type Lateness struct {
	Events int64 `json:"events"`  // of the slices that were read again, each once
	Late   int64 `json:"late"`    // of these, those that a later reading found
	ByRows int64 `json:"by_rows"` // of the late ones, those that rows alone tell
	// Within counts the late ones that are known one by one: those that came by a
	// bound, see LatenessBounds, and in the last place those that came later.
	Within [latenessBounds + 1]int64 `json:"within"`
	// Least and Most are how long after it had happened each of them came, at least
	// and at most.
	Least Seconds `json:"least_seconds"`
	Most  Seconds `json:"most_seconds"`
	// After is how long after the end of their slices the last reading was that
	// found late ones. A slice that had been read then would have had all.
	After Seconds `json:"after_seconds"`
}

const latenessBounds = 5

// LatenessBounds are the bounds that Lateness counts by.
func LatenessBounds() [latenessBounds]time.Duration {
	return [...]time.Duration{15 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour}
}

// Came counts a late event, which came at least and at most so long after it had
// happened.
func (l *Lateness) Came(least, most time.Duration) {
	least, most = max(0, least), max(0, most)
	if l.Late == l.ByRows || Seconds(least) < l.Least {
		l.Least = Seconds(least)
	}
	l.Most = max(l.Most, Seconds(most))
	l.Late++
	for i, bound := range LatenessBounds() {
		if most <= bound {
			l.Within[i]++
			return
		}
	}
	l.Within[latenessBounds]++
}

// CameByRows counts late events of which no more is known than how many there are.
func (l *Lateness) CameByRows(n int64) {
	l.Late, l.ByRows = l.Late+n, l.ByRows+n
}

// Plus returns both taken together.
func (l Lateness) Plus(other Lateness) Lateness {
	switch {
	case other.Late == other.ByRows:
	case l.Late == l.ByRows:
		l.Least = other.Least
	default:
		l.Least = min(l.Least, other.Least)
	}
	l.Events, l.Late, l.ByRows = l.Events+other.Events, l.Late+other.Late, l.ByRows+other.ByRows
	for i, n := range other.Within {
		l.Within[i] += n
	}
	l.Most, l.After = max(l.Most, other.Most), max(l.After, other.After)
	return l
}

// Learn adds what a reading told of how late events come.
func (l *Ledger) Learn(more Lateness) {
	sum := more
	if l.Lateness != nil {
		sum = l.Lateness.Plus(more)
	}
	l.Lateness = &sum
}
