package engine_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// module is the path of this module, and the prefix of all packages below.
const module = "github.com/reportform/reportform/"

// rules says, for the packages at and below each folder, what of this module
// they may import, and why nothing else: a package by its folder, or with
// "/..." a folder and all below. The longest match counts.
var rules = []struct {
	folder, may, because string
}{
	{"cmd/internal", "cmd/internal/... config/... engine/... outputs/... internal/...", "programs for developers may know everything of ours but the commands"},
	{"cmd/reportform", "cmd/reportform/... config/... engine/... outputs internal/address internal/bom internal/diag internal/limits internal/term", "commands hold an engine; formats and files are none of their business"},
	{"cmd/reportform/internal/args", "internal/diag", "arguments are text; what it stands for is the engine's business"},
	{"cmd/reportform/internal/view", "config internal/diag internal/limits internal/term", "what all views share knows the language, and nothing of plans or state"},
	{"cmd/reportform/internal/view/plans", "cmd/reportform/internal/view engine/plan internal/limits internal/place internal/term", "a plan is shown without the engine that made it"},
	{"cmd/reportform/internal/view/pulls", "cmd/reportform/internal/view cmd/reportform/internal/view/plans engine/plan engine/run internal/address internal/diag internal/place internal/term outputs", "a run is shown as it is told, beside the plan that it carries out"},
	{"cmd/reportform/internal/view/ledgers", "cmd/reportform/internal/view engine/archive engine/ledger internal/address internal/place internal/term", "ledgers say what is held; what is wanted is for plans"},
	{"cmd/reportform/internal/view/archive", "cmd/reportform/internal/view cmd/reportform/internal/view/plans cmd/reportform/internal/view/ledgers engine engine/archive engine/ledger engine/plan internal/diag internal/place internal/term outputs", "what is held against what is wanted, in the words of both"},
	{"cmd/reportform/internal/view/viewtest", "cmd/reportform/internal/view engine/ledger engine/plan internal/limits internal/place internal/term", "the suite of all views"},
	{"internal/address", "", "a leaf: the names of declared things"},
	{"internal/bom", "", "a leaf: text as programs on Windows write it"},
	{"internal/calendar", "", "a leaf: lengths of time by the calendar"},
	{"internal/column", "", "a leaf: paths and types of columns"},
	{"internal/diag", "", "a leaf: mistakes, suggestions, reasons"},
	{"internal/durable", "internal/diag", "a leaf: files that are whole or not there"},
	{"internal/event", "", "a leaf: what goes from sources to outputs"},
	{"internal/filename", "", "a leaf: which names file systems take for one"},
	{"internal/limits", "", "a leaf: the published limits"},
	{"internal/objectstore", "internal/diag internal/secret", "stores know no ledger, no output and no block of the language"},
	{"internal/objectstore/all", "internal/objectstore/...", "the list of stores"},
	{"internal/objectstore/azure", "internal/objectstore", "stores do not know each other"},
	{"internal/objectstore/gcs", "internal/bom internal/objectstore", "stores do not know each other"},
	{"internal/objectstore/objectstoretest", "internal/objectstore", "the suite of all stores, and their servers"},
	{"internal/objectstore/s3", "internal/objectstore", "stores do not know each other"},
	{"internal/odatafilter", "", "a leaf: filters, for who writes and who answers them"},
	{"internal/parallel", "", "a leaf: many alike things at once"},
	{"internal/place", "", "a leaf: where outputs keep slices, and what is found there"},
	{"internal/rawjson", "", "a leaf: JSON as bytes"},
	{"internal/secret", "internal/bom internal/diag", "a leaf: references to secrets, and their reading"},
	{"internal/sleep", "", "a leaf: time that passes"},
	{"internal/term", "", "a leaf: text for people, whatever it is about"},
	{"config", "config/lang config/lang/functions config/lang/variables internal/address internal/bom internal/calendar internal/column internal/diag internal/limits internal/odatafilter", "the blocks know the machinery below them, and nobody else"},
	{"config/lang", "internal/address internal/diag", "the machinery knows no block and no function"},
	{"config/lang/variables", "config/lang internal/diag", "variables are read before anything else is known, and know the machinery alone"},
	{"config/lang/functions", "internal/bom internal/diag internal/secret", "functions know of the language nothing but values"},
	{"config/catalog", "config internal/column", "the catalog is data read by the language's decoder"},
	{"outputs", "internal/column internal/event internal/place", "an output does not know where events come from"},
	{"outputs/columns", "internal/rawjson", "columns of an event, for tabular formats"},
	{"outputs/options", "outputs internal/diag internal/secret", "blocks to options, for every output; what it is that an output writes to is its own"},
	{"outputs/file", "outputs outputs/options internal/column internal/diag internal/durable internal/event internal/filename internal/place internal/rawjson", "what all file formats share"},
	{"outputs/all", "outputs/... internal/place", "the list of formats"},
	{"outputs/outputstest", "outputs internal/column internal/durable internal/event internal/place internal/rawjson", "the suite of all formats"},
	{"outputs/csv", "outputs outputs/file outputs/columns outputs/options internal/column internal/rawjson", "formats do not know each other"},
	{"outputs/json", "outputs outputs/file outputs/options internal/rawjson", "formats do not know each other"},
	{"outputs/ndjson", "outputs outputs/file internal/rawjson", "formats do not know each other"},
	{"outputs/text", "outputs outputs/file outputs/columns outputs/options internal/rawjson", "formats do not know each other"},
	{"outputs/xml", "outputs outputs/file internal/rawjson", "formats do not know each other"},
	{"engine", "config/... engine/... outputs/... internal/...", "the engine joins the parts"},
	{"engine/archive", "engine/ledger engine/ledger/store outputs internal/address internal/parallel internal/place", "an archive is what ledgers record and outputs answer for; what is wanted is for plans"},
	{"engine/window", "config internal/calendar", "slices are pure"},
	{"engine/plan", "config engine/window engine/ledger internal/bom internal/calendar internal/limits internal/place", "a plan is a pure function"},
	{"engine/ledger", "internal/bom internal/place internal/rawjson", "state knows neither language nor service, nor who stores it"},
	{"engine/ledger/store", "engine/ledger", "a store knows ledgers as bytes, and backends by their interface"},
	{"engine/ledger/ledgertest", "engine/ledger engine/ledger/store internal/place", "the suite of all backends"},
	{"engine/ledger/postgres", "engine/ledger", "a backend knows the table and not what is in it"},
	{"engine/ledger/postgres/pgtest", "", "a server for tests"},
	{"engine/ledger/sealed", "engine/ledger", "encryption knows no backend but by its interface"},
	{"engine/ledger/keypath", "engine/ledger", "a leaf: the names of what backends store"},
	{"engine/ledger/blob", "engine/ledger engine/ledger/keypath internal/objectstore", "backends do not know each other, nor what kind of store they are kept in"},
	{"engine/ledger/local", "engine/ledger engine/ledger/keypath internal/durable", "backends do not know each other"},
	{"engine/backends", "config engine/ledger engine/ledger/blob engine/ledger/local engine/ledger/postgres engine/ledger/sealed internal/diag internal/objectstore/... internal/secret", "the one place that knows state blocks and backends"},
	{"engine/auth", "config internal/bom internal/diag internal/secret", "credentials know the language's references to secrets"},
	{"engine/transport", "engine/transport/pacing internal/limits internal/sleep", "round trippers know HTTP and its limits alone"},
	{"engine/fetch", "engine/fetch internal/bom internal/event internal/rawjson internal/sleep", "a source knows no sink, no language and no other source"},
	{"engine/sandbox", "engine/sandbox/... internal/limits internal/odatafilter", "the sandbox knows nothing of its client"},
	{"engine/transport/pacing", "internal/limits", "which request goes when has nothing to do with what is asked, nor how"},
	{"engine/sandbox/directory", "", "a leaf: the companies that the sandbox invents"},
	{"engine/sandbox/endpoint", "engine/sandbox/shape internal/odatafilter", "what is served knows nothing of who asks, nor when"},
	{"engine/sandbox/fault", "", "a leaf: which fault meets which request"},
	{"engine/sandbox/shape", "engine/sandbox/directory internal/odatafilter", "how an event looks depends on the event alone"},
	{"engine/sandbox/throttle", "internal/limits", "counts requests, whatever they ask for"},
	{"engine/sandbox/timeline", "engine/sandbox/directory engine/sandbox/endpoint engine/sandbox/shape internal/odatafilter", "which events there are is a pure function"},
	{"engine/sandbox/token", "engine/sandbox/directory engine/sandbox/endpoint", "tokens know applications and APIs, and nothing of events"},
	{"engine/advice", "config engine/auth engine/fetch engine/transport internal/diag outputs", "what errors mean is said by who knows the errors, and nothing else of the parts"},
	{"engine/gate", "", "a leaf: who goes first, whatever is asked"},
	{"engine/wanted", "config engine/ledger engine/plan engine/window internal/address internal/diag internal/place outputs", "what is wanted follows from the configuration alone, whatever is held and whoever answers"},
	{"engine/wire", "config config/catalog engine/auth engine/clock engine/fetch/... engine/sandbox engine/sandbox/fault engine/transport engine/transport/... internal/address internal/calendar internal/limits", "how a service is reached does not depend on what is planned or held"},
	{"engine/run", "engine/clock engine/fetch engine/ledger engine/ledger/store engine/plan internal/event internal/place internal/sleep outputs", "the one place where sources, sinks, plans and ledgers meet"},
	{"engine/clock", "", "a leaf: what services say of the time"},
}

