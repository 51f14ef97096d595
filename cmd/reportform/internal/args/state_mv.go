package args

// StateMv is the arguments of state mv.
type StateMv struct {
	Vars
	Source, Destination string // addresses
	DryRun              bool
}

func (o *StateMv) flags(f *flags) {
	f.toggle(&o.DryRun, "dry-run", "Say what would be moved, and move nothing.")
	o.Vars.flags(f)
}

func (o *StateMv) operands(rest []string) error {
	if len(rest) != 2 {
		return mistake("Two addresses are needed, the old and the new one, such as: state mv tenant.contoso tenant.fabrikam")
	}
	o.Source, o.Destination = rest[0], rest[1]
	return nil
}

func stateMvCommand() Command {
	return Command{
		Name:    "state mv",
		Summary: "Keep what is held after a block was renamed",
		Usage:   "[options] SOURCE DESTINATION",
		Text: `Gives what is held under SOURCE the address DESTINATION, so that the next plan finds it under the new name and fetches nothing anew. Both are addresses of tenants, of reports of one type or of outputs of one type. A block with for_each, without a key, stands for all its instances.

Files stay where they are. If a path contains the name that changed, such as ${pull.tenant.name}, the plan wants the slices at another path (changed) and fetches them again. A move that was cut off is completed by running it again.`,
		Examples: []Example{
			{"state mv report.sign_ins.failed report.sign_ins.errors", "a report was renamed"},
			{`state mv 'tenant.customer["contoso"]' tenant.contoso`, "a tenant got a block of its own"},
			{"state mv tenant.customer tenant.client", "a block with for_each was renamed"},
			{"state mv output.json.archive output.json.lake -dry-run", "say what would be moved"},
		},
		options: func() Options { return &StateMv{} },
	}
}
