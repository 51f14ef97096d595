package sandbox

import (
	"bytes"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/reportform/reportform/engine/sandbox/fault"
)

// SetFaults replaces all faults. Of several that fit a request the first one
// meets it.
func (s *Sandbox) SetFaults(list ...Fault) { s.faults.Set(list...) }

// strike finds the fault that meets a part of the answer. The request is nil
// where no page is asked for.
func (c *call) strike(part fault.Part, tenant string, r *request) (Fault, bool) {
	met := fault.Request{Tenant: tenant, Path: c.r.URL.Path}
	if r != nil {
		met.Page, met.Span = r.at.page, r.span()
	}
	f, ok := c.sandbox.faults.Take(part, met)
	if ok {
		c.sandbox.logger.Debug("fault", "kind", f.Kind, "path", c.r.URL.Path, "request-id", c.requestID)
	}
	return f, ok
}

// fault lets the fault that meets the request answer it. It returns whether
// one did.
func (c *call) fault(tenant string, r *request) bool {
	f, ok := c.strike(fault.Answer, tenant, r)
	if !ok {
		return false
	}
	html := []byte("<html><head><title>Service unavailable</title></head><body><h2>Our services aren't available right now</h2></body></html>\r\n")
	switch f.Kind {
	case "429":
		retryAfter := f.RetryAfter
		if retryAfter == "" {
			retryAfter = "0.25"
		}
		c.w.Header().Set("Retry-After", retryAfter)
		c.fail429()
	case "429-bare":
		c.fail429()
	case "400", "404", "410":
		c.deny(f)
	case "500":
		c.fail(http.StatusInternalServerError, "UnknownError", "An unexpected error occurred.")
	case "502-html":
		c.send(http.StatusBadGateway, typeHTML, html)
	case "503":
		if f.RetryAfter != "" {
			c.w.Header().Set("Retry-After", f.RetryAfter)
		}
		c.fail(http.StatusServiceUnavailable, "serviceNotAvailable", "The service is temporarily unavailable.")
	case "504":
		c.send(http.StatusGatewayTimeout, typeGraph, nil)
	case "timeout":
		c.wait(f.Delay)
		c.hangUp()
	case "reset":
		c.hangUp()
	case "slow":
		delay := f.Delay
		if delay <= 0 {
			delay = 200 * time.Millisecond
		}
		c.wait(delay)
		return false
	case "bom":
		c.bom = true
		return false
	case "filter-ignored":
		if r != nil && !r.view.Endpoint.Snapshot() {
			c.unfiltered = true
			r.query.Low, r.query.High = r.view.Floor, r.view.Now+1
			if r.at.page == 0 {
				r.at.Position = r.view.Start(r.query)
			}
		}
		return false
	case "no-date", "old-date", "aged":
		c.dated = f
		return false
	case "html-200":
		c.send(http.StatusOK, typeHTML, html)
	case "redirect":
		c.w.Header().Set("Location", "http://elsewhere.invalid"+c.r.URL.RequestURI())
		c.send(http.StatusFound, typeHTML, nil)
	default:
		c.refuseAccess(f, r)
	}
	return true
}

// refuseAccess answers the faults that are about tokens and rights.
func (c *call) refuseAccess(f Fault, r *request) {
	if r == nil {
		c.unauthorized("Lifetime validation failed, the token is expired.")
		return
	}
	switch f.Kind {
	case "token-expired":
		c.unauthorized("Lifetime validation failed, the token is expired.")
	case "claims-challenge":
		// {"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}
		c.w.Header().Set("WWW-Authenticate", `Bearer realm="", authorization_uri="`+c.baseURL()+`/common/oauth2/authorize", error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZSwidmFsdWUiOiIxNjA0MTA2NjUxIn19fQ=="`)
		c.fail(http.StatusUnauthorized, "InvalidAuthenticationToken", "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp")
	case "forbidden":
		permission := ""
		if p := r.view.Endpoint.Permissions; len(p) > 0 {
			permission = p[0]
		}
		c.forbidden(r.view.Endpoint, permission)
	case "unlicensed":
		c.unlicensed(r.view.Endpoint)
	case "retired":
		c.fail(http.StatusForbidden, "Authentication_Unauthorized", "Access blocked to AAD Graph API for this application. https://aka.ms/AzureADGraphMigration.")
	}
}

// deny answers with the status that a fault is named by.
func (c *call) deny(f Fault) {
	status, code := http.StatusBadRequest, "BadRequest"
	switch f.Kind {
	case "404":
		status, code = http.StatusNotFound, "itemNotFound"
	case "410":
		status, code = http.StatusGone, "resyncRequired"
	}
	switch f.Code {
	case "":
	case "none":
		code = ""
	default:
		code = f.Code
	}
	c.fail(status, code, "Token not found: token is either invalid or expired.")
}

