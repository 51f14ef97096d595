package cli

import (
	"context"
	"iter"

	"github.com/reportform/reportform/cmd/reportform/internal/args"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
)

// showView is what show has to tell.
type showView interface {
	diagnoser
	Plan(p *plan.Plan)
	// Ledgers shows ledgers in order of report and tenant, of which there may be
	// more than fit into memory.
	Ledgers(list iter.Seq[*ledger.Ledger])
	NothingHeld()
}

func (a *App) show(ctx context.Context, o *args.Show) int {
	var v showView = a.human()
	if o.JSON {
		v = a.json()
	}
	if o.File != "" {
		p, err := readPlan(o.File)
		if err != nil {
			return failWith(v, "No plan to show", err)
		}
		v.Plan(p)
		return ok
	}
	s, diags := a.load(o.Vars)
	defer s.Close()
	v.Diagnostics(diags, s.Files())
	if diags.HasErrors() {
		return failed
	}
	keys, err := s.Ledgers(ctx)
	if err != nil {
		return failIn(ctx, v, s, "State not readable", err)
	}
	if len(keys) == 0 {
		v.NothingHeld()
	}
	code := ok
	v.Ledgers(func(yield func(*ledger.Ledger) bool) {
		code = readLedgers(ctx, v, s, keys, func(l *ledger.Ledger) { yield(l) })
	})
	return code
}
