package pulls

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/reportform/reportform/cmd/reportform/internal/view/viewtest"
	"github.com/reportform/reportform/engine/fetch"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/engine/run"
)

func TestScreens(t *testing.T) {
	viewtest.Screens(t, NewHuman, map[string]func(*Human){
		"plan-prune":  func(h *Human) { h.Prune(viewtest.Plan().Orphans) },
		"apply-plain": func(h *Human) { exampleApply(h, h.Now) },
		"apply-done": func(h *Human) {
			h.BeginApply(3)
			h.EndApply(Applied{Planned: 3, Finished: 2, Skipped: 1, Events: 1234567, Bytes: 987654321, Took: 75 * time.Second})
		},
		"apply-interrupted": func(h *Human) {
			h.BeginApply(44)
			h.Interrupted()
			h.Progress(run.Failed{Pull: &viewtest.Plan().Pulls[0], Err: fmt.Errorf("reading: %w", context.Canceled)})
			h.EndApply(Applied{
				Planned: 44, Finished: 12, Events: 1000, Bytes: 2000, Took: 3 * time.Second, Interrupted: true,
				Failed: []run.Failed{{Pull: &viewtest.Plan().Pulls[0], Err: fmt.Errorf("reading: %w", context.Canceled)}},
			})
		},
	})
}

func TestJSON(t *testing.T) {
	viewtest.Messages(t, NewJSON, map[string]func(*JSON){
		"apply": func(j *JSON) { exampleApply(j, j.Now); j.Interrupted() },
	})
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
	v.Progress(run.Skipped{Pull: pulls[3]})
	written := run.Written{Output: "output.xml.audit"}
	written.Path, written.Rows, written.Bytes, written.SHA256 = "/srv/xml/contoso-legacy-last-7d.xml", 12_345, 45_678_901, "9f86d081"
	v.Progress(run.Finished{
		Pull: pulls[0], Took: 12345 * time.Millisecond, Receipts: []run.Written{written},
		Stats: fetch.Stats{Requests: 14, Pages: 13, Events: 12_345, Bytes: 40_000_000, Repeated: 3, Revisions: 1, Outside: 2},
	})
	denied := &run.PullError{
		Pull:   pulls[1],
		Err:    errors.New("the service refused the request: 403 Forbidden, code Authorization_RequestDenied: Insufficient privileges to complete the operation\nrequest-id 7d1d9c1e-0000-4000-8000-000000000001"),
		Advice: "Grant the application permission AuditLog.Read.All to the application, and an administrator's consent in this tenant:\n  az ad app permission admin-consent --id 8f0c1f2e",
	}
	other := &run.PullError{Pull: pulls[2], Err: denied.Err, Advice: denied.Advice}
	failures := []run.Failed{
		{Pull: pulls[1], Err: denied, Took: 2 * time.Second},
		{Pull: pulls[2], Err: errors.Join(other, errors.New("the failure could not be recorded in the state: disk full")), Took: time.Second},
	}
	for _, f := range failures {
		v.Progress(f)
	}
	v.EndApply(Applied{
		Planned: 4, Finished: 1, Skipped: 1, Failed: failures, Pruned: p.Orphans[:1],
		Events: 12_345, Bytes: 45_678_901, Took: 13 * time.Second,
	})
}

// Nothing that comes from outside acts on a terminal.
func TestNothingActsOnTheTerminal(t *testing.T) {
	const evil = viewtest.Evil
	at := viewtest.Day(1)
	pull := plan.Pull{
		Tenant: evil, Report: evil, Type: evil, From: at, To: viewtest.Day(2), Label: evil, Final: true,
		Outputs: []plan.PullOutput{{Output: evil, Reason: plan.Reason(evil), Path: evil}, {Output: evil, Reason: plan.New, Path: evil}},
	}
	failure := &run.PullError{Pull: &pull, Err: errors.New(evil + "\nmore " + evil), Advice: evil}
	viewtest.Harmless(t, NewHuman, func(s *viewtest.Screen, h *Human) {
		h.BeginApply(2)
		h.Progress(run.Started{Pull: &pull})
		s.Clock = s.Clock.Add(time.Minute)
		h.Tick()
		h.Progress(run.Finished{Pull: &pull})
		h.Progress(run.Failed{Pull: &pull, Err: failure})
		h.EndApply(Applied{Failed: []run.Failed{{Pull: &pull, Err: failure}}})
	})
}
