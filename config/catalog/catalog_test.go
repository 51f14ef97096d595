package catalog

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"text/template"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/internal/calendar"
	"github.com/reportform/reportform/internal/limits"
)

var update = flag.Bool("update", false, "write docs/reports.md from the catalog")

// Every report of the retired API says which report of Microsoft Graph succeeds
// it, where one does.
func TestSuccessors(t *testing.T) {
	types, _, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]*config.ReportType{}
	for _, of := range types {
		byName[of.Name] = of
	}
	for name, want := range map[string]string{
		"audit_events": "directory_audits", "activities_audit": "directory_audits", "sspr_activity_events": "directory_audits",
		"account_provisioning_events": "provisioning", "compromised_credentials": "risk_detections",
		"all_users_with_anomalous_sign_in_activity_events": "risky_users", "sspr_registration_activity_events": "user_registration_details",
		"all_user_sign_in_activity_events": "sign_ins", "activities_sign_ins": "sign_ins",
		"tenant_user_count": "", "weak_credentials": "", "mim_sspr_activity_events": "",
	} {
		if got := byName[name].Successor; got != want {
			t.Errorf("the successor of %s is %q, want %q", name, got, want)
		}
	}
	for _, of := range types {
		if next := byName[of.Successor]; of.Successor != "" && (of.API != config.APIAADGraph || next == nil || next.API != config.APIGraph) {
			t.Errorf("the successor of %s is %q", of.Name, of.Successor)
		}
	}
}

// aadGraphReports are the reports of the Azure AD Graph API by its own names.
var aadGraphReports = []string{
	"accountProvisioningEvents",
	"allUserSignInActivityEvents",
	"allUsersWithAnomalousSignInActivityEvents",
	"applicationUsageDetailEvents",
	"applicationUsageSummary",
	"applicationUsageSummaryEvents",
	"auditEvents",
	"b2cAuthenticationCount",
	"b2cAuthenticationCountSummary",
	"b2cAuthenticationEvent",
	"b2cMfaRequestCount",
	"b2cMfaRequestCountSummary",
	"b2cMfaRequestEvent",
	"b2cUserJourneyEvents",
	"b2cUserJourneySummaryEvents",
	"cloudAppDiscoveryEvents",
	"compromisedCredentials",
	"groupActivitySummary",
	"irregularSignInActivityEvents",
	"mimSsgmGroupActivityEvents",
	"mimSsprActivityEvents",
	"mimSsprRegistrationActivityEvents",
	"signInsAfterMultipleFailuresEvents",
	"signInsFromIPAddressesWithSuspiciousActivityEvents",
	"signInsFromMultipleGeographiesEvents",
	"signInsFromPossiblyInfectedDevicesEvents",
	"signInsFromUnknownSourcesEvents",
	"ssgmGroupActivityEvents",
	"ssprActivityEvents",
	"ssprRegistrationActivityEvents",
	"tenantUserCount",
	"threatenedCredentials",
	"userActivitySummary",
	"weakCredentials",
}

