package view

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/mattn/go-runewidth"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine"
	"github.com/reportform/reportform/engine/fetch"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/engine/run"
	"github.com/reportform/reportform/internal/diag"
)

var update = flag.Bool("update", false, "write the golden files anew")

// day is the n-th of November 2026.
func day(n int) time.Time { return time.Date(2026, time.November, n, 0, 0, 0, 0, time.UTC) }

// screen collects what views write to both streams, in order.
type screen struct {
	bytes.Buffer
	clock time.Time
}

func newScreen() *screen { return &screen{clock: day(23).Add(10 * time.Hour)} }

func (s *screen) now() time.Time { return s.clock }

func (s *screen) streams(color bool) Streams {
	stream := Stream{Writer: s, Color: color, Width: 80}
	return Streams{Out: stream, Err: stream}
}

// screens are everything that there is to see, by the name of its golden file.
func screens() map[string]func(*Human) {
	return map[string]func(*Human){
		"plan": func(h *Human) { h.Plan(examplePlan()); h.PlanSaved("november.rfplan") },
		"plan-nothing": func(h *Human) {
			h.Plan(&plan.Plan{Held: 120, Waiting: []plan.Gap{gap("tenant.contoso", 23, "")}})
		},
		"plan-narrowed": func(h *Human) {
			h.Plan(&plan.Plan{Held: 120, Narrowed: true})
			p := examplePlan()
			h.Plan(&plan.Plan{Pulls: p.Pulls[22:24], Held: 43, Narrowed: true})
		},
		"plan-gaps": func(h *Human) {
			week := gap("tenant.contoso", 10, "")
			week.Report, week.To, week.First, week.Last = "report.audit_events.every_second_day", day(14), "2026-11-10--2026-11-12", "2026-11-12--2026-11-14"
			week.Slices = 2
			snapshot := gap("tenant.contoso", 2, "a snapshot shows the state of the moment and cannot be taken later")
			old := gap("tenant.contoso", 3, retention)
			old.First, old.Last = "", ""
			h.Plan(&plan.Plan{
				Waiting: []plan.Gap{week, gap("tenant.contoso", 23, "")},
				Lost:    []plan.Gap{gap("tenant.contoso", 1, retention), snapshot, old},
			})
		},
		"plan-trusting":  func(h *Human) { h.Plan(&plan.Plan{Held: 120, FilesTrusted: true}) },
		"plan-one":       func(h *Human) { p := examplePlan(); h.Plan(&plan.Plan{Pulls: p.Pulls[22:23], Held: 43}) },
		"plan-many":      func(h *Human) { h.Plan(manyTenantsPlan()) },
		"plan-different": func(h *Human) { h.Plan(differentPlan()) },
		"plan-prune":     func(h *Human) { h.Prune(examplePlan().Orphans) },
		"ask":            func(h *Human) { h.Ask("Do you want to perform these pulls?"); h.Cancelled("Apply") },
		"diagnostics":    func(h *Human) { h.Diagnostics(exampleDiagnostics()) },
		"usage": func(h *Human) {
			h.UsageError(errors.New("There is no command \"plam\". Did you mean \"plan\"?\nFor what can be written here, run: reportform -help"))
		},
		"apply-plain": func(h *Human) { exampleApply(h, h.now) },
		"apply-done": func(h *Human) {
			h.BeginApply(3)
			h.EndApply(Applied{Planned: 3, Finished: 2, Skipped: 1, Events: 1234567, Bytes: 987654321, Took: 75 * time.Second})
		},
		"apply-interrupted": func(h *Human) {
			h.BeginApply(44)
			h.Interrupted()
			h.Progress(run.Failed{Pull: &examplePlan().Pulls[0], Err: fmt.Errorf("reading: %w", context.Canceled)})
			h.EndApply(Applied{
				Planned: 44, Finished: 12, Events: 1000, Bytes: 2000, Took: 3 * time.Second, Interrupted: true,
				Failed: []run.Failed{{Pull: &examplePlan().Pulls[0], Err: fmt.Errorf("reading: %w", context.Canceled)}},
			})
		},
		"show":         func(h *Human) { h.Ledgers(slices.Values(exampleLedgers())) },
		"show-nothing": func(h *Human) { h.NothingHeld(); h.Ledgers(slices.Values([]*ledger.Ledger{})) },
		"show-long":    func(h *Human) { h.Ledgers(slices.Values(longLedgers())) },
		"state-rm-long": func(h *Human) {
			var list []Extent
			for _, l := range longLedgers() {
				list = append(list, ExtentOf(l))
			}
			h.Forgetting(list[:3], 0)
			h.Forgetting(list, 0)
		},
		"plan-one-derived": func(h *Human) {
			p := examplePlan().Pulls[28]
			p.Outputs[0].Output = "output.csv.an_output_with_a_long_name_that_fills_most_of_a_line"
			h.Plan(&plan.Plan{Pulls: []plan.Pull{p}})
		},
		"state-list": func(h *Human) { h.LedgerKeys([]ledger.Key{{Tenant: "tenant.a", Report: "report.b.c"}}) },
		"state-show": func(h *Human) {
			h.Ledger(exampleLedgers()[0])
			h.Ledger(&ledger.Ledger{Tenant: "tenant.a", Report: "report.b.c"})
		},
		"coverage":       func(h *Human) { h.Coverage(exampleCoverage(), 99, 2) },
		"coverage-whole": func(h *Human) { h.Coverage(wholeCoverage(), 99, 0) },
		"coverage-years": func(h *Human) { h.Coverage(yearsCoverage(), 0, 0) },
		"coverage-hours": func(h *Human) { h.Coverage(hoursCoverage(), 0, 0) },
		"coverage-many":  func(h *Human) { h.Coverage(manyTenantsCoverage(), 0, 0) },
		"coverage-narrowed": func(h *Human) {
			c := wholeCoverage()
			c.Narrowed = true
			h.Coverage(c, 0, 0)
			h.Coverage(&engine.Coverage{Narrowed: true}, 0, 0)
		},
		"coverage-trusting": func(h *Human) { c := wholeCoverage(); c.FilesTrusted = true; h.Coverage(c, 99, 0) },
		"coverage-nothing":  func(h *Human) { h.Coverage(&engine.Coverage{}, 0, 0) },
		"verify":            func(h *Human) { exampleVerify(h) },
		"verify-good": func(h *Human) {
			h.BeginVerify()
			h.EndVerify(Verified{Verified: engine.Verified{Ledgers: 2, Good: 1234, GoodBytes: 56_789_000_000, Left: 1200}, Complete: true, Took: 75 * time.Second})
		},
		"verify-missing": func(h *Human) {
			h.BeginVerify()
			h.Verifying(exampleBadFiles()[0])
			h.EndVerify(Verified{Verified: engine.Verified{Ledgers: 1, Good: 1, GoodBytes: 10, Missing: 1}, Complete: true})
		},
		"explain": func(h *Human) {
			for _, x := range exampleExplanations() {
				h.Explanation(x)
				h.out.printf("\n")
			}
		},
		"state-rm": func(h *Human) { h.Forgetting(exampleExtents(), 1); h.Forgotten(4) },
		"state-mv": func(h *Human) {
			h.Moved("tenant.a", "tenant.b", exampleMoving(), true)
			h.Moved("output.csv.bi", "output.csv.sheets", &engine.Moving{From: exampleMoving().From, To: exampleMoving().From, Entries: 1}, false)
		},
		"state-pull": func(h *Human) { h.Document(exampleLedgers()[2].Document()) },
		"state-push": func(h *Human) {
			h.Pushed(&engine.Pushed{Key: exampleMoving().From[0], Added: 1, Changed: 2, Removed: 3, Equal: 1234})
			h.Pushed(&engine.Pushed{Key: exampleMoving().From[0], Equal: 1})
		},
		"reports": func(h *Human) { h.ReportTypes(exampleReportTypes()) },
		"reports-one": func(h *Human) {
			h.ReportType(exampleReportTypes()[0], &config.LimitClass{
				Name: "reporting", AppTenant: config.Budget{Requests: 5, Per: config.Duration{N: 10, Unit: config.Second}},
			})
		},
		"reports-snapshot":  func(h *Human) { h.ReportType(exampleReportTypes()[1], nil) },
		"version":           func(h *Human) { h.Version(Version{"0.1.0", "linux", "amd64", "go1.26.8"}) },
		"version-dev":       func(h *Human) { h.Version(Version{"dev", "linux", "amd64", "go1.26.8"}) },
		"validate-ok":       func(h *Human) { h.Validated(nil) },
		"validate-mistakes": func(h *Human) { diags, _ := exampleDiagnostics(); h.Validated(diags) },
		"init-new":          func(h *Human) { h.Initialised([]string{"main.rf.hcl", ".gitignore"}) },
		"init-checked":      func(h *Human) { h.Checked(Checked{2, 3, 1, "local", 6}) },
		"fmt": func(h *Human) {
			h.Formatted("main.rf.hcl")
			h.Diff("--- old/main.rf.hcl\n+++ new/main.rf.hcl\n@@ -1 +1 @@\n-a=1\n+a = 1\n")
		},
		"sandbox": func(h *Human) { h.Sandbox("http://127.0.0.1:8081") },
	}
}

