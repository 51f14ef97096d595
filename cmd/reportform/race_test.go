//go:build !race

package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/ledger/postgres"
	"github.com/reportform/reportform/engine/ledger/postgres/pgtest"
)

// crashConfig has several tenants, reports over both APIs and outputs that end
// with a trailer and without one.
const crashConfig = `
STATE
tenant "t" {
  for_each = toset(["one", "two"])
  id       = "${each.key}.example"
  cloud    = "sandbox"
  ENDPOINTS
}
window "daily" {
  every = "1d"
  from  = "TODAY-4"
  to    = "TODAY-2"
}
window "both" {
  from = "TODAY-4"
  to   = "TODAY-2"
}
output "json" "a" {
  path = "out/${pull.report.name}/${pull.tenant.name}-${pull.window.label}.json"
}
output "csv" "b" {
  path = "out/${pull.report.name}/${pull.tenant.name}-${pull.window.label}.csv"
}
report "sign_ins" "r" {
  window  = window.daily
  outputs = [output.json.a, output.csv.b]
}
report "audit_events" "legacy" {
  tenants = [tenant.t["one"]]
  window  = window.both
  outputs = [output.json.a]
}
`

// hourlyConfig makes more entries of one ledger than its head holds.
const hourlyConfig = `
STATE
tenant "one" {
  id    = "one.example"
  cloud = "sandbox"
  ENDPOINTS
}
window "hourly" {
  every = "1h"
  from  = "TODAY-9"
  to    = "TODAY-8T09:00"
}
output "ndjson" "o" {
  for_each = toset(split("", "abcdefghijklmnop"))
  path     = "out/${each.key}/${pull.window.label}.ndjson"
}
report "sign_ins" "r" {
  window  = window.hourly
  outputs = values(output.ndjson.o)
}
`

// TestRaces lets many processes apply one configuration at once.
func TestRaces(t *testing.T) {
	t.Parallel()
	t.Run("local", func(t *testing.T) {
		race(t, func() string { return "" }, (*lab).backend)
	})
	t.Run("postgres", func(t *testing.T) {
		server := pgtest.Start(t)
		schema := ""
		race(t, func() string {
			schema += "x"
			return fmt.Sprintf("state \"postgres\" {\n url = secret_exec([\"echo\", %q])\n schema = %q\n}", server.URL("postgres"), schema)
		}, func(l *lab) ledger.Backend {
			backend := postgres.New(postgres.Options{
				URL:    func(context.Context) (string, error) { return server.URL("postgres"), nil },
				Schema: schema,
			})
			l.t.Cleanup(func() { _ = backend.Close() })
			return backend
		})
	})
}

// race holds that a state backend stands 16 processes that apply the same at
// the same time: files and ledgers are then those of a single run, and no page
// is left over. State returns a state block for a place where nothing is stored
// yet; it is empty for the default. Backend returns the same state. A process
// whose server refuses it by mistake, as refusals say, is started again.
func race(t *testing.T, state func() string, backend func(*lab) ledger.Backend, refusals ...string) {
	processes := 4
	if thorough() {
		processes = 16
	}
	url := startSandbox(t, 60)
	for _, test := range []struct {
		name, config string
		pages        int
	}{
		{"many ledgers", crashConfig, 0},
		{"one ledger with a page", hourlyConfig, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			single := newLab(t, url, "", test.config)
			single.expect(0, "apply", "-auto-approve")

			l := newLab(t, url, state(), test.config)
			commands := make([]*exec.Cmd, processes)
			said := make([]bytes.Buffer, processes)
			for i := range commands {
				commands[i] = l.command("apply", "-auto-approve")
				commands[i].Stdout, commands[i].Stderr = &said[i], &said[i]
				if err := commands[i].Start(); err != nil {
					t.Fatal(err)
				}
			}
			for i, cmd := range commands {
				if err := cmd.Wait(); err != nil {
					if slices.ContainsFunc(refusals, func(text string) bool { return strings.Contains(said[i].String(), text) }) {
						t.Logf("process %d is started again: %s", i, &said[i])
						l.expect(0, "apply", "-auto-approve")
						continue
					}
					_, failed, _ := bytes.Cut(said[i].Bytes(), []byte(" failed:\n"))
					t.Errorf("process %d: %v\n%s", i, err, failed)
				}
			}
			if got, want := l.outputs(), single.outputs(); !maps.Equal(got, want) {
				t.Errorf("there are %d files, not the %d of a single run", len(got), len(want))
			}
			if got, want := l.holdings(), single.holdings(); got != want {
				t.Errorf("the ledgers hold\n%s\nwant what those of a single run do\n%s", got, want)
			}
			l.expect(0, "plan", "-detailed-exitcode")
			if left := l.leftovers(); len(left) > 0 {
				t.Errorf("these temporary files were left: %q", left)
			}
			if all, unnamed := pages(t, backend(l)); all != test.pages || unnamed > 0 {
				t.Errorf("%d pages are stored, %d of them belong to no ledger; want %d", all, unnamed, test.pages)
			}
		})
	}
}
