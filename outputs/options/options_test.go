package options

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/reportform/reportform/internal/secret"
	"github.com/reportform/reportform/outputs"
)

// table are the options of an output that is no file.
type table struct {
	Table    string           `hcl:"table" json:"table"`
	Mode     string           `hcl:"mode,optional" json:"mode"`
	Keys     []string         `hcl:"keys,optional" json:"keys,omitempty"`
	Batch    int              `hcl:"batch,optional" json:"batch,omitzero"`
	Password secret.Reference `hcl:"password,optional" json:"-"`
}

func (t *table) Check() []Mistake {
	if strings.Contains(t.Table, " ") {
		return []Mistake{{"table", "A table has no spaces."}}
	}
	if t.Mode == "latest" && t.Keys == nil {
		return []Mistake{{"keys", "Name the keys."}}
	}
	return nil
}

func decodeTable(t *testing.T, body string, own ...Own) (*Options[*table], hcl.Diagnostics) {
	t.Helper()
	f, diags := hclsyntax.ParseConfig([]byte(body), "test.rf.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return Decode(&outputs.Block{
		Type: "toy", Name: "x", Address: "output.toy.x", Body: f.Body, Range: hcl.Range{Filename: "test.rf.hcl", Start: hcl.Pos{Line: 99}},
		EvalCtx: &hcl.EvalContext{Functions: secret.Functions("/etc"), Variables: map[string]cty.Value{"var": cty.ObjectVal(map[string]cty.Value{"n": cty.NumberIntVal(7)})}},
	}, func() *table { return &table{Mode: "slices"} }, own...)
}

func pull(tenant string) *outputs.Pull {
	return &outputs.Pull{
		Tenant: outputs.PullTenant{Name: tenant, ID: tenant + ".example", Labels: map[string]string{"tier": "gold"}},
		Report: outputs.PullReport{Name: "failed", Type: "sign_ins"},
		Window: outputs.PullWindow{From: time.Date(2026, 11, 9, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 11, 10, 0, 0, 0, 0, time.UTC), Date: "2026-11-09", Label: "day"},
	}
}

// What mentions no pull is evaluated once.
func TestFixed(t *testing.T) {
	o, diags := decodeTable(t, "table = \"t${var.n}\"\nkeys = [\"id\"]\nmode = null\nbatch = \"5\"")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	fixed, ok := o.Fixed()
	if diff := cmp.Diff(&table{Table: "t7", Mode: "slices", Keys: []string{"id"}, Batch: 5}, fixed); diff != "" || !ok {
		t.Error(ok, diff)
	}
	if got, diags := o.For(pull("a")); got != fixed || diags.HasErrors() {
		t.Errorf("got %p, want %p; %v", got, fixed, diags)
	}
}

// What mentions pull is evaluated for each, and leaves the others alone.
func TestFor(t *testing.T) {
	o, diags := decodeTable(t, `
		table = "${pull.report.type}_${pull.tenant.labels.tier}_${pull.window.from}"
		keys  = [pull.tenant.name, pull["tenant"].id]
		batch = pull.tenant.name == "a" ? 1 : null`)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if _, ok := o.Fixed(); ok {
		t.Error("the options are fixed")
	}
	a, diags := o.For(pull("a"))
	b, more := o.For(pull("b"))
	if diags.HasErrors() || more.HasErrors() {
		t.Fatal(diags, more)
	}
	name := "sign_ins_gold_2026-11-09T00:00:00Z"
	if diff := cmp.Diff([]*table{
		{Table: name, Mode: "slices", Keys: []string{"a", "a.example"}, Batch: 1},
		{Table: name, Mode: "slices", Keys: []string{"b", "b.example"}},
	}, []*table{a, b}); diff != "" {
		t.Error(diff)
	}
}

