package args

// Reports is the arguments of reports.
type Reports struct {
	Type string // one report type in detail; empty for the list
	JSON bool
}

func (o *Reports) flags(f *flags) { f.toggle(&o.JSON, "json", jsonText) }

func (o *Reports) operands(rest []string) (err error) {
	o.Type, err = atMostOne(rest, "report type")
	return err
}

func reportsCommand() Command {
	return Command{
		Name:    "reports",
		Summary: "List the report types, or describe one",
		Usage:   "[options] [TYPE]",
		Text:    `The built-in catalog: what can stand behind report in a configuration. With TYPE, everything that is known of it: path, permissions, licence, how long the service keeps events, and its columns. Needs no configuration.`,
		Examples: []Example{
			{"reports", "the list"},
			{"reports sign_ins", "one type in detail"},
		},
		options: func() Options { return &Reports{} },
	}
}
