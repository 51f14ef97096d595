package args

// Explain is the arguments of explain.
type Explain struct {
	Vars
	Path string
	JSON bool
}

func (o *Explain) flags(f *flags) {
	o.Vars.flags(f)
	f.toggle(&o.JSON, "json", jsonText)
}

func (o *Explain) operands(rest []string) (err error) {
	o.Path, err = atMostOne(rest, "path")
	if err == nil && o.Path == "" {
		err = mistake("The path of a file is missing.")
	}
	return err
}

func explainCommand() Command {
	return Command{
		Name:    "explain",
		Summary: "Show where a file comes from",
		Usage:   "[options] PATH",
		Text: `Shows which report, tenant, window and output of the configuration produced a file, for which slice, and how it was fetched: when, in how many requests and pages, with the service's request-ids, rows and digest; and whether the file still is what was written. For a file that is not there: what would produce it, and why it is not held.

PATH is as in the ledgers, relative to the working directory, or absolute. Ends with 1 if nothing leads to it.`,
		Examples: []Example{
			{"explain out/contoso/failed/2026-11-03.json", "one file"},
		},
		Codes: []Code{
			{3, "A ledger cannot be read, and was left out."},
		},
		options: func() Options { return &Explain{} },
	}
}
