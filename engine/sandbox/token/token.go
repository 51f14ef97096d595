// Package token issues and checks the access tokens of the sandbox: what the
// service demands of an application that asks for one, and the words in which
// it refuses.
package token

import (
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/reportform/reportform/engine/sandbox/directory"
	"github.com/reportform/reportform/engine/sandbox/endpoint"
)

// Claims are the content of an access token of an application.
type Claims struct {
	Audience string   `json:"aud"`
	Issuer   string   `json:"iss"`
	IssuedAt int64    `json:"iat"`
	Before   int64    `json:"nbf"`
	Expires  int64    `json:"exp"`
	AppID    string   `json:"appid"`
	IDType   string   `json:"idtyp"`
	ObjectID string   `json:"oid"`
	Roles    []string `json:"roles,omitempty"`
	Subject  string   `json:"sub"`
	TenantID string   `json:"tid"`
	Version  string   `json:"ver"`
	// Tenant is the id that the token was asked for with, and API the API of its audience.
	Tenant string `json:"sandbox_tenant"`
	API    string `json:"sandbox_api"`
}

// Issuer issues tokens to applications as the service's token endpoints do.
type Issuer struct {
	Seed uint64
	// Life is how long tokens are valid; 0 for 3599 seconds.
	Life time.Duration
	// Secret accepts or refuses a client secret; nil accepts all.
	Secret func(clientID, secret string) bool
	// Permissions returns what applications were granted in a directory, nil for
	// all that there is, and whether there is such a directory.
	Permissions func(tenant string) (granted []string, known bool)
	// Grantable returns all application permissions of an API.
	Grantable func(api string) []string
}

// Refusal is why no token is issued, in the words of the service.
type Refusal struct {
	Status  int
	Kind    string // the OAuth error
	Code    int    // of AADSTS
	Message string
}

// Issue checks a request for a token of a tenant, sent at now to the endpoint
// of version 1 or 2, and returns the token's content.
func (i *Issuer) Issue(r *http.Request, tenantID string, v2 bool, now time.Time) (*Claims, *Refusal) {
	if !strings.ContainsAny(tenantID, ".") && !directory.IsGUID(tenantID) || len(tenantID) > 255 {
		return nil, &Refusal{400, "invalid_request", 900023, "Specified tenant identifier '" + tenantID + "' is neither a valid DNS name, nor a valid external domain."}
	}
	roles, known := i.Permissions(tenantID)
	if !known {
		return nil, &Refusal{400, "invalid_tenant", 90002, "Tenant '" + tenantID + "' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud."}
	}
	form, refusal := readForm(r)
	if refusal != nil {
		return nil, refusal
	}
	client := form.Get("client_id")
	if refusal := i.authenticate(client, form, now); refusal != nil {
		return nil, refusal
	}
	audience, api, refusal := audienceOf(form, v2)
	if refusal != nil {
		return nil, refusal
	}
	life := i.Life
	if life <= 0 {
		life = 3599 * time.Second
	}
	tid := directory.GUID(tenantID)
	oid := string(directory.AppendGUID(nil, directory.Hash(i.Seed, "principal", tid, client)))
	if roles == nil {
		roles = i.Grantable(api)
	}
	return &Claims{
		Audience: audience, Issuer: "https://sts.windows.net/" + tid + "/",
		IssuedAt: now.Unix(), Before: now.Unix(), Expires: now.Add(life).Unix(),
		AppID: client, IDType: "app", ObjectID: oid, Roles: roles, Subject: oid, TenantID: tid, Version: "1.0",
		Tenant: tenantID, API: api,
	}, nil
}

// readForm reads the parameters and checks those that every grant has.
func readForm(r *http.Request) (url.Values, *Refusal) {
	missing := func(name string) *Refusal {
		return &Refusal{400, "invalid_request", 900144, "The request body must contain the following parameter: '" + name + "'."}
	}
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/x-www-form-urlencoded" {
		return nil, missing("grant_type")
	}
	if err := r.ParseForm(); err != nil {
		return nil, &Refusal{400, "invalid_request", 90100, "The request body cannot be read."}
	}
	form := r.PostForm
	if id, secret, ok := r.BasicAuth(); ok && form.Get("client_id") == "" {
		id, errID := url.QueryUnescape(id)
		secret, errSecret := url.QueryUnescape(secret)
		if errID == nil && errSecret == nil {
			form.Set("client_id", id)
			form.Set("client_secret", secret)
		}
	}
	switch grant := form.Get("grant_type"); {
	case grant == "":
		return nil, missing("grant_type")
	case grant != "client_credentials":
		return nil, &Refusal{400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type '" + grant + "'."}
	case form.Get("client_id") == "":
		return nil, missing("client_id")
	}
	return form, nil
}

