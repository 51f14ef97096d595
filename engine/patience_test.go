package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reportform/reportform/engine/auth"
	"github.com/reportform/reportform/engine/run"
	"github.com/reportform/reportform/engine/sandbox"
	"github.com/reportform/reportform/engine/transport"
)

// patientConfig has so many tenants, and reports of so many days before testNow.
func patientConfig(w *world, tenants, days int, reports ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `
tenant "t" {
  for_each = { for i in range(%d) : format("t%%03d", i) => i }
  id       = "${each.key}.example"
  cloud    = "sandbox"
  pacing   = "published"
  %s
}
window "daily" {
  every = "1d"
  from  = %q
  to    = "2026-11-22"
}
output "ndjson" "a" {
  path = "out/${pull.tenant.name}/${pull.report.type}/${pull.window.label}.ndjson"
}
`, tenants, w.endpoints(), time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC).AddDate(0, 0, -days).Format("2006-01-02"))
	for _, report := range reports {
		fmt.Fprintf(&b, "report %q \"r\" {\n  window  = window.daily\n  outputs = [output.ndjson.a]\n}\n", report)
	}
	return b.String()
}

// patient is an engine of the world with the patience of the command.
func (w *world) patient() *Engine {
	e := w.engine()
	e.wire.Retry, e.wire.Backoff = transport.DefaultRetry(), time.Second
	return e
}

// heard is what an apply told, and when each tenant's first pull ended.
type heard struct {
	start   time.Time
	ended   map[string]time.Duration
	waiting []run.Waits
}

func hear() *heard { return &heard{start: time.Now(), ended: map[string]time.Duration{}} }

func (h *heard) progress(p run.Progress) {
	switch p := p.(type) {
	case run.Ended:
		if _, ok := h.ended[p.Pull.Tenant]; !ok {
			h.ended[p.Pull.Tenant] = time.Since(h.start)
		}
	case run.Waits:
		h.waiting = append(h.waiting, p)
	}
}

// A body that stalls costs a minute, whatever page it is of and were it a
// token's, and nothing of the result.
func TestStallsPass(t *testing.T) {
	for name, fault := range map[string]sandbox.Fault{
		"first page": {Kind: "stall", Path: "signIns"},
		"later page": {Kind: "stall", Path: "signIns", AfterPage: 1},
		"token":      {Kind: "stall", Path: "oauth2"},
		"two tokens": {Kind: "stall", Path: "oauth2", Times: 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newPipedWorld(t, manyEvents)
				w.write("main.rf.hcl", patientConfig(w, 1, 1, "sign_ins"))
				w.sandbox.SetFaults(fault)
				h := hear()
				e := w.patient()
				s, err := e.Apply(t.Context(), w.plan(e), ApplyOptions{Progress: h.progress})
				if err != nil || s.Finished != 1 {
					t.Fatalf("%+v, %v", s, err)
				}
				if took, most := time.Since(h.start), time.Duration(1+fault.Times)*90*time.Second; took < time.Minute || took > most {
					t.Errorf("it took %s", took)
				}
				if n := strings.Count(w.files("out")["t000/sign_ins/2026-11-21.ndjson"], "\n"); n < 60 {
					t.Errorf("%d events", n)
				}
				why := "silent"
				if strings.Contains(name, "token") {
					why = "token"
				}
				if !slices.ContainsFunc(h.waiting, func(w run.Waits) bool { return w.Tenant == `tenant.t["t000"]` && w.Why == why }) {
					t.Errorf("the wait was not told: %+v", h.waiting)
				}
			})
		})
	}
}

