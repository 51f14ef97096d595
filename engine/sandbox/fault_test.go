package sandbox_test

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/reportform/reportform/engine/sandbox"
	"github.com/reportform/reportform/engine/sandbox/fault"
	"github.com/reportform/reportform/internal/limits"
)

const audits = "/v1.0/auditLogs/directoryAudits"

func TestAnswerFaults(t *testing.T) {
	s := start(t, sandbox.Options{})
	s.token(tenant, audits)
	checks := map[string]func(answer) bool{
		"429": func(a answer) bool {
			return a.status == 429 && a.header.Get("Retry-After") == "0.25" && a.code(t) == "TooManyRequests"
		},
		"429-bare":       func(a answer) bool { return a.status == 429 && a.header.Get("Retry-After") == "" },
		"500":            func(a answer) bool { return a.status == 500 && a.code(t) == "UnknownError" },
		"502-html":       func(a answer) bool { return a.status == 502 && strings.HasPrefix(string(a.body), "<html>") },
		"503":            func(a answer) bool { return a.status == 503 && a.code(t) == "serviceNotAvailable" },
		"400":            func(a answer) bool { return a.status == 400 && a.code(t) == "BadRequest" },
		"404":            func(a answer) bool { return a.status == 404 && a.code(t) == "itemNotFound" },
		"410":            func(a answer) bool { return a.status == 410 && a.code(t) == "resyncRequired" },
		"bom":            func(a answer) bool { return a.status == 200 && strings.HasPrefix(string(a.body), "\ufeff{") },
		"filter-ignored": func(a answer) bool { return a.status == 200 }, // see TestIgnoredFilter
		"504":            func(a answer) bool { return a.status == 504 && len(a.body) == 0 },
		"timeout":        func(a answer) bool { return a.err != nil },
		"reset":          func(a answer) bool { return errors.Is(a.err, io.EOF) || a.err != nil },
		"html-200":       func(a answer) bool { return a.status == 200 && strings.HasPrefix(string(a.body), "<html>") },
		"redirect": func(a answer) bool {
			return a.status == 302 && strings.HasPrefix(a.header.Get("Location"), "http://elsewhere.invalid/v1.0/")
		},
		"token-expired": func(a answer) bool { return a.status == 401 && a.code(t) == "InvalidAuthenticationToken" },
		"claims-challenge": func(a answer) bool {
			return a.status == 401 && strings.Contains(a.header.Get("WWW-Authenticate"), `error="insufficient_claims"`)
		},
		"retired":   func(a answer) bool { return a.status == 403 && a.code(t) == "Authentication_Unauthorized" },
		"forbidden": func(a answer) bool { return a.status == 403 && a.code(t) == "Authentication_MSGraphPermissionMissing" },
		"unlicensed": func(a answer) bool {
			return a.status == 403 && a.code(t) == "Authentication_RequestFromNonPremiumTenantOrB2CTenant"
		},
		"slow":     func(a answer) bool { return a.status == 200 },
		"no-date":  func(a answer) bool { return a.status == 200 && a.header.Get("Date") == "" },
		"old-date": func(a answer) bool { return a.status == 200 && a.header.Get("Date") != "" && a.header.Get("Age") == "" },
		"aged": func(a answer) bool {
			return a.status == 200 && a.header.Get("Date") != "" && a.header.Get("Age") == "0"
		},
	}
	for _, kind := range kindsOf(fault.Answer) {
		if checks[kind] == nil {
			t.Errorf("nothing is asked of %s", kind)
		}
	}
	for kind, check := range checks {
		s.SetFaults(sandbox.Fault{Kind: kind, Delay: time.Millisecond})
		// Go's client repeats a request whose idle connection was closed, so
		// each begins with a new one.
		s.client.CloseIdleConnections()
		if a := s.get(audits, "$top=1"); !check(a) {
			t.Errorf("%s: %d %v %.300s %v", kind, a.status, a.header, a.body, a.err)
		}
		if a := s.get(audits, "$top=1"); a.status != 200 {
			t.Errorf("%s: comes again: %d", kind, a.status)
		}
	}
}

// Every answer has the Date of the sandbox's clock, which need not be this
// machine's.
func TestDate(t *testing.T) {
	s := start(t, sandbox.Options{})
	s.token(tenant, audits)
	for name, test := range map[string]struct {
		fault sandbox.Fault
		date  time.Duration
		age   string
	}{
		"as it is": {fault: sandbox.Fault{Kind: "slow", Delay: 1}},
		"old":      {fault: sandbox.Fault{Kind: "old-date", Delay: 48 * time.Hour}, date: -48 * time.Hour},
		"aged":     {fault: sandbox.Fault{Kind: "aged", Delay: 90 * time.Second}, date: -90 * time.Second, age: "90"},
		"refused":  {fault: sandbox.Fault{Kind: "429"}},
	} {
		s.SetFaults(test.fault)
		a := s.get(audits, "$top=1")
		if got, err := http.ParseTime(a.header.Get("Date")); err != nil || !got.Equal(noon.Add(test.date)) || a.header.Get("Age") != test.age {
			t.Errorf("%s: Date %v, Age %q, %v", name, got, a.header.Get("Age"), err)
		}
	}
	if a := s.get("/nowhere"); a.header.Get("Date") != noon.Format(http.TimeFormat) {
		t.Errorf("a path that is not there: %v", a.header)
	}
}

