package pulls

import (
	"testing"
	"time"

	"github.com/reportform/reportform/cmd/reportform/internal/view/viewtest"
	"github.com/reportform/reportform/engine/fetch"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/engine/run"
	"github.com/reportform/reportform/internal/place"
	"github.com/reportform/reportform/outputs"
)

func TestScreens(t *testing.T) {
	viewtest.Screens(t, NewHuman, map[string]func(*Human){
		"apply-held-back": func(h *Human) {
			h.BeginApply(3)
			h.EndApply(Applied{Planned: 3, Finished: 3, Pruned: viewtest.Plan().Deletions, HeldBack: viewtest.Plan().Hazards[:1], Took: 75 * time.Second})
		},
		"apply-plain": func(h *Human) { exampleApply(h, h.Now) },
		"apply-done": func(h *Human) {
			h.BeginApply(3)
			h.EndApply(Applied{Planned: 3, Finished: 2, Skipped: 1, Events: 1234567, Bytes: 987654321, Took: 75 * time.Second})
		},
		"apply-left-out": func(h *Human) {
			h.BeginApply(1)
			h.EndApply(Applied{Planned: 1, Finished: 1, Damaged: 2, Took: time.Second})
		},
		"apply-partly":  func(h *Human) { partlyApply(h) },
		"apply-later":   func(h *Human) { laterApply(h) },
		"apply-groups":  func(h *Human) { groupedApply(h) },
		"apply-waiting": func(h *Human) { waitingApply(h, h.Now) },
		"apply-deadline": func(h *Human) {
			stopped := run.Ended{Pull: &viewtest.Plan().Pulls[0], Result: run.Result{Failure: &run.Failure{Message: "reading: context canceled", Stopped: true}}}
			h.BeginApply(44)
			h.Progress(stopped)
			h.EndApply(Applied{Planned: 44, Finished: 12, Events: 1000, Bytes: 2000, Took: 50 * time.Minute, Deadline: true, Failed: []run.Ended{stopped}})
		},
		"apply-interrupted": func(h *Human) {
			stopped := run.Ended{Pull: &viewtest.Plan().Pulls[0], Result: run.Result{Failure: &run.Failure{Message: "reading: context canceled", Stopped: true}}}
			h.BeginApply(44)
			h.Interrupted()
			h.Progress(stopped)
			h.EndApply(Applied{
				Planned: 44, Finished: 12, Events: 1000, Bytes: 2000, Took: 3 * time.Second, Interrupted: true,
				Failed: []run.Ended{stopped},
			})
		},
	})
}

func TestJSON(t *testing.T) {
	viewtest.Messages(t, NewJSON, map[string]func(*JSON){
		"apply":         func(j *JSON) { exampleApply(j, j.Now); j.Interrupted() },
		"apply-partly":  func(j *JSON) { partlyApply(j) },
		"apply-later":   func(j *JSON) { laterApply(j) },
		"apply-groups":  func(j *JSON) { groupedApply(j) },
		"apply-waiting": func(j *JSON) { waitingApply(j, j.Now) },
	})
}

// waitingApply goes through an apply that waits for everything that there is.
func waitingApply(v applying, now func() time.Time) {
	v.BeginApply(1)
	v.Progress(run.Waits{Tenant: `tenant.customer["fabrikam"]`, Why: "throttled", Until: now().Add(90 * time.Second), Last: "the service answered 429 Too Many Requests (request-id 7d1d9c1e)"})
	v.Progress(run.Waits{App: "8f0c1f2e-0000-4000-8000-000000000001", Why: "pace", Until: now().Add(time.Minute)})
	v.Progress(run.Waits{Tenant: "tenant.contoso", Why: "unavailable", Until: now().Add(time.Minute), Last: "the service answered 503 Service Unavailable"})
	v.Progress(run.Waits{Tenant: "tenant.contoso", Why: "silent"})
	v.Progress(run.Waits{Host: "graph.microsoft.com", Why: "outage", Until: now().Add(4 * time.Second), Last: "dial tcp 10.0.0.1:443: connect: connection refused"})
	v.Progress(run.Waits{Tenant: "tenant.contoso", Why: "token"})
	v.Tick()
	v.EndApply(Applied{Planned: 1, Finished: 1, Took: time.Minute})
}

// applying is what both views show of an apply.
type applying interface {
	BeginApply(int)
	Progress(run.Progress)
	Tick()
	EndApply(Applied)
}

