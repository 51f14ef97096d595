package args

// StatePush is the arguments of state push.
type StatePush struct {
	Vars
	File  string // "-" for standard input
	Force bool
}

func (o *StatePush) flags(f *flags) {
	f.toggle(&o.Force, "force", "Also lose entries that the stored ledger has and FILE lacks, and replace a ledger that cannot be read.")
	o.Vars.flags(f)
}

func (o *StatePush) operands(rest []string) (err error) {
	o.File, err = atMostOne(rest, "file")
	if err == nil && o.File == "" {
		err = mistake("A file is missing: one that state pull printed, or - for standard input.")
	}
	return err
}

func statePushCommand() Command {
	return Command{
		Name:    "state push",
		Summary: "Store a ledger that state pull printed",
		Usage:   "[options] FILE",
		Text:    `Stores a document as state pull prints it in the place of the ledger that it names, and says what changed. A document of a newer version, one that does not make sense, and one that would lose entries are refused, and so is one for a ledger that is stored and cannot be read; -force allows the last two.`,
		Examples: []Example{
			{"state push ledger.json", "restore or mend a ledger"},
			{"state push -", "from standard input"},
		},
		options: func() Options { return &StatePush{} },
	}
}
