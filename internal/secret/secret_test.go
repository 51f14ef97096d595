package secret

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"github.com/reportform/reportform/internal/diag"
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
	functions := Functions(dir)
	for name, f := range map[string]function.Function{
		"try": tryfunc.TryFunc, "upper": stdlib.UpperFunc, "parseint": stdlib.ParseIntFunc, "jsondecode": stdlib.JSONDecodeFunc,
		"tonumber": stdlib.MakeToFunc(cty.Number), "file": stdlib.UpperFunc,
	} {
		functions[name] = f
	}
	return &hcl.EvalContext{
		Functions: functions,
		Variables: map[string]cty.Value{"var": cty.ObjectVal(map[string]cty.Value{
			"plain": cty.StringVal("hunter2"), "list": cty.ListVal([]cty.Value{cty.StringVal("hunter2")}),
		})},
	}
}

func TestDecode(t *testing.T) {
	dir := t.TempDir()
	absolute := filepath.Join(dir, "abs")
	tests := map[string]Reference{
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
		got, diags := Decode(attr, secretCtx(dir))
		if diags.HasErrors() {
			t.Errorf("%s: %v", expression, diags)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", expression, diff)
		}
	}
}

// TestDecodeLeaksNothing puts a plain secret into every wrong place and
// searches what any renderer could print, except the quoted line, for it.
func TestDecodeLeaksNothing(t *testing.T) {
	for _, expression := range []string{
		`"hunter2"`, `"${var.plain}"`, `var.plain`, `upper("hunter2")`, `[var.plain]`, `{ a = "hunter2" }`,
		`parseint("hunter2", 10)`, `var.plain + 1`, `var.list["hunter2"]`, `hunter2("hunter2")`, `nothing["hunter2"]`,
		`secret_env("hunter2-~x")`, `secret_exec([])`, `secret_exec("hunter2")`, `jsondecode("hunter2")`,
		`file("hunter2")`, `tonumber(var.plain)`, `5`, `true`,
	} {
		attr, files := secretAttr(t, expression)
		_, diags := Decode(attr, secretCtx(t.TempDir()))
		if !diags.HasErrors() {
			t.Errorf("%s: no error", expression)
		}
		for _, d := range diags {
			if _, marked := hcl.DiagnosticExtra[diag.SecretHere](d); !marked || *d.Subject != attr.NameRange || d.Context != nil || d.Expression != nil || d.EvalContext != nil {
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

func TestString(t *testing.T) {
	for want, secret := range map[string]Reference{
		`environment variable "A"`: {Env: "A"}, `file "f"`: {File: "f"}, `command "c"`: {Exec: []string{"c", "secret argument"}}, "no secret": {},
	} {
		if got := secret.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
