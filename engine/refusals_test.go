package engine

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/engine/run"
	"github.com/reportform/reportform/engine/sandbox"
)

// manySlices is a configuration of tenants with some reports of many days each. Of
// the second tenant on, only the first report is wanted.
func manySlices(w *world, reports []string, tenants ...string) string {
	var b strings.Builder
	b.WriteString(`
credential "client_secret" "app" {
  client_id     = "11111111-0000-4000-8000-000000000001"
  client_secret = secret_env("APP_SECRET")
}
window "days" {
  every = "1d"
  from  = "2026-10-25"
  to    = "2026-11-23"
}
output "ndjson" "a" {
  path = "out/${pull.tenant.name}/${pull.report.type}/${pull.window.label}.ndjson"
}
`)
	for _, tenant := range tenants {
		fmt.Fprintf(&b, "tenant %q {\n id = \"%s.example\"\n cloud = \"sandbox\"\n credential = credential.client_secret.app\n%s}\n", tenant, tenant, w.endpoints())
	}
	for i, report := range reports {
		of := ""
		if i > 0 {
			of = "tenants = [tenant." + tenants[0] + "]\n"
		}
		fmt.Fprintf(&b, "report %q \"r\" {\n %swindow = window.days\n outputs = [output.ndjson.a]\n}\n", report, of)
	}
	return b.String()
}

// counting counts the answers of a sandbox, by status, apart from tokens.
type counting struct {
	next http.Handler

	mu      sync.Mutex
	answers map[int]int
	tokens  map[string]int // by directory
}

func (c *counting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status := &statusWriter{w, http.StatusOK}
	c.next.ServeHTTP(status, r)
	c.mu.Lock()
	defer c.mu.Unlock()
	if directory, _, ok := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/oauth2/"); ok {
		c.tokens[directory]++
	} else {
		c.answers[status.status]++
	}
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets the sandbox send what there is of an answer.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// countedWorld is a world in pipes whose answers are counted.
func countedWorld(t *testing.T) (*world, *counting) {
	c := &counting{answers: map[int]int{}, tokens: map[string]int{}}
	w := newPipedWorldBehind(t, func(o *sandbox.Options) {
		o.Secret = func(_, secret string) bool { return secret != "wrong" }
		o.Tenants = func(string) (sandbox.Tenant, bool) { return sandbox.Tenant{EventsPerDay: 5}, true }
	}, func(sandbox http.Handler) http.Handler {
		c.next = sandbox
		return c
	})
	w.environ = []string{"APP_SECRET=s3cr3t"}
	return w, c
}

var fiveReports = []string{"sign_ins", "directory_audits", "provisioning", "risk_detections", "service_principal_risk_detections"}

// What is refused for good is asked twice for each report of a tenant, the second
// time ten seconds later with another token, and not once a slice. All slices
// count as failed, with the same cause; other tenants are not touched.
func TestRefusalsAreAskedOnce(t *testing.T) {
	const days = 29
	sick := days * len(fiveReports)
	for name, test := range map[string]struct {
		fault, cause string
		tokens       int           // at most
		took         time.Duration // each
	}{
		"permission": {"forbidden", "permission", 1 + len(fiveReports), 10 * time.Second},
		"licence":    {"unlicensed", "licence", 1 + len(fiveReports), 10 * time.Second},
		"token":      {"token-expired", "unauthorised", 1 + 2*len(fiveReports), 0}, // another one is tried at once
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, count := countedWorld(t)
				w.write("main.rf.hcl", manySlices(w, fiveReports, "sick", "well"))
				w.sandbox.SetFaults(sandbox.Fault{Kind: test.fault, Tenant: "sick.example", Times: -1})
				e := w.engine()
				e.wire.Backoff = time.Second
				p := w.plan(e)
				began := time.Now()
				started := map[string]int{}
				summary, err := e.Apply(t.Context(), p, ApplyOptions{Progress: func(p run.Progress) {
					if s, ok := p.(run.Started); ok {
						started[s.Pull.Tenant]++
					}
				}})
				if err != nil {
					t.Fatal(err)
				}
				if summary.Finished != days || len(summary.Failed) != sick {
					t.Errorf("%d finished, %d failed", summary.Finished, len(summary.Failed))
				}
				unasked := 0
				for _, f := range summary.Failed {
					if f.Failure.Cause != test.cause || f.Failure.RequestID == "" || f.Failure.ClientRequestID == "" || f.Failure.Status == 0 {
						t.Fatalf("%+v", f.Failure)
					}
					if f.Failure.Unasked {
						unasked++
					}
				}
				if unasked != sick-len(fiveReports) || started["tenant.sick"] != len(fiveReports) {
					t.Errorf("%d were not asked, %d begun", unasked, started["tenant.sick"])
				}
				if got := count.answers[401] + count.answers[403]; got != 2*len(fiveReports) {
					t.Errorf("%d requests for what is refused", got)
				}
				if got := count.tokens["sick.example"]; got > test.tokens {
					t.Errorf("%d tokens, want at most %d", got, test.tokens)
				}
				if took, want := time.Since(began), time.Duration(len(fiveReports))*test.took; took < test.took || took > want+time.Second {
					t.Errorf("it took %s, want at most %s", took, want)
				}
				if groups := run.GroupFailures(summary.Failed); len(groups) > 2 {
					t.Errorf("%d groups", len(groups))
				}
			})
		})
	}
}