// exampleApply goes through an apply in which one of everything happens.
func exampleApply(v applying, now func() time.Time) {
	p := viewtest.Plan()
	pulls := []*plan.Pull{&p.Pulls[0], &p.Pulls[1], &p.Pulls[2], &p.Pulls[23]}
	v.BeginApply(len(pulls))
	for _, pull := range pulls[:3] {
		v.Progress(run.Started{Pull: pull})
	}
	v.Progress(run.Progressed{Pull: pulls[0], Events: 12_000, Bytes: 34_567_890, Pages: 12})
	v.Progress(run.Ended{Pull: pulls[3], Result: run.Result{Skipped: true}})
	written := run.Written{Output: "output.xml.audit"}
	written.Receipt = outputs.Receipt{Place: "/srv/xml/contoso-legacy-last-7d.xml", Rows: 12_345, Bytes: 45_678_901, SHA256: "9f86d081"}
	v.Progress(run.Ended{Pull: pulls[0], Result: run.Result{
		Took: 12345 * time.Millisecond, Written: []run.Written{written},
		Stats: fetch.Stats{Requests: 14, Pages: 13, Events: 12_345, Bytes: 40_000_000, Repeated: 3, Revisions: 1, Outside: 2, Untimed: 4},
	}})
	denied := run.Failure{
		Outputs: []string{"output.json.archive", "output.csv.bi"},
		Message: "the service refused the request: 403 Forbidden, code Authorization_RequestDenied: Insufficient privileges to complete the operation\nrequest-id 7d1d9c1e-0000-4000-8000-000000000001",
		Explanation: run.Explanation{
			Kind: "service", Cause: "permission", Status: 403, Code: "Authorization_RequestDenied",
			RequestID: "7d1d9c1e-0000-4000-8000-000000000001", ClientRequestID: "7d1d9c1e-0000-4000-8000-000000000002",
			Reason: "the service answered 403 Forbidden, Authorization_RequestDenied: Insufficient privileges to complete the operation",
			Advice: "Grant the application permission AuditLog.Read.All to the application, and an administrator's consent in this tenant:\n  az ad app permission admin-consent --id 8f0c1f2e",
		},
	}
	other := denied
	other.Message += "\nthe failure could not be recorded in the state: disk full"
	failures := []run.Ended{
		{Pull: pulls[1], Result: run.Result{Failure: &denied, Took: 2 * time.Second}},
		{Pull: pulls[2], Result: run.Result{Failure: &other, Took: time.Second}},
	}
	for _, f := range failures {
		v.Progress(f)
	}
	v.EndApply(Applied{
		Planned: 4, Finished: 1, Skipped: 1, Failed: failures, Pruned: p.Deletions[:1], HeldBack: p.Hazards[:1],
		Events: 12_345, Bytes: 45_678_901, Took: 13 * time.Second,
	})
}

// partlyApply goes through an apply of pulls of which one output fails and
// another one holds the slice.
func partlyApply(v applying) {
	p := viewtest.Plan()
	var ended []run.Ended
	for i, pull := range []*plan.Pull{&p.Pulls[1], &p.Pulls[2]} {
		file := run.Written{Output: "output.json.archive", Receipt: outputs.Receipt{
			Place: "out/contoso/failed/" + place.Place(pull.Label) + ".json", Rows: 1234, Bytes: 2_468_000, SHA256: "9f86d081",
		}}
		rows := run.Written{Output: "output.pg.sign_ins", Receipt: outputs.Receipt{
			Place: place.New("table", "pg.sign_ins", "contoso "+pull.Label), Rows: 1234, Promise: outputs.Stored, Ack: "42",
		}}
		ended = append(ended, run.Ended{Pull: pull, Result: run.Result{
			Stats: fetch.Stats{Requests: 4, Pages: 3, Events: 1234, Bytes: 3_000_000}, Took: time.Duration(i+1) * time.Second,
			Written: []run.Written{file, rows}[:i+1],
			Failure: &run.Failure{
				Outputs: []string{"output.csv.bi"},
				Message: "output.csv.bi: write /srv/bi/contoso-sign-ins-failed.csv.1234567.tmp: no space left on device",
				Explanation: run.Explanation{
					Kind: "output", Cause: "disk", Reason: "write: no space left on device",
					Advice: "The disk is full. Make room, or change the output's path; nothing half-written was left.",
				},
			},
		}})
	}
	v.BeginApply(2)
	for _, e := range ended {
		v.Progress(run.Started{Pull: e.Pull})
		v.Progress(e)
	}
	v.EndApply(Applied{Planned: 2, Failed: ended, Events: 2468, Bytes: 4_936_000, Took: 3 * time.Second})
}

