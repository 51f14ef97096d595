package engine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/engine/sandbox"
)

const lifeConfig = `
variable "filter" {
  default = null
}
tenant "t" {
  for_each = toset(["one", "two"])
  id       = "${each.key}.example"
  cloud    = "sandbox"
  ENDPOINTS
}
window "daily" {
  every = "1d"
  from  = "2026-11-20"
}
output "ndjson" "a" {
  path = "out/${pull.tenant.name}/${pull.window.label}.ndjson"
}
output "csv" "b" {
  path = "out/${pull.tenant.name}/${pull.window.label}.csv"
}
report "sign_ins" "r" {
  window  = window.daily
  filter  = var.filter
  outputs = [output.ndjson.a] # more
}
`

func lifeWorld(t *testing.T) *world {
	w := newWorld(t, nil)
	w.write("main.rf.hcl", strings.Replace(lifeConfig, "ENDPOINTS", w.endpoints(), 1))
	return w
}

// edit replaces a part of a file of the configuration.
func (w *world) edit(name, old, new string) {
	w.t.Helper()
	data, err := os.ReadFile(filepath.Join(w.dir, name))
	if err != nil {
		w.t.Fatal(err)
	}
	if !strings.Contains(string(data), old) {
		w.t.Fatalf("%s has no %q", name, old)
	}
	w.write(name, strings.ReplaceAll(string(data), old, new))
}

