package run

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reportform/reportform/engine/clock"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
)

// Nothing is published before the slice has settled by the service's clock,
// whenever that tells the time.
func TestRunnerWaitsForTheServicesClock(t *testing.T) {
	const hour = time.Hour
	unknown := func(r clock.Reading) clock.Reading { r.Service = time.Time{}; return r }
	unsure := func(r clock.Reading) clock.Reading { r.Unsure = true; return r }
	for name, test := range map[string]struct {
		behind time.Duration // the service's clock
		first  func(clock.Reading) clock.Reading
		change func(r *toyRun)
		reads  bool // the service is asked
		waits  time.Duration
		final  bool // what is held is
	}{
		"it has settled":                    {behind: hour - 1, reads: true, final: true},
		"in the second that a Date has":     {behind: hour + time.Second, reads: true, final: true},
		"half a minute earlier":             {behind: hour + 32*time.Second, waits: hour},
		"far too early":                     {behind: 48 * hour, waits: hour},
		"the first answer tells":            {behind: 48 * hour, first: unknown, reads: true, waits: hour},
		"the machine slept":                 {behind: 48 * hour, first: unsure, reads: true, waits: hour},
		"the service is ahead":              {behind: -48 * hour, reads: true, final: true},
		"an open window":                    {behind: 48 * hour, change: func(r *toyRun) { r.job.Open = true }, reads: true},
		"planned as not final":              {behind: 48 * hour, change: func(r *toyRun) { r.job.Pull.Final, r.job.Open = false, true }, reads: true},
		"a trailing window":                 {behind: 48 * hour, change: func(r *toyRun) { r.job.Trailing = true }, reads: true},
		"a trailing window that ends later": {behind: 60 * 24 * hour, change: func(r *toyRun) { r.job.Trailing = true }, waits: -18 * 24 * hour},
		"a snapshot to come":                {behind: 20 * 24 * hour, change: func(r *toyRun) { r.job.Settles = time.Time{} }, waits: -1},
		"an open window to come":            {behind: 20 * 24 * hour, change: func(r *toyRun) { r.job.Open = true }, waits: -1},
		"a snapshot":                        {behind: 48 * hour, change: func(r *toyRun) { r.job.Settles = time.Time{} }, reads: true, final: true},
	} {
		t.Run(name, func(t *testing.T) {
			r := newToyRun(t, &toySource{batches: [][]string{{"a"}}})
			r.runner.Machine, r.runner.Keeper = "m", "k"
			r.job.Settles = r.now.Add(-hour)
			calls := 0
			r.job.Clock = func() clock.Reading {
				reading := clock.Reading{Host: "h", Local: r.now, Service: r.now.Add(-test.behind)}
				if calls++; calls == 1 && test.first != nil {
					return test.first(reading)
				}
				return reading
			}
			var steps []string
			r.output.at = func(step string) error { steps = append(steps, step); return nil }
			if test.change != nil {
				test.change(r)
			}
			result := r.runner.Pull(t.Context(), &r.job)
			l := r.ledger(t)
			if result.Failure != nil || len(l.Failed) > 0 || slices.Contains(steps, "write") != test.reads {
				t.Fatalf("%+v, failures %q, steps %q", result, failures(l), steps)
			}
			if got := l.Ahead("m", r.now); got != test.behind.Round(time.Second) || result.Clock == nil || result.Clock.Host != "h" {
				t.Errorf("the ledger has %v, and the result is %+v", got, result.Clock)
			}
			if (test.waits != 0) != (result.Waiting != nil) {
				t.Fatalf("waiting: %+v", result.Waiting)
			}
			if test.waits == 0 {
				if h := l.Find("output.toy.a", r.job.Pull.From, r.job.Pull.To); h == nil || h.Final != test.final {
					t.Errorf("the ledger has %+v", h)
				}
				return
			}
			until := r.job.Settles
			switch {
			case test.waits == -1:
				until = r.job.Pull.From
			case test.waits < 0:
				until = r.job.Pull.To
			}
			if !result.Waiting.Until.Equal(until) || result.Waiting.Why == "" || l.Len() > 0 || l.Keeper != "k" {
				t.Errorf("%+v, and %d are held for %q", result.Waiting, l.Len(), l.Keeper)
			}
			if slices.Contains(steps, "publish") || test.reads != slices.Contains(steps, "discard") {
				t.Errorf("the output was told to %q", steps)
			}
		})
	}
}

// A pull that is early by some seconds waits for them, and reads what is there
// then, be it that the first answer has told the time.
func TestRunnerWaitsForSeconds(t *testing.T) {
	for _, told := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			read := 0
			source := &toySource{batches: [][]string{{"a"}}, between: func() { read++ }}
			r := newToyRun(t, source)
			r.runner.Now = time.Now
			began := time.Now()
			r.job.Pull.From, r.job.Pull.To = began.Add(-2*time.Hour), began.Add(-time.Hour)
			r.job.Settles, r.job.Planned = began, began.Add(-1)
			calls := 0
			r.job.Clock = func() clock.Reading {
				reading := clock.Reading{Host: "h", Local: time.Now(), Service: time.Now().Add(-20 * time.Second)}
				if calls++; calls == 1 && !told {
					reading.Service = time.Time{}
				}
				return reading
			}
			result := r.runner.Pull(t.Context(), &r.job)
			h := r.ledger(t).Find("output.toy.a", r.job.Pull.From, r.job.Pull.To)
			if result.Failure != nil || result.Waiting != nil || h == nil || !h.Final || result.Stats.Events != 1 {
				t.Fatalf("%+v, %+v", result, h)
			}
			if waited := h.Proof().FetchedAt.Sub(began); waited != 19*time.Second || read != map[bool]int{true: 1, false: 2}[told] {
				t.Errorf("read %d times, the last time after %v", read, waited)
			}
		})
	}
}

