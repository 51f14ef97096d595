package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/engine/run"
	"github.com/reportform/reportform/engine/sandbox"
)

const clocksConfig = `
tenant "t" {
  id    = "one.example"
  cloud = "sandbox"
  ENDPOINTS
}
window "w" {
  WINDOW
}
output "ndjson" "a" {
  path = "out/${pull.window.label}.ndjson"
}
report "TYPE" "r" {
  window  = window.w
  outputs = [output.ndjson.a]
}
`

// off is a world whose service's clock differs from this machine's.
type off struct {
	*world
	behind time.Duration // the service's, of this machine's
}

// newOff makes a world in which this machine's clock shows now, the service's is
// so far behind, and few events happen.
func newOff(t *testing.T, now string, behind time.Duration, reportType, window string) *off {
	t.Helper()
	w := &off{behind: behind}
	w.world = newWorld(t, func(o *sandbox.Options) {
		local := o.Now
		o.Now = func() time.Time { return local().Add(-w.behind) }
		o.Tenants = func(string) (sandbox.Tenant, bool) { return sandbox.Tenant{EventsPerDay: 60}, true }
	})
	w.now = instant(now)
	w.write("main.rf.hcl", strings.NewReplacer("ENDPOINTS", w.endpoints(), "WINDOW", window, "TYPE", reportType).Replace(clocksConfig))
	return w
}

func instant(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

// whole compares every file of days or hours with what the service has in the end.
func (w *off) whole(reportType, layout string, length time.Duration) {
	w.t.Helper()
	files, all := w.files("out"), 0
	for name, content := range files {
		from, err := time.Parse(layout, strings.TrimSuffix(name, ".ndjson"))
		if err != nil {
			w.t.Fatal(err)
		}
		if got, want := strings.Count(content, "\n"), w.sandbox.Count("one.example", reportType, from, from.Add(length)); got != want {
			w.t.Errorf("%s has %d events, the service %d", name, got, want)
		}
		all += strings.Count(content, "\n")
	}
	if all == 0 && len(files) > 0 {
		w.t.Error("there are no events at all")
	}
}

// applied applies what is planned and counts.
func (w *off) applied(finished, waiting, warnings int) *Summary {
	w.t.Helper()
	s := w.apply()
	if len(s.Failed) > 0 {
		w.t.Fatal(s.Failed[0].Err())
	}
	if s.Finished != finished || s.Waiting != waiting || len(s.Warnings) != warnings {
		w.t.Fatalf("%d finished, %d waiting, warnings %v; want %d, %d and %d", s.Finished, s.Waiting, s.Warnings, finished, waiting, warnings)
	}
	return s
}

// A slice is final when it has settled by the service's clock too. What waits
// comes whole when its time has come, and the clocks differ as before.
func TestServiceIsBehind(t *testing.T) {
	for name, test := range map[string]struct {
		now                        string
		behind                     time.Duration
		report, window, layout     string
		length                     time.Duration
		finished, waiting, planned int // planned: by the next plan, at the same time
	}{
		"two days, slices of days": {
			"2026-11-29T12:00:00Z", 48 * time.Hour, "sign_ins", "every = \"1d\"\n from = \"2026-11-25\"", time.DateOnly, 24 * time.Hour, 2, 2, 0,
		},
		"three hours, slices of hours": {
			"2026-11-29T12:10:00Z", 3 * time.Hour, "sign_ins", "every = \"1h\"\n from = \"2026-11-29T00:00:00Z\"\n settle = \"0s\"", "2006-01-02T15Z", time.Hour, 9, 3, 0,
		},
		"75 minutes, slices of hours": {
			"2026-11-29T12:40:00Z", 75 * time.Minute, "directory_audits", "every = \"1h\"\n from = \"2026-11-29T00:00:00Z\"\n settle = \"30m\"", "2006-01-02T15Z", time.Hour, 10, 2, 0,
		},
		"ten minutes, a window that is fixed": {
			"2026-11-29T02:05:00Z", 10 * time.Minute, "sign_ins", "from = \"2026-11-28\"\n to = \"2026-11-29\"\n settle = \"2h\"", time.DateOnly, 24 * time.Hour, 0, 1, 0,
		},
		"twenty hours, slices of months": {
			"2026-12-01T12:00:00Z", 20 * time.Hour, "service_principal_risk_detections", "every = \"1mo\"\n from = \"2026-11-01\"", "2006-01", 30 * 24 * time.Hour, 0, 1, 0,
		},
		"three days ahead": {
			"2026-11-29T12:00:00Z", -72 * time.Hour, "sign_ins", "every = \"1d\"\n from = \"2026-11-25\"", time.DateOnly, 24 * time.Hour, 4, 0, 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newOff(t, test.now, test.behind, test.report, test.window)
			s := w.applied(test.finished, test.waiting, 1)
			if text := s.Warnings[0].Detail; !strings.Contains(text, w.now.UTC().Format("2006-01-02 15:04")) || !strings.Contains(text, w.now.Add(-test.behind).Format("2006-01-02 15:04")) {
				t.Errorf("the warning is %q", text)
			}
			w.whole(test.report, test.layout, test.length)
			if held := len(w.files("out")); held != test.finished {
				t.Errorf("%d files, want %d", held, test.finished)
			}
			// The next plan knows.
			p := w.plan(w.engine())
			if len(p.Pulls) != test.planned || p.Clock == nil || time.Duration(p.Clock.Ahead) != test.behind || p.Clock.Ledgers != 1 {
				t.Errorf("the next plan is\n%s%+v", reasons(p), p.Clock)
			}
			waiting := 0
			for _, g := range p.Waiting {
				waiting += g.Slices
			}
			if waiting < test.waiting {
				t.Errorf("%d slices wait, want %d", waiting, test.waiting)
			}
			if test.waiting == 0 {
				return
			}
			w.now = w.now.Add(test.behind)
			w.applied(test.waiting+len(w.plan(w.engine()).Pulls)-test.waiting, 0, 1)
			w.whole(test.report, test.layout, test.length)
			if held := len(w.files("out")); held < test.finished+test.waiting {
				t.Errorf("then %d files", held)
			}
			// The clock is put right: nothing is fetched again, and nothing is said.
			w.behind = 0
			w.now = w.now.Add(-test.behind + time.Minute)
			if p := w.plan(w.engine()); p.Clock != nil || len(p.Pulls) > 0 {
				t.Errorf("with the right clock the plan is\n%s%+v", reasons(p), p.Clock)
			}
		})
	}
}

