package cli

import (
	"context"

	"github.com/reportform/reportform/cmd/reportform/internal/args"
	"github.com/reportform/reportform/cmd/reportform/internal/view/ledgers"
	"github.com/reportform/reportform/engine/ledger"
)

func (a *App) stateRm(ctx context.Context, o *args.StateRm) int {
	v := ledgers.NewHuman(a.human())
	s, code := a.open(v, o.Vars)
	defer s.Close()
	if code != ok {
		return code
	}
	askFirst := !o.AutoApprove && !o.DryRun
	if askFirst && (!a.Streams.InTerminal || !a.Streams.Err.Terminal) {
		return fail(v, "Nobody can be asked", "The command asks before it forgets anything, and that needs a terminal. "+
			"Give -dry-run to see what would be forgotten, and -auto-approve to forget it without being asked.")
	}
	keys, code := a.selectLedgers(ctx, v, s, &o.Ledgers)
	if code != ok {
		return code
	}
	// A ledger that cannot be read is a reason to remove it, not to keep it.
	var list []ledgers.Extent
	if readLedgers(ctx, v, s, keys, func(l *ledger.Ledger) { list = append(list, ledgers.ExtentOf(l)) }); ctx.Err() != nil {
		return interrupted(ctx)
	}
	v.Forgetting(list, len(keys)-len(list))
	if o.DryRun {
		v.Note("Nothing was forgotten: -dry-run is given.")
		return ok
	}
	if askFirst {
		v.Ask("Do you want to forget what these ledgers hold?")
		if a.answer(ctx) != "yes" {
			v.Cancelled("Forgetting")
			return declined(ctx)
		}
	}
	if err := s.Archive().Forget(ctx, keys); err != nil {
		return failIn(ctx, v, s, "Not everything was forgotten", err)
	}
	v.Forgotten(len(keys))
	return ok
}
