package config

import (
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/reportform/reportform/config/lang"
	"github.com/reportform/reportform/internal/address"
)

// Tenant is one directory.
type Tenant struct {
	Address address.Address
	Name    string // the label, or the key where the block has for_each; unique in a configuration
	ID      string // a domain name or the directory's GUID
	Cloud   string // a key of Clouds
	// Credential is nil for the sandbox cloud when none is given.
	Credential *Credential
	Labels     map[string]string
	// Endpoints are the cloud's hosts with the block's overrides applied:
	// scheme and host, no trailing slash. Empty for the sandbox cloud, whose
	// hosts are known when it has started, unless overridden.
	Endpoints Endpoints
	// Pacing is PacingPublished or PacingOff.
	Pacing string
	// Licence is one of Licences, empty where it is not told.
	Licence string
	// Since is when the customer came: nothing is wanted that ended before. Zero
	// for no such time.
	Since time.Time
	Range hcl.Range
}

// Values of Tenant.Pacing. With PacingPublished requests are spaced by the
// service's published limits; it is the default of every cloud but the
// sandbox, which has no limits unless it is told to. A 429 is obeyed with both.
const (
	PacingPublished = "published"
	PacingOff       = "off"
)

// Endpoints are the base URLs of a cloud: scheme://host[:port].
type Endpoints struct {
	Login    string // token endpoints
	Graph    string // Microsoft Graph
	AADGraph string // the Azure AD Graph reporting API
}

// CloudSandbox names the sandbox.
const CloudSandbox = "sandbox"

// Clouds returns the endpoints of every cloud that a tenant can name.
// Source: Microsoft Graph national cloud deployments; Azure AD Graph migration
// guide for the reporting hosts.
func Clouds() map[string]Endpoints {
	return map[string]Endpoints{
		"public":     {"https://login.microsoftonline.com", "https://graph.microsoft.com", "https://graph.windows.net"},
		"usgov":      {"https://login.microsoftonline.us", "https://graph.microsoft.us", "https://graph.microsoftazure.us"},
		"usgov_dod":  {"https://login.microsoftonline.us", "https://dod-graph.microsoft.us", "https://graph.microsoftazure.us"},
		"china":      {"https://login.chinacloudapi.cn", "https://microsoftgraph.chinacloudapi.cn", "https://graph.chinacloudapi.cn"},
		CloudSandbox: {},
	}
}

func tenantKind() *lang.Kind {
	return &lang.Kind{
		Name: "tenant", Example: "tenant.contoso", Labels: 1,
		Object: map[string]cty.Type{"id": cty.String, "cloud": cty.String, "labels": cty.Map(cty.String)},
	}
}

func tenantSchema() *hcl.BodySchema {
	return &hcl.BodySchema{
		Attributes: []hcl.AttributeSchema{
			{Name: "id", Required: true},
			{Name: "cloud"},
			{Name: "credential"},
			{Name: "labels"},
			{Name: "pacing"},
			{Name: "licence"},
			{Name: "since"},
		},
		Blocks: []hcl.BlockHeaderSchema{{Type: "endpoints"}},
	}
}

func endpointsSchema() *hcl.BodySchema {
	return &hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "login"}, {Name: "graph"}, {Name: "aad_graph"}}}
}

// defaultCloud is the cloud of a tenant that names none.
const defaultCloud = "public"

// decodeTenant decodes one tenant, and as much of a mistaken one as can be
// read. credentials are all that there are, by address.
func decodeTenant(i *lang.Instance, k *lang.Kind, credentials map[address.Address]*Credential) *Tenant {
	t := &Tenant{Address: i.Address, Name: i.Name, Cloud: defaultCloud, Range: i.Header()}
	if id, ok := i.Text("id"); ok {
		t.ID = id
		checkDirectory(&i.Attributes, "id", id)
	}
	clouds := Clouds()
	cloud, cloudOK := i.OneOf("cloud", slices.Sorted(maps.Keys(clouds))...)
	if cloudOK {
		t.Cloud = cloud
	}
	sandbox := t.Cloud == CloudSandbox
	if i.Has("credential") {
		t.Credential, _ = lang.One(i, "credential", k, credentials)
	}
	if !sandbox && i.Lacks("credential") && (cloudOK || !i.Has("cloud")) {
		i.Mistake(i.MissingItem(), "Missing credential",
			"To read a directory in the cloud %q a credential is needed: declare one, such as credential \"client_secret\" \"msp\" { ... }, and set credential = credential.client_secret.msp. Only the cloud \"sandbox\" needs none.", t.Cloud)
	}
	t.Labels = i.TextMap("labels")

	t.Pacing = PacingPublished
	if sandbox {
		t.Pacing = PacingOff
	}
	if pacing, ok := i.OneOf("pacing", PacingPublished, PacingOff); ok {
		t.Pacing = pacing
	}
	t.Licence, _ = i.OneOf("licence", Licences()...)
	t.Since = moment(&i.Attributes, "since", time.UTC)
	t.Endpoints = clouds[t.Cloud]
	decodeEndpoints(i, &t.Endpoints)
	return t
}

