package sandbox_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reportform/reportform/engine/sandbox"
)

func TestTokens(t *testing.T) {
	s := start(t, sandbox.Options{})
	v2 := s.form("/"+tenant+"/oauth2/v2.0/token", v2Form()).json(t)
	if v2["expires_in"] != 3599.0 || v2["token_type"] != "Bearer" {
		t.Errorf("v2 has numbers: %v", v2)
	}
	v1 := s.form("/"+tenant+"/oauth2/token", v1Form()).json(t)
	want := map[string]any{
		"token_type": "Bearer", "expires_in": "3599", "ext_expires_in": "3599", "not_before": "1795003200", "expires_on": "1795006799",
		"resource": "https://graph.windows.net", "access_token": v1["access_token"],
	}
	if diff := cmp.Diff(want, v1); diff != "" {
		t.Errorf("v1 has strings: %s", diff)
	}
	parts := strings.Split(v2["access_token"].(string), ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || len(parts) != 3 {
		t.Fatalf("not a JWT: %v", err)
	}
	var claims struct {
		Aud, Tid, Appid string
		Roles           []string
		Exp             int64
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	if claims.Aud != "https://graph.microsoft.com" || claims.Appid != "app" || len(claims.Tid) != 36 ||
		!strings.Contains(strings.Join(claims.Roles, " "), "AuditLog.Read.All") || claims.Exp != noon.Unix()+3599 {
		t.Errorf("%s", payload)
	}
}

func TestTokenWithBasicAuthorizationAndAssertion(t *testing.T) {
	s := start(t, sandbox.Options{Secret: func(id, secret string) bool { return id == "app" && secret == "s e+c" }})
	r, err := http.NewRequest(http.MethodPost, s.url+"/"+tenant+"/oauth2/v2.0/token", strings.NewReader("grant_type=client_credentials&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth("app", url.QueryEscape("s e+c"))
	if a := s.do(r); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
	assertion := func(claims string) string {
		encode := base64.RawURLEncoding.EncodeToString
		return encode([]byte(`{"alg":"PS256","typ":"JWT"}`)) + "." + encode([]byte(claims)) + ".c2ln"
	}
	form := v2Form()
	form.Del("client_secret")
	form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
	form.Set("client_assertion", assertion(`{"exp":1795003300}`))
	if a := s.form("/"+tenant+"/oauth2/v2.0/token", form); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
	form.Set("client_assertion", assertion(`{"exp":1795000000}`))
	if a := s.form("/"+tenant+"/oauth2/v2.0/token", form); a.status != http.StatusUnauthorized {
		t.Errorf("an assertion that is over: %d %s", a.status, a.body)
	}
	form.Set("client_assertion", "a.b")
	if a := s.form("/"+tenant+"/oauth2/v2.0/token", form); a.status != http.StatusBadRequest {
		t.Errorf("no JWT: %d %s", a.status, a.body)
	}
}

func TestTokenRefusals(t *testing.T) {
	s := start(t, sandbox.Options{Secret: func(_, secret string) bool { return secret == "secret" }})
	const v1, v2 = "/oauth2/token", "/oauth2/v2.0/token"
	for name, test := range map[string]struct {
		tenant, path string
		change       func(url.Values)
		status       int
		kind         string
		code         float64
	}{
		"unknown tenant":     {"nowhere.invalid", v2, nil, 400, "invalid_tenant", 90002},
		"malformed tenant":   {"no-domain", v1, nil, 400, "invalid_request", 900023},
		"wrong secret":       {tenant, v2, func(f url.Values) { f.Set("client_secret", "wrong") }, 401, "invalid_client", 7000215},
		"no secret":          {tenant, v1, func(f url.Values) { f.Del("client_secret") }, 401, "invalid_client", 7000216},
		"no client":          {tenant, v2, func(f url.Values) { f.Del("client_id") }, 400, "invalid_request", 900144},
		"no grant":           {tenant, v2, func(f url.Values) { f.Del("grant_type") }, 400, "invalid_request", 900144},
		"other grant":        {tenant, v2, func(f url.Values) { f.Set("grant_type", "password") }, 400, "unsupported_grant_type", 70003},
		"no scope":           {tenant, v2, func(f url.Values) { f.Del("scope") }, 400, "invalid_request", 900144},
		"scope of one right": {tenant, v2, func(f url.Values) { f.Set("scope", "https://graph.microsoft.com/User.Read") }, 400, "invalid_scope", 1002012},
		"two scopes":         {tenant, v2, func(f url.Values) { f.Add("scope", "x"); f.Set("scope", "a/.default b/.default") }, 400, "invalid_scope", 70011},
		"resource with v2":   {tenant, v2, func(f url.Values) { f.Set("resource", "https://graph.microsoft.com") }, 400, "invalid_request", 901002},
		"unknown resource":   {tenant, v1, func(f url.Values) { f.Set("resource", "https://api.example") }, 400, "invalid_resource", 500011},
		"unknown scope":      {tenant, v2, func(f url.Values) { f.Set("scope", "https://api.example/.default") }, 400, "invalid_resource", 500011},
	} {
		t.Run(name, func(t *testing.T) {
			form := v2Form()
			if test.path == v1 {
				form = v1Form()
			}
			if test.change != nil {
				test.change(form)
			}
			a := s.form("/"+test.tenant+test.path, form)
			body := a.json(t)
			if a.status != test.status || body["error"] != test.kind || body["error_codes"].([]any)[0] != test.code {
				t.Errorf("%d %s", a.status, a.body)
			}
			description := regexp.MustCompile(`^AADSTS\d+: .+\r\nTrace ID: [0-9a-f-]{36}\r\nCorrelation ID: [0-9a-f-]{36}\r\nTimestamp: 2026-11-18 12:00:00Z$`)
			if !description.MatchString(body["error_description"].(string)) {
				t.Errorf("%q", body["error_description"])
			}
			if strings.Contains(string(a.body), "wrong") && name == "wrong secret" {
				t.Error("the answer repeats the secret")
			}
		})
	}
}

func TestMissingResourceMeansTheLegacyAPI(t *testing.T) {
	s := start(t, sandbox.Options{})
	form := v1Form()
	form.Del("resource")
	if got := s.form("/"+tenant+"/oauth2/token", form).json(t)["resource"]; got != "https://graph.windows.net" {
		t.Errorf("%v", got)
	}
}

func TestTokensAreBound(t *testing.T) {
	now := noon
	s := start(t, sandbox.Options{Now: func() time.Time { return now }, TokenLife: time.Minute})
	ask := func(path, authorization string) answer {
		r, err := http.NewRequest(http.MethodGet, s.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if authorization != "" {
			r.Header.Set("Authorization", authorization)
		}
		return s.do(r)
	}
	const graph, legacy = "/v1.0/auditLogs/directoryAudits?$top=1", "/" + tenant + "/reports/auditEvents?api-version=beta&$top=1"
	forGraph, forLegacy := "Bearer "+s.token(tenant, "/v1.0/x"), "Bearer "+s.token(tenant, "/x")
	forOther := "Bearer " + s.token("other.example", "/x")
	if a := ask(graph, forGraph); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a := ask(legacy, forLegacy); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a := ask(legacy, forOther); a.status != 403 {
		t.Errorf("a token for another directory: %d %s", a.status, a.body)
	}
	refused := map[string]answer{
		"none": ask(graph, ""), "basic": ask(graph, "Basic eDp5"), "junk": ask(graph, "Bearer a.b.c"), "empty": ask(legacy, "Bearer "),
		"legacy for graph": ask(graph, forLegacy), "graph for legacy": ask(legacy, forGraph), "changed": ask(graph, forGraph[:len(forGraph)-4]+"AAAA"),
	}
	now = now.Add(time.Minute)
	refused["expired"] = ask(graph, forGraph)
	refused["expired legacy"] = ask(legacy, forLegacy)
	for name, a := range refused {
		if a.status != 401 || a.code(t) != "InvalidAuthenticationToken" || a.header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	if _, ok := refused["graph for legacy"].json(t)["odata.error"]; !ok {
		t.Errorf("the legacy API has its own shape: %s", refused["graph for legacy"].body)
	}
	// A token outlives the sandbox that issued it, but not its seed.
	now = noon
	if again := start(t, sandbox.Options{}); again.do(request(t, again.url+graph, forGraph)).status != 200 {
		t.Error("a token is not good for a sandbox with the same seed")
	}
	if other := start(t, sandbox.Options{Seed: 1}); other.do(request(t, other.url+graph, forGraph)).status != 401 {
		t.Error("a token is good for a sandbox with another seed")
	}
}

func request(t *testing.T, link, authorization string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, link, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", authorization)
	return r
}
