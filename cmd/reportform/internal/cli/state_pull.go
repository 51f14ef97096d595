package cli

import (
	"context"
	"slices"

	"github.com/reportform/reportform/cmd/reportform/internal/args"
	"github.com/reportform/reportform/cmd/reportform/internal/view/ledgers"
	"github.com/reportform/reportform/engine/ledger"
)

func (a *App) statePull(ctx context.Context, o *args.StatePull) int {
	v := ledgers.NewHuman(a.human())
	s, code := a.open(v, o.Vars)
	defer s.Close()
	if code != ok {
		return code
	}
	keys, err := s.Archive().Keys(ctx)
	if err != nil {
		return failIn(ctx, v, s, "State not readable", err)
	}
	key := ledger.Key{Tenant: o.TenantAddress, Report: o.Address}
	if !slices.Contains(keys, key) {
		return fail(v, "No such ledger", noLedger(&o.Ledgers))
	}
	l, err := s.Archive().Ledger(ctx, key)
	if err != nil {
		return failIn(ctx, v, s, "Ledger not readable", err)
	}
	v.Document(l.Document())
	return ok
}
