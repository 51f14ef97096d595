package config

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/internal/calendar"
	"github.com/reportform/reportform/internal/column"
	"github.com/reportform/reportform/internal/limits"
)

var update = flag.Bool("update", false, "write the golden files anew")

// testOptions has two report types and a limit class as a catalog would.
func testOptions() Options {
	retention := calendar.Duration{N: 30, Unit: calendar.Day}
	return Options{
		Version: "0.3.0",
		ReportTypes: []*ReportType{
			{
				Name: "sign_ins", API: APIGraph, Version: "v1.0", Path: "/auditLogs/signIns", Time: "createdDateTime",
				ID: []string{"id"}, Lower: "ge", Upper: "lt", Retention: &retention, Settle: calendar.Duration{N: 1, Unit: calendar.Hour}, Limit: "reports",
			},
			{Name: "audit_events", API: APIAADGraph, Version: "beta", Path: "/reports/auditEvents", Time: "eventTime", Lower: "ge", Upper: "lt"},
			{
				Name: "users", API: APIGraph, Version: "v1.0", Path: "/users", PageSize: 999, Permissions: []string{"User.Read.All"}, Limit: "directory",
				With: []PropertyRule{{Property: "signInActivity", PageSize: 500, Permissions: []string{"User.Read.All", "AuditLog.Read.All"}, Limit: "reports"}},
			},
			{
				Name: "risk_detections", API: APIGraph, Version: "v1.0", Path: "/identityProtection/riskDetections", Time: "detectedDateTime",
				ID: []string{"id"}, Lower: "ge", Upper: "lt", Settle: calendar.Duration{N: 8, Unit: calendar.Hour},
				Retention: &calendar.Duration{N: 90, Unit: calendar.Day}, Licences: []string{LicenceP1, LicenceP2},
				RetentionBy: map[string]calendar.Duration{
					LicenceFree: {N: 7, Unit: calendar.Day}, LicenceP1: {N: 30, Unit: calendar.Day}, LicenceP2: {N: 90, Unit: calendar.Day},
				},
				Complete: true, Columns: column.Typed([]string{"id", "detectedDateTime", "riskLevel", "location.city", "keyIds"}, []column.Column{{Path: "keyIds", Type: column.List}}),
				Fields:    []column.Column{{Path: "location", Type: column.Struct}, {Path: "keyIds", Type: column.List}},
				Operators: map[string][]string{"riskLevel": {"eq"}, "userId": {}},
			},
			{Name: "roles", API: APIGraph, Version: "v1.0", Path: "/directoryRoles", Operators: map[string][]string{"*": {}}},
		},
		LimitClasses: []*LimitClass{{Class: limits.Class{Name: "reports", AppTenant: limits.Rate{Requests: 5, Per: 10 * time.Second}}}},
	}
}

