package config

import "github.com/hashicorp/hcl/v2"

// Report is one instance of a report block: what to fetch, from whom, when
// and into which outputs.
type Report struct {
	Address Address // report.sign_ins.failed
	Type    *ReportType
	Name    string
	Tenants []*Tenant // in order of address, without repeats; never empty
	Window  *Window
	Filter  string   // OData, without the slice's own condition
	Select  []string // properties to ask for; empty for all
	Outputs []*Output
	Range   hcl.Range
	// OutputRanges has the place of each element of Outputs.
	OutputRanges []hcl.Range
}