// Ten tenants whose bodies or tokens stall keep no eleventh from working, and end
// some time.
func TestStallsHoldUpNobodyElse(t *testing.T) {
	for name, path := range map[string]string{"pages": "signIns", "tokens": "oauth2"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newPipedWorld(t, nil)
				w.write("main.rf.hcl", patientConfig(w, 12, 1, "sign_ins"))
				var faults []sandbox.Fault
				for i := range 10 {
					faults = append(faults, sandbox.Fault{Kind: "stall", Path: path, Tenant: fmt.Sprintf("t%03d.example", i), Times: -1})
				}
				w.sandbox.SetFaults(faults...)
				h := hear()
				e := w.patient()
				s, err := e.Apply(t.Context(), w.plan(e), ApplyOptions{Progress: h.progress})
				if err != nil || s.Finished != 2 || len(s.Failed) != 10 {
					t.Fatalf("%+v, %v", s, err)
				}
				for _, tenant := range []string{`tenant.t["t010"]`, `tenant.t["t011"]`} {
					if at := h.ended[tenant]; at > 10*time.Second {
						t.Errorf("%s ended after %s", tenant, at)
					}
				}
				if took := time.Since(h.start); took > 65*time.Minute {
					t.Errorf("the others ended after %s", took)
				}
				t.Logf("%s: %s", time.Since(h.start), s.Failed[0].Failure.Message)
			})
		})
	}
}

// An outage costs as much for a hundred tenants as for one, and each failure has
// the one cause.
func TestOutageCostsNothingByTheBacklog(t *testing.T) {
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	unknown := &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "login.example", IsNotFound: true}}
	reports := []string{"sign_ins", "directory_audits", "provisioning", "risk_detections", "audit_events"}
	for _, tt := range []struct {
		name          string
		tenants, days int
		reports       []string
		err           error
		most          time.Duration
	}{
		{"30 slices of 5 reports", 1, 25, reports, refused, 2*time.Minute + time.Second},
		{"100 tenants", 100, 2, reports[:2], refused, 2*time.Minute + time.Second},
		{"a wrong name", 100, 2, reports[:2], unknown, 11 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newPipedWorld(t, nil)
				w.write("main.rf.hcl", patientConfig(w, tt.tenants, tt.days, tt.reports...))
				e := w.patient()
				var mu sync.Mutex
				dialled := 0
				e.wire.Dial = func(context.Context, string, string) (net.Conn, error) {
					mu.Lock()
					defer mu.Unlock()
					dialled++
					return nil, tt.err
				}
				p := w.plan(e)
				h := hear()
				s, err := e.Apply(t.Context(), p, ApplyOptions{Progress: h.progress})
				if err != nil || s.Finished != 0 || len(s.Failed) != len(p.Pulls) || len(p.Pulls) < tt.tenants*tt.days*len(tt.reports)*9/10 {
					t.Fatalf("%d of %d failed, %v", len(s.Failed), len(p.Pulls), err)
				}
				if took := time.Since(h.start); took > tt.most {
					t.Errorf("%d pulls took %s", len(p.Pulls), took)
				}
				if dialled > 120 {
					t.Errorf("%d connections were tried", dialled)
				}
				for _, f := range s.Failed {
					if f.Failure.Cause != "network" || !strings.Contains(f.Failure.Message, tt.err.Error()) {
						t.Fatalf("%+v", f.Failure)
					}
				}
				if len(h.waiting) == 0 || h.waiting[0].Host != "localhost:1" || h.waiting[0].Why != "outage" || len(h.waiting) > 6 {
					t.Errorf("%d waits were told: %+v", len(h.waiting), h.waiting)
				}
			})
		})
	}
}

// A service that fails for a while in the middle of a run is waited for.
func TestOutageInMidRunPasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newPipedWorld(t, nil)
		w.write("main.rf.hcl", patientConfig(w, 4, 20, "sign_ins"))
		e := w.patient()
		start := time.Now()
		e.wire.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			if d := time.Since(start); d > 15*time.Second && d < 30*time.Minute {
				return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ENETUNREACH}
			}
			conn, err := w.network.Dial(ctx, network, address)
			if err == nil && time.Since(start) < time.Minute { // connections that are open break
				time.AfterFunc(time.Until(start.Add(15*time.Second)), func() { conn.Close() })
			}
			return broken{conn}, err
		}
		s, err := e.Apply(t.Context(), w.plan(e), ApplyOptions{})
		if err != nil || len(s.Failed) > 0 || s.Finished != 80 {
			t.Fatalf("%+v, %v, %s", s, err, s.Failed[0].Err())
		}
		if took := time.Since(start); took < 30*time.Minute || took > 35*time.Minute {
			t.Errorf("it took %s", took)
		}
	})
}

