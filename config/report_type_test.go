package config

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/reportform/reportform/internal/calendar"
	"github.com/reportform/reportform/internal/column"
	"github.com/reportform/reportform/internal/limits"
)

func parseBlock(t testing.TB, src string) *hcl.Block {
	t.Helper()
	file, diags := hclsyntax.ParseConfig([]byte(src), "x", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	content, diags := file.Body.Content(&hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{
		{Type: "report_type", LabelNames: []string{"name"}},
		{Type: "limit_class", LabelNames: []string{"name"}},
	}})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return content.Blocks[0]
}

func TestDecodeReportType(t *testing.T) {
	tests := map[string]struct {
		src  string
		want *ReportType
	}{
		"defaults of events": {
			`report_type "a" {
			  path = "/auditLogs/signIns"
			  time = "t"
			}`,
			&ReportType{
				Name: "a", API: APIGraph, Version: "v1.0", Path: "/auditLogs/signIns", Time: "t", ID: []string{"id"},
				Lower: "ge", Upper: "lt", Settle: calendar.Duration{N: 15, Unit: calendar.Minute},
			},
		},
		"defaults of a snapshot": {
			`report_type "b" {
			  path = "/users"
			}`,
			&ReportType{Name: "b", API: APIGraph, Version: "v1.0", Path: "/users", ID: []string{"id"}, Settle: calendar.Duration{N: 0, Unit: calendar.Second}},
		},
		"defaults of the old API": {
			`report_type "c" {
			  api   = "aad_graph"
			  path  = "/reports/auditEvents"
			  time  = "eventTime"
			  id    = []
			  lower = "gt"
			  upper = "le"
			  page_size = 0
			}`,
			&ReportType{
				Name: "c", API: APIAADGraph, Version: "beta", Path: "/reports/auditEvents", Time: "eventTime", ID: []string{},
				Lower: "gt", Upper: "le", Settle: calendar.Duration{N: 15, Unit: calendar.Minute},
			},
		},
		"everything": {
			`report_type "d" {
			  description = "Everything."
			  api         = "graph"
			  version     = "beta"
			  path        = "/reports/getX(period='D7')"
			  filter      = "a eq 1"
			  time        = "t"
			  id          = ["a", "t"]
			  order_by    = "t asc"
			  page_size   = 999
			  permissions = ["Reports.Read.All"]
			  license     = "P1"
			  retention   = "30d"
			  settle      = "2h"
			  limit       = "reports"
			  headers     = { ConsistencyLevel = "eventual" }
			  columns     = ["a", "b.c"]
			  types       = { d = "timestamp", "b.c" = "int32" }
			  source      = "documentation"
			}`,
			&ReportType{
				Name: "d", Description: "Everything.", API: APIGraph, Version: "beta", Path: "/reports/getX(period='D7')",
				Filter: "a eq 1", Time: "t", ID: []string{"a", "t"}, Lower: "ge", Upper: "lt", OrderBy: "t asc", PageSize: 999,
				Permissions: []string{"Reports.Read.All"}, License: "P1", Retention: &calendar.Duration{N: 30, Unit: calendar.Day}, Settle: calendar.Duration{N: 2, Unit: calendar.Hour},
				Limit: "reports", Headers: map[string]string{"ConsistencyLevel": "eventual"}, Columns: []column.Column{{Path: "a", Type: column.String}, {Path: "b.c", Type: column.Int32}},
				Fields: []column.Column{{Path: "b.c", Type: column.Int32}, {Path: "d", Type: column.Timestamp}}, Source: "documentation",
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, diags := DecodeReportType(parseBlock(t, test.src), nil, map[string]*LimitClass{"reports": {}})
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			if diff := cmp.Diff(test.want, got, cmpopts.IgnoreFields(ReportType{}, "Range")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestDecodeReportTypeLimits(t *testing.T) {
	block := parseBlock(t, `report_type "a" {
	  path  = "/users"
	  limit = "mine"
	}`)
	if _, diags := DecodeReportType(block, nil, nil); diags.HasErrors() {
		t.Errorf("nil limits let every name pass: %v", diags)
	}
	got, diags := DecodeReportType(block, nil, map[string]*LimitClass{})
	if !diags.HasErrors() || got != nil {
		t.Errorf("an unknown class: %v, %v", got, diags)
	}
}

func TestDecodeLimitClass(t *testing.T) {
	got, diags := DecodeLimitClass(parseBlock(t, `limit_class "reports" {
	  app_tenant = "5/10s"
	  app        = "122/10s"
	  source     = "published"
	}`), nil)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	want := &LimitClass{limits.Class{
		Name: "reports", AppTenant: limits.Rate{Requests: 5, Per: 10 * time.Second}, App: limits.Rate{Requests: 122, Per: 10 * time.Second},
	}, "published"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}

	for _, budget := range []string{"", "5", "5/", "/10s", "0/10s", "-1/10s", "5/0s", "5/1h", "5/10s/2", "5.5/10s", "99999999999/1s"} {
		got, diags := DecodeLimitClass(parseBlock(t, `limit_class "x" { tenant = "`+budget+`" }`), nil)
		if got != nil || len(diags) != 1 || !strings.Contains(diags[0].Detail, "such as 5/10s") {
			t.Errorf("%q: %+v, %v", budget, got, diags)
		}
	}
}