// pure are packages that may import no package that reads files, a network, or
// starts goroutines.
var pure = map[string][]string{
	"engine/ledger": {"os", "net", "net/http", "io/fs", "golang.org/x/sync/errgroup"},
	"engine/window": {"os", "net", "net/http", "io/fs", "sync"},
	"engine/plan":   {"os", "net", "net/http", "io/fs", "sync"},
	"engine/wanted": {"os", "net", "net/http", "io/fs"},

	"engine/sandbox/timeline": {"os", "net", "net/http", "io/fs", "sync"},
}

// sole are packages of others that one of ours alone may import.
var sole = map[string]string{
	"github.com/agext/levenshtein": "internal/diag", // there is one measure of how far a name is off
}

func TestDirectionOfImports(t *testing.T) {
	// The test reads what it judges, so that no result of an earlier run stands
	// for it.
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".go") {
			_, err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, module+"...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	matched := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		folder, ok := strings.CutPrefix(fields[0], module)
		if !ok {
			continue
		}
		rule := -1
		for i, r := range rules {
			if within(folder, r.folder) && (rule < 0 || len(r.folder) > len(rules[rule].folder)) {
				rule = i
			}
		}
		if rule < 0 {
			t.Errorf("%s: no rule says what it may import", folder)
			continue
		}
		matched[rules[rule].folder] = true
		for _, imported := range fields[1:] {
			for _, banned := range pure[folder] {
				if imported == banned {
					t.Errorf("%s imports %s: it is pure", folder, imported)
				}
			}
			if user, ok := sole[imported]; ok && folder != user {
				t.Errorf("%s imports %s: that is for %s alone", folder, imported, user)
			}
			target, ours := strings.CutPrefix(imported, module)
			if ours && !allowed(target, rules[rule].may) {
				t.Errorf("%s imports %s: %s", folder, target, rules[rule].because)
			}
		}
	}
	for _, r := range rules {
		if !matched[r.folder] {
			t.Errorf("the rule for %s matches no package", r.folder)
		}
	}
}

// allowed reports whether a package may import target.
func allowed(target, may string) bool {
	for _, m := range strings.Fields(may) {
		if folder, all := strings.CutSuffix(m, "/..."); all && within(target, folder) || target == m {
			return true
		}
	}
	return false
}

func within(folder, of string) bool { return folder == of || strings.HasPrefix(folder, of+"/") }
