package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"

	"github.com/reportform/reportform/cmd/reportform/internal/args"
	"github.com/reportform/reportform/cmd/reportform/internal/view/plans"
	"github.com/reportform/reportform/engine"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/internal/diag"
)

// planView is what plan has to tell.
type planView interface {
	diagnoser
	Plan(p *plan.Plan)
	PlanSaved(path, approval string)
}

func (a *App) plan(ctx context.Context, o *args.Plan) int {
	var v planView = plans.NewHuman(a.human())
	if o.JSON {
		v = plans.NewJSON(a.json())
	}
	s, code := a.open(v, o.Vars)
	defer s.Close()
	if code != ok {
		return code
	}
	p, err := s.Plan(ctx, planOptions(o.Selection, o.Deleting))
	if err != nil {
		return failIn(ctx, v, s, "Planning failed", err)
	}
	v.Plan(p)
	strangers(v, s)
	if o.Out != "" {
		var data bytes.Buffer
		if err := plan.Write(&data, p); err != nil {
			return failWith(v, "The plan was not saved", err)
		}
		if err := replaceFile(o.Out, data.Bytes(), 0o644); err != nil {
			return fail(v, "The plan was not saved", fmt.Sprintf("%s cannot be written: %v.", o.Out, diag.Reason(err)))
		}
		v.PlanSaved(o.Out, plan.Approval(p))
	}
	return worst(found(o.DetailedExitCode && !p.Empty()), lacking(len(p.Damaged) > 0))
}

func planOptions(s args.Selection, d args.Deleting) engine.PlanOptions {
	return engine.PlanOptions{
		Targets: s.Targets, Excludes: s.Excludes, Tenants: s.Tenants, TrustLedgers: s.TrustLedgers,
		Prune: d.Prune, Allow: hazards(d.Allow),
	}
}

// hazards are those of these names.
func hazards(names []string) (kinds []plan.HazardKind) {
	for _, name := range names {
		kinds = append(kinds, plan.HazardKind(name))
	}
	return kinds
}

// readPlan reads a saved plan.
func readPlan(path string) (*plan.Plan, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the plan %s cannot be opened: %w. Plans are saved with:\n  reportform plan -out=%s", path, diag.Reason(err), path)
	}
	defer f.Close()
	p, err := plan.Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}