// broken is a connection in memory whose end is the network's.
type broken struct{ net.Conn }

func (b broken) Read(p []byte) (int, error) {
	n, err := b.Conn.Read(p)
	return n, reset(err)
}

func (b broken) Write(p []byte) (int, error) {
	n, err := b.Conn.Write(p)
	return n, reset(err)
}

func reset(err error) error {
	if errors.Is(err, io.ErrClosedPipe) {
		return &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	}
	return err
}

// throttledWorlds are configurations of their own that reach one sandbox, which
// enforces its limits.
func throttledWorlds(t *testing.T, tenants, days int, reports ...string) (worlds []*world) {
	for i, report := range reports {
		throttled := func(o *sandbox.Options) { o.Throttle = true }
		var w *world
		if i == 0 {
			w = newPipedWorld(t, throttled)
		} else {
			w = unconnected(t, throttled)
			w.tick, w.network, w.url = 0, worlds[0].network, worlds[0].url
		}
		w.write("main.rf.hcl", patientConfig(w, tenants, days, report))
		worlds = append(worlds, w)
	}
	return worlds
}

// Two runs of one application, of different reports of the same four tenants,
// share the limits: nothing fails, and most of the limits is used.
func TestTwoRunsShareTheLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const tenants, days, slices = 4, 25, 100
		worlds := throttledWorlds(t, tenants, days, "sign_ins", "directory_audits")
		for _, w := range worlds {
			w.edit("main.rf.hcl", `"1d"`, `"6h"`)
		}
		start := time.Now()
		var wg sync.WaitGroup
		var mu sync.Mutex
		var ended []time.Duration // of pulls, each one request, while both run
		both := time.Duration(0)
		for _, w := range worlds {
			wg.Go(func() {
				e := w.patient()
				s, err := e.Apply(t.Context(), w.plan(e), ApplyOptions{Progress: func(p run.Progress) {
					if _, ok := p.(run.Ended); ok {
						mu.Lock()
						defer mu.Unlock()
						ended = append(ended, time.Since(start))
					}
				}})
				if err != nil || len(s.Failed) > 0 || s.Finished != tenants*slices {
					t.Errorf("%+v, %v", s, err)
				}
				mu.Lock()
				defer mu.Unlock()
				if both == 0 {
					both = time.Since(start)
				}
			})
		}
		wg.Wait()
		useful := 0
		for _, at := range ended {
			if at <= both {
				useful++
			}
		}
		used := float64(useful) / (tenants * 0.5 * both.Seconds()) // five in ten seconds, in each tenant
		t.Logf("%.2f of the limits were used for %s; both took %s", used, both, time.Since(start))
		if used < 0.75 || time.Since(start) > 3*time.Duration(slices)*2*time.Second {
			t.Errorf("%.2f of the limits were used for %s; both took %s", used, both, time.Since(start))
		}
	})
}

// Few pulls are over before there is much to share: they fail as little.
func TestTwoShortRunsShareTheLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var wg sync.WaitGroup
		for _, w := range throttledWorlds(t, 4, 4, "sign_ins", "directory_audits") {
			wg.Go(func() {
				e := w.patient()
				s, err := e.Apply(t.Context(), w.plan(e), ApplyOptions{})
				if err != nil || len(s.Failed) > 0 || s.Finished != 16 {
					t.Errorf("%+v, %v", s, err)
				}
			})
		}
		wg.Wait()
		if took := time.Since(start); took > 22*time.Second { // eight requests in each tenant, five at once
			t.Errorf("it took %s", took)
		}
	})
}

