package run

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/engine/fetch"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/ledger/local"
	"github.com/reportform/reportform/engine/ledger/store"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/internal/event"
	"github.com/reportform/reportform/internal/place"
	"github.com/reportform/reportform/outputs"
)

// toySource is a source that is no page: it gives batches from memory, then
// fails with err, if it has one.
type toySource struct {
	batches [][]string
	err     error
	between func() // called before each batch
}

func (s *toySource) events(_ context.Context, stats *fetch.Stats) iter.Seq2[[]event.Event, error] {
	return func(yield func([]event.Event, error) bool) {
		var batch []event.Event
		for _, raw := range s.batches {
			s.between()
			batch = batch[:0]
			for _, r := range raw {
				batch = append(batch, event.Event{Raw: []byte(r), OneLine: true})
			}
			stats.Pages++
			stats.Events += int64(len(batch))
			if !yield(batch, nil) {
				return
			}
			for i := range batch {
				clear(batch[i].Raw)
			}
		}
		if s.err != nil {
			yield(nil, s.err)
		}
	}
}

// toyOutput keeps in memory what was published, a line a batch.
type toyOutput struct {
	published, written []string
	// says is what its receipts say besides place and rows.
	says outputs.Receipt
	// at, if set, is called at each step: open, write, stage, publish, discard. The
	// step fails with what it returns.
	at func(step string) error
}

func (o *toyOutput) Resolve(*outputs.Pull) (outputs.Target, hcl.Diagnostics) {
	panic("jobs are resolved")
}

func (o *toyOutput) Open(_ context.Context, t outputs.Target) (outputs.Writer, error) {
	o.written = nil
	return &toyWriter{o, t.Place}, o.step("open")
}

func (o *toyOutput) step(name string) error {
	if o.at == nil {
		return nil
	}
	return o.at(name)
}

// failing is an output that fails at a step.
func failing(at string, err error) toyOutput {
	return toyOutput{at: func(step string) error {
		if step == at {
			return err
		}
		return nil
	}}
}

type toyWriter struct {
	*toyOutput
	place place.Place
}

func (w *toyWriter) Write(events []outputs.Event) error {
	line := ""
	for _, e := range events {
		line += string(e.Raw)
	}
	w.written = append(w.written, line)
	return w.step("write")
}

func (w *toyWriter) Stage() (outputs.Receipt, error) { return w.receipt(), w.step("stage") }

func (w *toyWriter) Publish() (outputs.Receipt, error) {
	if err := w.step("publish"); err != nil {
		return outputs.Receipt{}, err
	}
	w.published = w.written
	return w.receipt(), nil
}

func (w *toyWriter) receipt() outputs.Receipt {
	r := w.says
	r.Place, r.Rows = w.place, int64(len(w.written))
	return r
}

func (w *toyWriter) Discard() error { return w.step("discard") }

// toyRun is a pull of a toy source into a toy output.
type toyRun struct {
	t      *testing.T // of who asks for recordedAs
	now    time.Time
	runner Runner
	job    Job
	told   []string
	output toyOutput
}

func newToyRun(t *testing.T, source *toySource) *toyRun {
	r := &toyRun{now: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)}
	from := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	r.job = Job{
		Pull:    &plan.Pull{Tenant: "tenant.t", Report: "report.sign_ins.r", Label: "2026-11-01", From: from, To: from.AddDate(0, 0, 1), Final: true},
		Planned: r.now.Add(-time.Minute), Events: source.events,
	}
	r.add("output.toy.a", "/toy", &r.output)
	if source.between == nil {
		source.between = func() { r.now = r.now.Add(time.Second) }
	}
	r.runner = Runner{
		Ledgers: store.New(local.New(t.TempDir())), Now: func() time.Time { return r.now },
		Progress: func(p Progress) {
			text := fmt.Sprintf("%T", p)
			if p, ok := p.(Progressed); ok {
				text = fmt.Sprintf("%d events, %d pages", p.Events, p.Pages)
			}
			r.told = append(r.told, text)
		},
	}
	return r
}

// add adds an output to the pull.
func (r *toyRun) add(address string, at place.Place, o *toyOutput) {
	r.job.Pull.Outputs = append(r.job.Pull.Outputs, plan.PullOutput{Output: address, Place: at, Definition: "d"})
	r.job.Outputs = append(r.job.Outputs, JobOutput{Address: address, Output: o, Target: outputs.Target{Place: at}, Definition: "d"})
}

// key is that of the pull's ledger.
func (r *toyRun) key() ledger.Key {
	return ledger.Key{Tenant: r.job.Pull.Tenant, Report: r.job.Pull.Report}
}

// recorded changes the ledger as it is before the pull.
func (r *toyRun) recorded(t *testing.T, change func(*ledger.Ledger)) {
	t.Helper()
	if err := r.runner.Ledgers.Update(t.Context(), r.key(), change); err != nil {
		t.Fatal(err)
	}
}

