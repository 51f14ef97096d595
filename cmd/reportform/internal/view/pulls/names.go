package pulls

import (
	"strings"

	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/internal/address"
	"github.com/reportform/reportform/internal/term"
)

// pullName names a pull by addresses, as they are typed after -target.
func pullName(p *plan.Pull) string { return p.Tenant + " " + p.Report + " " + p.Label }

// shortName names a pull on a line of progress.
func shortName(p *plan.Pull) string {
	return tenantName(p) + " " + address.Address(p.Report).WithoutKind() + " " + p.Label
}

// shortNameIn is shortName, cleaned, in so many columns: the name of the
// tenant's block gives way first, then the middle of names. The slice stays.
func shortNameIn(p *plan.Pull, width int) string {
	parts := []string{term.Clean(tenantName(p)), term.Clean(address.Address(p.Report).WithoutKind()), term.Clean(p.Label)}
	over := func() int { return term.Width(strings.Join(parts, " ")) - width }
	if key, ok := address.Address(p.Tenant).Key(); ok && over() > 0 {
		parts[0] = term.Clean(key)
	}
	for _, step := range []struct{ part, least int }{{0, 16}, {1, 6}, {0, 5}} {
		part := &parts[step.part]
		if n := over(); n > 0 {
			room := max(term.Width(*part)-n, step.least)
			*part = term.Middle(*part, room, room/2)
		}
	}
	name := strings.Join(parts, " ")
	if n := over(); n > 0 {
		return term.Skip(name, n)
	}
	return name
}

func tenantName(p *plan.Pull) string { return address.Address(p.Tenant).WithoutKind() }
