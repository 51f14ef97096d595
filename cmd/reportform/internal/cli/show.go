package cli

import (
	"context"

	"github.com/reportform/reportform/cmd/reportform/internal/args"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
)

// showView is what show has to tell.
type showView interface {
	diagnoser
	Plan(p *plan.Plan)
	Ledgers(list []*ledger.Ledger)
}

func (a *App) show(ctx context.Context, o *args.Show) int {
	var v showView = a.human()
	if o.JSON {
		v = a.json()
	}
	if o.File != "" {
		p, err := readPlan(o.File)
		if err != nil {
			return fail(v, "No plan to show", err.Error())
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
	var ledgers []*ledger.Ledger
	code := readLedgers(ctx, v, s, keys, func(l *ledger.Ledger) { ledgers = append(ledgers, l) })
	v.Ledgers(ledgers)
	return code
}
