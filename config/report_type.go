package config

import "github.com/hashicorp/hcl/v2"

// ReportType is a catalog entry: everything that the engine knows of a report
// of the service. Built-in entries and report_type blocks of a configuration
// have the same schema and the same decoder.
type ReportType struct {
	Name        string
	Description string
	// API is APIGraph or APIAADGraph.
	API string
	// Version is the path's first segment on Microsoft Graph, v1.0 or beta,
	// and the api-version on Azure AD Graph.
	Version string
	// Path is the request path after version (Graph) or tenant (Azure AD
	// Graph), such as /auditLogs/signIns or /reports/auditEvents.
	Path string
	// Filter is a condition that the entry always adds, such as the event
	// kind of non-interactive sign-ins; usually empty.
	Filter string
	// Time is the property that the slice's condition filters; empty for a
	// snapshot, which has no time filter.
	Time string
	// ID lists the properties that together identify an event; empty where
	// the service gives no identity.
	ID []string
	// Lower is the operator of the slice's lower bound, "ge" or "gt" (gt with
	// the last tick before the bound), Upper that of the upper, "lt" or "le".
	Lower, Upper string
	// OrderBy is sent as $orderby; empty to send none.
	OrderBy string
	// PageSize is sent as $top; 0 to send none.
	PageSize int
	// Permissions are the application permissions that are needed, all of them.
	Permissions []string
	// License says which licence the service demands, empty if none.
	License string
	// Retention is how long the service keeps events at the longest (premium
	// directories); nil where unknown or without limit.
	Retention *Duration
	// Settle is how late events become visible.
	Settle Duration
	// Limit names the class of published request limits, see LimitClass;
	// empty for none.
	Limit string
	// Headers are sent with every request, such as ConsistencyLevel.
	Headers map[string]string
	// Columns are the default columns of tabular formats, as dotted paths.
	Columns []string
	// Source says where the facts come from: documentation or observation.
	Source string
	Range  hcl.Range
}

// Snapshot reports whether the type has no time filter: it gives the state of
// the moment, and what was missed is lost.
func (t *ReportType) Snapshot() bool { return t.Time == "" }

// Values of ReportType.API.
const (
	APIGraph    = "graph"
	APIAADGraph = "aad_graph"
)

// LimitClass is a set of published limits that apply together to the requests
// of every report type that names it.
type LimitClass struct {
	Name string
	// The budgets of one app in one tenant, of one app over all its tenants,
	// and of one tenant whoever asks. The zero Budget is no limit.
	AppTenant, App, Tenant Budget
	Source                 string
}

// Budget is a number of requests in a time.
type Budget struct {
	Requests int
	Per      Duration
}
