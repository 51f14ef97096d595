package view

import (
	"fmt"
	"time"

	"github.com/reportform/reportform/engine/plan"
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
	o := &h.out
	o.printf("%s (these reports fall behind further and further):\n\n", o.red("Schedules that cannot hold"))
	for i := range list {
		s := &list[i]
		o.hanging("  ", 2, fmt.Sprintf("%s: a slice every %s needs %s at the published limit", s.Report, s.Every, length(s.Needs)))
		o.hanging("    ", 4, rateText(s.Limit, s.App, s.Tenant, s.Class))
	}
	o.printf("\n")
	o.hanging("  ", 2, "Narrow the filter, leave out tenants, or share them among several applications: each has limits of its own.")
	o.printf("\n")
}

// rateText names a published limit.
func rateText(r plan.Rate, app, tenant, class string) string {
	// The window has a margin, which says nothing to a reader.
	text := fmt.Sprintf("%s in %s, class %q", many(r.Requests, "request"), r.Window.Truncate(time.Second), class)
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
	o := &h.out
	prefix := "about "
	if e.Unknown > 0 {
		prefix = "at least "
	}
	text := prefix + length(e.Time) + " for " + many(e.Requests, "request")
	if e.Time < time.Second {
		text = prefix + many(e.Requests, "request")
		if e.Unknown == 0 {
			text += " in less than a second"
		}
	}
	if e.Events > 0 {
		text += ", " + many(e.Events, "event")
	}
	if e.Bytes > 0 {
		text += ", " + size(e.Bytes) + " of files"
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
		text += " Nothing is held yet of " + many(e.Unknown, "pull") + ", to know it better: each counts as one request."
	}
	o.hanging(o.bold("Takes:")+" ", 7, text)
}

type estimateMessage struct {
	head
	Requests    int64   `json:"requests"`
	Events      int64   `json:"events"`
	Bytes       int64   `json:"bytes"`
	TimeSeconds float64 `json:"time_seconds"`
	Unknown     int     `json:"unknown"`
}

type tenantEstimateMessage struct {
	head
	Tenant      string  `json:"tenant"`
	Requests    int64   `json:"requests"`
	Events      int64   `json:"events"`
	Bytes       int64   `json:"bytes"`
	TimeSeconds float64 `json:"time_seconds"`
}

type limitMessage struct {
	Class         string  `json:"class"`
	Requests      int     `json:"requests"`
	WindowSeconds float64 `json:"window_seconds"`
	App           string  `json:"app,omitempty"`
	Tenant        string  `json:"tenant,omitempty"`
}

type appEstimateMessage struct {
	head
	Limit       limitMessage `json:"limit"`
	Requests    int64        `json:"requests"`
	TimeSeconds float64      `json:"time_seconds"`
}

type scheduleMessage struct {
	head
	Report       string       `json:"report"`
	Every        string       `json:"every"`
	NeedsSeconds float64      `json:"needs_seconds"`
	Limit        limitMessage `json:"limit"`
}

// estimate writes what the plan takes, in all, by tenant and by application.
func (j *JSON) estimate(e *plan.Estimate) {
	if e == nil {
		return
	}
	for i := range e.Tenants {
		t := &e.Tenants[i]
		j.put(tenantEstimateMessage{headOf(TypeTenantEstimate), t.Tenant, t.Requests, t.Events, t.Bytes, t.Time.Seconds()})
	}
	for i := range e.Apps {
		a := &e.Apps[i]
		limit := limitMessage{a.Class, a.Limit.Requests, a.Limit.Window.Seconds(), a.App, ""}
		j.put(appEstimateMessage{headOf(TypeAppEstimate), limit, a.Requests, a.Time.Seconds()})
	}
	j.put(estimateMessage{headOf(TypeEstimate), e.Requests, e.Events, e.Bytes, e.Time.Seconds(), e.Unknown})
}

func (j *JSON) schedules(list []plan.Schedule) {
	for i := range list {
		s := &list[i]
		limit := limitMessage{s.Class, s.Limit.Requests, s.Limit.Window.Seconds(), s.App, s.Tenant}
		j.put(scheduleMessage{headOf(TypeSchedule), s.Report, s.Every, s.Needs.Seconds(), limit})
	}
}
