package config

import (
	"cmp"
	"maps"
	"net/textproto"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/config/lang"
	"github.com/reportform/reportform/internal/calendar"
	"github.com/reportform/reportform/internal/column"
	"github.com/reportform/reportform/internal/diag"
)

// ReportType is a catalog entry: everything that the engine knows of a report
// of the service. Built-in entries and report_type blocks of a configuration
// have the same schema and the same decoder.
type ReportType struct {
	Name        string
	Description string
	// API is one of APIs.
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
	// Successor names the report type that takes the place of one whose API is
	// retired; empty for none.
	Successor string
	// License says which licence the service demands, empty if none.
	License string
	// Retention is how long the service keeps events at the longest (premium
	// directories); nil where unknown or without limit.
	Retention *calendar.Duration
	// RetentionBy is how long it keeps those of a directory with a licence, see
	// Kept.
	RetentionBy map[string]calendar.Duration
	// Licences are those with which a directory has the report; nil for all.
	Licences []string
	// Operators says, by property, which operators and functions of a filter the
	// service takes, those of "*" for the properties that are not named. A
	// property of which nothing is said is not checked.
	Operators map[string][]string
	// With says how the service is asked differently for certain properties.
	With []PropertyRule
	// Settle is how late events become visible.
	Settle calendar.Duration
	// Limit names the class of published request limits, see LimitClass;
	// empty for none.
	Limit string
	// Headers are sent with every request, such as ConsistencyLevel.
	Headers map[string]string
	// Columns are the default columns of tabular formats.
	Columns []column.Column
	// Fields are the fields of an event whose types are known, those of
	// structs by their dotted paths as well.
	Fields []column.Column
	// Source says where the facts come from: documentation or observation.
	Source string
	// Complete reports that Fields and Columns are all that the service documents.
	Complete bool
	Range    hcl.Range
}

// Snapshot reports whether the type has no time filter: it gives the state of
// the moment, and what was missed is lost.
func (t *ReportType) Snapshot() bool { return t.Time == "" }

// RetiredFor reports whether the type's requests for a tenant go to an API that
// Microsoft has shut down: Azure AD Graph at the host of a real cloud, with no
// endpoint of the tenant's own in its place.
func (t *ReportType) RetiredFor(tenant *Tenant) bool {
	return t.API == APIAADGraph && tenant.Cloud != CloudSandbox && tenant.Endpoints.AADGraph == Clouds()[tenant.Cloud].AADGraph
}

// SetFields says which fields an event has, and gives the columns their types.
func (t *ReportType) SetFields(fields []column.Column) {
	t.Fields = fields
	t.Columns = column.Typed(t.ColumnPaths(), fields)
}

// ColumnPaths returns the paths of the default columns.
func (t *ReportType) ColumnPaths() []string { return column.Paths(t.Columns) }

// Values of ReportType.API.
const (
	APIGraph    = "graph"
	APIAADGraph = "aad_graph"
)

// APIs are the APIs that reports come from.
func APIs() []string { return []string{APIGraph, APIAADGraph} }

func reportTypeSchema() *hcl.BodySchema {
	return &hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{{Type: withProperty, LabelNames: []string{"property"}}}, Attributes: []hcl.AttributeSchema{
		{Name: "description"},
		{Name: "api"},
		{Name: "version"},
		{Name: "path", Required: true},
		{Name: "filter"},
		{Name: "time"},
		{Name: "id"},
		{Name: "lower"},
		{Name: "upper"},
		{Name: "order_by"},
		{Name: "page_size"},
		{Name: "permissions"},
		{Name: "successor"},
		{Name: "license"},
		{Name: "licences"},
		{Name: "retention"},
		{Name: "operators"},
		{Name: "settle"},
		{Name: "limit"},
		{Name: "headers"},
		{Name: "columns"},
		{Name: "types"},
		{Name: "source"},
	}}
}

// Defaults of a report_type block.
const (
	defaultGraphVersion    = "v1.0"
	defaultAADGraphVersion = "beta"
	maxPageSize            = 10_000
)

// DecodeReportType decodes a report_type block, whose one label is the name.
// Its expressions are evaluated in hclCtx. The name of a limit class is looked
// up in limits; a nil map lets every name pass. The ReportType is nil when
// there are errors.
func DecodeReportType(block *hcl.Block, hclCtx *hcl.EvalContext, limits map[string]*LimitClass) (*ReportType, hcl.Diagnostics) {
	schema := reportTypeSchema()
	content, diags := block.Body.Content(schema)
	a := lang.NewAttributes(content, schema, hclCtx)
	t := decodeReportType(block, a, limits)
	diags = append(diags, a.Diagnostics()...)
	diags = append(diags, decodeRules(t, content.Blocks, hclCtx, limits)...)
	diags = append(diags, checkSnakeCase(block)...)
	if diags.HasErrors() {
		return nil, diags
	}
	return t, diags
}

