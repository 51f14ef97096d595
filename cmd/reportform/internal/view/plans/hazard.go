package plans

import (
	"slices"

	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/internal/term"
)

// hazards warns of what the plan does that cannot be undone or costs much. What is
// soon lost has been said.
func (h *Human) hazards(p *plan.Plan) {
	list := slices.DeleteFunc(slices.Clone(p.Hazards), func(z plan.Hazard) bool { return z.Kind == plan.LosesSoon })
	if len(list) == 0 {
		return
	}
	o := &h.Out
	o.Printf("%s\n\n", o.Bold("Hazards:"))
	for i := range list {
		z := &list[i]
		word := o.Yellow(string(z.Kind))
		if z.Kind.Asks() {
			word = o.Red(string(z.Kind))
		}
		o.Printf("  %s\n", word)
		o.Paragraphs(4, hazardText(z))
		switch {
		case !z.Kind.Asks():
		case slices.Contains(p.Allowed, z.Kind):
			o.Paragraphs(4, "Allowed.")
		default:
			o.Paragraphs(4, "Held back, unless you allow it: with -allow="+string(z.Kind)+", or when apply asks.")
		}
	}
	o.Printf("\n")
}

// AskHazard asks for a hazard, whose name allows it.
func (h *Human) AskHazard(z *plan.Hazard) {
	p := &h.Err
	p.Printf("\n%s\n", p.Bold("Do you want to allow this?"))
	p.Printf("  %s\n", p.Red(string(z.Kind)))
	p.Paragraphs(4, hazardText(z))
	p.Paragraphs(2, "Only '"+string(z.Kind)+"' will be accepted to allow it; otherwise it is held back, and the rest goes on.")
	p.Printf("\n  %s ", p.Bold("Enter a value:"))
}

// HeldBack says what was not done because nobody has allowed it.
func (h *Human) HeldBack(list []plan.Hazard) {
	for i := range list {
		z := &list[i]
		h.Out.Printf("  %s %s\n", h.Out.Yellow("Held back:"), string(z.Kind))
		h.Out.Paragraphs(4, hazardText(z)+" To allow it: -allow="+string(z.Kind))
	}
}

// hazardText says what a hazard is about, in sentences.
func hazardText(z *plan.Hazard) string {
	files := filesText(z)
	switch z.Kind {
	case plan.DeletesIrrecoverable:
		return files + " deleted for good: the service has the slices no longer, or keep was added or shortened."
	case plan.RemovesTenant:
		return files + " deleted: everything of " + SomeTenants(z.About, "") + ", no longer declared."
	case plan.AllFilesMissing:
		text := "Every file of " + SomeOutputs(z.About) + " is gone, as when a disk is not mounted: " + term.Many(z.Pulls, "pull") + " would write there"
		if z.Deletions > 0 {
			text += ", and " + term.Many(z.Deletions, "deletion") + " would forget what it holds"
		}
		return text + "."
	case plan.ExceedsBudget:
		return term.Many(z.Pulls, "pull") + " of " + SomeOutputs(z.About) + ": with them the plan has more than 100,000 pulls, or requests for more than a day. Check where the window begins."
	case plan.LosesSoon:
		return term.Many(z.Pulls, "pull") + " of slices that the service does not have much longer."
	case plan.ReplacesFiles:
		return term.Many(z.Pulls, "pull") + " to replace files that have another definition, or that somebody has altered."
	case plan.Refetches:
		return term.Many(z.Pulls, "pull") + " to fetch again what was held."
	}
	return string(z.Kind)
}

// filesText counts what is deleted, up to the verb.
func filesText(z *plan.Hazard) string {
	if z.Deletions == 1 {
		return "1 file, " + term.Size(z.Bytes) + ", is"
	}
	return term.Many(z.Deletions, "file") + ", " + term.Size(z.Bytes) + ", are"
}

// SomeOutputs writes the first addresses of a list and how many more there are.
func SomeOutputs(list []string) string {
	if len(list) <= maxTenants {
		return SomeTenants(list, "")
	}
	return SomeTenants(list[:maxTenants], "") + " and " + term.Many(len(list)-maxTenants, "more")
}
