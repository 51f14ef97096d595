package config

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/config/lang"
	"github.com/reportform/reportform/internal/address"
	"github.com/reportform/reportform/internal/diag"
)

// Report is one instance of a report block: what to fetch, from whom, when
// and into which outputs.
type Report struct {
	Address address.Address // report.sign_ins.failed
	Type    *ReportType     // as it is asked for what the report selects and filters
	Name    string
	Tenants []*Tenant // in order of address, without repeats; empty where every for_each of tenants is
	Window  *Window
	Filter  string   // OData, without the slice's own condition
	Select  []string // properties to ask for; empty for all
	Outputs []*Output
	// Protect keeps what the report holds from being deleted.
	Protect bool
	Range   hcl.Range
	// OutputRanges has the place of each element of Outputs.
	OutputRanges []hcl.Range
}

// Protected reports whether nothing of what the report holds may be deleted.
func (r *Report) Protected() bool { return r.Protect || r.Window.Protect }

// Of reports whether the report is of a tenant.
func (r *Report) Of(t *Tenant) bool {
	_, found := slices.BinarySearchFunc(r.Tenants, t.Address, func(own *Tenant, a address.Address) int { return cmp.Compare(own.Address, a) })
	return found
}

func reportKind() *lang.Kind {
	return &lang.Kind{Name: "report", Labels: 2, Last: true}
}

func reportSchema() *hcl.BodySchema {
	return &hcl.BodySchema{Attributes: []hcl.AttributeSchema{
		{Name: "tenants"},
		{Name: "window", Required: true},
		{Name: "filter"},
		{Name: "select"},
		{Name: "outputs", Required: true},
		{Name: "protect"},
	}}
}

// decodeReport decodes one report from what was decoded before.
func (l *loader) decodeReport(i *lang.Instance) *Report {
	r := &Report{Address: i.Address, Name: i.Name, Range: i.Header()}
	label := i.Labels()[0]
	if r.Type = l.config.ReportTypes[label]; r.Type == nil && !l.brokenTypes[label] && !l.scope.Hidden.Has("report_type", label) {
		i.Mistake(i.LabelRanges()[0], "Unknown report type",
			"There is no report type %q.%s The command `reportform reports` lists them; a report_type block adds one.",
			label, diag.DidYouMean(label, maps.Keys(l.config.ReportTypes)))
	}
	r.Tenants = l.reportTenants(i)
	r.Window, _ = lang.One(i, "window", l.window, l.windows)
	checkSettle(i, r)
	r.Protect, _ = i.Bool("protect")
	filter, _ := i.Text("filter")
	r.Filter = strings.TrimSpace(filter)
	properties := checkFilter(i, r.Type, filter)
	r.Select, _ = i.Texts("select")
	for _, property := range r.Select {
		if strings.ContainsAny(property, ", &\t\n") {
			i.Reject("select", "Unsuitable value", "%q is not one property. Write each as an element of its own: select = [\"id\", \"createdDateTime\"].", property)
		}
	}
	warnOfSelect(i, r)
	if r.Type != nil {
		checkSelect(i, r.Type, r.Select)
		for _, property := range r.Select {
			name, _, _ := strings.Cut(property, "/")
			properties = append(properties, name)
		}
		r.Type = r.Type.Asking(properties)
	}
	l.checkFit(i, r)
	r.Outputs, r.OutputRanges = l.reportOutputs(i)
	return r
}

// checkSettle checks that the type's settle leaves slices of the window to
// fetch. The window's own goes before it, and was checked there.
func checkSettle(i *lang.Instance, r *Report) {
	w := r.Window
	if w == nil || r.Type == nil || w.Last != nil || w.Settle != nil || !w.neverFetched(r.Type.Settle) {
		return
	}
	i.Reject("window", "Nothing to fetch", "A slice of %s has settled %s after its end, which is the report type's default, and %s wants it until %s after it, so that none is ever fetched. "+
		"In the window, make \"keep\" longer than %s, set \"settle\" to less than \"keep\", or write open = true to fetch slices before they have settled.",
		r.Type.Name, r.Type.Settle, w.Address, w.Keep, r.Type.Settle)
}

// warnOfSelect tells when the service is not asked for what events are checked
// by: their time, and their identity.
func warnOfSelect(i *lang.Instance, r *Report) {
	if len(r.Select) == 0 || r.Type == nil {
		return
	}
	var lacking []string
	for _, property := range append([]string{r.Type.Time}, r.Type.ID...) {
		name, _, _ := strings.Cut(property, "/")
		if name != "" && !slices.Contains(r.Select, name) && !slices.Contains(lacking, name) {
			lacking = append(lacking, name)
		}
	}
	if len(lacking) == 0 {
		return
	}
	i.Warn("select", "Events cannot be checked",
		"Without %s in select, events cannot be held against the slice, or told from repeated ones. Add it.", strings.Join(lacking, " and "))
}

// reportTenants are the tenants of a report: all of them where none are named.
func (l *loader) reportTenants(i *lang.Instance) []*Tenant {
	if i.Lacks("tenants") {
		switch {
		case l.scope.Hidden.Any("tenant"):
		case !l.tenant.Declared():
			i.Mistake(i.Header(), "No tenants",
				"The report is of every tenant, and the configuration declares none. Add a tenant block.")
		case l.tenant.Empty():
			i.WarnAt(i.Header(), "No tenants",
				"The report is of every tenant, and there are none now: no tenant block's for_each has an element. It fetches nothing until one has.")
		}
		return l.config.Tenants
	}
	list := lang.Many(i, "tenants", l.tenant, l.tenants)
	if list.OK && len(list.Items) == 0 {
		i.Reject("tenants", "No tenants", "The list of tenants is empty, so that the report would fetch nothing. Leave \"tenants\" away for every tenant.")
	}
	return list.Distinct(func(t *Tenant) address.Address { return t.Address })
}

// reportOutputs are the outputs of a report in the order in which they are
// written, with the place of each.
func (l *loader) reportOutputs(i *lang.Instance) ([]*Output, []hcl.Range) {
	list := lang.Many(i, "outputs", l.output, l.outputs)
	if list.OK && len(list.Items) == 0 {
		i.Reject("outputs", "No outputs", "The list of outputs is empty. A report without an output would fetch events for nobody.")
	}
	seen := map[*Output]bool{}
	for n, output := range list.Items {
		if seen[output] {
			i.Mistake(list.Ranges[n], "Repeated output", "%s is named twice. Remove one of the two.", output.Address)
		}
		seen[output] = true
	}
	return slices.Clone(list.Items), slices.Clone(list.Ranges)
}
