package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/reportform/reportform/engine/sandbox/directory"
)

// claims are the content of an access token of an application.
type claims struct {
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

// resources are the names of the two APIs, in every national cloud.
// Source: national cloud deployments of Microsoft Graph.
func resources() map[string]string {
	return map[string]string{
		"https://graph.microsoft.com":              apiGraph,
		"https://graph.microsoft.us":               apiGraph,
		"https://dod-graph.microsoft.us":           apiGraph,
		"https://microsoftgraph.chinacloudapi.cn":  apiGraph,
		"https://graph.microsoft.de":               apiGraph,
		"00000003-0000-0000-c000-000000000000":     apiGraph,
		"https://graph.windows.net":                apiAADGraph,
		"https://graph.microsoftazure.us":          apiAADGraph,
		"https://graph.chinacloudapi.cn":           apiAADGraph,
		"https://graph.cloudapi.de":                apiAADGraph,
		"00000002-0000-0000-c000-000000000000":     apiAADGraph,
		"spn:00000002-0000-0000-c000-000000000000": apiAADGraph,
	}
}

// tokenError is a refusal of the token endpoint.
type tokenError struct {
	status  int
	kind    string // the OAuth error
	code    int    // of AADSTS
	message string
}

// token answers POST /{tenant}/oauth2[/v2.0]/token.
func (c *call) token(tenantID, path string) {
	c.shape = tokenErrors
	tenantID = strings.ToLower(tenantID)
	v2 := path == "v2.0/token"
	if !v2 && path != "token" {
		c.send(http.StatusNotFound, typeHTML, []byte("<html><body>Not found</body></html>"))
		return
	}
	if c.fault(tenantID, nil) {
		return
	}
	if c.r.Method != http.MethodPost {
		c.refuse(tokenError{400, "invalid_request", 900561, "The endpoint only accepts POST requests. Received a " + c.r.Method + " request."})
		return
	}
	token, refusal := c.issue(tenantID, v2)
	if refusal != nil {
		c.refuse(*refusal)
		return
	}
	life := token.Expires - token.IssuedAt
	access := c.sandbox.sign(token)
	var body any
	if v2 {
		body = map[string]any{"token_type": "Bearer", "expires_in": life, "ext_expires_in": life, "access_token": access}
	} else {
		body = map[string]any{
			"token_type": "Bearer", "expires_in": strconv.FormatInt(life, 10), "ext_expires_in": strconv.FormatInt(life, 10),
			"expires_on": strconv.FormatInt(token.Expires, 10), "not_before": strconv.FormatInt(token.Before, 10),
			"resource": token.Audience, "access_token": access,
		}
	}
	c.send(http.StatusOK, typeToken, mustJSON(body))
}

// issue checks a token request and returns the token's content.
func (c *call) issue(tenantID string, v2 bool) (*claims, *tokenError) {
	if !strings.ContainsAny(tenantID, ".") && !directory.IsGUID(tenantID) || len(tenantID) > 255 {
		return nil, &tokenError{400, "invalid_request", 900023, "Specified tenant identifier '" + tenantID + "' is neither a valid DNS name, nor a valid external domain."}
	}
	tenant, known := c.sandbox.tenant(tenantID)
	if !known {
		return nil, &tokenError{400, "invalid_tenant", 90002, "Tenant '" + tenantID + "' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud."}
	}
	form, refusal := c.form()
	if refusal != nil {
		return nil, refusal
	}
	client := form.Get("client_id")
	if refusal := c.authenticate(client, form); refusal != nil {
		return nil, refusal
	}
	audience, api, refusal := c.audience(form, v2)
	if refusal != nil {
		return nil, refusal
	}
	life := c.sandbox.options.TokenLife
	if life <= 0 {
		life = 3599 * time.Second
	}
	tid := directory.GUID(tenantID)
	oid := string(directory.AppendGUID(nil, directory.Hash(c.sandbox.options.Seed, "principal", tid, client)))
	roles := tenant.Permissions
	if roles == nil {
		roles = c.sandbox.permissions(api)
	}
	return &claims{
		Audience: audience, Issuer: "https://sts.windows.net/" + tid + "/",
		IssuedAt: c.now.Unix(), Before: c.now.Unix(), Expires: c.now.Add(life).Unix(),
		AppID: client, IDType: "app", ObjectID: oid, Roles: roles, Subject: oid, TenantID: tid, Version: "1.0",
		Tenant: tenantID, API: api,
	}, nil
}

// form reads the parameters and checks those that every grant has.
func (c *call) form() (url.Values, *tokenError) {
	missing := func(name string) *tokenError {
		return &tokenError{400, "invalid_request", 900144, "The request body must contain the following parameter: '" + name + "'."}
	}
	if t, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type")); err != nil || t != "application/x-www-form-urlencoded" {
		return nil, missing("grant_type")
	}
	if err := c.r.ParseForm(); err != nil {
		return nil, &tokenError{400, "invalid_request", 90100, "The request body cannot be read."}
	}
	form := c.r.PostForm
	if id, secret, ok := c.r.BasicAuth(); ok && form.Get("client_id") == "" {
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
		return nil, &tokenError{400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type '" + grant + "'."}
	case form.Get("client_id") == "":
		return nil, missing("client_id")
	}
	return form, nil
}

// authenticate checks the secret or the assertion of the application. There
// are no keys to check an assertion's signature with: its form, its lifetime
// and its type have to do.
func (c *call) authenticate(client string, form url.Values) *tokenError {
	if secret := form.Get("client_secret"); secret != "" {
		if c.sandbox.options.Secret != nil && !c.sandbox.options.Secret(client, secret) {
			return &tokenError{401, "invalid_client", 7000215, "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '" + client + "'."}
		}
		return nil
	}
	assertion := form.Get("client_assertion")
	if assertion == "" {
		return &tokenError{401, "invalid_client", 7000216, "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type."}
	}
	if form.Get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
		return &tokenError{400, "invalid_request", 900144, "The request body must contain the following parameter: 'client_assertion_type'."}
	}
	var header struct {
		Algorithm string `json:"alg"`
	}
	var payload struct {
		Expires float64 `json:"exp"`
	}
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 || decodePart(parts[0], &header) != nil || decodePart(parts[1], &payload) != nil || header.Algorithm == "" {
		return &tokenError{400, "invalid_request", 50027, "JWT token is invalid or malformed."}
	}
	if payload.Expires > 0 && int64(payload.Expires) < c.now.Unix() {
		return &tokenError{401, "invalid_client", 700024, "Client assertion is not within its valid time range."}
	}
	return nil
}

