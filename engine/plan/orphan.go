package plan

import (
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/window"
)

// orphans collects what the ledger has and nothing wants.
func (s *subtraction) orphans() {
	declared := map[string]bool{} // outputs of which everything is left alone
	for _, o := range s.want.Outputs {
		if o.Declared {
			declared[o.Output] = true
		}
	}
	if s.held != len(s.wanted) { // mostly everything is wanted, each entry by one slice
		s.unwanted(declared)
	}
	for _, left := range leftovers(s.ledger) {
		if !declared[left.Output] {
			s.part.Orphans = append(s.part.Orphans, left)
		}
	}
}

func (s *subtraction) unwanted(declared map[string]bool) {
	wanted := make(map[*ledger.Held]bool, len(s.wanted))
	for _, h := range s.wanted {
		wanted[h] = true
	}
	outputs := map[string]bool{}
	for _, o := range s.want.Outputs {
		outputs[o.Output] = true
	}
	for h := range s.ledger.Held() {
		if wanted[h] || declared[h.Output] || s.replaced[place{h.Output, h.Path}] {
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

// Abandoned returns everything in a ledger as orphans, for a tenant or a
// report that is no longer declared; why is "tenant" or "report".
func Abandoned(l *ledger.Ledger, why string) []Orphan {
	var orphans []Orphan
	for h := range l.Held() {
		orphans = append(orphans, orphan(l, h, why))
	}
	return append(orphans, leftovers(l)...)
}

func orphan(l *ledger.Ledger, h *ledger.Held, why string) Orphan {
	return Orphan{
		Tenant: l.Tenant, Report: l.Report, Output: h.Output,
		From: h.From, To: h.To, Path: h.Path, Why: why, Bytes: h.Bytes, SHA256: h.Proof().SHA256,
	}
}

func leftovers(l *ledger.Ledger) []Orphan {
	var orphans []Orphan
	for _, left := range l.Left {
		orphans = append(orphans, Orphan{
			Tenant: l.Tenant, Report: l.Report, Output: left.Output,
			From: left.From, To: left.To, Path: left.Path, Why: "path", Bytes: left.Bytes, SHA256: left.SHA256,
		})
	}
	return orphans
}
