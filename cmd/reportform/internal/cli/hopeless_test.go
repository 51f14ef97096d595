package cli

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/engine"
	"github.com/reportform/reportform/engine/sandbox"
)

const hopelessConfig = `
credential "client_secret" "msp" {
  client_id     = "11111111-0000-4000-8000-000000000001"
  client_secret = SECRET
}
tenant "t" {
  for_each   = toset([for i in range(100) : format("t%03d", i)])
  id         = "${each.value}.example"
  cloud      = "sandbox"
  pacing     = "published"
  credential = credential.client_secret.msp
  endpoints {
    login     = "URL"
    graph     = "URL"
    aad_graph = "URL"
  }
}
window "daily" {
  every = "1d"
  from  = "2026-10-23"
}
output "ndjson" "archive" {
  path = "out/${pull.tenant.name}/${pull.window.label}.ndjson"
}
report "directory_audits" "audits" {
  window  = window.daily
  outputs = [output.ndjson.archive]
}
`

// A run that cannot succeed ends, and says why in a few lines that name every
// tenant, however much there is to do: 100 tenants with 30 slices each.
func TestHopeless(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		secret   string
		faults   []sandbox.Fault
		refused  bool // no connection comes about
		most     time.Duration
		requests int64
		say      string
	}{
		{name: "bodies stall", faults: []sandbox.Fault{{Kind: "stall", Times: -1}}, most: 75 * time.Minute, requests: 100 * 70, say: "60 s"},
		{name: "tokens stall", faults: []sandbox.Fault{{Kind: "stall", Path: "oauth2", Times: -1}}, most: 75 * time.Minute, requests: 100 * 70, say: "60 s"},
		{name: "outage", refused: true, most: 5 * time.Minute, say: "refused"},
		{name: "forbidden", faults: []sandbox.Fault{{Kind: "forbidden", Times: -1}}, most: time.Minute, requests: 300, say: "AuditLog.Read.All"},
		{name: "unlicensed", faults: []sandbox.Fault{{Kind: "unlicensed", Times: -1}}, most: time.Minute, requests: 300, say: "licence"},
		{name: "missing secret file", secret: `secret_file("missing")`, most: time.Second, say: "missing"},
		{name: "missing variable", secret: `secret_env("NO_SUCH")`, most: time.Second, say: "NO_SUCH"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if raced && test.most > 10*time.Minute {
				t.Skip("an hour of waiting takes minutes with the race detector, which the other runs go by as well")
			}
			synctest.Test(t, func(t *testing.T) {
				secret := test.secret
				if secret == "" {
					secret = `secret_env("APP_SECRET")`
				}
				th := newTheatre(t, strings.ReplaceAll(hopelessConfig, "SECRET", secret), nil)
				th.sandbox.SetFaults(test.faults...)
				if test.refused {
					th.refuse()
				}
				code, took := th.run(t, "apply -auto-approve")
				lines, size := bytes.Count(th.err.Bytes(), []byte("\n")), th.err.Len()
				t.Logf("%v, %d requests, %d lines with %d bytes", took.Round(time.Second), th.requests.Load(), lines, size)
				if code != failed {
					t.Errorf("exit code %d, want %d", code, failed)
				}
				if took > test.most {
					t.Errorf("it took %v, want at most %v", took, test.most)
				}
				if n := th.requests.Load(); n > test.requests+100 { // a token for each tenant
					t.Errorf("%d requests, want at most %d and the tokens", n, test.requests)
				}
				if lines > 250 || size > 64<<10 {
					t.Errorf("%d lines with %d bytes are too many", lines, size)
				}
				words := strings.Join(strings.Fields(th.err.String()), " ")
				for i := range 100 {
					if name := fmt.Sprintf("t%03d", i); !strings.Contains(words, name) {
						t.Errorf("%s is not named", name)
					}
				}
				for _, text := range []string{test.say, "3,000"} {
					if !strings.Contains(words, text) {
						t.Errorf("%q is not said", text)
					}
				}
				if t.Failed() {
					t.Logf("%.4000s", th.err.String())
				}
			})
		})
	}
}

// refuse has no connection come about.
func (th *theatre) refuse() {
	load := th.app.Engine.Load
	th.app.Engine.Load = func(o engine.Options) (Session, hcl.Diagnostics) {
		o.Dial = func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
		}
		return load(o)
	}
}
