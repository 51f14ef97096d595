package args

import (
	"strings"
)

// StateList is the arguments of state list.
type StateList struct {
	none
	Vars
}

func (o *StateList) flags(f *flags) { o.Vars.flags(f) }

func stateListCommand() Command {
	return Command{
		Name:    "state list",
		Summary: "List the addresses of the ledgers",
		Usage:   "[options]",
		Text:    `Prints the address of every ledger, one a line: the report's address, a space and the tenant's.`,
		Examples: []Example{
			{"state list", "every ledger of the state backend"},
		},
		options: func() Options { return &StateList{} },
	}
}

// StateShow is the arguments of state show.
type StateShow struct {
	Vars
	// Address is that of a report or of a tenant, or of a block with for_each
	// without the key.
	Address string
	// TenantAddress narrows a report to one tenant; may be empty.
	TenantAddress string
	Tenants       []string // names of tenants to keep; empty for all
}

func (o *StateShow) flags(f *flags) {
	f.texts(&o.Tenants, "tenant", "NAME", "Only the tenant of this name.")
	o.Vars.flags(f)
}

func (o *StateShow) operands(rest []string) error {
	switch len(rest) {
	case 0:
		return mistake("An address is missing, such as report.sign_ins.failed. The command state list prints all of them.")
	case 1:
		o.Address = rest[0]
		if i := strings.LastIndex(rest[0], " tenant."); i > 0 { // a line of state list
			o.Address, o.TenantAddress = rest[0][:i], rest[0][i+1:]
		}
	case 2:
		o.Address, o.TenantAddress = rest[0], rest[1]
	default:
		return mistakef("An address is a report, or a report and a tenant, so %q has no place here.", rest[2])
	}
	return nil
}

func stateShowCommand() Command {
	return Command{
		Name:    "state show",
		Summary: "Show every held slice of a report",
		Usage:   "[options] ADDRESS [TENANT]",
		Text:    `For each held slice and output: the file, its rows, bytes and SHA-256, how many pages it came from, when it was fetched and whether the slice was final. ADDRESS is a report's or a tenant's; a line that state list printed works too.`,
		Examples: []Example{
			{"state show report.sign_ins.failed", "all tenants"},
			{"state show report.sign_ins.failed -tenant=contoso", "one tenant"},
			{"state show tenant.contoso", "all reports of one tenant"},
		},
		options: func() Options { return &StateShow{} },
	}
}
