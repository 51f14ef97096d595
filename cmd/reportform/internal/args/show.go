package args

// Show is the arguments of show.
type Show struct {
	Vars
	File string // a saved plan; empty for the ledgers
	JSON bool
}

func (o *Show) flags(f *flags) {
	o.Vars.flags(f)
	f.toggle(&o.JSON, "json", jsonText)
}

func (o *Show) operands(rest []string) (err error) {
	o.File, err = atMostOne(rest, "saved plan")
	return err
}

func showCommand() Command {
	return Command{
		Name:    "show",
		Summary: "Show what is held, or a saved plan",
		Usage:   "[options] [FILE]",
		Text:    `Without FILE, a table of the ledgers: for every report of every tenant what is held. With FILE, the plan that plan -out saved there, as plan showed it.`,
		Examples: []Example{
			{"show", "what is held"},
			{"show november.rfplan", "a saved plan"},
			{"show -json", "every held slice with its file, rows and digest"},
		},
		Codes: []Code{
			{3, "A ledger cannot be read, and was left out."},
		},
		options: func() Options { return &Show{} },
	}
}
