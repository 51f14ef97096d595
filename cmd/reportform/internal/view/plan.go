package view

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mattn/go-runewidth"

	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/internal/address"
)

// What a plan's screen shows of each kind before it says how many more there are.
const (
	maxReports  = 25
	maxPictures = 10
	maxRanges   = 12
	maxTenants  = 3
	maxPaths    = 3
)

const allInJSON = "-json lists everything"

// Plan shows what has to be done.
func (h *Human) Plan(p *plan.Plan) {
	h.pulls(p)
	h.gaps("Waiting", "a later plan has them", p.Waiting)
	h.gaps("Lost", "cannot be fetched any more", p.Lost)
	h.soonLost(p)
	h.orphans(p.Orphans)
	h.schedules(p.Schedules)
	h.planSummary(p)
	h.estimate(p.Estimate)
}

// PlanSaved says where the plan lies and what to do with it.
func (h *Human) PlanSaved(path string) {
	h.out.printf("\nSaved to %s. To carry out exactly this plan:\n  reportform apply %s\n", path, path)
}

// Prune says what apply -prune deletes.
func (h *Human) Prune(orphans []plan.Orphan) {
	if len(orphans) == 0 {
		return
	}
	var bytes int64
	for _, o := range orphans {
		bytes += o.Bytes
	}
	h.out.printf("%s %s, %s, will be deleted: -prune is given.\n", h.out.red("Prune:"), many(len(orphans), "orphan"), size(bytes))
}

func (h *Human) pulls(p *plan.Plan) {
	o := &h.out
	switch len(p.Pulls) {
	case 0:
		what := "Everything"
		if p.Narrowed {
			what += " of the selection"
		}
		o.printf("%s %s that can be held now is held.\n\n", o.green("Nothing to do."), what)
		return
	case 1:
		h.onePull(&p.Pulls[0])
		return
	}
	o.printf("%s\n\n", o.bold("Pulls to do:"))
	reports := pictures(p.Pulls)
	for i, r := range reports {
		if i == maxReports {
			o.printf("and %s; %s\n\n", many(len(reports)-i, "more report"), allInJSON)
			break
		}
		h.report(r)
	}
	h.legend(p.Pulls)
}

func (h *Human) report(r *reportPulls) {
	o := &h.out
	o.printf("%s\n", o.bold(r.report))
	o.hanging("  into ", 7, strings.Join(r.outputs, ", "))
	for i, c := range r.pictures {
		if i == maxPictures {
			tenants, pulls := 0, 0
			for _, c := range r.pictures[i:] {
				tenants += len(c.tenants)
				pulls += len(c.tenants) * c.pulls
			}
			o.hanging("  ", 2, fmt.Sprintf("and %s with other slices, %s; %s", many(tenants, "more tenant"), many(pulls, "pull"), allInJSON))
			break
		}
		o.hanging("  ", 2, some(c.tenants, "with the same slices"))
		for n, sr := range c.ranges {
			if n == maxRanges {
				o.printf("      and %s; %s\n", many(len(c.ranges)-n, "more range"), allInJSON)
				break
			}
			o.hanging(o.green("    + "), 6, rangeText(&sr, r.outputs))
		}
	}
	o.printf("\n")
}