func TestPageFaults(t *testing.T) {
	s := start(t, sandbox.Options{})
	options := []string{"$top=20", "$filter=activityDateTime ge 2026-11-17T12:00:00Z"}
	walk := func() ([]string, int) { return s.all(audits, append([]string{}, options...)...) }
	whole, pages := walk()
	if pages < 3 {
		t.Fatalf("%d pages", pages)
	}
	tried := map[string]bool{}
	meet := func(kind string) {
		tried[kind] = true
		s.SetFaults(sandbox.Fault{Kind: kind, AfterPage: 1, Path: "directoryaudits"})
	}

	meet("empty-page")
	got, n := walk()
	if n != pages+1 {
		t.Errorf("empty-page: %d pages", n)
	}
	equal(t, got, whole)

	meet("repeat-page")
	got, _ = walk()
	equal(t, got, append(append([]string{}, whole[:40]...), whole...))

	meet("restart")
	got, _ = walk()
	equal(t, got, append(append([]string{}, whole[:20]...), whole...))

	meet("duplicate-events")
	got, _ = walk()
	equal(t, got, append(append([]string{}, whole[:40]...), whole[37:]...))

	meet("revision")
	got, _ = walk()
	if len(got) != len(whole)+1 || got[40] == whole[39] || got[40][:40] != whole[39][:40] {
		t.Errorf("revision: %d events instead of %d\n%s\n%s", len(got), len(whole)+1, whole[39], got[40])
	}
	equal(t, got[41:], whole[40:])

	second := func() answer { return s.link(s.get(audits, append([]string{}, options...)...).page(t).Next) }
	meet("truncated")
	if a := second(); !errors.Is(a.err, io.ErrUnexpectedEOF) || len(a.body) == 0 {
		t.Errorf("truncated: %v", a.err)
	}
	meet("stall")
	s.SetFaults(sandbox.Fault{Kind: "stall", AfterPage: 1, Path: "directoryaudits", Delay: 300 * time.Millisecond})
	began := time.Now()
	if a := second(); !errors.Is(a.err, io.ErrUnexpectedEOF) || len(a.body) == 0 || time.Since(began) < 300*time.Millisecond {
		t.Errorf("stall: %v after %s", a.err, time.Since(began))
	}
	meet("error-in-body")
	if a := second(); a.status != 200 || !strings.Contains(string(a.body), `{"error":{`) || strings.HasSuffix(string(a.body), "]}") {
		t.Errorf("error-in-body: %d %.200s", a.status, a.body)
	}
	meet("invalid-utf8")
	if a := second(); a.status != 200 || utf8.Valid(a.body) {
		t.Errorf("invalid-utf8: %d", a.status)
	}
	meet("odd-text")
	if a := second(); a.status != 200 || !strings.Contains(string(a.body), `isplayName":"nul\u0000 half \ud800 `) || !json.Valid(a.body) {
		t.Errorf("odd-text: %d", a.status)
	}
	meet("foreign-link")
	if p := second().page(t); !strings.HasPrefix(p.Next, "http://elsewhere.invalid/v1.0/") {
		t.Error(p.Next)
	}
	meet("empty-skiptoken")
	p := second().page(t)
	if !strings.HasSuffix(p.Next, "&$skiptoken=") {
		t.Error(p.Next)
	}
	if a := s.link(p.Next); a.status != 400 || !strings.Contains(string(a.body), "skip token is null") {
		t.Errorf("%d %s", a.status, a.body)
	}
	first := s.get(audits, append([]string{}, options...)...).page(t)
	meet("same-link")
	if p := s.link(first.Next).page(t); p.Next != first.Next {
		t.Errorf("%s\n%s", p.Next, first.Next)
	}
	meet("userinfo-link")
	if p := second().page(t); !strings.Contains(p.Next, "://user:password@127.0.0.1") {
		t.Error(p.Next)
	}
	meet("long-link")
	if p := second().page(t); len(p.Next) < 40_000 {
		t.Error(p.Next)
	}
	meet("plus-link")
	p = second().page(t)
	if a := s.link(p.Next); a.status != 400 || !strings.Contains(p.Next, "activityDateTime+ge+") {
		t.Errorf("plus-link: %d %s", a.status, p.Next)
	}
	if a := s.link(strings.ReplaceAll(p.Next, "+", "%20")); a.status != 200 {
		t.Errorf("plus-link: %d without plus signs", a.status)
	}
	s.SetFaults(sandbox.Fault{Kind: "circle", Times: 4, AfterPage: 1, Path: "directoryaudits"})
	got, _ = walk()
	equal(t, got, append(append(append([]string{}, whole[:40]...), whole[:40]...), whole...))
	tried["circle"] = true
	times := func(kind string) []string {
		meet(kind)
		var list []string
		for _, m := range regexp.MustCompile(`"activityDateTime":"([^"]*)"`).FindAllStringSubmatch(string(second().body), -1) {
			list = append(list, m[1])
		}
		return list
	}
	if list := times("untimed"); len(list) != 20 || list[0] != "pending" || !strings.HasSuffix(list[1], "Z") {
		t.Errorf("untimed: %v", list)
	}
	if list := times("lower-case-times"); len(list) != 20 || !strings.HasPrefix(list[19], "2026-11-18t") || !strings.HasSuffix(list[19], "z") {
		t.Errorf("lower-case-times: %v", list)
	}
	if list := times("rounded-times"); len(list) != 20 || strings.Contains(strings.Join(list, ""), ".") {
		t.Errorf("rounded-times: %v", list)
	}
	for _, kind := range kindsOf(fault.Page) {
		if !tried[kind] {
			t.Errorf("nothing is asked of %s", kind)
		}
	}
}

