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

	"github.com/google/go-cmp/cmp"

	"github.com/reportform/reportform/engine/fetch"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/ledger/local"
	"github.com/reportform/reportform/engine/ledger/store"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/internal/event"
	"github.com/reportform/reportform/outputs"
)

var errBroken = errors.New("it is broken")

// failures are the failures in a ledger, shortly: output and error.
func failures(l *ledger.Ledger) (list []string) {
	for _, f := range l.Failed {
		list = append(list, f.Output+": "+f.Error)
	}
	return list
}

// heldBy are the outputs that hold something.
func heldBy(l *ledger.Ledger) (list []string) {
	for h := range l.Held() {
		list = append(list, h.Output)
	}
	return list
}

// An entry says what the receipt, the source and the clock say.
func TestRunnerRecordsWhatIsKnown(t *testing.T) {
	r := newToyRun(t, &toySource{})
	start := r.now
	made := time.Date(2026, 11, 20, 12, 0, 1, 0, time.UTC)
	r.output.says = outputs.Receipt{Bytes: 7, SHA256: "5a", Modified: made, Promise: outputs.Stored, Ack: "17"}
	stats := fetch.Stats{
		First: r.job.Pull.From, Last: r.job.Pull.From.Add(1), Pages: 1, Requests: 2, Repeated: 3, Revisions: 4, Outside: 5, Untimed: 6,
		FirstRequestID: "r1", LastRequestID: "r2",
	}
	r.job.Events = func(_ context.Context, s *fetch.Stats) iter.Seq2[[]event.Event, error] {
		*s = stats
		r.now = r.now.Add(time.Minute)
		return func(yield func([]event.Event, error) bool) { yield([]event.Event{{Raw: []byte("a")}}, nil) }
	}
	r.job.Waited = func() time.Duration { return time.Second }
	r.job.Pull.Final, r.job.Pull.Revisit = true, true
	r.runner.Keeper = "k"

	result := r.runner.Pull(t.Context(), &r.job)
	receipt := outputs.Receipt{Place: "/toy", Rows: 1, Bytes: 7, SHA256: "5a", Modified: made, Promise: outputs.Stored, Ack: "17"}
	want := Result{Stats: stats, Written: []Written{{"output.toy.a", receipt}}, Took: time.Minute}
	if diff := cmp.Diff(want, result, cmp.AllowUnexported(fetch.Stats{})); diff != "" {
		t.Error(diff)
	}
	l := r.ledger(t)
	entry := ledger.Held{
		Output: "output.toy.a", From: r.job.Pull.From, To: r.job.Pull.To, Definition: "d", Place: "/toy", Rows: 1, Bytes: 7, Modified: made,
		Final: true, Revisited: true,
	}.With(ledger.Proof{
		SHA256: "5a", Promise: "stored", Ack: "17", First: stats.First, Last: stats.Last, Pages: 1, Requests: 2, Repeated: 3, Revisions: 4,
		Outside: 5, Untimed: 6, FirstID: "r1", LastID: "r2", FetchedAt: start, Took: time.Minute, Waited: time.Second,
	})
	wanted := ledger.New(r.key(), entry)
	wanted.Keeper = "k"
	if diff := cmp.Diff(wanted.Document(), l.Document()); diff != "" {
		t.Error(diff)
	}
}