func TestScreens(t *testing.T) {
	for name, show := range screens() {
		t.Run(name, func(t *testing.T) {
			s := newScreen()
			show(NewHuman(s.streams(false), s.now))
			golden(t, name+".golden", s.String())
			for line := range strings.Lines(s.String()) {
				if w := runewidth.StringWidth(strings.TrimRight(line, "\n")); w > 80 && !strings.Contains(line, ": failed after") && !strings.Contains(line, ": done, ") {
					t.Errorf("%d columns: %s", w, line)
				}
				if strings.HasSuffix(strings.TrimSuffix(line, "\n"), " ") && !strings.Contains(line, "value:") {
					t.Errorf("ends with a space: %q", line)
				}
			}
		})
	}
}

// Colour adds escape sequences and changes nothing else.
func TestColour(t *testing.T) {
	sequence := regexp.MustCompile("\x1b\\[[0-9;]*m")
	for name, show := range screens() {
		t.Run(name, func(t *testing.T) {
			plain, colored := newScreen(), newScreen()
			show(NewHuman(plain.streams(false), plain.now))
			show(NewHuman(colored.streams(true), colored.now))
			if strings.Contains(plain.String(), "\x1b") {
				t.Error("an escape sequence without colour")
			}
			if diff := cmp.Diff(plain.String(), sequence.ReplaceAllString(colored.String(), "")); diff != "" {
				t.Error(diff)
			}
		})
	}
	s := newScreen()
	NewHuman(s.streams(true), s.now).Diagnostics(exampleDiagnostics())
	golden(t, "diagnostics-colour.golden", s.String())
	s = newScreen()
	NewHuman(s.streams(true).Plain(), s.now).Diagnostics(exampleDiagnostics())
	if strings.Contains(s.String(), "\x1b") {
		t.Error("Plain leaves colour")
	}
}