// With half of the limits taken by another client of the application, a run takes
// at most three times as long, and nothing fails.
func TestHalfOfTheLimitsIsTaken(t *testing.T) {
	for _, days := range []int{6, 24} { // 18 pulls, and more
		t.Run(fmt.Sprint(3*days, " pulls"), func(t *testing.T) { halfIsTaken(t, days) })
	}
}

func halfIsTaken(t *testing.T, days int) {
	run := func(disturbed bool) (took time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			const tenants = 3
			w := throttledWorlds(t, tenants, days, "sign_ins")[0]
			ctx, stop := context.WithCancel(t.Context())
			var wg sync.WaitGroup
			for i := 0; disturbed && i < tenants; i++ {
				wg.Go(func() { w.askSteadily(ctx, fmt.Sprintf("t%03d.example", i), 4*time.Second) })
			}
			time.Sleep(10 * time.Second)
			start := time.Now()
			e := w.patient()
			s, err := e.Apply(t.Context(), w.plan(e), ApplyOptions{})
			took = time.Since(start)
			if err != nil || len(s.Failed) > 0 || s.Finished != tenants*days {
				t.Errorf("%+v, %v", s, err)
			}
			stop()
			wg.Wait()
		})
		return took
	}
	alone := run(false)
	if with := run(true); with > 3*alone || with < alone*3/2 {
		t.Errorf("it took %s, alone %s", with, alone)
	} else {
		t.Logf("%s, alone %s", with, alone)
	}
}

// askSteadily is another client of the same application in a directory.
func (w *world) askSteadily(ctx context.Context, directory string, every time.Duration) {
	base := &http.Transport{DialContext: w.network.Dial}
	defer base.CloseIdleConnections()
	client := &http.Client{Transport: base}
	token, err := auth.Sandbox().Token(ctx, client, auth.Audience{Login: w.url, Directory: directory, Resource: "https://graph.microsoft.com"})
	if err != nil {
		w.t.Error(err)
		return
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url+"/v1.0/auditLogs/signIns?$top=1", nil)
		if err != nil {
			w.t.Error(err)
			return
		}
		req.Header.Set("Authorization", "Bearer "+token.AccessToken)
		resp, err := client.Do(req)
		if err != nil {
			return
		}
		resp.Body.Close()
	}
}

// A deadline ends a run wherever it is, even while it waits; what was begun leaves
// nothing behind, and the next run goes on.
func TestDeadline(t *testing.T) {
	for name, fault := range map[string]*sandbox.Fault{
		"at work":           nil,
		"waiting for ever":  {Kind: "429", Path: "signIns", Tenant: "t001.example", RetryAfter: "3000", Times: -1},
		"silence":           {Kind: "timeout", Path: "signIns", Tenant: "t001.example", Times: -1},
		"a token that lags": {Kind: "stall", Path: "oauth2", Tenant: "t001.example", Times: -1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := throttledWorlds(t, 2, 20, "sign_ins")[0]
				if fault != nil {
					w.sandbox.SetFaults(*fault)
				}
				e := w.patient()
				start := time.Now()
				s, err := e.Apply(t.Context(), w.plan(e), ApplyOptions{Deadline: start.Add(20 * time.Second)})
				if err != nil || !s.Deadline || s.Interrupted || s.Finished < 5 || s.Finished > 25 {
					t.Fatalf("%+v, %v", s, err)
				}
				if took := time.Since(start); took != 20*time.Second {
					t.Errorf("it took %s", took)
				}
				for _, f := range s.Failed {
					if !f.Failure.Stopped {
						t.Error(f.Err())
					}
				}
				if n := len(w.files("out")); n != s.Finished {
					t.Errorf("%d files of %d pulls that finished", n, s.Finished)
				}
				w.sandbox.SetFaults()
				e = w.patient()
				if p := w.plan(e); len(p.Pulls) != 40-s.Finished || strings.Contains(reasons(p), ":failed") {
					t.Errorf("then there is to do\n%s", reasons(p))
				} else if s, err := e.Apply(t.Context(), p, ApplyOptions{Deadline: time.Now().Add(time.Hour)}); err != nil || s.Deadline || len(s.Failed) > 0 {
					t.Errorf("%+v, %v", s, err)
				}
			})
		})
	}
}

