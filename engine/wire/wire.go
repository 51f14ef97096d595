// Package wire leads from a tenant's report to the service that answers for it:
// whose credential asks, at which host, at what pace, over which connections. It
// knows no plan and no ledger, and nothing of what becomes of the events.
package wire

import (
	"context"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/config/catalog"
	"github.com/reportform/reportform/engine/auth"
	"github.com/reportform/reportform/engine/clock"
	"github.com/reportform/reportform/engine/fetch"
	"github.com/reportform/reportform/engine/fetch/odata"
	"github.com/reportform/reportform/engine/sandbox"
	"github.com/reportform/reportform/engine/transport"
	"github.com/reportform/reportform/engine/transport/pacing"
	"github.com/reportform/reportform/internal/address"
	"github.com/reportform/reportform/internal/limits"
)

// Options says who asks for what.
type Options struct {
	Config      *config.Config
	Credentials map[address.Address]auth.Credential // of the configuration's blocks
	Version     string                              // of the running program
	Now         func() time.Time                    // this machine's clock, and the sandbox's
	Logger      hclog.Logger
}

// Wire gives the sources of a configuration's reports. It is safe for concurrent
// use.
type Wire struct {
	// Retry says how long requests are tried for, and Backoff is the wait before a
	// page is read again. They are not changed after Open.
	Retry   transport.Retry
	Backoff time.Duration
	// Dial makes connections; nil for those of the machine's network. It is not
	// changed after Open.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Say, if set, is told what a tenant's requests wait for, or those to a host:
	// then there is no tenant. It is told again and again, and answers at once. It
	// is not changed after Open.
	Say func(tenant *config.Tenant, w transport.Waiting)

	options Options
	reaches sync.Map // of *odata.Reach, by reachKey
	clocks  *clock.Clocks
	open    func() (*shared, error)
	close   func() error
}

// New returns the Wire of a configuration. It contacts nobody and starts nothing.
func New(o Options) *Wire {
	w := &Wire{Retry: transport.DefaultRetry(), Backoff: time.Second, options: o, clocks: clock.New(o.Now)}
	var made *shared
	w.open = sync.OnceValues(func() (*shared, error) {
		var err error
		made, err = w.share()
		return made, err
	})
	w.close = func() error {
		if made == nil {
			return nil
		}
		return made.Close()
	}
	return w
}

// Open starts the sandbox if a tenant lives in the one of this process. Source
// does so too; Open is for who wants to know before that it works.
func (w *Wire) Open() error {
	_, err := w.open()
	return err
}

// Begin is Open for a run that begins: what was refused in an earlier one may be
// asked for again.
func (w *Wire) Begin() error {
	s, err := w.open()
	if err != nil {
		return err
	}
	s.broker.Begin()
	return nil
}

// Renew has a tenant's reports of a type asked for with a token that was got after
// a time.
func (w *Wire) Renew(t *config.Tenant, reportType *config.ReportType, after time.Time) {
	s, err := w.open()
	if err != nil {
		return
	}
	if tokens, ok := s.clientOptions(t, reportType).Tokens.(*auth.Source); ok {
		tokens.Renew(after)
	}
}

// say is Say of a tenant's requests.
func (w *Wire) say(t *config.Tenant) func(transport.Waiting) {
	if w.Say == nil {
		return nil
	}
	return func(waiting transport.Waiting) { w.Say(t, waiting) }
}

// sayToken is say of the requests for a token of a tenant's directory, whatever
// they meet; nil for no tenant.
func (w *Wire) sayToken(t *config.Tenant) func(transport.Waiting) {
	if w.Say == nil || t == nil {
		return nil
	}
	return func(waiting transport.Waiting) {
		waiting.Why = transport.WaitToken
		w.Say(t, waiting)
	}
}

// Close stops the sandbox, if one runs, and releases connections.
func (w *Wire) Close() error { return w.close() }