func TestJSON(t *testing.T) {
	messages := map[string]func(*JSON){
		"plan":        func(j *JSON) { j.Plan(examplePlan()); j.PlanSaved("november.rfplan") },
		"diagnostics": func(j *JSON) { j.Diagnostics(exampleDiagnostics()) },
		"validate":    func(j *JSON) { diags, _ := exampleDiagnostics(); j.Validated(diags) },
		"apply":       func(j *JSON) { exampleApply(j, j.now); j.Interrupted() },
		"show":        func(j *JSON) { j.Ledgers(slices.Values(exampleLedgers())) },
		"coverage":    func(j *JSON) { j.Coverage(exampleCoverage(), 99, 2) },
		"verify":      func(j *JSON) { exampleVerify(j) },
		"explain": func(j *JSON) {
			for _, x := range exampleExplanations() {
				j.Explanation(x)
			}
		},
		"reports": func(j *JSON) { j.ReportTypes(exampleReportTypes()) },
		"version": func(j *JSON) { j.Version(Version{"0.1.0", "linux", "amd64", "go1.26.8"}) },
	}
	for name, write := range messages {
		t.Run(name, func(t *testing.T) {
			s := newScreen()
			write(NewJSON(s.streams(false), s.now))
			golden(t, name+".json.golden", s.String())
		})
	}
}

// The page on the machine output describes every type of message, and no other.
func TestJSONTypesAreDocumented(t *testing.T) {
	source, err := os.ReadFile("json.go")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "docs", "json-output.md"))
	if err != nil {
		t.Fatal(err)
	}
	declared, documented := map[string]bool{}, map[string]bool{}
	for _, m := range regexp.MustCompile(`Type = "([a-z_]+)"`).FindAllSubmatch(source, -1) {
		declared[string(m[1])] = true
	}
	for _, m := range regexp.MustCompile("(?m)^### `([a-z_]+)`").FindAllSubmatch(page, -1) {
		documented[string(m[1])] = true
	}
	if len(declared) == 0 {
		t.Error("no types found")
	}
	if diff := cmp.Diff(declared, documented); diff != "" {
		t.Errorf("declared and documented differ: %s", diff)
	}
}