func decodeReportType(block *hcl.Block, a *lang.Attributes, limits map[string]*LimitClass) *ReportType {
	t := &ReportType{
		Name:   block.Labels[0],
		API:    APIGraph,
		ID:     []string{"id"},
		Settle: calendar.Duration{N: 15, Unit: calendar.Minute},
		Range:  block.DefRange,
	}
	if api, ok := a.OneOf("api", APIs()...); ok {
		t.API = api
	}
	t.Version = reportVersion(a, t.API)
	t.Path = reportPath(a)
	t.Description, _ = a.Text("description")
	t.Successor, _ = a.NonEmpty("successor")
	t.Filter = typeFilter(a)
	t.Time, _ = a.NonEmpty("time")
	t.OrderBy, _ = a.Text("order_by")
	t.PageSize, _ = a.Integer("page_size", 0, maxPageSize)
	t.Permissions, _ = a.Texts("permissions")
	t.License, _ = a.Text("license")
	decodeRetention(a, t)
	t.Licences = decodeLicences(a)
	t.Operators = operatorsOf(a)
	columns, _ := a.Texts("columns")
	t.Columns = column.Typed(columns, nil)
	t.SetFields(fieldsOf(a))
	t.Source, _ = a.Text("source")
	t.Headers = headersOf(a)

	if a.Has("time") {
		lower, _ := a.OneOf("lower", "ge", "gt")
		upper, _ := a.OneOf("upper", "lt", "le")
		t.Lower, t.Upper = cmp.Or(lower, "ge"), cmp.Or(upper, "lt")
	} else {
		t.Settle = calendar.Duration{N: 0, Unit: calendar.Second}
		for _, name := range []string{"lower", "upper"} {
			if a.Has(name) {
				a.Reject(name, "Operator without a time", "%q is an operator of the slice's condition on the property \"time\", which this report type does not have. Set \"time\", or remove %q.", name, name)
			}
		}
	}
	if settle, ok := duration(a, "settle", true); ok {
		t.Settle = *settle
	}
	if id, ok := a.Texts("id"); ok {
		if len(id) > 2 {
			a.Reject("id", "Too many properties", "An event is identified by at most two properties.")
		}
		t.ID = id
	}
	t.Limit = limitOf(a, limits)
	return t
}

// limitOf reads the name of a limit class; limits are those that there are, nil
// for any.
func limitOf(a *lang.Attributes, limits map[string]*LimitClass) string {
	limit, ok := a.NonEmpty("limit")
	if _, known := limits[limit]; ok && !known && limits != nil {
		a.Reject("limit", "Unknown limit class", "There is no limit class %q; known are %s.%s",
			limit, diag.Quoted(slices.Sorted(maps.Keys(limits))), diag.DidYouMean(limit, maps.Keys(limits)))
	}
	return limit
}

func reportVersion(a *lang.Attributes, api string) string {
	if api == APIGraph {
		version, _ := a.OneOf("version", "v1.0", "beta")
		return cmp.Or(version, defaultGraphVersion)
	}
	version, ok := a.NonEmpty("version")
	if ok && !regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.-]*$`).MatchString(version) {
		a.Reject("version", "Unknown value", "The api-version %q is not made of letters, digits, dots and dashes, such as beta or 1.6.", version)
	}
	return cmp.Or(version, defaultAADGraphVersion)
}

// reportPath reads the request path. It becomes part of a URL that carries a
// token, so that nothing in it may lead to another place than is written.
func reportPath(a *lang.Attributes) string {
	path, ok := a.Text("path")
	if !ok {
		return ""
	}
	fault := ""
	switch {
	case !strings.HasPrefix(path, "/"):
		fault = "does not begin with a slash"
	case strings.Contains(path, ".."):
		fault = `contains ".."`
	case strings.ContainsAny(path, "?#"):
		fault = "has a query or a fragment; use filter, order_by and page_size"
	case strings.Contains(path, "//") || strings.HasSuffix(path, "/"):
		fault = "has an empty segment"
	case strings.ContainsFunc(path, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`\%{}"<>`, r) }):
		fault = "has a character that does not belong in a path"
	}
	if fault != "" {
		a.Reject("path", "Not a request path", "The path %q %s. Write what follows the version (or, with api = \"aad_graph\", the tenant) in the request's URL, such as \"/auditLogs/signIns\".", path, fault)
	}
	return path
}

// fieldsOf reads the types of fields, in order of path.
func fieldsOf(a *lang.Attributes) []column.Column {
	types := a.TextMap("types")
	var fields []column.Column
	for _, path := range slices.Sorted(maps.Keys(types)) {
		t := column.Type(types[path])
		switch {
		case path == "":
			a.Reject("types", "Empty value", "A path in \"types\" is empty. Name a member of the event, such as \"id\" or \"status.errorCode\".")
		case !t.Known():
			words := typeWords()
			a.Reject("types", "Unknown type", "The type of %q is one of %s, and not %q.%s",
				path, diag.Quoted(words), types[path], diag.DidYouMean(types[path], slices.Values(words)))
		default:
			fields = append(fields, column.Column{Path: path, Type: t})
		}
	}
	return fields
}

func typeWords() []string {
	var words []string
	for t := range column.Types() {
		words = append(words, string(t))
	}
	return words
}

func headersOf(a *lang.Attributes) map[string]string {
	headers := a.TextMap("headers")
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		switch textproto.CanonicalMIMEHeaderKey(name) {
		case "Authorization", "Host":
			a.Reject("headers", "Header not allowed", "The header %q is set by the program alone, for the token's sake. Remove it.", name)
			continue
		}
		if !regexp.MustCompile(`^[A-Za-z0-9-]+$`).MatchString(name) {
			a.Reject("headers", "Not a header", "%q is not the name of a header: it is made of letters, digits and dashes.", name)
		}
		if strings.ContainsFunc(headers[name], func(r rune) bool { return r < ' ' || r >= 0x7f }) {
			a.Reject("headers", "Not a header", "The value of the header %q must be printable ASCII on one line.", name)
		}
	}
	return headers
}

// checkSnakeCase checks the one label of a block.
func checkSnakeCase(block *hcl.Block) hcl.Diagnostics {
	if regexp.MustCompile(`^[a-z][a-z0-9_]*$`).MatchString(block.Labels[0]) {
		return nil
	}
	return hcl.Diagnostics{diag.Mistake(block.LabelRanges[0], "Unsuitable name",
		"The name of a %s is written in lower-case letters, digits and underscores, such as \"sign_ins\", and begins with a letter.", block.Type)}
}
