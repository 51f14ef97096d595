package args

import "strings"

// Ledgers are the arguments that select ledgers of the state.
type Ledgers struct {
	// Address is that of a report or of a tenant, or of a block with for_each
	// without the key; empty for all ledgers.
	Address string
	// TenantAddress narrows a report to one tenant; may be empty.
	TenantAddress string
	Tenants       []string // names of tenants to keep; empty for all
}

func (l *Ledgers) flags(f *flags) {
	f.texts(&l.Tenants, "tenant", "NAME", "Only the tenant of this name.")
}

func (l *Ledgers) operands(rest []string) error {
	switch len(rest) {
	case 0:
	case 1:
		l.Address = rest[0]
		if i := strings.LastIndex(rest[0], " tenant."); i > 0 { // a line of state list
			l.Address, l.TenantAddress = rest[0][:i], rest[0][i+1:]
		}
	case 2:
		l.Address, l.TenantAddress = rest[0], rest[1]
	default:
		return mistakef("An address is a report, or a report and a tenant, so %q has no place here.", rest[2])
	}
	return nil
}

// required is operands for commands that do not take all ledgers unasked.
func (l *Ledgers) required(rest []string) error {
	if len(rest) == 0 {
		return mistake("An address is missing, such as report.sign_ins.failed. The command state list prints all of them.")
	}
	return l.operands(rest)
}
