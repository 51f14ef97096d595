// Package archive shows how whole what is held is: coverage with its calendar,
// where a file comes from, and whether files are what was written.
package archive

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/reportform/reportform/cmd/reportform/internal/view"
	"github.com/reportform/reportform/cmd/reportform/internal/view/plans"
	"github.com/reportform/reportform/engine"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/internal/term"
)

// What a coverage screen shows before it says how much more there is.
const (
	maxReports = 25 // in detail
	maxCovers  = 10 // different pictures of one report
	maxRuns    = 12 // gaps of one picture
	manyRuns   = 8  // from more than so many on those that are alike share a line
	// fewTenants is the number of tenants up to which whole ones are shown too.
	fewTenants = 4
)

// Human shows the state of an archive to people.
type Human struct {
	*view.Human
	verify *verification // that runs; nil otherwise
}

// NewHuman returns a view that shows the state of an archive on h.
func NewHuman(h *view.Human) *Human { return &Human{Human: h} }

// Coverage shows how much of every report and tenant is held.
func (h *Human) Coverage(c *engine.Coverage, least float64, below int) {
	o := &h.Out
	if len(c.Parts) == 0 && c.Narrowed {
		o.Printf("The selection has no report of any tenant, so there is nothing to hold.\n")
		h.Narrowed()
		return
	}
	if len(c.Parts) == 0 {
		o.Printf("There is nothing to hold: no report is declared, or none has a tenant.\n")
		return
	}
	used := map[mark]bool{}
	var total plan.Tally
	reports := 0
	for parts := c.Parts; len(parts) > 0; reports++ {
		n := 1
		for n < len(parts) && parts[n].Report == parts[0].Report {
			n++
		}
		total = total.Plus(h.coveredReport(parts[:n], c.Now, used, reports < maxReports))
		parts = parts[n:]
	}
	h.lateness(plan.LatenessOf(c.Parts))
	h.marksLegend(used)
	o.Printf("\n")
	plans.NotBegun(h.Human, c.Ahead, c.Now)
	o.Hanging(o.Bold("Coverage:")+" ", 10, percent(total)+": "+tallyText(total)+view.OfSelection(c.Narrowed)+".")
	if c.Narrowed {
		h.Narrowed()
	}
	if c.FilesTrusted {
		h.FilesTrusted()
	}
	if c.Undeclared > 0 {
		o.Paragraphs(2, "The state has "+term.Many(c.Undeclared, "more ledger")+", of tenants or reports that are not declared. If a block was renamed, state mv keeps what is held.")
	}
	if least > 0 {
		text := fmt.Sprintf("All of them hold at least %g%%.", least)
		head := o.Green("Enough:")
		if below > 0 {
			text = fmt.Sprintf("%s of %s hold less than %g%%.", term.Count(below), term.Many(len(c.Parts), "report and tenant pair"), least)
			head = o.Red("Not enough:")
		}
		o.Printf("%s %s\n", head, text)
	}
}

// lateness says how late events came, and what would have had them.
func (h *Human) lateness(list []plan.TypeLateness) {
	o := &h.Out
	if len(list) == 0 {
		return
	}
	o.Printf("%s\n", o.Bold("Late events, of settled slices that were read again:"))
	for i := range list {
		o.Hanging("  ", 4, list[i].Type+": "+latenessText(&list[i].Lateness))
	}
	o.Printf("\n")
}

func latenessText(l *ledger.Lateness) string {
	after, ok := plan.Advised(l)
	if !ok {
		return "none of " + term.Many(l.Events, "event") + "."
	}
	text := term.Count(l.Late) + " of " + term.Many(l.Events, "event") + " came "
	switch l.ByRows {
	case 0:
		text += term.Length(time.Duration(l.Least)) + " to " + term.Length(time.Duration(l.Most)) + " after they had happened"
	case l.Late:
		text += "late, by the number of rows alone"
	default:
		text += "late, " + term.Count(l.ByRows) + " of them by the number of rows alone"
	}
	return text + ". All were there " + after.String() + " after the end of their slices: settle = \"" + after.String() + "\", or revisit = \"" + after.String() + "\", has them."
}

// covered is a coverage that one or more tenants have alike.
type covered struct {
	*plan.Coverage
	tenants []string
}

