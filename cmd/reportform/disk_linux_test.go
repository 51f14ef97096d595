//go:build amd64 && !race

package main

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// diskConfig has one tenant whose files meet a bad disk, and one that does not.
const diskConfig = `
STATE
tenant "sick" {
  id    = "sick.example"
  cloud = "sandbox"
  ENDPOINTS
}
tenant "well" {
  id    = "well.example"
  cloud = "sandbox"
  ENDPOINTS
}
window "day" {
  from = "TODAY-3"
  to   = "TODAY-2"
}
output "json" "a" {
  path = "out/${pull.tenant.name}/a.json"
}
output "csv" "b" {
  path = "out/${pull.tenant.name}/b.csv"
}
report "sign_ins" "r" {
  window  = window.day
  outputs = [output.json.a, output.csv.b]
}
`

// TestBadDisks lets system calls on the files of one tenant fail. Its pull
// fails with an error that names pull, path, cause and remedy; the old files or
// the new ones are there whole and nothing else; the other tenant's pull
// completes; and once the disk is well an apply repairs everything.
func TestBadDisks(t *testing.T) {
	t.Parallel()
	url := startSandbox(t, 200)
	fresh := newLab(t, url, "", diskConfig)
	old := newLab(t, url, "", diskConfig)
	old.expect(0, "apply", "-auto-approve")
	old.write("main.rf.hcl", strings.Replace(old.files(".")["main.rf.hcl"], "window  = window.day", "window  = window.day\n  filter  = \"status/errorCode ne 0\"", 1))
	const full, denied, readOnly, broken = "The disk is full. Make room", "may not write there", "Mount it for writing", "Check the disk"
	for _, test := range []struct {
		name     string
		template *lab
		fail     string
		errno    unix.Errno
		say      []string
	}{
		{"full, creating", fresh, `^create ./out/sick/`, unix.ENOSPC, []string{"out/sick/a.json: no space left on device", full}},
		{"full, writing", fresh, `^write ./out/sick/`, unix.ENOSPC, []string{"write", "out/sick/", "no space left on device", full}},
		{"full, writing over", old, `^write ./out/sick/`, unix.ENOSPC, []string{"write", "out/sick/", "no space left on device", full}},
		{"full, syncing", old, `^sync ./out/sick/`, unix.ENOSPC, []string{"sync", "out/sick/", "no space left on device", full}},
		{"full, renaming", old, `^rename ./out/sick/a`, unix.ENOSPC, []string{"publish", "out/sick/a.json: no space left on device", full}},
		{"full, renaming the second", old, `^rename ./out/sick/b`, unix.ENOSPC, []string{"publish", "out/sick/b.csv: no space left on device", full}},
		{"quota", old, `^write ./out/sick/`, unix.EDQUOT, []string{"write", "out/sick/", "disk quota exceeded", full}},
		{"too large for the file system", old, `^write ./out/sick/`, unix.EFBIG, []string{"write", "out/sick/", "file too large", "Choose shorter slices"}},
		{"denied, creating", old, `^create ./out/sick/`, unix.EACCES, []string{"out/sick/a.json: permission denied", denied}},
		{"denied, making the directory", fresh, `^mkdir ./out/sick`, unix.EACCES, []string{"out/sick", "permission denied", denied}},
		{"read-only, creating", old, `^create ./out/sick/`, unix.EROFS, []string{"out/sick/a.json: read-only file system", readOnly}},
		{"read-only, renaming", old, `^rename ./out/sick/`, unix.EROFS, []string{"out/sick/a.json: read-only file system", readOnly}},
		{"broken, writing", old, `^write ./out/sick/`, unix.EIO, []string{"write", "out/sick/", "input/output error", broken}},
		{"broken, syncing", fresh, `^sync ./out/sick/`, unix.EIO, []string{"sync", "out/sick/", "input/output error", broken}},
		{"broken, syncing the directory", old, `^sync ./out/sick$`, unix.EIO, []string{"publish", "out/sick/a.json", "input/output error", broken}},
		{"state full", old, `^rename ./.reportform/state/.*/tenant.sick.json`, unix.ENOSPC, []string{"the files are complete, but the state could not be saved", "tenant.sick.json: no space left on device", full}},
		{"state read-only", fresh, `^link ./.reportform/state/.*/tenant.sick.json`, unix.EROFS, []string{"the files are complete, but the state could not be saved", "tenant.sick.json: read-only file system", readOnly}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			undisturbed := test.template.copyOf(t)
			undisturbed.expect(0, "apply", "-auto-approve")
			want := undisturbed.outputs()

			l := test.template.copyOf(t)
			run, err := trace(l.command("apply", "-auto-approve"), interference{fail: regexp.MustCompile(test.fail), errno: test.errno})
			if errors.Is(err, errNoTracing) {
				skipUntraced(t, err)
			}
			if err != nil {
				t.Fatal(err)
			}
			if run.failed == 0 || run.code != 3 {
				t.Fatalf("%d calls failed and the exit code is %d:\n%s", run.failed, run.code, run.said)
			}
			said := strings.Join(strings.Fields(run.said), " ")
			for _, say := range append(test.say, "report.sign_ins.r", "tenant.sick") {
				if !strings.Contains(said, say) {
					t.Errorf("apply does not say %q:\n%s", say, run.said)
				}
			}
			if strings.Contains(said, ".tmp") {
				t.Errorf("apply names a temporary file:\n%s", run.said)
			}
			l.wholeOrNotThere(test.name, test.template.outputs(), want)
			for path, content := range l.outputs() {
				if strings.HasPrefix(path, "out/well/") && content != want[path] {
					t.Errorf("%s is not that of an undisturbed run", path)
				}
			}
			if left := l.leftovers(); len(left) > 0 {
				t.Errorf("these temporary files were left: %q", left)
			}
			if said := l.expect(2, "plan", "-detailed-exitcode"); strings.Contains(said, "tenant.well") {
				t.Errorf("the other tenant is not complete:\n%s", said)
			}
			l.completes(test.name, want, undisturbed.holdings())
		})
	}
}
