package cli

import (
	"context"
	"iter"

	"github.com/reportform/reportform/cmd/reportform/internal/args"
	"github.com/reportform/reportform/cmd/reportform/internal/view/ledgers"
	"github.com/reportform/reportform/cmd/reportform/internal/view/plans"
	"github.com/reportform/reportform/engine/ledger"
)

// showView is what show has to tell of ledgers.
type showView interface {
	diagnoser
	// Ledgers shows ledgers in order of report and tenant, of which there may be
	// more than fit into memory.
	Ledgers(list iter.Seq[*ledger.Ledger])
	NothingHeld()
}

func (a *App) show(ctx context.Context, o *args.Show) int {
	if o.File != "" {
		return a.showPlan(o)
	}
	var v showView = ledgers.NewHuman(a.human())
	if o.JSON {
		v = ledgers.NewJSON(a.json())
	}
	s, code := a.open(v, o.Vars)
	defer s.Close()
	if code != ok {
		return code
	}
	keys, err := s.Archive().Keys(ctx)
	if err != nil {
		return failIn(ctx, v, s, "State not readable", err)
	}
	strangers(v, s)
	if len(keys) == 0 {
		v.NothingHeld()
	}
	v.Ledgers(func(yield func(*ledger.Ledger) bool) {
		code = readLedgers(ctx, v, s, keys, func(l *ledger.Ledger) { yield(l) })
	})
	return code
}

// showPlan shows a saved plan.
func (a *App) showPlan(o *args.Show) int {
	var v planView = plans.NewHuman(a.human())
	if o.JSON {
		v = plans.NewJSON(a.json())
	}
	p, err := readPlan(o.File)
	if err != nil {
		return failWith(v, "No plan to show", err)
	}
	v.Plan(p)
	return ok
}
