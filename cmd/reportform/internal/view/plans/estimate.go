package plans

import (
	"fmt"
	"time"

	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/internal/limits"
	"github.com/reportform/reportform/internal/term"
)

// soonLost names the slices that the service will not have much longer.
func (h *Human) soonLost(p *plan.Plan) {
	var gaps []plan.Gap
	for i := range p.Pulls {
		pull := &p.Pulls[i]
		if pull.Source != nil || pull.LostAt.IsZero() || pull.LostAt.Sub(p.Now) > plan.Soon {
			continue
		}
		if n := len(gaps); n > 0 && gaps[n-1].Tenant == pull.Tenant && gaps[n-1].Report == pull.Report && gaps[n-1].To.Equal(pull.From) {
			gaps[n-1].To, gaps[n-1].Last = pull.To, pull.Label
			gaps[n-1].Slices++
			continue
		}
		gaps = append(gaps, plan.Gap{
			Tenant: pull.Tenant, Report: pull.Report, From: pull.From, To: pull.To,
			First: pull.Label, Last: pull.Label, Slices: 1, Until: pull.LostAt,
		})
	}
	h.gaps("Soon lost", "the service does not have them much longer", gaps)
}

// schedules says which windows have slices faster than they can be fetched.
func (h *Human) schedules(list []plan.Schedule) {
	if len(list) == 0 {
		return
	}
	o := &h.Out
	o.Printf("%s (these reports fall behind further and further):\n\n", o.Red("Schedules that cannot hold"))
	for i := range list {
		s := &list[i]
		o.Hanging("  ", 2, fmt.Sprintf("%s: a slice every %s needs %s at the published limit", s.Report, s.Every, term.Length(s.Needs)))
		o.Hanging("    ", 4, rateText(s.Limit, s.App, s.Tenant, s.Class))
	}
	o.Printf("\n")
	o.Hanging("  ", 2, "Narrow the filter, leave out tenants, or share them among several applications: each has limits of its own.")
	o.Printf("\n")
}

// rateText names a published limit.
func rateText(r limits.Rate, app, tenant, class string) string {
	// The window has a margin, which says nothing to a reader.
	text := fmt.Sprintf("%s in %s, class %q", term.Many(r.Requests, "request"), r.Per.Truncate(time.Second), class)
	if app != "" {
		text += ", of application " + app
	}
	if tenant == "" {
		return text + " over all its tenants"
	}
	return text + " in " + tenant
}

// estimate says what the plan takes.
func (h *Human) estimate(e *plan.Estimate) {
	if e == nil || e.Requests == 0 {
		return
	}
	o := &h.Out
	prefix := "about "
	if e.Unknown > 0 {
		prefix = "at least "
	}
	text := prefix + term.Length(e.Time) + " for " + term.Many(e.Requests, "request")
	if e.Time < time.Second {
		text = prefix + term.Many(e.Requests, "request")
		if e.Unknown == 0 {
			text += " in less than a second"
		}
	}
	if e.Events > 0 {
		text += ", " + term.Many(e.Events, "event")
	}
	if e.Bytes > 0 {
		text += ", " + term.Size(e.Bytes) + " of files"
	}
	text += "."
	switch {
	case len(e.Apps) > 0 && e.Apps[0].Time == e.Time && e.Time > 0:
		a := &e.Apps[0]
		text += " What sets the pace: " + rateText(a.Limit, a.App, "", a.Class) + "."
	case len(e.Tenants) > 1 && e.Tenants[0].Time == e.Time && e.Time >= time.Second:
		text += " " + e.Tenants[0].Tenant + " takes longest."
	}
	if e.Unknown > 0 {
		text += " Nothing is held yet for " + term.Many(e.Unknown, "pull") + ": each counts as one request."
	}
	o.Hanging(o.Bold("Takes:")+" ", 7, text)
}
