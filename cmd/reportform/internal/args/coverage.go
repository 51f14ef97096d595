package args

import (
	"strconv"
	"strings"
)

// Coverage is the arguments of coverage.
type Coverage struct {
	none
	Selection
	Vars
	// Min is the percentage that every report of every tenant has to reach; 0
	// for none.
	Min  float64
	JSON bool
}

func (o *Coverage) flags(f *flags) {
	f.percentage(&o.Min, "min", "Exit with 2 if a report of a tenant holds less.")
	o.Selection.flags(f)
	o.Vars.flags(f)
	f.toggle(&o.JSON, "json", jsonText)
}

// percentage declares a flag with a number from 0 to 100; a % sign may follow.
func (f *flags) percentage(p *float64, name, text string) {
	f.list = append(f.list, Flag{Name: name, Value: "PERCENT", Text: text, set: func(value string) error {
		n, err := strconv.ParseFloat(strings.TrimSuffix(value, "%"), 64)
		if err != nil || !(n >= 0 && n <= 100) {
			return mistakef("-%s is a percentage from 0 to 100, not %q.", name, value)
		}
		*p = n
		return nil
	}})
}

func coverageCommand() Command {
	return Command{
		Name:    "coverage",
		Summary: "Show what is held, missing and lost, as a calendar",
		Usage:   "[options]",
		Text: `Shows for every report and tenant which slices are held, which are missing and until when they can still be fetched, which wait to settle, and which are lost. It compares configuration, ledgers and files as plan does; it contacts no service and changes nothing.

A slice counts as held when every output of the report holds it. The percentage is held / (held + missing + lost): what is open or waiting is not yet owed. It is shown rounded down to a tenth, so that 100% is everything, and -min compares it unrounded.`,
		Examples: []Example{
			{"coverage", "every report of every tenant"},
			{"coverage -tenant=contoso -target=report.sign_ins.failed", "one report of one tenant"},
			{"coverage -min=100", "in a pipeline: 2 if anything is missing or lost"},
		},
		Codes: []Code{
			{2, "With -min: not enough is held."},
			{3, "A ledger cannot be read, and was left out."},
		},
		options: func() Options { return &Coverage{} },
	}
}
