// Package plans shows plans: the pulls to do, what waits and what is lost,
// orphans, and what it all takes. Its words for reasons and slices serve other
// views too.
package plans

import (
	"fmt"
	"slices"
	"strings"

	"github.com/reportform/reportform/cmd/reportform/internal/view"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/internal/term"
)

// What a plan's screen shows of each kind before it says how many more there are.
const (
	maxReports  = 25
	maxPictures = 10
	maxRanges   = 12
	maxTenants  = 3
	maxPaths    = 3
)

// Human shows plans to people.
type Human struct{ *view.Human }

// NewHuman returns a view that shows plans on h.
func NewHuman(h *view.Human) *Human { return &Human{h} }

// Plan shows what has to be done.
func (h *Human) Plan(p *plan.Plan) {
	h.pulls(p)
	h.damaged(p.Damaged)
	h.gaps("Waiting", "a later plan has them", p.Waiting)
	h.gaps("Lost", "cannot be fetched any more", p.Lost)
	h.soonLost(p)
	h.orphans(p.Orphans)
	h.elsewhere(p.KeptElsewhere)
	h.schedules(p.Schedules)
	h.planSummary(p)
	h.estimate(p.Estimate)
}

// elsewhere says that another configuration keeps ledgers in the same state.
func (h *Human) elsewhere(ledgers int) {
	if ledgers > 0 {
		h.Out.Paragraphs(0, "Another configuration keeps "+term.Many(ledgers, "ledger")+" in this state: no plan of this one touches them. If they are its own, from another directory, state rm forgets them.")
		h.Out.Printf("\n")
	}
}

// PlanSaved says where the plan lies and what to do with it.
func (h *Human) PlanSaved(path string) {
	h.Out.Printf("\nSaved to %s. To carry out exactly this plan:\n  reportform apply %s\n", path, path)
}

func (h *Human) pulls(p *plan.Plan) {
	o := &h.Out
	switch len(p.Pulls) {
	case 0:
		what := "Everything"
		if p.Narrowed {
			what += " of the selection"
		}
		if len(p.Damaged) > 0 {
			o.Printf("%s %s that can be held now is held, but for what is left out.\n\n", o.Yellow("Nothing to do."), what)
			return
		}
		o.Printf("%s %s that can be held now is held.\n\n", o.Green("Nothing to do."), what)
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
			o.Hanging(o.Green("    + "), 6, rangeText(&sr, r.outputs))
		}
	}
	o.Printf("\n")
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
	o.Hanging(o.Green("  + "), 4, pullLabel(p)+settled)
	for _, out := range p.Outputs {
		why := ReasonAt(out.Reason, out.Place)
		if out.Reason == plan.Derived { // from what is said below
			why = ReasonText(plan.New)
		}
		line := term.Wrap(term.Clean(out.Output+", "+string(out.Reason)+": "+why), 4, 8, o.Columns())
		reason := ", " + term.Clean(string(out.Reason)) + ": "
		o.Printf("%s\n", term.Styled(strings.Replace(line, reason, ", "+string(o.Bold(string(out.Reason)))+": ", 1)))
		o.Printf("      %s\n", out.Place)
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
	for _, r := range Reasons() {
		if used[r] {
			h.Out.Printf("  %-8s %s\n", string(r), h.Out.Faint(ReasonText(r)))
		}
	}
	h.Out.Printf("\n")
}

// damaged names the ledgers that cannot be read.
func (h *Human) damaged(list []plan.Damaged) {
	if len(list) == 0 {
		return
	}
	o := &h.Out
	o.Printf("%s (what is held is unknown, and is left alone):\n\n", o.Bold("Left out"))
	for i := range list {
		if i == maxReports {
			o.Printf("  and %s; %s\n", term.Many(len(list)-i, "more ledger"), view.AllInJSON)
			break
		}
		o.Wrapped(2, 4, list[i].Error()+".")
	}
	o.Printf("\n")
}

