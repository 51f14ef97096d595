package config

import (
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/internal/diag"
)

// TestSecretLineIsNotQuoted has a misspelt reference beside a plain secret.
func TestSecretLineIsNotQuoted(t *testing.T) {
	dir := writeDir(t, map[string]string{"main.rf.hcl": "credential \"client_secret\" \"c\" {\n  client_secret = \"hunter2${var.nope}\"\n}"})
	_, diags := Load(dir, testOptions())
	if len(diags) != 1 {
		t.Fatal(diags)
	}
	if _, marked := hcl.DiagnosticExtra[diag.SecretHere](diags[0]); !marked {
		t.Error("the line with the secret would be quoted")
	}
}