// wait returns after d, or when the client has gone; with 0 only then.
func (c *call) wait(d time.Duration) {
	// A server hears that its client has gone once it has read the request.
	content, _ := io.ReadAll(c.r.Body)
	c.r.Body = io.NopCloser(bytes.NewReader(content))
	var after <-chan time.Time
	if d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		after = timer.C
	}
	select {
	case <-after:
	case <-c.r.Context().Done():
	}
}

// stall sends half of a body, and then nothing: after d, or when the client has
// gone, it closes the connection.
func (c *call) stall(contentType string, body []byte, d time.Duration) {
	c.headers(contentType)
	c.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	c.write(http.StatusOK)
	_, err := c.w.Write(body[:len(body)/2])
	if err == nil {
		err = http.NewResponseController(c.w).Flush()
	}
	c.sent(err)
	c.wait(d)
}

// hangUp closes the connection without an answer.
func (c *call) hangUp() {
	conn, _, err := http.NewResponseController(c.w).Hijack()
	if err != nil {
		c.send(http.StatusGatewayTimeout, typeGraph, nil)
		return
	}
	c.sent(conn.Close())
}

// disturb changes the events of a page or where the next one begins.
func (c *call) disturb(f Fault, r *request, p *page) {
	again := func(events int) {
		if n := len(p.ends); n > 0 {
			events = min(events, n)
			p.next = &link{Position: p.places[n-events], page: r.at.page + 1, offset: r.at.offset + n - events}
		}
	}
	switch f.Kind {
	case "restart":
		p.events, p.ends = nil, nil
		p.next = &link{Position: r.view.Start(r.query), page: r.at.page + 1}
	case "repeat-page":
		p.next = &link{Position: r.view.Start(r.query), page: r.at.page + 1}
	case "circle":
		if r.at.page%2 == 1 {
			p.next = &link{Position: r.view.Start(r.query), page: r.at.page + 1}
		}
	case "plus-link":
		if p.next != nil {
			p.next.blanks = true
		}
	case "empty-page":
		p.events, p.ends = nil, nil
		p.next = &link{Position: r.at.Position, page: r.at.page + 1, offset: r.at.offset}
	case "duplicate-events":
		again(3)
	case "revision":
		again(1)
		if p.next != nil {
			p.next.revised = true
		}
	}
}

// disturbLink changes the link to the next page.
func (c *call) disturbLink(f Fault, r *request, next string) string {
	switch f.Kind {
	case "foreign-link":
		return "http://elsewhere.invalid" + c.r.URL.RequestURI()
	case "userinfo-link":
		return strings.Replace(c.nextLink("1"), "://", "://user:password@", 1)
	case "long-link":
		return c.nextLink(strings.Repeat("0", 40_000))
	case "plus-link":
		return strings.ReplaceAll(next, "%20", "+")
	case "empty-skiptoken":
		return c.nextLink("")
	case "same-link":
		return c.nextLink(c.sandbox.skipToken(r.at, c.signature(r.view)))
	}
	return next
}

// disturbBody sends a damaged body and returns whether it did.
func (c *call) disturbBody(f Fault, r *request, body []byte) bool {
	half := bytes.Clone(body[:len(body)*2/3])
	switch f.Kind {
	case "stall":
		c.stall(typeGraph, body, f.Delay)
	case "truncated":
		c.headers(typeGraph)
		c.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		c.write(http.StatusOK)
		_, err := c.w.Write(half)
		c.sent(err)
	case "error-in-body":
		c.send(http.StatusOK, typeGraph, append(half, c.errorBody("UnknownError", "An error occurred while the response was written.")...))
	case "untimed":
		first := true
		c.send(http.StatusOK, typeGraph, r.times(body, func(text string) string {
			if first {
				first, text = false, "pending"
			}
			return text
		}))
	case "lower-case-times":
		c.send(http.StatusOK, typeGraph, r.times(body, strings.ToLower))
	case "rounded-times":
		c.send(http.StatusOK, typeGraph, r.times(body, func(text string) string {
			at, err := time.Parse(time.RFC3339Nano, text)
			if whole := at.Truncate(time.Second); err == nil && whole.Before(at) {
				text = whole.Add(time.Second).Format(time.RFC3339)
			}
			return text
		}))
	case "invalid-utf8":
		c.send(http.StatusOK, typeGraph, bytes.Replace(body, []byte(`"id":"`), []byte("\"id\":\"\xff"), 1))
	case "odd-text":
		c.send(http.StatusOK, typeGraph, bytes.ReplaceAll(body, []byte(`isplayName":"`), []byte(`isplayName":"nul\u0000 half \ud800 `)))
	default:
		return false
	}
	return true
}

// times changes the times of a page's events.
func (r *request) times(body []byte, change func(string) string) []byte {
	name := r.view.Endpoint.Time[strings.LastIndexByte(r.view.Endpoint.Time, '/')+1:]
	member := regexp.MustCompile(`("` + regexp.QuoteMeta(name) + `":")([^"]*)`)
	return member.ReplaceAllFunc(body, func(match []byte) []byte {
		at := len(member.FindSubmatch(match)[1])
		return append(match[:at:at], change(string(match[at:]))...)
	})
}
