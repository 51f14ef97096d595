package run

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/internal/event"
)

// byLetter identifies events by their first letter; what begins with '-' has no id.
func byLetter(dst, raw []byte) ([]byte, bool) {
	return append(dst, raw[0]), raw[0] != '-'
}

// holds yields what a file holds, an event a word, and then an error if there is one.
func holds(words string, err error) func(context.Context) iter.Seq2[[]event.Event, error] {
	return func(context.Context) iter.Seq2[[]event.Event, error] {
		return func(yield func([]event.Event, error) bool) {
			for word := range bytes.FieldsSeq([]byte(words)) {
				if !yield([]event.Event{{Raw: word}}, nil) {
					return
				}
			}
			if err != nil {
				yield(nil, err)
			}
		}
	}
}

// A later reading counts what the one before had not, has no more, or had
// otherwise: by ids, or else by rows.
func TestRunnerComparesReadings(t *testing.T) {
	const hour = time.Hour
	for name, test := range map[string]struct {
		before string     // events of the file
		rows   int64      // of the entry
		now    [][]string // batches
		broken error
		change func(*toyRun)
		want   *Later
	}{
		"nothing new":       {before: "a1 b1", rows: 2, now: [][]string{{"a1", "b1"}}, want: &Later{}},
		"in another order":  {before: "a1 b1 c1", rows: 3, now: [][]string{{"c1"}, {"b1", "a1"}}, want: &Later{}},
		"late ones":         {before: "b1", rows: 1, now: [][]string{{"a1", "b1"}, {"c1"}}, want: &Later{Late: 2}},
		"a late one, twice": {before: "b1", rows: 1, now: [][]string{{"a1", "b1"}, {"a2"}}, want: &Later{Late: 1}},
		"one that is gone":  {before: "a1 b1", rows: 2, now: [][]string{{"b1"}}, want: &Later{Vanished: 1}},
		"one that has come in two versions is gone": {before: "a1 a2 b1", rows: 3, now: [][]string{{"b1"}}, want: &Later{Vanished: 1}},
		"one that has changed":                      {before: "a1 b1", rows: 2, now: [][]string{{"a2", "b1"}}, want: &Later{Changed: 1}},
		"one of two versions is the same":           {before: "a1 a2", rows: 2, now: [][]string{{"a2"}}, want: &Later{}},
		"all of it":                                 {before: "a1 b1 c1", rows: 3, now: [][]string{{"a2", "b1", "d1", "e1"}}, want: &Later{Late: 2, Vanished: 1, Changed: 1}},
		"there was nothing":                         {before: "", rows: 0, now: [][]string{{"a1"}}, want: &Later{Late: 1}},
		"a new one without an id":                   {before: "a1", rows: 1, now: [][]string{{"a1", "-1"}}, want: &Later{Late: 1}},

		"without ids, more":      {before: "-1 -2", rows: 2, now: [][]string{{"-1", "-2", "-3"}}, want: &Later{Late: 1, ByRows: true}},
		"without ids, less":      {before: "-1 -2", rows: 2, now: [][]string{{"-1"}}, want: &Later{Vanished: 1, ByRows: true}},
		"a file that is broken":  {before: "a1", rows: 1, now: [][]string{{"a1", "b1"}}, broken: errors.New("it is broken"), want: &Later{Late: 1, ByRows: true}},
		"too many to remember":   {before: "a1", rows: maxRecalled + 1, now: [][]string{{"a1", "b1"}}, want: &Later{Vanished: maxRecalled - 1, ByRows: true}},
		"events nothing tells":   {before: "a1", rows: 1, now: [][]string{{"a1", "b1"}}, change: func(r *toyRun) { r.job.Recall.ID = nil }, want: &Later{Late: 1, ByRows: true}},
		"no file that tells":     {rows: 1, now: [][]string{{"a1", "b1"}}, change: func(r *toyRun) { r.job.Recall = nil }, want: &Later{Late: 1, ByRows: true}},
		"it is no revisit":       {before: "a1", rows: 1, now: [][]string{{"b1"}}, change: func(r *toyRun) { r.job.Pull.Revisit = false }},
		"the file is lacking":    {before: "a1", rows: 1, now: [][]string{{"b1"}}, change: func(r *toyRun) { r.job.Pull.Outputs[0].Reason = plan.Missing }},
		"of another definition":  {before: "a1", rows: 1, now: [][]string{{"b1"}}, change: func(r *toyRun) { r.job.Outputs[0].Definition = "other" }},
		"the one before is open": {before: "a1", rows: 1, now: [][]string{{"b1"}}, change: func(r *toyRun) { r.recordedAs(func(h *ledger.Held) { h.Final = false }) }},
	} {
		t.Run(name, func(t *testing.T) {
			r := newToyRun(t, &toySource{batches: test.now})
			r.t = t
			end := r.job.Pull.To
			r.job.Pull.Revisit, r.job.Pull.Outputs[0].Reason = true, plan.Revisit
			r.job.Revisits = []time.Time{end.Add(6 * hour)}
			r.job.Recall = &Recall{
				Outputs: []string{"output.toy.a"}, ID: byLetter,
				Reread: func(*ledger.Held) func(context.Context) iter.Seq2[[]event.Event, error] {
					return holds(test.before, test.broken)
				},
			}
			first := r.now.Add(-10 * hour)
			r.recorded(t, func(l *ledger.Ledger) {
				l.Hold(ledger.Held{
					Output: "output.toy.a", From: r.job.Pull.From, To: end, Place: "/toy", Definition: "d", Final: true, Rows: test.rows,
				}.With(ledger.Proof{FetchedAt: first}))
			})
			if test.change != nil {
				test.change(r)
			}
			result := r.runner.Pull(t.Context(), &r.job)
			if result.Failure != nil {
				t.Fatal(result.Failure)
			}
			if test.want != nil && test.want.Late > 0 {
				test.want.From, test.want.To = first.Sub(end), r.now.Sub(end)
			}
			if diff := cmp.Diff(test.want, result.Later); diff != "" {
				t.Error(diff)
			}
			l := r.ledger(t)
			p := l.Find("output.toy.a", r.job.Pull.From, end).Proof()
			if test.want == nil {
				if p.FirstRows+p.Late > 0 || l.Lateness != nil {
					t.Errorf("the entry says %+v, and the ledger %+v", p, l.Lateness)
				}
				return
			}
			want := test.want
			if p.FirstRows != test.rows || p.Late != want.Late || p.Vanished != want.Vanished || p.Changed != want.Changed || p.LateByRows != (want.ByRows && want.Late > 0) ||
				p.LateFrom != want.From || p.LateTo != want.To {
				t.Errorf("the entry says %+v", p)
			}
			events := int64(0)
			for _, batch := range test.now {
				events += int64(len(batch))
			}
			if k := l.Lateness; k == nil || k.Late != want.Late || k.Events != events || want.ByRows && k.ByRows != want.Late || want.Late > 0 && time.Duration(k.After) != want.To {
				t.Errorf("the ledger says %+v", k)
			}
		})
	}
}