// coveredReport shows one report, in detail or in numbers alone, and returns
// the sum of its slices.
func (h *Human) coveredReport(parts []plan.Coverage, now time.Time, used map[mark]bool, detailed bool) (sum plan.Tally) {
	var list []*covered
	seen := map[string]*covered{}
	whole, soonLost := 0, 0
	for i := range parts {
		p := &parts[i]
		sum = sum.Plus(p.Slices)
		for n := range p.Runs {
			if p.Runs[n].Soon {
				soonLost += p.Runs[n].Slices
			}
		}
		if p.Slices.Whole() {
			whole++
			if len(parts) > fewTenants {
				continue
			}
		}
		key := p.Key()
		if seen[key] == nil {
			seen[key] = &covered{Coverage: p}
			list = append(list, seen[key])
		}
		seen[key].tenants = append(seen[key].tenants, p.Tenant)
	}
	o := &h.Out
	o.Printf("%s\n", o.Bold(parts[0].Report))
	text := term.Many(len(parts), "tenant") + ", " + percent(sum) + ": " + tallyText(sum)
	o.Hanging("  ", 2, text)
	if soonLost > 0 {
		o.Printf("  %s\n", o.Red(term.Many(soonLost, "slice")+" will be lost within 7 days: fetch now, with reportform apply"))
	}
	if !detailed {
		o.Printf("\n")
		return sum
	}
	slices.SortStableFunc(list, func(a, b *covered) int {
		switch {
		case a.Slices.Whole() == b.Slices.Whole():
			return 0
		case b.Slices.Whole():
			return -1
		}
		return 1
	})
	for i, c := range list {
		if i == maxCovers {
			tenants := 0
			for _, c := range list[i:] {
				tenants += len(c.tenants)
			}
			o.Printf("\n")
			o.Hanging("  ", 2, fmt.Sprintf("and %s with other gaps; %s", term.Many(tenants, "more tenant"), view.AllInJSON))
			break
		}
		h.covered(c, now, used)
	}
	if whole > 0 && len(parts) > fewTenants {
		o.Printf("\n  %s\n", o.Green(term.Many(whole, "tenant")+" without a gap"))
	}
	o.Printf("\n")
	return sum
}

// covered shows the calendar and the gaps of tenants that are alike.
func (h *Human) covered(c *covered, now time.Time, used map[mark]bool) {
	o := &h.Out
	o.Printf("\n")
	text := plans.SomeTenants(c.tenants, "with the same slices")
	o.Hanging("  ", 2, text+": "+percent(c.Slices))
	slices := 0
	for i := range c.Runs {
		slices += c.Runs[i].Slices
	}
	if slices > 1 {
		h.calendar(calendar(c.Runs), used)
	}
	list := listed(c.Runs)
	shown, hidden := 0, 0
	for _, status := range []plan.Status{plan.StatusMissing, plan.StatusLost, plan.StatusOpen, plan.StatusWaiting, plan.StatusHeld} {
		for _, r := range list {
			if r.Status != status {
				continue
			}
			if shown == maxRuns {
				hidden++
				continue
			}
			shown++
			m := markOf(&r.Run)
			used[m] = true
			o.Hanging("    "+colored(o, m)+" ", 6, runText(r, now))
		}
	}
	if hidden > 0 {
		o.Printf("      and %s; %s\n", term.Many(hidden, "more range"), view.AllInJSON)
	}
}

// listedRun is a run as it is listed: one, or several that stand alike, of the
// slices from the first to the last.
type listedRun struct {
	plan.Run
	before int // slices of the coverage before the first
	of     int // slices from the first to the last, these and others
}

// listed returns the runs that are worth a line: all but what is simply held.
// Where they are too many, those of a day that stand alike are put together;
// where that is not enough those of a month, and of a year.
func listed(runs []plan.Run) []*listedRun {
	var list []*listedRun
	for _, period := range []int{0, len("2006-01-02"), len("2006-01"), len("2006")} {
		if list = listedBy(runs, period); len(list) <= manyRuns {
			break
		}
	}
	return list
}

// listedBy puts runs together that stand alike and begin in one period: on
// days whose first characters, so many, are the same. With 0 it leaves all apart.
func listedBy(runs []plan.Run, period int) []*listedRun {
	var list []*listedRun
	alone := len(runs) == 1 && runs[0].Slices == 1
	slices := 0
	for i := range runs {
		r := &runs[i]
		before := slices
		slices += r.Slices
		if r.Status == plan.StatusHeld && r.Why == "" && !alone {
			continue
		}
		if same := alikeBefore(list, r, period); same != nil {
			same.To, same.Last, same.LastDay = r.To, r.Last, r.LastDay
			same.Slices += r.Slices
			same.of = slices - same.before
			continue
		}
		list = append(list, &listedRun{*r, before, r.Slices})
	}
	return list
}

