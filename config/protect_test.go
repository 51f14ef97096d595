package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A report is protected by itself or by its window.
func TestProtect(t *testing.T) {
	const rest = `
tenant "t" {
  id    = "t.example"
  cloud = "sandbox"
}
output "json" "o" {
  path = "a.json"
}
window "w" {
  every   = "1d"
  from    = "2026-11-01"
  keep    = "9d"
  protect = WINDOW
}
report "sign_ins" "r" {
  window  = window.w
  outputs = [output.json.o]
  protect = REPORT
}
`
	load := func(window, report string) (*Config, error) {
		dir := t.TempDir()
		text := strings.NewReplacer("WINDOW", window, "REPORT", report).Replace(rest)
		if err := os.WriteFile(filepath.Join(dir, "main.rf.hcl"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, diags := Load(dir, testOptions())
		if diags.HasErrors() {
			return nil, diags
		}
		return c, nil
	}
	for _, test := range []struct {
		window, report string
		want           bool
	}{{"false", "null", false}, {"true", "false", true}, {"null", "true", true}} {
		c, err := load(test.window, test.report)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Reports[0].Protected(); got != test.want || !c.Reports[0].Of(c.Tenants[0]) {
			t.Errorf("%+v: %t", test, got)
		}
	}
	if _, err := load("true", `"perhaps"`); err == nil || !strings.Contains(err.Error(), "protect") {
		t.Errorf("%v", err)
	}
}
