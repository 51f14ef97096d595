package pulls

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reportform/reportform/cmd/reportform/internal/view"
	"github.com/reportform/reportform/cmd/reportform/internal/view/viewtest"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/engine/run"
	"github.com/reportform/reportform/internal/term"
)

// The display without a terminal says something at least every half minute.
func TestLinesHeartbeat(t *testing.T) {
	s := viewtest.NewScreen()
	h := NewHuman(s.Human())
	p := viewtest.Plan()
	h.BeginApply(10)
	h.Progress(run.Started{Pull: &p.Pulls[1]})
	h.Progress(run.Started{Pull: &p.Pulls[2]})
	s.Reset()
	for range 29 {
		s.Clock = s.Clock.Add(time.Second)
		h.Tick()
		h.Progress(run.Progressed{Pull: &p.Pulls[1], Events: 1234})
	}
	if s.String() != "" {
		t.Errorf("too early: %s", s)
	}
	s.Clock = s.Clock.Add(time.Second)
	h.Tick()
	h.Tick()
	want := "Still running: 0 of 10 pulls done, 2 under way, 30s; the longest is contoso sign_ins.failed 2026-11-01 with 1,234 events after 30s\n"
	if diff := cmp.Diff(want, s.String()); diff != "" {
		t.Error(diff)
	}
	s.Reset()
	h.Progress(failed(&p.Pulls[1], 0, "why"))
	s.Clock = s.Clock.Add(29 * time.Second)
	h.Tick()
	if strings.Contains(s.String(), "Still") {
		t.Errorf("a line came just before: %s", s)
	}
}

func finished(p *plan.Pull, took time.Duration) run.Ended {
	return run.Ended{Pull: p, Result: run.Result{Took: took}}
}

func failed(p *plan.Pull, took time.Duration, message string) run.Ended {
	return run.Ended{Pull: p, Result: run.Result{Took: took, Failure: &run.Failure{Message: message}}}
}

func skipped(p *plan.Pull) run.Ended { return run.Ended{Pull: p, Result: run.Result{Skipped: true}} }

// terminal is a small terminal: it keeps the lines that a display leaves on
// the screen, and knows the movements that a display makes.
type terminal struct {
	lines []string
	t     *testing.T
	width int
}

func (s *terminal) Write(data []byte) (int, error) {
	text := string(data)
	movement := regexp.MustCompile("^\x1b\\[([0-9]+)A\r\x1b\\[J")
	for text != "" {
		if m := movement.FindStringSubmatch(text); m != nil {
			var up int
			if _, err := fmt.Sscan(m[1], &up); err != nil || up > len(s.lines) {
				s.t.Fatalf("up %s of %d lines", m[1], len(s.lines))
			}
			s.lines = s.lines[:len(s.lines)-up]
			text = text[len(m[0]):]
			continue
		}
		line, rest, found := strings.Cut(text, "\n")
		if !found {
			s.t.Fatalf("no line break: %q", text)
		}
		s.lines, text = append(s.lines, line), rest
	}
	return len(data), nil
}

