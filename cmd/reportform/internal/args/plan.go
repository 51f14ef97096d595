package args

// Plan is the arguments of plan.
type Plan struct {
	none
	Selection
	Deleting
	Vars
	Out              string // path; empty to save nothing
	DetailedExitCode bool
	JSON             bool
}

func (o *Plan) flags(f *flags) {
	f.text(&o.Out, "out", "FILE", "Save the plan, for apply FILE. It holds no secrets.")
	f.toggle(&o.DetailedExitCode, "detailed-exitcode", "Exit with 2 if there is something to do.")
	o.Selection.flags(f)
	o.Deleting.flags(f)
	o.Vars.flags(f)
	f.toggle(&o.JSON, "json", jsonText)
}

func planCommand() Command {
	return Command{
		Name:    "plan",
		Summary: "Show what is missing and would be fetched",
		Usage:   "[options]",
		Text: `Compares what the configuration asks for with what is held, and shows the difference: the pulls to do, what waits to settle, what is lost for ever, what is deleted, and what is held but no longer declared. Contacts no service and changes nothing.

What cannot be undone or costs much is a hazard. A saved plan carries the hazards that were allowed with -allow; apply holds back what the others are about.`,
		Examples: []Example{
			{"plan", "show what apply would do"},
			{"plan -out=november.rfplan", "save it, to review it and carry out exactly that"},
			{"plan -tenant=contoso -target=report.sign_ins.failed", "one report of one tenant"},
			{"plan -prune -allow=removes_tenant -out=less.rfplan", "review the deletion of a tenant's files"},
			{"plan -detailed-exitcode", "in a pipeline: 2 means something to do"},
		},
		Codes: []Code{
			{2, "With -detailed-exitcode: there is something to do."},
			{3, "A ledger cannot be read, and was left out."},
		},
		options: func() Options { return &Plan{} },
	}
}
