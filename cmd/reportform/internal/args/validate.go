package args

// Validate is the arguments of validate.
type Validate struct {
	none
	Vars
	JSON bool
}

func (o *Validate) flags(f *flags) {
	o.Vars.flags(f)
	f.toggle(&o.JSON, "json", jsonText)
}

func validateCommand() Command {
	return Command{
		Name:    "validate",
		Summary: "Check the configuration",
		Usage:   "[options]",
		Text:    `Reads the configuration of the directory and reports every mistake in it. Needs no network and no state, and reads no secret.`,
		Examples: []Example{
			{"validate", "check the working directory"},
			{"validate -json", "diagnostics for an editor or a pipeline"},
		},
		options: func() Options { return &Validate{} },
	}
}
