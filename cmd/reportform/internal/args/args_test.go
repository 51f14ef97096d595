package args

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// all compares unexported fields too.
var all = cmp.Exporter(func(reflect.Type) bool { return true })

func TestParse(t *testing.T) {
	tests := []struct {
		line string
		want Invocation
	}{
		{"init", Invocation{Options: &Init{}}},
		{"-chdir=a/b init -var x=1", Invocation{Chdir: "a/b", Options: &Init{Vars: Vars{Vars: []string{"x=1"}}}}},
		{"-chdir a/b --no-color init", Invocation{Chdir: "a/b", NoColor: true, Options: &Init{}}},
		{"init -no-color", Invocation{NoColor: true, Options: &Init{}}},
		{"validate -json", Invocation{Options: &Validate{JSON: true}}},
		{"validate --json=false", Invocation{Options: &Validate{}}},
		{"fmt", Invocation{Options: &Fmt{Paths: []string{"."}}}},
		{"fmt -check a -diff b -recursive", Invocation{Options: &Fmt{Check: true, Diff: true, Recursive: true, Paths: []string{"a", "b"}}}},
		{"fmt -", Invocation{Options: &Fmt{Paths: []string{"-"}}}},
		{"fmt -- -odd.rf.hcl", Invocation{Options: &Fmt{Paths: []string{"-odd.rf.hcl"}}}},
		{
			"plan -out=p -detailed-exitcode -target=a,b -target c -exclude=d -tenant e -tenant=f -var a=b=c -var-file=g -json",
			Invocation{Options: &Plan{
				Out: "p", DetailedExitCode: true, JSON: true,
				Selection: Selection{Targets: []string{"a,b", "c"}, Excludes: []string{"d"}, Tenants: []string{"e", "f"}},
				Vars:      Vars{Vars: []string{"a=b=c"}, VarFiles: []string{"g"}},
			}},
		},
		{"plan -out p -out=q", Invocation{Options: &Plan{Out: "q"}}},
		{"plan -refresh=false", Invocation{Options: &Plan{Selection: Selection{TrustLedgers: true}}}},
		{"plan -refresh -json", Invocation{Options: &Plan{JSON: true}}},
		{"apply --refresh=0 -refresh=true", Invocation{Options: &Apply{Parallelism: 10}}},
		{"apply", Invocation{Options: &Apply{Parallelism: 10}}},
		{
			"apply p -auto-approve -parallelism=3 -patience=90s -deadline 50m -allow=exceeds_budget -json -var a=b",
			Invocation{Options: &Apply{File: "p", AutoApprove: true, Parallelism: 3, Patience: 90 * time.Second, Deadline: 50 * time.Minute, JSON: true, Deleting: Deleting{Allow: []string{"exceeds_budget"}}, Vars: Vars{Vars: []string{"a=b"}}}},
		},
		{"apply -approved=b", Invocation{Options: &Apply{Parallelism: 10, Approved: "b"}}},
		{"apply -prune -allow removes_tenant", Invocation{Options: &Apply{Parallelism: 10, Deleting: Deleting{Prune: true, Allow: []string{"removes_tenant"}}}}},
		{"plan -prune -allow=removes_tenant -allow=deletes_irrecoverable", Invocation{Options: &Plan{Deleting: Deleting{Prune: true, Allow: []string{"removes_tenant", "deletes_irrecoverable"}}}}},
		{"show p -json", Invocation{Options: &Show{File: "p", JSON: true}}},
		{"state list", Invocation{Options: &StateList{}}},
		{"state show report.a.b", Invocation{Options: &StateShow{Ledgers: Ledgers{Address: "report.a.b"}}}},
		{"state show report.a.b tenant.c", Invocation{Options: &StateShow{Ledgers: Ledgers{Address: "report.a.b", TenantAddress: "tenant.c"}}}},
		{"state show -tenant=c report.a.b -tenant d", Invocation{Options: &StateShow{Ledgers: Ledgers{Address: "report.a.b", Tenants: []string{"c", "d"}}}}},
		{"state verify", Invocation{Options: &StateVerify{}}},
		{"state verify -json report.a.b -tenant=c", Invocation{Options: &StateVerify{JSON: true, Ledgers: Ledgers{Address: "report.a.b", Tenants: []string{"c"}}}}},
		{"state rm report.a.b -auto-approve", Invocation{Options: &StateRm{AutoApprove: true, Ledgers: Ledgers{Address: "report.a.b"}}}},
		{"state rm tenant.a -dry-run", Invocation{Options: &StateRm{DryRun: true, Ledgers: Ledgers{Address: "tenant.a"}}}},
		{"state mv tenant.a -dry-run tenant.b", Invocation{Options: &StateMv{Source: "tenant.a", Destination: "tenant.b", DryRun: true}}},
		{"state pull report.a.b tenant.c", Invocation{Options: &StatePull{Ledgers: Ledgers{Address: "report.a.b", TenantAddress: "tenant.c"}}}},
		{"state push - -force", Invocation{Options: &StatePush{File: "-", Force: true}}},
		{"coverage", Invocation{Options: &Coverage{}}},
		{"coverage -min=99.5% -target=a -tenant=b -json", Invocation{Options: &Coverage{Min: 99.5, JSON: true, Selection: Selection{Targets: []string{"a"}, Tenants: []string{"b"}}}}},
		{"explain out/a.json -json", Invocation{Options: &Explain{Path: "out/a.json", JSON: true}}},
		{"reports sign_ins", Invocation{Options: &Reports{Type: "sign_ins"}}},
		{
			"sandbox -listen :80 -fault a -fault=b -throttle -seed 7 -events-per-day=9 -clock=-48h -late 6h",
			Invocation{Options: &Sandbox{Listen: ":80", Faults: []string{"a", "b"}, Throttle: true, Seed: 7, EventsPerDay: 9, Clock: -48 * time.Hour, Late: 6 * time.Hour}},
		},
		{"sandbox", Invocation{Options: &Sandbox{Listen: "127.0.0.1:0"}}},
		{"version -json", Invocation{Options: &Version{JSON: true}}},
		{"-version", Invocation{Options: &Version{}}},
		{"completion zsh", Invocation{Options: &Completion{Shell: "zsh"}}},
	}
	for _, test := range tests {
		t.Run(test.line, func(t *testing.T) {
			got, err := Parse(strings.Fields(test.line))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, *got, all); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A line of state list is an address, even with spaces in a key.
func TestStateShowTakesALineOfStateList(t *testing.T) {
	got, err := Parse([]string{"state", "show", `report.a.b["c d"] tenant.e["f g"]`})
	if err != nil {
		t.Fatal(err)
	}
	want := &StateShow{Ledgers: Ledgers{Address: `report.a.b["c d"]`, TenantAddress: `tenant.e["f g"]`}}
	if diff := cmp.Diff(want, got.Options, all); diff != "" {
		t.Error(diff)
	}
}

func TestParseMistakes(t *testing.T) {
	tests := []struct{ line, want, help string }{
		{"", "A command is missing", "reportform -help"},
		{"plam", `There is no command "plam". Did you mean "plan"?`, "reportform -help"},
		{"destroy", `There is no command "destroy".`, "reportform -help"},
		{"-chdri=x plan", `There is no option -chdri here. Did you mean "-chdir"?`, "reportform -help"},
		{"-version -json", "There is no option -json here", "reportform -help"},
		{"-chdir", "-chdir needs a value: -chdir=DIR.", "reportform -help"},
		{"plan -chdir=x", "-chdir goes before the command", "reportform plan -help"},
		{"plan -targt=x", `There is no option -targt here. Did you mean "-target"?`, "reportform plan -help"},
		{"plan -out=", "-out needs a value: -out=FILE.", "reportform plan -help"},
		{"plan -out", "-out needs a value: -out=FILE.", "reportform plan -help"},
		{"plan x", `"x" has no place here`, "reportform plan -help"},
		{"plan -json=maybe", `-json is a switch`, "reportform plan -help"},
		{"apply a b", `one saved plan at most, so "b" has no place`, "reportform apply -help"},
		{"apply a -target=b", "A saved plan says what to do", "reportform apply -help"},
		{"apply a -approved=b", "Give one of the two", "reportform apply -help"},
		{"apply a -prune", "A saved plan says what to do", "reportform apply -help"},
		{"apply -allow=removes_tenants", `Did you mean "removes_tenant"?`, "reportform apply -help"},
		{"plan -allow=everything", "deletes_irrecoverable, removes_tenant, all_files_missing or exceeds_budget", "reportform plan -help"},
		{"apply a -refresh=false", "A saved plan says what to do", "reportform apply -help"},
		{"plan -refresh=no", "-refresh is a switch", "reportform plan -help"},
		{"apply -parallelism=0", "-parallelism is a whole number of at least 1", "reportform apply -help"},
		{"apply -patience=0s", "-patience is a length of time", "reportform apply -help"},
		{"apply -deadline=50", "-deadline is a length of time", "reportform apply -help"},
		{"apply -parallelism=many", "-parallelism is a whole number of at least 1", "reportform apply -help"},
		{"fmt - x", "Standard input (-) cannot be combined", "reportform fmt -help"},
		{"state", "state needs to be told what to do: list, show, verify, rm, mv, pull or push.", "reportform state -help"},
		{"state lsit", `There is no command "state lsit". Did you mean "state list"?`, "reportform state -help"},
		{"state show", "An address is missing", "reportform state show -help"},
		{"state show a b c", `"c" has no place here`, "reportform state show -help"},
		{"state rm", "An address is missing", "reportform state rm -help"},
		{"state mv tenant.a", "Two addresses are needed", "reportform state mv -help"},
		{"state pull report.a.b", "named by its report and its tenant", "reportform state pull -help"},
		{"state push", "A file is missing", "reportform state push -help"},
		{"coverage -min=101", `-min is a percentage from 0 to 100, not "101"`, "reportform coverage -help"},
		{"coverage -min=NaN", "-min is a percentage", "reportform coverage -help"},
		{"coverage x", `"x" has no place here`, "reportform coverage -help"},
		{"explain", "The path of a file is missing", "reportform explain -help"},
		{"explain a b", `one path at most, so "b"`, "reportform explain -help"},
		{"completion", "A shell is needed: bash, zsh, fish.", "reportform completion -help"},
		{"completion tcsh", "A shell is needed", "reportform completion -help"},
	}
	for _, test := range tests {
		t.Run(test.line, func(t *testing.T) {
			_, err := Parse(strings.Fields(test.line))
			var usage *UsageError
			if !errors.As(err, &usage) {
				t.Fatalf("got %v, want a *UsageError", err)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %q, want %q in it", err, test.want)
			}
			if !strings.HasSuffix(err.Error(), "run: "+test.help) {
				t.Errorf("got %q, want it to end with %q", err, test.help)
			}
		})
	}
}

// Help never fails, whatever else stands on the line, and is the same however
// it is asked for.
func TestHelp(t *testing.T) {
	for _, c := range Commands() {
		want := c.Help()
		for _, line := range []string{c.Name + " -help", c.Name + " --help", c.Name + " -h", "help " + c.Name, "-help " + c.Name} {
			got, err := Parse(strings.Fields(line))
			if err != nil || got.Help != want {
				t.Errorf("%s: got %v, %v", line, got, err)
			}
		}
	}
	for _, line := range []string{"-help", "--help", "-h", "help", "-version -help"} {
		got, err := Parse(strings.Fields(line))
		if err != nil || got.Help != Overview() {
			t.Errorf("%s: got %v, %v", line, got, err)
		}
	}
	for _, line := range []string{"state -help", "help state", "state --help"} {
		got, err := Parse(strings.Fields(line))
		if err != nil || !strings.Contains(got.Help, "state show") {
			t.Errorf("%s: got %v, %v", line, got, err)
		}
	}
}

func TestHelpTexts(t *testing.T) {
	golden(t, "overview", Overview())
	golden(t, "state", groupHelp("state"))
	for _, c := range Commands() {
		text := c.Help()
		golden(t, strings.ReplaceAll(c.Name, " ", "-"), text)
		for line := range strings.Lines(text) {
			if len(strings.TrimRight(line, "\n")) > width && !strings.HasPrefix(line, "  reportform ") {
				t.Errorf("%s: longer than %d columns: %s", c.Name, width, line)
			}
		}
	}
}

// Every example in a help text is a command line that parses.
func TestExamplesParse(t *testing.T) {
	for _, c := range Commands() {
		for _, e := range c.Examples {
			line, _, _ := strings.Cut(e.Line, " > ")
			if _, err := Parse(strings.Fields(line)); err != nil {
				t.Errorf("%s: %v", e.Line, err)
			}
		}
	}
}

func TestCompletionScripts(t *testing.T) {
	for _, shell := range Shells() {
		script := (&Completion{Shell: shell}).Script()
		golden(t, "completion-"+shell+"-script", script)
		for _, c := range Commands() {
			for _, word := range strings.Fields(c.Name) {
				if !strings.Contains(script, word) {
					t.Errorf("%s: no word %s", shell, word)
				}
			}
			for _, flag := range c.Flags() {
				if !strings.Contains(script, flag.Name) {
					t.Errorf("%s: no flag -%s", shell, flag.Name)
				}
			}
		}
	}
}

// What bash offers for a command line, where there is a bash.
func TestBashCompletion(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		return
	}
	tests := []struct{ words, want string }{
		{"pl", "plan"},
		{"st", "state"},
		{"state ", "-help list show verify rm mv pull push"},
		{"state show -te", "-tenant="},
		{"plan -det", "-detailed-exitcode"},
		{"-no-color apply p.rfplan -par", "-parallelism="},
		{"completion f", "fish"},
		{"-chdir = x val", "validate"},
	}
	for _, test := range tests {
		words := strings.Split("reportform "+test.words, " ")
		script := bashScript() + "\ncompopt() { :; }\nCOMP_WORDS=("
		for _, w := range words {
			script += " '" + w + "'"
		}
		script += ")\nCOMP_CWORD=$((${#COMP_WORDS[@]}-1))\n_reportform\necho \"${COMPREPLY[@]}\"\n"
		out, err := exec.Command(bash, "-c", script).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v: %s", test.words, err, out)
		}
		if got := strings.TrimSpace(string(out)); got != test.want {
			t.Errorf("%q: got %q, want %q", test.words, got, test.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("plan -out=x -- -")
	f.Add("-chdir state show a b")
	f.Fuzz(func(t *testing.T, line string) {
		inv, err := Parse(strings.Split(line, " "))
		if err == nil && (inv.Help == "") == (inv.Options == nil) {
			t.Errorf("%q: neither help nor a command, or both", line)
		}
		var usage *UsageError
		if err != nil && !errors.As(err, &usage) {
			t.Errorf("%q: %T", line, err)
		}
	})
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
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
