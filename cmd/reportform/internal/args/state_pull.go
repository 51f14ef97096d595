package args

// StatePull is the arguments of state pull.
type StatePull struct {
	Ledgers
	Vars
}

func (o *StatePull) flags(f *flags) { o.Vars.flags(f) }

func (o *StatePull) operands(rest []string) error {
	err := o.required(rest)
	if err == nil && o.TenantAddress == "" {
		err = mistake("A ledger is named by its report and its tenant, such as: state pull report.sign_ins.failed tenant.contoso")
	}
	return err
}

func statePullCommand() Command {
	return Command{
		Name:    "state pull",
		Summary: "Print a ledger as JSON",
		Usage:   "[options] ADDRESS TENANT",
		Text:    `Prints one ledger as a JSON document, to look at, to back up or to mend; state push takes it back. ADDRESS is the report's; a line that state list printed works too.`,
		Examples: []Example{
			{"state pull report.sign_ins.failed tenant.contoso > ledger.json", "one ledger"},
		},
		options: func() Options { return &StatePull{} },
	}
}
