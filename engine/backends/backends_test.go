package backends

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/internal/diag"
)

// stateMistakes loads a configuration with a state block and returns its
// mistakes as "line summary". None may hold a secret or quote its line.
func stateMistakes(t *testing.T, state, secret string) []string {
	t.Helper()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "main.rf.hcl"), "reportform {\n"+state+"\n}\n")
	_, diags := load(t, dir)
	var got []string
	for _, d := range diags {
		got = append(got, fmt.Sprint(d.Subject.Start.Line, " ", d.Summary))
		if _, hidden := hcl.DiagnosticExtra[diag.SecretHere](d); !hidden || d.Context != nil || d.Expression != nil {
			t.Errorf("%s: a line that may hold a secret is quoted", d)
		}
		if secret != "" && strings.Contains(d.Summary+d.Detail, secret) {
			t.Errorf("%s: %s tells the secret", d.Summary, d.Detail)
		}
	}
	return got
}

func TestUnknownType(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "main.rf.hcl"), "reportform {\nstate \"locale\" {}\n}\n")
	_, diags := load(t, dir)
	want := `There is no state backend "locale". Did you mean "local"? Known are: blob, local, postgres.`
	if len(diags) != 1 || diags[0].Summary != "Unknown state backend" || diags[0].Detail != want || diags[0].Subject.Start.Line != 2 {
		t.Errorf("got %v, want line 2: %s", diags, want)
	}
}