// A refusal that has passed when it is put to the proof does no harm; what is
// mended is asked for by the next run of the same process.
func TestRefusalsThatPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, count := countedWorld(t)
		w.write("main.rf.hcl", manySlices(w, fiveReports[:1], "sick"))
		w.sandbox.SetFaults(sandbox.Fault{Kind: "unlicensed", Times: 1})
		e := w.engine()
		apply := func() *Summary {
			summary, err := e.Apply(t.Context(), w.plan(e), ApplyOptions{})
			if err != nil {
				t.Fatal(err)
			}
			return summary
		}
		if summary := apply(); summary.Finished != 29 || count.answers[403] != 1 || count.tokens["sick.example"] != 2 {
			t.Errorf("%d finished, %v, %v", summary.Finished, count.answers, count.tokens)
		}
		w.sandbox.SetFaults(sandbox.Fault{Kind: "forbidden", Times: 2})
		for _, report := range []string{"directory_audits", "provisioning"} {
			w.write(report+".rf.hcl", fmt.Sprintf("report %q \"s\" {\n window = window.days\n outputs = [output.ndjson.a]\n}\n", report))
		}
		e = w.engine()
		if summary := apply(); len(summary.Failed) != 29 || summary.Finished != 29 {
			t.Errorf("%d finished, %d failed", summary.Finished, len(summary.Failed))
		}
		if summary := apply(); len(summary.Failed) != 0 || summary.Finished != 29 {
			t.Errorf("the next run: %d finished, %d failed", summary.Finished, len(summary.Failed))
		}
	})
}

// A report that is not there, and a retired API, are asked once.
func TestWhatIsNotThereIsAskedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, count := countedWorld(t)
		w.write("main.rf.hcl", manySlices(w, []string{"own", "audit_events"}, "sick")+`
report_type "own" {
  api  = "graph"
  path = "/auditLogs/nowhere"
  time = "createdDateTime"
}
`)
		w.sandbox.SetFaults(sandbox.Fault{Kind: "retired", Path: "auditEvents", Times: -1})
		summary := w.apply()
		if len(summary.Failed) != 58 || count.answers[404] != 1 || count.answers[403] != 1 {
			t.Errorf("%d failed, %v", len(summary.Failed), count.answers)
		}
		groups := run.GroupFailures(summary.Failed)
		if len(groups) != 2 {
			t.Fatalf("%+v", groups)
		}
		for _, g := range groups {
			switch g.Cause {
			case "not_found":
			case "retired":
				if g.Code != "Authentication_Unauthorized" || !strings.Contains(g.Advice, "directory_audits") || strings.Contains(g.Advice, "Directory.Read.All") {
					t.Errorf("%+v", g)
				}
			default:
				t.Errorf("%+v", g)
			}
		}
	})
}

// A missing secret is looked for once, whoever needs it, and asks nobody.
func TestMissingSecretIsLookedForOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, count := countedWorld(t)
		w.write("main.rf.hcl", manySlices(w, []string{"sign_ins"}, "a", "b", "c", "d"))
		w.environ = nil
		summary := w.apply()
		if len(summary.Failed) != 4*29 || len(count.answers) != 0 || len(count.tokens) != 0 {
			t.Errorf("%d failed, %v, %v", len(summary.Failed), count.answers, count.tokens)
		}
		groups := run.GroupFailures(summary.Failed)
		if len(groups) != 1 || groups[0].Cause != "secret" || len(groups[0].Tenants) != 4 || groups[0].Pulls != 4*29 {
			t.Errorf("%+v", groups)
		}
	})
}

// A wrong secret is refused once for each tenant.
func TestWrongSecretIsRefusedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, count := countedWorld(t)
		w.write("main.rf.hcl", manySlices(w, []string{"sign_ins"}, "a", "b"))
		w.sandbox.SetFaults()
		w.environ = []string{"APP_SECRET=wrong"}
		summary := w.apply()
		if len(summary.Failed) != 2*29 || count.tokens["a.example"] != 1 || count.tokens["b.example"] != 1 {
			t.Errorf("%d failed, %v", len(summary.Failed), count.tokens)
		}
		if groups := run.GroupFailures(summary.Failed); len(groups) != 1 || groups[0].Code != "AADSTS7000215" || groups[0].Kind != "login" {
			t.Errorf("%+v", groups)
		}
	})
}

