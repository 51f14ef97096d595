package plan

import (
	"slices"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/window"
)

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
		s.part.Orphans = append(s.part.Orphans, leftover(s.ledger, left))
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
		s.part.Orphans = append(s.part.Orphans, orphan(s.ledger, h, why))
	}
}

// Foreign reports whether a ledger is kept by another configuration than the one
// of keepers, its identities. Nothing in it is an orphan of this one. A ledger of
// an earlier version names nobody and is nobody else's.
func Foreign(l *ledger.Ledger, keepers []string) bool {
	return l.Keeper != "" && !slices.Contains(keepers, l.Keeper)
}

// Abandoned returns everything in a ledger as orphans, for a tenant or a
// report that is no longer declared; why is "tenant" or "report".
func Abandoned(l *ledger.Ledger, why string) []Orphan {
	var orphans []Orphan
	for h := range l.Held() {
		orphans = append(orphans, orphan(l, h, why))
	}
	for i := range l.Left {
		orphans = append(orphans, leftover(l, &l.Left[i]))
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