// Where the time comes from: the API's own host before the one of the tokens, with
// the Age that a cache adds, and from nobody but this machine where nobody tells it.
func TestWhoTellsTheTime(t *testing.T) {
	const always = -1
	everywhere := func(kind string, delay time.Duration) []sandbox.Fault {
		return []sandbox.Fault{{Kind: kind, Delay: delay, Times: always}, {Kind: kind, Delay: delay, Times: always, Path: "oauth2"}}
	}
	for name, test := range map[string]struct {
		behind            time.Duration
		faults            []sandbox.Fault
		finished, waiting int
		warning           string // empty for none
	}{
		"login alone":                {behind: 48 * time.Hour, faults: everywhere("no-date", 0)[:1], finished: 2, waiting: 2, warning: "clock is off"},
		"the API alone":              {behind: 48 * time.Hour, faults: everywhere("no-date", 0)[1:], finished: 2, waiting: 2, warning: "clock is off"},
		"nobody":                     {behind: 48 * time.Hour, faults: everywhere("no-date", 0), finished: 4, warning: "does not tell the time"},
		"answers out of a cache":     {faults: everywhere("aged", 3*time.Hour), finished: 4},
		"a proxy's clock that stays": {faults: everywhere("old-date", 48*time.Hour), finished: 2, waiting: 2, warning: "clock is off"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newOff(t, "2026-11-29T12:00:00Z", test.behind, "sign_ins", "every = \"1d\"\n from = \"2026-11-25\"")
			w.sandbox.SetFaults(test.faults...)
			warnings := 1
			if test.warning == "" {
				warnings = 0
			}
			s := w.applied(test.finished, test.waiting, warnings)
			if test.warning != "" && !strings.Contains(s.Warnings[0].Summary, test.warning) {
				t.Errorf("the warning is %v", s.Warnings)
			}
		})
	}
}

// A service that does not answer is not one that tells no time.
func TestNobodyAnswers(t *testing.T) {
	w := newOff(t, "2026-11-29T12:00:00Z", 0, "sign_ins", "every = \"1d\"\n from = \"2026-11-27\"")
	offline(w.world)
	if s := w.apply(); len(s.Failed) != 2 || len(s.Warnings) > 0 {
		t.Errorf("%d failed, warnings %v", len(s.Failed), s.Warnings)
	}
}