func TestIgnoredFilter(t *testing.T) {
	s := start(t, sandbox.Options{})
	hour := "$filter=activityDateTime ge 2026-11-17T12:00:00Z and activityDateTime lt 2026-11-17T13:00:00Z"
	asked, _ := s.all(audits, hour)
	everything, _ := s.all(audits)
	s.SetFaults(sandbox.Fault{Kind: "filter-ignored", Times: -1})
	got, pages := s.all(audits, hour, "$top=100")
	if len(asked) == len(everything) || pages < 2 {
		t.Fatalf("%d of %d events in %d pages show nothing", len(asked), len(everything), pages)
	}
	equal(t, got, everything)
}

// Whatever comes has the mark: tokens and errors, too.
func TestByteOrderMarks(t *testing.T) {
	s := start(t, sandbox.Options{})
	s.SetFaults(sandbox.Fault{Kind: "bom", Path: "oauth2"})
	if a := s.form("/"+tenant+"/oauth2/v2.0/token", v2Form()); a.status != 200 || !strings.HasPrefix(string(a.body), "\ufeff{") {
		t.Errorf("a token: %d %.40q", a.status, a.body)
	}
	s.token(tenant, audits)
	s.SetFaults(sandbox.Fault{Kind: "bom"})
	if a := s.get(audits, "$filter=nothing eq 1"); a.status != 400 || !strings.HasPrefix(string(a.body), "\ufeff{") {
		t.Errorf("an error: %d %.40q", a.status, a.body)
	}
}

func TestCodesOfRefusals(t *testing.T) {
	s := start(t, sandbox.Options{})
	s.token(tenant, audits)
	for code, want := range map[string]string{"": "BadRequest", "none": "", "UnknownError": "UnknownError"} {
		s.SetFaults(sandbox.Fault{Kind: "400", Code: code})
		if a := s.get(audits, "$top=1"); a.status != 400 || a.code(t) != want {
			t.Errorf("%q: %d %s", code, a.status, a.body)
		}
	}
}

// kindsOf are the kinds of faults that strike a part of an answer.
func kindsOf(part fault.Part) (names []string) {
	for _, k := range fault.Kinds() {
		if k.Strikes == part {
			names = append(names, k.Name)
		}
	}
	return names
}

