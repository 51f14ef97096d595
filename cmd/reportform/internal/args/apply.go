package args

import "time"

// Apply is the arguments of apply.
type Apply struct {
	Selection
	Vars
	File        string // a saved plan; empty to plan now
	AutoApprove bool
	Parallelism int
	Patience    time.Duration // 0 for the usual
	Deadline    time.Duration // from now; 0 for none
	Prune       bool
	JSON        bool
}

func (o *Apply) flags(f *flags) {
	f.toggle(&o.AutoApprove, "auto-approve", "Do not ask.")
	f.number(&o.Parallelism, "parallelism", "N", 1, "Do so many pulls at once, those that wait for the service not counted. Default 10.")
	f.duration(&o.Patience, "patience", "D", "Wait so long without a useful answer, for each tenant and API, until its pulls fail. Default 1h.")
	f.duration(&o.Deadline, "deadline", "D", "End cleanly after so long: stop pulls under way, begin no others. What has finished is held.")
	f.toggle(&o.Prune, "prune", "Delete the files of orphans: what is held but no longer declared.")
	o.Selection.flags(f)
	o.Vars.flags(f)
	f.toggle(&o.JSON, "json", jsonText)
}

func (o *Apply) operands(rest []string) (err error) {
	o.File, err = atMostOne(rest, "saved plan")
	if err != nil {
		return err
	}
	if o.File != "" && !o.Selection.empty() {
		return mistake("A saved plan says what to do: -target, -exclude, -tenant and -refresh belong to the plan command that saves it.")
	}
	return nil
}

func applyCommand() Command {
	return Command{
		Name:    "apply",
		Summary: "Fetch what is missing and write the outputs",
		Usage:   "[options] [FILE]",
		Text: `Plans, shows the plan, asks, and carries it out. With FILE, a plan saved by plan -out, it carries out exactly that without asking; variables must then have the values that they had for plan.

A pull is complete or it failed, and a failure of one tenant stops only its own pulls. When something failed, apply ends with 1, says what and why, and the next apply tries it again. The first interrupt stops cleanly, the second at once; nothing is left half-written either way.

A service that is throttling, failing or silent is waited for, as is one that cannot be reached, and apply says for what and until when. -patience says for how long, -deadline when the run has to end whatever it waits for: with 3 if something was fetched, else with 1.`,
		Examples: []Example{
			{"apply", "plan, ask, fetch"},
			{"apply -auto-approve", "from a schedule"},
			{"apply -auto-approve -deadline=50m", "from an hourly schedule: the next run goes on"},
			{"apply november.rfplan", "carry out a reviewed plan"},
			{"apply -prune", "also delete what is no longer declared"},
		},
		options: func() Options { return &Apply{Parallelism: 10} },
	}
}
