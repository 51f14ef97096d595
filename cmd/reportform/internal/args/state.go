package args

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
