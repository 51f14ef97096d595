// Package plans shows plans: the pulls to do, what waits and what is lost,
// orphans, and what it all takes. Its words for reasons and slices serve other
// views too.
package plans

import (
	"fmt"
	"slices"
	"strings"
	"time"

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
	gone, tooSoon := splitLost(p.Lost)
	h.gaps("Lost", "cannot be fetched any more", gone)
	h.gaps("Will be lost", "before they can be fetched", tooSoon)
	NotBegun(h.Human, p.Ahead, p.Now)
	h.soonLost(p)
	h.deletions(p.Deletions)
	h.orphans(p.Orphans)
	h.protections(p.Protections)
	h.elsewhere(p.KeptElsewhere)
	h.schedules(p.Schedules)
	h.warnings(p.Warnings)
	h.clock(p)
	h.hazards(p)
	h.planSummary(p)
	h.estimate(p.Estimate)
}

// splitLost tells apart what is lost and what will be, since it settles too late.
func splitLost(gaps []plan.Gap) (gone, tooSoon []plan.Gap) {
	for _, g := range gaps {
		if g.LostAt.IsZero() {
			gone = append(gone, g)
		} else {
			tooSoon = append(tooSoon, g)
		}
	}
	return gone, tooSoon
}

// NotBegun warns of what begins in the future.
func NotBegun(h *view.Human, list []plan.Ahead, now time.Time) {
	if len(list) == 0 {
		return
	}
	o := &h.Out
	o.Printf("%s (nothing is wanted before that):\n\n", o.Yellow("Not begun"))
	for i, a := range list {
		if i == maxPictures {
			o.Printf("  and %s; %s\n", term.Many(len(list)-i, "more report"), view.AllInJSON)
			break
		}
		days := int(a.Begins.Sub(now) / (24 * time.Hour))
		o.Wrapped(2, 6, fmt.Sprintf("%s: begins at %s, in %s", a.Report, term.Moment(a.Begins), term.Many(days, "day")))
		o.Hanging("    ", 4, SomeTenants(a.Tenants, ""))
	}
	o.Printf("\n")
}

// elsewhere says that another configuration keeps ledgers in the same state.
func (h *Human) elsewhere(ledgers int) {
	if ledgers > 0 {
		h.Out.Paragraphs(0, "Another configuration keeps "+term.Many(ledgers, "ledger")+" in this state: no plan of this one touches them. If they are its own, from another directory, state rm forgets them.")
		h.Out.Printf("\n")
	}
}

// warnings say what works here and would not elsewhere.
func (h *Human) warnings(list []plan.Warning) {
	o := &h.Out
	for i := range list {
		o.Hanging(o.Bold("Warning:")+" ", 9, list[i].Output+": "+list[i].Text)
	}
	if len(list) > 0 {
		o.Printf("\n")
	}
}

// clock says that this machine's clock is known to be off.
func (h *Human) clock(p *plan.Plan) {
	if p.Clock == nil {
		return
	}
	ahead := time.Duration(p.Clock.Ahead)
	word := "ahead of"
	if ahead < 0 {
		word = "behind"
	}
	h.Out.Hanging(h.Out.Yellow("Clock:")+" ", 7, "this machine's is "+term.Length(ahead.Abs())+" "+word+" the service's: "+
		term.Moment(p.Now)+" here is "+term.Moment(p.Now.Add(-ahead))+" there, as an earlier apply has found ("+term.Many(p.Clock.Ledgers, "ledger")+
		"). Slices settle, and are lost, by the earlier of the two. Put this machine's clock right.")
	h.Out.Printf("\n")
}

// PlanSaved says where the plan lies and what to do with it.
func (h *Human) PlanSaved(path, approval string) {
	h.Out.Printf("\nSaved to %s. To carry out exactly this plan:\n  reportform apply %s\n", path, path)
	h.Out.Printf("To plan anew, and carry that out if it deletes and risks nothing else:\n  reportform apply -approved=%s\n", approval)
}

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

// deletions shows what the plan deletes.
func (h *Human) deletions(deletions []plan.Deletion) {
	if len(deletions) == 0 {
		return
	}
	orphans := make([]plan.Orphan, len(deletions))
	for i := range deletions {
		orphans[i] = deletions[i].Orphan
	}
	h.Out.Printf("%s\n\n", h.Out.Bold("Deletions to do:"))
	h.orphanPictures(h.Out.Sprintf("  %s ", h.Out.Red("-")), orphanPictures(orphans))
}

func (h *Human) orphans(orphans []plan.Orphan) {
	if len(orphans) == 0 {
		return
	}
	h.Out.Printf("%s (no longer declared; kept, unless -prune is given):\n\n", h.Out.Bold("Orphans"))
	h.orphanPictures("  ", orphanPictures(orphans))
}

// orphanPictures shows groups of orphans, each after a head.
func (h *Human) orphanPictures(head term.Styled, list []*orphanPicture) {
	o := &h.Out
	for i, c := range list {
		if i == maxPictures {
			o.Printf("  and %s; %s\n", term.Many(len(list)-i, "more group"), view.AllInJSON)
			break
		}
		o.Hanging(head, head.Width(), fmt.Sprintf("%s, %s: %s, %s", c.report, c.output, term.Many(len(c.paths), "file"), term.Size(c.bytes)))
		why := c.why + ": " + OrphanText(c.why)
		if c.protected {
			why += "; protected, so nothing deletes it"
		}
		o.Hanging("    ", 4, why)
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

// protections says what ledgers will note.
func (h *Human) protections(list []plan.Protection) {
	on := 0
	for _, p := range list {
		if p.Protected {
			on++
		}
	}
	if on > 0 {
		h.Out.Paragraphs(0, "To be noted in "+term.Many(on, "ledger")+": what is held is protected, also when the report is no longer declared.")
	}
	if off := len(list) - on; off > 0 {
		h.Out.Paragraphs(0, "To be noted in "+term.Many(off, "ledger")+": what is held is no longer protected.")
	}
	if len(list) > 0 {
		h.Out.Printf("\n")
	}
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
	if n := len(p.Deletions); n > 0 {
		text += term.Many(n, "deletion") + ", "
	}
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