// Nothing that comes from outside acts on a terminal.
func TestNothingActsOnTheTerminal(t *testing.T) {
	const evil = "evil\x1b[2J\x07\u202e\u009b31m\r\x00\xff"
	at := day(1)
	pull := plan.Pull{
		Tenant: evil, Report: evil, Type: evil, From: at, To: day(2), Label: evil, Final: true,
		Outputs: []plan.PullOutput{{Output: evil, Reason: plan.Reason(evil), Path: evil}, {Output: evil, Reason: plan.New, Path: evil}},
	}
	p := &plan.Plan{
		Pulls:   []plan.Pull{pull, pull},
		Orphans: []plan.Orphan{{Tenant: evil, Report: evil, Output: evil, From: at, To: day(2), Path: evil, Why: evil}},
		Lost:    []plan.Gap{{Tenant: evil, Report: evil, From: at, To: day(2), Why: evil}},
	}
	l := ledger.New(ledger.Key{Tenant: evil, Report: evil},
		ledger.Held{Output: evil, Path: evil, From: at, To: day(2)}.With(ledger.Proof{SHA256: evil}))
	l.Failed = []ledger.Failed{{Output: evil, Error: evil + "\nmore " + evil}}
	l.Left = []ledger.Left{{Path: evil}}
	failure := &run.PullError{Pull: &pull, Err: errors.New(evil + "\nmore " + evil), Advice: evil}
	for _, terminal := range []bool{false, true} {
		s := newScreen()
		streams := s.streams(false)
		streams.Err.Terminal = terminal
		h := NewHuman(streams, s.now)
		h.Plan(p)
		h.Plan(&plan.Plan{Pulls: p.Pulls[:1]})
		h.PlanSaved(evil)
		h.BeginApply(2)
		h.Progress(run.Started{Pull: &pull})
		s.clock = s.clock.Add(time.Minute)
		h.Tick()
		h.Progress(run.Finished{Pull: &pull})
		h.Progress(run.Failed{Pull: &pull, Err: failure})
		h.EndApply(Applied{Failed: []run.Failed{{Pull: &pull, Err: failure}}})
		h.Ledgers(slices.Values([]*ledger.Ledger{l}))
		h.Ledger(l)
		h.LedgerKeys([]ledger.Key{{Tenant: evil, Report: evil}})
		h.ReportTypes([]*config.ReportType{{Name: evil, Description: evil, API: config.APIGraph}})
		h.ReportType(&config.ReportType{Name: evil, Path: evil, Columns: []string{evil}, Headers: map[string]string{evil: evil}}, nil)
		src := []byte("a = \"" + evil + "\"\n")
		r := hcl.Range{Filename: evil, Start: hcl.Pos{Line: 1, Column: 5, Byte: 4}, End: hcl.Pos{Line: 1, Column: 9, Byte: 8}}
		h.Diagnostics(hcl.Diagnostics{{Summary: evil, Detail: evil + "\n " + evil, Subject: &r}}, map[string]*hcl.File{evil: {Bytes: src}})
		h.Formatted(evil)
		evilKey := ledger.Key{Tenant: evil, Report: evil}
		evilRun := plan.Run{Status: plan.StatusLost, From: at, To: day(2), First: evil, Last: evil, FirstDay: evil, LastDay: evil, Slices: 2, Why: evil, Outputs: []string{evil}}
		h.Coverage(&engine.Coverage{Parts: []plan.Coverage{{Tenant: evil, Report: evil, Slices: plan.Tally{Lost: 2}, Runs: []plan.Run{evilRun}}}}, 1, 1)
		h.BeginVerify()
		h.Verifying(engine.BadLedger{Key: evilKey, Err: errors.New(evil)})
		h.Verifying(engine.BadFile{Key: evilKey, Output: evil, Path: evil, From: at, To: day(2), Mismatch: engine.Mismatch{Fault: engine.FileUnreadable, Err: errors.New(evil)}})
		s.clock = s.clock.Add(time.Minute)
		h.Tick()
		h.EndVerify(Verified{})
		evilPlace := hcl.Range{Filename: evil}
		h.Explanation(&engine.Explanation{Path: evil, Nearest: evil})
		h.Explanation(&engine.Explanation{Path: evil, Origins: []engine.Origin{{
			Key: evilKey, Output: evil, From: at, To: day(2), Label: evil, Reason: plan.Reason(evil), Failed: &l.Failed[0],
			Declared: []engine.Declaration{{Address: evil, Range: evilPlace}}, Held: slices.Collect(l.Held())[0],
		}}})
		h.Forgetting([]Extent{ExtentOf(l)}, 0)
		h.Moved(evil, evil, &engine.Moving{From: []ledger.Key{evilKey}, To: []ledger.Key{{}}}, false)
		h.Pushed(&engine.Pushed{Key: evilKey})
		h.Diff("+" + evil)
		text := s.String()
		if terminal { // the display's own movements
			text = regexp.MustCompile("\x1b\\[[0-9]+A\r\x1b\\[J").ReplaceAllString(text, "")
		}
		for i, r := range text {
			if r != '\n' && unsafe(r) && r != '\ufffd' {
				t.Errorf("%U at %q", r, text[max(0, i-40):min(len(text), i+20)])
			}
		}
		if !strings.Contains(text, `evil\x1b[2J`) {
			t.Error("the text itself is gone")
		}
	}
}