// rangeText is one line of a plan: which slices, how many, why and, where it
// is not all outputs of the report for one reason, into which.
func rangeText(r *sliceRange, outputs []string) string {
	parts := []string{rangeLabel(r)}
	if r.slices > 1 {
		parts = append(parts, many(r.slices, "slice"))
	}
	byReason := map[plan.Reason][]string{}
	for _, o := range r.first.Outputs {
		byReason[o.Reason] = append(byReason[o.Reason], o.Output)
	}
	for _, reason := range reasonOrder() {
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
	return stretch(r.first.Label, r.last.Label, r.first.From, r.last.To)
}

// pullLabel names the slice of a pull.
func pullLabel(p *plan.Pull) string { return stretch(p.Label, p.Label, p.From, p.To) }

// onePull names a single pull in full.
func (h *Human) onePull(p *plan.Pull) {
	o := &h.out
	o.printf("%s\n\n", o.bold("One pull to do:"))
	o.printf("%s of %s\n", o.bold(p.Report), o.bold(p.Tenant))
	settled := ""
	if !p.Final {
		settled = ", not settled yet"
	}
	o.hanging(o.green("  + "), 4, pullLabel(p)+settled)
	for _, out := range p.Outputs {
		why := reasonText(out.Reason)
		if out.Reason == plan.Derived { // from what is said below
			why = reasonText(plan.New)
		}
		line := wrap(clean(out.Output+", "+string(out.Reason)+": "+why), 4, 8, o.width())
		reason := ", " + clean(string(out.Reason)) + ": "
		o.printf("%s\n", styled(strings.Replace(line, reason, ", "+string(o.bold(string(out.Reason)))+": ", 1)))
		o.printf("      %s\n", out.Path)
	}
	if p.Source != nil {
		o.hanging("    ", 4, "made from "+p.Source.Path+", without a request")
	}
	o.printf("\n")
}

// legend explains the reasons that occur.
func (h *Human) legend(pulls []plan.Pull) {
	used := map[plan.Reason]bool{}
	for i := range pulls {
		for _, o := range pulls[i].Outputs {
			used[o.Reason] = true
		}
	}
	for _, r := range reasonOrder() {
		if used[r] {
			h.out.printf("  %-8s %s\n", string(r), h.out.faint(reasonText(r)))
		}
	}
	h.out.printf("\n")
}

func (h *Human) gaps(title, text string, gaps []plan.Gap) {
	if len(gaps) == 0 {
		return
	}
	o := &h.out
	list := gapPictures(gaps)
	shared := list[0].gap.Why // said once, where it is that of all
	if slices.ContainsFunc(list, func(g *gapPicture) bool { return g.gap.Why != shared }) {
		shared = ""
	}
	if shared != "" {
		text += "; " + shared
	}
	o.hanging(o.bold(title)+" ", len(title)+1, "("+text+"):")
	o.printf("\n")
	for i, g := range list {
		if i == maxPictures {
			o.printf("  and %s; %s\n", many(len(list)-i, "more range"), allInJSON)
			break
		}
		line := g.gap.Report + ": " + stretch(g.gap.First, g.gap.Last, g.gap.From, g.gap.To)
		if g.gap.Slices > 1 {
			line += ", " + many(g.gap.Slices, "slice")
		}
		switch {
		case g.gap.Until.IsZero():
		case g.gap.Slices > 1:
			line += ", the first until " + moment(g.gap.Until)
		default:
			line += ", until " + moment(g.gap.Until)
		}
		o.wrapped(2, 6, line)
		o.hanging("    ", 4, some(g.tenants, ""))
		if g.gap.Why != shared {
			o.hanging("    ", 4, g.gap.Why)
		}
	}
	o.printf("\n")
}

func (h *Human) orphans(orphans []plan.Orphan) {
	if len(orphans) == 0 {
		return
	}
	o := &h.out
	o.printf("%s (no longer declared; kept, unless apply -prune deletes them):\n\n", o.bold("Orphans"))
	list := orphanPictures(orphans)
	for i, c := range list {
		if i == maxPictures {
			o.printf("  and %s; %s\n", many(len(list)-i, "more group"), allInJSON)
			break
		}
		o.hanging("  ", 2, fmt.Sprintf("%s, %s: %s, %s", c.report, c.output, many(len(c.paths), "file"), size(c.bytes)))
		o.hanging("    ", 4, c.why+": "+orphanText(c.why))
		o.hanging("    ", 4, some(c.tenants, ""))
		for n, path := range c.paths {
			if n == maxPaths {
				o.printf("      and %s\n", many(len(c.paths)-n, "more file"))
				break
			}
			o.printf("      %s\n", path)
		}
	}
	if slices.ContainsFunc(list, func(c *orphanPicture) bool { return slices.Contains([]string{"tenant", "report", "output"}, c.why) }) {
		o.hanging("  ", 2, "If a block was renamed, reportform state mv OLD NEW keeps what it holds.")
	}
	o.printf("\n")
}

// planSummary is the last line: the plan in numbers.
func (h *Human) planSummary(p *plan.Plan) {
	text := many(len(p.Pulls), "pull") + " to do"
	counts := reasons(p.Pulls)
	var words []string
	for _, r := range slices.Backward(reasonOrder()) {
		if n := counts[r]; n > 0 {
			words = append(words, count(n)+" "+string(r))
		}
	}
	if words != nil {
		text += " (" + strings.Join(words, ", ") + ")"
	}
	text += ", " + count(gapSlices(p.Waiting)) + " waiting, " + count(gapSlices(p.Lost)) + " lost, "
	if n := len(p.Orphans); n > 0 {
		text += many(n, "orphan") + ", "
	}
	text += count(p.Held) + " held" + ofSelection(p.Narrowed) + "."
	h.out.hanging(h.out.bold("Plan:")+" ", 6, text)
	if p.Narrowed {
		h.narrowed()
	}
	if p.FilesTrusted {
		h.filesTrusted()
	}
}

// ofSelection is the end of a summary in numbers, where these are of a
// selection.
func ofSelection(narrowed bool) string {
	if narrowed {
		return ", of the selection"
	}
	return ""
}

// narrowed says what is shown of the configuration.
func (h *Human) narrowed() {
	h.out.hanging(h.out.yellow("Note:")+" ", 6, "this is of a selection (-target, -exclude, -tenant). What else the configuration declares was not compared.")
}

// filesTrusted says what -refresh=false means for what is shown.
func (h *Human) filesTrusted() {
	h.out.hanging("Files: ", 7, "none of those that are held was looked at (-refresh=false); one that is gone or altered does not show.")
}

func gapSlices(gaps []plan.Gap) int {
	n := 0
	for _, g := range gaps {
		n += g.Slices
	}
	return n
}

// pullName names a pull by addresses, as they are typed after -target.
func pullName(p *plan.Pull) string { return p.Tenant + " " + p.Report + " " + p.Label }

// shortName names a pull on a line of progress.
func shortName(p *plan.Pull) string {
	return tenantName(p) + " " + address.Address(p.Report).WithoutKind() + " " + p.Label
}

// shortNameIn is shortName, cleaned, in so many columns: the name of the
// tenant's block gives way first, then the middle of names. The slice stays.
func shortNameIn(p *plan.Pull, width int) string {
	parts := []string{clean(tenantName(p)), clean(address.Address(p.Report).WithoutKind()), clean(p.Label)}
	over := func() int { return runewidth.StringWidth(strings.Join(parts, " ")) - width }
	if key, ok := address.Address(p.Tenant).Key(); ok && over() > 0 {
		parts[0] = clean(key)
	}
	for _, step := range []struct{ part, least int }{{0, 16}, {1, 6}, {0, 5}} {
		part := &parts[step.part]
		if n := over(); n > 0 {
			room := max(runewidth.StringWidth(*part)-n, step.least)
			*part = middle(*part, room, room/2)
		}
	}
	name := strings.Join(parts, " ")
	if n := over(); n > 0 {
		return runewidth.TruncateLeft(name, n, "")
	}
	return name
}

func tenantName(p *plan.Pull) string { return address.Address(p.Tenant).WithoutKind() }