// What is made from another output has come from the service as that has.
func TestRunnerRecordsWhereSlicesComeFrom(t *testing.T) {
	for _, source := range []struct{ final, revisited bool }{{true, false}, {false, true}, {true, true}, {false, false}} {
		t.Run(fmt.Sprint(source), func(t *testing.T) {
			r := newToyRun(t, &toySource{batches: [][]string{{"a"}}})
			r.job.Pull.Source = &plan.Source{Output: "output.toy.b", Place: "/other", SHA256: "5e"}
			r.job.Pull.Final, r.job.Pull.Revisit = !source.final, !source.revisited
			r.job.Waited = func() time.Duration { return time.Second }
			r.output.says = outputs.Receipt{SHA256: "5a", Promise: outputs.Sent, Ack: "18"}
			start := r.now
			from := ledger.Proof{
				SHA256: "5e", Promise: "indexed", Ack: "17", First: r.job.Pull.From, Last: r.job.Pull.From.Add(1), WalkFrom: r.job.Pull.From, WalkTo: r.job.Pull.To,
				Pages: 1, Requests: 2, Repeated: 3, Revisions: 4, Outside: 5, Untimed: 6, Late: 6, FirstID: "r1", LastID: "r2", FetchedAt: r.now.Add(-time.Hour), Took: 7, Waited: 8,
			}
			r.recorded(t, func(l *ledger.Ledger) {
				l.Hold(ledger.Held{
					Output: "output.toy.b", From: r.job.Pull.From, To: r.job.Pull.To, Place: "/other", Definition: "d", Final: source.final, Revisited: source.revisited,
				}.With(from))
			})
			if result := r.runner.Pull(t.Context(), &r.job); result.Failure != nil {
				t.Fatal(result.Failure)
			}
			h := r.ledger(t).Find("output.toy.a", r.job.Pull.From, r.job.Pull.To)
			if h == nil || h.Final != source.final || h.Revisited != source.revisited {
				t.Fatalf("the ledger has %+v", h)
			}
			want := from
			want.SHA256, want.Promise, want.Ack, want.Derived, want.DerivedAt = "5a", "sent", "18", "/other", start
			if diff := cmp.Diff(want, h.Proof()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A source that is not what the plan has is not relied upon, and none that is
// altered a second time.
func TestRunnerNeedsTheSourceAsPlanned(t *testing.T) {
	for name, test := range map[string]struct {
		change  func(*ledger.Held, *ledger.Proof)
		err     error // of the reading
		failure string
		doubted bool
	}{
		"as planned":    {change: func(*ledger.Held, *ledger.Proof) {}},
		"elsewhere":     {change: func(h *ledger.Held, _ *ledger.Proof) { h.Place = "/elsewhere" }, failure: "no longer held as planned"},
		"other bytes":   {change: func(_ *ledger.Held, p *ledger.Proof) { p.SHA256 = "66" }, failure: "no longer held as planned"},
		"other slice":   {change: func(h *ledger.Held, _ *ledger.Proof) { h.To = h.To.Add(1) }, failure: "no longer held as planned"},
		"altered":       {change: func(*ledger.Held, *ledger.Proof) {}, err: fmt.Errorf("reading: %w", outputs.ErrAltered), failure: "reading: ", doubted: true},
		"another error": {change: func(*ledger.Held, *ledger.Proof) {}, err: errBroken, failure: "broken"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newToyRun(t, &toySource{batches: [][]string{{"a"}}, err: test.err})
			r.job.Pull.Source = &plan.Source{Output: "output.toy.b", Place: "/other", SHA256: "5e"}
			h := ledger.Held{Output: "output.toy.b", From: r.job.Pull.From, To: r.job.Pull.To, Place: "/other", Modified: r.now, Final: true}
			p := ledger.Proof{SHA256: "5e", FetchedAt: r.now}
			test.change(&h, &p)
			r.recorded(t, func(l *ledger.Ledger) { l.Hold(h.With(p)) })
			f := r.runner.Pull(t.Context(), &r.job).Failure
			if (f != nil) != (test.failure != "") || f != nil && !strings.Contains(f.Message, test.failure) {
				t.Errorf("the failure is %v", f)
			}
			if (r.output.published == nil) != (test.failure != "") {
				t.Errorf("published %q", r.output.published)
			}
			after := r.ledger(t).Find("output.toy.b", h.From, h.To)
			if after == nil || after.Modified.IsZero() != test.doubted {
				t.Errorf("the source is %+v", after)
			}
		})
	}
}

// One output that fails takes nothing from the others.
func TestRunnerHoldsWhatOneOutputDoesNotTake(t *testing.T) {
	for _, at := range []string{"open", "write", "stage", "publish"} {
		t.Run(at, func(t *testing.T) {
			r := newToyRun(t, &toySource{batches: [][]string{{"a"}, {"b"}}})
			bad, good := failing(at, errBroken), toyOutput{}
			r.add("output.toy.bad", "/bad", &bad)
			r.add("output.toy.good", "/good", &good)
			r.runner.Keeper = "k"
			r.job.Explain = func(err error) Explanation {
				if !errors.Is(err, errBroken) {
					t.Errorf("asked about %v", err)
				}
				return Explanation{Cause: "toy", Advice: "Mend it."}
			}
			result := r.runner.Pull(t.Context(), &r.job)
			want := &Failure{Outputs: []string{"output.toy.bad"}, Message: errBroken.Error(), Explanation: Explanation{Cause: "toy", Advice: "Mend it."}}
			if diff := cmp.Diff(want, result.Failure); diff != "" {
				t.Error(diff)
			}
			if len(result.Written) != 2 || result.Written[0].Output != "output.toy.a" || result.Written[1].Output != "output.toy.good" || result.Written[1].Receipt.Place != "/good" {
				t.Errorf("written %+v", result.Written)
			}
			if all := []string{"a", "b"}; !slices.Equal(r.output.published, all) || !slices.Equal(good.published, all) || bad.published != nil {
				t.Errorf("published %q, %q and %q", r.output.published, good.published, bad.published)
			}
			l := r.ledger(t)
			if diff := cmp.Diff([]string{"output.toy.a", "output.toy.good"}, heldBy(l)); diff != "" {
				t.Error(diff)
			}
			failed := []ledger.Failed{{
				Output: "output.toy.bad", From: r.job.Pull.From, To: r.job.Pull.To, At: r.now,
				Error: "report.sign_ins.r of tenant.t, 2026-11-01: it is broken", Cause: "toy", Advice: "Mend it.",
			}}
			if diff := cmp.Diff(failed, l.Failed); diff != "" || l.Keeper != "k" {
				t.Errorf("the keeper is %q\n%s", l.Keeper, diff)
			}

			// What failed is all that is done again, and then forgotten.
			bad.at = nil
			if again := r.runner.Pull(t.Context(), &r.job); again.Failure != nil || len(again.Written) != 1 || len(r.ledger(t).Failed) > 0 {
				t.Errorf("%+v, %q", again, failures(r.ledger(t)))
			}
		})
	}
}

// Where no output takes anything nothing is held, and the source is left alone.
func TestRunnerStopsWhereNoOutputIsLeft(t *testing.T) {
	for _, test := range []struct {
		at      string
		batches int // that are read
	}{{"open", 0}, {"write", 1}, {"stage", 3}, {"publish", 3}} {
		t.Run(test.at, func(t *testing.T) {
			read := 0
			source := &toySource{batches: [][]string{{"a"}, {"b"}, {"c"}}, between: func() { read++ }}
			r := newToyRun(t, source)
			r.output = failing(test.at, errBroken)
			b := failing(test.at, errors.New("and so is this"))
			r.add("output.toy.b", "/b", &b)
			r.runner.Keeper = "k"
			result := r.runner.Pull(t.Context(), &r.job)
			want := &Failure{Outputs: []string{"output.toy.a", "output.toy.b"}, Message: "it is broken\nand so is this"}
			if diff := cmp.Diff(want, result.Failure); diff != "" || len(result.Written) > 0 {
				t.Errorf("written %+v\n%s", result.Written, diff)
			}
			if read != test.batches {
				t.Errorf("%d batches were read, want %d", read, test.batches)
			}
			l := r.ledger(t)
			if l.Len() > 0 || len(l.Failed) != 2 || l.Keeper != "k" {
				t.Errorf("the ledger of %q holds %q and has failures %q", l.Keeper, heldBy(l), failures(l))
			}
		})
	}
}

// What others complete while a pull fails has not failed.
func TestRunnerRecordsOnlyFailuresOfWhatLacks(t *testing.T) {
	for name, test := range map[string]struct {
		source error
		output toyOutput
	}{
		"the source breaks off":  {source: errBroken},
		"nothing can be written": {output: failing("publish", errBroken)},
	} {
		t.Run(name, func(t *testing.T) {
			source := &toySource{batches: [][]string{{"a"}}, err: test.source}
			r := newToyRun(t, source)
			r.output = test.output
			r.add("output.toy.b", "/b", &test.output)
			source.between = func() {
				r.recorded(t, func(l *ledger.Ledger) {
					l.Hold(ledger.Held{
						Output: "output.toy.b", From: r.job.Pull.From, To: r.job.Pull.To, Place: "/b", Definition: "d", Final: true,
					}.With(ledger.Proof{FetchedAt: r.now}))
				})
			}
			if result := r.runner.Pull(t.Context(), &r.job); result.Failure == nil {
				t.Fatalf("%+v", result)
			}
			if l := r.ledger(t); len(l.Failed) != 1 || l.Failed[0].Output != "output.toy.a" {
				t.Errorf("failures %q", failures(l))
			}
		})
	}
}

// What the service has no longer is no slice, whenever that comes to light, and
// no failure either: the next plan says so.
func TestRunnerRefusesWhatIsLost(t *testing.T) {
	for name, test := range map[string]struct {
		after time.Duration // from the begin to the loss
		reads bool
		fine  bool
	}{
		"before":             {after: -time.Second},
		"at the begin":       {after: 0},
		"while it was read":  {after: time.Second, reads: true},
		"a moment too late":  {after: 2*time.Second + 1, reads: true, fine: true},
		"in the last moment": {after: 2 * time.Second, reads: true},
	} {
		t.Run(name, func(t *testing.T) {
			r := newToyRun(t, &toySource{batches: [][]string{{"a"}, {"b"}}}) // takes two seconds
			var steps []string
			r.output.at = func(step string) error {
				steps = append(steps, step)
				return nil
			}
			r.job.LostAt = r.now.Add(test.after)
			result := r.runner.Pull(t.Context(), &r.job)
			if test.fine {
				if result.Failure != nil || len(result.Written) != 1 {
					t.Errorf("%+v", result)
				}
				return
			}
			if f := result.Failure; f == nil || !strings.Contains(f.Message, errLost.Error()) || !strings.Contains(f.Message, r.job.LostAt.Format(time.RFC3339)) {
				t.Errorf("the failure is %v", f)
			}
			if test.reads != slices.Contains(steps, "write") || test.reads != slices.Contains(steps, "discard") || slices.Contains(steps, "publish") {
				t.Errorf("the output was told to %q", steps)
			}
			if l := r.ledger(t); l.Len() > 0 || len(l.Failed) > 0 {
				t.Errorf("held by %q, failed %q", heldBy(l), failures(l))
			}
		})
	}
}

// An interrupt publishes nothing before all is published, and is no failure to
// remember. What is published is recorded.
func TestRunnerIsInterrupted(t *testing.T) {
	for _, test := range []struct {
		at   string // step of the last output at which the interrupt comes
		held []string
	}{
		{"read", nil},
		{"write", nil},
		{"stage", nil},
		{"publish", []string{"output.toy.a", "output.toy.b"}},
	} {
		t.Run(test.at, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			source := &toySource{batches: [][]string{{"a"}}}
			r := newToyRun(t, source)
			r.runner.Ledgers = store.New(&strictBackend{Backend: local.New(t.TempDir())})
			b := toyOutput{at: func(step string) error {
				if step == test.at {
					cancel()
				}
				return nil
			}}
			r.add("output.toy.b", "/b", &b)
			if test.at == "read" {
				source.between, source.err = cancel, context.Canceled
			}
			result := r.runner.Pull(ctx, &r.job)
			l := r.ledger(t)
			if diff := cmp.Diff(test.held, heldBy(l)); diff != "" || len(l.Failed) > 0 || len(result.Written) != len(test.held) {
				t.Errorf("failed %q, %+v\n%s", failures(l), result, diff)
			}
			switch f := result.Failure; {
			case test.held != nil && f != nil:
				t.Error(f)
			case test.held == nil && (f == nil || !f.Stopped || f.Message != context.Canceled.Error() || len(f.Outputs) != 2 || r.output.published != nil):
				t.Errorf("published %q, and the failure is %+v", r.output.published, f)
			}
		})
	}
}

// An output that an interrupt stops while others are published lacks the slice,
// and has not failed.
func TestRunnerIsInterruptedWhilePublishing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r := newToyRun(t, &toySource{batches: [][]string{{"a"}}})
	b := toyOutput{at: func(step string) error {
		if step != "publish" {
			return nil
		}
		cancel()
		return ctx.Err()
	}}
	r.add("output.toy.b", "/b", &b)
	result := r.runner.Pull(ctx, &r.job)
	if f := result.Failure; f == nil || !f.Stopped || !slices.Equal(f.Outputs, []string{"output.toy.b"}) || len(result.Written) != 1 {
		t.Errorf("%+v", result)
	}
	if l := r.ledger(t); !slices.Equal(heldBy(l), []string{"output.toy.a"}) || len(l.Failed) > 0 {
		t.Errorf("held by %q, failed %q", heldBy(l), failures(l))
	}
}

// strictBackend does nothing after the end of a context, and fails to store with
// what refuse returns.
type strictBackend struct {
	ledger.Backend
	refuse func() error
}

func (b *strictBackend) Get(ctx context.Context, key ledger.Key) ([]byte, ledger.Version, error) {
	if ctx.Err() != nil {
		return nil, "", ctx.Err()
	}
	return b.Backend.Get(ctx, key)
}

func (b *strictBackend) Put(ctx context.Context, key ledger.Key, data []byte, old ledger.Version) (ledger.Version, error) {
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if b.refuse != nil {
		if err := b.refuse(); err != nil {
			return "", err
		}
	}
	return b.Backend.Put(ctx, key, data, old)
}

// What is published and cannot be recorded is not held.
func TestRunnerSaysThatTheStateWasNotSaved(t *testing.T) {
	full := errors.New("the disk is full")
	for name, test := range map[string]struct {
		puts     int // that fail
		failing  bool
		messages []string
		failed   int // failures on record
	}{
		"once":                {puts: 1, messages: []string{"the files are complete, but the state could not be saved, so the slice will be pulled again", full.Error()}, failed: 2},
		"always":              {puts: 9, messages: []string{"the files are complete", "\nthe failure could not be recorded in the state", full.Error()}},
		"and an output fails": {puts: 1, failing: true, messages: []string{errBroken.Error() + "\n", "the state could not be saved", full.Error()}, failed: 2},
	} {
		t.Run(name, func(t *testing.T) {
			r := newToyRun(t, &toySource{batches: [][]string{{"a"}}})
			b := toyOutput{}
			if test.failing {
				b = failing("write", errBroken)
			}
			r.add("output.toy.b", "/b", &b)
			puts := 0
			r.runner.Ledgers = store.New(&strictBackend{Backend: local.New(t.TempDir()), refuse: func() error {
				if puts++; puts <= test.puts {
					return full
				}
				return nil
			}})
			result := r.runner.Pull(t.Context(), &r.job)
			if result.Failure == nil || len(result.Failure.Outputs) != 2 || len(result.Written) > 0 || r.output.published == nil {
				t.Fatalf("published %q, %+v", r.output.published, result)
			}
			for _, message := range test.messages {
				if !strings.Contains(result.Failure.Message, message) {
					t.Errorf("the message is %q, and lacks %q", result.Failure.Message, message)
				}
			}
			if l := r.ledger(t); l.Len() > 0 || len(l.Failed) != test.failed {
				t.Errorf("held by %q, failed %q", heldBy(l), failures(l))
			}
		})
	}
}

// A ledger that cannot be read is the failure of all outputs, and nothing begins.
func TestRunnerNeedsTheLedger(t *testing.T) {
	r := newToyRun(t, &toySource{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r.runner.Ledgers = store.New(&strictBackend{Backend: local.New(t.TempDir())})
	r.job.Events = nil
	result := r.runner.Pull(ctx, &r.job)
	if f := result.Failure; f == nil || !f.Stopped || !slices.Equal(f.Outputs, []string{"output.toy.a"}) || len(r.told) > 0 {
		t.Errorf("told %q, %+v", r.told, result)
	}
}

// The ledger has failures on one line of bounded length.
func TestFailuresOfOneLine(t *testing.T) {
	long := strings.Repeat("é", 600)
	r := newToyRun(t, &toySource{err: errors.New("two\n\tlines " + long)})
	f := r.runner.Pull(t.Context(), &r.job).Failure
	if f == nil || f.Message != "two\n\tlines "+long {
		t.Fatalf("the failure is %v", f)
	}
	got := failures(r.ledger(t))
	if len(got) != 1 || !strings.HasPrefix(got[0], "output.toy.a: report.sign_ins.r of tenant.t, 2026-11-01: two lines éé") ||
		!strings.HasSuffix(got[0], "é...") || len(got[0]) > 520 {
		t.Errorf("%q", got)
	}
}
