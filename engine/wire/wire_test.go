package wire

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/config/catalog"
	"github.com/reportform/reportform/engine/fetch"
	"github.com/reportform/reportform/internal/address"
	"github.com/reportform/reportform/internal/limits"
)

type seat struct{}

func (seat) Leave()  {}
func (seat) Return() {}

// newWire returns the wire of a configuration with these tenants.
func newWire(t *testing.T, tenants ...*config.Tenant) *Wire {
	t.Helper()
	types, classes, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	c := &config.Config{Tenants: tenants, ReportTypes: map[string]*config.ReportType{}, LimitClasses: map[string]*config.LimitClass{}}
	for _, of := range types {
		c.ReportTypes[of.Name] = of
	}
	for _, class := range classes {
		c.LimitClasses[class.Name] = class
	}
	own := *c.ReportTypes["sign_ins"]
	own.Name, own.Path = "own", "/auditLogs/own"
	c.ReportTypes["own"] = &own
	w := New(Options{
		Config: c, Version: "0.0.0-test", Logger: hclog.NewNullLogger(),
		Now: func() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) },
	})
	t.Cleanup(func() { _ = w.Close() })
	return w
}

func sandboxTenant(name string) *config.Tenant {
	return &config.Tenant{Name: name, Address: address.Address("tenant." + name), ID: name + ".example", Cloud: config.CloudSandbox}
}

// A source asks the sandbox of this process, which the first one starts; it knows
// the user's own report types too.
func TestSource(t *testing.T) {
	tenant := sandboxTenant("one")
	w := newWire(t, tenant)
	for name, filter := range map[string]string{"sign_ins": "status/errorCode eq 50126", "own": ""} {
		source, err := w.Source(tenant, &config.Report{Type: w.options.Config.ReportTypes[name], Filter: filter}, seat{})
		if err != nil {
			t.Fatal(err)
		}
		from := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
		var stats fetch.Stats
		got := 0
		for events, err := range source.Events(t.Context(), fetch.Span{From: from, To: from.AddDate(0, 0, 1)}, &stats) {
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for _, e := range events {
				if got++; filter != "" && !strings.Contains(string(e.Raw), "50126") {
					t.Errorf("the filter passes %s", e.Raw)
				}
			}
		}
		if got == 0 || stats.Requests == 0 {
			t.Errorf("%s: %d events, %+v", name, got, stats)
		}
	}
}

// Neither New nor what a plan asks starts the sandbox; Open does, where a tenant
// needs it, and once.
func TestOpen(t *testing.T) {
	tenant := sandboxTenant("one")
	w := newWire(t, tenant)
	w.Pace(tenant, w.options.Config.ReportTypes["sign_ins"])
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if err := w.Open(); err != nil {
		t.Fatal(err)
	}
	s, err := w.open()
	if err != nil || s.sandbox == nil {
		t.Fatalf("no sandbox runs: %v", err)
	}
	if again, _ := w.open(); again != s {
		t.Error("it was opened twice")
	}
	for name, hosts := range map[string]config.Endpoints{
		"http://127.0.0.1:1": {Login: "http://127.0.0.1:1", Graph: "http://127.0.0.1:1", AADGraph: "http://127.0.0.1:1"},
		s.sandbox.URL:        {Login: "http://127.0.0.1:1"},
	} {
		tenant.Endpoints = hosts
		if got := s.endpoints(tenant); got.Graph != name || got.Login != "http://127.0.0.1:1" {
			t.Errorf("the endpoints of %+v are %+v", hosts, got)
		}
	}
	whole := sandboxTenant("two")
	whole.Endpoints = config.Endpoints{Login: "http://127.0.0.1:1", Graph: "http://127.0.0.1:1", AADGraph: "http://127.0.0.1:1"}
	if s, err := newWire(t, whole, &config.Tenant{Cloud: "public"}).open(); err != nil || s.sandbox != nil {
		t.Errorf("a sandbox runs that nobody needs, %v", err)
	}
}

// What tenants have in common is shared, and nothing else.
func TestSharing(t *testing.T) {
	one, other := sandboxTenant("one"), sandboxTenant("other")
	w := newWire(t, one, other)
	s, err := w.open()
	if err != nil {
		t.Fatal(err)
	}
	types := w.options.Config.ReportTypes
	legacy := types[slices.SortedFunc(maps.Keys(types), func(a, b string) int {
		return strings.Compare(types[a].API, types[b].API) // aad_graph before graph
	})[0]]
	first := s.clientOptions(one, types["sign_ins"])
	if again := s.clientOptions(one, types["own"]); again.Tokens != first.Tokens || again.Limiter != first.Limiter {
		t.Error("two reports of one API and limit class do not share token and pace")
	}
	if elsewhere := s.clientOptions(other, types["sign_ins"]); elsewhere.Tokens == first.Tokens {
		t.Error("two directories share a token")
	}
	if legacy.API != config.APIAADGraph || s.clientOptions(one, legacy).Tokens == first.Tokens {
		t.Errorf("%s of %s shares a token with another API", legacy.Name, legacy.API)
	}
}

func TestPace(t *testing.T) {
	tenant := &config.Tenant{Cloud: "public", ID: "Contoso.Example"}
	w := newWire(t, tenant)
	of := w.options.Config.ReportTypes["sign_ins"]
	class, directory := w.Pace(tenant, of)
	if directory != "public/contoso.example" {
		t.Errorf("the directory is %q", directory)
	}
	published := w.options.Config.LimitClasses[of.Limit].Class
	if rate := class.AppTenant; !rate.Limited() || rate.Per <= published.AppTenant.Per {
		t.Errorf("the pace is %+v: not slower than %+v", rate, published.AppTenant)
	}
	tenant.Pacing = config.PacingOff
	if class, _ := w.Pace(tenant, of); class != (limits.Class{}) {
		t.Errorf("without pacing there is %+v", class)
	}
}

// Tokens are for the service itself, whatever gateway stands before it.
func TestResource(t *testing.T) {
	for _, test := range []struct{ cloud, api, want string }{
		{"public", config.APIGraph, "https://graph.microsoft.com"},
		{"public", config.APIAADGraph, "https://graph.windows.net"},
		{config.CloudSandbox, config.APIGraph, "https://graph.microsoft.com"},
		{"china", config.APIGraph, "https://microsoftgraph.chinacloudapi.cn"},
	} {
		if got := resource(test.cloud, test.api); got != test.want {
			t.Errorf("resource(%q, %q) = %q, want %q", test.cloud, test.api, got, test.want)
		}
	}
}