func TestFaultsChooseTheirRequests(t *testing.T) {
	s := start(t, sandbox.Options{})
	s.token(tenant, audits)
	status := func(path string, options ...string) int { return s.get(path, options...).status }

	s.SetFaults(sandbox.Fault{Kind: "500", Path: "signins", Times: 2})
	if status(audits) != 200 || status("/v1.0/auditLogs/signIns") != 500 || status("/v1.0/auditLogs/SIGNINS") != 500 || status("/v1.0/auditLogs/signIns") != 200 {
		t.Error("path and times")
	}
	s.SetFaults(sandbox.Fault{Kind: "500", Tenant: "other.example", Times: -1})
	if status(audits) != 200 {
		t.Error("another tenant is met")
	}
	s.SetFaults(sandbox.Fault{Kind: "504", Times: -1, Wider: 12 * time.Hour})
	if status(audits, "$filter=activityDateTime ge 2026-11-17 and activityDateTime lt 2026-11-17T12:00:05Z") != 504 ||
		status(audits, "$filter=activityDateTime ge 2026-11-17 and activityDateTime lt 2026-11-17T12:00:00Z") != 200 {
		t.Error("wider")
	}
	s.SetFaults(sandbox.Fault{Kind: "stall", Path: "oauth2", Delay: 300 * time.Millisecond})
	if a := s.form("/"+tenant+"/oauth2/v2.0/token", v2Form()); !errors.Is(a.err, io.ErrUnexpectedEOF) || !strings.HasPrefix(string(a.body), "{") {
		t.Errorf("a token's answer that stalls: %d %.100s, %v", a.status, a.body, a.err)
	}
	s.SetFaults(sandbox.Fault{Kind: "503"}, sandbox.Fault{Kind: "429", Path: "oauth2"})
	if a := s.form("/"+tenant+"/oauth2/v2.0/token", v2Form()); a.status != 429 || !strings.Contains(string(a.body), "temporarily_unavailable") {
		t.Errorf("token requests are met when they are named: %d %s", a.status, a.body)
	}
	if status(audits) != 503 || status(audits) != 200 {
		t.Error("two faults")
	}
	s.SetFaults(sandbox.Fault{Kind: "500"})
	s.SetFaults()
	if status(audits) != 200 {
		t.Error("faults are not cleared")
	}
}

func TestThrottle(t *testing.T) {
	s := start(t, sandbox.Options{Throttle: true, Limits: map[string]limits.Class{
		"reports":             {Name: "reports", AppTenant: limits.Rate{Requests: 3, Per: time.Hour}},
		"identity_protection": {Name: "identity_protection", Tenant: limits.Rate{Requests: 1, Per: time.Hour}},
	}})
	for i := range 5 {
		a := s.get(audits, "$top=1")
		if want := i >= 3; (a.status == 429) != want {
			t.Fatalf("request %d: %d", i, a.status)
		}
		if a.status == 429 && (!strings.HasPrefix(a.header.Get("Retry-After"), "3") || !strings.Contains(a.header.Get("Retry-After"), ".")) {
			t.Errorf("Retry-After: %q", a.header.Get("Retry-After"))
		}
		if scope := a.header.Get("x-ms-throttle-scope"); a.status == 429 && (!strings.HasPrefix(scope, "Tenant_Application/Read/") || strings.Count(scope, "/") != 3) {
			t.Errorf("x-ms-throttle-scope: %q", scope)
		}
	}
	s.get("/v1.0/identityProtection/riskDetections", "$top=1")
	if a := s.get("/v1.0/identityProtection/riskyUsers", "$top=1"); a.status != 429 || a.header.Get("Retry-After") != "" {
		t.Errorf("%d %q", a.status, a.header.Get("Retry-After"))
	}
	if a := s.get("/v1.0/users", "$top=1"); a.status != 200 {
		t.Errorf("a class without limits: %d", a.status)
	}
}

func TestLateEvents(t *testing.T) {
	now := noon
	describe := func(string) (sandbox.Tenant, bool) { return sandbox.Tenant{EventsPerDay: 20_000}, true }
	late := start(t, sandbox.Options{Now: func() time.Time { return now }, Late: true, Tenants: describe})
	prompt := start(t, sandbox.Options{Tenants: describe})
	from := noon.Add(-time.Hour)
	all := prompt.Count(tenant, "sign_ins", from, noon)
	share := func(after time.Duration) float64 {
		now = noon.Add(after)
		return float64(late.Count(tenant, "sign_ins", from, noon)) / float64(all)
	}
	if at := share(0); at > 0.99 || at < 0.9 {
		t.Errorf("at once %.3f are there", at)
	}
	if at := share(5 * time.Minute); at >= 1 || at < 0.98 {
		t.Errorf("after 5 minutes %.3f are there", at)
	}
	if at := share(61 * time.Minute); at != 1 {
		t.Errorf("after an hour %.3f are there", at)
	}
}

func TestListen(t *testing.T) {
	s := sandbox.New(sandbox.Options{Types: types(t)})
	server, err := s.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.Get(server.URL + "/v1.0/users")
	if err != nil || response.StatusCode != http.StatusUnauthorized {
		t.Fatalf("%v %v", response, err)
	}
	if err := response.Body.Close(); err != nil {
		t.Error(err)
	}
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	if err := server.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
	if conn, err := net.Dial("tcp", strings.TrimPrefix(server.URL, "http://")); err == nil {
		t.Errorf("still reachable: %v", conn.Close())
	}
}

func TestLongRequestsAreRefused(t *testing.T) {
	s := start(t, sandbox.Options{})
	form := v2Form()
	form.Set("client_assertion", strings.Repeat("x", 1<<20))
	if a := s.form("/"+tenant+"/oauth2/v2.0/token", form); a.err == nil && a.status != 400 {
		t.Errorf("%d", a.status)
	}
}