func (r *toyRun) ledger(t *testing.T) *ledger.Ledger {
	t.Helper()
	l, err := r.runner.Ledgers.Read(t.Context(), r.key())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// A batch goes to the outputs as it comes; an empty one only says how far the
// source is.
func TestRunnerPassesBatchesOn(t *testing.T) {
	r := newToyRun(t, &toySource{batches: [][]string{{"a", "b"}, {}, {}, {"c"}}})
	if result := r.runner.Pull(t.Context(), &r.job); result.Failure != nil {
		t.Fatal(result.Failure)
	}
	if want := []string{"ab", "c"}; !slices.Equal(r.output.published, want) {
		t.Errorf("published %q, want %q", r.output.published, want)
	}
	want := []string{"run.Started", "2 events, 1 pages", "2 events, 2 pages", "2 events, 3 pages", "3 events, 4 pages"}
	if !slices.Equal(r.told, want) {
		t.Errorf("told %q, want %q", r.told, want)
	}
	h := r.ledger(t).Find("output.toy.a", r.job.Pull.From, r.job.Pull.To)
	if h == nil || h.Rows != 2 || h.Proof().Pages != 4 || !h.Final {
		t.Errorf("the ledger has %+v", h)
	}

	// What is held meanwhile is not read again.
	r.told, r.job.Events = nil, nil
	if result := r.runner.Pull(t.Context(), &r.job); !result.Skipped || len(r.told) > 0 {
		t.Errorf("told %q, %+v", r.told, result)
	}
}

func TestRunnerTellsProgressNotTooOften(t *testing.T) {
	var r *toyRun
	r = newToyRun(t, &toySource{
		batches: [][]string{{"a"}, {"b"}, {"c"}, {"d"}, {"e"}, {"f"}},
		between: func() { r.now = r.now.Add(progressInterval / 2) },
	})
	if result := r.runner.Pull(t.Context(), &r.job); result.Failure != nil {
		t.Fatal(result.Failure)
	}
	want := []string{"run.Started", "2 events, 2 pages", "4 events, 4 pages", "6 events, 6 pages"}
	if !slices.Equal(r.told, want) {
		t.Errorf("told %q, want %q", r.told, want)
	}
}

// What came before an error is not all, and nothing of it is published.
func TestRunnerPublishesNothingOfWhatBreaksOff(t *testing.T) {
	broken := errors.New("the service failed")
	r := newToyRun(t, &toySource{batches: [][]string{{"a"}}, err: broken})
	result := r.runner.Pull(t.Context(), &r.job)
	if f := result.Failure; f == nil || f.Message != broken.Error() || !slices.Equal(f.Outputs, []string{"output.toy.a"}) || len(result.Written) > 0 || r.output.published != nil {
		t.Errorf("published %q, and the result is %+v", r.output.published, result)
	}
	l := r.ledger(t)
	if l.Find("output.toy.a", r.job.Pull.From, r.job.Pull.To) != nil {
		t.Error("the ledger holds what was not published")
	}
	if want := []string{"run.Started", "1 events, 1 pages"}; !slices.Equal(r.told, want) {
		t.Errorf("told %q, want %q", r.told, want)
	}
}

// A pull that is made from a file needs that to be held as planned.
func TestRunnerChecksTheSource(t *testing.T) {
	r := newToyRun(t, &toySource{batches: [][]string{{"a"}}})
	r.job.Pull.Source = &plan.Source{Output: "output.toy.b", Place: "/other", SHA256: "5e"}
	r.job.LostAt = r.now // the service has it no longer, which does not matter
	if f := r.runner.Pull(t.Context(), &r.job).Failure; f == nil || strings.Contains(f.Message, errLost.Error()) || r.output.published != nil {
		t.Errorf("published %q, and the failure is %v", r.output.published, f)
	}

	fetched := r.now.Add(-time.Hour)
	r.recorded(t, func(l *ledger.Ledger) {
		l.Hold(ledger.Held{
			Output: "output.toy.b", From: r.job.Pull.From, To: r.job.Pull.To, Place: "/other", Final: true, Modified: fetched, Rows: 1,
		}.With(ledger.Proof{SHA256: "5e", FetchedAt: fetched, FirstID: "r1"}))
	})
	if result := r.runner.Pull(t.Context(), &r.job); result.Failure != nil {
		t.Fatal(result.Failure)
	}
	h := r.ledger(t).Find("output.toy.a", r.job.Pull.From, r.job.Pull.To)
	if h == nil {
		t.Fatal("nothing is held")
	}
	if p := h.Proof(); p.Derived != "/other" || !p.FetchedAt.Equal(fetched) || p.FirstID != "r1" {
		t.Errorf("the proof is %+v", p)
	}

	r.job.Outputs[0].Definition, r.output.published = "d2", nil
	r.job.Events = (&toySource{err: outputs.ErrAltered, between: func() {}}).events
	if f := r.runner.Pull(t.Context(), &r.job).Failure; f == nil || f.Message != outputs.ErrAltered.Error() {
		t.Errorf("the failure is %v", f)
	}
	if doubted := r.ledger(t).Find("output.toy.b", r.job.Pull.From, r.job.Pull.To); doubted == nil || !doubted.Modified.IsZero() {
		t.Errorf("the source that is not what was written is %+v", doubted)
	}
}
