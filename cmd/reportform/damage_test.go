package main

import (
	"encoding/json"
	"maps"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// damageConfig has four tenants with a ledger each.
const damageConfig = `
STATE
tenant "t" {
  for_each = toset(["a", "b", "c", "d"])
  id       = "${each.key}.example"
  cloud    = "sandbox"
  ENDPOINTS
}
window "day" {
  from = "TODAY-3"
  to   = "TODAY-2"
}
output "ndjson" "o" {
  path = "out/${pull.tenant.name}.ndjson"
}
report "sign_ins" "r" {
  window  = window.day
  outputs = [output.ndjson.o]
}
`

// ledgerOf is the file of a tenant's ledger.
func ledgerOf(tenant string) string {
	return ".reportform/state/report.sign_ins.r/tenant.t%5b%22" + tenant + "%22%5d.json"
}

// remedy is what the message about a damaged ledger says to do.
const remedy = "restore it from a backup (state push -force FILE), or remove it (state rm REPORT TENANT)"

// TestDamagedLedgers holds that a ledger that cannot be trusted is named with
// what to do about it, that nothing is overwritten, and that everything else
// can be planned and applied without touching it.
func TestDamagedLedgers(t *testing.T) {
	t.Parallel()
	url := startSandbox(t, 40)
	template := newLab(t, url, "", damageConfig)
	template.expect(0, "apply", "-auto-approve")
	const damaged, newer = "it is damaged", "it was written by a newer version of Reportform"
	template.expect(0, "init") // which leaves a lock behind, once
	backup := filepath.Join(t.TempDir(), "b.json")
	if err := os.WriteFile(backup, []byte(template.expect(0, "state", "pull", "report.sign_ins.r", `tenant.t["b"]`)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		damage func(whole string) string
		say    []string
	}{
		{"empty", func(string) string { return "" }, []string{damaged, remedy}},
		{"truncated", func(s string) string { return s[:len(s)/2] }, []string{damaged, remedy}},
		{"zeros, as after a loss of power", func(s string) string { return strings.Repeat("\x00", len(s)) }, []string{damaged, remedy}},
		{"a merge conflict", func(s string) string { return "<<<<<<< HEAD\n" + s }, []string{damaged, remedy}},
		{"written twice", func(s string) string { return s + s }, []string{damaged, remedy}},
		{"another's", func(s string) string { return strings.ReplaceAll(s, `[\"b\"]`, `[\"x\"]`) }, []string{`is of report.sign_ins.r for tenant.t["x"]`, remedy}},
		{"an impossible number", func(s string) string { return strings.Replace(s, `"rows":`, `"rows":["many"],"was":`, 1) }, []string{damaged, remedy}},
		{"a page that is missing", withPage("20260101t000000z-none"), []string{"page 20260101t000000z-none", "it is missing", remedy}},
		{"from the future", func(s string) string { return strings.Replace(s, `"version":`, `"version":9`, 1) }, []string{newer, "upgrade Reportform"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l := template.copyOf(t)
			file := ledgerOf("b")
			whole := l.files(".")[file]
			l.write(file, test.damage(whole))
			before := l.files(".")
			if before[file] == whole {
				t.Fatal("the ledger is not damaged")
			}
			for _, asked := range []struct {
				code    int
				command []string
			}{
				{1, []string{"init"}},
				{3, []string{"plan"}},
				{3, []string{"plan", "-detailed-exitcode"}},
				{3, []string{"apply", "-auto-approve"}},
				{3, []string{"plan", `-target=tenant.t["b"]`}},
				{3, []string{"coverage", "-min=100"}},
				{3, []string{"explain", "out/a.ndjson"}},
				{1, []string{"state", "show", `tenant.t["b"]`}},
				{3, []string{"state", "show", "report.sign_ins.r"}},
				{3, []string{"show"}},
			} {
				said := strings.Join(strings.Fields(strings.ReplaceAll(l.expect(asked.code, asked.command...), "│", "")), " ")
				for _, say := range append(test.say, `the ledger of report.sign_ins.r for tenant.t["b"]`) {
					if !strings.Contains(strings.ToLower(said), strings.ToLower(say)) {
						t.Errorf("%s does not say %q:\n%s", asked.command[0], say, said)
					}
				}
			}
			l.expect(2, "state", "verify")
			l.expect(0, "state", "list")
			if after := l.files("."); !maps.Equal(after, before) {
				t.Error("something was changed")
			}

			// The others can go on.
			if err := os.Remove(filepath.Join(l.dir, "out", "c.ndjson")); err != nil {
				t.Fatal(err)
			}
			l.expect(2, "plan", "-detailed-exitcode", `-exclude=tenant.t["b"]`)
			l.expect(2, "plan", "-detailed-exitcode", "-tenant=c")
			l.expect(0, "plan", "-detailed-exitcode", "-tenant=a")
			l.expect(3, "apply", "-auto-approve")
			l.expect(0, "plan", "-detailed-exitcode", `-exclude=tenant.t["b"]`)
			after := l.files(".")
			if after[file] != before[file] || after["out/b.ndjson"] != before["out/b.ndjson"] || after["out/c.ndjson"] != before["out/c.ndjson"] {
				t.Error("the damaged ledger or its file was touched, or another was not repaired")
			}

			// The remedies work: a backup takes the place of the ledger, and
			// without the ledger its slices are fetched again.
			if test.say[0] != newer {
				l.expect(0, "state", "push", "-force", backup)
				l.expect(0, "plan", "-detailed-exitcode")
				if got := l.holdings(); got != template.holdings() {
					t.Errorf("after the backup was restored the ledgers hold\n%s", got)
				}
				l.write(file, before[file])
			}
			l.expect(0, "state", "rm", "report.sign_ins.r", `tenant.t["b"]`, "-auto-approve")
			l.expect(0, "apply", "-auto-approve")
			l.expect(0, "plan", "-detailed-exitcode")
			if got := l.holdings(); got != template.holdings() {
				t.Errorf("after the repair the ledgers hold\n%s", got)
			}
		})
	}
}

// withPage adds a page to a ledger's head.
func withPage(name string) func(string) string {
	return func(head string) string {
		page, _ := json.Marshal(map[string]any{"name": name, "entries": 1, "sha256": strings.Repeat("0", 64)})
		return strings.Replace(head, `"version":`, `"pages":[`+string(page)+`],"version":`, 1)
	}
}

// TestDamagedPages changes stored pages: their digests stand in the head.
func TestDamagedPages(t *testing.T) {
	t.Parallel()
	url := startSandbox(t, 40)
	template := newLab(t, url, "", strings.NewReplacer(`["a", "b", "c", "d"]`, `["a"]`).Replace(damageConfig))
	template.write("main.rf.hcl", strings.NewReplacer(`tenant "t" {`, `tenant "one" {`, "for_each = toset([\"a\"])", "", "${each.key}", "one").Replace(template.files(".")["main.rf.hcl"]))
	template.seed(0, ledgerHead+1)
	template.expect(0, "apply", "-auto-approve")
	for _, test := range []struct {
		name   string
		damage func(page string) string
		say    string
	}{
		{"missing", nil, "it is missing"},
		{"edited", func(s string) string {
			return strings.Replace(s, "\"path_prefix\":\"gone/", "\"path_prefix\":\"here/", 1)
		}, "its digest is not the recorded one"},
		{"truncated", func(s string) string { return s[:len(s)/2] }, "its digest is not the recorded one"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l := template.copyOf(t)
			damaged := ""
			for name, content := range l.files(".reportform/state/report.sign_ins.r/tenant.one") {
				damaged = name
				if test.damage == nil {
					if err := os.Remove(filepath.Join(l.dir, name)); err != nil {
						t.Fatal(err)
					}
					continue
				}
				l.write(name, test.damage(content))
			}
			before := l.files(".")
			if maps.Equal(before, template.files(".")) {
				t.Fatal("no page was damaged")
			}
			for _, command := range [][]string{{"plan"}, {"apply", "-auto-approve"}} {
				said := strings.Join(strings.Fields(strings.ReplaceAll(l.expect(3, command...), "│", "")), " ")
				for _, say := range []string{
					"the ledger of report.sign_ins.r for tenant.one", "page " + strings.TrimSuffix(path.Base(damaged), ".json"), test.say, remedy,
				} {
					if !strings.Contains(said, say) {
						t.Errorf("%s does not say %q:\n%s", command[0], say, said)
					}
				}
			}
			if !maps.Equal(l.files("."), before) {
				t.Error("something was changed")
			}
		})
	}
}

// TestAllDamagedLedgersAreNamed holds that one run names every damaged ledger.
func TestAllDamagedLedgersAreNamed(t *testing.T) {
	t.Parallel()
	l := newLab(t, startSandbox(t, 40), "", damageConfig)
	l.expect(0, "apply", "-auto-approve")
	l.write(ledgerOf("a"), "")
	l.write(ledgerOf("c"), "{}")
	l.write(ledgerOf("d"), "[")
	said := strings.Join(strings.Fields(strings.ReplaceAll(l.expect(3, "plan"), "│", "")), " ")
	for _, tenant := range []string{"a", "c", "d"} {
		if !strings.Contains(said, `the ledger of report.sign_ins.r for tenant.t["`+tenant+`"]`) {
			t.Errorf("plan does not name the ledger of %s:\n%s", tenant, said)
		}
	}
}

// TestStrangersInTheState puts files into the state that are no ledgers: they are
// named, read by nobody, and keep nobody from anything.
func TestStrangersInTheState(t *testing.T) {
	t.Parallel()
	l := newLab(t, startSandbox(t, 40), "", damageConfig)
	l.expect(0, "apply", "-auto-approve")
	whole := l.files(".")[ledgerOf("b")]
	conflicted := strings.TrimSuffix(ledgerOf("b"), ".json") + " (conflicted copy).json"
	l.write(conflicted, whole)
	l.write(".reportform/state/report.sign_ins.r/Notes.json", "{}")
	l.write(".reportform/state/report.sign_ins.r/.DS_Store", "x")
	l.write(".reportform/state/README.txt", "x")
	before := l.files(".")
	for _, command := range [][]string{
		{"init"},
		{"plan", "-detailed-exitcode"},
		{"apply", "-auto-approve"},
		{"apply", "-auto-approve", "-prune"},
		{"coverage", "-min=100"},
		{"state", "list"},
		{"state", "show", "report.sign_ins.r"},
		{"state", "verify"},
		{"explain", "out/b.ndjson"},
		{"show"},
	} {
		said := l.expect(0, command...)
		if strings.Count(said, "(conflicted copy).json") != 1 || strings.Count(said, "Notes.json") != 1 || strings.Contains(said, "README") {
			t.Errorf("%v does not name what lies there once:\n%s", command, said)
		}
	}
	if !maps.Equal(l.files("."), before) {
		t.Error("something was changed")
	}

	// A copy under a name that a ledger could have is one that says who it is.
	copied := strings.TrimSuffix(ledgerOf("b"), ".json") + "-laptop.json"
	l.write(copied, whole)
	said := strings.Join(strings.Fields(l.expect(3, "plan")), " ")
	if !strings.Contains(said, `is of report.sign_ins.r for tenant.t["b"]`) {
		t.Errorf("plan says\n%s", said)
	}
}

// TestPruneKeepsWhatADamagedLedgerMayHold renames a tenant's block and damages
// the ledger of the new name: the files that both names share stay.
func TestPruneKeepsWhatADamagedLedgerMayHold(t *testing.T) {
	t.Parallel()
	l := newLab(t, startSandbox(t, 40), "", damageConfig)
	l.expect(0, "apply", "-auto-approve")
	config := l.files(".")["main.rf.hcl"]
	// Without c and d their ledgers are abandoned; a's cannot be read.
	l.write("main.rf.hcl", strings.Replace(config, `["a", "b", "c", "d"]`, `["a", "b"]`, 1))
	whole := l.files(".")[ledgerOf("a")]
	l.write(ledgerOf("a"), "{")
	said := strings.Join(strings.Fields(l.expect(3, "apply", "-auto-approve", "-prune", "-allow=removes_tenant")), " ")
	for _, say := range []string{`the ledger of report.sign_ins.r for tenant.t["a"] cannot be read and may hold the file too`, "out/c.ndjson", "out/d.ndjson"} {
		if !strings.Contains(said, say) {
			t.Errorf("prune does not say %q:\n%s", say, said)
		}
	}
	if files := l.files("."); files["out/c.ndjson"] == "" || files["out/d.ndjson"] == "" || files[ledgerOf("a")] != "{" || files[ledgerOf("c")] == "" {
		t.Error("something was deleted")
	}
	// Restored, it holds nothing of theirs.
	l.write(ledgerOf("a"), whole)
	l.expect(0, "apply", "-auto-approve", "-prune", "-allow=removes_tenant")
	if files := l.files("."); files["out/c.ndjson"] != "" || files["out/a.ndjson"] == "" {
		t.Error("prune deleted the wrong files")
	}
}

// TestLedgerThatMayNotBeRead takes the right to read one ledger away, or puts a
// folder in its place.
func TestLedgerThatMayNotBeRead(t *testing.T) {
	t.Parallel()
	l := newLab(t, startSandbox(t, 40), "", damageConfig)
	l.expect(0, "apply", "-auto-approve")
	file := filepath.Join(l.dir, filepath.FromSlash(ledgerOf("b")))
	if os.Geteuid() != 0 { // who may read everything
		if err := os.Chmod(file, 0); err != nil {
			t.Fatal(err)
		}
		if said := l.expect(3, "plan"); !strings.Contains(said, "permission denied") {
			t.Error(said)
		}
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(file, 0o755); err != nil {
		t.Fatal(err)
	}
	if said := strings.Join(strings.Fields(l.expect(3, "plan")), " "); !strings.Contains(said, `for tenant.t["b"] cannot be read`) {
		t.Error(said)
	}
}
