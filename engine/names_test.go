package engine

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/internal/place"
	"github.com/reportform/reportform/outputs"
	"github.com/reportform/reportform/outputs/all"
	"github.com/reportform/reportform/outputs/outputstest"
)

// twins are two tenants whose names differ in nothing but case.
const twins = `
tenant "t" {
  for_each = { Contoso = "one", contoso = "two" }
  id       = "${each.value}.example"
  cloud    = "sandbox"
  ENDPOINTS
}
window "daily" {
  every = "1d"
  from  = "2026-11-20"
  to    = "2026-11-22"
}
output "ndjson" "lake" {
  path = "out/${pull.tenant.name}/${pull.window.label}.ndjson"
}
report "sign_ins" "r" {
  window  = window.daily
  outputs = [output.ndjson.lake]
}
`

// Two names that only another system takes for one are a warning, one of an
// output; here they are two files, today as ever.
func TestNamesThatAreOneElsewhere(t *testing.T) {
	w := newWorld(t, nil)
	w.write("main.rf.hcl", strings.ReplaceAll(twins, "ENDPOINTS", w.endpoints()))
	w.write("out/Name", "")
	if _, err := os.Stat(filepath.Join(w.dir, "out/name")); err == nil {
		t.Skip("this needs a file system that tells out/Name from out/name, and this one does not: TestNamesThatAreOne tries what happens then")
	}
	if err := os.Remove(filepath.Join(w.dir, "out/Name")); err != nil {
		t.Fatal(err)
	}
	p := w.plan(w.engine())
	if len(p.Warnings) != 1 || p.Warnings[0].Output != "output.ndjson.lake" || !strings.Contains(p.Warnings[0].Text, "out/Contoso/2026-11-20.ndjson and out/contoso/2026-11-20.ndjson are two files here") ||
		!strings.HasSuffix(p.Warnings[0].Text, "And 1 more like this one.") {
		t.Errorf("the warnings are %+v", p.Warnings)
	}
	w.mustApplied(4)
	w.settled("applied")
	if p := w.plan(w.engine()); len(p.Warnings) > 0 {
		t.Errorf("what is held is warned of: %+v", p.Warnings)
	}
}

// So are two forms of one letter, in the name of a file.
func TestFormsThatAreOneElsewhere(t *testing.T) {
	w := newWorld(t, nil)
	w.write("main.rf.hcl", strings.ReplaceAll(twins, "ENDPOINTS", w.endpoints()))
	w.edit("main.rf.hcl", `Contoso = "one", contoso = "two"`, `one = "one", two = "two"`)
	w.edit("main.rf.hcl", `${pull.tenant.name}/`, "${pull.tenant.name == \"one\" ? \"STRASSE\" : \"stra\u00dfe\"}-")
	if p := w.plan(w.engine()); len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0].Text, "are two files here") {
		t.Errorf("the warnings are %+v", p.Warnings)
	}
	w.mustApplied(4)
	w.settled("applied")
}

// What Windows drops, reserves or does not have is a warning too, one of an output.
func TestNamesThatWindowsLacks(t *testing.T) {
	w := newWorld(t, nil)
	w.write("main.rf.hcl", strings.ReplaceAll(twins, "ENDPOINTS", w.endpoints()))
	w.edit("main.rf.hcl", `Contoso = "one", contoso = "two"`, `con = "one", lpt1 = "two"`)
	if p := w.plan(w.engine()); len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0].Text, `out/con/2026-11-20.ndjson has the name "con", which is a device on Windows.`) {
		t.Errorf("the warnings are %+v", p.Warnings)
	}
	w.mustApplied(4)
	w.settled("applied")
}

// A name that is too long is said before anything is asked for, and so is a path.
func TestNamesThatAreTooLong(t *testing.T) {
	w := newWorld(t, nil)
	w.write("main.rf.hcl", strings.ReplaceAll(twins, "ENDPOINTS", w.endpoints()))
	w.mustApplied(4)
	w.edit("main.rf.hcl", `Contoso = "one"`, strings.Repeat("x", 300)+` = "one"`)
	requests := strings.Count(w.log.String(), "signIns")
	for _, say := range []string{"has a name of 300 bytes", "needs a path of"} {
		_, err := w.engine().Plan(t.Context(), PlanOptions{})
		var diags hcl.Diagnostics
		if !errors.As(err, &diags) || len(diags) != 2 || diags[0].Summary != "Path not possible" || !strings.Contains(diags[0].Detail, say) || diags[0].Subject == nil {
			t.Errorf("%v, want %s", err, say)
		}
		if say == "needs a path of" {
			break
		}
		w.edit("main.rf.hcl", strings.Repeat("x", 300)+` = "one", contoso = "two"`, `other = "one"`)
		w.edit("main.rf.hcl", `out/${pull.tenant.name}/`, strings.Repeat(strings.Repeat("d", 200)+"/", 21)+`${pull.tenant.name}/`)
	}
	if got := strings.Count(w.log.String(), "signIns"); got != requests {
		t.Errorf("%d requests were made", got-requests)
	}
}