// dump writes a Config as JSON in which other things are named by address.
func dump(t *testing.T, c *Config) string {
	t.Helper()
	type object = map[string]any
	place := func(r hcl.Range) string {
		return fmt.Sprintf("%s:%d", filepath.ToSlash(r.Filename), r.Start.Line)
	}
	duration := func(d *calendar.Duration) any {
		if d == nil {
			return nil
		}
		return d.String()
	}
	durations := func(list []calendar.Duration) any {
		if list == nil {
			return nil
		}
		var texts []any
		for i := range list {
			texts = append(texts, list[i].String())
		}
		return texts
	}
	moment := func(at time.Time) any {
		if at.IsZero() {
			return nil
		}
		return at.Format(time.RFC3339)
	}
	var files []string
	for name := range c.Files {
		files = append(files, filepath.ToSlash(name))
	}
	sort.Strings(files)
	all := object{
		"files": files, "required_version": c.Settings.RequiredVersion, "state": c.Settings.State.Type,
		"credentials": []any{}, "tenants": []any{}, "windows": []any{}, "outputs": []any{}, "reports": []any{},
	}
	add := func(key string, item any) { all[key] = append(all[key].([]any), item) }
	for _, x := range c.Credentials {
		add("credentials", object{"address": x.Address, "type": x.Type, "name": x.Name, "at": place(x.Range)})
	}
	for _, x := range c.Tenants {
		var credential any
		if x.Credential != nil {
			credential = x.Credential.Address
		}
		add("tenants", object{
			"address": x.Address, "name": x.Name, "id": x.ID, "cloud": x.Cloud, "credential": credential,
			"labels": x.Labels, "endpoints": x.Endpoints, "pacing": x.Pacing, "licence": x.Licence, "since": moment(x.Since), "at": place(x.Range),
		})
	}
	for _, x := range c.Windows {
		add("windows", object{
			"address": x.Address, "name": x.Name, "last": duration(x.Last), "align": duration(x.Align), "every": duration(x.Every),
			"from": moment(x.From), "to": moment(x.To), "zone": x.Location.String(), "settle": duration(x.Settle),
			"open": x.Open, "revisit": durations(x.Revisit), "keep": duration(x.Keep), "at": place(x.Range),
		})
	}
	for _, x := range c.Outputs {
		add("outputs", object{"address": x.Address, "type": x.Type, "name": x.Name, "at": place(x.Range)})
	}
	for _, x := range c.Reports {
		var tenants, outputs, ranges []any
		for _, tenant := range x.Tenants {
			tenants = append(tenants, tenant.Address)
		}
		for n, output := range x.Outputs {
			outputs = append(outputs, output.Address)
			ranges = append(ranges, place(x.OutputRanges[n]))
		}
		add("reports", object{
			"address": x.Address, "type": x.Type.Name, "name": x.Name, "tenants": tenants, "window": x.Window.Address,
			"filter": x.Filter, "select": x.Select, "outputs": outputs, "output_ranges": ranges, "at": place(x.Range),
		})
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + "\n"
}

func mustLoad(t *testing.T, dir string, opts Options) *Config {
	t.Helper()
	c, diags := Load(dir, opts)
	for _, d := range diags {
		t.Errorf("%s: %s", d, d.Detail)
	}
	if t.Failed() {
		t.FailNow()
	}
	return c
}

// TestGood loads every configuration in testdata/good without a diagnostic
// and compares it with the file golden.json beside it.
func TestGood(t *testing.T) {
	dirs, err := filepath.Glob("testdata/good/*")
	if err != nil || len(dirs) == 0 {
		t.Fatal(err, "no configurations")
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			got := dump(t, mustLoad(t, dir, testOptions()))
			golden := filepath.Join(dir, "golden.json")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestBothSyntaxes compares the design's example in the two syntaxes.
func TestBothSyntaxes(t *testing.T) {
	places := regexp.MustCompile(`"[^"]*\.rf\.(hcl|json)(:\d+)?"`)
	native := places.ReplaceAllString(dump(t, mustLoad(t, "testdata/good/design", testOptions())), `""`)
	inJSON := places.ReplaceAllString(dump(t, mustLoad(t, "testdata/good/design_json", testOptions())), `""`)
	if diff := cmp.Diff(native, inJSON); diff != "" {
		t.Errorf("-native +JSON:\n%s", diff)
	}
}

// TestBad loads each file of testdata/bad as a configuration of its own. The
// file says on each line which errors or warnings are expected there, as
//
//	# ERROR: Summary; part of the detail
//	# WARNING: Summary; part of the detail
//
// with several of them apart by "&&".
func TestBad(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.rf.hcl")
	if err != nil || len(files) == 0 {
		t.Fatal(err, "no files")
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".rf.hcl"), func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			name := filepath.Join(dir, "main.rf.hcl")
			if err := os.WriteFile(name, src, 0o644); err != nil {
				t.Fatal(err)
			}
			c, diags := Load(dir, testOptions())
			if c == nil || c.Files[name] == nil {
				t.Fatal("the file is not among Config.Files")
			}
			checkDiagnostics(t, src, diags)
		})
	}
}

func checkDiagnostics(t *testing.T, src []byte, diags hcl.Diagnostics) {
	t.Helper()
	const warning = "a warning: "
	expected := map[int][]string{}
	for n, line := range strings.Split(string(src), "\n") {
		if _, comment, ok := strings.Cut(line, "# ERROR: "); ok {
			expected[n+1] = strings.Split(comment, " && ") // one that begins with "a warning: " is none
		}
		if _, comment, ok := strings.Cut(line, "# WARNING: "); ok {
			expected[n+1] = []string{warning + comment}
		}
	}
	for _, d := range diags {
		line := 0
		if d.Subject != nil {
			line = d.Subject.Start.Line
		}
		found := false
		given := d.Summary
		if d.Severity == hcl.DiagWarning {
			given = warning + given
		}
		for n, want := range expected[line] {
			summary, detail, _ := strings.Cut(want, "; ")
			if given == summary && strings.Contains(d.Detail, detail) {
				expected[line] = append(expected[line][:n:n], expected[line][n+1:]...)
				found = true
				break
			}
		}
		if !found {
			t.Errorf("line %d: unexpected diagnostic: %s; %s", line, given, d.Detail)
		}
	}
	for line, missing := range expected {
		for _, want := range missing {
			t.Errorf("line %d: missing diagnostic: %s", line, want)
		}
	}
}