func TestLive(t *testing.T) {
	screen := &terminal{t: t, width: 80}
	clock := viewtest.Day(23)
	now := func() time.Time { return clock }
	stream := term.Stream{Writer: screen, Terminal: true, Width: 80}
	h := NewHuman(view.NewHuman(view.Streams{Out: term.Stream{Writer: &strings.Builder{}}, Err: stream}, now))
	p := viewtest.ManyTenants()
	pulls := p.Pulls[:40]
	h.BeginApply(len(pulls))
	var golden []string
	shot := func(name string) {
		golden = append(golden, "== "+name+" ==")
		golden = append(golden, screen.lines...)
	}
	for i := range 12 {
		h.Progress(run.Started{Pull: &pulls[i]})
		h.Progress(run.Progressed{Pull: &pulls[i], Events: int64(i) * 1000, Bytes: int64(i) * 1_000_000, Pages: int64(i)})
	}
	clock = clock.Add(5 * time.Second)
	h.Tick()
	shot("twelve run")
	if n := len(screen.lines); n != maxLive+1 {
		t.Errorf("%d lines, want %d", n, maxLive+1)
	}
	for i := range 10 {
		if i%5 == 4 {
			h.Progress(failed(&pulls[i], time.Second, "503 Service Unavailable\nrequest-id 1"))
			continue
		}
		h.Progress(finished(&pulls[i], time.Second))
	}
	h.Interrupted()
	h.Tick()
	shot("ten ended")
	for _, line := range screen.lines[len(screen.lines)-3:] {
		if w := term.Width(line); w >= 80 {
			t.Errorf("%d columns: %s", w, line)
		}
	}
	h.Progress(skipped(&pulls[10]))
	h.Progress(finished(&pulls[11], 0))
	h.progress.end()
	shot("at the end")
	ended := 0
	for _, line := range screen.lines {
		if w := term.Width(line); w > 80 {
			t.Errorf("%d columns: %s", w, line)
		}
		if !strings.HasPrefix(line, "  ") {
			ended++
		}
	}
	if ended != 13 {
		t.Errorf("%d lines remain, want one for each pull that ended and the interrupt", ended)
	}
	goldenLines(t, "live.golden", golden)
}

// What is waited for stands above the bar while it goes on.
func TestLiveShowsWaits(t *testing.T) {
	s := viewtest.NewScreen()
	h := NewHuman(view.NewHuman(s.Terminal(), s.Now))
	h.BeginApply(5)
	last := func() string {
		s.Reset()
		s.Clock = s.Clock.Add(term.Redraw)
		h.Tick()
		return viewtest.WithoutMovements(s.String())
	}
	for _, tenant := range []string{"a", "b"} {
		h.Progress(run.Waits{Tenant: "tenant." + tenant, Why: "throttled", Until: s.Clock.Add(time.Minute), Last: "429"})
	}
	h.Progress(run.Waits{Tenant: "tenant.a", Why: "throttled", Until: s.Clock.Add(20 * time.Second)})
	h.Progress(run.Waits{Host: "graph.example", Why: "outage"})
	text := last()
	for _, line := range []string{"a: waiting, the service is throttling, until 10:00:20Z", "b: waiting, the service is throttling, until 10:01:00Z", "graph.example: waiting, it cannot be reached"} {
		if strings.Count(text, line+"\n") != 1 {
			t.Errorf("%q is not shown once:\n%s", line, text)
		}
	}
	for i := range 3 {
		h.Progress(run.Waits{Tenant: fmt.Sprint("tenant.", i), Why: "silent"})
	}
	if text := last(); strings.Count(text, ": waiting") != maxWaits || !strings.Contains(text, "and others wait") {
		t.Errorf("too many waits are shown:\n%s", text)
	}
	s.Clock = s.Clock.Add(waitStays)
	if text := last(); strings.Contains(text, "waiting") {
		t.Errorf("a wait is shown that is over:\n%s", text)
	}
}

// A tick draws nothing when the lines were just drawn.
func TestLiveIsNotDrawnTooOften(t *testing.T) {
	s := viewtest.NewScreen()
	h := NewHuman(view.NewHuman(s.Terminal(), s.Now))
	h.BeginApply(1)
	h.Tick()
	n := s.Len()
	h.Tick()
	if s.Len() != n {
		t.Error("drawn again at once")
	}
	s.Clock = s.Clock.Add(term.Redraw)
	h.Tick()
	if s.Len() == n {
		t.Error("not drawn again")
	}
}

