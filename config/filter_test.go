package config

import (
	"strings"
	"testing"
)

// A mistake in a filter is pointed at where its text stands in the source, and at
// the whole value where that cannot be told.
func TestFilterMistakesArePointedAt(t *testing.T) {
	const rest = `
output "json" "o" { path = "o" }
tenant "t" {
  id    = "t.example.com"
  cloud = "sandbox"
}
window "w" { last = "1d" }
`
	report := func(filter string) string {
		return "report \"sign_ins\" \"r\" {\n  window  = window.w\n  outputs = output.json.o\n  filter  = " + filter + "\n}\n"
	}
	for name, test := range map[string]struct{ file, text, at, detail string }{
		"literal":    {"main.rf.hcl", report(`"status/errorCode != 0"`) + rest, "4,31-33", "at character 18. Write ne."},
		"wide":       {"main.rf.hcl", report(`"a eq 'ü' && b eq 1"`) + rest, "4,23-25", "at character 10. Write and."},
		"its end":    {"main.rf.hcl", report(`"(a eq 1"`) + rest, "4,21-21", "at its end"},
		"computed":   {"main.rf.hcl", report(`"status/${lower("ERRORCODE")} != 0"`) + rest, "4,13-48", "It reads: status/errorcode != 0"},
		"escapes":    {"main.rf.hcl", report(`"a eq \"x\""`) + rest, "4,13-25", `Write 'x'. It reads: a eq "x"`},
		"in JSON":    {"main.rf.json", `{"output": {"json": {"o": {"path": "o"}}}, "tenant": {"t": {"id": "t.example.com", "cloud": "sandbox"}}, "window": {"w": {"last": "1d"}}, "report": {"sign_ins": {"r": {"window": "${window.w}", "outputs": "${output.json.o}", "filter": "a > 1"}}}}`, "1,235-242", "Write gt. It reads: a > 1"},
		"no mistake": {"main.rf.hcl", report(`"  status/errorCode ne 0  "`) + rest, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, diags := Load(writeDir(t, map[string]string{test.file: test.text}), testOptions())
			if test.at == "" {
				if len(diags) > 0 {
					t.Error(diags)
				}
				return
			}
			if len(diags) != 1 || diags[0].Summary != "Invalid filter" {
				t.Fatalf("got %v", diags)
			}
			if d := diags[0]; !strings.HasSuffix(d.Subject.String(), ":"+test.at) || !strings.Contains(d.Detail, test.detail) {
				t.Errorf("at %s: %s", d.Subject, d.Detail)
			}
		})
	}
}
