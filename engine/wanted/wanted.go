// Package wanted says what a configuration wants: of every report and tenant the
// slices, and where each output is to keep them, under which definition. It reads
// no state and contacts nobody.
package wanted

import (
	"context"
	"errors"
	"slices"
	"sort"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/engine/window"
	"github.com/reportform/reportform/internal/address"
	"github.com/reportform/reportform/internal/diag"
	"github.com/reportform/reportform/internal/place"
	"github.com/reportform/reportform/outputs"
)

// Wanted is what a configuration wants. It is safe for concurrent use.
type Wanted struct {
	Config  *config.Config
	Outputs map[address.Address]outputs.Output
	// Keepers are the identities of the configuration, see the function. The
	// first is recorded in what it keeps.
	Keepers []string
	// App is the application that asks for a tenant.
	App func(*config.Tenant) string
	// Limits are those that requests of a tenant's reports of a type count against.
	Limits func(*config.Tenant, *config.ReportType) plan.Limits
}

// Keepers identify a configuration in the ledgers that it keeps, see
// ledger.Ledger: by its name, if it has one, and by its absolute directory.
func Keepers(name, dir string) []string {
	keepers := []string{digestOf([]string{"directory", dir})}
	if name != "" {
		keepers = append([]string{digestOf([]string{"name", name})}, keepers...)
	}
	return keepers
}

// Check resolves every output of every report for every tenant, so that
// what is wrong with one of them shows before anything is planned.
func (w *Wanted) Check() hcl.Diagnostics {
	var mistakes []error
	for _, report := range w.Config.Reports {
		sample := window.New(report.Window).Sample()
		for _, output := range report.Outputs {
			for _, tenant := range report.Tenants {
				if _, diags := w.Outputs[output.Address].Resolve(Pull(tenant, report, &sample)); diags.HasErrors() {
					mistakes = append(mistakes, diags)
				}
			}
		}
	}
	var diags hcl.Diagnostics
	errors.As(diag.Gather(mistakes), &diags)
	return diags
}

// Wants returns what reports want of tenants, in order of report and tenant: those
// of which at least one output is asked for.
func (w *Wanted) Wants(now time.Time, asked func(*config.Tenant, *config.Report, *config.Output) bool) []plan.Want {
	most := 0
	for _, report := range w.Config.Reports {
		most += len(report.Tenants)
	}
	wants := make([]plan.Want, 0, most)
	named := map[address.Address][]window.Named{}
	for _, report := range w.Config.Reports {
		declared, define := window.New(report.Window), &definer{report: report}
		if _, ok := named[report.Window.Address]; !ok {
			named[report.Window.Address] = declared.Named(now)
		}
		for _, tenant := range report.Tenants {
			if !slices.ContainsFunc(report.Outputs, func(o *config.Output) bool { return asked(tenant, report, o) }) {
				continue
			}
			want := plan.Want{
				Tenant: string(tenant.Address), Report: string(report.Address), Type: report.Type.Name,
				Window: declared, Slices: since(tenant.Since, named[report.Window.Address]), Begins: begins(declared, tenant),
				Settle: report.Type.Settle, Retention: report.Type.Kept(tenant.Licence), Snapshot: report.Type.Snapshot(),
				PageSize: report.Type.PageSize, Limits: w.Limits(tenant, report.Type), Keepers: w.Keepers,
				Protect: report.Protected(),
			}
			for _, output := range report.Outputs {
				want.Outputs = append(want.Outputs, plan.WantOutput{
					Output: string(output.Address), Resolve: w.resolver(tenant, report, output, define), Key: keyer(w.Outputs[output.Address]),
					Relocates: relocates(w.Outputs[output.Address]), Unasked: !asked(tenant, report, output),
				})
			}
			wants = append(wants, want)
		}
	}
	return wants
}

// since leaves of slices, which are in order of time, those that end after a time.
func since(at time.Time, named []window.Named) []window.Named {
	if at.IsZero() {
		return named
	}
	first := sort.Search(len(named), func(i int) bool { return named[i].To.After(at) })
	return named[first:]
}

