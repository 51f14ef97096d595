package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reportform/reportform/engine/sandbox"
	"github.com/reportform/reportform/engine/sandbox/fault"
)

const soakConfig = `
credential "client_secret" "app" {
  client_id     = "11111111-0000-4000-8000-000000000001"
  client_secret = secret_env("APP_SECRET")
}
tenant "customer" {
  for_each   = toset([for i in range(TENANTS) : format("c%03d", i)])
  id         = "${each.value}.example"
  cloud      = "sandbox"
  pacing     = "published"
  credential = credential.client_secret.app
  endpoints {
    login     = "URL"
    graph     = "URL"
    aad_graph = "URL"
  }
}
window "daily" {
  every = "1d"
  from  = "2026-11-20"
}
output "ndjson" "archive" {
  path = "out/${pull.tenant.name}/${pull.report.name}-${pull.window.label}.ndjson"
}
`

// soakReports are the report types of the soak.
func soakReports() []string {
	return []string{"sign_ins", "directory_audits", "provisioning", "risk_detections", "audit_events", "sign_ins_non_interactive"}
}

// Two processes at once pull many tenants from a service that has every fault,
// refuses what is over its limits, and whose tokens live a minute. Each slice
// arrives whole or is reported as failed, and some runs later all of them are
// there: every event, once.
func TestSoak(t *testing.T) {
	t.Parallel()
	const slicesEach = 2
	tenants := 200
	if raced {
		tenants = 20
	}
	config := strings.ReplaceAll(soakConfig, "TENANTS", fmt.Sprint(tenants))
	for _, report := range soakReports() {
		config += fmt.Sprintf("report %q %q {\n window = window.daily\n outputs = [output.ndjson.archive]\n}\n", report, report)
	}
	few := func(o *sandbox.Options) {
		o.Tenants = func(string) (sandbox.Tenant, bool) { return sandbox.Tenant{EventsPerDay: 30}, true }
	}
	var want map[string][]string
	synctest.Test(t, func(t *testing.T) {
		th := newTheatre(t, strings.ReplaceAll(config, `"published"`, `"off"`), few)
		if code, _ := th.run(t, "apply -auto-approve"); code != ok {
			t.Fatalf("exit code %d without faults\n%s", code, &th.err)
		}
		want = th.ids(t)
	})
	if n := tenants * len(soakReports()) * slicesEach; len(want) != n {
		t.Fatalf("%d files, want %d", len(want), n)
	}
	synctest.Test(t, func(t *testing.T) {
		th := newTheatre(t, config, func(o *sandbox.Options) {
			few(o)
			o.TokenLife, o.Throttle = time.Minute, true
			for _, kind := range fault.Kinds() {
				o.Faults = append(o.Faults, sandbox.Fault{Kind: kind.Name, Rate: 0.02}, sandbox.Fault{Kind: kind.Name, Path: "oauth2", Rate: 0.02})
			}
		})
		for run := 1; ; run++ {
			began, before := time.Now(), th.requests.Load()
			processes := []*theatre{th.another(), th.another()}
			var both sync.WaitGroup
			for _, p := range processes {
				both.Go(func() { p.run(t, "apply -auto-approve -json -parallelism=20") })
			}
			both.Wait()
			failed := map[string]bool{}
			for _, p := range processes {
				for _, m := range p.messages(t) {
					if m.Type == "pull_failed" {
						failed[m.file()] = true
					}
				}
			}
			got := th.ids(t)
			t.Logf("run %d: %v, %d requests, %d of %d files, %d pulls failed", run, time.Since(began).Round(time.Second), th.requests.Load()-before, len(got), len(want), len(failed))
			for name, ids := range want {
				switch there, ok := got[name]; {
				case ok && !slices.Equal(slices.Compact(there), ids):
					t.Errorf("%s has %d events, want %d", name, len(there), len(ids))
				case !ok && !failed[name]:
					t.Errorf("%s is not there, and no process says so", name)
				}
			}
			if len(got) == len(want) || t.Failed() {
				break
			}
			if run == 10 {
				t.Fatalf("after %d runs %d files are missing: %v", run, len(want)-len(got), slices.Sorted(maps.Keys(want))[:3])
			}
		}
		th.out.Reset()
		if code, _ := th.run(t, "state verify"); code != ok {
			t.Errorf("verify ends with %d\n%s%s", code, &th.out, &th.err)
		}
	})
}

// another is a process beside the theatre's, in the same directory.
func (th *theatre) another() *theatre {
	other := &theatre{dir: th.dir, now: th.now, app: th.app}
	other.app.Streams.Out.Writer, other.app.Streams.Err.Writer = &other.out, &other.err
	return other
}