// audience reads resource (v1) or scope (v2). The v1 endpoint takes a missing
// resource for the Azure AD Graph API, as the service's own samples relied on.
func (c *call) audience(form url.Values, v2 bool) (audience, api string, refusal *tokenError) {
	if !v2 {
		audience = form.Get("resource")
		if audience == "" {
			audience = "https://graph.windows.net"
		}
	} else {
		if form.Has("resource") {
			return "", "", &tokenError{400, "invalid_request", 901002, "The 'resource' request parameter is not supported."}
		}
		scopes := strings.Fields(form.Get("scope"))
		switch {
		case len(scopes) == 0:
			return "", "", &tokenError{400, "invalid_request", 900144, "The request body must contain the following parameter: 'scope'."}
		case len(scopes) > 1:
			return "", "", &tokenError{400, "invalid_scope", 70011, "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope " + form.Get("scope") + " is not valid."}
		case !strings.HasSuffix(scopes[0], "/.default"):
			return "", "", &tokenError{400, "invalid_scope", 1002012, "The provided value for scope " + scopes[0] + " is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI)."}
		}
		audience = strings.TrimSuffix(scopes[0], "/.default")
	}
	api, ok := resources()[strings.ToLower(strings.TrimSuffix(audience, "/"))]
	if !ok {
		return "", "", &tokenError{400, "invalid_resource", 500011, "The resource principal named " + audience + " was not found in the tenant. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant."}
	}
	return audience, api, nil
}

// refuse answers with an error of the token endpoint.
func (c *call) refuse(e tokenError) {
	stamp := c.now.Format("2006-01-02 15:04:05Z")
	correlation := c.clientRequestID
	c.send(e.status, typeToken, mustJSON(struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
		Codes       []int  `json:"error_codes"`
		Timestamp   string `json:"timestamp"`
		Trace       string `json:"trace_id"`
		Correlation string `json:"correlation_id"`
		URI         string `json:"error_uri"`
	}{
		e.kind,
		fmt.Sprintf("AADSTS%d: %s\r\nTrace ID: %s\r\nCorrelation ID: %s\r\nTimestamp: %s", e.code, e.message, c.requestID, correlation, stamp),
		[]int{e.code},
		stamp, c.requestID, correlation, fmt.Sprintf("%s/error?code=%d", c.baseURL(), e.code),
	}))
}

// permissions returns all application permissions of an API.
func (s *Sandbox) permissions(api string) []string {
	all := []string{}
	for _, t := range s.options.Types {
		if t.API == api {
			all = append(all, t.Permissions...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// sign makes a token: a JWT, signed with a key of the seed, so that it
// outlives the sandbox that issued it.
func (s *Sandbox) sign(token *claims) string {
	encode := base64.RawURLEncoding.EncodeToString
	head := encode([]byte(`{"typ":"JWT","alg":"HS256"}`)) + "." + encode(mustJSON(token))
	return head + "." + encode(s.mac(head))
}

// verify returns the content of a token that the sandbox signed.
func (s *Sandbox) verify(token string) (*claims, bool) {
	i := strings.LastIndexByte(token, '.')
	if i < 0 {
		return nil, false
	}
	signature, err := base64.RawURLEncoding.DecodeString(token[i+1:])
	if err != nil || !hmac.Equal(signature, s.mac(token[:i])) {
		return nil, false
	}
	var content claims
	_, payload, _ := strings.Cut(token[:i], ".")
	if decodePart(payload, &content) != nil {
		return nil, false
	}
	return &content, true
}

func (s *Sandbox) mac(text string) []byte {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// decodePart reads the JSON of one part of a JWT.
func decodePart(part string, into any) error {
	data, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}