func TestLifeOfAnArchive(t *testing.T) {
	w := lifeWorld(t)
	expect := func(what, want string) {
		t.Helper()
		if got := reasons(w.plan(w.engine())); got != want {
			t.Errorf("%s: the plan is\n%swant\n%s", what, got, want)
		}
	}
	apply := func() {
		t.Helper()
		if s := w.apply(); len(s.Failed) > 0 {
			t.Fatal(s.Failed[0].Err())
		}
	}
	w.now = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	expect("first", `tenant.t["one"] report.sign_ins.r 2026-11-20 out/one/2026-11-20.ndjson:new
tenant.t["one"] report.sign_ins.r 2026-11-21 out/one/2026-11-21.ndjson:new
tenant.t["two"] report.sign_ins.r 2026-11-20 out/two/2026-11-20.ndjson:new
tenant.t["two"] report.sign_ins.r 2026-11-21 out/two/2026-11-21.ndjson:new
`)
	apply()
	expect("held", "")
	files := w.files("out")
	for name, content := range files {
		day := strings.TrimSuffix(filepath.Base(name), ".ndjson")
		from, _ := time.Parse(time.DateOnly, day)
		count := w.sandbox.Count(filepath.Dir(name)+".example", "sign_ins", from, from.AddDate(0, 0, 1))
		if rows := strings.Count(content, "\n"); rows != count || rows == 0 {
			t.Errorf("%s has %d events, the sandbox counts %d", name, rows, count)
		}
	}

	// Time goes on.
	w.now = time.Date(2026, 11, 23, 0, 30, 0, 0, time.UTC)
	expect("not settled", "")
	w.now = time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)
	expect("next day", `tenant.t["one"] report.sign_ins.r 2026-11-22 out/one/2026-11-22.ndjson:new
tenant.t["two"] report.sign_ins.r 2026-11-22 out/two/2026-11-22.ndjson:new
`)
	apply()

	// A file is gone, one was altered, one only touched.
	if err := os.Remove(filepath.Join(w.dir, "out/one/2026-11-20.ndjson")); err != nil {
		t.Fatal(err)
	}
	altered := []byte(files["two/2026-11-20.ndjson"])
	altered[10] ^= 1
	w.write("out/two/2026-11-20.ndjson", string(altered))
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(filepath.Join(w.dir, "out/two/2026-11-21.ndjson"), later, later); err != nil {
		t.Fatal(err)
	}
	expect("broken", `tenant.t["one"] report.sign_ins.r 2026-11-20 out/one/2026-11-20.ndjson:missing
tenant.t["two"] report.sign_ins.r 2026-11-20 out/two/2026-11-20.ndjson:altered
`)
	apply()
	for name, content := range files {
		if w.files("out")[name] != content {
			t.Errorf("%s was not restored", name)
		}
	}

	// A comment and a renamed variable change nothing; an output added later
	// is made from what is there; a filter fetches anew.
	w.edit("main.rf.hcl", "variable \"filter\"", "# A comment.\nvariable \"condition\"")
	w.edit("main.rf.hcl", "var.filter", "var.condition")
	expect("renamed variable", "")
	w.edit("main.rf.hcl", "[output.ndjson.a] # more", "[output.ndjson.a, output.csv.b]")
	if got := reasons(w.plan(w.engine())); strings.Count(got, ".csv:derived") != 6 || strings.Contains(got, "ndjson") {
		t.Errorf("with another output the plan is\n%s", got)
	}
	apply()
	w.edit("main.rf.hcl", "default = null", "default = \"status/errorCode ne 0\"")
	if got := reasons(w.plan(w.engine())); strings.Count(got, ":changed") != 12 {
		t.Errorf("with a filter the plan is\n%s", got)
	}
	apply()
	expect("filtered", "")
	if strings.Contains(w.files("out")["one/2026-11-20.ndjson"], `"errorCode":0,`) {
		t.Error("the filter was not applied")
	}

	// What is no longer declared is an orphan, and is kept until pruned.
	w.edit("main.rf.hcl", `["one", "two"]`, `["one"]`)
	w.edit("main.rf.hcl", "[output.ndjson.a, output.csv.b]", "[output.ndjson.a]")
	e := w.engine()
	p := w.plan(e)
	if len(p.Pulls) != 0 || len(p.Orphans) != 9 {
		t.Fatalf("%d pulls and %d orphans, want none and 9", len(p.Pulls), len(p.Orphans))
	}
	apply()
	if n := len(w.files("out")); n != 12 {
		t.Errorf("%d files after an apply without -prune, want all 12", n)
	}
	w.write("out/two/2026-11-21.csv", "edited by hand")
	summary, err := e.Apply(context.Background(), w.pruning(e), ApplyOptions{})
	if err != nil || summary.Kept == nil || !strings.Contains(summary.Kept.Error(), "2026-11-21.csv") || len(summary.Pruned) != 8 {
		t.Errorf("pruned %d, kept %v, %v; want 8, and the edited file kept", len(summary.Pruned), summary.Kept, err)
	}
	if n := len(w.files("out")); n != 4 {
		t.Errorf("%d files after pruning, want the three declared and the edited one", n)
	}
}

func TestRenamedReportKeepsItsFiles(t *testing.T) {
	w := lifeWorld(t)
	w.apply()
	w.edit("main.rf.hcl", `report "sign_ins" "r"`, `report "sign_ins" "renamed"`)
	w.apply()
	e := w.engine()
	p := w.plan(e)
	if len(p.Pulls) != 0 || len(p.Orphans) == 0 {
		t.Fatalf("%d pulls and %d orphans", len(p.Pulls), len(p.Orphans))
	}
	files := len(w.files("out"))
	summary, err := e.Apply(context.Background(), w.pruning(e), ApplyOptions{})
	if err != nil || len(summary.Pruned) != len(p.Orphans) {
		t.Fatalf("pruned %d of %d, %v", len(summary.Pruned), len(p.Orphans), err)
	}
	if n := len(w.files("out")); n != files {
		t.Errorf("%d of %d files are left: files that another report holds were deleted", n, files)
	}
	if p := w.plan(e); len(p.Pulls)+len(p.Orphans) != 0 {
		t.Errorf("after pruning: %+v", p)
	}
}

