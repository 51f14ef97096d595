package sandbox

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/reportform/reportform/engine/sandbox/fault"
	"github.com/reportform/reportform/engine/sandbox/shape"
)

// graph answers Microsoft Graph: GET /{version}{path}.
func (c *call) graph(version, path string) {
	token, ok := c.authorize(apiGraph)
	if !ok {
		return
	}
	e := c.sandbox.endpoints[endpointKey(apiGraph, version, strings.TrimSuffix(path, "/"))]
	if e == nil {
		c.fail(http.StatusNotFound, "ResourceNotFound", "Resource not found for the segment '"+path[strings.LastIndexByte(path, '/')+1:]+"'.")
		return
	}
	c.read(token, e)
}

// read answers a request for a page of an endpoint, of either API.
func (c *call) read(token *claims, e *endpoint) {
	if c.r.Method != http.MethodGet {
		c.fail(http.StatusMethodNotAllowed, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
		return
	}
	tenant, known := c.sandbox.tenant(token.Tenant)
	if !known {
		c.unauthorized("The identity of the calling application could not be established.")
		return
	}
	view := c.sandbox.view(e, token.Tenant, tenant, c.now)
	request, err := c.request(view)
	if c.fault(token.Tenant, request) {
		return
	}
	if wait, limited := c.limited(token, e); limited {
		c.tooManyRequests(wait, e.family.silent)
		return
	}
	for _, permission := range e.Permissions {
		if !slices.Contains(token.Roles, permission) {
			c.forbidden(e, permission)
			return
		}
	}
	if !e.licensed(tenant) {
		c.unlicensed(e)
		return
	}
	if err != nil {
		c.answerError(err)
		return
	}
	c.page(request, request.build())
}

// page sends a page, changed by the fault that meets it.
func (c *call) page(r *request, p *page) {
	view, e := r.view, r.view.endpoint
	struck, faulty := c.strike(fault.Page, view.id, r)
	if faulty {
		c.disturb(struck, r, p)
	}
	next, linkName := "", "@odata.nextLink"
	if p.next != nil && e.sources[0].shape.Pages != shape.PagesNone && (r.topped || e.sources[0].shape.Pages != shape.PagesWithTop) {
		token := c.sandbox.skipToken(*p.next, c.signature(view))
		next = c.nextLink(token)
		if e.API == apiAADGraph && c.sandbox.options.RelativeLinks {
			linkName, next = "odata.nextLink", c.relativeLink(token)
		}
	}
	if faulty {
		next = c.disturbLink(struck, r, next)
	}
	context := c.baseURL() + "/" + e.Version + "/$metadata#" + strings.TrimPrefix(e.Path, "/")
	if e.API == apiAADGraph {
		context = c.baseURL() + "/" + view.id + "/$metadata#" + e.Path[strings.LastIndexByte(e.Path, '/')+1:]
	}
	if r.wanted != nil && c.option("$select") != "" {
		context += "(" + strings.Join(splitList(c.option("$select")), ",") + ")"
	}
	body := envelope(context, p, linkName, next, e.API == apiGraph)
	if faulty && c.disturbBody(struck, body) {
		return
	}
	c.send(http.StatusOK, typeGraph, body)
}

// signature names the query that a skip token belongs to.
func (c *call) signature(v *view) string {
	return strings.Join([]string{v.id, v.endpoint.Version, v.endpoint.Path, c.option("$filter"), c.option("$orderby"), c.option("$select")}, "\x00")
}

// option returns a query option; the service ignores the case of its name.
func (c *call) option(name string) string {
	for key, values := range c.options {
		if strings.EqualFold(key, name) {
			return values[0]
		}
	}
	return ""
}

func (c *call) hasOption(name string) bool {
	for key := range c.options {
		if strings.EqualFold(key, name) {
			return true
		}
	}
	return false
}

func splitList(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}

// request reads the query options. What the service does not know, it ignores.
// The request is usable for faults even with an error.
func (c *call) request(v *view) (*request, error) {
	e := v.endpoint
	r := &request{view: v, query: &query{}, top: e.family.defaultPage}
	if e.sources[0].shape.Pages == shape.PagesNone {
		q, err := v.query("")
		if err == nil {
			q.desc, r.query, r.at.position = true, q, v.start(q)
		}
		r.top = maxScan
		return r, err
	}
	q, err := v.query(c.option("$filter"))
	if err != nil {
		return r, err
	}
	q.desc = true
	q.evolved = strings.Contains(c.r.Header.Get("Prefer"), "include-unknown-enum-members")
	r.query = q
	if err := c.order(q, v); err != nil {
		return r, err
	}
	if err := c.pageSize(r); err != nil {
		return r, err
	}
	if err := c.selected(r); err != nil {
		return r, err
	}
	r.count = strings.EqualFold(c.option("$count"), "true")
	if e.family.advanced && !strings.EqualFold(c.r.Header.Get("ConsistencyLevel"), "eventual") {
		r.count = false // ignored without the header, not refused
	}
	r.at.position = v.start(q)
	if c.hasOption("$skiptoken") {
		token := c.option("$skiptoken")
		if token == "" {
			return r, &refusal{400, "UnknownError", "Invalid Skip Token, skip token is null"}
		}
		at, ok := c.sandbox.skipLink(token, c.signature(v))
		if !ok {
			return r, badRequest("Invalid skip token.")
		}
		r.at, r.count = at, false // the number comes with the first page only
	}
	return r, nil
}

func (c *call) order(q *query, v *view) error {
	order := strings.Fields(c.option("$orderby"))
	if len(order) == 0 {
		return nil
	}
	if v.endpoint.Time == "" || !strings.EqualFold(order[0], v.endpoint.Time) || len(order) > 2 {
		return badRequest("Invalid orderby clause: %s cannot be sorted by.", strings.Join(order, " "))
	}
	q.desc = false
	if len(order) == 2 {
		switch strings.ToLower(order[1]) {
		case "asc":
		case "desc":
			q.desc = true
		default:
			return badRequest("Invalid orderby clause: %s is not a direction.", order[1])
		}
	}
	return nil
}

func (c *call) pageSize(r *request) error {
	family := r.view.endpoint.family
	if c.hasOption("$top") {
		top, err := strconv.Atoi(c.option("$top"))
		switch {
		case err != nil || top < 1:
			return badRequest("Invalid value '%s' for $top: it must be a positive integer.", c.option("$top"))
		case top > family.maxPage && family.reject:
			return badRequest("Invalid page size specified: '%d'. Must be between 1 and %d inclusive.", top, family.maxPage)
		}
		r.top, r.topped = min(top, family.maxPage), true
	}
	if c.hasOption("$skip") {
		skip, err := strconv.Atoi(c.option("$skip"))
		switch {
		case err != nil || skip < 0:
			return badRequest("Invalid value '%s' for $skip: it must be a number from 0.", c.option("$skip"))
		case family.advanced:
			return &refusal{400, "Request_BadRequest", "'$skip' is not supported by the service."}
		}
		r.skip = skip
	}
	return nil
}

// selected reads $select. Without it some reports leave properties out.
func (c *call) selected(r *request) error {
	wanted := splitList(c.option("$select"))
	if len(wanted) == 0 {
		wanted = r.view.endpoint.sources[0].shape.Default
	}
	if len(wanted) == 0 {
		return nil
	}
	r.wanted = map[string]bool{}
	for _, name := range wanted {
		name, _, _ = strings.Cut(name, "/")
		found := name == "*"
		for known := range r.view.endpoint.schema.Members {
			if strings.EqualFold(known, name) || name == "*" {
				r.wanted[known], found = true, true
			}
		}
		if !found {
			return badRequest("Could not find a property named '%s' on type '%s'.", name, typeName(r.view.endpoint))
		}
	}
	return nil
}

func typeName(e *endpoint) string {
	return "microsoft.graph." + strings.TrimSuffix(e.Path[strings.LastIndexByte(e.Path, '/')+1:], "s")
}

// authorize checks the bearer token, and answers if it is not good.
func (c *call) authorize(api string) (*claims, bool) {
	scheme, text, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || text == "" {
		c.unauthorized("Access token is empty.")
		return nil, false
	}
	token, ok := c.sandbox.verify(strings.TrimSpace(text))
	switch {
	case !ok:
		c.unauthorized("Access token validation failure. Invalid signature or malformed token.")
	case token.API != api:
		c.unauthorized("Access token validation failure. Invalid audience.")
	case c.now.Unix() >= token.Expires:
		c.unauthorized("Lifetime validation failed, the token is expired.")
	default:
		return token, true
	}
	return nil, false
}

func (c *call) unauthorized(message string) {
	c.w.Header().Set("WWW-Authenticate", `Bearer realm="", authorization_uri="`+c.baseURL()+`/common/oauth2/authorize"`)
	c.fail(http.StatusUnauthorized, "InvalidAuthenticationToken", message)
}

func (c *call) forbidden(e *endpoint, permission string) {
	message := "Insufficient privileges to complete the operation."
	switch e.family.denied {
	case "Authentication_MSGraphPermissionMissing":
		message = "Calling principal does not have required MSGraph permissions " + permission
	case "Forbidden":
		message = "You cannot perform the requested operation, required scopes are missing in the token."
	}
	c.fail(http.StatusForbidden, e.family.denied, message)
}

func (c *call) unlicensed(e *endpoint) {
	message := "Neither tenant is B2C or tenant doesn't have premium license"
	if e.family.unlicensed == "Forbidden" {
		message = "Your tenant is not licensed for this feature."
	}
	c.fail(http.StatusForbidden, e.family.unlicensed, message)
}

// answerError answers with a *refusal.
func (c *call) answerError(err error) {
	var r *refusal
	if errors.As(err, &r) {
		c.fail(r.status, r.code, r.message)
		return
	}
	c.fail(http.StatusInternalServerError, "UnknownError", err.Error())
}

// relativeLink is the next page's link relative to the directory, without the
// api-version, which the client has to add.
func (c *call) relativeLink(token string) string {
	_, path, _ := strings.Cut(strings.TrimPrefix(c.r.URL.EscapedPath(), "/"), "/")
	var kept []string
	for option := range strings.SplitSeq(c.nextQuery(token), "&") {
		name, _, _ := strings.Cut(option, "=")
		if name, err := url.QueryUnescape(name); err == nil && !strings.EqualFold(name, "api-version") {
			kept = append(kept, option)
		}
	}
	return path + "?" + strings.Join(kept, "&")
}
