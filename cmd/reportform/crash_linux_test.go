//go:build amd64 && !race

package main

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestKilledAtEveryFaultPoint kills apply before and after every system call
// that changes a file or takes a lock, one run for each. At once there is no
// file that is not whole; after another apply everything is as after a run that
// was not killed, and a plan has nothing to do.
func TestKilledAtEveryFaultPoint(t *testing.T) {
	t.Parallel()
	url := startSandbox(t, 60)
	t.Run("new", func(t *testing.T) {
		t.Parallel()
		killEverywhere(t, newLab(t, url, "", crashConfig), step(1),
			"create ./out/r/#", "write ./out/r/#", "sync ./out/r/#", "link ./out/r/one-", "sync ./out/r", "mkdir ./",
			"lock ./.reportform/state/*", "create ./.reportform/state/report.sign_ins.r/#", "write ./.reportform/state/report.sign_ins.r/#",
			"sync ./.reportform/state/report.sign_ins.r/#", "link ./.reportform/state/report.sign_ins.r/tenant.t", "rename ./.reportform/state/report.sign_ins.r/tenant.t", "sync ./.reportform/state/report.sign_ins.r")
	})
	// A file system whose files always have a name.
	t.Run("named", func(t *testing.T) {
		t.Parallel()
		l := newLab(t, url, "", crashConfig)
		l.lacks, l.errno = regexp.MustCompile(`^create .*/#$`), unix.EOPNOTSUPP
		killEverywhere(t, l, step(2))
	})
	// A file system without links: files without a name are copied.
	t.Run("without links", func(t *testing.T) {
		t.Parallel()
		l := newLab(t, url, "", crashConfig)
		l.lacks, l.errno = regexp.MustCompile(`^link `), unix.EPERM
		killEverywhere(t, l, step(4))
	})
	// What is changed replaces what is there.
	t.Run("changed", func(t *testing.T) {
		t.Parallel()
		l := newLab(t, url, "", crashConfig)
		l.expect(0, "apply", "-auto-approve")
		l.write("main.rf.hcl", strings.Replace(l.files(".")["main.rf.hcl"], "window  = window.daily", "window  = window.daily\n  filter  = \"status/errorCode ne 0\"", 1))
		killEverywhere(t, l, step(3))
	})
	// What is no longer declared is deleted, forgotten and logged.
	t.Run("pruned", func(t *testing.T) {
		t.Parallel()
		l := newLab(t, url, "", crashConfig)
		l.expect(0, "apply", "-auto-approve")
		l.write("main.rf.hcl", strings.Replace(l.files(".")["main.rf.hcl"], "[output.json.a, output.csv.b]", "[output.json.a]", 1))
		l.apply = append(l.apply, "-prune")
		killEverywhere(t, l, step(3))
	})
	// What is added is made from the files that are there.
	t.Run("derived", func(t *testing.T) {
		t.Parallel()
		l := newLab(t, url, "", crashConfig)
		both := l.files(".")["main.rf.hcl"]
		l.write("main.rf.hcl", strings.Replace(both, "[output.json.a, output.csv.b]", "[output.json.a]", 1))
		l.expect(0, "apply", "-auto-approve")
		l.write("main.rf.hcl", both)
		killEverywhere(t, l, step(4))
	})
	// What is held goes to other paths: to new ones, around a circle, and to another
	// file system.
	t.Run("relocated", func(t *testing.T) {
		t.Parallel()
		l := newLab(t, url, "", crashConfig)
		l.expect(0, "apply", "-auto-approve")
		l.write("main.rf.hcl", strings.ReplaceAll(l.files(".")["main.rf.hcl"], `"out/`, `"out/new/`))
		l.moves = true
		killEverywhere(t, l, step(2), "link ./out/new/", "sync ./out/new", "unlink ./out/r/one-", "rename ./.reportform/state/report.sign_ins.r/tenant.t")
	})
	t.Run("relocated in circles", func(t *testing.T) {
		t.Parallel()
		l := newLab(t, url, "", crashConfig)
		l.expect(0, "apply", "-auto-approve")
		l.write("main.rf.hcl", crashCircle(l.files(".")["main.rf.hcl"]))
		l.moves = true
		killEverywhere(t, l, step(1), "link ./out/r/.reportform-", "unlink ./out/r/.reportform-", "link ./out/r/one-", "unlink ./out/r/one-")
	})
	// A file system without links: what is moved is copied.
	t.Run("relocated by copies", func(t *testing.T) {
		t.Parallel()
		l := newLab(t, url, "", crashConfig)
		l.expect(0, "apply", "-auto-approve")
		l.write("main.rf.hcl", crashCircle(l.files(".")["main.rf.hcl"]))
		l.moves = true
		l.lacks, l.errno = regexp.MustCompile(`^link `), unix.EPERM
		killEverywhere(t, l, step(4))
	})
	// The ledger has as many entries as its head holds, and the next go to pages.
	t.Run("first page", func(t *testing.T) {
		t.Parallel()
		l := newLab(t, url, "", pageConfig)
		l.seed(0, ledgerHead)
		killEverywhere(t, l, step(1), "link ./.reportform/state/report.sign_ins.r/tenant.one/*", "rename ./.reportform/state/report.sign_ins.r/tenant.one.json")
	})
	t.Run("replaced page", func(t *testing.T) {
		t.Parallel()
		l := newLab(t, url, "", pageConfig)
		l.seed(0, ledgerHead+1)
		l.seed(ledgerHead+1, ledgerHead)
		killEverywhere(t, l, step(1), "link ./.reportform/state/report.sign_ins.r/tenant.one/*", "unlink ./.reportform/state/report.sign_ins.r/tenant.one/*")
	})
}