// writeDir writes files into a new directory.
func writeDir(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		writeFile(t, filepath.Join(dir, name), text)
	}
	return dir
}

func TestFiles(t *testing.T) {
	const window = `window %NAME% { last = "1d" }`
	named := func(name string) string { return strings.ReplaceAll(window, "%NAME%", name) }
	dir := writeDir(t, map[string]string{
		"b.rf.hcl": named("b"), "a.rf.json": `{"window": {"a": {"last": "1d"}}}`,
		".hidden.rf.hcl": "syntax error(", "c.hcl": "syntax error(", "d.rf.hcl.bak": "syntax error(",
	})
	t.Chdir(dir)
	for given, prefix := range map[string]string{".": "", dir: ""} {
		c := mustLoad(t, given, testOptions())
		got := slices.Sorted(maps.Keys(c.Files))
		if want := []string{prefix + "a.rf.json", prefix + "b.rf.hcl"}; !slices.Equal(got, want) {
			t.Errorf("Load(%q) read %q, want %q", given, got, want)
		}
		if len(c.Windows) != 2 || c.Dir != given {
			t.Errorf("Load(%q): %d windows, dir %q", given, len(c.Windows), c.Dir)
		}
	}

	for name, want := range map[string]string{t.TempDir(): "reportform init", filepath.Join(dir, "none"): "cannot be read"} {
		c, diags := Load(name, testOptions())
		if c == nil || c.Files == nil || len(diags) != 1 || !strings.Contains(diags[0].Detail, want) {
			t.Errorf("Load(%q): config %v, diagnostics %v", name, c, diags)
		}
	}
	c, diags := Load(dir, Options{VarFiles: []string{"none.rfvars"}})
	if len(diags) != 1 || !strings.Contains(diags[0].Detail, `"none.rfvars"`) || len(c.Windows) != 2 {
		t.Errorf("a missing variable file: %v", diags)
	}
}

