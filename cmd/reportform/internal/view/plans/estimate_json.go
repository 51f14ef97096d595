package plans

import (
	"github.com/reportform/reportform/cmd/reportform/internal/view"
	"github.com/reportform/reportform/engine/plan"
)

type estimateMessage struct {
	view.Head
	Requests    int64   `json:"requests"`
	Events      int64   `json:"events"`
	Bytes       int64   `json:"bytes"`
	TimeSeconds float64 `json:"time_seconds"`
	Unknown     int     `json:"unknown"`
}

type tenantEstimateMessage struct {
	view.Head
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
	view.Head
	Limit       limitMessage `json:"limit"`
	Requests    int64        `json:"requests"`
	TimeSeconds float64      `json:"time_seconds"`
}

type scheduleMessage struct {
	view.Head
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
		j.Put(tenantEstimateMessage{view.HeadOf(view.TypeTenantEstimate), t.Tenant, t.Requests, t.Events, t.Bytes, t.Time.Seconds()})
	}
	for i := range e.Apps {
		a := &e.Apps[i]
		limit := limitMessage{a.Class, a.Limit.Requests, a.Limit.Per.Seconds(), a.App, ""}
		j.Put(appEstimateMessage{view.HeadOf(view.TypeAppEstimate), limit, a.Requests, a.Time.Seconds()})
	}
	j.Put(estimateMessage{view.HeadOf(view.TypeEstimate), e.Requests, e.Events, e.Bytes, e.Time.Seconds(), e.Unknown})
}

func (j *JSON) schedules(list []plan.Schedule) {
	for i := range list {
		s := &list[i]
		limit := limitMessage{s.Class, s.Limit.Requests, s.Limit.Per.Seconds(), s.App, s.Tenant}
		j.Put(scheduleMessage{view.HeadOf(view.TypeSchedule), s.Report, s.Every, s.Needs.Seconds(), limit})
	}
}