// A folder that is a file fails a pull before anything is asked for, and no other.
func TestFolderThatIsAFile(t *testing.T) {
	w := newWorld(t, nil)
	w.write("main.rf.hcl", strings.ReplaceAll(twins, "ENDPOINTS", w.endpoints()))
	w.edit("main.rf.hcl", "Contoso =", "fabrikam =")
	w.write("out/contoso", "a file")
	s := w.apply()
	if len(s.Failed) != 2 || s.Finished != 2 || !strings.Contains(s.Failed[0].Failure.Message, "out/contoso is a file, not a directory") || s.Failed[0].Stats.Requests > 0 {
		t.Errorf("%d done, failed %+v", s.Finished, s.Failed)
	}
}

// shelf is a toy output whose places are names that may fold.
type shelf struct {
	outputstest.Memory

	folds bool
}

func (s *shelf) Decode(b *outputs.Block) (outputs.Output, hcl.Diagnostics) {
	_, diags := s.Memory.Decode(b)
	return s, diags
}

func (s *shelf) Key(p place.Place) place.Place { return place.Place(strings.ToLower(string(p))) }

func (s *shelf) Name(p place.Place) place.Place {
	if s.folds {
		return s.Key(p)
	}
	return p
}

func (s *shelf) Alike(a, b place.Place) bool { return s.Name(a) == s.Name(b) }

// Where two names are one the plan is refused, unless both are held.
func TestNamesThatAreOne(t *testing.T) {
	w := newWorld(t, nil)
	w.formats = all.Registry()
	s := &shelf{}
	w.formats["memory"] = s
	w.write("main.rf.hcl", strings.ReplaceAll(twins, "ENDPOINTS", w.endpoints()))
	w.edit("main.rf.hcl", "output \"ndjson\" \"lake\" {\n  path = \"out/${pull.tenant.name}/${pull.window.label}.ndjson\"\n}", "output \"memory\" \"lake\" {\n}")
	w.edit("main.rf.hcl", "output.ndjson.lake", "output.memory.lake")
	s.folds = true
	_, err := w.engine().Plan(t.Context(), PlanOptions{})
	var diags hcl.Diagnostics
	if !errors.As(err, &diags) || len(diags) != 2 || diags[0].Summary != "Two pulls lead to one place" || !strings.Contains(diags[0].Detail, "memory:Contoso r 2026-11-20 and memory:contoso r 2026-11-20 are two names of one place here") {
		t.Fatalf("%v", err)
	}
	// One tenant alone meets the other one too, which is declared and not asked for.
	if _, err := w.engine().Plan(t.Context(), PlanOptions{Tenants: []string{"Contoso"}}); err == nil {
		t.Error("a narrowed plan is not refused")
	}
	s.folds = false
	w.mustApplied(4)
	s.folds = true // the disk is mounted elsewhere
	if p := w.plan(w.engine()); len(p.Pulls) > 0 || len(p.Warnings) > 0 {
		t.Errorf("of what is held the plan says %+v\n%s", p.Warnings, reasons(p))
	}
	s.Drop(place.New("memory", "memory:contoso", "r 2026-11-21"))
	if _, err := w.engine().Plan(t.Context(), PlanOptions{}); err == nil || !strings.Contains(err.Error(), "2026-11-21") {
		t.Errorf("what would take the place of what is held: %v", err)
	}
}

