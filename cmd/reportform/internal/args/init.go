package args

// Init is the arguments of init.
type Init struct {
	none
	Vars
}

func (o *Init) flags(f *flags) { o.Vars.flags(f) }

func initCommand() Command {
	return Command{
		Name:    "init",
		Summary: "Begin here: write a starter configuration, or check the one that is there",
		Usage:   "[options]",
		Text: `In a directory without configuration, writes main.rf.hcl: a commented configuration that works at once on the built-in sandbox, without any account, and that you then make your own.

In a directory with a configuration, checks it, its state backend and every ledger. No existing file is changed, unless the encryption block says migrate = true: then the state is encrypted.`,
		Examples: []Example{
			{"init", "in an empty directory, then: plan, apply"},
			{"-chdir=reports init", "the same in the directory reports"},
		},
		options: func() Options { return &Init{} },
	}
}
