package backends

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMistakesInEncryption(t *testing.T) {
	const secret = "AGE-SECRET-KEY-1XYZZY"
	tests := []struct {
		name, body string
		want       []string
	}{
		{"identity", `encryption { identity = secret_env("X") }`, nil},
		{"old ones", "encryption {\nidentity = secret_env(\"X\")\nold_identities = [secret_env(\"Y\"), secret_file(\"z\")]\nmigrate = false\n}", nil},
		{"nulls", "encryption {\nidentity = secret_env(\"X\")\nold_identities = null\nmigrate = null\n}", nil},
		{"migrate", "encryption {\nidentity = secret_env(\"X\")\nmigrate = true\n}", []string{"3 Plain text is accepted as state"}},
		{"empty", "encryption {}", []string{"3 Missing identity"}},
		{"plain", `encryption { identity = "` + secret + `" }`, []string{"3 Secret in plain text"}},
		{"plain among old ones", "encryption {\nidentity = secret_env(\"X\")\nold_identities = [secret_env(\"Y\"), \"" + secret + "\"]\n}", []string{"5 Secret in plain text"}},
		{"no list", "encryption {\nidentity = secret_env(\"X\")\nold_identities = secret_env(\"Y\")\n}", []string{"5 Not a list of secrets"}},
		{"misspelt", "encryption {\nidentity = secret_env(\"X\")\nidentitiy = \"" + secret + "\"\n}", []string{"5 Unsupported argument"}},
		{"twice", "encryption { identity = secret_env(\"X\") }\nencryption { identity = secret_env(\"X\") }", []string{"4 Declared twice"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := stateMistakes(t, "state \"local\" {\n"+tt.body+"\n}", secret)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("mistakes (-want +got):\n%s", diff)
			}
		})
	}
}

// TestEncryptionLeavesTheRestToTheBackend holds that an encryption block hides
// no mistake of the block around it.
func TestEncryptionLeavesTheRestToTheBackend(t *testing.T) {
	got := stateMistakes(t, "state \"postgres\" {\nencryption { identity = \"x\" }\nhots = \"db\"\nmore {}\n}", "")
	want := []string{"3 Secret in plain text", "4 Unsupported argument", "5 Unsupported block type"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mistakes (-want +got):\n%s", diff)
	}
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "main.rf.json"), `{"reportform": {"state": {"local": {"path": "s", "encryption": {"identity": "${secret_env(\"X\")}"}, "pth": 1}}}}`)
	_, diags := load(t, dir)
	if len(diags) != 1 || !strings.Contains(diags[0].Detail, "pth") {
		t.Errorf("in JSON the mistakes are %v", diags)
	}
}
