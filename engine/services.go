package engine

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/auth"
	"github.com/reportform/reportform/engine/fetch/odata"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/engine/sandbox"
	"github.com/reportform/reportform/engine/transport"
	"github.com/reportform/reportform/internal/address"
	"github.com/reportform/reportform/internal/limits"
)

// services is what pulls share: connections, tokens, the pace, and the
// sandbox if a tenant lives there.
type services struct {
	engine   *Engine
	base     *http.Transport
	broker   *auth.Broker
	limiters *transport.Limiters

	pages odata.Pages

	mu      sync.Mutex
	shared  map[sharedKey]transport.Options
	sandbox *sandbox.Server
}

// sharedKey is what token and pace are the same for.
type sharedKey struct {
	tenant address.Address
	api    string
	limit  string
}

func newServices(e *Engine) (*services, error) {
	base := transport.NewBase()
	s := &services{
		engine: e, base: base, limiters: transport.NewLimiters(transport.Local{}),
		shared: map[sharedKey]transport.Options{},
	}
	s.broker = auth.NewBroker(&http.Client{Transport: transport.New(transport.Options{
		Base: base, Logger: e.logger.Named("token"), Retry: e.retry, UserAgent: e.userAgent(),
	})})
	if !e.livesInSandbox() {
		return s, nil
	}
	builtIn, _, err := Catalog()
	if err != nil {
		return nil, err
	}
	s.sandbox, err = startSandbox(SandboxOptions{Listen: "127.0.0.1:0", Logger: e.logger.Named("sandbox")},
		builtIn, e.ownTypes(builtIn), slices.Collect(maps.Values(e.config.LimitClasses)), e.now)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// ownTypes are the report types of the configuration that are not built in.
func (e *Engine) ownTypes(builtIn []*config.ReportType) []*config.ReportType {
	own := maps.Clone(e.config.ReportTypes)
	for _, t := range builtIn {
		delete(own, t.Name)
	}
	return slices.Collect(maps.Values(own))
}

// livesInSandbox reports whether a tenant needs the sandbox of this process.
func (e *Engine) livesInSandbox() bool {
	return slices.ContainsFunc(e.config.Tenants, func(t *config.Tenant) bool {
		hosts := t.Endpoints
		return t.Cloud == config.CloudSandbox && (hosts.Login == "" || hosts.Graph == "" || hosts.AADGraph == "")
	})
}

// Close releases what the services hold.
func (s *services) Close() error {
	s.base.CloseIdleConnections()
	if s.sandbox != nil {
		return s.sandbox.Close()
	}
	return nil
}

// endpoints returns a tenant's hosts; what the sandbox cloud leaves open is
// the sandbox that runs in this process.
func (s *services) endpoints(t *config.Tenant) config.Endpoints {
	endpoints := t.Endpoints
	if t.Cloud != config.CloudSandbox || s.sandbox == nil {
		return endpoints
	}
	for _, host := range []*string{&endpoints.Login, &endpoints.Graph, &endpoints.AADGraph} {
		if *host == "" {
			*host = s.sandbox.URL
		}
	}
	return endpoints
}

// client returns the HTTP client of one pull, which works at a seat. Token,
// pace and connections are shared by all pulls of a tenant's reports of one
// API and limit class.
func (s *services) client(t *config.Tenant, reportType *config.ReportType, seat transport.Seat) *http.Client {
	options := s.options(t, reportType)
	options.Seat = seat
	return &http.Client{Transport: transport.New(options)}
}

// options returns what the clients of a tenant's reports of one type's API and
// limit class share.
func (s *services) options(t *config.Tenant, reportType *config.ReportType) transport.Options {
	key := sharedKey{t.Address, reportType.API, reportType.Limit}
	s.mu.Lock()
	defer s.mu.Unlock()
	if options, ok := s.shared[key]; ok {
		return options
	}
	e := s.engine
	endpoints := s.endpoints(t)
	credential := e.credential(t)
	options := transport.Options{
		Base:   s.base,
		Logger: e.logger.Named("http").With("tenant", t.Name),
		Tokens: s.broker.Source(credential, auth.Audience{
			Login: endpoints.Login, Tenant: t.ID, Resource: resource(t.Cloud, reportType.API), V1: reportType.API == config.APIAADGraph,
		}),
		Origin:    origin(endpoints, reportType.API),
		Limiter:   s.limiters.For(credential.App(), directory(t), e.limitClass(t, reportType)),
		Retry:     e.retry,
		UserAgent: e.userAgent(),
	}
	s.shared[key] = options
	return options
}

// directory identifies a tenant for pacing: two blocks of one directory share
// its limits.
func directory(t *config.Tenant) string { return t.Cloud + "/" + strings.ToLower(t.ID) }

// credential returns a tenant's credential; the sandbox has one of its own.
func (e *Engine) credential(t *config.Tenant) auth.Credential {
	if t.Credential == nil {
		return auth.Sandbox()
	}
	return e.credentials[t.Credential.Address]
}

// limitClass returns the published limits that pace a type's requests.
func (e *Engine) limitClass(t *config.Tenant, reportType *config.ReportType) limits.Class {
	class, ok := e.config.LimitClasses[reportType.Limit]
	if !ok || t.Pacing == config.PacingOff {
		return limits.Class{}
	}
	return class.Class
}

// limits is limitClass for an estimate: at the pace that transport keeps.
func (e *Engine) limits(t *config.Tenant, reportType *config.ReportType) plan.Limits {
	class := e.limitClass(t, reportType)
	for _, rate := range []*limits.Rate{&class.AppTenant, &class.App, &class.Tenant} {
		if rate.Limited() {
			rate.Per = transport.Window(*rate)
		}
	}
	return plan.Limits{Class: class, App: e.credential(t).App(), Directory: directory(t)}
}

func (e *Engine) userAgent() string { return "reportform/" + e.version }

// origin is the base URL of an API among a tenant's endpoints.
func origin(endpoints config.Endpoints, api string) string {
	if api == config.APIAADGraph {
		return endpoints.AADGraph
	}
	return endpoints.Graph
}

// resource is the name by which a cloud's token endpoints know an API,
// whatever gateway stands before it. The sandbox knows the public names.
func resource(cloud, api string) string {
	if cloud == config.CloudSandbox {
		cloud = "public"
	}
	return origin(config.Clouds()[cloud], api)
}
