package cli

import (
	"context"

	"github.com/reportform/reportform/cmd/reportform/internal/args"
	"github.com/reportform/reportform/cmd/reportform/internal/view/archive"
	"github.com/reportform/reportform/engine"
	"github.com/reportform/reportform/engine/plan"
)

// coverageView is what coverage has to tell.
type coverageView interface {
	diagnoser
	// Coverage shows the coverage, and how many of its parts hold less than a
	// percentage, which is 0 for none.
	Coverage(c *engine.Coverage, least float64, below int)
}

func (a *App) coverage(ctx context.Context, o *args.Coverage) int {
	var v coverageView = archive.NewHuman(a.human())
	if o.JSON {
		v = archive.NewJSON(a.json())
	}
	s, code := a.open(v, o.Vars)
	defer s.Close()
	if code != ok {
		return code
	}
	c, err := s.Coverage(ctx, planOptions(o.Selection, args.Deleting{}))
	if err != nil {
		return failIn(ctx, v, s, "The coverage cannot be told", err)
	}
	below := 0
	for i := range c.Parts {
		if c.Parts[i].Slices.Percent() < o.Min {
			below++
		}
	}
	if c.Slices() == (plan.Tally{}) && o.Min > 0 {
		below = len(c.Parts) // there is nothing that could be enough
	}
	v.Coverage(c, o.Min, below)
	strangers(v, s)
	return worst(found(below > 0), damaged(v, c.Damaged))
}
