package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/cmd/reportform/internal/view"
	"github.com/reportform/reportform/config/catalog"
	"github.com/reportform/reportform/engine"
	"github.com/reportform/reportform/engine/sandbox"
	"github.com/reportform/reportform/engine/sandbox/fault"
	"github.com/reportform/reportform/engine/sandbox/sandboxtest"
	"github.com/reportform/reportform/engine/wire"
	"github.com/reportform/reportform/internal/term"
)

var update = flag.Bool("update", false, "write the golden files")

// matrixConfig is one tenant with days of several pages.
const matrixConfig = `
credential "client_secret" "app" {
  client_id     = "11111111-0000-4000-8000-000000000001"
  client_secret = secret_env("APP_SECRET")
}
tenant "contoso" {
  id         = "contoso.example"
  cloud      = "sandbox"
  pacing     = "off"
  credential = credential.client_secret.app
  endpoints {
    login     = "URL"
    graph     = "URL"
    aad_graph = "URL"
  }
}
window "daily" {
  every = "1d"
  from  = "2026-11-16"
}
output "ndjson" "archive" {
  path = "out/${pull.tenant.name}/${pull.report.name}-${pull.window.label}.ndjson"
}
report "REPORT" "r" {
  window  = window.daily
  outputs = [output.ndjson.archive]
}
`

const (
	matrixSlices = 6
	pageSize     = 20
)

// latency is what a request takes at least.
const latency = 500 * time.Millisecond

// theatre is the program before a sandbox, in a bubble: it has a clock that goes
// with the bubble's, a directory, and counts the requests.
type theatre struct {
	dir      string
	now      func() time.Time
	sandbox  *sandbox.Sandbox
	requests atomic.Int64
	met      atomic.Int64 // by faults
	app      App
	out, err bytes.Buffer
}

// newTheatre makes a theatre; it is to be called in a bubble.
func newTheatre(t *testing.T, config string, change func(*sandbox.Options)) *theatre {
	t.Helper()
	began := time.Now()
	th := &theatre{dir: t.TempDir()}
	th.now = func() time.Time {
		return time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC).Add(time.Since(began))
	}
	types, classes, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	options := wire.SandboxOf(types, nil, classes)
	options.Now = th.now
	options.Tenants = func(string) (sandbox.Tenant, bool) { return sandbox.Tenant{EventsPerDay: 300}, true }
	for i := range options.Types {
		if options.Types[i].Name != "risk_detections" { // which refuses pages that are larger than it sends
			options.Types[i].MaxPage, options.Types[i].DefaultPage = pageSize, pageSize
		}
	}
	options.Logger = hclog.New(&hclog.LoggerOptions{Level: hclog.Debug, Output: counting{&th.met}})
	if change != nil {
		change(&options)
	}
	th.sandbox = sandbox.New(options)
	network := sandboxtest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		th.requests.Add(1)
		time.Sleep(latency)
		th.sandbox.ServeHTTP(w, r)
	}))
	if err := os.WriteFile(filepath.Join(th.dir, "main.rf.hcl"), []byte(strings.ReplaceAll(config, "URL", network.URL())), 0o600); err != nil {
		t.Fatal(err)
	}
	th.app = App{
		Environ: []string{"APP_SECRET=x"}, Version: "0.1.0", Now: th.now, Engine: NewEngine(),
		Streams: view.Streams{In: strings.NewReader(""), Out: term.Stream{Writer: &th.out}, Err: term.Stream{Writer: &th.err}},
	}
	th.app.Engine.Load = func(o engine.Options) (Session, hcl.Diagnostics) {
		o.Dir, o.Now = th.dir, th.now
		if o.Dial == nil {
			o.Dial = network.Dial
		}
		e, diags := engine.Load(o)
		return loaded{e}, diags
	}
	return th
}

// counting counts the lines of the sandbox's log that tell of a fault.
type counting struct{ met *atomic.Int64 }

func (c counting) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte(" fault: kind=")) {
		c.met.Add(1)
	}
	return len(line), nil
}

// run runs a command and returns its exit code and how long it took.
func (th *theatre) run(t *testing.T, line string) (code int, took time.Duration) {
	t.Helper()
	began := time.Now()
	code = th.app.Run(t.Context(), strings.Fields(line))
	return code, time.Since(began)
}

