package args

// StateShow is the arguments of state show.
type StateShow struct {
	Ledgers
	Vars
}

func (o *StateShow) flags(f *flags) {
	o.Ledgers.flags(f)
	o.Vars.flags(f)
}

func (o *StateShow) operands(rest []string) error { return o.required(rest) }

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
		Codes: []Code{
			{3, "A ledger cannot be read, and was left out."},
		},
		options: func() Options { return &StateShow{} },
	}
}
