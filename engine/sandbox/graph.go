package sandbox

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/reportform/reportform/engine/sandbox/endpoint"
	"github.com/reportform/reportform/engine/sandbox/fault"
	"github.com/reportform/reportform/engine/sandbox/shape"
	"github.com/reportform/reportform/engine/sandbox/timeline"
	"github.com/reportform/reportform/engine/sandbox/token"
	"github.com/reportform/reportform/internal/odatafilter"
)

// graph answers Microsoft Graph: GET /{version}{path}.
func (c *call) graph(version, path string) {
	claims, ok := c.authorize(endpoint.Graph)
	if !ok {
		return
	}
	e := c.sandbox.endpoints.At(endpoint.Graph, version, strings.TrimSuffix(path, "/"))
	if e == nil {
		c.fail(http.StatusNotFound, "ResourceNotFound", "Resource not found for the segment '"+path[strings.LastIndexByte(path, '/')+1:]+"'.")
		return
	}
	c.read(claims, e)
}

// read answers a request for a page of an endpoint, of either API.
func (c *call) read(claims *token.Claims, e *endpoint.Endpoint) {
	if c.r.Method != http.MethodGet {
		c.fail(http.StatusMethodNotAllowed, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
		return
	}
	tenant, known := c.sandbox.tenant(claims.Tenant)
	if !known {
		c.unauthorized("The identity of the calling application could not be established.")
		return
	}
	e = e.Naming(c.named())
	view := c.sandbox.view(e, claims.Tenant, tenant, c.now)
	request, err := c.request(view)
	if c.fault(claims.Tenant, request) {
		return
	}
	if wait, of, limited := c.limited(claims, e); limited {
		c.tooManyRequests(wait, of, e.Family.Silent)
		return
	}
	for _, permission := range e.Permissions {
		if !slices.Contains(claims.Roles, permission) {
			c.forbidden(e, permission)
			return
		}
	}
	if !e.Licensed(tenant.License) {
		c.unlicensed(e)
		return
	}
	if err != nil {
		c.answerError(err)
		return
	}
	c.page(request, request.build())
}

// named are the properties that the query names.
func (c *call) named() []string {
	var names []string
	for _, path := range splitList(c.option("$select")) {
		name, _, _ := strings.Cut(path, "/")
		names = append(names, name)
	}
	if filter, err := odatafilter.Parse(c.option("$filter")); err == nil {
		odatafilter.Properties(filter, func(path []string) { names = append(names, path[0]) })
	}
	return names
}

// page sends a page, changed by the fault that meets it.
func (c *call) page(r *request, p *page) {
	view, e := r.view, r.view.Endpoint
	var struck Fault
	faulty := false
	if !c.unfiltered { // else its link may lead past what was asked for, and its events have to tell
		struck, faulty = c.strike(fault.Page, view.Tenant, r)
	}
	if faulty {
		c.disturb(struck, r, p)
	}
	next, linkName := "", "@odata.nextLink"
	if p.next != nil && e.Sources[0].Shape.Pages != shape.PagesNone && (r.topped || e.Sources[0].Shape.Pages != shape.PagesWithTop) {
		token := c.sandbox.skipToken(*p.next, c.signature(view))
		next = c.nextLink(token)
		if e.API == endpoint.AADGraph && c.sandbox.options.RelativeLinks {
			linkName, next = "odata.nextLink", c.relativeLink(token)
		}
	}
	if faulty {
		next = c.disturbLink(struck, r, next)
	}
	context := c.baseURL() + "/" + e.Version + "/$metadata#" + strings.TrimPrefix(e.Path, "/")
	if e.API == endpoint.AADGraph {
		context = c.baseURL() + "/" + view.Tenant + "/$metadata#" + e.Path[strings.LastIndexByte(e.Path, '/')+1:]
	}
	if r.wanted != nil && c.option("$select") != "" {
		context += "(" + strings.Join(splitList(c.option("$select")), ",") + ")"
	}
	body := envelope(context, p, linkName, next, e.API == endpoint.Graph)
	if faulty && c.disturbBody(struck, r, body) {
		return
	}
	c.send(http.StatusOK, typeGraph, body)
}

// signature names the query that a skip token belongs to.
func (c *call) signature(v *timeline.View) string {
	return strings.Join([]string{v.Tenant, v.Endpoint.Version, v.Endpoint.Path, c.option("$filter"), c.option("$orderby"), c.option("$select")}, "\x00")
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
func (c *call) request(v *timeline.View) (*request, error) {
	e := v.Endpoint
	r := &request{view: v, query: &timeline.Query{}, top: e.Family.DefaultPage}
	if e.Sources[0].Shape.Pages == shape.PagesNone {
		q, err := v.Query("")
		if err == nil {
			q.Desc, r.query, r.at.Position = true, q, v.Start(q)
		}
		r.top = maxScan
		return r, err
	}
	q, err := v.Query(c.option("$filter"))
	if err != nil {
		return r, badRequest("%s", err)
	}
	q.Desc = true
	q.Evolved = strings.Contains(c.r.Header.Get("Prefer"), "include-unknown-enum-members")
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
	if e.Family.Advanced && !strings.EqualFold(c.r.Header.Get("ConsistencyLevel"), "eventual") {
		r.count = false // ignored without the header, not refused
	}
	r.at.Position = v.Start(q)
	if c.hasOption("$skiptoken") {
		token := c.option("$skiptoken")
		if token == "" {
			return r, &refusal{400, "UnknownError", "Invalid Skip Token, skip token is null"}
		}
		at, ok := c.sandbox.skipLink(token, c.signature(v))
		if !ok {
			return r, badRequest("Invalid skip token.")
		}
		if at.blanks && strings.Contains(c.r.URL.RawQuery, "+") {
			return r, badRequest("Invalid filter clause: a syntax error at position 16.")
		}
		r.at, r.count = at, false // the number comes with the first page only
	}
	return r, nil
}

func (c *call) order(q *timeline.Query, v *timeline.View) error {
	order := strings.Fields(c.option("$orderby"))
	if len(order) == 0 {
		return nil
	}
	if v.Endpoint.Time == "" || !strings.EqualFold(order[0], v.Endpoint.Time) || len(order) > 2 {
		return badRequest("Invalid orderby clause: %s cannot be sorted by.", strings.Join(order, " "))
	}
	q.Desc = false
	if len(order) == 2 {
		switch strings.ToLower(order[1]) {
		case "asc":
		case "desc":
			q.Desc = true
		default:
			return badRequest("Invalid orderby clause: %s is not a direction.", order[1])
		}
	}
	return nil
}

func (c *call) pageSize(r *request) error {
	family := r.view.Endpoint.Family
	if c.hasOption("$top") {
		top, err := strconv.Atoi(c.option("$top"))
		switch {
		case err != nil || top < 1:
			return badRequest("Invalid value '%s' for $top: it must be a positive integer.", c.option("$top"))
		case top > family.MaxPage && family.Reject:
			return badRequest("Invalid page size specified: '%d'. Must be between 1 and %d inclusive.", top, family.MaxPage)
		}
		r.top, r.topped = min(top, family.MaxPage), true
	}
	if c.hasOption("$skip") {
		skip, err := strconv.Atoi(c.option("$skip"))
		switch {
		case err != nil || skip < 0:
			return badRequest("Invalid value '%s' for $skip: it must be a number from 0.", c.option("$skip"))
		case family.Advanced:
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
		wanted = r.view.Endpoint.Sources[0].Shape.Default
	}
	if len(wanted) == 0 {
		return nil
	}
	r.wanted = map[string]bool{}
	for _, name := range wanted {
		name, _, _ = strings.Cut(name, "/")
		found := name == "*"
		for known := range r.view.Endpoint.Schema.Members {
			if strings.EqualFold(known, name) || name == "*" {
				r.wanted[known], found = true, true
			}
		}
		if !found {
			return badRequest("Could not find a property named '%s' on type '%s'.", name, typeName(r.view.Endpoint))
		}
	}
	return nil
}

func typeName(e *endpoint.Endpoint) string {
	return "microsoft.graph." + strings.TrimSuffix(e.Path[strings.LastIndexByte(e.Path, '/')+1:], "s")
}

// authorize checks the bearer token, and answers if it is not good.
func (c *call) authorize(api string) (*token.Claims, bool) {
	scheme, text, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || text == "" {
		c.unauthorized("Access token is empty.")
		return nil, false
	}
	claims, ok := c.sandbox.key.Verify(strings.TrimSpace(text))
	switch {
	case !ok:
		c.unauthorized("Access token validation failure. Invalid signature or malformed token.")
	case claims.API != api:
		c.unauthorized("Access token validation failure. Invalid audience.")
	case c.now.Unix() >= claims.Expires:
		c.unauthorized("Lifetime validation failed, the token is expired.")
	default:
		return claims, true
	}
	return nil, false
}

func (c *call) unauthorized(message string) {
	c.w.Header().Set("WWW-Authenticate", `Bearer realm="", authorization_uri="`+c.baseURL()+`/common/oauth2/authorize"`)
	c.fail(http.StatusUnauthorized, "InvalidAuthenticationToken", message)
}

func (c *call) forbidden(e *endpoint.Endpoint, permission string) {
	message := "Insufficient privileges to complete the operation."
	switch e.Family.Denied {
	case "Authentication_MSGraphPermissionMissing":
		message = "Calling principal does not have required MSGraph permissions " + permission
	case "Forbidden":
		message = "You cannot perform the requested operation, required scopes are missing in the token."
	}
	c.fail(http.StatusForbidden, e.Family.Denied, message)
}

func (c *call) unlicensed(e *endpoint.Endpoint) {
	message := "Neither tenant is B2C or tenant doesn't have premium license"
	if e.Family.Unlicensed == "Forbidden" {
		message = "Your tenant is not licensed for this feature."
	}
	c.fail(http.StatusForbidden, e.Family.Unlicensed, message)
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
