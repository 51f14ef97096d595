package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/internal/address"
)

// PlanOptions says what is planned, and how closely.
type PlanOptions struct {
	// Targets keeps what has one of these addresses: a tenant, a report, an
	// output or a window, or a for_each block without its key. Empty keeps all.
	Targets []string
	// Excludes drops what has one of these addresses.
	Excludes []string
	// Tenants keeps the tenants of these names. Empty keeps all.
	Tenants []string
	// TrustLedgers plans as if every held file were as its ledger has it, and
	// looks at none but those that pulls would be made from.
	TrustLedgers bool
	// Prune plans the deletion of orphans.
	Prune bool
	// Allow are the hazards that whoever makes the plan allows.
	Allow []plan.HazardKind
	// Parallelism is that of the apply to come, for its time to finish; 0 for 10.
	Parallelism int
}

// everything reports whether the plan is narrowed by nothing.
func (o *PlanOptions) everything() bool {
	return len(o.Targets) == 0 && len(o.Excludes) == 0 && len(o.Tenants) == 0
}

// asks reports whether -tenant, -target and -exclude keep an output of a report
// for a tenant.
func (o *PlanOptions) asks(t *config.Tenant, r *config.Report, output *config.Output) bool {
	if len(o.Tenants) > 0 && !slices.Contains(o.Tenants, t.Name) {
		return false
	}
	named := func(given string) bool {
		return slices.ContainsFunc([]address.Address{t.Address, r.Address, r.Window.Address, output.Address}, func(a address.Address) bool {
			return a.Within(address.Address(given))
		})
	}
	return (len(o.Targets) == 0 || slices.ContainsFunc(o.Targets, named)) && !slices.ContainsFunc(o.Excludes, named)
}

// check returns an error that names the addresses and tenants that the
// configuration does not have.
func (o *PlanOptions) check(c *config.Config) error {
	addresses, names := map[string]bool{}, map[string]bool{}
	add := func(a address.Address) {
		addresses[string(a)] = true
		addresses[string(a.Base())] = true
	}
	for _, t := range c.Tenants {
		add(t.Address)
		names[t.Name] = true
	}
	for _, w := range c.Windows {
		add(w.Address)
	}
	for _, output := range c.Outputs {
		add(output.Address)
	}
	for _, r := range c.Reports {
		add(r.Address)
	}
	var unknown []string
	for _, a := range slices.Concat(o.Targets, o.Excludes) {
		if !addresses[a] {
			unknown = append(unknown, a)
		}
	}
	if len(unknown) > 0 {
		return fmt.Errorf("nothing has the address %s: -target and -exclude take the address of a tenant, a report, a window or an output, such as tenant.contoso or report.sign_ins.failed", strings.Join(unknown, ", "))
	}
	for _, name := range o.Tenants {
		if !names[name] {
			return fmt.Errorf("there is no tenant of the name %q: -tenant takes a tenant's name, not its address", name)
		}
	}
	return nil
}