// A window that is open takes what there is, as what it is: not final.
func TestServiceIsBehindAnOpenWindow(t *testing.T) {
	w := newOff(t, "2026-11-29T12:00:00Z", 48*time.Hour, "sign_ins", "every = \"1d\"\n from = \"2026-11-25\"\n open = true")
	final := func() (days []string) {
		t.Helper()
		for _, l := range ledgersOf(t, w.engine()) {
			for h := range l.Held() {
				if h.Final {
					days = append(days, h.From.Format("02"))
				}
			}
		}
		return days
	}
	w.applied(3, 2, 1) // two have not begun
	if got := strings.Join(final(), " "); got != "25 26" {
		t.Errorf("final are %s", got)
	}
	if p := w.plan(w.engine()); len(p.Pulls) != 1 || p.Pulls[0].Final || len(p.Waiting) != 1 || p.Waiting[0].Slices != 2 {
		t.Errorf("the next plan is\n%s%+v", reasons(p), p.Waiting)
	}
	w.now = w.now.Add(48 * time.Hour)
	w.apply()
	if got := strings.Join(final(), " "); got != "25 26 27 28" {
		t.Errorf("two days later final are %s", got)
	}
	w.whole("sign_ins", time.DateOnly, 24*time.Hour)
}

// A snapshot goes under the name of the day that the service has.
func TestServiceIsBehindASnapshot(t *testing.T) {
	w := newOff(t, "2026-11-29T12:00:00Z", 48*time.Hour, "users", "every = \"1d\"\n from = \"2026-11-25\"")
	w.applied(0, 1, 1)
	w.applied(1, 0, 1) // the next plan knows which day it is
	if files := w.files("out"); len(files) != 1 || files["2026-11-27.ndjson"] == "" {
		t.Errorf("%d files, want that of the 27th", len(files))
	}
}

// The end of a trailing window claims no time that the service has not reached: a
// good file is not replaced by an empty one.
func TestServiceIsBehindATrailingWindow(t *testing.T) {
	for name, test := range map[string]struct {
		window        string
		behind        time.Duration
		first, second int // pulls that finish
		end           string
	}{
		"yesterday":            {"last = \"1d\"\n align = \"day\"", 48 * time.Hour, 0, 1, "2026-11-27T00:00:00Z"},
		"the last hours":       {"last = \"3h\"", 3 * time.Hour, 0, 1, "2026-11-29T09:10:00Z"},
		"a moment":             {"last = \"3h\"", time.Minute, 1, 1, "2026-11-29T12:09:00Z"},
		"this machine's is":    {"last = \"1d\"\n align = \"day\"", -48 * time.Hour, 1, 0, "2026-11-29T00:00:00Z"},
		"yesterday, by 30 min": {"last = \"1d\"\n align = \"day\"", 30 * time.Minute, 1, 0, "2026-11-29T00:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newOff(t, "2026-11-29T12:00:00Z", test.behind, "sign_ins", test.window)
			warnings := 0
			if test.behind.Abs() > 5*time.Minute {
				warnings = 1
			}
			w.applied(test.first, 1-test.first, warnings)
			w.now = w.now.Add(10 * time.Minute)
			e := w.engine()
			s, err := e.Apply(t.Context(), w.plan(e), ApplyOptions{})
			if err != nil || s.Finished != test.second || s.Waiting > 0 || len(s.Failed) > 0 {
				t.Fatalf("the next apply: %+v, %v", s, err)
			}
			for _, l := range ledgersOf(t, e) {
				for h := range l.Held() {
					if h.To.Truncate(time.Minute).Format(time.RFC3339) != test.end {
						t.Errorf("it ends at %v", h.To)
					}
				}
				if l.Len() != 1 {
					t.Errorf("%d slices are held", l.Len())
				}
			}
		})
	}
}

// What this machine's clock alone takes for lost is asked for.
func TestLostByOneClock(t *testing.T) {
	// Ten days ahead: by this machine's clock the first days are gone.
	w := newOff(t, "2026-12-09T12:00:00Z", 10*24*time.Hour, "sign_ins", "every = \"1d\"\n from = \"2026-11-03\"\n to = \"2026-11-12\"")
	p := w.plan(w.engine())
	lost := 0
	for _, g := range p.Lost {
		lost += g.Slices
	}
	if lost == 0 || lost+len(p.Pulls) != 9 {
		t.Fatalf("%d lost, the plan is\n%s", lost, reasons(p))
	}
	w.applied(len(p.Pulls), 0, 1)
	w.applied(lost, 0, 1) // the next plan knows better
	w.whole("sign_ins", time.DateOnly, 24*time.Hour)
	if files := w.files("out"); len(files) != 9 {
		t.Errorf("%d files", len(files))
	}

	// Three days behind: the service has lost what this machine still plans.
	w = newOff(t, "2026-11-29T12:00:00Z", -72*time.Hour, "sign_ins", "every = \"1d\"\n from = \"2026-10-30\"\n to = \"2026-11-05\"")
	s := w.apply()
	if len(s.Failed) != 3 || s.Finished != 3 {
		t.Fatalf("%d failed, %d finished", len(s.Failed), s.Finished)
	}
	for _, f := range s.Failed {
		if text := f.Failure.Message; !strings.Contains(text, "it was lost on") {
			t.Errorf("%s: %s", f.Pull.Label, text)
		}
	}
	w.whole("sign_ins", time.DateOnly, 24*time.Hour)
}

