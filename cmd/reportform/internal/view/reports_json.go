package view

import (
	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/internal/limits"
)

type reportTypeMessage struct {
	Head
	Name        string   `json:"name"`
	Description string   `json:"description"`
	API         string   `json:"api"`
	APIVersion  string   `json:"api_version"`
	Path        string   `json:"path"`
	Filter      string   `json:"filter,omitempty"`
	Time        string   `json:"time,omitempty"`
	ID          []string `json:"id"`
	Snapshot    bool     `json:"snapshot"`
	OrderBy     string   `json:"order_by,omitempty"`
	PageSize    int      `json:"page_size,omitempty"`
	Permissions []string `json:"permissions"`
	License     string   `json:"license,omitempty"`
	Successor   string   `json:"successor,omitempty"`
	Retention   string   `json:"retention,omitempty"`
	// RetentionBy and Licences are by the licence of a directory.
	RetentionBy map[string]string `json:"retention_by_licence,omitempty"`
	Licences    []string          `json:"licences,omitempty"`
	Settle      string            `json:"settle"`
	Limits      []budgetMessage   `json:"limits"`
	Headers     map[string]string `json:"headers,omitempty"`
	Columns     []string          `json:"columns"`
	With        []ruleMessage     `json:"with_property,omitempty"`
	Source      string            `json:"source,omitempty"`
}

// ruleMessage is what is different where a report names a property.
type ruleMessage struct {
	Property    string   `json:"property"`
	PageSize    int      `json:"page_size,omitempty"`
	Permissions []string `json:"permissions,omitempty"`
	License     string   `json:"license,omitempty"`
	Licences    []string `json:"licences,omitempty"`
	Limit       string   `json:"limit,omitempty"`
}

type budgetMessage struct {
	Of       string `json:"of"` // "app_tenant", "app" or "tenant"
	Requests int    `json:"requests"`
	Per      string `json:"per"`
}

// ReportTypes writes every report type. Limits are described with a single one.
func (j *JSON) ReportTypes(types []*config.ReportType) {
	for _, t := range types {
		j.ReportType(t, nil)
	}
}

// ReportType describes one report type; limit is its class, or nil.
func (j *JSON) ReportType(t *config.ReportType, limit *config.LimitClass) {
	message := reportTypeMessage{
		Head: HeadOf(TypeReportType),
		Name: t.Name, Description: t.Description, API: t.API, APIVersion: t.Version, Path: t.Path,
		Filter: t.Filter, Time: t.Time, ID: list(t.ID), Snapshot: t.Snapshot(), OrderBy: t.OrderBy,
		PageSize: t.PageSize, Permissions: list(t.Permissions), License: t.License, Licences: t.Licences, Successor: t.Successor, Settle: t.Settle.String(),
		Limits: []budgetMessage{}, Headers: t.Headers, Columns: list(t.ColumnPaths()), Source: t.Source,
	}
	if t.Retention != nil {
		message.Retention = t.Retention.String()
	}
	for licence, d := range t.RetentionBy {
		if message.RetentionBy == nil {
			message.RetentionBy = map[string]string{}
		}
		message.RetentionBy[licence] = d.String()
	}
	for i := range t.With {
		r := &t.With[i]
		message.With = append(message.With, ruleMessage{r.Property, r.PageSize, r.Permissions, r.License, r.Licences, r.Limit})
	}
	if limit != nil {
		for _, b := range []struct {
			of     string
			budget limits.Rate
		}{{"app_tenant", limit.AppTenant}, {"app", limit.App}, {"tenant", limit.Tenant}} {
			if b.budget.Requests > 0 {
				message.Limits = append(message.Limits, budgetMessage{b.of, b.budget.Requests, b.budget.Time()})
			}
		}
	}
	j.Put(message)
}

// list returns a list that JSON writes as [] where it is empty.
func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
