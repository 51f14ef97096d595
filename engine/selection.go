package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/reportform/reportform/config"
)

// Selection says what is planned, and how closely.
type Selection struct {
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
}

// everything reports whether the selection narrows nothing.
func (s *Selection) everything() bool {
	return len(s.Targets) == 0 && len(s.Excludes) == 0 && len(s.Tenants) == 0
}

// tenant reports whether -tenant keeps a tenant.
func (s *Selection) tenant(t *config.Tenant) bool {
	return len(s.Tenants) == 0 || slices.Contains(s.Tenants, t.Name)
}

// output reports whether -target and -exclude keep an output of a report for a
// tenant.
func (s *Selection) output(t *config.Tenant, r *config.Report, o *config.Output) bool {
	named := func(address string) bool {
		for _, a := range []config.Address{t.Address, r.Address, r.Window.Address, o.Address} {
			if string(a) == address || baseAddress(string(a)) == address {
				return true
			}
		}
		return false
	}
	return (len(s.Targets) == 0 || slices.ContainsFunc(s.Targets, named)) && !slices.ContainsFunc(s.Excludes, named)
}

// check returns an error that names the addresses and tenants that the
// configuration does not have.
func (s *Selection) check(c *config.Config) error {
	addresses, names := map[string]bool{}, map[string]bool{}
	add := func(a config.Address) {
		addresses[string(a)] = true
		addresses[baseAddress(string(a))] = true
	}
	for _, t := range c.Tenants {
		add(t.Address)
		names[t.Name] = true
	}
	for _, w := range c.Windows {
		add(w.Address)
	}
	for _, o := range c.Outputs {
		add(o.Address)
	}
	for _, r := range c.Reports {
		add(r.Address)
	}
	var unknown []string
	for _, a := range slices.Concat(s.Targets, s.Excludes) {
		if !addresses[a] {
			unknown = append(unknown, a)
		}
	}
	if len(unknown) > 0 {
		return fmt.Errorf("nothing has the address %s: -target and -exclude take the address of a tenant, a report, a window or an output, such as tenant.contoso or report.sign_ins.failed", strings.Join(unknown, ", "))
	}
	for _, name := range s.Tenants {
		if !names[name] {
			return fmt.Errorf("there is no tenant of the name %q: -tenant takes a tenant's name, not its address", name)
		}
	}
	return nil
}