// TestOneMistakeOnce has a mistake in one file on which something in the other
// depends: it is reported, and so is what does not depend on it.
func TestOneMistakeOnce(t *testing.T) {
	use := `
		output "json" "o" { path = var.path }
		tenant "t" {
		  for_each   = local.tenants
		  id         = each.value
		  cloud      = "sandbox"
		}
		report "sign_ins" "r" {
		  tenants = [tenant.t, tenant.t["x"], tenant.b]
		  window  = window.w
		  outputs = [output.json.o, output.csv.lost]
		  limit   = 5
		}
		report "logins" "r" {
		  window  = window.w
		  outputs = [output.json.o]
		}`
	// What is wrong in any case, and what is only where nothing hides it.
	always := []string{"limit"}
	missing := []string{"path", "tenants", "b", "w", "csv", "logins", "w"}
	tests := map[string]struct {
		file, broken, want string
		hides              []string
	}{
		"nothing":         {file: "a.rf.hcl"},
		"syntax":          {"a.rf.hcl", `variable "path" { default = } `, "Invalid expression", missing},
		"tenant":          {"a.rf.hcl", `tennant "b" {}`, "Unsupported block type", []string{"b"}},
		"window":          {"a.rf.hcl", `widow "w" {}`, "Unsupported block type", []string{"w"}},
		"variable":        {"a.rf.hcl", `varable "path" {}`, "Unsupported block type", []string{"path"}},
		"locals":          {"a.rf.hcl", `local { tenants = {} }`, "Unsupported block type", []string{"tenants"}},
		"output":          {"a.rf.hcl", `outputs "csv" "lost" {}`, "Unsupported block type", []string{"csv"}},
		"report type":     {"a.rf.hcl", `reporttype "logins" {}`, "Unsupported block type", []string{"logins"}},
		"another output":  {"a.rf.hcl", `outputs "csv" "other" {}`, "Unsupported block type", nil},
		"no label":        {"a.rf.hcl", `tenant {}`, "Missing name for tenant", []string{"b"}},
		"one label":       {"a.rf.hcl", `output "csv" {}`, "Missing name for output", []string{"csv"}},
		"attribute":       {"a.rf.hcl", `path = 1`, "Unsupported argument", nil},
		"tenant in JSON":  {"a.rf.json", `{"tennant": {"b": {}}}`, "Extraneous JSON object property", []string{"b"}},
		"output in JSON":  {"a.rf.json", `{"outputs": [{"csv": {"lost": {}}}]}`, "Extraneous JSON object property", []string{"csv"}},
		"no name in JSON": {"a.rf.json", `{"window": {}}`, "Missing block label", []string{"w"}},
		"list in JSON":    {"a.rf.json", `[{"widow": {"w": {}}}]`, "Extraneous JSON object property", missing},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if test.file == "a.rf.hcl" {
				test.broken += "\n"
			}
			dir := writeDir(t, map[string]string{test.file: test.broken, "b.rf.hcl": use})
			_, diags := Load(dir, testOptions())
			got := map[string]int{}
			for _, d := range diags {
				if filepath.Base(d.Subject.Filename) == test.file {
					if d.Summary != test.want {
						t.Errorf("got %q, want %q", d.Summary, test.want)
					}
					continue
				}
				quoted := regexp.MustCompile(`"([^"]*)"`).FindStringSubmatch(d.Detail)
				if quoted == nil {
					t.Fatalf("%s: %s", d.Summary, d.Detail)
				}
				got[quoted[1]]++
			}
			want := map[string]int{}
			for _, name := range append(always, missing...) {
				if !slices.Contains(test.hides, name) {
					want[name]++
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("names in diagnostics, -want +got:\n%s", diff)
			}
		})
	}
	t.Run("unreadable variable file", func(t *testing.T) {
		dir := writeDir(t, map[string]string{
			"a.rf.hcl":      `variable "v" {}` + "\n" + `window "w" { last = var.v }`,
			"x.auto.rfvars": "v = ",
		})
		if _, diags := Load(dir, testOptions()); len(diags) != 1 || diags[0].Summary != "Missing expression" {
			t.Errorf("got %v", diags)
		}
	})
}

// TestMistakesAreCapped has one line that is wrong for each of many instances.
func TestMistakesAreCapped(t *testing.T) {
	dir := writeDir(t, map[string]string{"main.rf.hcl": `
		tenant "t" {
		  for_each = toset([for n in range(500) : "bad/${n}"])
		  id       = each.value
		  cloud    = "sandbox"
		  pacing   = "slow"
		}`})
	_, diags := Load(dir, testOptions())
	const kept = 10 // of one kind at one place
	if len(diags) != kept+1 {
		t.Fatalf("%d diagnostics", len(diags))
	}
	if d := diags[kept-1]; !strings.Contains(d.Detail, "There are 490 more") {
		t.Errorf("the last says %q", d.Detail)
	}
	if d := diags[kept]; !strings.HasPrefix(d.Detail, `"pacing" is one of`) {
		t.Errorf("what all instances share is reported as %q", d.Detail)
	}
}

func TestRequiredVersion(t *testing.T) {
	dir := writeDir(t, map[string]string{"main.rf.hcl": "reportform {\n  required_version = \">= 1.2, < 2\"\n}"})
	for version, ok := range map[string]bool{
		"1.2.0": true, "v1.9.3": true, "1.2.0-beta1": true, "dev": true, "": true, "(devel)": true,
		"1.1.9": false, "2.0.0": false, "v2.0.0": false, "1.1.9-rc1": false, "2.0.0-beta.2": false, "1.1.9+linux": false,
		"0.3.1": false, "0.3.1-rc1": false, "0.3.1-0.rc": false, "0.0.1": false,

		// As `go install` stamps them in a clone: without a tag, after a
		// release, after a candidate, and with changes.
		"v0.0.0-20261129205127-2e5bc0d3f3ae":        true,
		"0.0.0-20261129205127-2e5bc0d3f3ae":         true,
		"v0.0.0-20261129205127-2e5bc0d3f3ae+dirty":  true,
		"0.3.2-0.20261129205127-2e5bc0d3f3ae":       true,
		"0.3.2-0.20261129205127-2e5bc0d3f3ae+dirty": true,
		"0.3.1-rc1.0.20261129205127-2e5bc0d3f3ae":   true,
		"0.3.1+dirty": true,
		// As others do.
		"0.0.0": true, "0.0.0-dev": true, "0.3.2-dev": true, "0.3.2-SNAPSHOT": true,
		"0.3.1-14-g2e5bc0d": true, "v0.3.1-14-g2e5bc0d-dirty": true, "0.3.1-dirty": true,
	} {
		_, diags := Load(dir, Options{Version: version})
		if diags.HasErrors() == ok {
			t.Errorf("version %q: %v", version, diags)
		}
	}
	for _, running := range []string{"", "0.3.1", "v0.0.0-20261129205127-2e5bc0d3f3ae"} {
		_, diags := Load(writeDir(t, map[string]string{"main.rf.hcl": `reportform { required_version = "new" }`}), Options{Version: running})
		if len(diags) != 1 || diags[0].Summary != "Not a version constraint" {
			t.Errorf("running %q: %v", running, diags)
		}
	}
}

