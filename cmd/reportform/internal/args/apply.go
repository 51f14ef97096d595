package args

import "time"

// Apply is the arguments of apply.
type Apply struct {
	Selection
	Deleting
	Vars
	File        string // a saved plan; empty to plan now
	AutoApprove bool
	// Approved is the approval of the plan to carry out; empty to ask.
	Approved    string
	Parallelism int
	Patience    time.Duration // 0 for the usual
	Deadline    time.Duration // from now; 0 for none
	JSON        bool
}

func (o *Apply) flags(f *flags) {
	f.toggle(&o.AutoApprove, "auto-approve", "Do not ask. Allows no hazard.")
	f.text(&o.Approved, "approved", "DIGEST", "Do not ask, and carry out no plan but one with this approval, as plan shows it.")
	f.number(&o.Parallelism, "parallelism", "N", 1, "Do so many pulls at once, those that wait for the service not counted. Default 10.")
	f.span(&o.Patience, "patience", time.Nanosecond, "Fail the pulls of a tenant after so long without a useful answer of an API. Default 1h.")
	f.span(&o.Deadline, "deadline", time.Nanosecond, "End cleanly after so long: stop pulls under way, begin no others. What has finished is held.")
	o.Selection.flags(f)
	o.Deleting.flags(f)
	o.Vars.flags(f)
	f.toggle(&o.JSON, "json", jsonText)
}

func (o *Apply) operands(rest []string) (err error) {
	o.File, err = atMostOne(rest, "saved plan")
	if err != nil {
		return err
	}
	if o.File != "" && (!o.Selection.empty() || o.Prune) {
		return mistake("A saved plan says what to do: -target, -exclude, -tenant, -refresh and -prune belong to the plan command that saves it.")
	}
	if o.File != "" && o.Approved != "" {
		return mistake("A saved plan is carried out as it is; -approved is for a plan that is made anew. Give one of the two.")
	}
	return nil
}

func applyCommand() Command {
	return Command{
		Name:    "apply",
		Summary: "Fetch what is missing and write the outputs",
		Usage:   "[options] [FILE]",
		Text: `Plans, shows the plan, asks, and carries it out. With FILE, a plan saved by plan -out, it carries out exactly that without asking; variables must then have the values that they had for plan.

Slices that have expired by keep are deleted; orphans are deleted with -prune. What cannot be undone or costs much is a hazard: at a terminal, apply asks for each by name; elsewhere each needs -allow=HAZARD, here or where the plan was saved. What is not allowed is held back, the rest is done, and apply ends with 3.

With -approved=DIGEST it makes the plan anew and carries it out without asking if it does what was approved: the configuration, what is deleted, and the hazards are the same. Slices that have come due since, and the clock, make no difference.

A pull is complete or it failed, and a failure of one tenant stops only its own pulls. When something failed, apply ends with 3, or with 1 if nothing was done, says what and why, and the next apply tries it again. The first interrupt stops cleanly, the second at once; nothing is left half-written either way.

A service that is throttling, failing or silent is waited for, as is one that cannot be reached, and apply says for what and until when. -patience says for how long, -deadline when the run has to end whatever it waits for: with 3 if something was fetched, else with 1.`,
		Examples: []Example{
			{"apply", "plan, ask, fetch"},
			{"apply -auto-approve", "from a schedule"},
			{"apply -auto-approve -deadline=50m", "from an hourly schedule: the next run goes on"},
			{"apply november.rfplan", "carry out a reviewed plan"},
			{"apply -approved=9f86d081884c7d659a2feaa0c55ad015", "carry out what was reviewed, planned anew"},
			{"apply -prune", "also delete what is no longer declared"},
			{"apply -auto-approve -prune -allow=removes_tenant", "also delete everything of tenants that are no longer declared"},
		},
		Codes: []Code{
			{3, "Some pulls failed, some orphans are kept, or a ledger cannot be read; the rest is done."},
		},
		options: func() Options { return &Apply{Parallelism: 10} },
	}
}
