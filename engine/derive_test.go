package engine

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/reportform/reportform/engine/fetch"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/engine/wanted"
	"github.com/reportform/reportform/engine/window"
	"github.com/reportform/reportform/internal/address"
)

// nowhere is an endpoint that nobody serves.
const nowhere = "http://127.0.0.1:1"

// An output added later is made from the file of one that has every event,
// without asking the service, and is what the service would have given.
func TestDerivedOutputs(t *testing.T) {
	w := lifeWorld(t)
	w.apply()
	w.edit("main.rf.hcl", "[output.ndjson.a] # more", "[output.ndjson.a, output.csv.b]")
	p := w.plan(w.engine())
	for _, pull := range p.Pulls {
		if pull.Source == nil || pull.Source.Output != "output.ndjson.a" || pull.Outputs[0].Reason != plan.Derived {
			t.Fatalf("the pull is %+v", pull)
		}
	}
	offline(w)
	if s := w.apply(); len(s.Failed) > 0 || s.Finished != 6 || s.Events == 0 {
		t.Fatalf("%+v", s)
	}
	if got := reasons(w.plan(w.engine())); got != "" {
		t.Errorf("after the apply the plan is\n%s", got)
	}

	fresh := lifeWorld(t)
	fresh.edit("main.rf.hcl", "[output.ndjson.a] # more", "[output.ndjson.a, output.csv.b]")
	fresh.apply()
	want := fresh.files("out")
	for name, content := range w.files("out") {
		if content != want[name] || content == "" {
			t.Errorf("%s differs from what the service gives", name)
		}
	}
	l, err := w.engine().archive.Ledger(context.Background(), ledger.Key{Tenant: `tenant.t["one"]`, Report: "report.sign_ins.r"})
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	csv, ndjson := l.Find("output.csv.b", from, from.AddDate(0, 0, 1)), l.Find("output.ndjson.a", from, from.AddDate(0, 0, 1))
	made, fetched := csv.Proof(), ndjson.Proof()
	if made.Derived != ndjson.Place || made.DerivedAt.IsZero() || made.FirstID != fetched.FirstID || csv.Rows != ndjson.Rows ||
		!made.FetchedAt.Equal(fetched.FetchedAt) || made.SHA256 == fetched.SHA256 || !csv.Final {
		t.Errorf("the proof is %+v, of a file made from one with %+v", made, fetched)
	}
}

// offline leads the tenants nowhere.
func offline(w *world) { w.edit("main.rf.hcl", w.url, nowhere) }

// A file that is gone, altered, or written with other options is made again
// from an intact one; where the point is to ask again, the service is asked.
func TestDerivedRepairs(t *testing.T) {
	w := lifeWorld(t)
	w.edit("main.rf.hcl", "[output.ndjson.a] # more", "[output.ndjson.a, output.csv.b]")
	w.apply()
	before := w.files("out")
	if err := os.Remove(filepath.Join(w.dir, "out/one/2026-11-20.csv")); err != nil {
		t.Fatal(err)
	}
	w.write("out/two/2026-11-20.csv", "spoilt")
	p := w.plan(w.engine())
	want := `tenant.t["one"] report.sign_ins.r 2026-11-20 out/one/2026-11-20.csv:missing
tenant.t["two"] report.sign_ins.r 2026-11-20 out/two/2026-11-20.csv:altered
`
	if got := reasons(p); got != want || p.Pulls[0].Source == nil || p.Pulls[1].Source == nil {
		t.Errorf("the plan is\n%s", got)
	}
	offline(w)
	if s := w.apply(); len(s.Failed) > 0 {
		t.Fatal(s.Failed[0].Err())
	}
	for name, content := range w.files("out") {
		if content != before[name] {
			t.Errorf("%s was not restored", name)
		}
	}
	// CSV does not hold every event as it came, so nothing is made from it.
	if err := os.Remove(filepath.Join(w.dir, "out/one/2026-11-20.ndjson")); err != nil {
		t.Fatal(err)
	}
	if p := w.plan(w.engine()); len(p.Pulls) != 1 || p.Pulls[0].Source != nil {
		t.Errorf("the plan is %+v", p.Pulls)
	}
}

// A narrowed plan makes an output from one that was not asked for.
func TestDerivedFromAnOutputNotAskedFor(t *testing.T) {
	w := lifeWorld(t)
	w.apply()
	w.edit("main.rf.hcl", "[output.ndjson.a] # more", "[output.ndjson.a, output.csv.b]")
	p, err := w.engine().Plan(context.Background(), PlanOptions{Targets: []string{"output.csv.b"}})
	if err != nil || len(p.Pulls) != 6 || p.Pulls[0].Source == nil {
		t.Errorf("%v, %+v", err, p)
	}
}