// A second reading is due by the service's clock.
func TestRevisitsByTheServicesClock(t *testing.T) {
	w := newOff(t, "2026-11-26T02:00:00Z", 0, "sign_ins", "from = \"2026-11-25\"\n to = \"2026-11-26\"\n revisit = [\"6h\", \"24h\"]")
	read := func() time.Duration {
		t.Helper()
		for _, l := range ledgersOf(t, w.engine()) {
			for h := range l.Held() {
				return h.ReadAfter
			}
		}
		t.Fatal("nothing is held")
		return 0
	}
	w.applied(1, 0, 0)
	w.now, w.behind = instant("2026-11-26T06:00:00Z"), time.Hour // from now on this machine is an hour ahead
	w.applied(0, 1, 1)
	if got := read(); got != 0 {
		t.Errorf("read %v after the end", got)
	}
	w.now = instant("2026-11-26T07:00:00Z")
	w.applied(1, 0, 1)
	if got := read(); got != 6*time.Hour {
		t.Errorf("read %v after the end", got)
	}
	w.now = instant("2026-11-27T00:30:00Z")
	if p := w.plan(w.engine()); len(p.Pulls) > 0 {
		t.Errorf("the plan knows no better than\n%s", reasons(p))
	}
	w.now = instant("2026-11-27T03:00:00Z")
	w.applied(1, 0, 1)
	if got := read(); got != 26*time.Hour {
		t.Errorf("read %v after the end", got)
	}
	w.now = instant("2026-11-29T03:00:00Z")
	if p := w.plan(w.engine()); len(p.Pulls) > 0 {
		t.Errorf("after all readings\n%s", reasons(p))
	}
}

// What one machine has found of its clock says nothing of another's.
func TestAnotherMachine(t *testing.T) {
	w := newOff(t, "2026-11-29T12:00:00Z", 48*time.Hour, "sign_ins", "every = \"1d\"\n from = \"2026-11-25\"")
	w.applied(2, 2, 1)
	w.now, w.behind = instant("2026-11-30T12:00:00Z"), 0
	e := w.engine()
	if p := w.plan(e); p.Clock == nil || len(p.Pulls) > 1 {
		t.Errorf("this machine plans\n%s", reasons(p))
	}
	e.machine = "another"
	if p := w.plan(e); p.Clock != nil || len(p.Pulls) != 3 {
		t.Errorf("another one plans\n%s", reasons(p))
	}
}

// late is a world in which one event in ten becomes visible up to six hours late,
// 2,200 of four days in all.
func late(t *testing.T, window, outputs string) *world {
	t.Helper()
	w := newWorld(t, func(o *sandbox.Options) {
		o.LateUpTo = 6 * time.Hour
		o.Tenants = func(string) (sandbox.Tenant, bool) { return sandbox.Tenant{EventsPerDay: 550}, true }
	})
	config := strings.NewReplacer("ENDPOINTS", w.endpoints(), "WINDOW", window, "TYPE", "sign_ins").Replace(clocksConfig)
	w.write("main.rf.hcl", strings.Replace(config, `output "ndjson" "a" {
  path = "out/${pull.window.label}.ndjson"
}`, outputs, 1))
	return w
}

const (
	lateFile  = "output \"ndjson\" \"a\" {\n path = \"out/${pull.window.label}.ndjson\"\n}"
	lateTable = "output \"csv\" \"a\" {\n path = \"out/${pull.window.label}.csv\"\n}"
)

