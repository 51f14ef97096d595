package config

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

func secretAttr(t testing.TB, expression string) (*hcl.Attribute, map[string]*hcl.File) {
	t.Helper()
	src := []byte("client_secret = " + expression + "\n")
	file, diags := hclsyntax.ParseConfig(src, "main.rf.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	attrs, _ := file.Body.JustAttributes()
	return attrs["client_secret"], map[string]*hcl.File{"main.rf.hcl": file}
}

func secretCtx(dir string) *hcl.EvalContext {
	return &hcl.EvalContext{
		Functions: functions(dir),
		Variables: map[string]cty.Value{"var": cty.ObjectVal(map[string]cty.Value{
			"plain": cty.StringVal("hunter2"), "list": cty.ListVal([]cty.Value{cty.StringVal("hunter2")}),
		})},
	}
}

func TestDecodeSecret(t *testing.T) {
	dir := t.TempDir()
	absolute := filepath.Join(dir, "abs")
	tests := map[string]Secret{
		`secret_env("MSP_CLIENT_SECRET")`:                   {Env: "MSP_CLIENT_SECRET"},
		`secret_file("secrets/msp")`:                        {File: filepath.Join(dir, "secrets/msp")},
		`secret_file("` + filepath.ToSlash(absolute) + `")`: {File: absolute},
		`secret_exec(["vault", "kv", "get"])`:               {Exec: []string{"vault", "kv", "get"}},
		`true ? secret_env("A") : secret_env("B")`:          {Env: "A"},
		`try(secret_env("A"), null)`:                        {Env: "A"},
		`[secret_env("A"), secret_env("B")][1]`:             {Env: "B"},
		`{ eu = secret_env("A") }["eu"]`:                    {Env: "A"},
		`null`:                                              {},
	}
	for expression, want := range tests {
		attr, _ := secretAttr(t, expression)
		got, diags := DecodeSecret(attr, secretCtx(dir))
		if diags.HasErrors() {
			t.Errorf("%s: %v", expression, diags)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", expression, diff)
		}
	}
}

// TestDecodeSecretLeaksNothing puts a plain secret into every wrong place and
// searches what any renderer could print, except the quoted line, for it.
func TestDecodeSecretLeaksNothing(t *testing.T) {
	for _, expression := range []string{
		`"hunter2"`, `"${var.plain}"`, `var.plain`, `upper("hunter2")`, `[var.plain]`, `{ a = "hunter2" }`,
		`parseint("hunter2", 10)`, `var.plain + 1`, `var.list["hunter2"]`, `hunter2("hunter2")`, `nothing["hunter2"]`,
		`secret_env("hunter2-~x")`, `secret_exec([])`, `secret_exec("hunter2")`, `jsondecode("hunter2")`,
		`file("hunter2")`, `tonumber(var.plain)`, `5`, `true`,
	} {
		attr, files := secretAttr(t, expression)
		_, diags := DecodeSecret(attr, secretCtx(t.TempDir()))
		if !diags.HasErrors() {
			t.Errorf("%s: no error", expression)
		}
		for _, d := range diags {
			if _, marked := hcl.DiagnosticExtra[SecretHere](d); !marked || *d.Subject != attr.NameRange || d.Context != nil || d.Expression != nil || d.EvalContext != nil {
				t.Errorf("%s: %+v lets a renderer print the value", expression, d)
			}
			if !strings.Contains(d.Detail, `secret_env("NAME")`) {
				t.Errorf("%s: the detail does not say what to write: %s", expression, d.Detail)
			}
			var screen bytes.Buffer
			files["main.rf.hcl"].Bytes = nil // not quoted, as SecretHere asks
			if err := hcl.NewDiagnosticTextWriter(&screen, files, 0, false).WriteDiagnostic(d); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(strings.ToLower(screen.String()), "hunter2") {
				t.Errorf("%s: the screen shows the secret:\n%s", expression, screen.String())
			}
		}
	}
}

// TestSecretIsOpaque gives a secret to every function: none turns it into text
// and none panics.
func TestSecretIsOpaque(t *testing.T) {
	all := functions(t.TempDir())
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

// TestSecretLineIsNotQuoted has a misspelt reference beside a plain secret.
func TestSecretLineIsNotQuoted(t *testing.T) {
	dir := writeDir(t, map[string]string{"main.rf.hcl": "credential \"client_secret\" \"c\" {\n  client_secret = \"hunter2${var.nope}\"\n}"})
	_, diags := Load(dir, testOptions())
	if len(diags) != 1 {
		t.Fatal(diags)
	}
	if _, marked := hcl.DiagnosticExtra[SecretHere](diags[0]); !marked {
		t.Error("the line with the secret would be quoted")
	}
}

func TestSecretString(t *testing.T) {
	for want, secret := range map[string]Secret{
		`environment variable "A"`: {Env: "A"}, `file "f"`: {File: "f"}, `command "c"`: {Exec: []string{"c", "secret argument"}}, "no secret": {},
	} {
		if got := secret.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