func decodeEndpoints(i *lang.Instance, endpoints *Endpoints) {
	for n, block := range i.Blocks() {
		if n > 0 {
			i.Mistake(block.DefRange, "Declared twice",
				"There is already an endpoints block at %s. Join the two.", i.Blocks()[0].DefRange)
			continue
		}
		i.Nested(block, endpointsSchema(), func(a *lang.Attributes) {
			endpoint(a, "login", &endpoints.Login)
			endpoint(a, "graph", &endpoints.Graph)
			endpoint(a, "aad_graph", &endpoints.AADGraph)
		})
	}
}

// endpoint reads a base URL. Requests with tokens go there, so that plain http
// is for loopback addresses alone.
func endpoint(a *lang.Attributes, name string, into *string) {
	s, ok := a.Text(name)
	if !ok {
		return
	}
	u, err := url.Parse(s)
	fault := ""
	switch {
	case err != nil || u.Opaque != "" || u.Hostname() == "" || strings.ContainsFunc(s, unicode.IsControl) || strings.ContainsAny(s, "\u2028\u2029"):
		fault = "it is not a URL with a scheme and a host"
	case u.Scheme != "https" && u.Scheme != "http":
		fault = "its scheme must be https"
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		fault = "tokens and reports would travel in clear text: http is accepted for loopback addresses alone (127.0.0.0/8, ::1, localhost). Use https"
	case u.User != nil:
		fault = "a user or a password does not belong in it"
	case strings.Trim(u.Path, "/") != "":
		fault = "Reportform adds the path of each report: leave it out"
	case strings.ContainsAny(s, "?#"):
		fault = "Reportform adds the query of each report: leave it out"
	}
	if fault != "" {
		// The URL may hold a password, and is not repeated.
		a.Reject(name, "Not an endpoint", "The endpoint %q is a base URL such as \"https://graph.example.com\"; %s.", name, fault)
		return
	}
	*into = u.Scheme + "://" + u.Host
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

func checkDirectory(a *lang.Attributes, name, id string) {
	switch {
	case isGUID(id) || isDomain(id):
	case slices.Contains([]string{"common", "organizations", "consumers"}, id):
		a.Reject(name, "Not a directory", "%q stands for any directory, and reports are those of one. Write the directory's GUID or one of its domain names.", id)
	default:
		a.Reject(name, "Not a directory", "%q is neither a directory's GUID, such as 8f0c1f2e-0000-4000-8000-000000000001, nor one of its domain names, such as contoso.onmicrosoft.com.", id)
	}
}

func isGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, r := range []byte(s) {
		switch i {
		case 8, 13, 18, 23:
			if r != '-' {
				return false
			}
		default:
			if !(r >= '0' && r <= '9' || r >= 'a' && r <= 'f' || r >= 'A' && r <= 'F') {
				return false
			}
		}
	}
	return true
}

// isDomain reports whether s is a host name of two or more labels.
func isDomain(s string) bool {
	labels := strings.Split(s, ".")
	if len(labels) < 2 || len(s) > 253 {
		return false
	}
	for _, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.ContainsFunc(label, func(r rune) bool {
				return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-')
			}) {
			return false
		}
	}
	return true
}

// object is what expressions see of the tenant. What a mistake leaves open is
// unknown.
func (t *Tenant) object(broken bool) map[string]cty.Value {
	if broken {
		return map[string]cty.Value{
			"id": cty.UnknownVal(cty.String), "cloud": cty.UnknownVal(cty.String),
			"labels": cty.UnknownVal(cty.Map(cty.String)),
		}
	}
	labels := cty.MapValEmpty(cty.String)
	if len(t.Labels) > 0 {
		values := make(map[string]cty.Value, len(t.Labels))
		for name, label := range t.Labels {
			values[name] = cty.StringVal(label)
		}
		labels = cty.MapVal(values)
	}
	return map[string]cty.Value{"id": cty.StringVal(t.ID), "cloud": cty.StringVal(t.Cloud), "labels": labels}
}
