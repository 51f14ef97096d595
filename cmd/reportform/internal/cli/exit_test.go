package cli

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/reportform/reportform/engine"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/engine/run"
)

// Where several codes apply the worst counts: an error, an interrupt, what could
// not be done, the answer no.
func TestWorst(t *testing.T) {
	order := []int{ok, no, incomplete, 130, failed}
	for i, code := range order {
		for _, lesser := range order[:i+1] {
			if got := worst(code, lesser); got != code {
				t.Errorf("worst(%d, %d) = %d", code, lesser, got)
			}
			if got := worst(lesser, ok, code); got != code {
				t.Errorf("worst(%d, 0, %d) = %d", lesser, code, got)
			}
		}
	}
	if worst() != ok || worst(143, 3) != 143 || worst(143, 1) != 1 {
		t.Error("an interrupt has no place")
	}
}

func TestInterrupted(t *testing.T) {
	if code := interrupted(t.Context()); code != ok {
		t.Errorf("without an interrupt: %d", code)
	}
	for want, cause := range map[int]error{130: nil, 143: Interrupt(143)} {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(cause)
		if code := interrupted(ctx); code != want {
			t.Errorf("%v: %d", cause, code)
		}
	}
}

func TestCodeOfAnApply(t *testing.T) {
	failure := run.Ended{Result: run.Result{Failure: &run.Failure{}}}
	partly := failure
	partly.Written = []run.Written{{}}
	stopped := run.Ended{Result: run.Result{Failure: &run.Failure{Stopped: true}}}
	for name, test := range map[string]struct {
		summary engine.Summary
		planned int
		want    int
	}{
		"nothing to do":                  {engine.Summary{}, 0, ok},
		"done":                           {engine.Summary{Finished: 2, Skipped: 1}, 3, ok},
		"every pull failed":              {engine.Summary{Failed: []run.Ended{failure, failure}}, 2, failed},
		"some failed":                    {engine.Summary{Finished: 1, Failed: []run.Ended{failure}}, 2, incomplete},
		"the rest was held":              {engine.Summary{Skipped: 1, Failed: []run.Ended{failure}}, 2, incomplete},
		"an output was written":          {engine.Summary{Failed: []run.Ended{partly}}, 1, incomplete},
		"orphans were deleted":           {engine.Summary{Failed: []run.Ended{failure}, Pruned: make([]plan.Deletion, 1)}, 1, incomplete},
		"orphans are kept":               {engine.Summary{Finished: 1, Kept: errors.New("kept")}, 1, incomplete},
		"failed before an interrupt":     {engine.Summary{Failed: []run.Ended{failure}, Interrupted: true}, 2, incomplete},
		"stopped by an interrupt":        {engine.Summary{Failed: []run.Ended{stopped}, Interrupted: true}, 1, incomplete},
		"stopped in the midst of others": {engine.Summary{Finished: 1, Failed: []run.Ended{stopped}, Interrupted: true}, 2, incomplete},
	} {
		if got := codeOf(&test.summary, test.planned); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
}

// A damaged ledger is named, and left out of what the others are asked for; a
// file that is none is a warning, and changes no code.
func TestDamagedLedgersAreLeftOut(t *testing.T) {
	for line, want := range map[string]int{
		"plan": incomplete, "plan -detailed-exitcode": incomplete, "apply -auto-approve": incomplete,
		"coverage": incomplete, "coverage -min=100": incomplete, "explain out/a.json": incomplete, "explain out/b.json": failed,
	} {
		for _, mode := range []string{"", " -json"} {
			b := newBench()
			b.session.damaged = []plan.Damaged{{Tenant: "tenant.contoso", Report: "report.a.b", Why: "it is damaged"}}
			b.run(t, want, line+mode)
			said := strings.Join(strings.Fields(b.out.String()+b.err.String()), " ")
			for _, say := range []string{"tenant.contoso", "report.a.b", "it is damaged"} {
				if !strings.Contains(said, say) {
					t.Errorf("%s does not say %q: %s", line+mode, say, said)
				}
			}
		}
	}
	b := newBench()
	b.session.pulls = b.session.pulls[1:]
	b.session.pulls[0].Report = "report.sign_ins.broken"
	b.session.damaged = []plan.Damaged{{}}
	b.run(t, failed, "apply -auto-approve") // nothing was done
	for _, line := range []string{"plan", "apply -auto-approve", "coverage", "explain out/a.json", "state list", "show", "state verify", "init"} {
		b := newBench()
		if line == "init" {
			t.Chdir(t.TempDir())
			if err := os.WriteFile("main.rf.hcl", nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		b.session.strangers = []string{"state/r/t (conflicted copy).json"}
		b.run(t, ok, line)
		b.expect(t, &b.err, "Warning: Files that are no ledgers", "state/r/t (conflicted copy).json")
	}
}
