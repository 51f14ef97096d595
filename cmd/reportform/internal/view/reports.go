package view

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/internal/limits"
	"github.com/reportform/reportform/internal/term"
)

// ReportTypes lists report types by API.
func (h *Human) ReportTypes(types []*config.ReportType) {
	o := &h.Out
	for _, api := range config.APIs() {
		widest := 0
		var list []*config.ReportType
		for _, t := range types {
			if t.API == api {
				list = append(list, t)
				widest = max(widest, min(len(t.Name), 40))
			}
		}
		if list == nil {
			continue
		}
		o.Printf("%s\n", o.Bold(apiName(api)))
		for _, t := range list {
			if len(t.Name) > widest {
				o.Printf("  %s\n", o.Cyan(t.Name))
				o.Hanging(term.Styled(strings.Repeat(" ", widest+4)), widest+4, t.Description)
				continue
			}
			pad := strings.Repeat(" ", widest-len(t.Name))
			o.Hanging("  "+o.Cyan(t.Name)+term.Styled(pad)+"  ", widest+4, t.Description)
		}
		o.Printf("\n")
	}
	o.Printf("All about one of them: reportform reports TYPE\n")
}

func apiName(api string) string {
	switch api {
	case config.APIGraph:
		return "Microsoft Graph"
	case config.APIAADGraph:
		return "Azure AD Graph reporting API (retired)"
	}
	return api
}

// ReportType describes one report type; limit is its class, or nil.
func (h *Human) ReportType(t *config.ReportType, limit *config.LimitClass) {
	o := &h.Out
	o.Printf("%s\n", o.Bold(t.Name))
	if t.Description != "" {
		o.Paragraphs(2, t.Description)
	}
	o.Printf("\n")
	fact := func(term, text string) {
		if text != "" {
			o.Hanging(o.Cyan(fmt.Sprintf("  %-13s", term)), 15, text)
		}
	}
	fact("API", apiName(t.API)+", "+t.Version)
	fact("Path", t.Path)
	fact("Filter", t.Filter)
	if t.Snapshot() {
		fact("Time", "none: a snapshot of the moment; a missed one cannot be fetched later")
	} else {
		fact("Time", fmt.Sprintf("%s, %s the slice's beginning and %s its end", t.Time, t.Lower, t.Upper))
	}
	fact("Identity", strings.Join(t.ID, " and "))
	fact("Order", t.OrderBy)
	if t.PageSize > 0 {
		fact("Page size", term.Count(t.PageSize))
	}
	if len(t.Permissions) > 0 {
		fact("Permissions", strings.Join(t.Permissions, " and ")+" (application)")
	}
	fact("Licence", t.License)
	if t.API == config.APIAADGraph {
		fact("Retired", "the API has been shut down since 2025-08-31"+successorText(t.Successor))
	}
	if t.Retention != nil {
		kept := t.Retention.String() + " by the service, at the longest"
		for _, licence := range config.Licences() {
			if d := t.Kept(licence); *d != *t.Retention {
				kept += fmt.Sprintf("; with the licence %q %s", licence, d)
			}
		}
		fact("Kept", kept)
	}
	if !t.Snapshot() {
		fact("Settles", t.Settle.String()+" after a slice's end")
	}
	if t.Limit != "" {
		fact("Limits", limitText(t.Limit, limit))
	}
	for i := range t.With {
		fact("With", withText(&t.With[i]))
	}
	var headers []string
	for name, value := range t.Headers {
		headers = append(headers, name+": "+value)
	}
	slices.Sort(headers)
	fact("Headers", strings.Join(headers, ", "))
	fact("Columns", strings.Join(t.ColumnPaths(), ", "))
	fact("Source", t.Source)
	o.Printf("\n")
	o.Printf("  report %q \"example\" {\n    window  = window.daily\n    outputs = [output.json.archive]\n  }\n", t.Name)
}

// withText says what is different where a report names a property.
func withText(r *config.PropertyRule) string {
	text := r.Property + " in select or filter:"
	for _, of := range []struct{ word, value string }{
		{"page size", strings.TrimPrefix(strconv.Itoa(r.PageSize), "0")},
		{"permissions", strings.Join(r.Permissions, " and ")},
		{"licence", r.License},
		{"limits", r.Limit},
	} {
		if of.value != "" {
			text += " " + of.word + " " + of.value + ","
		}
	}
	return strings.TrimSuffix(text, ",")
}

// successorText ends a sentence about a retired report.
func successorText(successor string) string {
	if successor == "" {
		return "; Microsoft Graph has no such report"
	}
	return "; " + successor + " succeeds it"
}

func limitText(name string, l *config.LimitClass) string {
	if l == nil {
		return name
	}
	var parts []string
	for _, b := range []struct {
		budget limits.Rate
		of     string
	}{{l.AppTenant, "an app in a tenant"}, {l.App, "an app over all tenants"}, {l.Tenant, "a tenant"}} {
		if b.budget.Requests > 0 {
			parts = append(parts, fmt.Sprintf("%s in %s for %s", term.Many(b.budget.Requests, "request"), b.budget.Time(), b.of))
		}
	}
	if parts == nil {
		return name
	}
	return name + ": " + strings.Join(parts, "; ")
}
