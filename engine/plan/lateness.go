package plan

import (
	"time"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/internal/calendar"
)

// TypeLateness is the lateness of the events of one report type.
type TypeLateness struct {
	Type string
	ledger.Lateness
}

// LatenessOf adds up what coverages know of each report type, in the order in
// which types come.
func LatenessOf(parts []Coverage) []TypeLateness {
	var list []TypeLateness
	at := map[string]int{}
	for i := range parts {
		p := &parts[i]
		if p.Lateness == nil {
			continue
		}
		n, ok := at[p.Type]
		if !ok {
			n = len(list)
			at[p.Type], list = n, append(list, TypeLateness{Type: p.Type})
		}
		list[n].Lateness = list[n].Plus(*p.Lateness)
	}
	return list
}

// Advised is how long after its end a slice has to be read to have the late events
// that were seen, as a window's settle or revisit; ok is false where none were.
func Advised(l *ledger.Lateness) (after calendar.Duration, ok bool) {
	if l.Late == 0 {
		return calendar.Duration{}, false
	}
	const (
		quarter = 15 * time.Minute
		grace   = time.Minute // of the reading, which begins when it is due or later
		day     = 24 * time.Hour
	)
	d := max(time.Duration(l.After)-grace, 1)
	switch {
	case d <= time.Hour-quarter:
		return calendar.Duration{N: int((d + quarter - 1) / quarter * quarter / time.Minute), Unit: calendar.Minute}, true
	case d <= 3*day:
		return calendar.Duration{N: int((d + time.Hour - 1) / time.Hour), Unit: calendar.Hour}, true
	}
	return calendar.Duration{N: int((d + day - 1) / day), Unit: calendar.Day}, true
}