// ids returns what the files hold: for each the ids of its events, in order.
func (th *theatre) ids(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	paths, err := filepath.Glob(filepath.Join(th.dir, "out", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(bytes.NewReader(data))
		ids := []string{}
		for lines.Scan() {
			var event struct{ ID string }
			if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			ids = append(ids, event.ID)
		}
		slices.Sort(ids)
		name, _ := filepath.Rel(filepath.Join(th.dir, "out"), path)
		found[filepath.ToSlash(name)] = ids
	}
	return found
}

// service is one of the services that faults meet.
type service struct {
	name   string
	report string // a report type that is asked for
	path   string // of requests, as a fault names it
}

func services() []service {
	return []service{
		{"Microsoft Graph", "sign_ins", "signIns"},
		{"Azure AD Graph", "audit_events", "auditEvents"},
		{"tokens", "sign_ins", "oauth2"},
	}
}

// options makes the token endpoint give tokens that live for some requests only.
func (s service) options(o *sandbox.Options) {
	if s.path == "oauth2" {
		o.TokenLife = 2 * time.Second
	}
}

// meets reports whether a service can have the faults of a kind: token endpoints
// have no pages, and refuse in words of their own.
func (s service) meets(k fault.Kind) bool {
	if s.path != "oauth2" {
		return true
	}
	switch k.Name {
	case "forbidden", "unlicensed", "token-expired", "claims-challenge", "redirect", "retired", "filter-ignored":
		return false
	}
	return k.Strikes == fault.Answer
}

// rates are the shares of requests that meet a fault: of the page, or the one that
// makes most happen at once.
func rates() []float64 {
	if raced {
		return []float64{0.2}
	}
	return []float64{0.02, 0.2, 1}
}

// outcome is what a run came to before a fault.
type outcome struct {
	code     int
	causes   []string // of the failed pulls
	requests float64  // as a multiple of those of a run without faults
	took     time.Duration
}

// String is a cell of the table.
func (o outcome) String() string {
	if o.code == ok {
		return fmt.Sprintf("survived, %s requests, %s", times(o.requests), about(o.took))
	}
	return fmt.Sprintf("refused: %s, exit %d, %s requests, %s", strings.Join(o.causes, " and "), o.code, times(o.requests), about(o.took))
}

// times rounds a multiple up.
func times(x float64) string {
	for _, bound := range []float64{1, 1.1, 1.25, 1.5, 2, 3, 5, 10, 20, 50, 100} {
		if x <= bound {
			return fmt.Sprintf("%gx", bound)
		}
	}
	return "over 100x"
}

// about rounds a time up.
func about(d time.Duration) string {
	for _, bound := range []struct {
		most time.Duration
		text string
	}{
		{time.Second, "1 s"},
		{10 * time.Second, "10 s"},
		{time.Minute, "1 min"},
		{5 * time.Minute, "5 min"},
		{15 * time.Minute, "15 min"},
		{time.Hour, "1 h"},
		{90 * time.Minute, "1.5 h"},
	} {
		if d <= bound.most {
			return bound.text
		}
	}
	return "over 1.5 h"
}

// baseline is what a run without faults makes.
type baseline struct {
	ids      map[string][]string
	requests int64
}

// play runs apply before a fault that meets a share of the requests, and checks
// what no fault may do: lose an event in silence, write one twice, leave anything
// half-written, call a failure success.
func play(t *testing.T, s service, f sandbox.Fault, want *baseline) (o outcome) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		th := newTheatre(t, strings.ReplaceAll(matrixConfig, "REPORT", s.report), s.options)
		f.Path, f.Times = s.path, -1
		th.sandbox.SetFaults(f)
		o.code, o.took = th.run(t, "apply -auto-approve -json -parallelism=1")
		if th.met.Load() == 0 && (s.path != "oauth2" || f.Rate > 0.02) { // of tokens there are not so many
			t.Errorf("no request of %d has met the fault", th.requests.Load())
		}
		o.requests = float64(th.requests.Load()) / float64(want.requests)
		failures := 0
		for _, m := range th.messages(t) {
			if m.Type == "pull_failed" {
				failures++
				if !slices.Contains(o.causes, m.Cause) {
					o.causes = append(o.causes, m.Cause)
				}
			}
		}
		slices.Sort(o.causes)
		got := th.ids(t)
		for name, ids := range got {
			if f.Kind == "revision" {
				ids = slices.Compact(ids) // both versions are kept
			}
			if !slices.Equal(ids, want.ids[name]) {
				t.Errorf("%s has %d events, want %d", name, len(ids), len(want.ids[name]))
			}
		}
		if len(got)+failures != matrixSlices {
			t.Errorf("%d files and %d failures of %d slices", len(got), failures, matrixSlices)
		}
		truth := ok
		switch {
		case failures == matrixSlices:
			truth = failed
		case failures > 0:
			truth = incomplete
		}
		if o.code != truth {
			t.Errorf("exit code %d after %d failures, want %d", o.code, failures, truth)
		}
	})
	return o
}