func (h *Human) gaps(title, text string, gaps []plan.Gap) {
	if len(gaps) == 0 {
		return
	}
	o := &h.Out
	list := gapPictures(gaps)
	shared := list[0].gap.Why // said once, where it is that of all
	if slices.ContainsFunc(list, func(g *gapPicture) bool { return g.gap.Why != shared }) {
		shared = ""
	}
	if shared != "" {
		text += "; " + shared
	}
	o.Hanging(o.Bold(title)+" ", len(title)+1, "("+text+"):")
	o.Printf("\n")
	for i, g := range list {
		if i == maxPictures {
			o.Printf("  and %s; %s\n", term.Many(len(list)-i, "more range"), view.AllInJSON)
			break
		}
		line := g.gap.Report + ": " + Stretch(g.gap.First, g.gap.Last, g.gap.From, g.gap.To)
		if g.gap.Slices > 1 {
			line += ", " + term.Many(g.gap.Slices, "slice")
		}
		switch {
		case g.gap.Until.IsZero():
		case g.gap.Slices > 1:
			line += ", the first until " + term.Moment(g.gap.Until)
		default:
			line += ", until " + term.Moment(g.gap.Until)
		}
		o.Wrapped(2, 6, line)
		o.Hanging("    ", 4, SomeTenants(g.tenants, ""))
		if g.gap.Why != shared {
			o.Hanging("    ", 4, g.gap.Why)
		}
	}
	o.Printf("\n")
}

func (h *Human) orphans(orphans []plan.Orphan) {
	if len(orphans) == 0 {
		return
	}
	o := &h.Out
	o.Printf("%s (no longer declared; kept, unless apply -prune deletes them):\n\n", o.Bold("Orphans"))
	list := orphanPictures(orphans)
	for i, c := range list {
		if i == maxPictures {
			o.Printf("  and %s; %s\n", term.Many(len(list)-i, "more group"), view.AllInJSON)
			break
		}
		o.Hanging("  ", 2, fmt.Sprintf("%s, %s: %s, %s", c.report, c.output, term.Many(len(c.paths), "file"), term.Size(c.bytes)))
		o.Hanging("    ", 4, c.why+": "+OrphanText(c.why))
		o.Hanging("    ", 4, SomeTenants(c.tenants, ""))
		for n, path := range c.paths {
			if n == maxPaths {
				o.Printf("      and %s\n", term.Many(len(c.paths)-n, "more file"))
				break
			}
			o.Printf("      %s\n", path)
		}
	}
	if slices.ContainsFunc(list, func(c *orphanPicture) bool { return slices.Contains([]string{"tenant", "report", "output"}, c.why) }) {
		o.Hanging("  ", 2, "If a block was renamed, reportform state mv OLD NEW keeps what it holds.")
	}
	o.Printf("\n")
}

// planSummary is the last line: the plan in numbers.
func (h *Human) planSummary(p *plan.Plan) {
	text := term.Many(len(p.Pulls), "pull") + " to do"
	counts := reasons(p.Pulls)
	var words []string
	for _, r := range slices.Backward(Reasons()) {
		if n := counts[r]; n > 0 {
			words = append(words, term.Count(n)+" "+string(r))
		}
	}
	if words != nil {
		text += " (" + strings.Join(words, ", ") + ")"
	}
	text += ", " + term.Count(gapSlices(p.Waiting)) + " waiting, " + term.Count(gapSlices(p.Lost)) + " lost, "
	if n := len(p.Orphans); n > 0 {
		text += term.Many(n, "orphan") + ", "
	}
	if n := len(p.Damaged); n > 0 {
		text += term.Many(n, "ledger") + " unreadable, "
	}
	text += term.Count(p.Held) + " held" + view.OfSelection(p.Narrowed) + "."
	h.Out.Hanging(h.Out.Bold("Plan:")+" ", 6, text)
	if p.Narrowed {
		h.Narrowed()
	}
	if p.FilesTrusted {
		h.FilesTrusted()
	}
}

func gapSlices(gaps []plan.Gap) int {
	n := 0
	for _, g := range gaps {
		n += g.Slices
	}
	return n
}
