package sandbox_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/config/catalog"
	"github.com/reportform/reportform/engine/sandbox"
)

const tenant = "alderbrook.example"

// noon is the sandbox's clock, a Wednesday.
var noon = time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC)

// load reads the built-in catalog, once for all tests.
var load = sync.OnceValues(func() ([]*config.ReportType, error) {
	list, _, err := catalog.Load()
	return list, err
})

// types maps the built-in catalog, as the engine does.
func types(t testing.TB) []sandbox.Type {
	t.Helper()
	list, err := load()
	if err != nil {
		t.Fatal(err)
	}
	var types []sandbox.Type
	for _, r := range list {
		s := sandbox.Type{
			Name: r.Name, API: r.API, Version: r.Version, Path: r.Path, Filter: r.Filter, Time: r.Time, ID: r.ID,
			Permissions: r.Permissions, License: r.License, Limit: r.Limit, Lower: r.Lower, Upper: r.Upper,
		}
		if r.Retention != nil {
			s.Retention = r.Retention.Fixed()
		}
		types = append(types, s)
	}
	return types
}

// service is a running sandbox and a client of it.
type service struct {
	*sandbox.Sandbox
	t      testing.TB
	url    string
	client *http.Client
	tokens map[string]string
}

func start(t testing.TB, o sandbox.Options) *service {
	t.Helper()
	if o.Types == nil {
		o.Types = types(t)
	}
	if o.Now == nil {
		o.Now = func() time.Time { return noon }
	}
	s := sandbox.New(o)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	client := server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &service{Sandbox: s, t: t, url: server.URL, client: client, tokens: map[string]string{}}
}

// answer is a response that was read to its end.
type answer struct {
	status int
	header http.Header
	body   []byte
	err    error // of the reading
}

func (a answer) json(t testing.TB) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatalf("not JSON: %v: %.300s", err, a.body)
	}
	return v
}

// code is the error code of the answer, empty for none.
func (a answer) code(t testing.TB) string {
	t.Helper()
	object := a.json(t)
	for _, name := range []string{"error", "odata.error"} {
		if e, ok := object[name].(map[string]any); ok {
			return e["code"].(string)
		}
	}
	return ""
}

func (s *service) do(r *http.Request) answer {
	s.t.Helper()
	response, err := s.client.Do(r)
	if err != nil {
		return answer{err: err}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, body, err}
}

// form posts to a token endpoint.
func (s *service) form(path string, form url.Values) answer {
	s.t.Helper()
	r, err := http.NewRequest(http.MethodPost, s.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.do(r)
}

func v2Form() url.Values {
	return url.Values{
		"grant_type": {"client_credentials"}, "client_id": {"app"}, "client_secret": {"secret"},
		"scope": {"https://graph.microsoft.com/.default"},
	}
}

func v1Form() url.Values {
	return url.Values{
		"grant_type": {"client_credentials"}, "client_id": {"app"}, "client_secret": {"secret"},
		"resource": {"https://graph.windows.net"},
	}
}

// token gets and keeps a token for the API that a path belongs to.
func (s *service) token(tenant, path string) string {
	s.t.Helper()
	legacy := !strings.HasPrefix(strings.ToLower(path), "/v1.0/") && !strings.HasPrefix(strings.ToLower(path), "/beta/")
	key := tenant
	endpoint, form := "/oauth2/v2.0/token", v2Form()
	if legacy {
		endpoint, form = "/oauth2/token?api-version=1.0", v1Form()
		key += " legacy"
	}
	if s.tokens[key] == "" {
		a := s.form("/"+tenant+endpoint, form)
		token, ok := a.json(s.t)["access_token"].(string)
		if !ok {
			s.t.Fatalf("no token: %d %s", a.status, a.body)
		}
		s.tokens[key] = token
	}
	return s.tokens[key]
}

// get asks for a path with query options, which it encodes, as tenant.
func (s *service) get(path string, options ...string) answer {
	s.t.Helper()
	for i, o := range options {
		name, value, _ := strings.Cut(o, "=")
		options[i] = name + "=" + url.QueryEscape(value)
	}
	return s.link(s.url + path + "?" + strings.Join(options, "&"))
}

func (s *service) link(link string) answer {
	s.t.Helper()
	r, err := http.NewRequest(http.MethodGet, link, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.token(tenant, r.URL.Path))
	return s.do(r)
}

type pageJSON struct {
	Context string            `json:"@odata.context"`
	Count   *int              `json:"@odata.count"`
	Next    string            `json:"@odata.nextLink"`
	Value   []json.RawMessage `json:"value"`
}

func (a answer) page(t testing.TB) pageJSON {
	t.Helper()
	var p pageJSON
	if a.status != http.StatusOK || a.err != nil {
		t.Fatalf("status %d, %v: %.400s", a.status, a.err, a.body)
	}
	if err := json.Unmarshal(a.body, &p); err != nil {
		t.Fatalf("%v: %.300s", err, a.body)
	}
	return p
}

// all follows the links and returns the events of all pages and the number of pages.
func (s *service) all(path string, options ...string) (events []string, pages int) {
	s.t.Helper()
	p := s.get(path, options...).page(s.t)
	for {
		pages++
		for _, e := range p.Value {
			events = append(events, string(e))
		}
		if p.Next == "" {
			return events, pages
		}
		if pages > 5000 {
			s.t.Fatal("the pages do not end")
		}
		p = s.link(p.Next).page(s.t)
	}
}