// What came late is counted at every later reading, by ids where a file tells
// them and else by rows, and nothing is missing in the end.
func TestLateEvents(t *testing.T) {
	const day = 24 * time.Hour
	for name, test := range map[string]struct {
		window, output string
		first          time.Time // the end of the first slice
		step           time.Duration
		slices         int
		readings       []time.Duration // after the end of each slice
		end            time.Duration   // of the last readings, after the end of the last slice
		rows           bool
		advised        string
	}{
		"by ids, days": {
			window: "every = \"1d\"\n from = \"2026-11-16\"\n to = \"2026-11-20\"\n revisit = [\"6h\", \"24h\", \"7d\"]", output: lateFile,
			first: instant("2026-11-17T00:00:00Z"), step: day, slices: 4, readings: []time.Duration{90 * time.Minute, 7 * time.Hour}, end: 8 * day, advised: "7h",
		},
		"by rows, slices of twelve hours": {
			window: "every = \"12h\"\n from = \"2026-11-16\"\n to = \"2026-11-17\"\n revisit = \"6h\"", output: strings.ReplaceAll(lateTable, `"csv" "a"`, `"csv" "a"`),
			first: instant("2026-11-16T12:00:00Z"), step: 12 * time.Hour, slices: 2, readings: []time.Duration{2 * time.Hour, 6 * time.Hour}, end: 7 * time.Hour, rows: true, advised: "6h",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := late(t, test.window, test.output)
			w.edit("main.rf.hcl", "output.ndjson.a", map[bool]string{false: "output.ndjson.a", true: "output.csv.a"}[test.rows])
			w.tick = time.Microsecond
			count := func(slice int) int64 {
				to := test.first.Add(time.Duration(slice) * test.step)
				return int64(w.sandbox.Count("one.example", "sign_ins", to.Add(-test.step), to))
			}
			var first []int64
			found := int64(0) // by later readings
			apply := func(at time.Time) {
				w.now = at
				e := w.engine()
				s, err := e.Apply(t.Context(), w.plan(e), ApplyOptions{Progress: func(p run.Progress) {
					if ended, ok := p.(run.Ended); ok && ended.Later != nil {
						if found += ended.Later.Late; ended.Later.ByRows != test.rows || ended.Later.Vanished+ended.Later.Changed > 0 {
							t.Errorf("%s: %+v", ended.Pull.Label, ended.Later)
						}
					}
				}})
				if err != nil || len(s.Failed) > 0 || len(s.Warnings) > 0 {
					t.Fatalf("%+v, %v", s, err)
				}
			}
			for slice := range test.slices {
				end := test.first.Add(time.Duration(slice) * test.step)
				for n, after := range test.readings {
					apply(end.Add(after))
					if n == 0 {
						first = append(first, count(slice))
					}
				}
			}
			last := test.first.Add(time.Duration(test.slices-1) * test.step).Add(test.end)
			apply(last)
			e := w.engine()
			if p := w.plan(e); len(p.Pulls) > 0 {
				t.Errorf("then there is still\n%s", reasons(p))
			}
			var all, late int64
			for key, l := range ledgersOf(t, e) {
				n := 0
				for h := range l.Held() {
					p := h.Proof()
					total := count(n)
					if h.Rows != total || p.FirstRows != first[n] || p.Late != total-first[n] || p.LateByRows != (test.rows && p.Late > 0) || !h.Revisited {
						t.Errorf("%s: %d rows, first %d, %d late; want %d and %d: %+v", h.From, h.Rows, p.FirstRows, p.Late, total, first[n], p)
					}
					if p.Late > 0 && (p.LateFrom != test.readings[0] || p.LateTo < test.readings[len(test.readings)-1] || p.LateTo > test.readings[len(test.readings)-1]+2*time.Second) {
						t.Errorf("%s: late from %v to %v", h.From, p.LateFrom, p.LateTo)
					}
					all, late, n = all+total, late+p.Late, n+1
				}
				if n != test.slices || late == 0 || found != late {
					t.Errorf("%d slices, %d late, found %d", n, late, found)
				}
				k := l.Lateness
				if k == nil || k.Events != all || k.Late != late || (k.ByRows > 0) != test.rows {
					t.Fatalf("%v: %+v, want %d of %d", key, k, late, all)
				}
				if !test.rows && (time.Duration(k.Least) < test.readings[0] || time.Duration(k.Most) > test.step+test.readings[1]+time.Minute || k.Within[2]+k.Within[3]+k.Within[4] != late) {
					t.Errorf("%+v", k)
				}
				t.Logf("%d of %d late: %+v", late, all, *k)
			}
			c, err := e.Coverage(t.Context(), PlanOptions{})
			if err != nil {
				t.Fatal(err)
			}
			known := plan.LatenessOf(c.Parts)
			if len(known) != 1 || known[0].Type != "sign_ins" || known[0].Events != all || known[0].Late != late {
				t.Fatalf("coverage knows %+v", known)
			}
			if after, ok := plan.Advised(&known[0].Lateness); !ok || after.String() != test.advised {
				t.Errorf("%v is advised, want %s", after, test.advised)
			}
			for name, content := range w.files("out") {
				if content == "" {
					t.Errorf("%s is empty", name)
				}
			}
		})
	}
}