// Prune deletes nothing under one name of what another one holds, or leads to.
func TestPruneKnowsNames(t *testing.T) {
	for _, folds := range []bool{true, false} {
		w := newWorld(t, nil)
		w.formats = all.Registry()
		s := &shelf{}
		w.formats["memory"] = s
		w.write("main.rf.hcl", strings.ReplaceAll(twins, "ENDPOINTS", w.endpoints()))
		w.edit("main.rf.hcl", "output \"ndjson\" \"lake\" {\n  path = \"out/${pull.tenant.name}/${pull.window.label}.ndjson\"\n}", "output \"memory\" \"lake\" {\n}")
		w.edit("main.rf.hcl", "output.ndjson.lake", "output.memory.lake")
		w.mustApplied(4)
		s.folds = folds
		w.edit("main.rf.hcl", `Contoso = "one", contoso = "two"`, `contoso = "two"`)
		p, err := w.engine().Plan(t.Context(), PlanOptions{Prune: true, Allow: []plan.HazardKind{plan.RemovesTenant}})
		if err != nil || len(p.Deletions) != 2 || len(p.Pulls) > 0 {
			t.Fatalf("%v %+v\n%s", err, p.Deletions, reasons(p))
		}
		s.Drop(place.New("memory", "memory:contoso", "r 2026-11-20")) // which is looked at no more
		key := ledger.Key{Tenant: `tenant.t["contoso"]`, Report: "report.sign_ins.r"}
		e := w.engine()
		err = e.ledgers.Update(t.Context(), key, func(l *ledger.Ledger) {
			from := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
			l.Forget("output.memory.lake", from, from.AddDate(0, 0, 1), place.New("memory", "memory:contoso", "r 2026-11-20"))
		})
		if err != nil {
			t.Fatal(err)
		}
		p.Pulls = nil
		summary, err := e.Apply(t.Context(), p, ApplyOptions{Allow: []plan.HazardKind{plan.RemovesTenant}})
		if err != nil {
			t.Fatal(err)
		}
		_, held := s.Slices()[place.New("memory", "memory:Contoso", "r 2026-11-21")]
		_, wanted := s.Slices()[place.New("memory", "memory:Contoso", "r 2026-11-20")]
		if held != folds || wanted != folds || len(summary.Pruned) != map[bool]int{true: 1, false: 2}[folds] ||
			(summary.Kept != nil) != folds || folds && !strings.Contains(summary.Kept.Error(), "under the name memory:contoso r 2026-11-20") {
			t.Errorf("folding %v: held stays %v, wanted stays %v, %d pruned, %v", folds, held, wanted, len(summary.Pruned), summary.Kept)
		}
	}
}

// foldingWorld is a world in a folder of a file system that folds cases.
func foldingWorld(t *testing.T) *world {
	t.Helper()
	base := os.Getenv("REPORTFORM_TEST_FOLDING")
	if base == "" {
		t.Skip("this needs a folder of a file system that folds cases, which takes a mount: name one in REPORTFORM_TEST_FOLDING")
	}
	w := newWorld(t, nil)
	var err error
	if w.dir, err = os.MkdirTemp(base, "world"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(w.dir) })
	return w
}

// On a real file system that folds cases two names are refused, and a change of
// case alone loses nothing.
func TestFoldingFileSystem(t *testing.T) {
	w := foldingWorld(t)
	w.write("main.rf.hcl", strings.ReplaceAll(twins, "ENDPOINTS", w.endpoints()))
	if _, err := w.engine().Plan(t.Context(), PlanOptions{}); err == nil || !strings.Contains(err.Error(), "Two pulls lead to one place") {
		t.Errorf("%v", err)
	}
	w.edit("main.rf.hcl", `Contoso = "one", contoso = "two"`, `contoso = "two"`)
	w.mustApplied(2)
	before := w.files("out")
	for _, path := range []string{"OUT/${pull.tenant.name}/", "OUT/${upper(pull.tenant.name)}/", "out/${pull.tenant.name}/x-"} {
		current := w.files(".")["main.rf.hcl"]
		start := strings.Index(current, `path = "`) + len(`path = "`)
		end := start + strings.Index(current[start:], "${pull.window")
		w.edit("main.rf.hcl", current[start:end], path)
		for _, pull := range w.onlyMoves(2).Pulls {
			if o := pull.Outputs[0]; (o.Via != "") == strings.HasSuffix(path, "x-") {
				t.Errorf("to %s by %q", o.Place, o.Via)
			}
		}
		w.mustApplied(2)
		if p := w.plan(w.engine()); len(p.Pulls)+len(p.Orphans) > 0 {
			t.Errorf("then the plan is\n%s", reasons(p))
		}
		if v, bad := w.verify(w.engine()); v.Good != 2 {
			t.Errorf("%d are good: %+v", v.Good, bad)
		}
	}
	after := w.files("out")
	if len(after) != len(before) || !slices.Equal(slices.Sorted(maps.Values(after)), slices.Sorted(maps.Values(before))) {
		t.Errorf("the files are %q", slices.Sorted(maps.Keys(after)))
	}
}
