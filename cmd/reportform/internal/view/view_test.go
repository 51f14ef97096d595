package view_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/reportform/reportform/cmd/reportform/internal/view"
	"github.com/reportform/reportform/cmd/reportform/internal/view/viewtest"
	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/internal/calendar"
	"github.com/reportform/reportform/internal/column"
	"github.com/reportform/reportform/internal/diag"
	"github.com/reportform/reportform/internal/limits"
)

// same is the view itself.
func same[V any](v V) V { return v }

func TestScreens(t *testing.T) {
	viewtest.Screens(t, same, map[string]func(*view.Human){
		"ask":         func(h *view.Human) { h.Ask("Do you want to perform these pulls?"); h.Cancelled("Apply") },
		"diagnostics": func(h *view.Human) { h.Diagnostics(exampleDiagnostics()) },
		"usage": func(h *view.Human) {
			h.UsageError(errors.New("There is no command \"plam\". Did you mean \"plan\"?\nFor what can be written here, run: reportform -help"))
		},
		"reports": func(h *view.Human) { h.ReportTypes(exampleReportTypes()) },
		"reports-one": func(h *view.Human) {
			h.ReportType(exampleReportTypes()[0], &config.LimitClass{Class: limits.Class{
				Name: "reporting", AppTenant: limits.Rate{Requests: 5, Per: 10 * time.Second},
			}})
		},
		"reports-snapshot":  func(h *view.Human) { h.ReportType(exampleReportTypes()[1], nil) },
		"version":           func(h *view.Human) { h.Version(view.Version{"0.1.0", "linux", "amd64", "go1.26.8"}) },
		"version-dev":       func(h *view.Human) { h.Version(view.Version{"dev", "linux", "amd64", "go1.26.8"}) },
		"validate-ok":       func(h *view.Human) { h.Validated(nil) },
		"validate-mistakes": func(h *view.Human) { diags, _ := exampleDiagnostics(); h.Validated(diags) },
		"init-new":          func(h *view.Human) { h.Initialised([]string{"main.rf.hcl", ".gitignore"}) },
		"init-checked":      func(h *view.Human) { h.Checked(view.Checked{2, 3, 1, "local", 6, 0}) },
		"init-encrypted":    func(h *view.Human) { h.Checked(view.Checked{2, 3, 1, "local", 6, 4}) },
		"fmt": func(h *view.Human) {
			h.Formatted("main.rf.hcl")
			h.Diff("--- old/main.rf.hcl\n+++ new/main.rf.hcl\n@@ -1 +1 @@\n-a=1\n+a = 1\n")
		},
		"sandbox": func(h *view.Human) { h.Sandbox("http://127.0.0.1:8081") },
	})
}

func TestJSON(t *testing.T) {
	viewtest.Messages(t, same, map[string]func(*view.JSON){
		"diagnostics": func(j *view.JSON) { j.Diagnostics(exampleDiagnostics()) },
		"validate":    func(j *view.JSON) { diags, _ := exampleDiagnostics(); j.Validated(diags) },
		"reports":     func(j *view.JSON) { j.ReportTypes(exampleReportTypes()) },
		"version":     func(j *view.JSON) { j.Version(view.Version{"0.1.0", "linux", "amd64", "go1.26.8"}) },
	})
}

// Plain takes colour away.
func TestPlain(t *testing.T) {
	s := viewtest.NewScreen()
	view.NewHuman(s.Streams(true), s.Now).Diagnostics(exampleDiagnostics())
	viewtest.Golden(t, "diagnostics-colour.golden", s.String())
	s = viewtest.NewScreen()
	view.NewHuman(s.Streams(true).Plain(), s.Now).Diagnostics(exampleDiagnostics())
	if strings.Contains(s.String(), "\x1b") {
		t.Error("Plain leaves colour")
	}
}

// The page on the machine output describes every type of message, and no other.
func TestJSONTypesAreDocumented(t *testing.T) {
	source, err := os.ReadFile("json.go")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "docs", "json-output.md"))
	if err != nil {
		t.Fatal(err)
	}
	declared, documented := map[string]bool{}, map[string]bool{}
	for _, m := range regexp.MustCompile(`Type = "([a-z_]+)"`).FindAllSubmatch(source, -1) {
		declared[string(m[1])] = true
	}
	for _, m := range regexp.MustCompile("(?m)^### `([a-z_]+)`").FindAllSubmatch(page, -1) {
		documented[string(m[1])] = true
	}
	if len(declared) == 0 {
		t.Error("no types found")
	}
	if diff := cmp.Diff(declared, documented); diff != "" {
		t.Errorf("declared and documented differ: %s", diff)
	}
}