// The middle of a tenant's name gives way to the slice, the end of a long text
// to nothing.
func TestLiveKeepsTheSlice(t *testing.T) {
	s := viewtest.NewScreen()
	h := NewHuman(view.NewHuman(s.Terminal(), s.Now))
	h.BeginApply(4)
	p := viewtest.Pull(`tenant.customer["a-subsidiary-with-a-very-long-name-01"]`, "report.sign_ins.interactive_failures", 21, plan.New)
	p.Label = "2026-11-21T05Z--2026-11-21T06Z"
	h.Progress(run.Started{Pull: &p})
	h.Progress(run.Progressed{Pull: &p, Events: 1_234_567, Bytes: 1_234_567_890})
	s.Clock = s.Clock.Add(time.Second)
	h.Tick()
	h.Progress(finished(&p, time.Second))
	h.Progress(failed(&p, time.Second, "the service refused the request: 403 Forbidden, code Authorization_RequestDenied"))
	h.Progress(skipped(&p))
	text := viewtest.WithoutMovements(s.String())
	for line := range strings.Lines(text) {
		if w := term.Width(strings.TrimSuffix(line, "\n")); w > 80 {
			t.Errorf("%d columns: %s", w, line)
		}
		if strings.Contains(line, "sign_ins") && !strings.Contains(line, p.Label) {
			t.Errorf("the slice is gone: %s", line)
		}
	}
	viewtest.Golden(t, "live-long.golden", text)
}

// A name that is wider than the terminal never wraps.
func TestLiveCutsLongNames(t *testing.T) {
	s := viewtest.NewScreen()
	h := NewHuman(view.NewHuman(s.Terminal(), s.Now))
	h.BeginApply(1)
	h.Progress(run.Started{Pull: &plan.Pull{Tenant: strings.Repeat("雲", 100), Report: "report.a.b", Label: "x"}})
	h.Tick()
	for line := range strings.Lines(s.String()) {
		if w := term.Width(strings.TrimSuffix(line, "\n")); w >= 80 {
			t.Errorf("%d columns: %s", w, line)
		}
	}
}

func goldenLines(t *testing.T, name string, lines []string) {
	t.Helper()
	viewtest.Golden(t, name, strings.Join(lines, "\n")+"\n")
}

// A log has one line for all that wait for the same, at once for the first, half a
// minute later for others, and then ever less often.
func TestLinesOfManyThatWait(t *testing.T) {
	s := viewtest.NewScreen()
	h := NewHuman(s.Human())
	h.BeginApply(3000)
	start := s.Clock
	var lines []string
	later := func(d time.Duration, wait func(i int)) {
		for end := s.Clock.Add(d); s.Clock.Before(end); s.Clock = s.Clock.Add(time.Second) {
			for i := range 100 {
				// Each tells again a minute after it has last, the later ones later.
				if at := int(s.Clock.Sub(start).Seconds()) - i/2; wait != nil && at >= 0 && at%60 == 0 {
					wait(i)
				}
			}
			s.Reset()
			h.Tick()
			for line := range strings.Lines(s.String()) {
				if !strings.HasPrefix(line, "Still running") {
					lines = append(lines, fmt.Sprintf("%s %s", s.Clock.Sub(start), line))
				}
			}
		}
	}
	silent := func(i int) {
		s.Reset()
		h.Progress(run.Waits{Tenant: fmt.Sprintf("tenant.t[%q]", fmt.Sprint(i)), Why: "silent"})
		for line := range strings.Lines(s.String()) {
			lines = append(lines, fmt.Sprintf("%s %s", s.Clock.Sub(start), line))
		}
	}
	later(time.Hour, silent)
	for i, want := range []string{
		"0s t[\"0\"]: waiting, the service sends nothing\n",
		"30s 61 tenants: waiting, the service sends nothing: t[\"0\"], t[\"1\"], t[\"2\"] and 58 more\n",
		"1m0s 100 tenants: waiting, the service sends nothing: t[\"0\"], t[\"1\"], t[\"2\"] and 97 more\n",
	} {
		if len(lines) <= i || lines[i] != want {
			t.Fatalf("line %d is not %q:\n%s", i, want, strings.Join(lines, ""))
		}
	}
	if len(lines) < 9 || len(lines) > 12 {
		t.Errorf("%d lines in an hour:\n%s", len(lines), strings.Join(lines, ""))
	}
	// A wait that begins anew is said at once, and so is one for something else.
	later(20*time.Minute, nil)
	before := len(lines)
	silent(5)
	h.Progress(run.Waits{Tenant: "tenant.t", Why: "token"})
	if len(lines) != before+1 || !strings.Contains(s.String(), "t: waiting for a token\n") {
		t.Errorf("%s\n%s", strings.Join(lines[before:], ""), s)
	}
}

