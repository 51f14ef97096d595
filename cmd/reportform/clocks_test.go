package main

import (
	"strings"
	"testing"
	"time"

	"github.com/reportform/reportform/engine/wire"
)

const clocksConfig = `
STATE
tenant "t" {
  id    = "one.example"
  cloud = "sandbox"
  ENDPOINTS
}
window "daily" {
  every  = "1d"
  from   = "TODAY-4"
  to     = "TODAY-0"
  settle = "0s"
}
output "ndjson" "a" {
  path = "out/${pull.window.label}.ndjson"
}
report "sign_ins" "r" {
  window  = window.daily
  outputs = [output.ndjson.a]
}
`

// A service whose clock is up to two days behind: what it has not reached waits, which
// is no failure, and both clocks are named, at apply and by the next plan.
func TestServiceIsBehind(t *testing.T) {
	noon := started.Truncate(24*time.Hour).AddDate(0, 0, -2).Add(12 * time.Hour) // there
	server, err := wire.StartSandbox(wire.SandboxOptions{Listen: "127.0.0.1:0", EventsPerDay: 400, Clock: noon.Sub(started)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	l := newLab(t, server.URL, "", clocksConfig)
	other := l.copyOf(t)
	has := func(said string, texts ...string) {
		t.Helper()
		for _, text := range texts {
			if !strings.Contains(strings.Join(strings.Fields(said), " "), text) {
				t.Errorf("nothing says %q:\n%s", text, said)
			}
		}
	}
	day := func(n int) string { return started.AddDate(0, 0, -n).Format(time.DateOnly) }

	said := l.expect(0, l.apply...)
	has(said, "This machine's clock is off", " says "+noon.Format(time.DateOnly)+" 12:", day(1)+": waits until "+day(0)+" 00:00Z", "2 pulls finished, 2 waiting")
	if files := l.outputs(); len(files) != 2 {
		t.Errorf("%d files", len(files))
	}
	has(l.expect(0, "plan", "-detailed-exitcode"), "Nothing to do", "ahead of the service's", "by the service's clock", "2 waiting", "2 held")
	has(l.expect(0, "coverage"), "2 slices held", "2 waiting")

	said = other.expect(0, append(other.apply, "-json")...)
	has(said, `"type":"pull_waiting"`, `"until":"`+day(0)+`T00:00:00Z"`, `"severity":"warning"`, `"finished":2,"skipped":0,"failed":0,"not_done":0,"waiting":2`)
	has(other.expect(0, "plan", "-json"), `"clock":{"ahead_seconds":`)
}