// begins returns when the first slice that is wanted of a tenant begins, or when
// the tenant does; zero for a trailing window that has begun for it.
func begins(w window.Window, tenant *config.Tenant) time.Time {
	if at := w.Begins(); at.After(tenant.Since) {
		return at
	}
	return tenant.Since
}

// resolver evaluates an output for slices of one tenant and report, whose
// definitions are define's. The function that it returns is used by one
// goroutine at a time.
func (w *Wanted) resolver(tenant *config.Tenant, report *config.Report, output *config.Output, define *definer) func(*window.Named) (plan.Target, error) {
	facts := pullFacts(tenant, report)
	o := w.Outputs[output.Address]
	// Targets of one output mostly share a definition.
	var known string
	var digests Definition
	return func(s *window.Named) (plan.Target, error) {
		facts.Window = outputs.PullWindow{From: s.From, To: s.To, Date: s.Date, Label: s.Label}
		target, diags := o.Resolve(facts)
		if diags.HasErrors() {
			return plan.Target{}, diags
		}
		if digests.Now == "" || target.Definition != known {
			known, digests = target.Definition, define.of(tenant, target.Definition)
		}
		return plan.Target{Place: target.Place, Definition: digests.Now, Earlier: digests.Earlier, Verbatim: target.Verbatim}, nil
	}
}

// keyer returns what tells whether two places of an output are one; nil for an
// output whose places have one name each.
func keyer(o outputs.Output) func(place.Place) place.Place {
	type keyed interface {
		// Key returns what stands for all the names of a place. It is pure, and the
		// same for all outputs that lead to places of this kind.
		Key(p place.Place) place.Place
	}
	if k, ok := o.(keyed); ok {
		return k.Key
	}
	return nil
}

// relocates reports whether an output can move what it has written.
func relocates(o outputs.Output) bool {
	_, ok := o.(interface {
		Relocate(ctx context.Context, r *outputs.Receipt, to place.Place) (outputs.Receipt, error)
	})
	return ok
}

// Undeclared returns a function that says what of a ledger's key is not
// declared, in the words of plan.Orphan; empty if it is.
func (w *Wanted) Undeclared() func(ledger.Key) string {
	declared := make(map[ledger.Key]bool)
	for _, report := range w.Config.Reports {
		for _, tenant := range report.Tenants {
			declared[ledger.Key{Tenant: string(tenant.Address), Report: string(report.Address)}] = true
		}
	}
	return func(key ledger.Key) string {
		switch {
		case declared[key]:
			return ""
		case w.Config.Tenant(address.Address(key.Tenant)) == nil:
			return "tenant"
		}
		return "report"
	}
}

// Pull is the pull object of the language for a slice of a tenant's report.
func Pull(tenant *config.Tenant, report *config.Report, s *window.Named) *outputs.Pull {
	pull := pullFacts(tenant, report)
	pull.Window = outputs.PullWindow{From: s.From, To: s.To, Date: s.Date, Label: s.Label}
	return pull
}

// pullFacts is the pull object of the language for pulls of a tenant's report,
// less the window.
func pullFacts(tenant *config.Tenant, report *config.Report) *outputs.Pull {
	return &outputs.Pull{
		Tenant:  outputs.PullTenant{Name: tenant.Name, ID: tenant.ID, Labels: tenant.Labels},
		Report:  outputs.PullReport{Name: report.Name, Type: report.Type.Name},
		Columns: report.Type.Columns,
	}
}

// Console reports whether an output of a report writes its events to standard
// output, so that everything else has to go elsewhere.
func (w *Wanted) Console() bool {
	for _, report := range w.Config.Reports {
		if len(report.Tenants) == 0 {
			continue
		}
		sample := window.New(report.Window).Sample()
		for _, output := range report.Outputs {
			target, _ := w.Outputs[output.Address].Resolve(Pull(report.Tenants[0], report, &sample))
			if target.Place == place.Console {
				return true
			}
		}
	}
	return false
}