// alikeBefore returns the one of a list that a run can be put together with.
func alikeBefore(list []*listedRun, r *plan.Run, period int) *listedRun {
	for _, before := range slices.Backward(list) {
		switch {
		case period == 0 || !strings.HasPrefix(r.FirstDay, before.FirstDay[:min(period, len(before.FirstDay))]):
			return nil
		case before.Alike(r):
			return before
		}
	}
	return nil
}

// runText says of a run which slices it has, how they stand and what is to
// come.
func runText(r *listedRun, now time.Time) string {
	text := plans.Stretch(r.First, r.Last, r.From, r.To)
	switch {
	case r.of > r.Slices:
		text += ", " + term.Count(r.Slices) + " of " + term.Many(r.of, "slice")
	case r.Slices > 1:
		text += ", " + term.Many(r.Slices, "slice")
	}
	switch r.Status {
	case plan.StatusMissing:
		return text + lackText(&r.Run) + "; " + fillable(&r.Run, now)
	case plan.StatusOpen:
		if r.Lacking == nil {
			return text + ": held, but not final yet"
		}
		return text + lackText(&r.Run)
	}
	text += ": "
	switch r.Status {
	case plan.StatusWaiting:
		if r.Slices > 1 {
			return text + "not settled, the first until " + term.Moment(r.Until)
		}
		return text + "not settled until " + term.Moment(r.Until)
	case plan.StatusLost:
		if !r.LostAt.IsZero() {
			return text + "will be lost at " + term.Moment(r.LostAt) + ", " + r.Why
		}
		return text + "lost, " + r.Why
	}
	if r.Why != "" {
		return text + "held, if not as declared now; " + strings.TrimSuffix(r.Why, "; what is held stays as it is")
	}
	return text + "held"
}

// lackText says why the slices of a run are lacked and, where it is not all
// outputs for one reason, by which. It continues the text on the slices.
func lackText(r *plan.Run) string {
	byReason := map[plan.Reason][]string{}
	for _, lack := range r.Lacking {
		byReason[lack.Reason] = append(byReason[lack.Reason], lack.Output)
	}
	var parts []string
	for _, reason := range plans.Reasons() {
		switch list := byReason[reason]; {
		case list == nil:
		case r.Outputs == nil && len(byReason) == 1:
			return ": " + plans.ReasonText(reason)
		default:
			parts = append(parts, "in "+strings.Join(list, " and ")+": "+plans.ReasonText(reason))
		}
	}
	return ", " + strings.Join(parts, "; ")
}

// fillable says until when missing slices can be fetched.
func fillable(r *plan.Run, now time.Time) string {
	if r.LostAt.IsZero() {
		return "fillable at any time"
	}
	text := "fillable until " + term.Moment(r.LostAt) + " (in " + away(r.LostAt.Sub(now)) + ")"
	if r.Slices > 1 && !sameDay(r.From, r.To) { // the service forgets whole days
		text += ", the later ones longer"
	}
	return text
}

// sameDay reports whether a stretch of time lies on one day in UTC.
func sameDay(from, to time.Time) bool {
	const day = 24 * time.Hour
	return from.UTC().Truncate(day).Equal(to.UTC().Add(-time.Nanosecond).Truncate(day))
}

// away is how far a time is away, rounded down: in whole days, in hours where
// it is near, and in both where days alone could be taken for lost soon.
func away(d time.Duration) string {
	days, hours := int(d/(24*time.Hour)), int(d/time.Hour)
	switch {
	case hours < 1:
		return "less than an hour"
	case days < 2:
		return term.Many(hours, "hour")
	case d < plan.Soon+24*time.Hour && hours%24 > 0:
		return term.Many(days, "day") + " " + term.Many(hours%24, "hour")
	}
	return term.Many(days, "day")
}

// percent is the share of held slices, rounded down: 100% is everything.
func percent(t plan.Tally) string {
	if t.Owed() == 0 && t.Open == 0 {
		return "nothing is due"
	}
	return fmt.Sprintf("%g%%", math.Floor(t.Percent()*10)/10)
}

// tallyText is the counts of slices, those that are not zero.
func tallyText(t plan.Tally) string {
	parts := []string{term.Many(t.Held, "slice") + " held"}
	for _, of := range []struct {
		n    int
		word string
	}{{t.Missing, "missing"}, {t.Lost, "lost"}, {t.Open, "open"}, {t.Waiting, "waiting"}} {
		if of.n > 0 {
			parts = append(parts, term.Count(of.n)+" "+of.word)
		}
	}
	return strings.Join(parts, ", ")
}
