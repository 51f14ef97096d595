package engine

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/engine/sandbox"
)

// faultConfig has one tenant that meets a fault, and one that does not.
func faultConfig(w *world, sick string) string {
	return `
credential "client_secret" "app" {
  client_id     = "11111111-0000-4000-8000-000000000001"
  client_secret = secret_env("APP_SECRET")
}
tenant "sick" {
  id    = "sick.example"
  cloud = "sandbox"
  ` + sick + `
}
tenant "well" {
  id    = "well.example"
  cloud = "sandbox"
  ` + w.endpoints() + `
}
window "day" {
  from = "2026-11-20"
  to   = "2026-11-21"
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
}

// pages makes results of several pages.
func manyEvents(o *sandbox.Options) {
	for i := range o.Types {
		o.Types[i].MaxPage, o.Types[i].DefaultPage = 50, 50
	}
	o.Tenants = func(id string) (sandbox.Tenant, bool) {
		return sandbox.Tenant{EventsPerDay: 200}, !strings.HasSuffix(id, ".invalid")
	}
}

func always(kind, path string, after int) sandbox.Fault {
	return sandbox.Fault{Kind: kind, Tenant: "sick.example", Path: path, AfterPage: after, Times: -1}
}

// Each of these keeps the sick tenant's pull from completing. The error has to
// name the pull and the cause and say what to do; nothing half-written may be
// left, what was there before stays, and the other tenant's pull completes.
func TestFaultsStayWithTheirPull(t *testing.T) {
	const (
		signIns = "signIns"
		secret  = "s3cr3t-value/with+escapes"
	)
	tests := []struct {
		name    string
		tenant  string // attributes; empty for the world's endpoints
		sandbox func(*sandbox.Options)
		fault   *sandbox.Fault
		block   bool     // a file stands where the output's directory should be
		say     []string // what the error and the advice must say
	}{
		{
			name:    "wrong secret",
			sandbox: func(o *sandbox.Options) { o.Secret = func(id, _ string) bool { return !strings.HasPrefix(id, "1111") } },
			say:     []string{"AADSTS7000215", "invalid_client", "sick.example", "value"},
		},
		{
			name: "unknown tenant",
			sandbox: func(o *sandbox.Options) {
				known := o.Tenants
				o.Tenants = func(id string) (sandbox.Tenant, bool) { t, _ := known(id); return t, id == "well.example" }
			},
			say: []string{"AADSTS90002", "sick.example", "cloud"},
		},
		{
			name: "missing permission",
			sandbox: func(o *sandbox.Options) {
				o.Tenants = func(id string) (sandbox.Tenant, bool) {
					t := sandbox.Tenant{EventsPerDay: 200}
					if id == "sick.example" {
						t.Permissions = []string{"User.Read.All"}
					}
					return t, true
				}
			},
			say: []string{"403", "Authentication_MSGraphPermissionMissing", "request-id", "AuditLog.Read.All", "admin consent"},
		},
		{
			name: "missing licence",
			sandbox: func(o *sandbox.Options) {
				o.Tenants = func(id string) (sandbox.Tenant, bool) {
					t := sandbox.Tenant{EventsPerDay: 200}
					if id == "sick.example" {
						t.License = sandbox.Free
					}
					return t, true
				}
			},
			say: []string{"403", "Authentication_RequestFromNonPremiumTenantOrB2CTenant", "P1"},
		},
		{
			name:   "unreachable host",
			tenant: endpointsBlock("http://127.0.0.1:1"),
			say:    []string{"127.0.0.1:1", "refused", "tenant", "network"},
		},
		{name: "429 without Retry-After", fault: new(always("429-bare", signIns, 0)), say: []string{"429", "TooManyRequests", "request-id", "Try again later"}},
		{name: "500 in mid-paging", fault: new(always("500", signIns, 1)), say: []string{"500", "page 2", "request-id", "Try again later"}},
		{name: "truncated body", fault: new(always("truncated", signIns, 1)), say: []string{"page 2", "broke off after", "request-id"}},
		{name: "HTML with status 200", fault: new(always("html-200", signIns, 0)), say: []string{"page 1", "text/html", "proxy"}},
		{name: "error object in a 200", fault: new(always("error-in-body", signIns, 1)), say: []string{"page 2", "request-id"}},
		{name: "link to another host", fault: new(always("foreign-link", signIns, 0)), say: []string{"page 1", "elsewhere.invalid", "token", "request-id", "gateway"}},
		{name: "link to itself", fault: new(always("same-link", signIns, 1)), say: []string{"page", "link", "request-id", "gateway"}},
		{name: "link with a user", fault: new(always("userinfo-link", signIns, 0)), say: []string{"page 1", "user information", "request-id"}},
		{name: "circle under new links", fault: new(always("circle", signIns, 1)), say: []string{"circles", "only events that had come before", "request-id", "lost its place"}},
		{name: "ignored filter", fault: new(always("filter-ignored", signIns, 0)), say: []string{"page 1", "ignored the filter", "createdDateTime ge 2026-11-19T23:59:59Z", "snapshot"}},
		{name: "token refused", fault: new(always("token-expired", signIns, 0)), say: []string{"401", "InvalidAuthenticationToken", "credential"}},
		{name: "504 for the shortest slice", fault: new(always("504", signIns, 0)), say: []string{"504", "shorter"}},
		{name: "no directory for the output", block: true, say: []string{"output.json.a", "out"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(o *sandbox.Options) {
				manyEvents(o)
				if test.sandbox != nil {
					test.sandbox(o)
				}
			})
			w.environ = []string{"APP_SECRET=" + secret}
			if test.fault != nil {
				w.sandbox.SetFaults(*test.fault)
			}
			sick := "credential = credential.client_secret.app\n" + test.tenant
			if test.tenant == "" {
				sick += w.endpoints()
			}
			w.write("main.rf.hcl", faultConfig(w, sick))
			before := map[string]string{}
			if test.block {
				w.write("out/sick", "a file")
				before["sick"] = "a file"
			} else {
				w.write("out/sick/a.json", "what was there before")
				before["sick/a.json"] = "what was there before"
			}

			summary := w.apply()

			if summary.Finished != 1 || len(summary.Failed) != 1 {
				t.Fatalf("%d pulls finished and %d failed, want one each: %+v", summary.Finished, len(summary.Failed), summary.Failed)
			}
			err := summary.Failed[0].Err()
			failure := summary.Failed[0].Failure
			text := err.Error() + "\n" + failure.Advice
			t.Log(text)
			for _, say := range append(test.say, "report.sign_ins.r", "tenant.sick", "2026-11-20") {
				if !strings.Contains(text, say) {
					t.Errorf("the error does not say %q", say)
				}
			}
			files := w.files("out")
			for name, content := range before {
				if files[name] != content {
					t.Errorf("%s was changed", name)
				}
				delete(files, name)
			}
			if names := slices.Sorted(maps.Keys(files)); !slices.Equal(names, []string{"well/a.json", "well/b.csv"}) {
				t.Errorf("files are %v, want the well tenant's alone", names)
			}
			e := w.engine()
			for place, text := range w.everything(text) {
				for _, never := range []string{secret, "s3cr3t", "eyJ" /* how tokens begin */} {
					if strings.Contains(text, never) {
						t.Errorf("%s has a secret, %q", place, never)
					}
				}
			}
			if got, want := reasons(w.plan(e)), "tenant.sick report.sign_ins.r 2026-11-20 out/sick/a.json:failed out/sick/b.csv:failed\n"; got != want {
				t.Errorf("the next plan is\n%swant\n%s", got, want)
			}
		})
	}
}

// everything is all that was written or said: files, state, log, standard
// output, a saved plan and the given text.
func (w *world) everything(said string) map[string]string {
	all := w.files("")
	delete(all, "main.rf.hcl")
	var saved bytes.Buffer
	if err := plan.Write(&saved, w.plan(w.engine())); err != nil {
		w.t.Fatal(err)
	}
	all["the plan"], all["the log"], all["standard output"], all["the error"] = saved.String(), w.log.String(), w.stdout.String(), said
	return all
}

// Each of these passes, and the files are then those of an undisturbed run.
func TestPassingFaultsChangeNothing(t *testing.T) {
	undisturbed := newWorld(t, manyEvents)
	undisturbed.write("main.rf.hcl", faultConfig(undisturbed, undisturbed.endpoints()))
	undisturbed.environ = []string{"APP_SECRET=x"}
	if s := undisturbed.apply(); len(s.Failed) > 0 {
		t.Fatal(s.Failed)
	}
	want := undisturbed.files("out")
	if strings.Count(want["sick/b.csv"], "\n") < 150 {
		t.Fatalf("the undisturbed run has too little to show anything: %d bytes", len(want["sick/b.csv"]))
	}
	faults := map[string]sandbox.Fault{
		"410 for good":       {Kind: "410", Times: -1},
		"404 without a code": {Kind: "404", Code: "none", Times: 2},
		"400 of a licence":   {Kind: "400", Code: "AadPremiumLicenseRequired", Times: 5},
		"twice 401":          {Kind: "token-expired", Times: 2},
		"three times 401":    {Kind: "token-expired", Times: 3},
		"150 empty pages":    {Kind: "empty-page", Times: 150},
		"two foreign links":  {Kind: "foreign-link", Times: 2},
		"plus-link for good": {Kind: "plus-link", Times: -1},
		"bom for good":       {Kind: "bom", Times: -1},
		"empty tokens":       {Kind: "empty-skiptoken", Times: 3},
	}
	for _, kind := range []string{
		"400", "404", "410", "bom", "foreign-link", "same-link", "userinfo-link", "long-link", "plus-link", "circle", "restart", "repeat-page",
		"429", "429-bare", "500", "502-html", "503", "reset", "html-200", "token-expired", "forbidden", "unlicensed",
		"truncated", "error-in-body", "invalid-utf8", "empty-skiptoken", "empty-page", "duplicate-events", "504",
	} {
		faults[kind] = sandbox.Fault{Kind: kind, Times: 1, RetryAfter: "0.01"}
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, manyEvents)
			w.environ = []string{"APP_SECRET=x"}
			fault.Tenant, fault.Path, fault.AfterPage = "sick.example", "signIns", 1
			w.sandbox.SetFaults(fault)
			w.write("main.rf.hcl", faultConfig(w, w.endpoints()))
			if s := w.apply(); len(s.Failed) > 0 {
				t.Fatal(s.Failed[0].Err())
			}
			got := w.files("out")
			for name := range want {
				// Halves are fetched in order of time, so compare the sets of lines.
				if !slices.Equal(lines(got[name]), lines(want[name])) {
					t.Errorf("%s differs from that of an undisturbed run", name)
				}
			}
			if len(got) != len(want) {
				t.Errorf("files are %v", slices.Sorted(maps.Keys(got)))
			}
		})
	}
}

// lines returns the lines of a file without the commas of a JSON array, in order.
func lines(text string) []string {
	var list []string
	for line := range strings.Lines(text) {
		list = append(list, strings.TrimRight(line, ",\n"))
	}
	slices.Sort(list)
	return list
}

func TestReadOnlyOutputDirectory(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Log("the superuser may write everywhere; TestFaultsStayWithTheirPull has the case of a file in the way")
	}
	w := newWorld(t, manyEvents)
	w.environ = []string{"APP_SECRET=x"}
	w.write("main.rf.hcl", faultConfig(w, w.endpoints()))
	sick := filepath.Join(w.dir, "out", "sick")
	if err := os.MkdirAll(sick, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(sick, 0o555); err != nil {
		t.Fatal(err)
	}
	summary := w.apply()
	if os.Geteuid() == 0 {
		if len(summary.Failed) != 0 {
			t.Error(summary.Failed)
		}
		return
	}
	if len(summary.Failed) != 1 || summary.Finished != 1 {
		t.Fatalf("%+v", summary)
	}
	if failure := summary.Failed[0].Failure; failure.Cause != "disk" || !strings.Contains(failure.Advice, "may not write") {
		t.Errorf("%+v", failure)
	}
	if files := w.files("out/sick"); len(files) != 0 {
		t.Errorf("left behind: %v", files)
	}
}
