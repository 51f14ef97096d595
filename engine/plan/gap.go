package plan

import (
	"fmt"
	"strings"
	"time"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/window"
	"github.com/reportform/reportform/internal/place"
)

// keepDestinations adds the places of what stays held although it is not as
// declared.
func (s *subtraction) keepDestinations(lacking []lack, slice *window.Named) {
	for _, l := range lacking {
		if l.held != nil && l.held.Place != l.target.Place && l.held.Place.Stays() && !s.moving[slotOf(l.output, slice.From, slice.To)] {
			kept := Destination{l.held.Place, s.want.Tenant, s.want.Report, l.output, slice.Label}
			s.part.destinations = append(s.part.destinations, hashOf(s.want.key(&kept)))
			s.part.kept = append(s.part.kept, kept)
		}
	}
}

// lostHow completes the sentence on why a slice is lost. It is kept if every
// output that lacks it has a file of it all the same, if not as declared.
func (s *subtraction) lostHow(why string, lacking []lack) (sentence string, kept bool, err error) {
	kept = true
	var gone []string
	for _, l := range lacking {
		has := l.held != nil
		switch l.why {
		case Missing, Altered:
			has = false
		case Changed: // of which the file was not looked at
			if has, err = s.intact(l.held); err != nil {
				return "", false, err
			}
		}
		if !has && l.held != nil {
			gone = append(gone, l.output)
		}
		kept = kept && has
	}
	switch {
	case kept:
		why += "; what is held stays as it is"
	case gone != nil:
		why += "; what was held is gone or altered, in " + strings.Join(gone, ", ")
	}
	return why, kept, nil
}

// intact reports whether the file of an entry is there, or trusted to be.
func (s *subtraction) intact(held *ledger.Held) (bool, error) {
	if s.want.TrustLedger {
		return true, nil
	}
	condition, err := s.observe(held)
	return condition == place.Intact, err
}

// settled reports whether a slice is final. A snapshot is what it is when it
// is taken.
func (w *Want) settled(slice window.Slice, now time.Time) bool {
	return w.Snapshot || !now.Before(w.Window.Settles(slice, w.Settle))
}

// pullable reports whether a slice is fetched at this clock.
func (s *subtraction) pullable(final bool) bool {
	return final || s.want.Window.Open() || s.want.Window.Trailing()
}

// MissedSnapshot says why a snapshot is lost.
const MissedSnapshot = "a snapshot shows the state of the moment and cannot be taken later"

// lost says why a slice that is lost at this time can never be had again.
func (s *subtraction) lost(at time.Time) (why string, lost bool) {
	if at.IsZero() || s.now.Before(at) {
		return "", false
	}
	if s.want.Snapshot {
		return MissedSnapshot, true
	}
	since := s.want.Retention.Before(s.now.UTC()).Truncate(24 * time.Hour)
	return fmt.Sprintf("the service keeps events for %s, since %s", s.want.Retention, since.Format(time.DateOnly)), true
}

// LostAt returns when a slice can no longer be had; zero for never. A snapshot
// shows the moment.
func (w *Want) LostAt(slice window.Slice) time.Time {
	switch {
	case w.Snapshot && w.Window.Trailing():
		return time.Time{} // always of the moment
	case w.Snapshot:
		return slice.To
	case w.Retention == nil:
		return time.Time{}
	}
	return config.ForgottenAt(*w.Retention, slice.From)
}

// addGap appends a gap, or lengthens the last one where it continues it.
func addGap(gaps *[]Gap, g Gap) {
	if n := len(*gaps); n > 0 {
		last := &(*gaps)[n-1]
		if last.To.Equal(g.From) && last.Why == g.Why {
			last.lengthen(&g)
			return
		}
	}
	*gaps = append(*gaps, g)
}
