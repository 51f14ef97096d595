package run

import (
	"testing"
	"time"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/internal/place"
)

// What others have completed since the plan was made is not fetched again;
// anything less is.
func TestRunnerSkipsWhatIsHeldMeanwhile(t *testing.T) {
	type entry struct {
		ledger.Held
		proof ledger.Proof
	}
	tests := []struct {
		name   string
		change func(r *toyRun, e *entry)
		pulled bool
	}{
		{name: "as planned", change: func(*toyRun, *entry) {}},
		{name: "the definition as earlier versions recorded it", change: func(r *toyRun, e *entry) {
			e.Definition, r.job.Outputs[0].Earlier = "e", "e"
		}},
		{name: "another definition", change: func(_ *toyRun, e *entry) { e.Definition = "e" }, pulled: true},
		{name: "at another place", change: func(_ *toyRun, e *entry) { e.Place = "/elsewhere" }, pulled: true},
		{name: "of another output", change: func(_ *toyRun, e *entry) { e.Output = "output.toy.b" }, pulled: true},
		{name: "of a slice with another end", change: func(_ *toyRun, e *entry) { e.To = e.To.Add(1) }, pulled: true},
		{name: "from before the plan", change: func(r *toyRun, e *entry) { e.proof.FetchedAt = r.job.Planned }, pulled: true},
		{name: "derived since the plan", change: func(r *toyRun, e *entry) {
			e.proof.FetchedAt = time.Time{}
			e.proof.Derived, e.proof.DerivedAt = "/other", r.now
		}},
		{name: "derived before the plan", change: func(r *toyRun, e *entry) {
			e.proof.Derived, e.proof.DerivedAt = "/other", r.job.Planned
		}, pulled: true},
		{name: "not final, as planned", change: func(r *toyRun, e *entry) { e.Final, r.job.Pull.Final = false, false }},
		{name: "final, which was not asked for", change: func(r *toyRun, _ *entry) { r.job.Pull.Final = false }},
		{name: "not final", change: func(_ *toyRun, e *entry) { e.Final = false }, pulled: true},
		{name: "read a second time, as planned", change: func(r *toyRun, e *entry) { e.Revisited, r.job.Pull.Revisit = true, true }},
		{name: "read a second time, which was not asked for", change: func(_ *toyRun, e *entry) { e.Revisited = true }},
		{name: "read once", change: func(r *toyRun, _ *entry) { r.job.Pull.Revisit = true }, pulled: true},
		{name: "and there", change: func(r *toyRun, _ *entry) { r.job.Intact = func(*ledger.Held) bool { return true } }},
		{name: "and gone", change: func(r *toyRun, _ *entry) {
			r.job.Intact = func(h *ledger.Held) bool { return h.Output != "output.toy.a" }
		}, pulled: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := newToyRun(t, &toySource{batches: [][]string{{"a"}}})
			e := entry{
				ledger.Held{Output: "output.toy.a", From: r.job.Pull.From, To: r.job.Pull.To, Place: "/toy", Definition: "d", Final: true},
				ledger.Proof{FetchedAt: r.job.Planned.Add(1)},
			}
			test.change(r, &e)
			r.recorded(t, func(l *ledger.Ledger) { l.Hold(e.With(e.proof)) })
			result := r.runner.Pull(t.Context(), &r.job)
			if result.Failure != nil || result.Skipped == test.pulled || (r.output.published != nil) != test.pulled {
				t.Errorf("published %q, %+v", r.output.published, result)
			}
		})
	}
}

// Only what lacks the slice is written.
func TestRunnerWritesOnlyWhatLacks(t *testing.T) {
	r := newToyRun(t, &toySource{batches: [][]string{{"a"}}})
	var b toyOutput
	r.add("output.toy.b", "/b", &b)
	r.recorded(t, func(l *ledger.Ledger) {
		l.Hold(ledger.Held{
			Output: "output.toy.a", From: r.job.Pull.From, To: r.job.Pull.To, Place: "/toy", Definition: "d", Final: true,
		}.With(ledger.Proof{FetchedAt: r.now}))
	})
	result := r.runner.Pull(t.Context(), &r.job)
	if result.Failure != nil || len(result.Written) != 1 || result.Written[0].Output != "output.toy.b" || r.output.published != nil || b.published == nil {
		t.Errorf("%+v", result)
	}
}