// laterApply goes through an apply of slices that are read again, one of them by
// rows alone, and of one that waits by the service's clock.
func laterApply(v applying) {
	p := viewtest.Plan()
	results := []run.Result{
		{
			Stats: fetch.Stats{Requests: 4, Pages: 3, Events: 2200}, Took: time.Second, Written: []run.Written{{Output: "output.json.archive"}},
			Later: &run.Later{Late: 12, Vanished: 1, Changed: 3, From: 2 * time.Hour, To: 6 * time.Hour},
		},
		{
			Stats: fetch.Stats{Requests: 4, Pages: 3, Events: 2201}, Took: time.Second, Written: []run.Written{{Output: "output.json.archive"}},
			Later: &run.Later{Late: 1, ByRows: true, From: 2 * time.Hour, To: 6 * time.Hour},
		},
		{Took: time.Second, Waiting: &run.Waiting{Until: viewtest.Day(4).Add(2 * time.Hour), Why: "by the service's clock the slice has not settled"}},
	}
	v.BeginApply(3)
	for i := range results {
		v.Progress(run.Started{Pull: &p.Pulls[i+1]})
		v.Progress(run.Ended{Pull: &p.Pulls[i+1], Result: results[i]})
	}
	v.EndApply(Applied{Planned: 3, Finished: 2, Waiting: 1, Events: 4401, Bytes: 4_936_000, Took: 3 * time.Second})
}

// groupedApply goes through an apply in which 198 pulls of four tenants fail for
// four reasons.
func groupedApply(v applying) {
	permission := run.Explanation{
		Kind: "service", Cause: "permission", Status: 403, Code: "Authorization_RequestDenied", RequestID: "id-1", ClientRequestID: "id-2",
		Reason: "the service answered 403 Forbidden, Authorization_RequestDenied: Insufficient privileges to complete the operation",
		Remedy: "Grant the application the permission AuditLog.Read.All. An administrator of the directory consents at https://login.example/TENANT_ID/adminconsent?client_id=8f0c1f2e",
	}
	secret := run.Explanation{
		Kind: "secret", Cause: "secret", Reason: `no token as app "8f0c1f2e": the secret cannot be read from file "/run/secrets/msp": no such file or directory`,
		Advice: "Make the secret available there, or set the credential's secret to another place.",
	}
	secret.Remedy = secret.Advice
	var failed []run.Ended
	fail := func(tenant, report string, n int, x run.Explanation) {
		p := viewtest.Pull(tenant, report, n%29+1, plan.New)
		e := run.Ended{Pull: &p, Result: run.Result{Failure: &run.Failure{Message: "page 1: " + x.Reason, Explanation: x, Unasked: n > 0}}}
		if n == 0 {
			v.Progress(run.Started{Pull: &p})
		}
		v.Progress(e)
		failed = append(failed, e)
	}
	v.BeginApply(202)
	for _, tenant := range []string{"tenant.contoso", `tenant.customer["fabrikam"]`, `tenant.customer["northwind"]`} {
		x := permission
		x.Advice = "Grant it in " + tenant + "."
		for n := range 29 {
			fail(tenant, viewtest.FailedReport, n, x)
			fail(tenant, "report.directory_audits.all", n, x)
		}
	}
	for n := range 21 {
		fail(`tenant.customer["wingtip"]`, viewtest.FailedReport, n, secret)
	}
	fail("tenant.contoso", "report.users.all", 0, run.Explanation{Cause: "timeout", Reason: "the service did not answer in time"})
	for n := range 2 {
		fail("tenant.contoso", "report.groups.all", n, run.Explanation{Kind: "output", Cause: "disk", Reason: "open: is a directory"})
	}
	v.EndApply(Applied{Planned: 202, Finished: 4, Failed: failed, Took: 3 * time.Second})
}

// Nothing that comes from outside acts on a terminal.
func TestNothingActsOnTheTerminal(t *testing.T) {
	const evil = viewtest.Evil
	at := viewtest.Day(1)
	pull := plan.Pull{
		Tenant: evil, Report: evil, Type: evil, From: at, To: viewtest.Day(2), Label: evil, Final: true,
		Outputs: []plan.PullOutput{{Output: evil, Reason: plan.Reason(evil), Place: evil}, {Output: evil, Reason: plan.New, Place: evil}},
	}
	failed := run.Ended{Pull: &pull, Result: run.Result{
		Written: []run.Written{{Output: evil}},
		Failure: &run.Failure{Outputs: []string{evil}, Message: evil + "\nmore " + evil, Explanation: run.Explanation{Cause: evil, Advice: evil, Reason: evil, Code: evil, RequestID: evil, ClientRequestID: evil}},
	}}
	viewtest.Harmless(t, NewHuman, func(s *viewtest.Screen, h *Human) {
		h.BeginApply(2)
		h.Progress(run.Started{Pull: &pull})
		h.Progress(run.Waits{Tenant: evil, Why: evil, Last: evil})
		h.Progress(run.Waits{Host: evil, Why: "outage", Last: evil})
		s.Clock = s.Clock.Add(time.Minute)
		h.Tick()
		h.Progress(run.Ended{Pull: &pull})
		h.Progress(failed)
		h.EndApply(Applied{Failed: []run.Ended{failed}})
	})
}
