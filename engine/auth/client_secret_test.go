package auth

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/internal/diag"
	"github.com/reportform/reportform/internal/secret"
)

// block is credential "client_secret" "msp" with the body's lines, the header
// being line 1, as the language leaves it.
func block(t *testing.T, body string) *config.Credential {
	t.Helper()
	dir := t.TempDir()
	source := "credential \"client_secret\" \"msp\" {\n" + body + "\n}\n" + `locals { literal = "` + value + `" }`
	if err := os.WriteFile(filepath.Join(dir, "main.rf.hcl"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	c, diags := config.Load(dir, config.Options{Version: "1.0.0"})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return c.Credentials[0]
}

func TestDecodeClientSecret(t *testing.T) {
	type result struct {
		App   string
		Place secret.Reference
	}
	none, both := map[string]string{}, map[string]string{"AZURE_CLIENT_ID": "from-environment", "AZURE_CLIENT_SECRET": value}
	tests := []struct {
		name, body string
		env        map[string]string
		want       result
	}{
		{"both set", "client_id = \"a\"\nclient_secret = secret_env(\"MSP_SECRET\")", both, result{"a", secret.Reference{Env: "MSP_SECRET"}}},
		{"from the environment", "", both, result{"from-environment", secret.Reference{Env: "AZURE_CLIENT_SECRET"}}},
		{"null is unset", "client_id = null\nclient_secret = null", both, result{"from-environment", secret.Reference{Env: "AZURE_CLIENT_SECRET"}}},
		{"the secret's variable is not looked at", "client_id = \" a \"", none, result{"a", secret.Reference{Env: "AZURE_CLIENT_SECRET"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			getenv := func(name string) string {
				if name == "AZURE_CLIENT_SECRET" {
					t.Error("the secret was read")
				}
				return tt.env[name]
			}
			credential, diags := Types()["client_secret"].Decode(block(t, tt.body), getenv)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			got := credential.(*clientSecret)
			if diff := cmp.Diff(tt.want, result{got.App(), got.place}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestMistakesInClientSecret(t *testing.T) {
	tests := []struct {
		name, body string
		line       int
		says       []string
	}{
		{"no client_id", "client_secret = secret_env(\"MSP_SECRET\")", 1, []string{"client_id", "AZURE_CLIENT_ID"}},
		{"empty client_id", "client_id = \"\"", 1, []string{"client_id", "AZURE_CLIENT_ID"}},
		{"client_id of another type", "client_id = [1]", 2, []string{"client_id", "string"}},
		{"client_id that is a secret", "client_id = secret_env(\"X\")", 2, []string{"client_id", "string"}},
		{"unknown attribute", "client_id = \"a\"\nclient_secrets = local.literal", 3, []string{"client_secrets"}},
		{"unknown block", "client_id = \"a\"\nextra {}", 3, []string{"extra"}},
		{"plain secret", "client_id = \"a\"\nclient_secret = local.literal", 3, []string{"plain", "secret_env"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			credential, diags := Types()["client_secret"].Decode(block(t, tt.body), func(string) string { return "" })
			if len(diags) != 1 || credential != nil {
				t.Fatalf("got %v and %v", credential, diags)
			}
			d := diags[0]
			if d.Subject == nil || d.Subject.Start.Line != tt.line {
				t.Errorf("points at %v, want line %d", d.Subject, tt.line)
			}
			for _, want := range tt.says {
				if !strings.Contains(d.Summary+" "+d.Detail, want) {
					t.Errorf("%s: %s does not say %q", d.Summary, d.Detail, want)
				}
			}
			if _, hidden := d.Extra.(diag.SecretHere); hidden != (tt.line > 1) || hidden && (d.Context != nil || d.Expression != nil) {
				t.Errorf("a line that may hold a secret is quoted: %#v", d)
			}
			if strings.Contains(diags.Error(), value) {
				t.Errorf("holds the secret: %s", diags)
			}
		})
	}
}

func TestAllMistakesInOneRun(t *testing.T) {
	_, diags := Types()["client_secret"].Decode(block(t, "client_secret = local.literal\nother = 1"), func(string) string { return "" })
	if len(diags) != 3 {
		t.Errorf("%d of 3 mistakes: %v", len(diags), diags)
	}
}