// One line for many says when it goes on for the first of them, and what one of
// them was answered.
func TestLineOfManyHasItsExample(t *testing.T) {
	s := viewtest.NewScreen()
	h := NewHuman(s.Human())
	h.BeginApply(5)
	tell := func() {
		for i, tenant := range []string{"tenant.a", "tenant.b"} {
			h.Progress(run.Waits{Tenant: tenant, Why: "throttled", Until: s.Clock.Add(time.Duration(2-i) * time.Minute), Last: "429 of " + tenant})
		}
		for _, host := range []string{"h:1", "h:2", "h:3", "h:4"} {
			h.Progress(run.Waits{Host: host, Why: "outage"})
		}
		h.Progress(run.Waits{App: "id-1", Why: "pace"})
		h.Progress(run.Waits{App: "id-2", Why: "pace"})
	}
	tell()
	s.Reset()
	s.Clock = s.Clock.Add(30 * time.Second)
	tell()
	h.Tick()
	want := `2 tenants: waiting, the service is throttling, until 10:01:00Z at the earliest: a, b; such as a: 429 of tenant.a
4 hosts: waiting, it cannot be reached: h:1, h:2, h:3 and 1 more
2 applications: waiting for the service's limits: id-1, id-2
`
	if diff := cmp.Diff(want, s.String()); diff != "" {
		t.Error(diff)
	}
}

// While all that happens is that pulls wait, signs of life come less often, but
// they come.
func TestHeartbeatOfARunThatWaits(t *testing.T) {
	s := viewtest.NewScreen()
	h := NewHuman(s.Human())
	h.BeginApply(10)
	p := viewtest.Plan()
	h.Progress(run.Started{Pull: &p.Pulls[1]})
	last, longest, beats := s.Clock, time.Duration(0), 0
	for i := range 3600 {
		s.Reset()
		if i%30 == 0 {
			h.Progress(run.Waits{Tenant: "tenant.a", Why: "silent"})
		}
		if h.Tick(); s.Len() > 0 {
			longest, last = max(longest, s.Clock.Sub(last)), s.Clock
			if strings.HasPrefix(s.String(), "Still running") {
				beats++
			}
		}
		s.Clock = s.Clock.Add(time.Second)
	}
	if longest > longestBeat || beats > 20 {
		t.Errorf("nothing for %s, and %d signs of life", longest, beats)
	}
	// What goes on again is heard of as before.
	h.Tick()
	h.Progress(run.Progressed{Pull: &p.Pulls[1], Events: 1})
	s.Reset()
	s.Clock = s.Clock.Add(s.Clock.Sub(last) + term.Heartbeat)
	if h.Tick(); !strings.Contains(s.String(), "Still running") {
		t.Errorf("%q", s)
	}
}

// For programs each wait is a message, ever less often.
func TestJSONSpacesWaits(t *testing.T) {
	s := viewtest.NewScreen()
	j := NewJSON(s.JSON())
	told := map[string][]time.Duration{}
	start := s.Clock
	hear := func(tenant string) {
		s.Reset()
		if j.Progress(run.Waits{Tenant: tenant, Why: "silent"}); s.Len() > 0 {
			told[tenant] = append(told[tenant], s.Clock.Sub(start))
		}
	}
	for range 121 {
		hear("a")
		if s.Clock.Sub(start) >= time.Hour-time.Minute {
			hear("b")
		}
		s.Clock = s.Clock.Add(30 * time.Second)
	}
	want := map[string][]time.Duration{"b": {59 * time.Minute, 59*time.Minute + 30*time.Second}}
	for _, seconds := range []int{0, 30, 90, 210, 450, 930, 1530, 2130, 2730, 3330} {
		want["a"] = append(want["a"], time.Duration(seconds)*time.Second)
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
	s.Clock = s.Clock.Add(11 * time.Minute)
	if hear("a"); s.Len() == 0 {
		t.Error("another wait is not told of at once")
	}
}
