package plan

import (
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/internal/calendar"
)

// Terms say for how long a report's slices are held.
type Terms struct {
	Keep *calendar.Duration // after their end; nil for ever
	// Protect keeps them from being deleted by whatever else.
	Protect bool
}

// Terms are those of a Want.
func (w *Want) Terms() Terms { return Terms{w.Window.Keep(), w.Protect} }

// agreed reports whether slices may expire without a question: the keep is no
// shorter than the one under which a ledger's slices have expired before, or which
// was there before the first of them.
func (t Terms) agreed(l *ledger.Ledger) bool {
	if t.Keep == nil {
		return true
	}
	earlier, err := calendar.Parse(l.Expiry)
	return err == nil && t.Keep.Fixed() >= earlier.Fixed()
}

// Record notes the terms in a ledger, before something is held in it. A keep that
// is new or shorter is not noted: somebody has to allow it, see Agree.
func (t Terms) Record(l *ledger.Ledger) {
	l.Protected = t.Protect
	switch {
	case t.Keep == nil:
		l.Expiry = ""
	case t.agreed(l), l.Len() == 0 && len(l.Left) == 0:
		l.Expiry = t.Keep.String()
	}
}

// Agree notes in a ledger that slices may expire by the keep.
func (t Terms) Agree(l *ledger.Ledger) {
	if t.Keep != nil {
		l.Expiry = t.Keep.String()
	}
}

// Protection says that a ledger has to note whether what it holds is protected.
type Protection struct {
	Tenant    string `json:"tenant"`
	Report    string `json:"report"`
	Protected bool   `json:"protected"`
}

// Key is that of the ledger.
func (p *Protection) Key() ledger.Key { return ledger.Key{Tenant: p.Tenant, Report: p.Report} }
