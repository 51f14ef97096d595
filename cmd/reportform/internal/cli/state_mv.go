package cli

import (
	"context"
	"slices"

	"github.com/reportform/reportform/cmd/reportform/internal/args"
	"github.com/reportform/reportform/cmd/reportform/internal/view/ledgers"
	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/internal/address"
)

func (a *App) stateMv(ctx context.Context, o *args.StateMv) int {
	v := ledgers.NewHuman(a.human())
	s, code := a.open(v, o.Vars)
	defer s.Close()
	if code != ok {
		return code
	}
	m, err := s.Archive().PlanMove(ctx, o.Source, o.Destination)
	if err != nil {
		return failIn(ctx, v, s, "Nothing was moved", err)
	}
	if !o.DryRun {
		if err := s.Archive().Move(ctx, o.Source, o.Destination, m); err != nil {
			return failIn(ctx, v, s, "Not everything was moved", err)
		}
	}
	v.Moved(o.Source, o.Destination, m, o.DryRun)
	switch c := s.Config(); {
	case !declares(c, o.Destination):
		v.Note(o.Destination + " is not declared: until it is, a plan shows what it holds as orphans. Rename the block too.")
	case declares(c, o.Source):
		v.Note(o.Source + " is still declared: a plan fetches its slices anew. Rename the block too.")
	}
	return ok
}

// declares reports whether a configuration has something with an address, or
// an instance of the block with it.
func declares(c *config.Config, given string) bool {
	block := address.Address(given)
	return slices.ContainsFunc(c.Tenants, func(t *config.Tenant) bool { return t.Address.Within(block) }) ||
		slices.ContainsFunc(c.Reports, func(r *config.Report) bool { return r.Address.Within(block) }) ||
		slices.ContainsFunc(c.Outputs, func(o *config.Output) bool { return o.Address.Within(block) })
}