// message is what the tests read of a line for programs.
type message struct{ Type, Cause, Tenant, Report, Label string }

// file is the name of the file that a pull writes, below out.
func (m message) file() string {
	name := func(address string) string {
		return strings.Trim(address[strings.LastIndexAny(address, `.[`)+1:], `"]`)
	}
	return name(m.Tenant) + "/" + name(m.Report) + "-" + m.Label + ".ndjson"
}

func (th *theatre) messages(t *testing.T) (list []message) {
	t.Helper()
	for line := range bytes.Lines(th.out.Bytes()) {
		var m message
		if err := json.Unmarshal(line, &m); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		list = append(list, m)
	}
	return list
}

// TestFaultMatrix plays every fault of the sandbox at every service, from few
// requests to all, and holds docs/reliability.md to what comes of it: which faults
// are survived and which are refused, as what. How many requests and how much time
// that takes is rounded up, and as of when the page was written.
func TestFaultMatrix(t *testing.T) {
	t.Parallel()
	rows := map[string][]string{} // by service, in order of kinds
	for _, s := range services() {
		want := baseline{}
		synctest.Test(t, func(t *testing.T) {
			th := newTheatre(t, strings.ReplaceAll(matrixConfig, "REPORT", s.report), s.options)
			if code, _ := th.run(t, "apply -auto-approve -parallelism=1"); code != ok {
				t.Fatalf("exit code %d without a fault\n%s%s", code, &th.out, &th.err)
			}
			want.ids, want.requests = th.ids(t), th.requests.Load()
			total := 0
			for _, ids := range want.ids {
				total += len(ids)
			}
			if len(want.ids) != matrixSlices || total < 10*pageSize {
				t.Fatalf("%d files with %d events are no ground to stand on", len(want.ids), total)
			}
		})
		for _, kind := range fault.Kinds() {
			if !s.meets(kind) {
				continue
			}
			row := fmt.Sprintf("| `%s` | %s |", kind.Name, kind.Does)
			for _, rate := range rates() {
				t.Run(fmt.Sprintf("%s/%s/%g", s.name, kind.Name, rate), func(t *testing.T) {
					o := play(t, s, sandbox.Fault{Kind: kind.Name, Rate: rate}, &want)
					row += " " + o.String() + " |"
					if o.took > 90*time.Minute {
						t.Errorf("the run took %v", o.took)
					}
					if rate < 1 && o.requests > 10 {
						t.Errorf("%.1f times the requests of a run without faults", o.requests)
					}
				})
			}
			rows[s.name] = append(rows[s.name], row)
		}
	}
	if !raced {
		comparePage(t, rows)
	}
}

// comparePage holds the tables of docs/reliability.md to the rows, but for the
// numbers, or writes them anew.
func comparePage(t *testing.T, rows map[string][]string) {
	t.Helper()
	const path, marker = "../../../../docs/reliability.md", "<!-- What follows is written by the test of the faults. -->\n"
	var tables strings.Builder
	for _, s := range services() {
		fmt.Fprintf(&tables, "\n### %s\n\n| fault | the service | 2 of 100 requests | 20 of 100 | all |\n| --- | --- | --- | --- | --- |\n%s\n",
			strings.ToUpper(s.name[:1])+s.name[1:], strings.Join(rows[s.name], "\n"))
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text, written, found := strings.Cut(string(page), marker)
	if !found {
		t.Fatalf("%s has no line %s", path, marker)
	}
	if *update {
		if err := os.WriteFile(path, []byte(text+marker+tables.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	numbers := regexp.MustCompile(`, (over )?[0-9.]+x requests, (over )?[0-9.]+ (s|min|h)`)
	if diff := cmp.Diff(numbers.ReplaceAllString(written, ""), numbers.ReplaceAllString(tables.String(), "")); diff != "" {
		t.Errorf("%s says something else; write it with -update and read what changes:\n%s", path, diff)
	}
}

var (
	_ = maps.Keys[map[string]int]
	_ = update
)
