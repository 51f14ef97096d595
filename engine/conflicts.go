package engine

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/internal/address"
	"github.com/reportform/reportform/internal/place"
)

// conflicts says which wanted slices lead to one path, and which pulls to one file
// under two names. It returns those that would on another system. The first wants
// are to be planned, the others are there.
func (e *Engine) conflicts(wants []plan.Want, parts []plan.Part, planned int, pulls []plan.Pull) ([]plan.Conflict, error) {
	const most = 3
	conflicts, more, names, err := plan.Conflicts(wants, parts, planned, most)
	if err != nil {
		return nil, err
	}
	diags := e.toOnePath(conflicts, more)
	ours, elsewhere := e.alike(names, pulls)
	return elsewhere, asError(append(diags, e.toOneFile(ours, most)...))
}

// asError is diagnostics as an error, nil for none.
func asError(diags hcl.Diagnostics) error {
	if len(diags) == 0 {
		return nil
	}
	return diags
}

func (e *Engine) toOnePath(conflicts []plan.Conflict, more int) (diags hcl.Diagnostics) {
	for _, c := range conflicts {
		first, second := e.config.Output(address.Address(c.First.Output)), e.config.Output(address.Address(c.Second.Output))
		diags = append(diags, &hcl.Diagnostic{
			Severity: hcl.DiagError,
			Summary:  "Two pulls lead to one path",
			Detail: fmt.Sprintf("%s would be written by %s (declared at %s) for %s, and by %s for %s. Make the path distinct, with ${pull.tenant.name}, ${pull.report.name} or ${pull.window.label}.",
				c.First.Place, c.First.Output, first.Range, describe(c.First), c.Second.Output, describe(c.Second)),
			Subject: second.Range.Ptr(),
		})
	}
	if more > 0 {
		diags[len(diags)-1].Detail += fmt.Sprintf(" And %d more like these.", more)
	}
	return diags
}

// alike divides places under two names, one of which a pull is to write to, by
// whether they are one where they are.
func (e *Engine) alike(names []plan.Conflict, pulls []plan.Pull) (ours, elsewhere []plan.Conflict) {
	if len(names) == 0 {
		return nil, nil
	}
	written := make(map[place.Place]bool, 2*len(names))
	for _, c := range names {
		written[c.First.Place], written[c.Second.Place] = false, false
	}
	for i := range pulls {
		for _, o := range pulls[i].Outputs {
			if _, asked := written[o.Place]; asked {
				written[o.Place] = true
			}
		}
	}
	at := e.archive.Names()
	for _, c := range names {
		switch {
		case !written[c.First.Place] && !written[c.Second.Place]: // what is held is never refused
		case at.Alike(c.Second.Output, c.First.Place, c.Second.Place):
			ours = append(ours, c)
		default:
			elsewhere = append(elsewhere, c)
		}
	}
	return ours, elsewhere
}

func (e *Engine) toOneFile(conflicts []plan.Conflict, most int) (diags hcl.Diagnostics) {
	for i, c := range conflicts {
		if i == most {
			diags[i-1].Detail += fmt.Sprintf(" And %d more like these.", len(conflicts)-most)
			break
		}
		diags = append(diags, &hcl.Diagnostic{
			Severity: hcl.DiagError,
			Summary:  "Two pulls lead to one place",
			Detail: fmt.Sprintf("%s and %s are two names of one place here. The first would be written by %s for %s, the second by %s for %s. Make the paths differ in more than that, with ${pull.tenant.id}, or by other names.",
				c.First.Place, c.Second.Place, c.First.Output, describe(c.First), c.Second.Output, describe(c.Second)),
			Subject: e.config.Output(address.Address(c.Second.Output)).Range.Ptr(),
		})
	}
	return diags
}

// fit holds that this system can have the places that pulls write to. It returns
// a warning for each output with places that another system cannot have, or takes
// for one.
func (e *Engine) fit(pulls []plan.Pull, twins []plan.Conflict) ([]plan.Warning, error) {
	const most = 3
	var diags hcl.Diagnostics
	var warnings []plan.Warning
	warned := map[string]int{} // by output: how many places
	warn := func(output string, text func() string) {
		if warned[output]++; warned[output] == 1 {
			warnings = append(warnings, plan.Warning{Output: output, Text: text()})
		}
	}
	for _, c := range twins {
		warn(c.Second.Output, func() string {
			return fmt.Sprintf("%s and %s are two files here, but one where names are not told apart, as on macOS and Windows: there each would replace the other.", c.First.Place, c.Second.Place)
		})
	}
	names, unfit := e.archive.Names(), 0
	for i := range pulls {
		for _, o := range pulls[i].Outputs {
			here, elsewhere := names.Fits(o.Output, o.Place)
			if elsewhere != "" {
				warn(o.Output, func() string { return fmt.Sprintf("%s %s. Here it is written as it is.", o.Place, elsewhere) })
			}
			if here == "" {
				continue
			}
			if unfit++; unfit > most {
				continue
			}
			diags = append(diags, &hcl.Diagnostic{
				Severity: hcl.DiagError,
				Summary:  "Path not possible",
				Detail:   fmt.Sprintf("%s, for %s of %s, %s, %s. Choose another path, or other names for what it is made of.", o.Place, pulls[i].Report, pulls[i].Tenant, pulls[i].Label, here),
				Subject:  e.config.Output(address.Address(o.Output)).Range.Ptr(),
			})
		}
	}
	if unfit > most {
		diags[most-1].Detail += fmt.Sprintf(" And %d more like these.", unfit-most)
	}
	for i := range warnings {
		if n := warned[warnings[i].Output] - 1; n > 0 {
			warnings[i].Text += fmt.Sprintf(" And %d more like this one.", n)
		}
	}
	return warnings, asError(diags)
}

func describe(d plan.Destination) string {
	return fmt.Sprintf("%s of %s, %s", d.Report, d.Tenant, d.Label)
}
