package args

// StateRm is the arguments of state rm.
type StateRm struct {
	Ledgers
	Vars
	AutoApprove bool
	DryRun      bool
}

func (o *StateRm) flags(f *flags) {
	f.toggle(&o.AutoApprove, "auto-approve", "Do not ask.")
	f.toggle(&o.DryRun, "dry-run", "Say what would be forgotten, and forget nothing.")
	o.Ledgers.flags(f)
	o.Vars.flags(f)
}

func (o *StateRm) operands(rest []string) error { return o.required(rest) }

func stateRmCommand() Command {
	return Command{
		Name:    "state rm",
		Summary: "Forget ledgers; the files stay",
		Usage:   "[options] ADDRESS [TENANT]",
		Text: `Forgets what is held of a report, of a tenant, or of one report of one tenant. Files stay where they are, and nothing knows them any more; a report that is still declared is fetched again, as far as the service has it.

To delete the files too, take the blocks out of the configuration and run apply -prune instead. After a block was renamed, state mv keeps what is held.`,
		Examples: []Example{
			{"state rm report.sign_ins.failed -dry-run", "say what would be forgotten"},
			{"state rm report.sign_ins.failed tenant.contoso", "one report of one tenant"},
			{"state rm tenant.contoso -auto-approve", "all reports of one tenant, without being asked"},
		},
		options: func() Options { return &StateRm{} },
	}
}
