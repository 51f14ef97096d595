package sandbox

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Fault is something that goes wrong on purpose.
type Fault struct {
	// Kind is one of Faults.
	Kind string
	// Tenant limits the fault to one directory; empty for all.
	Tenant string
	// Path limits the fault to requests whose path contains it, in any case.
	// Token requests are met only if it contains oauth2.
	Path string
	// AfterPage is how many pages of a result come through before the fault.
	AfterPage int
	// Times is how many requests are met; 0 for one, less for all.
	Times int
	// Wider limits the fault to requests for more time than that; 0 for all.
	Wider time.Duration
	// RetryAfter is the header of a 429 or 503; empty for 0.25 with a 429 and
	// for none with a 503.
	RetryAfter string
	// Delay is how long slow and timeout take; 0 for 200 ms and until the
	// client gives up.
	Delay time.Duration
}

// pageKinds change a page; the other kinds answer in its place.
func pageKinds() []string {
	return []string{
		"truncated", "error-in-body", "invalid-utf8", "foreign-link", "empty-skiptoken", "same-link",
		"restart", "repeat-page", "empty-page", "duplicate-events", "revision",
	}
}

// FaultKinds returns the kinds of faults, each with what it does.
func FaultKinds() [][2]string {
	return [][2]string{
		{"429", "refuses with Retry-After"},
		{"429-bare", "refuses without Retry-After"},
		{"500", "fails with an error object"},
		{"502-html", "fails with a page of HTML"},
		{"503", "fails with an error object, and Retry-After if given"},
		{"504", "fails with an empty body"},
		{"timeout", "does not answer"},
		{"reset", "closes the connection"},
		{"slow", "answers late"},
		{"html-200", "answers 200 with a page of HTML"},
		{"redirect", "redirects to another host"},
		{"token-expired", "refuses the token with 401"},
		{"claims-challenge", "refuses the token with 401 and a claims challenge"},
		{"forbidden", "refuses with 403 as if the permission were missing"},
		{"unlicensed", "refuses with 403 as if the licence were missing"},
		{"truncated", "sends half of the page and closes the connection"},
		{"error-in-body", "answers 200 and breaks off in an event with an error object"},
		{"invalid-utf8", "puts a byte into the page that is not UTF-8"},
		{"foreign-link", "links to another host"},
		{"empty-skiptoken", "links with an empty skip token"},
		{"same-link", "links to the page itself"},
		{"restart", "sends an empty page that links to the first"},
		{"repeat-page", "links to the first page again"},
		{"empty-page", "sends an empty page and the events with the next"},
		{"duplicate-events", "begins the next page with events of this one"},
		{"revision", "begins the next page with another version of this one's last event"},
	}
}

// ParseFault reads kind[,tenant=ID][,path=TEXT][,after=N][,times=N|always]
// [,wider=DURATION][,retry-after=VALUE][,delay=DURATION].
func ParseFault(s string) (Fault, error) {
	kind, rest, more := strings.Cut(s, ",")
	f := Fault{Kind: strings.TrimSpace(kind)}
	var kinds []string
	for _, k := range FaultKinds() {
		kinds = append(kinds, k[0])
	}
	if !slices.Contains(kinds, f.Kind) {
		return Fault{}, fmt.Errorf("%q is not a fault; the faults are %s", f.Kind, strings.Join(kinds, ", "))
	}
	for more {
		var option string
		option, rest, more = strings.Cut(rest, ",")
		name, value, _ := strings.Cut(strings.TrimSpace(option), "=")
		if err := f.set(name, value); err != nil {
			return Fault{}, fmt.Errorf("fault %s: %w", f.Kind, err)
		}
	}
	return f, nil
}

func (f *Fault) set(name, value string) (err error) {
	switch name {
	case "tenant":
		f.Tenant = value
	case "path":
		f.Path = value
	case "after":
		f.AfterPage, err = strconv.Atoi(value)
	case "times":
		if value == "always" {
			f.Times = -1
			return nil
		}
		if f.Times, err = strconv.Atoi(value); err == nil && f.Times < 1 {
			return fmt.Errorf("times=%s: it is a number from 1, or always", value)
		}
	case "wider":
		f.Wider, err = time.ParseDuration(value)
	case "retry-after":
		f.RetryAfter = value
	case "delay":
		f.Delay, err = time.ParseDuration(value)
	default:
		return fmt.Errorf("%q is not one of tenant, path, after, times, wider, retry-after and delay", name)
	}
	if err != nil {
		return fmt.Errorf("%s=%s: not a value that it can have", name, value)
	}
	return nil
}

