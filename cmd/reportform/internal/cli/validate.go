package cli

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/cmd/reportform/internal/args"
)

// validateView is what validate has to tell.
type validateView interface {
	diagnoser
	Validated(diags hcl.Diagnostics)
}

func (a *App) validate(o *args.Validate) int {
	var v validateView = a.human()
	if o.JSON {
		v = a.json()
	}
	s, diags := a.load(o.Vars)
	defer s.Close()
	v.Diagnostics(diags, s.Files())
	v.Validated(diags)
	if diags.HasErrors() {
		return failed
	}
	return ok
}
