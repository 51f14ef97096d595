package config

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/config/lang"
)

// TestVariablePrecedence sets one variable in every way and takes the
// strongest away, one after the other.
func TestVariablePrecedence(t *testing.T) {
	files := map[string]string{
		"main.rf.hcl": `
			variable "v" { default = "default" }
			window "w" { last = "1d" }
			tenant "t" {
			  id    = "${var.v}.example.com"
			  cloud = "sandbox"
			}`,
		"reportform.rfvars":      `v = "file"`,
		"reportform.rfvars.json": `{"v": "file-json"}`,
		"a.auto.rfvars":          `v = "auto-a"`,
		"b.auto.rfvars.json":     `{"v": "auto-b"}`,
		"c.auto.rfvars":          `v = "auto-c"`,
	}
	elsewhere := writeDir(t, map[string]string{"one.rfvars": `v = "flag-file-one"`, "two.json": `{"v": "flag-file-two"}`})
	opts := testOptions()
	opts.Environ = []string{"RF_VAR_v=environment", "RF_VAR_other=ignored", "v=ignored"}
	opts.VarFiles = []string{filepath.Join(elsewhere, "one.rfvars"), filepath.Join(elsewhere, "two.json")}
	opts.Vars = []string{"v=flag-one", "v=flag-two"}

	steps := []struct {
		want   string
		remove func()
	}{
		{"flag-two", func() { opts.Vars = opts.Vars[:1] }},
		{"flag-one", func() { opts.Vars = nil }},
		{"flag-file-two", func() { opts.VarFiles = opts.VarFiles[:1] }},
		{"flag-file-one", func() { opts.VarFiles = nil }},
		{"auto-c", func() { delete(files, "c.auto.rfvars") }},
		{"auto-b", func() { delete(files, "b.auto.rfvars.json") }},
		{"auto-a", func() { delete(files, "a.auto.rfvars") }},
		{"file-json", func() { delete(files, "reportform.rfvars.json") }},
		{"file", func() { delete(files, "reportform.rfvars") }},
		{"environment", func() { opts.Environ = nil }},
		{"default", func() {}},
	}
	for _, step := range steps {
		c := mustLoad(t, writeDir(t, files), opts)
		if got := c.Tenants[0].ID; got != step.want+".example.com" {
			t.Errorf("got %q, want the value from %s", got, step.want)
		}
		for _, name := range opts.VarFiles {
			if c.Files[name] == nil {
				t.Errorf("%s is not among Config.Files", name)
			}
		}
		step.remove()
	}
}

// TestVariableText reads values as the environment and -var give them.
func TestVariableText(t *testing.T) {
	tests := []struct {
		declaration, text string
		want              string // of the expression
		expression        string
		wantErr           string
	}{
		{`type = string`, `["a"]`, `["a"]`, "var.v", ""},
		{``, `a "b" ${c}`, `a "b" ${c}`, "var.v", ""},
		{`type = number`, "5", "6", "var.v + 1", ""},
		{`type = bool`, "true", "false", "!var.v", ""},
		{`type = list(string)`, `["a", "b"]`, "a,b", `join(",", var.v)`, ""},
		{`type = object({ a = string, b = optional(number, 7) })`, `{ a = "x" }`, "x7", `"${var.v.a}${var.v.b}"`, ""},
		{`type = any`, `plain`, "plain", "var.v", ""},
		{`type = string
		  nullable = false
		  default = "d"`, "", "", "var.v", ""},
		{`type = list(string)
		  nullable = false
		  default = ["d"]`, "null", "d", "var.v[0]", ""},
		{`type = number`, "five", "", "var.v", "is not an expression of the type number"},
		{`type = list(string)`, "a, b", "", "var.v", "Text within it is written in quotes"},
		{`type = list(string)`, `{ a = 1 }`, "", "var.v", "does not have its type"},
		{`type = list(string)
		  nullable = false`, "null", "", "var.v", "has no default and is not set"},
	}
	for _, test := range tests {
		t.Run(test.declaration+"="+test.text, func(t *testing.T) {
			dir := writeDir(t, map[string]string{"main.rf.hcl": "variable \"v\" {\n" + test.declaration + "\n}\n" +
				"output \"json\" \"o\" {\n value = local.out \n}\nlocals {\n out = " + test.expression + "\n}"})
			for _, opts := range []Options{{Environ: []string{"RF_VAR_v=" + test.text}}, {Vars: []string{"v=" + test.text}}} {
				c, diags := Load(dir, opts)
				if test.wantErr != "" {
					if len(diags) != 1 || !strings.Contains(diags[0].Detail, test.wantErr) {
						t.Errorf("diagnostics %v, want one with %q", diags, test.wantErr)
					}
					continue
				}
				if diags.HasErrors() {
					t.Fatal(diags)
				}
				if got := textOf(t, c.Outputs[0].Body, c.Outputs[0].EvalCtx, "value"); got != test.want {
					t.Errorf("got %q, want %q", got, test.want)
				}
			}
		})
	}
}

// textOf evaluates an attribute of a body that was left for others.
func textOf(t *testing.T, body hcl.Body, hclCtx *hcl.EvalContext, name string) string {
	t.Helper()
	schema := &hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: name, Required: true}}}
	content, diags := body.Content(schema)
	a := lang.NewAttributes(content, schema, hclCtx)
	text, _ := a.Text(name)
	if diags = append(diags, a.Diagnostics()...); diags.HasErrors() {
		t.Fatal(diags)
	}
	return text
}

func TestVariableNames(t *testing.T) {
	dir := writeDir(t, map[string]string{
		"main.rf.hcl":   `variable "region" { default = "eu" }`,
		"x.auto.rfvars": "regoin = 1\nblock {}\n",
	})
	_, diags := Load(dir, Options{Vars: []string{"regin=x", "novalue"}, Environ: []string{"RF_VAR_nope=1"}})
	var got []string
	for _, d := range diags {
		severity := map[hcl.DiagnosticSeverity]string{hcl.DiagError: "error", hcl.DiagWarning: "warning"}[d.Severity]
		got = append(got, severity+" "+d.Summary+": "+d.Detail)
	}
	for _, want := range []string{
		`error Unknown variable: A -var flag sets the variable "regin", which the configuration does not declare. Did you mean "region"?`,
		`error Unsuitable -var: A -var flag is a name`,
		`warning Unknown variable: The configuration does not declare a variable "regoin", so that this value is not used. Did you mean "region"?`,
		`error Unexpected "block" block`,
	} {
		if !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, want) }) {
			t.Errorf("missing %s", want)
		}
	}
	if len(got) != 4 {
		t.Errorf("diagnostics:\n%s", strings.Join(got, "\n"))
	}
}
