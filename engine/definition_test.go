package engine

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const definitionConfig = `
variable "severity" {
  default = 0
}
locals {
  columns = ["id", "createdDateTime"]
}
tenant "t" {
  for_each = toset(["one", "two"])
  id       = "${each.key}.example"
  cloud    = "sandbox"
  labels   = { tier = each.key == "one" ? "gold" : "silver" }
  ENDPOINTS
}
window "daily" {
  every = "1d"
  from  = "2026-11-20"
  to    = "2026-11-22"
}
output "json" "raw" {
  path = "raw/${pull.report.name}/${pull.tenant.name}/${pull.window.label}.json"
}
output "csv" "table" {
  path    = "csv/${pull.report.name}/${pull.tenant.name}/${pull.window.label}.csv"
  columns = local.columns
}
output "text" "log" {
  path = "text/${pull.report.name}/${pull.tenant.name}/${pull.window.label}.txt"
}
report "sign_ins" "first" {
  window  = window.daily
  filter  = "status/errorCode ne ${var.severity}"
  outputs = [output.json.raw, output.csv.table]
}
report "sign_ins" "second" {
  window  = window.daily
  outputs = [output.json.raw, output.csv.table, output.text.log]
}
`

// A change replans the outputs whose files it would change, and no others.
func TestDefinitions(t *testing.T) {
	w := newWorld(t, nil)
	original := strings.Replace(definitionConfig, "ENDPOINTS", w.endpoints(), 1)
	w.write("main.rf.hcl", original)
	if s := w.apply(); len(s.Failed) > 0 {
		t.Fatal(s.Failed[0].Err())
	}
	const all = 4 // slices of an output of a report: two days of two tenants
	tests := []struct {
		name string
		edit []string // old, new, ...
		want map[string]int
	}{
		{"nothing", nil, nil},
		{"a comment, white space and the order of blocks", []string{
			`variable "severity" {`, "# A comment.\n\nvariable \"severity\" {\n", // moved below
			"report \"sign_ins\" \"second\"", "/* more */ report   \"sign_ins\" \"second\"",
		}, nil},
		{"renamed variable", []string{`variable "severity"`, `variable "code"`, "var.severity", "var.code"}, nil},
		{"renamed local", []string{"columns = [", "fields = [", "local.columns", "local.fields"}, nil},
		{"the same value, written otherwise", []string{`status/errorCode ne ${var.severity}`, `${join(" ", ["status/errorCode", "ne", var.severity])}`}, nil},
		{"a label of the tenants that no output uses", []string{`tier = each.key`, `rank = each.key`}, nil},
		{"pacing", []string{`cloud    = "sandbox"`, "cloud    = \"sandbox\"\n  pacing   = \"off\""}, nil},
		{"the settle of the window", []string{`to    = "2026-11-22"`, "to    = \"2026-11-22\"\n  settle = \"3h\""}, nil},
		{"the filter of one report", []string{"default = 0", "default = 50126"}, map[string]int{
			"first output.json.raw": all, "first output.csv.table": all,
		}},
		{"a selection in one report", []string{"outputs = [output.json.raw, output.csv.table]", "select  = [\"id\", \"createdDateTime\"]\n  outputs = [output.json.raw, output.csv.table]"}, map[string]int{
			"first output.json.raw": all, "first output.csv.table": all,
		}},
		{"the columns of an output", []string{`"createdDateTime"]`, `"createdDateTime", "userPrincipalName"]`}, map[string]int{
			"first output.csv.table": all, "second output.csv.table": all,
		}},
		{"the columns of an output, for one tenant", []string{
			"columns = local.columns", `columns = pull.tenant.name == "two" ? ["id"] : ["id", "createdDateTime"]`,
		}, map[string]int{"first output.csv.table": all / 2, "second output.csv.table": all / 2}},
		{"an option of a format", []string{`output "json" "raw" {`, "output \"json\" \"raw\" {\n  indent = 2"}, map[string]int{
			"first output.json.raw": all, "second output.json.raw": all,
		}},
		{"an option with its default", []string{`output "json" "raw" {`, "output \"json\" \"raw\" {\n  indent = 0"}, nil},
		{"the directory of a tenant", []string{`"${each.key}.example"`, `each.key == "one" ? "other.example" : "two.example"`}, map[string]int{
			"first output.json.raw": all / 2, "first output.csv.table": all / 2,
			"second output.json.raw": all / 2, "second output.csv.table": all / 2, "second output.text.log": all / 2,
		}},
		{"the directory of a tenant, in capitals", []string{`"${each.key}.example"`, `upper("${each.key}.example")`}, nil},
		{"the place of an output", []string{`path = "text/`, `path = "log/`}, map[string]int{"second output.text.log": all}},
		{"one slice more", []string{`to    = "2026-11-22"`, `to    = "2026-11-23"`}, map[string]int{
			"first output.json.raw": 2, "first output.csv.table": 2,
			"second output.json.raw": 2, "second output.csv.table": 2, "second output.text.log": 2,
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			text := original
			for pair := range slices.Chunk(test.edit, 2) {
				if !strings.Contains(text, pair[0]) {
					t.Fatalf("the configuration has no %q", pair[0])
				}
				text = strings.ReplaceAll(text, pair[0], pair[1])
			}
			w.write("main.rf.hcl", text)
			p, err := w.engine().Plan(context.Background(), PlanOptions{})
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]int{}
			for _, pull := range p.Pulls {
				for _, o := range pull.Outputs {
					got[strings.TrimPrefix(pull.Report, "report.sign_ins.")+" "+o.Output]++
				}
			}
			if test.want == nil {
				test.want = map[string]int{}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			w.write("main.rf.hcl", original)
		})
	}
	if p := w.plan(w.engine()); len(p.Pulls) != 0 {
		t.Errorf("the original configuration wants\n%s", reasons(p))
	}
}