// SetFaults replaces all faults. Of several that fit a request the first one
// meets it.
func (s *Sandbox) SetFaults(list ...Fault) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.list = slices.Clone(list)
	for i := range s.faults.list {
		if f := &s.faults.list[i]; f.Times == 0 {
			f.Times = 1
		}
	}
}

type faults struct {
	mu   sync.Mutex
	list []Fault
}

const (
	answerFaults = false
	pageFaults   = true
)

// take finds the fault that meets a request and uses it up. The request is nil
// where no page is asked for.
func (f *faults) take(tenant, path string, r *request, onPage bool) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.list {
		fault := &f.list[i]
		path, wanted := strings.ToLower(path), strings.ToLower(fault.Path)
		oauth := strings.Contains(path, "/oauth2/")
		page, span := 0, time.Duration(0)
		if r != nil {
			page, span = r.at.page, r.span()
		}
		switch {
		case fault.Times == 0, slices.Contains(pageKinds(), fault.Kind) != onPage:
		case fault.Tenant != "" && !strings.EqualFold(fault.Tenant, tenant):
		case !strings.Contains(path, wanted), oauth != strings.Contains(wanted, "oauth2"):
		case page < fault.AfterPage, fault.Wider > 0 && span <= fault.Wider:
		default:
			if fault.Times > 0 {
				fault.Times--
			}
			return *fault, true
		}
	}
	return Fault{}, false
}

// fault lets the fault that meets the request answer it. It returns whether
// one did.
func (c *call) fault(tenant string, r *request) bool {
	f, ok := c.sandbox.faults.take(tenant, c.r.URL.Path, r, answerFaults)
	if !ok {
		return false
	}
	c.sandbox.logger.Debug("fault", "kind", f.Kind, "path", c.r.URL.Path, "request-id", c.requestID)
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
		if p := r.view.endpoint.Permissions; len(p) > 0 {
			permission = p[0]
		}
		c.forbidden(r.view.endpoint, permission)
	case "unlicensed":
		c.unlicensed(r.view.endpoint)
	}
}

// wait returns after d, or when the client has gone; with 0 only then.
func (c *call) wait(d time.Duration) {
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
	c.sandbox.logger.Debug("fault", "kind", f.Kind, "path", c.r.URL.Path, "request-id", c.requestID)
	again := func(events int) {
		if n := len(p.ends); n > 0 {
			events = min(events, n)
			p.next = &link{position: p.places[n-events], page: r.at.page + 1, offset: r.at.offset + n - events}
		}
	}
	switch f.Kind {
	case "restart":
		p.events, p.ends = nil, nil
		p.next = &link{position: r.view.start(r.query), page: r.at.page + 1}
	case "repeat-page":
		p.next = &link{position: r.view.start(r.query), page: r.at.page + 1}
	case "empty-page":
		p.events, p.ends = nil, nil
		p.next = &link{position: r.at.position, page: r.at.page + 1, offset: r.at.offset}
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
	case "empty-skiptoken":
		return c.nextLink("")
	case "same-link":
		return c.nextLink(c.sandbox.skipToken(r.at, c.signature(r.view)))
	}
	return next
}

// disturbBody sends a damaged body and returns whether it did.
func (c *call) disturbBody(f Fault, body []byte) bool {
	half := bytes.Clone(body[:len(body)*2/3])
	switch f.Kind {
	case "truncated":
		c.headers(typeGraph)
		c.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		c.write(http.StatusOK)
		_, err := c.w.Write(half)
		c.sent(err)
	case "error-in-body":
		c.send(http.StatusOK, typeGraph, append(half, c.errorBody("UnknownError", "An error occurred while the response was written.")...))
	case "invalid-utf8":
		c.send(http.StatusOK, typeGraph, bytes.Replace(body, []byte(`"id":"`), []byte("\"id\":\"\xff"), 1))
	default:
		return false
	}
	return true
}