// Late events of several readings add up, those of each once, and what the first
// reading had stays known when a file is written anew.
func TestRunnerAddsReadingsUp(t *testing.T) {
	const hour = time.Hour
	var file string
	source := &toySource{batches: [][]string{{"a1"}}}
	r := newToyRun(t, source)
	r.t = t
	end := r.job.Pull.To
	r.now = end.Add(2 * hour)
	r.job.Revisits = []time.Time{end.Add(6 * hour), end.Add(24 * hour)}
	r.job.Recall = &Recall{
		Outputs: []string{"output.toy.a"}, ID: byLetter,
		Reread: func(*ledger.Held) func(context.Context) iter.Seq2[[]event.Event, error] { return holds(file, nil) },
	}
	read := func(after time.Duration, reason plan.Reason, file1 string, events ...string) {
		t.Helper()
		r.now, file, source.batches = end.Add(after), file1, [][]string{events}
		r.job.Planned = r.now.Add(-time.Minute)
		r.job.Pull.Revisit, r.job.Pull.Outputs[0].Reason = reason != plan.New, reason
		if result := r.runner.Pull(t.Context(), &r.job); result.Failure != nil || result.Skipped {
			t.Fatalf("%+v", result)
		}
	}
	read(2*hour, plan.New, "", "a1")
	read(6*hour, plan.Revisit, "a1", "a1", "b1")
	read(24*hour, plan.Revisit, "a1 b1", "a1", "b1", "c1", "d1")
	read(30*hour, plan.Missing, "", "a1", "b1", "c1", "d1")
	l := r.ledger(t)
	h := l.Find("output.toy.a", r.job.Pull.From, end)
	p := h.Proof()
	if p.FirstRows != 1 || p.Late != 3 || p.LateFrom != 2*hour || p.LateTo.Truncate(time.Minute) != 24*hour || h.ReadAfter.Truncate(time.Minute) != 30*hour {
		t.Errorf("%+v, %+v", h, p)
	}
	if k := l.Lateness; k == nil || k.Events != 4 || k.Late != 3 || time.Duration(k.After).Truncate(time.Minute) != 24*hour {
		t.Errorf("%+v", k)
	}
}

// recordedAs changes the entry as it is before the pull.
func (r *toyRun) recordedAs(change func(*ledger.Held)) {
	r.recorded(r.t, func(l *ledger.Ledger) {
		h := *l.Find("output.toy.a", r.job.Pull.From, r.job.Pull.To)
		change(&h)
		l.Hold(h)
	})
}
