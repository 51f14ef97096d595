package engine

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/internal/place"
)

// movable is an archive of three tenants, whose paths come from labels.
const movable = `
variable "folder" {
  default = { one = "a", two = "b", three = "c" }
}
tenant "t" {
  for_each = var.folder
  id       = "${each.key}.example"
  cloud    = "sandbox"
  labels   = { folder = each.value }
  ENDPOINTS
}
window "daily" {
  every = "1d"
  from  = "2026-11-20"
  to    = "2026-11-22"
}
output "ndjson" "lake" {
  path = "out/${pull.tenant.labels.folder}/${pull.window.label}.ndjson"
}
report "sign_ins" "r" {
  window  = window.daily
  outputs = [output.ndjson.lake]
}
`

func movableWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, nil)
	w.write("main.rf.hcl", strings.ReplaceAll(movable, "ENDPOINTS", w.endpoints()))
	w.mustApplied(6)
	return w
}

// What is held goes to another path as it is, also where the window would not have
// it so any more: it has not settled by a longer settle, or is to be read again.
func TestRelocatedAsItIsHeld(t *testing.T) {
	for name, test := range map[string]struct {
		window string
		pulls  int
	}{
		"the same window":      {"", 6},
		"a longer settle":      {"settle = \"20d\"", 6},
		"a second reading due": {"revisit = \"1h\"", 12},
	} {
		t.Run(name, func(t *testing.T) {
			w := movableWorld(t)
			file := strings.NewReplacer("out/$", "out/new/$", "to    =", test.window+"\n  to    =").Replace(movable)
			w.write("main.rf.hcl", strings.ReplaceAll(file, "ENDPOINTS", w.endpoints()))
			w.mustApplied(test.pulls)
			if p := w.plan(w.engine()); len(p.Pulls) > 0 {
				t.Errorf("then there is to do\n%s", reasons(p))
			}
			if n := len(w.files("out/new")); n != 6 {
				t.Errorf("%d files are at the new path, want 6", n)
			}
		})
	}
}

// mustApplied applies, and holds how many pulls have been carried out.
func (w *world) mustApplied(finished int) {
	w.t.Helper()
	if s := w.apply(); len(s.Failed) > 0 || s.Finished != finished {
		w.t.Fatalf("%d finished, want %d: %+v", s.Finished, finished, s.Failed)
	}
}

