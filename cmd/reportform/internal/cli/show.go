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
	ledgers, code := readLedgers(ctx, v, s, func(ledger.Key) bool { return true })
	v.Ledgers(ledgers)
	return code
}

// readLedgers reads the ledgers that want selects, in order of report and
// tenant. One that cannot be read is told and left out.
func readLedgers(ctx context.Context, v diagnoser, s Session, want func(ledger.Key) bool) (list []*ledger.Ledger, code int) {
	keys, err := s.Ledgers(ctx)
	if err != nil {
		return nil, failIn(ctx, v, s, "State not readable", err)
	}
	for _, key := range keys {
		if !want(key) {
			continue
		}
		l, err := s.Ledger(ctx, key)
		if err != nil {
			code = failIn(ctx, v, s, "Ledger not readable", err)
			if ctx.Err() != nil {
				return list, code
			}
			continue
		}
		if l != nil {
			list = append(list, l)
		}
	}
	return list, code
}
