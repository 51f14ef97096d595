package plans

import (
	"fmt"
	"strings"

	"github.com/reportform/reportform/cmd/reportform/internal/view"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/internal/term"
)

func (h *Human) pulls(p *plan.Plan) {
	o := &h.Out
	switch len(p.Pulls) {
	case 0:
		head, what := "Nothing to do.", "Everything"
		if !p.Empty() {
			head = "No pulls to do."
		}
		if p.Narrowed {
			what += " of the selection"
		}
		switch {
		case len(p.Ahead) > 0 && p.Held == 0 && p.Lost == nil && p.Waiting == nil:
			o.Printf("%s Nothing has begun yet.\n\n", o.Green("Nothing to do."))
		case len(p.Damaged) > 0:
			o.Printf("%s %s that can be held now is held, except what is left out.\n\n", o.Yellow(head), what)
		default:
			o.Printf("%s %s that can be held now is held.\n\n", o.Green(head), what)
		}
		return
	case 1:
		h.onePull(&p.Pulls[0])
		return
	}
	o.Printf("%s\n\n", o.Bold("Pulls to do:"))
	reports := pictures(p.Pulls)
	for i, r := range reports {
		if i == maxReports {
			o.Printf("and %s; %s\n\n", term.Many(len(reports)-i, "more report"), view.AllInJSON)
			break
		}
		h.report(r)
	}
	h.legend(p.Pulls)
}

func (h *Human) report(r *reportPulls) {
	o := &h.Out
	o.Printf("%s\n", o.Bold(r.report))
	o.Hanging("  into ", 7, strings.Join(r.outputs, ", "))
	for i, c := range r.pictures {
		if i == maxPictures {
			tenants, pulls := 0, 0
			for _, c := range r.pictures[i:] {
				tenants += len(c.tenants)
				pulls += len(c.tenants) * c.pulls
			}
			o.Hanging("  ", 2, fmt.Sprintf("and %s with other slices, %s; %s", term.Many(tenants, "more tenant"), term.Many(pulls, "pull"), view.AllInJSON))
			break
		}
		o.Hanging("  ", 2, SomeTenants(c.tenants, "with the same slices"))
		for n, sr := range c.ranges {
			if n == maxRanges {
				o.Printf("      and %s; %s\n", term.Many(len(c.ranges)-n, "more range"), view.AllInJSON)
				break
			}
			o.Hanging(o.Sprintf("    %s ", h.symbol(sr.first)), 6, rangeText(&sr, r.outputs))
		}
	}
	o.Printf("\n")
}

// symbol says what a pull does to what there is: + makes something new, ~ replaces
// what an output holds, and > moves it.
func (h *Human) symbol(p *plan.Pull) term.Styled {
	if p.Relocates() {
		return h.Out.Yellow(">")
	}
	for _, o := range p.Outputs {
		switch o.Reason {
		case plan.Open, plan.Moved, plan.Revisit, plan.Changed, plan.Altered:
			return h.Out.Yellow("~")
		}
	}
	return h.Out.Green("+")
}

// rangeText is one line of a plan: which slices, how many, why and, where it
// is not all outputs of the report for one reason, into which.
func rangeText(r *sliceRange, outputs []string) string {
	parts := []string{rangeLabel(r)}
	if r.slices > 1 {
		parts = append(parts, term.Many(r.slices, "slice"))
	}
	byReason := map[plan.Reason][]string{}
	for _, o := range r.first.Outputs {
		byReason[o.Reason] = append(byReason[o.Reason], o.Output)
	}
	for _, reason := range Reasons() {
		list := byReason[reason]
		switch {
		case len(list) == 0:
		case len(list) == len(outputs):
			parts = append(parts, string(reason))
		default:
			parts = append(parts, fmt.Sprintf("%s in %s", reason, strings.Join(list, " and ")))
		}
	}
	if !r.first.Final {
		parts = append(parts, "not settled yet")
	}
	if from := sourceOf(r.first); from != "" {
		parts = append(parts, "from "+from)
	}
	return strings.Join(parts, ", ")
}

func rangeLabel(r *sliceRange) string {
	return Stretch(r.first.Label, r.last.Label, r.first.From, r.last.To)
}

// pullLabel names the slice of a pull.
func pullLabel(p *plan.Pull) string { return Stretch(p.Label, p.Label, p.From, p.To) }

// onePull names a single pull in full.
func (h *Human) onePull(p *plan.Pull) {
	o := &h.Out
	o.Printf("%s\n\n", o.Bold("One pull to do:"))
	o.Printf("%s of %s\n", o.Bold(p.Report), o.Bold(p.Tenant))
	settled := ""
	if !p.Final {
		settled = ", not settled yet"
	}
	o.Hanging(o.Sprintf("  %s ", h.symbol(p)), 4, pullLabel(p)+settled)
	for _, out := range p.Outputs {
		why := ReasonAt(out.Reason, out.Place)
		if out.Reason == plan.Derived { // from what is said below
			why = ReasonText(plan.New)
		}
		line := term.Wrap(term.Clean(out.Output+", "+string(out.Reason)+": "+why), 4, 8, o.Columns())
		reason := ", " + term.Clean(string(out.Reason)) + ": "
		o.Printf("%s\n", term.Styled(strings.Replace(line, reason, ", "+string(o.Bold(string(out.Reason)))+": ", 1)))
		o.Printf("      %s\n", out.Place)
		if out.From != "" {
			o.Printf("      from %s\n", out.From)
		}
	}
	if p.Source != nil {
		o.Hanging("    ", 4, "made from "+p.Source.Place.String()+", without a request")
	}
	o.Printf("\n")
}

// legend explains the reasons that occur.
func (h *Human) legend(pulls []plan.Pull) {
	used := map[plan.Reason]bool{}
	for i := range pulls {
		for _, o := range pulls[i].Outputs {
			used[o.Reason] = true
		}
	}
	width := len(plan.Revisit) + 1
	if used[plan.Relocated] {
		width = len(plan.Relocated)
	}
	for _, r := range Reasons() {
		if used[r] {
			h.Out.Printf("  %-*s %s\n", width, string(r), h.Out.Faint(ReasonText(r)))
		}
	}
	h.Out.Printf("\n")
}