func TestState(t *testing.T) {
	c := mustLoad(t, writeDir(t, map[string]string{"main.rf.hcl": `window "w" { last = "1d" }`}), testOptions())
	if s := c.Settings.State; s.Type != "local" || s.Body == nil {
		t.Errorf("default state %+v", s)
	}
	c = mustLoad(t, writeDir(t, map[string]string{"main.rf.hcl": `
		reportform {
		  state "local" { path = "${local.base}/state" }
		}
		locals { base = "x" }`}), testOptions())
	if got := textOf(t, c.Settings.State.Body, c.Settings.State.EvalCtx, "path"); got != "x/state" {
		t.Errorf("path %q", got)
	}
	c, diags := Load(writeDir(t, map[string]string{"main.rf.hcl": `
		reportform {
		  state "local" { path = var.nope }
		}`}), testOptions())
	if len(diags) != 1 || c.Settings.State.Type != "" {
		t.Errorf("state %+v, %v", c.Settings.State, diags)
	}
}

// TestLeftForOthers looks at the bodies that are not decoded here.
func TestLeftForOthers(t *testing.T) {
	c := mustLoad(t, "testdata/good/features", testOptions())
	credential := c.Credentials[1]
	content, _, diags := credential.Body.PartialContent(&hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "client_id"}, {Name: "for_each"}}})
	if diags.HasErrors() || len(content.Attributes) != 1 {
		t.Fatalf("attributes %v, %v; for_each must not be left", content.Attributes, diags)
	}
	v, diags := content.Attributes["client_id"].Expr.Value(credential.EvalCtx)
	if diags.HasErrors() || v.AsString() != "us-gold" {
		t.Errorf("client_id %#v, %v", v, diags)
	}
	if _, diags := Load("testdata/bad", testOptions()); !diags.HasErrors() {
		t.Error("no errors from all broken files together")
	}

	// A block that depends on a mistake is left out, another one is not.
	c, diags = Load(writeDir(t, map[string]string{"main.rf.hcl": `
		output "json" "good" { path = "x" }
		output "json" "bad" { path = var.nope }`}), testOptions())
	if len(diags) != 1 || len(c.Outputs) != 1 || c.Output("output.json.good") == nil || c.Output("output.json.bad") != nil {
		t.Errorf("outputs %v, %v", c.Outputs, diags)
	}
}

// TestBadJSON has mistakes in the other syntax.
func TestBadJSON(t *testing.T) {
	dir := writeDir(t, map[string]string{"main.rf.json": `{
		"tenant": {"a": {"id": "x",
			"cloud": "pubic"}},
		"window": {"w": {"last": "1d"}, "each": {"for_each": ["a"],
			"last": "1d"}},
		"output": {"json": {"o": {"path": "${pull.tenant.name}",
			"nested": {"path": "${tenant.a.name}"}}}},
		"report": {"sign_in": {"r": {
			"window": "window.w",
			"outputs": ["${output.json.o}",
				"${output.json.p}"],
			"fliter": 1}}}
	}`})
	_, diags := Load(dir, testOptions())
	var got []string
	for _, d := range diags {
		got = append(got, fmt.Sprintf("%d %s", d.Subject.Start.Line, d.Summary))
	}
	want := []string{
		"2 Not a directory", "3 Unknown value", "4 Unsuitable for_each", "7 Tenants are not known here",
		"8 Unknown report type", "9 Unsuitable reference", "11 Unknown output", "12 Extraneous JSON object property",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
