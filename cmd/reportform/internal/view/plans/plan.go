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