// A deadline that has come before anything was begun leaves all of it.
func TestDeadlineIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := throttledWorlds(t, 1, 3, "sign_ins")[0]
		e := w.patient()
		s, err := e.Apply(t.Context(), w.plan(e), ApplyOptions{Deadline: time.Now().Add(-time.Second)})
		if err != nil || !s.Deadline || s.Finished+len(s.Failed) > 3 {
			t.Errorf("%+v, %v", s, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if s, err := w.patient().Apply(ctx, w.plan(w.engine()), ApplyOptions{Deadline: time.Now().Add(time.Hour)}); err != nil || s.Deadline || !s.Interrupted {
			t.Errorf("an interrupt passes for a deadline: %+v, %v", s, err)
		}
	})
}

// Patience that is over is a failure that says how long it took, what came last
// and what to do, in the words of the service's own error.
func TestPatienceIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newPipedWorld(t, nil)
		w.write("main.rf.hcl", patientConfig(w, 2, 10, "sign_ins"))
		w.sandbox.SetFaults(sandbox.Fault{Kind: "503", Path: "signIns", Tenant: "t001.example", Times: -1})
		h := hear()
		e := w.patient()
		s, err := e.Apply(t.Context(), w.plan(e), ApplyOptions{Progress: h.progress})
		if err != nil || s.Finished != 10 || len(s.Failed) != 10 {
			t.Fatalf("%+v, %v", s, err)
		}
		if took := time.Since(h.start); took < time.Hour || took > 62*time.Minute {
			t.Errorf("it took %s", took)
		}
		f := s.Failed[9].Failure
		if f.Cause != "unavailable" {
			t.Errorf("the cause is %q", f.Cause)
		}
		for _, say := range []string{"no useful answer for 1h", "503", "serviceNotAvailable", "request-id", "-patience=2h"} {
			if !strings.Contains(f.Message+"\n"+f.Advice, say) {
				t.Errorf("it does not say %q: %s\n%s", say, f.Message, f.Advice)
			}
		}
		// Told twice a minute at most.
		if n := len(h.waiting); n == 0 || n > 2*60+2 {
			t.Errorf("%d waits were told", n)
		}
	})
}

func TestWaitingOf(t *testing.T) {
	w := waiting{}
	var told []run.Waits
	stop := w.listen(func(p run.Progress) { told = append(told, p.(run.Waits)) })
	now := testNow
	for _, step := range []struct {
		after time.Duration
		says  run.Waits
		told  int
	}{
		{0, run.Waits{Tenant: "a", Why: "throttled", Until: now}, 1},
		{time.Second, run.Waits{Tenant: "a", Why: "throttled", Last: "429"}, 1},
		{time.Second, run.Waits{Tenant: "a", Why: "silent"}, 2},
		{time.Second, run.Waits{Tenant: "b", Why: "throttled"}, 3},
		{time.Second, run.Waits{App: "a", Why: "throttled"}, 4},
		{sayEvery, run.Waits{Tenant: "a", Why: "throttled"}, 5},
	} {
		now = now.Add(step.after)
		if w.say(step.says, now); len(told) != step.told {
			t.Errorf("after %+v %d were told", step.says, len(told))
		}
	}
	stop()
	if w.say(run.Waits{Tenant: "c"}, now); len(told) != 5 {
		t.Error("told after the end")
	}
	got := waitingOf(nil, transport.Waiting{Host: "h", Why: transport.WaitOutage, Last: errors.New("two\nlines")})
	if got != (run.Waits{Host: "h", Why: "outage", Last: "two lines"}) {
		t.Errorf("%+v", got)
	}
}