// Whoever distributes work has it the same way: pulls with one header are a run.
func TestPullByPullIsOneRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, count := countedWorld(t)
		w.write("main.rf.hcl", manySlices(w, fiveReports[:1], "sick"))
		w.sandbox.SetFaults(sandbox.Fault{Kind: "forbidden", Times: -1})
		e := w.engine()
		p := w.plan(e)
		pull := func() (failed int) {
			for i := range p.Pulls {
				outcome, err := e.Pull(t.Context(), p.Header, p.Pulls[i:i+1])
				if err != nil {
					t.Fatal(err)
				}
				if outcome.Results[0].Failure != nil {
					failed++
				}
			}
			return failed
		}
		if failed := pull(); failed != 29 || count.answers[403] != 2 {
			t.Errorf("%d failed, %v", failed, count.answers)
		}
		w.sandbox.SetFaults()
		w.now = w.now.Add(2 * time.Hour)
		if failed := pull(); failed != 0 {
			t.Errorf("%d failed in a later run", failed)
		}
	})
}

// What does not come is waited for once, by the first pull of a tenant's report;
// the others are not begun, and count as failed for the same reason. Other
// reports and tenants are not touched.
func TestWhatDoesNotComeIsWaitedForOnce(t *testing.T) {
	for name, fault := range map[string]sandbox.Fault{
		"bodies": {Kind: "stall", Path: "signIns", Tenant: "sick.example", Times: -1},
		"503":    {Kind: "503", Path: "signIns", Tenant: "sick.example", Times: -1},
		"tokens": {Kind: "stall", Path: "oauth2", Tenant: "sick.example", Times: -1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, _ := countedWorld(t)
				w.write("main.rf.hcl", manySlices(w, fiveReports[:2], "sick", "well"))
				w.sandbox.SetFaults(fault)
				e := w.patient()
				started := map[string]int{}
				s, err := e.Apply(t.Context(), w.plan(e), ApplyOptions{Progress: func(p run.Progress) {
					if p, ok := p.(run.Started); ok {
						started[p.Pull.Tenant+" "+p.Pull.Report]++
					}
				}})
				if err != nil {
					t.Fatal(err)
				}
				sick := 1 // reports
				if name == "tokens" {
					sick = 2
				}
				if len(s.Failed) != 29*sick || s.Finished != 29*(3-sick) {
					t.Errorf("%d failed and %d finished", len(s.Failed), s.Finished)
				}
				if n := started["tenant.sick report.sign_ins.r"]; n != 1 {
					t.Errorf("%d pulls were begun", n)
				}
				groups := run.GroupFailures(s.Failed)
				if len(groups) != 1 || groups[0].Unasked != 28*sick || groups[0].Cause != "unavailable" {
					t.Fatalf("%+v", groups)
				}
				want := "the service stopped sending: no byte for 60 s"
				if name == "503" {
					want = "503"
				}
				if !strings.Contains(groups[0].Reason, want) {
					t.Errorf("the reason is %q", groups[0].Reason)
				}
			})
		})
	}
}

// A host that goes in the middle of a run ends those that are under way, and the
// others are not begun, though the service has answered before.
func TestOutageInMidRunEndsTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newPipedWorld(t, nil)
		w.write("main.rf.hcl", patientConfig(w, 4, 20, "sign_ins"))
		e := w.patient()
		start, gone := time.Now(), 15*time.Second
		e.wire.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			if time.Since(start) > gone {
				return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ENETUNREACH}
			}
			conn, err := w.network.Dial(ctx, network, address)
			if err == nil {
				time.AfterFunc(time.Until(start.Add(gone)), func() { conn.Close() })
			}
			return broken{conn}, err
		}
		begun, late := 0, 0
		p := w.plan(e)
		s, err := e.Apply(t.Context(), p, ApplyOptions{Progress: func(p run.Progress) {
			if _, ok := p.(run.Started); ok {
				if begun++; time.Since(start) > gone+time.Minute {
					late++
				}
			}
		}})
		if err != nil || s.Finished == 0 || s.Finished+len(s.Failed) != 80 {
			t.Fatalf("%d finished and %d failed, %v", s.Finished, len(s.Failed), err)
		}
		unasked := 0
		for _, f := range s.Failed {
			if f.Failure.Unasked {
				unasked++
			}
			if f.Failure.Cause != "network" {
				t.Errorf("%+v", f.Failure)
			}
		}
		if late > 0 || begun > s.Finished+4*perTenant || unasked < 80-begun {
			t.Errorf("%d of %d that were begun finished, %d of them were begun in vain; %d were not asked for", s.Finished, begun, late, unasked)
		}
		// Pull by pull, by whoever tries again later, it is asked for again.
		rest := s.Failed[len(s.Failed)-1].Pull
		pull := func() *run.Failure {
			outcome, err := e.Pull(t.Context(), p.Header, []plan.Pull{*rest})
			if err != nil {
				t.Fatal(err)
			}
			return outcome.Results[0].Failure
		}
		if pull() == nil {
			t.Error("the host is not gone")
		}
		gone = 24 * time.Hour
		time.Sleep(6 * time.Minute)
		if failure := pull(); failure != nil {
			t.Errorf("%+v", failure)
		}
	})
}
