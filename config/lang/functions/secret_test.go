package functions

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// TestSecretIsOpaque gives a secret to every function: none turns it into text
// and none panics.
func TestSecretIsOpaque(t *testing.T) {
	all := All(t.TempDir())
	ctx := &hcl.EvalContext{Functions: all}
	for name := range all {
		for _, args := range []string{`S`, `[S]`, `{ a = S }`, `S, S`, `[S], S`, `"%s", S`, `"%v", [S]`, `{ a = S }, "a"`, `[S], [S]`, `["a"], [S]`, `"%#v", S`, `[S], [S], [S]`} {
			expression := name + "(" + strings.ReplaceAll(args, "S", `secret_env("NAME_OF_SECRET")`) + ")"
			expr, diags := hclsyntax.ParseExpression([]byte(expression), "x", hcl.InitialPos)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			v, diags := expr.Value(ctx)
			for _, d := range diags {
				if strings.Contains(d.Detail, "panic") {
					t.Errorf("%s: %s", expression, d.Detail)
				}
			}
			if diags.HasErrors() || !v.IsWhollyKnown() {
				continue
			}
			_ = cty.Walk(v, func(_ cty.Path, v cty.Value) (bool, error) {
				if v.Type() == cty.String && !v.IsNull() && strings.Contains(v.AsString(), "NAME_OF_SECRET") {
					t.Errorf("%s gives the text %q", expression, v.AsString())
				}
				return true, nil
			})
		}
	}
}