// The one slice of a trailing window moves: a later one at its place is not
// replaced by an earlier one.
func TestRunnerDoesNotTurnATrailingWindowBack(t *testing.T) {
	const day = 24 * time.Hour
	for name, test := range map[string]struct {
		change func(r *toyRun, h *ledger.Held)
		pulled bool
	}{
		"overtaken":                             {change: func(*toyRun, *ledger.Held) {}},
		"by a slice that begins with it":        {change: func(_ *toyRun, h *ledger.Held) { h.From = h.From.Add(-day) }},
		"no trailing window":                    {change: func(r *toyRun, _ *ledger.Held) { r.job.Trailing = false }, pulled: true},
		"another output is further":             {change: func(_ *toyRun, h *ledger.Held) { h.Output = "output.toy.b" }, pulled: true},
		"the later slice lies elsewhere":        {change: func(_ *toyRun, h *ledger.Held) { h.Place = "/elsewhere" }, pulled: true},
		"the slice there is an earlier one":     {change: func(_ *toyRun, h *ledger.Held) { h.From, h.To = h.From.Add(-2*day), h.To.Add(-2*day) }, pulled: true},
		"the slice there ends at the same time": {change: func(_ *toyRun, h *ledger.Held) { h.To = h.To.Add(-day) }, pulled: true},
	} {
		t.Run(name, func(t *testing.T) {
			r := newToyRun(t, &toySource{batches: [][]string{{"a"}}})
			r.job.Trailing = true
			later := ledger.Held{
				Output: "output.toy.a", From: r.job.Pull.From.Add(day), To: r.job.Pull.To.Add(day), Place: "/toy", Definition: "d", Final: true,
			}
			if name == "the slice there ends at the same time" {
				later.From = r.job.Pull.From.Add(time.Hour)
			}
			test.change(r, &later)
			r.recorded(t, func(l *ledger.Ledger) { l.Hold(later) })
			if result := r.runner.Pull(t.Context(), &r.job); result.Failure != nil || result.Skipped == test.pulled {
				t.Errorf("%+v", result)
			}
		})
	}
}

// What a trailing window replaces is forgotten, and with it the failures of its
// earlier slices; slices of other windows stay beside each other.
func TestRunnerMovesATrailingWindow(t *testing.T) {
	for name, test := range map[string]struct {
		trailing, fails bool
		held, failed    int // entries of the output
	}{
		"trailing":            {trailing: true, held: 1, failed: 0},
		"trailing, and fails": {trailing: true, fails: true, held: 1, failed: 1},
		"every":               {held: 2, failed: 1},
		"every, and fails":    {fails: true, held: 1, failed: 2},
	} {
		t.Run(name, func(t *testing.T) {
			source := &toySource{batches: [][]string{{"a"}}}
			if test.fails {
				source.err = errBroken
			}
			r := newToyRun(t, source)
			r.job.Trailing = test.trailing
			// The console holds nothing, so that slices do not drive each other out.
			r.job.Outputs[0].Target.Place = place.Console
			from := r.job.Pull.From.AddDate(0, 0, -1)
			r.recorded(t, func(l *ledger.Ledger) {
				for _, output := range []string{"output.toy.a", "output.toy.b"} {
					l.Hold(ledger.Held{Output: output, From: from, To: r.job.Pull.From, Place: place.Console, Definition: "d", Final: true})
					l.Fail(ledger.Failed{Output: output, From: from.AddDate(0, 0, -1), To: from, At: r.now, Error: "before"})
				}
			})
			if result := r.runner.Pull(t.Context(), &r.job); (result.Failure != nil) != test.fails {
				t.Fatalf("%+v", result)
			}
			held, failed := map[string]int{}, map[string]int{}
			l := r.ledger(t)
			for h := range l.Held() {
				held[h.Output]++
			}
			for _, f := range l.Failed {
				failed[f.Output]++
			}
			if held["output.toy.a"] != test.held || failed["output.toy.a"] != test.failed {
				t.Errorf("%d held and %d failed, want %d and %d", held["output.toy.a"], failed["output.toy.a"], test.held, test.failed)
			}
			if held["output.toy.b"] != 1 || failed["output.toy.b"] != 1 {
				t.Errorf("of another output %d are held and %d failed", held["output.toy.b"], failed["output.toy.b"])
			}
		})
	}
}