// The list of types has one owner, and each type on it is written by somebody.
func TestJSONTypesAreWritten(t *testing.T) {
	name := regexp.MustCompile(`\bType[A-Z]\w*`)
	elsewhere := regexp.MustCompile(`\b(Type\(|Type += +"|HeadOf\("|Head\{)`)
	list, err := os.ReadFile("json.go")
	if err != nil {
		t.Fatal(err)
	}
	unwritten := map[string]bool{}
	for _, m := range regexp.MustCompile(`(Type\w+) +Type = "`).FindAllSubmatch(list, -1) {
		unwritten[string(m[1])] = true
	}
	if len(unwritten) == 0 {
		t.Error("no types found")
	}
	err = filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		if path == "json.go" { // behind the list
			_, source, _ = bytes.Cut(source, []byte("// JSON writes"))
		}
		for _, constant := range name.FindAllString(string(source), -1) {
			delete(unwritten, constant)
		}
		if m := elsewhere.Find(source); path != "json.go" && m != nil {
			t.Errorf("%s makes a type that is not on the list: %s", path, m)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for constant := range unwritten {
		t.Errorf("nobody writes %s", constant)
	}
}

// Nothing that comes from outside acts on a terminal.
func TestNothingActsOnTheTerminal(t *testing.T) {
	const evil = viewtest.Evil
	src := []byte("a = \"" + evil + "\"\n")
	r := hcl.Range{Filename: evil, Start: hcl.Pos{Line: 1, Column: 5, Byte: 4}, End: hcl.Pos{Line: 1, Column: 9, Byte: 8}}
	viewtest.Harmless(t, same, func(_ *viewtest.Screen, h *view.Human) {
		h.ReportTypes([]*config.ReportType{{Name: evil, Description: evil, API: config.APIGraph}})
		h.ReportType(&config.ReportType{Name: evil, Path: evil, Columns: []column.Column{{Path: evil}}, Headers: map[string]string{evil: evil}}, nil)
		h.Diagnostics(hcl.Diagnostics{{Summary: evil, Detail: evil + "\n " + evil, Subject: &r}}, map[string]*hcl.File{evil: {Bytes: src}})
		h.UsageError(errors.New(evil + "\nmore " + evil))
		h.Note(evil)
		h.Initialised([]string{evil})
		h.Checked(view.Checked{Backend: evil})
		h.Sandbox(evil)
		h.Formatted(evil)
		h.Diff("+" + evil)
	})
}

func TestSecretsAreNotQuoted(t *testing.T) {
	src := []byte("credential \"client_secret\" \"a\" {\n  client_secret = \"hunter2\"\n}\n")
	file, diags := hclsyntax.ParseConfig(src, "main.rf.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	attrs, _ := file.Body.(*hclsyntax.Body).Blocks[0].Body.JustAttributes()
	r := attrs["client_secret"].Range
	d := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Secret in plain text", Subject: &r, Extra: diag.SecretHere{}}
	files := map[string]*hcl.File{"main.rf.hcl": file}
	s := viewtest.NewScreen()
	s.Human().Diagnostics(hcl.Diagnostics{d}, files)
	s.JSON().Diagnostics(hcl.Diagnostics{d}, files)
	if strings.Contains(s.String(), "hunter2") {
		t.Errorf("the secret is shown: %s", s)
	}
	if !strings.Contains(s.String(), "main.rf.hcl line 2") {
		t.Errorf("the place is not shown: %s", s)
	}
	d.Extra = nil // the test would notice
	s.Human().Diagnostics(hcl.Diagnostics{d}, files)
	if !strings.Contains(s.String(), "hunter2") {
		t.Error("the line is not quoted without SecretHere")
	}
}

func TestDiagnose(t *testing.T) {
	diag := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Two pulls, one path"}
	if got := view.Diagnose("Planning failed", fmt.Errorf("planning: %w", hcl.Diagnostics{diag})); len(got) != 1 || got[0] != diag {
		t.Errorf("got %v", got)
	}
	if got := view.Diagnose("Planning failed", fmt.Errorf("planning: %w", diag)); len(got) != 1 || got[0] != diag {
		t.Errorf("got %v", got)
	}
	got := view.Diagnose("Planning failed", errors.New("why"))
	if len(got) != 1 || got[0].Summary != "Planning failed" || got[0].Detail != "Why." {
		t.Errorf("got %v", got)
	}
	if got := view.Diagnose("x", nil); got != nil {
		t.Errorf("got %v", got)
	}
}

// Errors are told in sentences that do not repeat the summary.
func TestDiagnoseMakesSentences(t *testing.T) {
	for text, want := range map[string]string{
		"nothing was moved: report.a.b of tenant.c has a ledger already\nremove one with state rm": "report.a.b of tenant.c has a ledger already.\nRemove one with state rm.",
		"nothing is held under tenant.a. Look again":                                               "Nothing is held under tenant.a. Look again.",
		"output.ndjson.lake: no space left on device":                                              "output.ndjson.lake: no space left on device.",
		"save it with:\n  reportform plan -out=a":                                                  "Save it with:\n  reportform plan -out=a",
		"the tenant has \"x\" (as it was)":                                                         "The tenant has \"x\" (as it was).",
		"make it again with plan -out":                                                             "Make it again with plan -out",
		"It is so.":                                                                                "It is so.",
		"":                                                                                         "",
	} {
		if got := view.Diagnose("Nothing was moved", errors.New(text))[0].Detail; got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// Ranges that do not fit the source are shown without it.
func TestSnippetDistrustsRanges(t *testing.T) {
	snippet := func(r hcl.Range, file *hcl.File) *view.Snippet {
		return view.NewDiagnostic(&hcl.Diagnostic{Subject: &r}, map[string]*hcl.File{"": file}).Snippet
	}
	file := &hcl.File{Bytes: []byte("a = 1\n")}
	for _, r := range []hcl.Range{
		{Start: hcl.Pos{Byte: -1}, End: hcl.Pos{Byte: 2}},
		{Start: hcl.Pos{Byte: 3}, End: hcl.Pos{Byte: 2}},
		{Start: hcl.Pos{Byte: 3}, End: hcl.Pos{Byte: 99}},
	} {
		if got := snippet(r, file); got != nil {
			t.Errorf("%v: got %+v", r, got)
		}
	}
	end := hcl.Pos{Line: 2, Column: 1, Byte: 6}
	if got := snippet(hcl.Range{Start: end, End: end}, file); got == nil || got.Code != "" {
		t.Errorf("at the end: got %+v", got)
	}
	if got := snippet(hcl.Range{}, nil); got != nil {
		t.Errorf("got %+v", got)
	}
}

func exampleDiagnostics() (hcl.Diagnostics, map[string]*hcl.File) {
	src := []byte("tenant \"contoso\" {\n\tid   = \"contoso.onmicrosoft.com\"\n\tclod = \"public\" # ☁ 雲\n}\n\nwindow \"daily\" {\n  every = \"1d\"\n  from  = [\n    1,\n    2,\n  ]\n}\n")
	file, diags := hclsyntax.ParseConfig(src, "main.rf.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		panic(diags)
	}
	body := file.Body.(*hclsyntax.Body)
	clod, from := body.Blocks[0].Body.Attributes["clod"], body.Blocks[1].Body.Attributes["from"]
	long := []byte("values = [" + strings.Repeat("\"x\", ", 100) + "oops, " + strings.Repeat("\"y\", ", 100) + "]\n")
	at := bytes.Index(long, []byte("oops"))
	diags = hcl.Diagnostics{
		{
			Severity: hcl.DiagError, Summary: "Unsupported argument", Subject: clod.NameRange.Ptr(),
			Detail: "An argument named \"clod\" is not expected here. Did you mean \"cloud\"?",
		},
		{
			Severity: hcl.DiagWarning, Summary: "A list where a date belongs", Subject: from.Expr.Range().Ptr(),
			Detail: "Write the first day of the window as a date, a text of the form year-month-day, or as a moment in RFC 3339. For example:\n  from = \"2026-11-01\"\n\nA window without from ends at the plan's clock.",
		},
		{Severity: hcl.DiagError, Summary: "No configuration", Detail: "The directory has no *.rf.hcl file."},
		{
			Severity: hcl.DiagError, Summary: "Unknown variable",
			Subject: &hcl.Range{Filename: "long.rf.hcl", Start: hcl.Pos{Line: 1, Column: at + 1, Byte: at}, End: hcl.Pos{Line: 1, Column: at + 5, Byte: at + 4}},
		},
	}
	return diags, map[string]*hcl.File{"main.rf.hcl": file, "long.rf.hcl": {Bytes: long}}
}

func exampleReportTypes() []*config.ReportType {
	return []*config.ReportType{
		{
			Name: "sign_ins", Description: "Interactive sign-ins of users, with the result of every one and the policies that applied to it.",
			API: config.APIGraph, Version: "v1.0", Path: "/auditLogs/signIns", Time: "createdDateTime", ID: []string{"id"},
			Lower: "ge", Upper: "lt", OrderBy: "createdDateTime", PageSize: 1000, Permissions: []string{"AuditLog.Read.All", "Directory.Read.All"},
			License: "Microsoft Entra ID P1", Retention: &calendar.Duration{N: 30, Unit: calendar.Day},
			RetentionBy: map[string]calendar.Duration{config.LicenceFree: {N: 7, Unit: calendar.Day}}, Licences: []string{"p1", "p2"}, Settle: calendar.Duration{N: 2, Unit: calendar.Hour},
			Limit: "reporting", Headers: map[string]string{"ConsistencyLevel": "eventual"},
			Columns: column.Typed([]string{"id", "createdDateTime", "userPrincipalName", "appDisplayName", "ipAddress", "status.errorCode", "status.failureReason"}, nil),
			Source:  "the service's documentation",
		},
		{Name: "users", Description: "All users.", API: config.APIGraph, Version: "v1.0", Path: "/users", ID: []string{"id"}, With: []config.PropertyRule{{
			Property: "signInActivity", PageSize: 500, Permissions: []string{"User.Read.All", "AuditLog.Read.All"}, License: "P1", Licences: []string{"p1", "p2"}, Limit: "sign_in_activity",
		}}},
		{Name: "audit_events", Description: "Audit events of the retired API.", API: config.APIAADGraph, Version: "beta", Path: "/reports/auditEvents", Time: "eventTime", Lower: "ge", Upper: "le"},
	}
}
