package engine

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/wanted"
	"github.com/reportform/reportform/engine/window"
	"github.com/reportform/reportform/internal/address"
	"github.com/reportform/reportform/internal/diag"
	"github.com/reportform/reportform/outputs"
)

// checkFields holds the fields that the options of outputs name against those of
// the reports that use them. An output serves many reports: a field is right if one
// of them has it.
func (e *Engine) checkFields() hcl.Diagnostics {
	named := map[address.Address]*namedFields{}
	var order []*namedFields
	for _, report := range e.config.Reports {
		if report.Type == nil {
			continue
		}
		for _, o := range report.Outputs {
			naming, ok := e.outputs[o.Address].(outputs.Naming)
			if !ok {
				continue
			}
			f := named[o.Address]
			if f == nil {
				f = &namedFields{}
				named[o.Address], order = f, append(order, f)
			}
			f.add(report, naming)
		}
	}
	var diags hcl.Diagnostics
	for _, f := range order {
		diags = append(diags, f.check()...)
	}
	return diags
}

// namedFields are the fields that one output names, and the types of the reports
// that use it.
type namedFields struct {
	types []*config.ReportType
	names []outputs.Name
	last  *outputs.Name // the first of those that were added last
}

// add adds what an output names for a report: mostly the same for every pull.
func (f *namedFields) add(report *config.Report, naming outputs.Naming) {
	if !slices.ContainsFunc(f.types, func(t *config.ReportType) bool { return t.Name == report.Type.Name }) {
		f.types = append(f.types, report.Type)
	}
	if report.Window == nil || len(report.Tenants) == 0 {
		f.take(naming.Names(nil))
		return
	}
	sample := window.New(report.Window).Sample()
	for _, tenant := range report.Tenants {
		if !f.take(naming.Names(wanted.Pull(tenant, report, &sample))) {
			return
		}
	}
}

// take adds names, unless they are those that it took before.
func (f *namedFields) take(names []outputs.Name) bool {
	if len(names) == 0 || &names[0] == f.last {
		return false
	}
	f.last = &names[0]
	for _, n := range names {
		if !slices.Contains(f.names, n) {
			f.names = append(f.names, n)
		}
	}
	return true
}

// check says which of the names no report has.
func (f *namedFields) check() hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, n := range f.names {
		mistake, detail := false, ""
		for _, t := range f.types {
			wrong, text := t.CheckField(n.Path, ".")
			if text == "" {
				mistake, detail = false, ""
				break
			}
			// What can be mended is told before what cannot.
			suggests := strings.Contains(text, "Did you mean")
			if detail == "" || wrong && !mistake || suggests && !mistake && !strings.Contains(detail, "Did you mean") {
				mistake, detail = wrong, text
			}
		}
		switch {
		case mistake:
			diags = append(diags, diag.Mistake(n.Range, "Wrong case", "%s", detail))
		case detail != "":
			diags = append(diags, diag.Warning(n.Range, "Unknown field", "%s Where no event has it, nothing is written.", detail))
		}
	}
	return diags
}