func TestPlanOptions(t *testing.T) {
	w := lifeWorld(t)
	e := w.engine()
	for _, test := range []struct {
		sel   PlanOptions
		pulls int
		err   string
	}{
		{PlanOptions{}, 6, ""},
		{PlanOptions{Tenants: []string{"one"}}, 3, ""},
		{PlanOptions{Targets: []string{`tenant.t["two"]`}}, 3, ""},
		{PlanOptions{Targets: []string{`tenant.t`}}, 6, ""},
		{PlanOptions{Targets: []string{`output.ndjson.a`}}, 6, ""},
		{PlanOptions{Targets: []string{`output.csv.b`}}, 0, ""},
		{PlanOptions{Excludes: []string{`tenant.t["two"]`}}, 3, ""},
		{PlanOptions{Excludes: []string{`window.daily`}}, 0, ""},
		{PlanOptions{Targets: []string{"report.sign_ins.x"}}, 0, "report.sign_ins.x"},
		{PlanOptions{Tenants: []string{"tenant.t"}}, 0, "tenant.t"},
	} {
		p, err := e.Plan(context.Background(), test.sel)
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%+v: error %v, want one that names %s", test.sel, err, test.err)
			}
			continue
		}
		if err != nil || len(p.Pulls) != test.pulls {
			t.Errorf("%+v: %d pulls, %v; want %d", test.sel, len(p.Pulls), err, test.pulls)
		}
	}
}

func TestTwoPullsToOnePath(t *testing.T) {
	w := lifeWorld(t)
	w.edit("main.rf.hcl", "out/${pull.tenant.name}/${pull.window.label}.ndjson", "out/${pull.window.label}.ndjson")
	_, err := w.engine().Plan(context.Background(), PlanOptions{})
	var diags hcl.Diagnostics
	if !errors.As(err, &diags) || len(diags) != 3 || diags[0].Subject == nil || !strings.Contains(diags[2].Detail, "And 1 more like these.") {
		t.Fatalf("%v", err)
	}
	if _, err := w.engine().Coverage(context.Background(), PlanOptions{}); err == nil || !strings.Contains(err.Error(), "Two pulls lead to one path") {
		t.Errorf("the coverage: %v", err)
	}
	for _, say := range []string{`tenant.t["one"]`, `tenant.t["two"]`, "out/2026-11-20.ndjson", "pull.tenant.name"} {
		if !strings.Contains(diags[0].Detail, say) {
			t.Errorf("%q does not say %s", diags[0].Detail, say)
		}
	}
}

// A path that another report already holds is a conflict too.
func TestLaterPullToAHeldPath(t *testing.T) {
	w := lifeWorld(t)
	w.apply()
	w.write("more.rf.hcl", `report "directory_audits" "more" {
  window  = window.daily
  outputs = [output.ndjson.a]
}
`)
	_, err := w.engine().Plan(context.Background(), PlanOptions{})
	if err == nil || !strings.Contains(err.Error(), "report.directory_audits.more") || !strings.Contains(err.Error(), "report.sign_ins.r") {
		t.Errorf("%v", err)
	}
}