// authenticate checks the secret or the assertion of the application. There
// are no keys to check an assertion's signature with: its form, its lifetime
// and its type have to do.
func (i *Issuer) authenticate(client string, form url.Values, now time.Time) *Refusal {
	if secret := form.Get("client_secret"); secret != "" {
		if i.Secret != nil && !i.Secret(client, secret) {
			return &Refusal{401, "invalid_client", 7000215, "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '" + client + "'."}
		}
		return nil
	}
	assertion := form.Get("client_assertion")
	if assertion == "" {
		return &Refusal{401, "invalid_client", 7000216, "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type."}
	}
	if form.Get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
		return &Refusal{400, "invalid_request", 900144, "The request body must contain the following parameter: 'client_assertion_type'."}
	}
	var header struct {
		Algorithm string `json:"alg"`
	}
	var payload struct {
		Expires float64 `json:"exp"`
	}
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 || decodePart(parts[0], &header) != nil || decodePart(parts[1], &payload) != nil || header.Algorithm == "" {
		return &Refusal{400, "invalid_request", 50027, "JWT token is invalid or malformed."}
	}
	if payload.Expires > 0 && int64(payload.Expires) < now.Unix() {
		return &Refusal{401, "invalid_client", 700024, "Client assertion is not within its valid time range."}
	}
	return nil
}

// audienceOf reads resource (v1) or scope (v2). The v1 endpoint takes a missing
// resource for the Azure AD Graph API, as the service's own samples relied on.
func audienceOf(form url.Values, v2 bool) (audience, api string, refusal *Refusal) {
	if !v2 {
		audience = form.Get("resource")
		if audience == "" {
			audience = "https://graph.windows.net"
		}
	} else {
		if form.Has("resource") {
			return "", "", &Refusal{400, "invalid_request", 901002, "The 'resource' request parameter is not supported."}
		}
		scopes := strings.Fields(form.Get("scope"))
		switch {
		case len(scopes) == 0:
			return "", "", &Refusal{400, "invalid_request", 900144, "The request body must contain the following parameter: 'scope'."}
		case len(scopes) > 1:
			return "", "", &Refusal{400, "invalid_scope", 70011, "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope " + form.Get("scope") + " is not valid."}
		case !strings.HasSuffix(scopes[0], "/.default"):
			return "", "", &Refusal{400, "invalid_scope", 1002012, "The provided value for scope " + scopes[0] + " is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI)."}
		}
		audience = strings.TrimSuffix(scopes[0], "/.default")
	}
	api, ok := resources()[strings.ToLower(strings.TrimSuffix(audience, "/"))]
	if !ok {
		return "", "", &Refusal{400, "invalid_resource", 500011, "The resource principal named " + audience + " was not found in the tenant. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant."}
	}
	return audience, api, nil
}

// resources are the names of the two APIs, in every national cloud.
// Source: national cloud deployments of Microsoft Graph.
func resources() map[string]string {
	return map[string]string{
		"https://graph.microsoft.com":              endpoint.Graph,
		"https://graph.microsoft.us":               endpoint.Graph,
		"https://dod-graph.microsoft.us":           endpoint.Graph,
		"https://microsoftgraph.chinacloudapi.cn":  endpoint.Graph,
		"https://graph.microsoft.de":               endpoint.Graph,
		"00000003-0000-0000-c000-000000000000":     endpoint.Graph,
		"https://graph.windows.net":                endpoint.AADGraph,
		"https://graph.microsoftazure.us":          endpoint.AADGraph,
		"https://graph.chinacloudapi.cn":           endpoint.AADGraph,
		"https://graph.cloudapi.de":                endpoint.AADGraph,
		"00000002-0000-0000-c000-000000000000":     endpoint.AADGraph,
		"spn:00000002-0000-0000-c000-000000000000": endpoint.AADGraph,
	}
}