func TestSecretsAreNotQuoted(t *testing.T) {
	src := []byte("credential \"client_secret\" \"a\" {\n  client_secret = \"hunter2\"\n}\n")
	file, diags := hclsyntax.ParseConfig(src, "main.rf.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	attrs, _ := file.Body.(*hclsyntax.Body).Blocks[0].Body.JustAttributes()
	r := attrs["client_secret"].Range
	d := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Secret in plain text", Subject: &r, Extra: diag.SecretHere{}}
	files := map[string]*hcl.File{"main.rf.hcl": file}
	s := newScreen()
	NewHuman(s.streams(false), s.now).Diagnostics(hcl.Diagnostics{d}, files)
	NewJSON(s.streams(false), s.now).Diagnostics(hcl.Diagnostics{d}, files)
	if strings.Contains(s.String(), "hunter2") {
		t.Errorf("the secret is shown: %s", s)
	}
	if !strings.Contains(s.String(), "main.rf.hcl line 2") {
		t.Errorf("the place is not shown: %s", s)
	}
	d.Extra = nil // the test would notice
	NewHuman(s.streams(false), s.now).Diagnostics(hcl.Diagnostics{d}, files)
	if !strings.Contains(s.String(), "hunter2") {
		t.Error("the line is not quoted without SecretHere")
	}
}

func TestDiagnose(t *testing.T) {
	diag := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Two pulls, one path"}
	if got := Diagnose("Planning failed", fmt.Errorf("planning: %w", hcl.Diagnostics{diag})); len(got) != 1 || got[0] != diag {
		t.Errorf("got %v", got)
	}
	if got := Diagnose("Planning failed", fmt.Errorf("planning: %w", diag)); len(got) != 1 || got[0] != diag {
		t.Errorf("got %v", got)
	}
	got := Diagnose("Planning failed", errors.New("why"))
	if len(got) != 1 || got[0].Summary != "Planning failed" || got[0].Detail != "Why." {
		t.Errorf("got %v", got)
	}
	if got := Diagnose("x", nil); got != nil {
		t.Errorf("got %v", got)
	}
}

// Errors are told in sentences that do not repeat the summary.
func TestDiagnoseMakesSentences(t *testing.T) {
	for text, want := range map[string]string{
		"nothing was moved: report.a.b of tenant.c has a ledger already\nremove one with state rm": "report.a.b of tenant.c has a ledger already.\nRemove one with state rm.",
		"nothing is held under tenant.a. Look again":                                               "Nothing is held under tenant.a. Look again.",
		"output.ndjson.lake: no space left on device":                                              "output.ndjson.lake: no space left on device.",
		"save it with:\n  reportform plan -out=a":                                                  "Save it with:\n  reportform plan -out=a",
		"the tenant has \"x\" (as it was)":                                                         "The tenant has \"x\" (as it was).",
		"make it again with plan -out":                                                             "Make it again with plan -out",
		"It is so.":                                                                                "It is so.",
		"":                                                                                         "",
	} {
		if got := Diagnose("Nothing was moved", errors.New(text))[0].Detail; got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// Ranges that do not fit the source are shown without it.
func TestSnippetDistrustsRanges(t *testing.T) {
	file := &hcl.File{Bytes: []byte("a = 1\n")}
	for _, r := range []hcl.Range{
		{Start: hcl.Pos{Byte: -1}, End: hcl.Pos{Byte: 2}},
		{Start: hcl.Pos{Byte: 3}, End: hcl.Pos{Byte: 2}},
		{Start: hcl.Pos{Byte: 3}, End: hcl.Pos{Byte: 99}},
	} {
		if got := snippet(r, file); got != nil {
			t.Errorf("%v: got %+v", r, got)
		}
	}
	end := hcl.Pos{Line: 2, Column: 1, Byte: 6}
	if got := snippet(hcl.Range{Start: end, End: end}, file); got == nil || got.Code != "" {
		t.Errorf("at the end: got %+v", got)
	}
	if got := snippet(hcl.Range{}, nil); got != nil {
		t.Errorf("got %+v", got)
	}
}

func TestWords(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1234: "-1,234"} {
		if got := count(n); got != want {
			t.Errorf("count(%d) = %s, want %s", n, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1.0 kB", 9949: "9.9 kB", 9950: "10 kB", 999_499: "999 kB", 999_500: "1.0 MB", 45_600_000: "46 MB", 1 << 62: "4.6 EB"} {
		if got := size(n); got != want {
			t.Errorf("size(%d) = %s, want %s", n, got, want)
		}
	}
	for d, want := range map[time.Duration]string{0: "0.0s", 1234 * time.Millisecond: "1.2s", 59 * time.Second: "59s", 75 * time.Second: "1m15s", 3*time.Hour + 5*time.Minute: "3h05m"} {
		if got := length(d); got != want {
			t.Errorf("length(%v) = %s, want %s", d, got, want)
		}
	}
	for _, test := range []struct {
		from, to time.Time
		want     string
	}{
		{day(1), day(2), "2026-11-01"},
		{day(1), day(8), "2026-11-01 .. 2026-11-07"},
		{day(1).Add(time.Hour), day(2), "2026-11-01 01:00Z to 2026-11-02 00:00Z"},
		{day(1), day(1).Add(time.Second), "2026-11-01 00:00Z to 2026-11-01 00:00:01Z"},
	} {
		if got := interval(test.from, test.to); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}

// Everywhere a stretch of slices has the labels of the first and the last.
func TestStretch(t *testing.T) {
	for _, test := range []struct{ first, last, want string }{
		{"2026-11-01", "2026-11-01", "2026-11-01"},
		{"2026-11-01", "2026-11-03", "2026-11-01 .. 2026-11-03"},
		{"2026-11-01--2026-11-03", "2026-11-03--2026-11-05", "2026-11-01--2026-11-03 .. 2026-11-03--2026-11-05"},
		{"last-4d", "last-4d", "last-4d (2026-11-01 .. 2026-11-04)"},
		{"", "", "2026-11-01 .. 2026-11-04"}, // of a plan that was saved without labels
	} {
		if got := stretch(test.first, test.last, day(1), day(5)); got != test.want {
			t.Errorf("%q, %q: got %s, want %s", test.first, test.last, got, test.want)
		}
	}
}

// Ten thousand tenants need no more lines than three.
func TestPlanStaysShort(t *testing.T) {
	s := newScreen()
	NewHuman(s.streams(false), s.now).Plan(manyTenantsPlan())
	if n := strings.Count(s.String(), "\n"); n > 25 {
		t.Errorf("%d lines", n)
	}
	s = newScreen()
	NewHuman(s.streams(false), s.now).Plan(differentPlan())
	if n := strings.Count(s.String(), "\n"); n > 80 {
		t.Errorf("%d lines", n)
	}
	s = newScreen()
	NewJSON(s.streams(false), s.now).Plan(manyTenantsPlan())
	if n := strings.Count(s.String(), `"type":"planned_pull"`); n != 20_000 {
		t.Errorf("JSON has %d pulls, want all", n)
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s: %s", path, diff)
	}
}

func pull(tenant, report string, n int, reasons ...plan.Reason) plan.Pull {
	p := plan.Pull{
		Tenant: tenant, Report: report, Type: "sign_ins", From: day(n), To: day(n + 1),
		Label: day(n).Format(time.DateOnly), Date: day(n).Format(time.DateOnly), Final: true,
	}
	for i, output := range []string{"output.json.archive", "output.csv.bi"} {
		if i < len(reasons) && reasons[i] != "" {
			p.Outputs = append(p.Outputs, plan.PullOutput{
				Output: output, Reason: reasons[i], Definition: "d",
				Path: fmt.Sprintf("out/%s/%s.%d", tenant, p.Label, i),
			})
		}
	}
	return p
}

func gap(tenant string, n int, why string) plan.Gap {
	g := plan.Gap{Tenant: tenant, Report: "report.sign_ins.failed", From: day(n), To: day(n + 1), Slices: 1, Why: why}
	g.First, g.Last = day(n).Format(time.DateOnly), day(n).Format(time.DateOnly)
	if why == "" {
		g.Until, g.Why = day(n+1).Add(2*time.Hour), "not settled: events become visible late"
	}
	return g
}

// examplePlan has one of everything.
func examplePlan() *plan.Plan {
	p := &plan.Plan{Version: 1, Tool: "0.1.0", Configuration: "c", Now: day(23).Add(10 * time.Hour), Held: 120}
	last := day(23).Add(10 * time.Hour)
	trailing := plan.Pull{
		Tenant: "tenant.contoso", Report: "report.audit_events.legacy", Type: "audit_events",
		From: last.AddDate(0, 0, -7), To: last, Label: "last-7d",
		Outputs: []plan.PullOutput{{Output: "output.xml.audit", Reason: plan.Moved, Path: "xml/contoso-legacy-last-7d.xml"}},
	}
	const failed = "report.sign_ins.failed"
	for n := 1; n <= 22; n++ {
		p.Pulls = append(p.Pulls, pull("tenant.contoso", failed, n, plan.New, plan.New))
	}
	p.Pulls = append(p.Pulls, pull(`tenant.customer["fabrikam"]`, failed, 4, plan.Missing, plan.New))
	for _, n := range []int{6, 7, 8, 11} {
		p.Pulls = append(p.Pulls, pull(`tenant.customer["fabrikam"]`, failed, n, "", plan.Altered))
	}
	for _, n := range []int{14, 15} {
		derived := pull(`tenant.customer["fabrikam"]`, failed, n, "", plan.Derived)
		derived.Source = &plan.Source{Output: "output.json.archive", Path: "out/fabrikam.json", SHA256: "abc"}
		derived.LostAt = day(n + 31)
		p.Pulls = append(p.Pulls, derived)
	}
	open := pull(`tenant.customer["fabrikam"]`, failed, 23, plan.Open, plan.Open)
	open.Final = false
	p.Pulls = append([]plan.Pull{trailing}, append(p.Pulls, open)...)
	p.Pulls[1].LostAt, p.Pulls[2].LostAt = day(24), day(25)
	p.Estimate = &plan.Estimate{
		Requests: 2000, Events: 1_200_000, Bytes: 2_400_000_000, Time: 164 * time.Second, Unknown: 3,
		Tenants: []plan.TenantEstimate{{Tenant: "tenant.contoso", Requests: 1500, Events: 1_000_000, Bytes: 2_000_000_000, Time: 120 * time.Second}},
		Apps:    []plan.AppEstimate{{App: "8f0c1f2e-0000-4000-8000-000000000001", Class: "reports", Requests: 2000, Limit: plan.Rate{Requests: 122, Window: 10200 * time.Millisecond}, Time: 164 * time.Second}},
	}
	p.Schedules = []plan.Schedule{{
		Report: failed, Every: "1h", Needs: 74 * time.Minute, Class: "reports", App: "8f0c1f2e-0000-4000-8000-000000000001",
		Limit: plan.Rate{Requests: 122, Window: 10200 * time.Millisecond},
	}}
	p.Waiting = []plan.Gap{gap("tenant.contoso", 23, "")}
	p.Lost = []plan.Gap{gap("tenant.contoso", 1, "the service keeps events for 30d, since 2026-10-24")}
	for n := 1; n <= 5; n++ {
		p.Orphans = append(p.Orphans, plan.Orphan{
			Tenant: "tenant.contoso", Report: failed, Output: "output.text.old", From: day(n), To: day(n + 1),
			Path: fmt.Sprintf("old/contoso/%s.txt", day(n).Format(time.DateOnly)), Why: "output", Bytes: 1_234_567, SHA256: "abc",
		})
	}
	return p
}

func manyTenantsPlan() *plan.Plan {
	p := &plan.Plan{Held: 7}
	for i := range 10_000 {
		tenant := fmt.Sprintf("tenant.customer[%q]", fmt.Sprintf("t%05d", i))
		p.Pulls = append(p.Pulls, pull(tenant, "report.sign_ins.failed", 21, plan.New, plan.New), pull(tenant, "report.sign_ins.failed", 22, plan.New, plan.New))
		p.Waiting = append(p.Waiting, gap(tenant, 23, ""))
	}
	return p
}

// differentPlan has a hundred tenants, each with slices of its own.
func differentPlan() *plan.Plan {
	p := &plan.Plan{}
	for i := range 100 {
		for n := 1; n <= 22; n++ {
			if (n*(i+2))%7 > 2 || n == i%22+1 {
				p.Pulls = append(p.Pulls, pull(fmt.Sprintf("tenant.t%02d", i), "report.sign_ins.failed", n, plan.New, plan.New))
			}
		}
	}
	return p
}

func exampleDiagnostics() (hcl.Diagnostics, map[string]*hcl.File) {
	src := []byte("tenant \"contoso\" {\n\tid   = \"contoso.onmicrosoft.com\"\n\tclod = \"public\" # ☁ 雲\n}\n\nwindow \"daily\" {\n  every = \"1d\"\n  from  = [\n    1,\n    2,\n  ]\n}\n")
	file, diags := hclsyntax.ParseConfig(src, "main.rf.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		panic(diags)
	}
	body := file.Body.(*hclsyntax.Body)
	clod, from := body.Blocks[0].Body.Attributes["clod"], body.Blocks[1].Body.Attributes["from"]
	long := []byte("values = [" + strings.Repeat("\"x\", ", 100) + "oops, " + strings.Repeat("\"y\", ", 100) + "]\n")
	at := bytes.Index(long, []byte("oops"))
	diags = hcl.Diagnostics{
		{
			Severity: hcl.DiagError, Summary: "Unsupported argument", Subject: clod.NameRange.Ptr(),
			Detail: "An argument named \"clod\" is not expected here. Did you mean \"cloud\"?",
		},
		{
			Severity: hcl.DiagWarning, Summary: "A list where a date belongs", Subject: from.Expr.Range().Ptr(),
			Detail: "Write the first day of the window as a date, a text of the form year-month-day, or as a moment in RFC 3339. For example:\n  from = \"2026-11-01\"\n\nA window without from ends at the plan's clock.",
		},
		{Severity: hcl.DiagError, Summary: "No configuration", Detail: "The directory has no *.rf.hcl file."},
		{
			Severity: hcl.DiagError, Summary: "Unknown variable",
			Subject: &hcl.Range{Filename: "long.rf.hcl", Start: hcl.Pos{Line: 1, Column: at + 1, Byte: at}, End: hcl.Pos{Line: 1, Column: at + 5, Byte: at + 4}},
		},
	}
	return diags, map[string]*hcl.File{"main.rf.hcl": file, "long.rf.hcl": {Bytes: long}}
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
	p := examplePlan()
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

func exampleLedgers() []*ledger.Ledger {
	held := func(output string, n int, rows int64, change func(*ledger.Held, *ledger.Proof)) ledger.Held {
		h := ledger.Held{
			Output: output, From: day(n), To: day(n + 1), Definition: "d",
			Path: "out/contoso/failed/" + day(n).Format(time.DateOnly) + "." + strings.Split(output, ".")[1], Bytes: rows * 2000, Final: true,
		}
		p := ledger.Proof{
			Rows:   rows,
			SHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
			First:  day(n).Add(time.Second), Last: day(n).Add(23 * time.Hour), Pages: 3, Requests: 4,
			FetchedAt: day(n + 1).Add(3 * time.Hour), Took: 1234 * time.Millisecond,
			FirstID: "id1", LastID: "id2",
		}
		if change != nil {
			change(&h, &p)
		}
		return h.With(p)
	}
	key := ledger.Key{Tenant: "tenant.contoso", Report: "report.sign_ins.failed"}
	first := ledger.New(key,
		held("output.csv.bi", 1, 1234, nil),
		held("output.csv.bi", 2, 0, func(h *ledger.Held, p *ledger.Proof) {
			h.Final, h.Revisited, p.Repeated, p.Revisions = false, true, 3, 1
			p.First, p.Last = time.Time{}, time.Time{}
		}),
		held("output.json.archive", 1, 1234, nil), held("output.json.archive", 2, 0, nil),
	)
	first.Failed = []ledger.Failed{{Output: "output.csv.bi", From: day(3), To: day(4), At: day(4).Add(3 * time.Hour), Error: "the service refused the request: 403 Forbidden, code Authorization_RequestDenied: Insufficient privileges to complete the operation"}}
	first.Left = []ledger.Left{{Output: "output.csv.bi", From: day(1), To: day(2), Path: "old/2026-11-01.csv", Bytes: 2_468_000}}
	other := ledger.New(ledger.Key{Tenant: `tenant.customer["fabrikam"]`, Report: key.Report})
	other.Failed = first.Failed
	return []*ledger.Ledger{
		first, other,
		ledger.New(ledger.Key{Tenant: "tenant.contoso", Report: "report.users.all"}, ledger.Held{
			Output: "output.csv.bi", From: day(23).Add(time.Hour), To: day(23).Add(2 * time.Hour), Path: "-", Bytes: 98_765_432_100,
		}.With(ledger.Proof{Rows: 1_234_567})),
	}
}

// longLedgers have tenants with long names that differ in the middle, and
// others whose names cannot be shortened.
func longLedgers() (list []*ledger.Ledger) {
	for report, names := range map[string][]string{
		"report.sign_ins.interactive_failures": {"contoso-europe-north-subsidiary", "contoso-europe-south-subsidiary", "x"},
		"report.users.all":                     {"a-b-c-d-e-f-g-h-i-j-k-l-m-n-o-p-q-r", "a-B-c-d-e-f-g-h-i-j-k-l-m-n-o-p-q-r", "a-b-c-d-e-f-g-h-i-j-k-l-m-n-o-p-Q-r", "a-b-c-d-e-f-g-h-I-j-k-l-m-n-o-p-q-r"},
	} {
		for _, name := range names {
			list = append(list, ledger.New(ledger.Key{Tenant: fmt.Sprintf("tenant.customer[%q]", name), Report: report}, ledger.Held{
				Output: "output.csv.bi", From: day(22), To: day(23), Path: "a.csv", Bytes: 98_765_432_100,
			}.With(ledger.Proof{Rows: 1_234_567})))
		}
	}
	slices.SortStableFunc(list, func(a, b *ledger.Ledger) int { return strings.Compare(a.Report, b.Report) })
	return list
}

// What does not go to a terminal keeps its names.
func TestTableOfAPipe(t *testing.T) {
	s := newScreen()
	streams := s.streams(false)
	streams.Out.Width = 0
	NewHuman(streams, s.now).Ledgers(slices.Values(longLedgers()))
	if !strings.Contains(s.String(), `  customer["contoso-europe-north-subsidiary"]  `) {
		t.Error(s.String())
	}
}

func exampleReportTypes() []*config.ReportType {
	return []*config.ReportType{
		{
			Name: "sign_ins", Description: "Interactive sign-ins of users, with the result of every one and the policies that applied to it.",
			API: config.APIGraph, Version: "v1.0", Path: "/auditLogs/signIns", Time: "createdDateTime", ID: []string{"id"},
			Lower: "ge", Upper: "lt", OrderBy: "createdDateTime", PageSize: 1000, Permissions: []string{"AuditLog.Read.All", "Directory.Read.All"},
			License: "Microsoft Entra ID P1", Retention: &config.Duration{N: 30, Unit: config.Day}, Settle: config.Duration{N: 2, Unit: config.Hour},
			Limit: "reporting", Headers: map[string]string{"ConsistencyLevel": "eventual"},
			Columns: []string{"id", "createdDateTime", "userPrincipalName", "appDisplayName", "ipAddress", "status.errorCode", "status.failureReason"},
			Source:  "the service's documentation",
		},
		{Name: "users", Description: "All users.", API: config.APIGraph, Version: "v1.0", Path: "/users", ID: []string{"id"}},
		{Name: "audit_events", Description: "Audit events of the retired API.", API: config.APIAADGraph, Version: "beta", Path: "/reports/auditEvents", Time: "eventTime", Lower: "ge", Upper: "le"},
	}
}