// App is the application that asks for a tenant.
func (w *Wire) App(t *config.Tenant) string { return w.credential(t).App() }

// Pace returns the limits that requests of a tenant's reports of a type are kept
// within, each at the pace that is kept, and the directory of the tenant as it
// counts for them.
func (w *Wire) Pace(t *config.Tenant, reportType *config.ReportType) (class limits.Class, directory string) {
	class = w.limitClass(t, reportType)
	for _, rate := range []*limits.Rate{&class.AppTenant, &class.App, &class.Tenant} {
		if rate.Limited() {
			rate.Per = pacing.Window(*rate)
		}
	}
	return class, directoryOf(t)
}

// limitClass returns the published limits that pace a type's requests.
func (w *Wire) limitClass(t *config.Tenant, reportType *config.ReportType) limits.Class {
	class, ok := w.options.Config.LimitClasses[reportType.Limit]
	if !ok || t.Pacing == config.PacingOff {
		return limits.Class{}
	}
	return class.Class
}

// directoryOf identifies a tenant's directory for pacing: two tenants of one
// directory share its limits.
func directoryOf(t *config.Tenant) string { return t.Cloud + "/" + strings.ToLower(t.ID) }

// credential returns a tenant's credential; the sandbox has one of its own.
func (w *Wire) credential(t *config.Tenant) auth.Credential {
	if t.Credential == nil {
		return auth.Sandbox()
	}
	return w.options.Credentials[t.Credential.Address]
}

func (w *Wire) userAgent() string { return "reportform/" + w.options.Version }

// shared is what sources share: connections, tokens, the pace, and the sandbox
// if a tenant lives there.
type shared struct {
	wire      *Wire
	base      *http.Transport
	broker    *auth.Broker
	limiters  *pacing.Limiters
	hosts     *transport.Hosts
	patiences *transport.Patiences
	pages     odata.Pages
	sandbox   *sandbox.Server // nil where none runs

	mu      sync.Mutex
	clients map[clientKey]transport.Options
}

// clientKey is what token and pace are the same for.
type clientKey struct {
	tenant address.Address
	api    string
	limit  string
}

