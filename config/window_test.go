package config

import (
	"os/exec"
	"strings"
	"testing"
)

// Zone names mean the same on a machine without a zone database: it is built in.
func TestZonesAreBuiltIn(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{join .Imports "\n"}}`, ".").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for line := range strings.Lines(string(out)) {
		if strings.TrimSpace(line) == "time/tzdata" {
			return
		}
	}
	t.Errorf("the package does not import time/tzdata:\n%s", out)
}
