package config

import (
	"slices"
	"testing"

	"github.com/reportform/reportform/internal/calendar"
)

// A report that names a property which costs more is asked as its rule says,
// whether it selects or filters it; every other report is not.
func TestPropertiesThatCostMore(t *testing.T) {
	const rest = `
output "json" "o" { path = "o" }
tenant "t" {
  id    = "t.example.com"
  cloud = "sandbox"
}
window "w" { last = "1d" }
report_type "own" {
  path = "/own"
  with_property "dear" {
    page_size = 7
    licences  = ["p2"]
  }
}
report "users" "plain" {
  window  = window.w
  select  = ["id"]
  outputs = output.json.o
}
report "users" "select" {
  window  = window.w
  select  = ["id", "signInActivity"]
  outputs = output.json.o
}
report "users" "filter" {
  window  = window.w
  filter  = "signInActivity/lastSignInDateTime le 2026-01-01T00:00:00Z"
  outputs = output.json.o
}
report "own" "select" {
  window  = window.w
  select  = ["id", "dear/part"]
  outputs = output.json.o
}
`
	c := mustLoad(t, writeDir(t, map[string]string{"main.rf.hcl": rest}), testOptions())
	for address, want := range map[string]struct {
		page        int
		limit       string
		permissions []string
		licences    []string
	}{
		"report.users.plain":  {999, "directory", []string{"User.Read.All"}, nil},
		"report.users.select": {500, "reports", []string{"User.Read.All", "AuditLog.Read.All"}, nil},
		"report.users.filter": {500, "reports", []string{"User.Read.All", "AuditLog.Read.All"}, nil},
		"report.own.select":   {7, "", nil, []string{"p2"}},
	} {
		for _, r := range c.Reports {
			if string(r.Address) != address {
				continue
			}
			if got := r.Type; got.PageSize != want.page || got.Limit != want.limit || !slices.Equal(got.Permissions, want.permissions) || !slices.Equal(got.Licences, want.licences) {
				t.Errorf("%s is asked with pages of %d, limit %q, permissions %v, licences %v", address, got.PageSize, got.Limit, got.Permissions, got.Licences)
			}
		}
	}
	if c.ReportTypes["users"].PageSize != 999 {
		t.Error("the type itself has changed")
	}
}

func TestRetentionByLicence(t *testing.T) {
	block := parseBlock(t, `report_type "x" {
	  path      = "/x"
	  time      = "t"
	  licences  = ["p1", "p2"]
	  retention = { free = "7d", p2 = "90d" }
	}`)
	rt, diags := DecodeReportType(block, nil, nil)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	for licence, want := range map[string]calendar.Duration{
		"": {N: 90, Unit: calendar.Day}, LicenceFree: {N: 7, Unit: calendar.Day}, LicenceP1: {N: 90, Unit: calendar.Day}, LicenceP2: {N: 90, Unit: calendar.Day},
	} {
		if got := rt.Kept(licence); got == nil || *got != want {
			t.Errorf("with the licence %q kept for %v, want %v", licence, got, want)
		}
	}
	if rt.Offered(LicenceFree) || !rt.Offered(LicenceP1) || !rt.Offered("") {
		t.Error("offered to the wrong directories")
	}
}
