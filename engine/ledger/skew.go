package ledger

import "time"

const (
	// agree is by how much clocks that agree may differ: services tell whole
	// seconds, and answers travel.
	agree = 10 * time.Second
	// skewFor is how long a difference is believed in: whoever mends a clock
	// mends it for good.
	skewFor = 7 * 24 * time.Hour
	// skewAgain is the age at which a difference that is still the same is recorded
	// anew: the pulls of one run need not each write it.
	skewAgain = time.Minute
)

// Compare records how far the clock of a machine is ahead of the service's, found
// when the machine's showed at. Clocks that agree leave nothing on record, and one
// that differs as it did leaves what there is.
func (l *Ledger) Compare(machine string, ahead time.Duration, at time.Time) {
	switch known := l.Skew; {
	case ahead.Abs() < agree:
		l.Skew = nil
	case known != nil && known.Machine == machine && (time.Duration(known.Ahead)-ahead).Abs() < agree &&
		!at.Before(known.At) && at.Sub(known.At) < skewAgain:
	default:
		l.Skew = &Skew{machine, Seconds(ahead.Round(time.Second)), at.UTC().Truncate(time.Second)}
	}
}

// Ahead is how far the clock of a machine, which shows now, is ahead of the
// service's as far as is known. A clock that was put back since, or that was
// compared long ago, may be right by now; the clock of another machine says
// nothing of this one's.
func (l *Ledger) Ahead(machine string, now time.Time) time.Duration {
	if s := l.Skew; s != nil && s.Machine == machine && !now.Before(s.At) && now.Sub(s.At) <= skewFor {
		return time.Duration(s.Ahead)
	}
	return 0
}
