package cli

import (
	"context"
	"errors"
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
		"orphans were deleted":           {engine.Summary{Failed: []run.Ended{failure}, Pruned: make([]plan.Orphan, 1)}, 1, incomplete},
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
