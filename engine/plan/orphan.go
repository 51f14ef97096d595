package plan

import (
	"slices"
	"time"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/window"
	"github.com/reportform/reportform/internal/calendar"
	"github.com/reportform/reportform/internal/place"
)

// Orphan is a held slice that is no longer declared.
type Orphan struct {
	Tenant string      `json:"tenant"`
	Report string      `json:"report"`
	Output string      `json:"output"`
	From   time.Time   `json:"from"`
	To     time.Time   `json:"to"`
	Place  place.Place `json:"path"`
	// Why says what is no longer declared: "tenant", "report", "output",
	// "slice", "path" (the slice is held at another place), "expired" (keep).
	Why string `json:"why"`
	// Protected reports that protect keeps it from being deleted.
	Protected bool `json:"protected,omitempty"`
	// Rows, Bytes and SHA256 describe what is there as the ledger knows it.
	Rows   int64  `json:"rows,omitempty"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Key is that of the ledger that holds the slice.
func (o *Orphan) Key() ledger.Key { return ledger.Key{Tenant: o.Tenant, Report: o.Report} }

// Deletion is an orphan that the plan deletes.
type Deletion struct {
	Orphan
	// Hazards are what has to be allowed for it; empty for nothing.
	Hazards []HazardKind `json:"hazards,omitempty"`
}

// orphans collects what the ledger has and nothing wants.
func (s *subtraction) orphans() {
	if Foreign(s.ledger, s.want.Keepers) {
		return
	}
	unasked := map[string]bool{} // outputs of which everything is left alone
	for _, o := range s.want.Outputs {
		if o.Unasked {
			unasked[o.Output] = true
		}
	}
	if s.held != len(s.wanted) { // mostly everything is wanted, each entry by one slice
		s.unwanted(unasked)
	}
	for i := range s.ledger.Left {
		left := &s.ledger.Left[i]
		if unasked[left.Output] || left.Relocated && s.moving[slotOf(left.Output, left.From, left.To)] {
			continue
		}
		found := leftover(s.ledger, left)
		if s.want.Window.Expired(window.Slice{From: left.From, To: left.To}, s.now) {
			found.Why = "expired"
		}
		s.orphan(found)
	}
	if s.want.Protect != s.ledger.Protected && s.held+len(s.ledger.Left) > 0 {
		s.part.Protections = append(s.part.Protections, Protection{s.want.Tenant, s.want.Report, s.want.Protect})
	}
}

func (s *subtraction) unwanted(unasked map[string]bool) {
	wanted := make(map[*ledger.Held]bool, len(s.wanted))
	for _, h := range s.wanted {
		wanted[h] = true
	}
	outputs := map[string]bool{}
	for _, o := range s.want.Outputs {
		outputs[o.Output] = true
	}
	for h := range s.ledger.Held() {
		if wanted[h] || unasked[h.Output] || s.replaced[spot{h.Output, h.Place}] {
			continue
		}
		why := "slice"
		switch {
		case !outputs[h.Output]:
			why = "output"
		case s.want.Window.Expired(window.Slice{From: h.From, To: h.To}, s.now):
			why = "expired"
		case h.From.After(s.now): // the clock was put back, or is another machine's
			continue
		}
		s.orphan(orphan(s.ledger, h, why))
	}
}

// orphan says what becomes of an orphan: what has expired is deleted by every
// plan, everything else by one that prunes.
func (s *subtraction) orphan(o Orphan) {
	o.Protected = s.want.Protect
	if o.Protected || o.Why != "expired" && !s.want.Prune {
		s.part.Orphans = append(s.part.Orphans, o)
		return
	}
	d := Deletion{Orphan: o}
	if s.want.irrecoverable(&o, s.ledger, s.now) {
		d.Hazards = []HazardKind{DeletesIrrecoverable}
	}
	s.part.Deletions = append(s.part.Deletions, d)
}

// irrecoverable reports whether nobody has agreed to the deletion of what has
// expired, or whether the service has no longer what else is deleted.
func (w *Want) irrecoverable(o *Orphan, l *ledger.Ledger, now time.Time) bool {
	if o.Why == "expired" {
		return !w.Terms().agreed(l)
	}
	return Gone(w.Snapshot, w.Retention, window.Slice{From: o.From, To: o.To}, now)
}

// Gone reports whether a service that keeps events for a retention, nil for ever,
// cannot give what it gave of a slice again. A snapshot shows a moment.
func Gone(snapshot bool, retention *calendar.Duration, s window.Slice, now time.Time) bool {
	if snapshot {
		return !s.Contains(now)
	}
	return retention != nil && !now.Before(config.ForgottenAt(*retention, s.From))
}

// Foreign reports whether a ledger is kept by another configuration than the one
// of keepers, its identities. Nothing in it is an orphan of this one. A ledger of
// an earlier version names nobody and is nobody else's.
func Foreign(l *ledger.Ledger, keepers []string) bool {
	return l.Keeper != "" && !slices.Contains(keepers, l.Keeper)
}

// Abandoned returns everything in a ledger as orphans, for a tenant or a
// report that is no longer declared; why is "tenant" or "report". What the ledger
// says to be protected stays so.
func Abandoned(l *ledger.Ledger, why string) []Orphan {
	var orphans []Orphan
	for h := range l.Held() {
		orphans = append(orphans, orphan(l, h, why))
	}
	for i := range l.Left {
		orphans = append(orphans, leftover(l, &l.Left[i]))
	}
	for i := range orphans {
		orphans[i].Why, orphans[i].Protected = why, l.Protected
	}
	return orphans
}

func orphan(l *ledger.Ledger, h *ledger.Held, why string) Orphan {
	return Orphan{
		Tenant: l.Tenant, Report: l.Report, Output: h.Output,
		From: h.From, To: h.To, Place: h.Place, Why: why, Rows: h.Rows, Bytes: h.Bytes, SHA256: h.Proof().SHA256,
	}
}

func leftover(l *ledger.Ledger, left *ledger.Left) Orphan {
	return Orphan{
		Tenant: l.Tenant, Report: l.Report, Output: left.Output,
		From: left.From, To: left.To, Place: left.Place, Why: "path", Rows: left.Rows, Bytes: left.Bytes, SHA256: left.SHA256,
	}
}