// What the service no longer has can still be made from a file.
func TestDerivedAfterRetention(t *testing.T) {
	w := lifeWorld(t)
	w.apply()
	w.edit("main.rf.hcl", "[output.ndjson.a] # more", "[output.ndjson.a, output.csv.b]")
	w.edit("main.rf.hcl", `from  = "2026-11-20"`, "from  = \"2026-11-20\"\n  to = \"2026-11-23\"")
	w.now = w.now.AddDate(0, 6, 0)
	p := w.plan(w.engine())
	if len(p.Pulls) != 6 || len(p.Lost) != 0 || p.Pulls[0].Source == nil {
		t.Errorf("%d pulls, lost %+v", len(p.Pulls), p.Lost)
	}
}

// A source that is not what was written fails the pull, which publishes
// nothing, and is not relied upon again: whether it was changed after the plan
// was made, or so that it does not show.
func TestDerivedFromAChangedFile(t *testing.T) {
	flip := func(content []byte) { content[12] ^= 1 }
	for _, test := range []struct {
		name   string
		change func([]byte)
		hidden bool
	}{
		{"it shows", flip, false},
		{"it does not show", flip, true},
		{"nor is it JSON any more", func(content []byte) { clear(content[len(content)/2:]) }, true},
	} {
		t.Run(test.name, func(t *testing.T) { testDerivedFromAChangedFile(t, test.change, test.hidden) })
	}
}

func testDerivedFromAChangedFile(t *testing.T, change func([]byte), hidden bool) {
	w := lifeWorld(t)
	w.apply()
	w.edit("main.rf.hcl", "[output.ndjson.a] # more", "[output.ndjson.a, output.csv.b]")
	e := w.engine()
	p := w.plan(e)
	name := "out/one/2026-11-20.ndjson"
	before := w.files("out")
	content := []byte(w.files("")[name])
	change(content)
	info, err := os.Stat(filepath.Join(w.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	w.write(name, string(content))
	if hidden {
		if err := os.Chtimes(filepath.Join(w.dir, name), info.ModTime(), info.ModTime()); err != nil {
			t.Fatal(err)
		}
	}
	s, err := e.Apply(context.Background(), p, ApplyOptions{})
	if err != nil || len(s.Failed) != 1 || s.Finished != 5 {
		t.Fatalf("%v, %+v", err, s)
	}
	if failure := s.Failed[0].Failure; failure.Cause != "altered" || !strings.Contains(failure.Advice, "The next apply fetches the slice again") {
		t.Errorf("the advice is missing: %+v", failure)
	}
	if text := s.Failed[0].Err().Error(); !strings.Contains(text, name) || !strings.Contains(text, "SHA-256") {
		t.Errorf("the error is %s", text)
	}
	if _, err := os.Stat(filepath.Join(w.dir, "out/one/2026-11-20.csv")); !os.IsNotExist(err) {
		t.Error("something was published")
	}
	// The next plan finds what is wrong and fetches both.
	want := "out/one/2026-11-20.ndjson:altered out/one/2026-11-20.csv:failed"
	if got := reasons(w.plan(w.engine())); !strings.Contains(got, want) {
		t.Errorf("the plan is\n%s", got)
	}
	if s := w.apply(); len(s.Failed) > 0 {
		t.Fatal(s.Failed[0].Err())
	}
	after := w.files("out")
	for name, content := range before {
		if after[name] != content {
			t.Errorf("%s was not restored", name)
		}
	}
	if p := w.plan(w.engine()); len(p.Pulls) > 0 {
		t.Errorf("then the plan is\n%s", reasons(p))
	}
}

// What is read from a file has the times that the service's answers have.
func TestRereadEventsHaveTheirTimes(t *testing.T) {
	w := lifeWorld(t)
	w.apply()
	w.edit("main.rf.hcl", "[output.ndjson.a] # more", "[output.ndjson.a, output.csv.b]")
	e := w.engine()
	pull := &w.plan(e).Pulls[0]
	tenant, report := e.config.Tenant(address.Address(pull.Tenant)), e.config.Report(address.Address(pull.Report))
	facts := wanted.Pull(tenant, report, &window.Named{Slice: window.Slice{From: pull.From, To: pull.To}, Date: pull.Date, Label: pull.Label})
	again, err := e.rereading(pull.Source, facts, report.Type)
	if err != nil {
		t.Fatal(err)
	}
	var stats fetch.Stats
	n := 0
	for events, err := range again(t.Context(), &stats) {
		if err != nil {
			t.Fatal(err)
		}
		for _, event := range events {
			if n++; event.Time.Before(pull.From) || !event.Time.Before(pull.To) {
				t.Errorf("an event of %s to %s has the time %s", pull.From, pull.To, event.Time)
			}
		}
		if stats.Events != int64(n) {
			t.Errorf("%d events came, and %d were counted", n, stats.Events)
		}
	}
	if n == 0 {
		t.Error("there are no events")
	}
}