// Whoever waits and knows nothing new of the clocks writes nothing.
func TestRunnerWaitsInSilence(t *testing.T) {
	r := newToyRun(t, &toySource{batches: [][]string{{"a"}}})
	r.runner.Machine, r.runner.Keeper = "m", "k"
	r.job.Settles = r.now.Add(time.Minute)
	r.job.Clock = func() clock.Reading {
		return clock.Reading{Host: "h", Local: r.now, Service: r.now.Add(-5 * time.Second)}
	}
	if result := r.runner.Pull(t.Context(), &r.job); result.Waiting == nil {
		t.Fatalf("%+v", result)
	}
	if l := r.ledger(t); l.Keeper != "" || l.Skew != nil {
		t.Errorf("the ledger is %+v", l)
	}
}

// What the service has lost by its own clock is lost; what this machine's alone
// says is asked for.
func TestRunnerAsksWhoHasLost(t *testing.T) {
	const day = 24 * time.Hour
	for name, test := range map[string]struct {
		ahead          time.Duration // this machine's clock
		lostAt         time.Duration // by this machine's clock, from now
		unknown, never bool          // before the first answer; after it too
		reads, lost    bool
	}{
		"both have it":                        {lostAt: time.Hour, reads: true},
		"both have lost it":                   {lostAt: -time.Hour, lost: true},
		"this machine alone has":              {ahead: 2 * day, lostAt: -time.Hour, reads: true},
		"the service alone has":               {ahead: -2 * day, lostAt: time.Hour, lost: true},
		"the first answer says so":            {lostAt: -time.Hour, unknown: true, reads: true, lost: true},
		"the first answer says the other":     {ahead: 2 * day, lostAt: -time.Hour, unknown: true, reads: true},
		"nobody tells, and it is lost":        {lostAt: -time.Hour, unknown: true, never: true, reads: true, lost: true},
		"nobody tells, and it is there still": {lostAt: time.Hour, unknown: true, never: true, reads: true},
	} {
		t.Run(name, func(t *testing.T) {
			r := newToyRun(t, &toySource{batches: [][]string{{"a"}}})
			r.job.LostAt = r.now.Add(test.lostAt)
			calls := 0
			r.job.Clock = func() clock.Reading {
				reading := clock.Reading{Host: "h", Local: r.now, Service: r.now.Add(-test.ahead)}
				if calls++; test.never || calls == 1 && test.unknown {
					reading.Service = time.Time{}
				}
				return reading
			}
			read := false
			r.output.at = func(string) error { read = true; return nil }
			result := r.runner.Pull(t.Context(), &r.job)
			if (result.Failure != nil) != test.lost || read != test.reads || (r.output.published == nil) != test.lost {
				t.Errorf("%+v, read %v", result, read)
			}
			if l := r.ledger(t); len(l.Failed) > 0 {
				t.Errorf("failures %q", failures(l))
			}
		})
	}
}

// A reading that is not due by the service's clock waits, unless something else
// is lacking; one that is counts as far as the service's time goes.
func TestRunnerReadsAgainWhenItIsDue(t *testing.T) {
	const hour = time.Hour
	for name, test := range map[string]struct {
		service time.Duration // its clock, after the end of the slice
		read    time.Duration // what the entry says
		reason  plan.Reason
		until   time.Duration // 0 for not at all
		then    time.Duration // what the entry says then
	}{
		"before the first":       {service: 5 * hour, until: 6 * hour},
		"the first":              {service: 6 * hour, then: 6 * hour},
		"between, done":          {service: 10 * hour, read: 7 * hour, until: 24 * hour, then: 7 * hour},
		"between, not done":      {service: 10 * hour, then: 10 * hour},
		"the second":             {service: 25 * hour, read: 7 * hour, then: 25 * hour},
		"the file is gone, too":  {service: 5 * hour, reason: plan.Missing},
		"all that was to be had": {service: 30 * hour, read: 25 * hour, then: 30 * hour},
	} {
		t.Run(name, func(t *testing.T) {
			r := newToyRun(t, &toySource{batches: [][]string{{"a"}}})
			end := r.job.Pull.To
			r.job.Settles, r.job.Revisits, r.job.Pull.Revisit = end.Add(hour), []time.Time{end.Add(6 * hour), end.Add(24 * hour)}, true
			r.job.Pull.Outputs[0].Reason = plan.Revisit
			if test.reason != "" {
				r.job.Pull.Outputs[0].Reason = test.reason
			}
			begin := r.now
			r.job.Clock = func() clock.Reading {
				return clock.Reading{Host: "h", Local: r.now, Service: end.Add(test.service).Add(r.now.Sub(begin))}
			}
			r.recorded(t, func(l *ledger.Ledger) {
				l.Hold(ledger.Held{
					Output: "output.toy.a", From: r.job.Pull.From, To: end, Place: "/toy", Definition: "d", Final: true, Revisited: test.read > 0, ReadAfter: test.read,
				}.With(ledger.Proof{FetchedAt: end.Add(2 * hour)}))
			})
			result := r.runner.Pull(t.Context(), &r.job)
			if result.Failure != nil || (result.Waiting != nil) != (test.until > 0) || result.Waiting != nil && !result.Waiting.Until.Equal(end.Add(test.until)) {
				t.Fatalf("%+v, waiting %+v", result, result.Waiting)
			}
			h := r.ledger(t).Find("output.toy.a", r.job.Pull.From, end)
			if got := h.ReadAfter.Truncate(time.Minute); got != test.then || h.Revisited != (test.then > 0) {
				t.Errorf("the entry says %v, %v", h.ReadAfter, h.Revisited)
			}
		})
	}
}