// settled holds that a plan has nothing to do, that what is held is where it says
// and intact, and that below out there is nothing else.
func (w *world) settled(when string) {
	w.t.Helper()
	e := w.engine()
	if p := w.plan(e); len(p.Pulls)+len(p.Orphans) > 0 {
		w.t.Errorf("%s the plan has %d orphans and\n%s", when, len(p.Orphans), reasons(p))
	}
	places := map[string]bool{}
	keys, err := e.archive.Keys(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, key := range keys {
		l, err := e.archive.Ledger(w.t.Context(), key)
		if err != nil {
			w.t.Fatal(err)
		}
		for h := range l.Held() {
			places[strings.TrimPrefix(h.Place.Text(), "out/")] = true
		}
		if len(l.Left) > 0 {
			w.t.Errorf("%s something is left: %+v", when, l.Left)
		}
	}
	if v, bad := w.verify(e); v.Good != int64(len(places)) {
		w.t.Errorf("%s %d of %d files are good: %+v", when, v.Good, len(places), bad)
	}
	if got, want := slices.Sorted(maps.Keys(w.files("out"))), slices.Sorted(maps.Keys(places)); !slices.Equal(got, want) {
		w.t.Errorf("%s the files are %q, held are %q", when, got, want)
	}
}

// onlyMoves holds that a plan relocates and does nothing else.
func (w *world) onlyMoves(moves int) *plan.Plan {
	w.t.Helper()
	p := w.plan(w.engine())
	for i := range p.Pulls {
		if !p.Pulls[i].Relocates() {
			w.t.Fatalf("the plan is\n%s", reasons(p))
		}
	}
	if len(p.Pulls) != moves || len(p.Orphans) > 0 || p.Estimate != nil && p.Estimate.Requests > 0 {
		w.t.Fatalf("%d are relocated, want %d; %d orphans, %+v\n%s", len(p.Pulls), moves, len(p.Orphans), p.Estimate, reasons(p))
	}
	return p
}

// folders returns the files below out with their folder replaced.
func folders(files map[string]string, to map[string]string) map[string]string {
	moved := map[string]string{}
	for name, content := range files {
		folder, file, _ := strings.Cut(name, "/")
		if other, ok := to[folder]; ok {
			folder = other
		}
		moved[folder+"/"+file] = content
	}
	return moved
}

// A path that changes moves what is held, and nothing is fetched: also in a chain,
// when two change places, and in circles.
func TestRelocated(t *testing.T) {
	for _, test := range []struct {
		name, folders string
		to            map[string]string
		moves, via    int
	}{
		{"elsewhere", `one = "x", two = "y", three = "z"`, map[string]string{"a": "x", "b": "y", "c": "z"}, 6, 0},
		{"one", `one = "a", two = "b", three = "z"`, map[string]string{"c": "z"}, 2, 0},
		{"a chain", `one = "b", two = "c", three = "d"`, map[string]string{"a": "b", "b": "c", "c": "d"}, 6, 0},
		{"a chain the other way", `one = "z", two = "a", three = "b"`, map[string]string{"a": "z", "b": "a", "c": "b"}, 6, 0},
		{"two change places", `one = "b", two = "a", three = "c"`, map[string]string{"a": "b", "b": "a"}, 4, 2},
		{"a circle of three", `one = "b", two = "c", three = "a"`, map[string]string{"a": "b", "b": "c", "c": "a"}, 6, 2},
		{"a circle of three the other way", `one = "c", two = "a", three = "b"`, map[string]string{"a": "c", "b": "a", "c": "b"}, 6, 2},
		{"case alone", `one = "A", two = "b", three = "c"`, map[string]string{"a": "A"}, 2, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := movableWorld(t)
			want := folders(w.files("out"), test.to)
			w.edit("main.rf.hcl", `one = "a", two = "b", three = "c"`, test.folders)
			offline(w)
			via := 0
			for _, pull := range w.onlyMoves(test.moves).Pulls {
				if o := pull.Outputs[0]; o.Via != "" {
					via++
				}
			}
			if via != test.via {
				t.Errorf("%d go aside, want %d", via, test.via)
			}
			w.mustApplied(test.moves)
			if diff := cmp.Diff(want, w.files("out")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			w.settled("afterwards")
			taken := slices.Collect(maps.Values(test.to))
			for from := range test.to {
				_, err := os.Stat(filepath.Join(w.dir, "out", from))
				if (err == nil) != slices.Contains(taken, from) {
					t.Errorf("the folder %s, of which the files are taken elsewhere: %v", from, err)
				}
			}
		})
	}
}

// To another file system what is held is copied.
func TestRelocatedToAnotherFileSystem(t *testing.T) {
	dir, err := os.MkdirTemp("/dev/shm", "reportform-test-")
	if err != nil {
		t.Skip("/dev/shm cannot be written: a move from one file system to another needs a second one")
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	w := movableWorld(t)
	want := w.files("out")
	if os.Link(filepath.Join(w.dir, "main.rf.hcl"), filepath.Join(dir, "x")) == nil {
		t.Skip("/dev/shm is on the file system of the temporary directory: a move to another needs a second one")
	}
	w.edit("main.rf.hcl", `"out/`, `"`+filepath.ToSlash(dir)+"/")
	offline(w)
	w.onlyMoves(6)
	w.mustApplied(6)
	if left := w.files("out"); len(left) > 0 {
		t.Errorf("%d files are left", len(left))
	}
	for name, content := range want {
		if data, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(data) != content {
			t.Errorf("%s: %v", name, err)
		}
	}
	if p := w.plan(w.engine()); len(p.Pulls)+len(p.Orphans) > 0 {
		t.Errorf("then the plan is\n%s", reasons(p))
	}
	if v, bad := w.verify(w.engine()); v.Good != 6 {
		t.Errorf("%+v", bad)
	}
	// And back, by two that change places.
	w.edit("main.rf.hcl", `"`+filepath.ToSlash(dir)+"/", `"out/`)
	w.edit("main.rf.hcl", `one = "a", two = "b"`, `one = "b", two = "a"`)
	w.mustApplied(6)
	if diff := cmp.Diff(folders(want, map[string]string{"a": "b", "b": "a"}), w.files("out")); diff != "" {
		t.Error(diff)
	}
	w.settled("and back")
}

// Outputs of one report change places too, and what is made from one of them in
// the same plan is made from where it is then. What the service has no longer
// moves as well.
func TestRelocatedOutputs(t *testing.T) {
	w := fullArchive(t)
	w.now = w.now.AddDate(1, 0, 0) // nothing of it can be had any more
	w.write("main.rf.hcl", strings.NewReplacer("ENDPOINTS", w.endpoints(), `from  = "2026-11-21"`, "from  = \"2026-11-21\"\n  to = \"2026-11-23\"").Replace(archiveConfig))
	w.settled("a year later")
	before := w.files("out")
	w.edit("main.rf.hcl", "label}.ndjson", "label}.x")
	w.edit("main.rf.hcl", "label}.csv", "label}.ndjson")
	w.edit("main.rf.hcl", "label}.x", "label}.csv")
	w.onlyMoves(12)
	w.edit("main.rf.hcl", "output.csv.bi]", "output.csv.bi, output.xml.new]")
	w.write("more.rf.hcl", "output \"xml\" \"new\" {\n path = \"out/${pull.tenant.id}/${pull.window.label}.xml\"\n}\n")
	offline(w)
	p := w.plan(w.engine())
	made := 0
	for _, pull := range p.Pulls {
		if pull.Source != nil {
			made++
			if !strings.HasSuffix(pull.Source.Place.Text(), ".csv") {
				t.Errorf("made from %s", pull.Source.Place)
			}
		}
	}
	if made != 6 || len(p.Pulls) != 18 || len(p.Lost) > 0 {
		t.Fatalf("%d lost\n%s", len(p.Lost), reasons(p))
	}
	w.mustApplied(18)
	after := w.files("out")
	for name, content := range before {
		other := strings.NewReplacer(".ndjson", ".csv", ".csv", ".ndjson").Replace(name)
		if after[other] != content {
			t.Errorf("%s is not what %s was", other, name)
		}
	}
	w.settled("afterwards")
}

// After a move of an address the path is another one, and what it led to goes there.
func TestRelocatedAfterMove(t *testing.T) {
	w := movableWorld(t)
	w.edit("main.rf.hcl", "${pull.tenant.labels.folder}", "${pull.tenant.name}")
	w.mustApplied(6)
	w.edit("main.rf.hcl", `two = "b"`, `zwei = "b"`)
	w.edit("main.rf.hcl", `${each.key}.example`, `${each.key == "zwei" ? "two" : each.key}.example`)
	w.move(`tenant.t["two"]`, `tenant.t["zwei"]`)
	before := w.files("out")
	offline(w)
	w.onlyMoves(2)
	w.mustApplied(2)
	if diff := cmp.Diff(folders(before, map[string]string{"two": "zwei"}), w.files("out")); diff != "" {
		t.Error(diff)
	}
	w.settled("afterwards")
	// An output that is named in its path.
	w.edit("main.rf.hcl", `"ndjson" "lake"`, `"ndjson" "pool"`)
	w.edit("main.rf.hcl", `ndjson.lake`, `ndjson.pool`)
	w.edit("main.rf.hcl", `out/${pull`, `out/pool-${pull`)
	w.move("output.ndjson.lake", "output.ndjson.pool")
	w.onlyMoves(6)
	w.mustApplied(6)
	w.settled("after the output's move")
}

// A file that is nobody's is not replaced: that fails, and says what to do. So
// does everything that waits for its place.
func TestRelocatedMeetsAForeignFile(t *testing.T) {
	w := movableWorld(t)
	w.edit("main.rf.hcl", `one = "a", two = "b", three = "c"`, `one = "b", two = "c", three = "d"`)
	w.write("out/d/2026-11-20.ndjson", "mine\n")
	before := w.files("out")
	s := w.apply()
	if len(s.Failed) != 3 || s.Finished != 3 {
		t.Fatalf("%d done, failed %+v", s.Finished, s.Failed)
	}
	for _, f := range s.Failed {
		say := "is not free yet"
		if f.Pull.Tenant == `tenant.t["three"]` {
			say = "another file is at out/d/2026-11-20.ndjson, and is not replaced"
		}
		if !strings.Contains(f.Failure.Message, say) {
			t.Errorf("%s fails with %s", f.Pull.Tenant, f.Failure.Message)
		}
	}
	after := w.files("out")
	for _, folder := range []string{"a", "b", "c", "d"} {
		if name := folder + "/2026-11-20.ndjson"; after[name] != before[name] {
			t.Errorf("%s has changed", name)
		}
	}
	if err := os.Remove(filepath.Join(w.dir, "out/d/2026-11-20.ndjson")); err != nil {
		t.Fatal(err)
	}
	w.onlyMoves(3)
	w.mustApplied(3)
	w.settled("afterwards")
}

// What is to be fetched to where a file is that cannot go waits for it.
func TestPullWaitsForItsPlace(t *testing.T) {
	w := movableWorld(t)
	w.edit("main.rf.hcl", `one = "a", two = "b", three = "c"`, `one = "x", two = "b", three = "c", four = "a"`)
	w.write("out/x/2026-11-20.ndjson", "mine\n")
	before := w.files("out")
	s := w.apply()
	if len(s.Failed) != 2 || s.Finished != 2 || !strings.Contains(s.Failed[1].Failure.Message, "out/a/2026-11-20.ndjson is not free") || s.Failed[1].Pull.Tenant != `tenant.t["four"]` {
		t.Fatalf("%d done, failed %+v", s.Finished, s.Failed)
	}
	after := w.files("out")
	if after["a/2026-11-20.ndjson"] != before["a/2026-11-20.ndjson"] || after["x/2026-11-21.ndjson"] != before["a/2026-11-21.ndjson"] {
		t.Error("a file was replaced before it was moved")
	}
	if err := os.Remove(filepath.Join(w.dir, "out/x/2026-11-20.ndjson")); err != nil {
		t.Fatal(err)
	}
	w.mustApplied(2)
	w.settled("afterwards")
}

// What is not as it was written, or gone, is fetched to its new place; what
// somebody has moved there is taken.
func TestRelocatedAsItWasWritten(t *testing.T) {
	w := movableWorld(t)
	before := w.files("out")
	w.edit("main.rf.hcl", `one = "a"`, `one = "x"`)
	w.edit("main.rf.hcl", `two = "b"`, `two = "y"`)
	w.write("out/a/2026-11-20.ndjson", "changed\n")
	for _, err := range []error{
		os.Remove(filepath.Join(w.dir, "out/a/2026-11-21.ndjson")),
		os.Rename(filepath.Join(w.dir, "out/b"), filepath.Join(w.dir, "out/y")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	want := `tenant.t["one"] report.sign_ins.r 2026-11-20 out/x/2026-11-20.ndjson:altered
tenant.t["one"] report.sign_ins.r 2026-11-21 out/x/2026-11-21.ndjson:missing
tenant.t["two"] report.sign_ins.r 2026-11-20 out/y/2026-11-20.ndjson:relocated
tenant.t["two"] report.sign_ins.r 2026-11-21 out/y/2026-11-21.ndjson:relocated
`
	if diff := cmp.Diff(want, reasons(w.plan(w.engine()))); diff != "" {
		t.Fatal(diff)
	}
	w.mustApplied(4)
	if after := w.files("out"); after["x/2026-11-20.ndjson"] != before["a/2026-11-20.ndjson"] || after["a/2026-11-20.ndjson"] != "changed\n" {
		t.Error("the file that was changed is not the only one that stays")
	}
	// The plan says of it that it is left.
	if p := w.plan(w.engine()); len(p.Pulls) > 0 || len(p.Orphans) != 2 || p.Orphans[0].Why != "path" {
		t.Errorf("%+v\n%s", p.Orphans, reasons(p))
	}
}

// What was cut off at any step is completed by the next plan: put there, or
// recorded, or emptied.
func TestRelocatedIsCompleted(t *testing.T) {
	for _, test := range []struct {
		name string
		do   func(w *world)
	}{
		{"put there", func(w *world) { w.link("out/a/2026-11-20.ndjson", "out/x/2026-11-20.ndjson") }},
		{"put there in part, as a temporary file", func(w *world) { w.write("out/x/.reportform-ABC.tmp", "{") }},
		{"recorded", func(w *world) {
			w.link("out/a/2026-11-20.ndjson", "out/x/2026-11-20.ndjson")
			w.relocateEntry("out/a/2026-11-20.ndjson", "out/x/2026-11-20.ndjson")
			x, err := w.engine().Explain(w.t.Context(), "out/a/2026-11-20.ndjson")
			if err != nil || len(x.Origins) != 1 || x.Origins[0].Left == nil || !x.Origins[0].Left.Relocated || x.Origins[0].Orphan != "" {
				w.t.Errorf("explain says %+v, %v", x, err)
			}
		}},
		{"emptied", func(w *world) {
			w.link("out/a/2026-11-20.ndjson", "out/x/2026-11-20.ndjson")
			w.relocateEntry("out/a/2026-11-20.ndjson", "out/x/2026-11-20.ndjson")
			if err := os.Remove(filepath.Join(w.dir, "out/a/2026-11-20.ndjson")); err != nil {
				w.t.Fatal(err)
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := movableWorld(t)
			want := folders(w.files("out"), map[string]string{"a": "x"})
			w.edit("main.rf.hcl", `one = "a"`, `one = "x"`)
			test.do(w)
			offline(w)
			w.onlyMoves(2)
			w.mustApplied(2)
			got := w.files("out")
			delete(got, "x/.reportform-ABC.tmp")
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if p := w.plan(w.engine()); len(p.Pulls)+len(p.Orphans) > 0 {
				t.Errorf("then the plan has %d orphans and\n%s", len(p.Orphans), reasons(p))
			}
		})
	}
}

// link gives a file a second name.
func (w *world) link(from, to string) {
	w.t.Helper()
	to = filepath.Join(w.dir, to)
	err := os.MkdirAll(filepath.Dir(to), 0o755)
	if err == nil {
		err = os.Link(filepath.Join(w.dir, from), to)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// relocateEntry records that the entry of a place is at another one.
func (w *world) relocateEntry(from, to place.Place) {
	w.t.Helper()
	e := w.engine()
	keys, err := e.archive.Keys(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, key := range keys {
		err := e.ledgers.Update(w.t.Context(), key, func(l *ledger.Ledger) {
			for h := range l.Held() {
				if h.Place == from {
					l.Relocate(h, to, h.Modified)
					return
				}
			}
		})
		if err != nil {
			w.t.Fatal(err)
		}
	}
}

// A slice that is to be read again is moved first, and then read.
func TestRelocatedAndReadAgain(t *testing.T) {
	w := newWorld(t, nil)
	w.write("main.rf.hcl", strings.NewReplacer("ENDPOINTS", w.endpoints(), `to    = "2026-11-22"`, `open = true`, `one = "a", two = "b", three = "c"`, `one = "a"`).Replace(movable))
	s := w.apply()
	w.edit("main.rf.hcl", `one = "a"`, `one = "x"`)
	p := w.plan(w.engine())
	moves, open := 0, 0
	for i := range p.Pulls {
		switch {
		case p.Pulls[i].Relocates():
			moves++
		case p.Pulls[i].Outputs[0].Reason == plan.Open:
			open++
		}
	}
	if moves != s.Finished || open == 0 || moves+open != len(p.Pulls) {
		t.Fatalf("%d are held\n%s", s.Finished, reasons(p))
	}
	w.mustApplied(moves + open)
	if files := w.files("out"); len(files) != s.Finished || len(folders(files, nil)) != len(files) {
		t.Errorf("the files are %v", slices.Sorted(maps.Keys(files)))
	}
	for name := range w.files("out") {
		if !strings.HasPrefix(name, "x/") {
			t.Errorf("%s is left", name)
		}
	}
}

// A saved plan relocates as a fresh one does, in an executor of any kind, and
// with -refresh=false without looking.
func TestRelocatedByPlainData(t *testing.T) {
	w := movableWorld(t)
	want := folders(w.files("out"), map[string]string{"a": "b", "b": "c", "c": "a"})
	w.edit("main.rf.hcl", `one = "a", two = "b", three = "c"`, `one = "b", two = "c", three = "a"`)
	e := w.engine()
	p, err := e.Plan(t.Context(), PlanOptions{TrustLedgers: true})
	if err != nil || len(p.Pulls) != 6 {
		t.Fatalf("%v\n%s", err, reasons(p))
	}
	var saved strings.Builder
	if err := plan.Write(&saved, p); err != nil {
		t.Fatal(err)
	}
	if p, err = plan.Read(strings.NewReader(saved.String())); err != nil {
		t.Fatal(err)
	}
	s, err := e.Apply(t.Context(), p, ApplyOptions{Executor: scattered{w.engine}})
	if err != nil || len(s.Failed) > 0 || s.Finished != 6 || s.Bytes != 0 {
		t.Fatalf("%+v, %v", s, err)
	}
	if diff := cmp.Diff(want, w.files("out")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	w.settled("afterwards")
	// What it says is done already.
	if s, err = e.Apply(t.Context(), p, ApplyOptions{}); err != nil || s.Skipped != 6 {
		t.Errorf("again: %+v, %v", s, err)
	}
}

// Two that apply at once move everything once, and nothing is lost.
func TestRelocatedByTwo(t *testing.T) {
	w := movableWorld(t)
	want := folders(w.files("out"), map[string]string{"a": "x", "b": "y", "c": "z"})
	w.edit("main.rf.hcl", `one = "a", two = "b", three = "c"`, `one = "x", two = "y", three = "z"`)
	engines := []*Engine{w.engine(), w.engine()}
	p := w.plan(engines[0])
	var both sync.WaitGroup
	for _, e := range engines {
		both.Go(func() {
			s, err := e.Apply(t.Context(), p, ApplyOptions{})
			if err != nil || len(s.Failed) > 0 || s.Finished+s.Skipped != 6 {
				t.Errorf("%+v, %v", s, err)
			}
		})
	}
	both.Wait()
	if diff := cmp.Diff(want, w.files("out")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	w.settled("afterwards")
}