func TestSavedPlan(t *testing.T) {
	w := lifeWorld(t)
	var saved bytes.Buffer
	if err := plan.Write(&saved, w.plan(w.engine())); err != nil {
		t.Fatal(err)
	}
	p, err := plan.Read(bytes.NewReader(saved.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	// Held meanwhile: half of it by somebody else.
	narrow, err := w.engine().Plan(context.Background(), PlanOptions{Tenants: []string{"one"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.engine().Apply(context.Background(), narrow, ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
	summary, err := w.engine().Apply(context.Background(), p, ApplyOptions{})
	if err != nil || summary.Finished != 3 || summary.Skipped != 3 {
		t.Errorf("%+v, %v; want three finished and three skipped", summary, err)
	}
	w.edit("main.rf.hcl", "default = null", "default = \"status/errorCode ne 0\"")
	if _, err := w.engine().Apply(context.Background(), p, ApplyOptions{}); err == nil || !strings.Contains(err.Error(), "another configuration") {
		t.Errorf("a plan of another configuration: %v", err)
	}
}

func TestInterrupt(t *testing.T) {
	w := lifeWorld(t)
	w.sandbox.SetFaults(sandbox.Fault{Kind: "timeout", Path: "signIns", Times: -1})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	front := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "signIns") {
			cancel()
		}
		w.sandbox.ServeHTTP(rw, r)
	}))
	defer front.Close()
	w.edit("main.rf.hcl", w.url, front.URL)
	e := w.engine()
	summary, err := e.Apply(ctx, w.plan(e), ApplyOptions{})
	if err != nil || !summary.Interrupted || summary.Finished != 0 {
		t.Fatalf("%+v, %v", summary, err)
	}
	if files := w.files("out"); len(files) != 0 {
		t.Errorf("left behind: %v", files)
	}
	w.sandbox.SetFaults()
	if got := reasons(w.plan(w.engine())); strings.Contains(got, "failed") || strings.Count(got, "new") != 6 {
		t.Errorf("an interrupt counts as a failure:\n%s", got)
	}
}

// The proof in the ledger has to be true.
func TestLedgerIsTrue(t *testing.T) {
	w := lifeWorld(t)
	w.apply()
	e := w.engine()
	keys, err := e.archive.Keys(context.Background())
	if err != nil || len(keys) != 2 {
		t.Fatalf("%v, %v", keys, err)
	}
	entries := 0
	for _, key := range keys {
		l, err := e.archive.Ledger(context.Background(), key)
		if err != nil {
			t.Fatal(err)
		}
		for h := range l.Held() {
			p := h.Proof()
			entries++
			sum := sha256.Sum256([]byte(w.files("")[h.Place.Text()]))
			if got := hex.EncodeToString(sum[:]); got != p.SHA256 {
				t.Errorf("%s: digest %s; the ledger has %s", h.Place, got, p.SHA256)
			}
			checkTimes(t, w, h)
			if p.Pages < 1 || p.FirstID == "" || !h.Final || p.Took <= 0 || !p.FetchedAt.After(w.now) {
				t.Errorf("incomplete entry %+v, %+v", h, p)
			}
		}
	}
	if entries != 6 {
		t.Errorf("%d entries, want 6", entries)
	}
}

// checkTimes compares an entry's counts and times with its file.
func checkTimes(t *testing.T, w *world, h *ledger.Held) {
	t.Helper()
	p := h.Proof()
	var rows int64
	var first, last time.Time
	text := w.files("")[h.Place.Text()]
	for line := range strings.Lines(text) {
		var event struct{ CreatedDateTime time.Time }
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatal(err)
		}
		if at := event.CreatedDateTime; rows == 0 || at.Before(first) {
			first = at
		}
		if at := event.CreatedDateTime; at.After(last) {
			last = at
		}
		rows++
	}
	if rows != h.Rows || int64(len(text)) != h.Bytes || !first.Equal(p.First) || !last.Equal(p.Last) {
		t.Errorf("%s has %d rows, %d bytes, %v to %v; the ledger says %d, %d, %v to %v",
			h.Place, rows, len(text), first, last, h.Rows, h.Bytes, p.First, p.Last)
	}
}

// The time to finish is that of the apply to come: what nothing limits takes
// longer one by one.
func TestEstimateCountsParallelism(t *testing.T) {
	w := lifeWorld(t)
	w.apply()
	w.edit("main.rf.hcl", "output.ndjson.a] # more", `output.ndjson.a]
  select = ["id", "createdDateTime"]`)
	e := w.engine()
	took := func(parallelism int) time.Duration {
		p, err := e.Plan(t.Context(), PlanOptions{Parallelism: parallelism})
		if err != nil || p.Estimate == nil {
			t.Fatalf("%v, %+v", err, p)
		}
		return p.Estimate.Time
	}
	if one, ten, unsaid := took(1), took(10), took(0); one <= ten || ten != unsaid {
		t.Errorf("one by one %v, ten at once %v, by default %v", one, ten, unsaid)
	}
}
