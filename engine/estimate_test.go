package engine

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reportform/reportform/engine/sandbox"
)

const estimateConfig = `
tenant "t" {
  for_each = { for n in range(TENANTS) : "t${n}" => n }
  id       = "t${each.value}.example"
  cloud    = "sandbox"
  pacing   = "off"
  endpoints {
    login     = "URL"
    graph     = "URL"
    aad_graph = "URL"
  }
}
window "short" {
  every = "EVERY"
  from  = "2026-11-16"
  settle = "0h"
}
output "ndjson" "a" {
  path = "out/${pull.tenant.name}/${pull.window.label}.ndjson"
}
report "sign_ins" "r" {
  window  = window.short
  outputs = [output.ndjson.a]
}
`

// The time that a plan names is what it takes at a service that enforces its
// limits, within a fifth, if nothing but the limits takes time.
func TestEstimateHolds(t *testing.T) {
	for _, test := range []struct {
		tenants, perDay int
		hours           int // of a slice
		held, slices    int
		requests        int64
	}{
		{tenants: 1, perDay: 6_000, hours: 24, held: 2, slices: 2, requests: 16},
		{tenants: 24, perDay: 48, hours: 1, held: 3, slices: 8, requests: 24 * 8},
		{tenants: 100, perDay: 24, hours: 1, held: 2, slices: 3, requests: 300},
	} {
		t.Run(fmt.Sprint(test.tenants), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				options := func(o *sandbox.Options) {
					o.Tenants = func(string) (sandbox.Tenant, bool) { return sandbox.Tenant{EventsPerDay: test.perDay}, true }
				}
				w := newPipedWorld(t, options)
				throttled := newPipedWorld(t, func(o *sandbox.Options) { options(o); o.Throttle = true })
				start := time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC)
				w.now = start.Add(time.Duration(test.held*test.hours) * time.Hour)
				w.write("main.rf.hcl", strings.NewReplacer("TENANTS", fmt.Sprint(test.tenants), "EVERY", fmt.Sprintf("%dh", test.hours), "URL", w.url).Replace(estimateConfig))
				if s := w.apply(); len(s.Failed) > 0 {
					t.Fatal(s.Failed[0].Err())
				}

				w.now = w.now.Add(time.Duration(test.slices*test.hours) * time.Hour)
				throttled.now, w.network = w.now, throttled.network
				w.edit("main.rf.hcl", `"off"`, `"published"`)
				e := w.engine()
				p := w.plan(e)
				if len(p.Pulls) != test.tenants*test.slices || p.Estimate.Unknown != 0 {
					t.Fatalf("%d pulls, estimate %+v", len(p.Pulls), p.Estimate)
				}
				began := time.Now()
				s, err := e.Apply(t.Context(), p, ApplyOptions{})
				took := time.Since(began)
				if err != nil || len(s.Failed) > 0 {
					t.Fatal(err, s.Failed)
				}
				ratio := p.Estimate.Time.Seconds() / took.Seconds()
				t.Logf("%d tenants: estimated %v for %d requests, %d events, %d bytes; took %v for %d events, %d bytes; ratio %.2f",
					test.tenants, p.Estimate.Time, p.Estimate.Requests, p.Estimate.Events, p.Estimate.Bytes, took, s.Events, s.Bytes, ratio)
				if ratio < 0.8 || ratio > 1.2 {
					t.Errorf("the estimate of %v is not within a fifth of the %v that it took", p.Estimate.Time, took)
				}
				if n := p.Estimate.Requests; n < test.requests*8/10 || n > test.requests*12/10 {
					t.Errorf("%d requests are estimated, want about %d", n, test.requests)
				}
				if refused := strings.Count(w.log.String(), "status=429"); refused > 0 {
					t.Errorf("%d requests were refused for being one too many", refused)
				}
			})
		})
	}
}