// crashCircle changes the paths of crashConfig so that three files take each
// other's places, for each slice: two of one tenant and one of another.
func crashCircle(config string) string {
	return strings.NewReplacer(
		`${pull.tenant.name}-${pull.window.label}.json`, `${pull.tenant.name == "one" ? "two-${pull.window.label}.json" : "one-${pull.window.label}.csv"}`,
		`${pull.tenant.name}-${pull.window.label}.csv`, `${pull.tenant.name == "one" ? "one-${pull.window.label}.json" : "two-${pull.window.label}.csv"}`,
	).Replace(config)
}

// tracedApply applies and returns the calls that change files.
func tracedApply(t *testing.T, l *lab) *traced {
	t.Helper()
	run, err := trace(l.command("apply", "-auto-approve"), interference{})
	if errors.Is(err, errNoTracing) {
		skipUntraced(t, err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// TestOrderOfCommit holds what a loss of power cannot tear apart: no name comes
// before its content is on the disk, no directory stays without its name, and
// the ledger comes last.
func TestOrderOfCommit(t *testing.T) {
	t.Parallel()
	l := newLab(t, startSandbox(t, 40), "", pageConfig)
	run := tracedApply(t, l)
	day := started.AddDate(0, 0, -3).Format(time.DateOnly)
	want := []string{
		"mkdir ./out", "sync ./",
		"create ./out/#", "write ./out/#", "sync ./out/#",
		"link ./out/" + day + ".ndjson", "sync ./out",
		"mkdir ./.reportform", "sync ./", "mkdir ./.reportform/state", "sync ./.reportform",
		"mkdir ./.reportform/state/.locks", "sync ./.reportform/state",
		"create ./.reportform/state/*", "lock ./.reportform/state/*",
		"mkdir ./.reportform/state/report.sign_ins.r", "sync ./.reportform/state",
		"create ./.reportform/state/report.sign_ins.r/#", "write ./.reportform/state/report.sign_ins.r/#", "sync ./.reportform/state/report.sign_ins.r/#",
		"link ./.reportform/state/report.sign_ins.r/tenant.one.json", "sync ./.reportform/state/report.sign_ins.r",
		"lock ./.reportform/state/*", // given back
	}
	if got := slices.Compact(run.calls); !slices.Equal(got, want) {
		t.Errorf("the calls are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestOrderOfRelocation holds that what is moved is durable at its new place before
// the ledger says so, and that the ledger does before the old place is empty.
func TestOrderOfRelocation(t *testing.T) {
	t.Parallel()
	l := newLab(t, startSandbox(t, 40), "", pageConfig)
	l.expect(0, "apply", "-auto-approve")
	l.write("main.rf.hcl", strings.Replace(l.files(".")["main.rf.hcl"], `"out/`, `"out/new/`, 1))
	run := tracedApply(t, l)
	day := started.AddDate(0, 0, -3).Format(time.DateOnly)
	ledger := []string{
		"create ./.reportform/state/*", "lock ./.reportform/state/*",
		"create ./.reportform/state/report.sign_ins.r/#", "write ./.reportform/state/report.sign_ins.r/#", "sync ./.reportform/state/report.sign_ins.r/#", "lock ./.reportform/state/*", // given back
	}
	want := slices.Concat([]string{"mkdir ./out/new", "sync ./out", "link ./out/new/" + day + ".ndjson", "sync ./out/new"}, ledger, []string{"unlink ./out/" + day + ".ndjson", "sync ./out"}, ledger)
	got := slices.DeleteFunc(slices.Clone(run.calls), func(call string) bool { return !slices.Contains(want, call) })
	if !slices.Equal(slices.Compact(got), want) {
		t.Errorf("the calls are\n%s\nwant\n%s", strings.Join(run.calls, "\n"), strings.Join(want, "\n"))
	}
}

const pageConfig = `
STATE
tenant "one" {
  id    = "one.example"
  cloud = "sandbox"
  ENDPOINTS
}
window "day" {
  from = "TODAY-3"
  to   = "TODAY-2"
}
output "ndjson" "o" {
  path = "out/${pull.window.label}.ndjson"
}
report "sign_ins" "r" {
  window  = window.day
  outputs = [output.ndjson.o]
}
`

// step is n for a thorough test, and much more for one that is to end soon.
func step(n int) int {
	if thorough() {
		return n
	}
	return 16 * n
}

// killEverywhere kills apply in copies of a lab, at every step-th call. The
// kills must have met calls that begin as expected says.
func killEverywhere(t *testing.T, template *lab, step int, expected ...string) {
	undisturbed := template.copyOf(t)
	whole, err := trace(undisturbed.command(undisturbed.apply...), interference{fail: template.lacks, errno: template.errno})
	if errors.Is(err, errNoTracing) {
		skipUntraced(t, err)
	}
	if err != nil {
		t.Fatal(err)
	}
	undisturbed.expect(0, "plan", "-detailed-exitcode")
	was, want := template.outputs(), undisturbed.outputs()
	held := undisturbed.holdings()
	if len(want) == 0 || held == "" || len(undisturbed.leftovers()) > 0 {
		t.Fatalf("the undisturbed run has left %d files, and in the ledgers\n%s", len(want), held)
	}
	met := map[string]int{}
	for at := 1; at <= len(whole.calls); at += step {
		for _, after := range []bool{false, true} {
			l := template.copyOf(t)
			run, err := trace(l.command(l.apply...), interference{kill: at, after: after, fail: template.lacks, errno: template.errno})
			if err != nil {
				t.Fatal(err)
			}
			if !run.killed {
				continue // threads met so that there were fewer calls this time
			}
			call := run.calls[at-1]
			met[call]++
			when := fmt.Sprintf("killed at call %d (%s), carried out: %t", at, call, after)
			l.wholeOrNotThere(when, was, want)
			l.recovers(when, want, held)
			if err := os.RemoveAll(l.dir); err != nil {
				t.Fatal(err)
			}
		}
	}
	kills := 0
	for _, n := range met {
		kills += n
	}
	t.Logf("killed %d times at %d kinds of calls: %v", kills, len(met), slices.Sorted(maps.Keys(met)))
	for _, prefix := range expected {
		if thorough() && !slices.ContainsFunc(slices.Collect(maps.Keys(met)), func(call string) bool { return strings.HasPrefix(call, prefix) }) {
			t.Errorf("no process was killed at a call that begins with %q", prefix)
		}
	}
}

// wholeOrNotThere holds what is promised at the moment of a crash: every file
// is the old one or the new one.
func (l *lab) wholeOrNotThere(when string, was, want map[string]string) {
	l.t.Helper()
	found := l.outputs()
	if l.moves {
		l.allThere(when, found, was)
		return
	}
	for path, content := range found {
		if content != was[path] && content != want[path] {
			l.t.Errorf("%s: %s is neither the old file nor the new one, but %d bytes", when, path, len(content))
		}
	}
	for path := range was {
		_, stays := want[path]
		if _, ok := found[path]; !ok && stays {
			l.t.Errorf("%s: %s is gone", when, path)
		}
	}
}

// allThere holds what is promised at the moment of a crash where files are only
// moved: every one is somewhere, whole, and nothing else is.
func (l *lab) allThere(when string, found, was map[string]string) {
	l.t.Helper()
	all := slices.Collect(maps.Values(was))
	for path, content := range found {
		if !slices.Contains(all, content) {
			l.t.Errorf("%s: %s is none of the files that were there, but %d bytes", when, path, len(content))
		}
	}
	there := slices.Collect(maps.Values(found))
	for path, content := range was {
		if !slices.Contains(there, content) {
			l.t.Errorf("%s: what was %s is nowhere", when, path)
		}
	}
}

// recovers holds what is promised after a crash: a plain apply completes
// everything, and removes the temporary files.
func (l *lab) recovers(when string, want map[string]string, held string) {
	l.t.Helper()
	l.completes(when, want, held)
	if left := l.leftovers(); len(left) > 0 {
		l.t.Errorf("%s: these temporary files were left: %q", when, left)
	}
	if all, unnamed := pages(l.t, l.backend()); unnamed > 1 || all-unnamed > 1 {
		l.t.Errorf("%s: %d pages lie in the state, %d of them unnamed", when, all, unnamed)
	}
}

// completes applies and compares with an undisturbed run.
func (l *lab) completes(when string, want map[string]string, held string) {
	l.t.Helper()
	if said, code := l.run(l.apply...); code != 0 {
		l.t.Fatalf("%s: the next apply exits with %d:\n%s", when, code, said)
	}
	if got := l.outputs(); !maps.Equal(got, want) {
		l.t.Errorf("%s: the files differ from those of an undisturbed run: %v", when, slices.Sorted(maps.Keys(got)))
	}
	if got := l.holdings(); got != held {
		l.t.Errorf("%s: the ledgers differ from those of an undisturbed run:\n%s\nwant\n%s", when, got, held)
	}
	if said, code := l.run("plan", "-detailed-exitcode"); code != 0 {
		l.t.Errorf("%s: the plan after that exits with %d:\n%s", when, code, said)
	}
}

// TestKilledAtAnyMoment kills apply after times that know nothing of what it is
// doing, again and again in one directory, until a run gets through.
func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	kills := 12
	if thorough() {
		kills = 150
	}
	url := startSandbox(t, 400)
	undisturbed := newLab(t, url, "", crashConfig)
	began := time.Now()
	undisturbed.expect(0, "apply", "-auto-approve")
	took := time.Since(began) // of a run that nobody kills, the last that there was
	want, held := undisturbed.outputs(), undisturbed.holdings()
	killed, rounds := 0, 0
	for ; killed < kills && rounds < 4*kills; rounds++ {
		l := newLab(t, url, "", crashConfig)
		for range 3 {
			after := rand.N(took + took/4)
			cmd := l.command("apply", "-auto-approve")
			began := time.Now()
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			killer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() }) // unless it is done
			_ = cmd.Wait()                                                     // it may have been killed
			killer.Stop()
			if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
				killed++
			} else {
				took = time.Since(began)
			}
			l.wholeOrNotThere(fmt.Sprintf("killed after %s", after), nil, want)
		}
		l.recovers("after three kills", want, held)
		if err := os.RemoveAll(l.dir); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("killed %d times, a run takes %s", killed, took)
	if killed < kills {
		t.Errorf("only %d kills met a process that was still working", killed)
	}
}
