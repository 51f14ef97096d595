package plans

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/reportform/reportform/engine/plan"
)

// The plan is drawn from pictures: the pulls of one tenant for one report with
// consecutive slices joined to ranges. Tenants with equal pictures share one,
// so the screen grows with what differs, not with the number of tenants.

// reportPulls are the planned pulls of one report.
type reportPulls struct {
	report   string
	outputs  []string // of all its pulls, in order of first sight
	pictures []*picture
}

// picture is what one or more tenants have to do for a report.
type picture struct {
	tenants []string
	pulls   int // of one tenant
	ranges  []sliceRange
}

// sliceRange is a run of consecutive slices that are pulled into the same
// outputs for the same reasons.
type sliceRange struct {
	first, last *plan.Pull
	slices      int
}

// joins reports whether p continues the range.
func (r *sliceRange) joins(p *plan.Pull) bool {
	return r.last.To.Equal(p.From) && r.last.Final == p.Final && sourceOf(r.last) == sourceOf(p) &&
		slices.EqualFunc(r.last.Outputs, p.Outputs, func(a, b plan.PullOutput) bool {
			return a.Output == b.Output && a.Reason == b.Reason
		})
}

// sourceOf is the output that a pull is made from, empty for the service.
func sourceOf(p *plan.Pull) string {
	if p.Source == nil {
		return ""
	}
	return p.Source.Output
}

// key is equal for equal pictures.
func (c *picture) key() string {
	var b strings.Builder
	for _, r := range c.ranges {
		fmt.Fprintf(&b, "%d %d %d %t %s", r.first.From.UnixNano(), r.last.To.UnixNano(), r.slices, r.first.Final, r.first.Label)
		for _, o := range r.first.Outputs {
			fmt.Fprintf(&b, " %s=%s", o.Output, o.Reason)
		}
		b.WriteString(" " + sourceOf(r.first))
		b.WriteByte('\n')
	}
	return b.String()
}

// pictures groups the pulls of a plan, which are in order of report, tenant
// and slice.
func pictures(pulls []plan.Pull) []*reportPulls {
	var reports []*reportPulls
	var current *reportPulls
	var drawn *picture
	var seen map[string]*picture
	finish := func() {
		if drawn == nil {
			return
		}
		key := drawn.key()
		if same := seen[key]; same != nil {
			same.tenants = append(same.tenants, drawn.tenants...)
		} else {
			seen[key] = drawn
			current.pictures = append(current.pictures, drawn)
		}
		drawn = nil
	}
	for i := range pulls {
		p := &pulls[i]
		if current == nil || current.report != p.Report {
			finish()
			current = &reportPulls{report: p.Report}
			seen = map[string]*picture{}
			reports = append(reports, current)
		}
		if drawn == nil || drawn.tenants[0] != p.Tenant {
			finish()
			drawn = &picture{tenants: []string{p.Tenant}}
		}
		for _, o := range p.Outputs {
			if !slices.Contains(current.outputs, o.Output) {
				current.outputs = append(current.outputs, o.Output)
			}
		}
		drawn.pulls++
		if n := len(drawn.ranges); n > 0 && drawn.ranges[n-1].joins(p) {
			drawn.ranges[n-1].last = p
			drawn.ranges[n-1].slices++
			continue
		}
		drawn.ranges = append(drawn.ranges, sliceRange{p, p, 1})
	}
	finish()
	return reports
}

// gapPicture is a gap that one or more tenants have alike.
type gapPicture struct {
	gap     plan.Gap
	tenants []string
}

func gapPictures(gaps []plan.Gap) []*gapPicture {
	type key struct {
		report, why     string
		from, to, until time.Time
		slices          int
	}
	var list []*gapPicture
	seen := map[key]*gapPicture{}
	for _, g := range gaps {
		k := key{g.Report, g.Why, g.From, g.To, g.Until, g.Slices}
		if same := seen[k]; same != nil {
			same.tenants = append(same.tenants, g.Tenant)
			continue
		}
		seen[k] = &gapPicture{gap: g, tenants: []string{g.Tenant}}
		list = append(list, seen[k])
	}
	return list
}

// orphanPicture is the orphans of one report in one output, for one reason.
type orphanPicture struct {
	why, report, output string
	protected           bool
	tenants             []string
	paths               []string
	bytes               int64
}

func orphanPictures(orphans []plan.Orphan) []*orphanPicture {
	var list []*orphanPicture
	type group struct {
		why, report, output string
		protected           bool
	}
	type member struct {
		group

		tenant string
	}
	seen, tenants := map[group]*orphanPicture{}, map[member]bool{}
	for _, o := range orphans {
		k := group{o.Why, o.Report, o.Output, o.Protected}
		c := seen[k]
		if c == nil {
			c = &orphanPicture{why: o.Why, report: o.Report, output: o.Output, protected: o.Protected}
			seen[k] = c
			list = append(list, c)
		}
		if t := (member{k, o.Tenant}); !tenants[t] {
			tenants[t] = true
			c.tenants = append(c.tenants, o.Tenant)
		}
		c.paths = append(c.paths, o.Place.String())
		c.bytes += o.Bytes
	}
	return list
}

// reasons counts the pulls of a plan by their leading reason.
func reasons(pulls []plan.Pull) map[plan.Reason]int {
	counts := map[plan.Reason]int{}
	for i := range pulls {
		counts[leadingReason(&pulls[i])]++
	}
	return counts
}

// leadingReason is the reason that counts where outputs of a pull differ: the
// earliest in the order of Reasons.
func leadingReason(p *plan.Pull) plan.Reason {
	order := Reasons()
	best := len(order)
	for _, o := range p.Outputs {
		if i := slices.Index(order, o.Reason); i >= 0 {
			best = min(best, i)
		}
	}
	if best == len(order) {
		return plan.New
	}
	return order[best]
}