func TestAADGraphIsWhole(t *testing.T) {
	types := byName(t)
	want := map[string]string{
		"activities_audit":    "/activities/audit",
		"activities_sign_ins": "/activities/signinEvents",
	}
	for _, api := range aadGraphReports {
		want[snake(api)] = "/reports/" + api
	}
	got := map[string]string{}
	for name, rt := range types {
		if rt.API == config.APIAADGraph {
			got[name] = rt.Path
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("paths of the Azure AD Graph reports (-want +got):\n%s", diff)
	}
}

func TestSnake(t *testing.T) {
	for in, want := range map[string]string{
		"auditEvents":                   "audit_events",
		"b2cAuthenticationCountSummary": "b2c_authentication_count_summary",
		"signInsFromIPAddressesWithSuspiciousActivityEvents": "sign_ins_from_ip_addresses_with_suspicious_activity_events",
	} {
		if got := snake(in); got != want {
			t.Errorf("snake(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestGraphReports(t *testing.T) {
	types := byName(t)
	for name, want := range map[string]struct {
		path, time, lower, upper string
		pageSize                 int
		permission               string
	}{
		"sign_ins":                  {"/auditLogs/signIns", "createdDateTime", "ge", "lt", 1000, "AuditLog.Read.All"},
		"directory_audits":          {"/auditLogs/directoryAudits", "activityDateTime", "ge", "lt", 1000, "AuditLog.Read.All"},
		"provisioning":              {"/auditLogs/provisioning", "activityDateTime", "gt", "lt", 100, "AuditLog.Read.All"},
		"risk_detections":           {"/identityProtection/riskDetections", "detectedDateTime", "ge", "lt", 500, "IdentityRiskEvent.Read.All"},
		"risky_users":               {"/identityProtection/riskyUsers", "", "", "", 500, "IdentityRiskyUser.Read.All"},
		"user_registration_details": {"/reports/authenticationMethods/userRegistrationDetails", "", "", "", 0, "AuditLog.Read.All"},
		"users":                     {"/users", "", "", "", 999, "User.Read.All"},
	} {
		rt := types[name]
		if rt == nil {
			t.Errorf("%s is not in the catalog", name)
			continue
		}
		if rt.API != config.APIGraph || rt.Version != "v1.0" || rt.Path != want.path || rt.Time != want.time ||
			rt.PageSize != want.pageSize || !slices.Equal(rt.Permissions, []string{want.permission}) {
			t.Errorf("%s = %+v, want %+v", name, rt, want)
		}
		if !rt.Snapshot() && (rt.Lower != want.lower || rt.Upper != want.upper) {
			t.Errorf("%s is bounded by %s and %s, want %s and %s", name, rt.Lower, rt.Upper, want.lower, want.upper)
		}
	}
}

func TestLoad(t *testing.T) {
	types, classes, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	names := func() (names []string) {
		for _, rt := range types {
			names = append(names, rt.Name)
		}
		return names
	}()
	if sorted := slices.Compact(slices.Sorted(slices.Values(names))); !slices.Equal(sorted, names) {
		t.Error("report types are not in order of name, or a name comes twice:", names)
	}
	for i, l := range classes {
		if i > 0 && classes[i-1].Name >= l.Name {
			t.Errorf("limit class %s is out of order or comes twice", l.Name)
		}
		if l.AppTenant == (limits.Rate{}) && l.App == (limits.Rate{}) && l.Tenant == (limits.Rate{}) {
			t.Errorf("limit class %s limits nothing", l.Name)
		}
		for _, b := range []limits.Rate{l.AppTenant, l.App, l.Tenant} {
			if b != (limits.Rate{}) && !b.Limited() {
				t.Errorf("limit class %s has the budget %+v", l.Name, b)
			}
		}
		if l.Source == "" {
			t.Errorf("limit class %s does not say where it comes from", l.Name)
		}
	}
}

func TestLoadIsTheCallersOwn(t *testing.T) {
	byName(t)["sign_ins"].Columns[0].Path = "spoilt"
	if got := byName(t)["sign_ins"].Columns[0].Path; got != "id" {
		t.Errorf("a second Load gives the first column %q: it shares memory with the first", got)
	}
	types := byName(t)
	types["sign_ins_beta"].Fields[0].Path = "spoilt"
	if got := types["sign_ins_managed_identity"].Fields[0].Path; got != "id" {
		t.Errorf("two types of one entity share their fields")
	}
}

func TestLoadReturnsEveryMistake(t *testing.T) {
	_, _, err := load(fstest.MapFS{
		"a.rf.hcl": {Data: []byte("report_type \"broken\" {\n  path  = \"/broken\"\n  limit = \"nonexistent\"\n}\n")},
		"b.rf.hcl": {Data: []byte("tenant \"contoso\" {}\n")},
		"c.rf.hcl": {Data: []byte("report_type \"open\" {\n")},
		"readme":   {Data: []byte("not configuration")},
	}, "")
	diags, ok := errors.AsType[hcl.Diagnostics](err)
	if !ok {
		t.Fatalf("err = %v, want diagnostics", err)
	}
	found := map[string]bool{}
	for _, d := range diags {
		if d.Subject != nil {
			found[d.Subject.Filename] = true
		}
	}
	want := []string{"catalog/a.rf.hcl", "catalog/b.rf.hcl", "catalog/c.rf.hcl"}
	if got := slices.Sorted(maps.Keys(found)); !slices.Equal(got, want) {
		t.Errorf("mistakes are reported in %v, want %v:\n%v", got, want, diags)
	}
}

// Facts that hold for every entry, whatever the service.
func TestEntries(t *testing.T) {
	types, loaded, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	classes := map[string]bool{}
	for _, l := range loaded {
		classes[l.Name] = true
	}
	filter := regexp.MustCompile(`^[A-Za-z]+ .+|^[A-Za-z]+/any\(.+\)$`)
	requests := map[string]string{}
	for _, rt := range types {
		t.Run(rt.Name, func(t *testing.T) {
			if !strings.HasSuffix(rt.Description, ".") {
				t.Errorf("description %q is not a sentence", rt.Description)
			}
			if rt.Source == "" {
				t.Error("does not say where its facts come from")
			}
			if len(rt.Permissions) == 0 {
				t.Error("names no permission")
			}
			switch rt.API {
			case config.APIGraph:
				if rt.Version != "v1.0" && rt.Version != "beta" {
					t.Errorf("version %q", rt.Version)
				}
				if !classes[rt.Limit] {
					t.Errorf("limit %q is no limit class", rt.Limit)
				}
			case config.APIAADGraph:
				if rt.Version != "beta" || rt.Limit != "" || rt.PageSize != 0 || rt.OrderBy != "" {
					t.Errorf("version %q, limit %q, page size %d, order %q: none of the last three is documented for this API",
						rt.Version, rt.Limit, rt.PageSize, rt.OrderBy)
				}
			default:
				t.Errorf("api %q", rt.API)
			}
			if !regexp.MustCompile(`^(/[A-Za-z0-9_]+)+$`).MatchString(rt.Path) {
				t.Errorf("path %q holds more than plain segments", rt.Path)
			}
			if rt.Filter != "" && !filter.MatchString(rt.Filter) {
				t.Errorf("filter %q", rt.Filter)
			}
			request := strings.Join([]string{rt.API, rt.Version, rt.Path, rt.Filter}, " ")
			if other := requests[request]; other != "" {
				t.Errorf("asks for the same as %s: %s", other, request)
			}
			requests[request] = rt.Name
			if rt.PageSize < 0 || rt.PageSize > 1000 {
				t.Errorf("page size %d", rt.PageSize)
			}
			if strings.HasPrefix(rt.Path, "/identityProtection/") && rt.PageSize > 500 {
				t.Errorf("page size %d: identity protection refuses more than 500", rt.PageSize)
			}
			checkTime(t, rt)
			checkColumns(t, rt)
		})
	}
}

func checkTime(t *testing.T, rt *config.ReportType) {
	t.Helper()
	if rt.Snapshot() {
		if rt.Retention != nil || rt.Settle.N != 0 || rt.OrderBy != "" {
			t.Errorf("a snapshot with retention %v, settle %v, order %q", rt.Retention, rt.Settle, rt.OrderBy)
		}
		return
	}
	if rt.Lower != "ge" && rt.Lower != "gt" || rt.Upper != "lt" && rt.Upper != "le" {
		t.Errorf("bounds %q and %q", rt.Lower, rt.Upper)
	}
	if rt.Settle.N == 0 {
		t.Error("events are never visible at once, but settle is zero")
	}
	if rt.OrderBy != "" && rt.OrderBy != rt.Time+" asc" {
		t.Errorf("order %q does not follow the time", rt.OrderBy)
	}
}

func checkColumns(t *testing.T, rt *config.ReportType) {
	t.Helper()
	if len(rt.ID) > 2 {
		t.Errorf("id %v has more than two properties", rt.ID)
	}
	if len(rt.Columns) == 0 {
		// Nothing is published of the fields of some retired reports.
		if rt.API != config.APIAADGraph || !rt.Snapshot() || len(rt.ID) != 0 {
			t.Error("has no columns although its fields are known")
		}
		return
	}
	if len(rt.Columns) > 50 {
		t.Errorf("has %d columns", len(rt.Columns))
	}
	seen := map[string]bool{}
	for _, c := range rt.ColumnPaths() {
		if seen[c] || !regexp.MustCompile(`^\w+(\.\w+)*$`).MatchString(c) {
			t.Errorf("column %q comes twice or is not a dotted path", c)
		}
		seen[c] = true
	}
	for i, id := range rt.ID {
		if len(rt.ID) == 2 && i == 1 && id != rt.Time {
			t.Errorf("id %v: the second property is there to tell recurring ids apart by time", rt.ID)
		}
		if slices.Index(rt.ColumnPaths(), id) != i {
			t.Errorf("the columns %v do not begin with the id %v", rt.Columns, rt.ID)
		}
	}
	// The counts of B2C are filtered by a property that their rows do not have.
	if at := slices.Index(rt.ColumnPaths(), rt.Time); rt.Time != "" && at > 1 || at < 0 && !rt.Snapshot() && !strings.HasPrefix(rt.Name, "b2c_") {
		t.Errorf("the time %s is column %d, want it beside the id", rt.Time, at)
	}
}

func TestFilesAreFormatted(t *testing.T) {
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		src, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		if !bytes.Equal(src, hclwrite.Format(src)) {
			t.Errorf("%s is not formatted", name)
		}
		if !bytes.HasPrefix(src, []byte("# ")) {
			t.Errorf("%s does not begin with its title", name)
		}
		for i, line := range strings.Split(string(src), "\n") {
			if len(line) > 130 {
				t.Errorf("%s:%d is %d characters long", name, i+1, len(line))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The catalog is data: no code may decide by the name of a report. Names of a
// single word, such as users or provisioning, are skipped, because code has
// other reasons to write those, and so are tests: *_test.go, testdata, what
// imports the package testing, and packages whose names end in test.
func TestNoCodeNamesAReport(t *testing.T) {
	types := byName(t)
	root := filepath.Join("..", "..")
	scanned := 0
	for _, dir := range []string{"config", "engine", "outputs", "cmd"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(name string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() && (d.Name() == "testdata" || strings.HasSuffix(d.Name(), "test")) {
				return fs.SkipDir
			}
			if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return nil
			}
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			if slices.ContainsFunc(file.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"testing"` }) {
				return nil
			}
			scanned++
			ast.Inspect(file, func(n ast.Node) bool {
				lit, ok := n.(*ast.BasicLit)
				if !ok || lit.Kind != token.STRING {
					return true
				}
				if s, err := strconv.Unquote(lit.Value); err == nil && strings.Contains(s, "_") && types[s] != nil {
					t.Errorf("%s names the report type %s", set.Position(lit.Pos()), s)
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if scanned < 10 {
		t.Errorf("only %d files were scanned, so the test looks in the wrong place", scanned)
	}
}

func TestReportsPage(t *testing.T) {
	page := reportsPage(t)
	golden := filepath.Join("..", "..", "docs", "reports.md")
	if *update {
		if err := os.WriteFile(golden, page, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	// A checkout on Windows may have turned the line ends.
	want = bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n"))
	if diff := cmp.Diff(string(want), string(page)); diff != "" {
		t.Errorf("docs/reports.md differs from the catalog, run go test ./config/catalog -update (-page +catalog):\n%s", diff)
	}
}

// The report types that the page shows as examples are accepted as they stand.
func TestReportsPageExamples(t *testing.T) {
	_, classes, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]*config.LimitClass{}
	for _, l := range classes {
		known[l.Name] = l
	}
	examples := 0
	for _, fence := range regexp.MustCompile("(?s)```hcl\n(.*?)```").FindAllSubmatch(reportsPage(t), -1) {
		file, diags := hclsyntax.ParseConfig(fence[1], "reports.md", hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		content, _, diags := file.Body.PartialContent(schema())
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		for _, block := range content.Blocks {
			examples++
			if _, diags := config.DecodeReportType(block, nil, known); diags.HasErrors() {
				t.Error(diags)
			}
		}
	}
	if examples == 0 {
		t.Error("the page shows no report type")
	}
}

type family struct {
	Title string
	Types []*config.ReportType
}

// reportsPage makes docs/reports.md. A file of the catalog is a family, its
// first comment the title; within one the order is the file's.
func reportsPage(t *testing.T) []byte {
	t.Helper()
	types, classes, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	inFile := map[string][]*config.ReportType{}
	for _, rt := range types {
		name := path.Base(rt.Range.Filename)
		inFile[name] = append(inFile[name], rt)
	}
	var families, retired []family
	for _, name := range slices.Sorted(maps.Keys(inFile)) {
		src, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		title, _, _ := strings.Cut(strings.TrimPrefix(string(src), "# "), "\n")
		f := family{strings.TrimSpace(title), inFile[name]}
		slices.SortFunc(f.Types, func(a, b *config.ReportType) int { return a.Range.Start.Byte - b.Range.Start.Byte })
		if f.Types[0].API == config.APIAADGraph {
			retired = append(retired, f)
		} else {
			families = append(families, f)
		}
	}
	code := func(s string) string { return "`" + s + "`" }
	page, err := template.New("reports.md.tmpl").Funcs(template.FuncMap{
		"permissions": func(rt *config.ReportType) string { return strings.Join(rt.Permissions, ", ") },
		"list":        func(names []string) string { return strings.Join(names, ", ") },
		"kept": func(rt *config.ReportType) string {
			switch {
			case rt.Snapshot():
				return "snapshot"
			case rt.Retention == nil:
				return "not published"
			}
			kept := amount(*rt.Retention)
			for _, licence := range config.Licences() {
				if d := rt.Kept(licence); *d != *rt.Retention && rt.Offered(licence) {
					kept += ", with " + code(licence) + " " + amount(*d)
				}
			}
			return kept
		},
		"time": func(rt *config.ReportType) string {
			if rt.Snapshot() {
				return ""
			}
			return code(rt.Time)
		},
		"budget": func(b limits.Rate) string {
			if b == (limits.Rate{}) {
				return ""
			}
			per, err := calendar.Parse(b.Time())
			if err != nil {
				t.Error(err)
			}
			return fmt.Sprintf("%d in %s", b.Requests, amount(per))
		},
		"users": func(l *config.LimitClass) string {
			n := 0
			for _, rt := range types {
				if rt.Limit == l.Name || slices.ContainsFunc(rt.With, func(r config.PropertyRule) bool { return r.Limit == l.Name }) {
					n++
				}
			}
			if n == 0 {
				return "for your own"
			}
			return strconv.Itoa(n)
		},
	}).ParseFiles(filepath.Join("testdata", "reports.md.tmpl"))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := page.Execute(&out, struct {
		Families []family
		Limits   []*config.LimitClass
	}{append(families, retired...), classes}); err != nil {
		t.Fatal(err)
	}
	return bytes.ReplaceAll(out.Bytes(), []byte("\r\n"), []byte("\n"))
}

// amount writes a duration in words.
func amount(d calendar.Duration) string {
	word := map[calendar.Unit]string{
		calendar.Second: "second", calendar.Minute: "minute", calendar.Hour: "hour",
		calendar.Day: "day", calendar.Week: "week", calendar.Month: "month",
	}[d.Unit]
	if d.N == 1 {
		return "1 " + word
	}
	return strconv.Itoa(d.N) + " " + word + "s"
}

func byName(t *testing.T) map[string]*config.ReportType {
	t.Helper()
	types, _, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	m := make(map[string]*config.ReportType, len(types))
	for _, rt := range types {
		m[rt.Name] = rt
	}
	return m
}

// snake turns a name of the API into that of the catalog. A run of capitals is
// one word, up to the capital that begins the next.
func snake(name string) string {
	var out strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		if unicode.IsUpper(r) && i > 0 && (!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			out.WriteByte('_')
		}
		out.WriteRune(unicode.ToLower(r))
	}
	return out.String()
}
