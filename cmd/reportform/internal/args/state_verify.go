package args

// StateVerify is the arguments of state verify.
type StateVerify struct {
	Ledgers
	Vars
	JSON bool
}

func (o *StateVerify) flags(f *flags) {
	o.Ledgers.flags(f)
	o.Vars.flags(f)
	f.toggle(&o.JSON, "json", jsonText)
}

func stateVerifyCommand() Command {
	return Command{
		Name:    "state verify",
		Summary: "Read every held file and compare it with its digest",
		Usage:   "[options] [ADDRESS [TENANT]]",
		Text: `Reads every held file anew and compares it with the size and the SHA-256 that the ledger has. plan takes a file of the right size and time for the right one; verify does not. ADDRESS is a report's or a tenant's; without one all ledgers are verified.

Ends with 2 if a file is missing, altered or cannot be read. It changes nothing: plan shows what is missing or altered, and apply fetches it again as long as the service has it.`,
		Examples: []Example{
			{"state verify", "the whole archive"},
			{"state verify report.sign_ins.failed -tenant=contoso", "one report of one tenant"},
			{"state verify -json", "one object for each bad file"},
		},
		Codes: []Code{
			{2, "A file is missing, altered or unreadable, or a ledger is damaged."},
		},
		options: func() Options { return &StateVerify{} },
	}
}