func TestMistakes(t *testing.T) {
	for _, test := range []struct {
		name, body string
		line       int
		want       string
	}{
		{"lacking", "", 1, `"table" is required`},
		{"misspelt", "table = \"t\"\nmod = \"latest\"", 2, `Did you mean "mode"`},
		{"of another type", "table = \"t\"\nbatch = \"many\"", 2, `The value of "batch" does not fit`},
		{"of another type for any pull", "table = \"t\"\nbatch = [pull.tenant.name]", 2, `The value of "batch" does not fit`},
		{"of pull", "table = pull.report.typ", 1, `The object pull.report has no attribute "typ". Did you mean "type"?`},
		{"of pull, far from all", "table = pull.window.colour", 1, `has no attribute "colour". It has date, from, label and to.`},
		{"of pull's groups", "table = pull.tennant.name", 1, `The object pull has no attribute "tennant". Did you mean "tenant"?`},
		{"checked", "table = \"a b\"", 1, "A table has no spaces."},
		{"checked, of what is not set", "table = \"t\"\nmode = \"latest\"", 99, "Name the keys."},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, diags := decodeTable(t, test.body)
			if len(diags) != 1 || diags[0].Subject.Start.Line != test.line || !strings.Contains(diags[0].Error(), test.want) {
				t.Errorf("want %q on line %d, got %v", test.want, test.line, diags)
			}
		})
	}
}

func TestMistakesOfAPull(t *testing.T) {
	o, diags := decodeTable(t, "\ntable = \"t ${pull.tenant.name}\"\nbatch = pull.tenant.name == \"a\" ? 1 : pull.tenant.id")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	for tenant, want := range map[string]struct {
		line int
		text string
	}{"a": {2, "A table has no spaces."}, "b": {3, `The value of "batch" does not fit`}} {
		_, diags := o.For(pull(tenant))
		if len(diags) != 1 || diags[0].Subject.Start.Line != want.line || !strings.Contains(diags[0].Error(), want.text) {
			t.Errorf("%s: want %q on line %d, got %v", tenant, want.text, want.line, diags)
		}
	}
}

// An attribute of the caller's own is required, known when names are misspelt, and
// decoded by the caller, whatever is wrong with the rest.
func TestOwn(t *testing.T) {
	var got string
	own := Own{"path", func(attr *hcl.Attribute) hcl.Diagnostics {
		value, diags := attr.Expr.Value(nil)
		got = value.AsString()
		return append(diags, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "No", Detail: "Not this one.", Subject: &attr.Range})
	}}
	_, diags := decodeTable(t, "path = \"x\"\nbatch = []\ntable = \"t\"", own)
	if len(diags) != 2 || diags[0].Detail != "Not this one." || diags[1].Subject.Start.Line != 2 || got != "x" {
		t.Errorf("got %q, %v", got, diags)
	}
	_, diags = decodeTable(t, "pat = \"x\"\ntable = \"t\"", own)
	if text := fmt.Sprint(diags.Errs()); len(diags) != 2 || !strings.Contains(text, `Did you mean "path"`) || !strings.Contains(text, `"path" is required`) {
		t.Errorf("got %v", diags)
	}
}

// A secret is a reference, for pulls with options of their own too, and never a
// plain string.
func TestSecret(t *testing.T) {
	for _, table := range []string{`"t"`, `"${pull.tenant.name}"`} {
		o, diags := decodeTable(t, "table = "+table+"\npassword = secret_env(\"PASSWORD\")")
		got, more := o.For(pull("a"))
		if want := (secret.Reference{Env: "PASSWORD"}); diags.HasErrors() || more.HasErrors() || !cmp.Equal(got.Password, want) {
			t.Errorf("%s: %s, %v, %v", table, got.Password, diags, more)
		}
	}
	if o, diags := decodeTable(t, "table = \"t\"\npassword = null"); diags.HasErrors() || !o.fixed.Password.IsZero() {
		t.Errorf("null: %s, %v", o.fixed.Password, diags)
	}
	for _, bad := range []string{`"hunter2"`, `"${pull.tenant.name}"`, `7`, `pull.tenant.name == "a" ? secret_env("A") : secret_env("B")`} {
		_, diags := decodeTable(t, "table = \"t\"\npassword = "+bad)
		if text := fmt.Sprint(diags.Errs()); len(diags) != 1 || !strings.Contains(text, `secret_env("NAME")`) || strings.Contains(text, "hunter2") {
			t.Errorf("%s: %v", bad, diags)
		}
	}
}

// Options that were added later are not in the definitions of blocks that do not
// set them, nor are those that decide nothing.
func TestDefinition(t *testing.T) {
	for _, test := range []struct {
		of   table
		want string
	}{
		{table{Table: "t", Mode: "slices", Password: secret.Reference{Env: "PASSWORD"}}, `toy {"table":"t","mode":"slices"}`},
		{table{Table: "t", Mode: "latest", Keys: []string{"id"}, Batch: 3}, `toy {"table":"t","mode":"latest","keys":["id"],"batch":3}`},
	} {
		if got := Definition("toy", &test.of); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}