func (w *Wire) share() (*shared, error) {
	base := transport.NewBase()
	if w.Dial != nil {
		base.DialContext = w.Dial
	}
	s := &shared{
		wire: w, base: base, limiters: pacing.NewLimiters(pacing.Local{}),
		hosts: transport.NewHosts(w.Retry, w.say(nil)), patiences: transport.NewPatiences(w.Retry.Patience),
		clients: map[clientKey]transport.Options{},
	}
	tenants := w.tenants()
	listening, logger := w.clocks.Listen(base), w.options.Logger.Named("token")
	s.broker = auth.NewBroker(func(app string, audience auth.Audience) *http.Client {
		return &http.Client{Transport: transport.New(transport.Options{
			Base: listening, Logger: logger, Retry: w.Retry, UserAgent: w.userAgent(),
			Patience: s.patiences.For(app, audience.Directory, audience.Login), Hosts: s.hosts, Small: true,
			Say: w.sayToken(tenants[audience.Directory]),
		})}
	})
	if !w.livesInSandbox() {
		return s, nil
	}
	builtIn, _, err := catalog.Load()
	if err != nil {
		return nil, err
	}
	o := SandboxOf(builtIn, w.ownTypes(builtIn), slices.Collect(maps.Values(w.options.Config.LimitClasses)))
	o.Now, o.Logger = w.options.Now, w.options.Logger.Named("sandbox")
	o.Tenants = w.directories()
	s.sandbox, err = sandbox.New(o).Listen("127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Close releases what is shared.
func (s *shared) Close() error {
	s.base.CloseIdleConnections()
	if s.sandbox != nil {
		return s.sandbox.Close()
	}
	return nil
}

// tenants are the first of each directory, by its ID as it is declared.
func (w *Wire) tenants() map[string]*config.Tenant {
	first := make(map[string]*config.Tenant, len(w.options.Config.Tenants))
	for _, t := range w.options.Config.Tenants {
		if first[t.ID] == nil {
			first[t.ID] = t
		}
	}
	return first
}

// directories returns the directories of the sandbox: each has the licence that its
// tenant declares.
func (w *Wire) directories() func(id string) (sandbox.Tenant, bool) {
	words := map[string]string{config.LicenceFree: sandbox.Free, config.LicenceP1: sandbox.P1, config.LicenceP2: sandbox.P2}
	licences := map[string]string{}
	for _, t := range w.options.Config.Tenants {
		if t.Licence != "" {
			licences[strings.ToLower(t.ID)] = words[t.Licence]
		}
	}
	return func(id string) (sandbox.Tenant, bool) {
		return sandbox.Tenant{License: licences[strings.ToLower(id)]}, !strings.HasSuffix(id, ".invalid")
	}
}

// livesInSandbox reports whether a tenant needs the sandbox of this process.
func (w *Wire) livesInSandbox() bool {
	return slices.ContainsFunc(w.options.Config.Tenants, func(t *config.Tenant) bool {
		hosts := t.Endpoints
		return t.Cloud == config.CloudSandbox && (hosts.Login == "" || hosts.Graph == "" || hosts.AADGraph == "")
	})
}

// ownTypes are the report types of the configuration that are not built in.
func (w *Wire) ownTypes(builtIn []*config.ReportType) []*config.ReportType {
	own := maps.Clone(w.options.Config.ReportTypes)
	for _, t := range builtIn {
		delete(own, t.Name)
	}
	return slices.Collect(maps.Values(own))
}

// endpoints returns a tenant's hosts; what the sandbox cloud leaves open is
// the sandbox that runs in this process.
func (s *shared) endpoints(t *config.Tenant) config.Endpoints {
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

// client returns the HTTP client of one source, which works at a seat. Token,
// pace and connections are shared by all sources of a tenant's reports of one
// API and limit class.
func (s *shared) client(t *config.Tenant, reportType *config.ReportType, seat transport.Seat) *http.Client {
	options := s.clientOptions(t, reportType)
	options.Seat = seat
	return &http.Client{Transport: transport.New(options)}
}

// clientOptions returns what the clients of a tenant's reports of one type's API
// and limit class share.
func (s *shared) clientOptions(t *config.Tenant, reportType *config.ReportType) transport.Options {
	key := clientKey{t.Address, reportType.API, reportType.Limit}
	s.mu.Lock()
	defer s.mu.Unlock()
	if options, ok := s.clients[key]; ok {
		return options
	}
	w, endpoints := s.wire, s.endpoints(t)
	credential := w.credential(t)
	options := transport.Options{
		Base:   w.clocks.Listen(s.base),
		Logger: w.options.Logger.Named("http").With("tenant", t.Name),
		Tokens: s.broker.Source(credential, auth.Audience{
			Login: endpoints.Login, Directory: t.ID, Resource: resource(t.Cloud, reportType.API), V1: reportType.API == config.APIAADGraph,
		}),
		Server:   endpoint(endpoints, reportType.API),
		Limiter:  s.limiters.For(credential.App(), directoryOf(t), w.limitClass(t, reportType)),
		Retry:    w.Retry,
		Patience: s.patiences.For(credential.App(), directoryOf(t), reportType.API),
		Hosts:    s.hosts,
		Explain: func(resp *http.Response, body []byte) error {
			return fetch.NewServiceError(resp, resp.Request.URL.String(), body)
		},
		Final:     fetch.Permanent,
		Say:       w.say(t),
		UserAgent: w.userAgent(),
	}
	s.clients[key] = options
	return options
}

// endpoint is the base URL of an API among a tenant's endpoints.
func endpoint(endpoints config.Endpoints, api string) string {
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
	return endpoint(config.Clouds()[cloud], api)
}
