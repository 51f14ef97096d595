package address

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

func TestParts(t *testing.T) {
	for _, test := range []struct {
		text             string
		parts            Parts // the zero Parts: no address
		base, kind, name string
	}{
		{"tenant.contoso", Parts{Kind: "tenant", Labels: []string{"contoso"}}, "tenant.contoso", "tenant", "contoso"},
		{"report.sign_ins.failed", Parts{Kind: "report", Labels: []string{"sign_ins", "failed"}}, "report.sign_ins.failed", "report", "failed"},
		{`tenant.customer["a.b"]`, Parts{"tenant", []string{"customer"}, "a.b", true}, "tenant.customer", "tenant", "a.b"},
		{`tenant.customer["a$${b"]`, Parts{"tenant", []string{"customer"}, "a${b", true}, "tenant.customer", "tenant", "a${b"},
		{`tenant.customer["a%%{b"]`, Parts{"tenant", []string{"customer"}, "a%{b", true}, "tenant.customer", "tenant", "a%{b"},
		{`tenant.customer["[\"x\\\"]"]`, Parts{"tenant", []string{"customer"}, `["x\"]`, true}, "tenant.customer", "tenant", `["x\"]`},
		{`tenant.customer["$$"]`, Parts{"tenant", []string{"customer"}, "$$", true}, "tenant.customer", "tenant", "$$"},
		{`tenant.customer[""]`, Parts{"tenant", []string{"customer"}, "", true}, "tenant.customer", "tenant", ""},
		{`tenant.customer[0]`, Parts{}, "tenant.customer", "tenant", "customer"},
		{`tenant.customer["a]`, Parts{}, "tenant.customer", "tenant", "customer"},
		{`tenant.customer["a\n"]`, Parts{}, "tenant.customer", "tenant", "customer"},
		{`tenant.customer["a"b"]`, Parts{}, "tenant.customer", "tenant", "customer"},
		{"tenant", Parts{}, "tenant", "tenant", "tenant"},
		{"tenant.", Parts{}, "tenant.", "tenant", ""},
		{"tenant.a b", Parts{}, "tenant.a b", "tenant", "a b"},
		{"", Parts{}, "", "", ""},
	} {
		t.Run(test.text, func(t *testing.T) {
			parts, ok := Parse(test.text)
			if diff := cmp.Diff(test.parts, parts); diff != "" && ok {
				t.Error(diff)
			}
			if ok != (test.parts.Kind != "") {
				t.Errorf("Parse gives ok %v", ok)
			}
			a := Address(test.text)
			if string(a.Base()) != test.base || a.Kind() != test.kind || a.Name() != test.name {
				t.Errorf("base %q, kind %q, name %q", a.Base(), a.Kind(), a.Name())
			}
		})
	}
}

func TestWithinAndRename(t *testing.T) {
	for _, test := range []struct {
		address, from, to Address
		within            bool
		renamed           Address
	}{
		{"tenant.a", "tenant.a", "tenant.b", true, "tenant.b"},
		{`tenant.a["x"]`, "tenant.a", "tenant.b", true, `tenant.b["x"]`},
		{`tenant.a["x"]`, "tenant.a", `tenant.b["y"]`, true, `tenant.a["x"]`},
		{`tenant.a["x"]`, `tenant.a["x"]`, "tenant.b", true, "tenant.b"},
		{`tenant.a["x"]`, `tenant.a["y"]`, "tenant.b", false, `tenant.a["x"]`},
		{"tenant.ab", "tenant.a", "tenant.b", false, "tenant.ab"},
		{"tenant.a", `tenant.a["x"]`, "tenant.b", false, "tenant.a"},
	} {
		if got := test.address.Within(test.from); got != test.within {
			t.Errorf("%s within %s: %v", test.address, test.from, got)
		}
		if got := test.address.Rename(test.from, test.to); got != test.renamed {
			t.Errorf("%s, %s to %s: %s", test.address, test.from, test.to, got)
		}
	}
}

func FuzzKey(f *testing.F) {
	for _, key := range []string{"", "a", `a"b\`, "a${b", "$${", "%{", "%%{", "$", "]", "\xff${", "é"} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		a := Of("tenant", "customer").At(key)
		if got, ok := a.Key(); !ok || got != key {
			t.Errorf("%q becomes %s, and that %q, %v", key, a, got, ok)
		}
		if a.Base() != "tenant.customer" || a.Kind() != "tenant" {
			t.Errorf("%s has base %s, kind %s", a, a.Base(), a.Kind())
		}
		if p, ok := Parse(string(a)); !ok || p.Key != key {
			t.Errorf("%s is taken apart as %v, %v", a, p, ok)
		}
	})
}

// TestQuote reads keys as the language does.
func TestQuote(t *testing.T) {
	for _, key := range []string{"fabrikam", `a"b\c`, "${x}", "%{if}", "$", "$${", "日本", "a b"} {
		expr, diags := hclsyntax.ParseExpression([]byte(Quote(key)), "x", hcl.InitialPos)
		if diags.HasErrors() {
			t.Errorf("%q: %v", key, diags)
			continue
		}
		if v, diags := expr.Value(nil); diags.HasErrors() || v.AsString() != key {
			t.Errorf("%q is written as %s and read as %#v", key, Quote(key), v)
		}
	}
}
