// Package sandbox is the built-in stand-in for the cloud: token endpoints,
// Microsoft Graph and the Azure AD Graph reporting API over HTTP, with
// deterministic events and switchable faults.
//
// Its events are a pure function of the seed, the directory, the report and
// the time. How they look is written in shapes/, one file a report type;
// shapes/README.md describes the language.
package sandbox

import (
	"embed"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/reportform/reportform/engine/sandbox/directory"
	"github.com/reportform/reportform/engine/sandbox/endpoint"
	"github.com/reportform/reportform/engine/sandbox/fault"
	"github.com/reportform/reportform/engine/sandbox/throttle"
	"github.com/reportform/reportform/engine/sandbox/token"
	"github.com/reportform/reportform/internal/limits"
)

//go:embed shapes/*.json
var shapeFiles embed.FS

func shapesFS() fs.FS {
	sub, err := fs.Sub(shapeFiles, "shapes")
	if err != nil {
		panic(err)
	}
	return sub
}

// Type is what the sandbox needs to know of a report type.
type Type = endpoint.Type

// Property is a property of a report type that costs the service more.
type Property = endpoint.Property

// Options says what the sandbox serves and how.
type Options struct {
	Types []Type // in any order
	// Now is the clock of events and tokens; nil for time.Now.
	Now func() time.Time
	// Seed chooses among all possible worlds.
	Seed uint64
	// Tenants describes the directories by id, a GUID or a domain in lower
	// case, and tells the unknown ones. Nil accepts every id but those under
	// .invalid.
	Tenants func(id string) (Tenant, bool)
	// Secret accepts or refuses a client secret; nil accepts all.
	Secret func(clientID, secret string) bool
	// TokenLife is how long tokens are valid; 0 for 3599 seconds.
	TokenLife time.Duration
	// Throttle enforces Limits.
	Throttle bool
	Limits   map[string]limits.Class
	// Late makes events visible some time after they happened: 95 of 100
	// within 2 minutes, 99 within 5, the rest within the hour.
	Late bool
	// LateUpTo makes one event in ten visible up to so much later than it happened,
	// however late the others are; 0 for none.
	LateUpTo time.Duration
	// Strict refuses comparisons with a time property that are not documented
	// for its report, although the service is known to accept some.
	Strict bool
	// RelativeLinks makes the Azure AD Graph API spell links to the next page
	// as its directory objects do: odata.nextLink, relative, without api-version.
	RelativeLinks bool
	// Compress answers with gzip where the client accepts it.
	Compress bool
	// Faults are as with SetFaults.
	Faults []Fault
	Logger hclog.Logger // nil for none
}

// Fault is something that goes wrong on purpose.
type Fault = fault.Fault

// Tenant describes a directory.
type Tenant struct {
	// EventsPerDay is the average number of events of each report, more or
	// less for some reports; 0 for a number from 40 to 400 that depends on the id.
	EventsPerDay int
	// Users is the number of users; 0 for one that goes with EventsPerDay.
	Users int
	// License is Free, P1 or P2; empty for P2. Free directories have no
	// licence of any product and keep events for 7 days, P1 for 30.
	License string
	// Permissions are those that the application was granted; nil for all.
	Permissions []string
}

// Values of Tenant.License.
const (
	Free = endpoint.Free
	P1   = endpoint.P1
	P2   = endpoint.P2
)

// Sandbox is an http.Handler. It is safe for concurrent use.
type Sandbox struct {
	options   Options
	now       func() time.Time
	logger    hclog.Logger
	key       token.Key // signs tokens and page links
	issuer    token.Issuer
	endpoints *endpoint.Endpoints
	throttle  *throttle.Throttle
	faults    fault.Faults

	mu          sync.Mutex
	directories map[string]*directory.Directory // by id and number of users
}

// New makes a sandbox. It panics if an embedded shape is damaged, which the
// tests of this package rule out.
func New(o Options) *Sandbox {
	s := &Sandbox{
		options: o, now: o.Now, logger: o.Logger,
		key:         token.KeyOf(o.Seed),
		endpoints:   endpoint.Group(o.Types, shapesFS()),
		directories: map[string]*directory.Directory{},
		throttle:    throttle.New(o.Limits),
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.logger == nil {
		s.logger = hclog.NewNullLogger()
	}
	s.issuer = token.Issuer{Seed: o.Seed, Life: o.TokenLife, Secret: o.Secret, Permissions: s.granted, Grantable: s.grantable}
	s.SetFaults(o.Faults...)
	return s
}

// maxBody bounds what is read of a request: token requests are the only ones
// with a body, and assertions are small.
const maxBody = 64 << 10

// ServeHTTP answers a request of any of the services.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	c := &call{sandbox: s, w: w, r: r, options: r.URL.Query(), now: s.now().UTC(), requestID: randomGUID()}
	c.clientRequestID = c.requestID
	if id := r.Header.Get("client-request-id"); id != "" && len(id) <= 128 {
		c.clientRequestID = id
	}
	first, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	second, _, _ := strings.Cut(rest, "/")
	switch {
	case strings.EqualFold(first, "v1.0"), strings.EqualFold(first, "beta"):
		c.shape = graphErrors
		c.graph(strings.ToLower(first), "/"+rest)
	case strings.EqualFold(second, "oauth2"):
		c.login(first, strings.ToLower(strings.TrimPrefix(rest[len(second):], "/")))
	case strings.EqualFold(second, "reports"), strings.EqualFold(second, "activities"):
		c.shape = legacyErrors
		c.legacy(first, "/"+rest)
	default:
		c.shape = graphErrors
		c.fail(http.StatusNotFound, "ResourceNotFound", "There is nothing at "+r.URL.Path+".")
	}
	s.logger.Debug("answered", "method", r.Method, "path", r.URL.Path, "status", c.status, "request-id", c.requestID)
}

// tenant returns a directory as Options describes it, with the defaults filled in.
func (s *Sandbox) tenant(id string) (Tenant, bool) {
	var t Tenant
	known := !strings.HasSuffix(id, ".invalid")
	if s.options.Tenants != nil {
		t, known = s.options.Tenants(id)
	}
	if t.EventsPerDay <= 0 {
		t.EventsPerDay = 40 + int(directory.Hash(s.options.Seed, "size", id)%361)
	}
	if t.Users <= 0 {
		t.Users = min(8+t.EventsPerDay/5, 5000)
	}
	if t.License == "" {
		t.License = P2
	}
	return t, known
}

// maxDirectories bounds how many invented directories are kept; they are
// invented again when they are needed again.
const maxDirectories = 64

func (s *Sandbox) directory(id string, users int) *directory.Directory {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := id + " " + strconv.Itoa(users)
	d, ok := s.directories[key]
	if !ok {
		if len(s.directories) >= maxDirectories {
			clear(s.directories)
		}
		d = directory.New(s.options.Seed, id, users)
		s.directories[key] = d
	}
	return d
}
