package sandbox

import (
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/reportform/reportform/engine/sandbox/endpoint"
	"github.com/reportform/reportform/engine/sandbox/token"
	"github.com/reportform/reportform/internal/limits"
)

// limited spends a request. It keeps real time, whatever the sandbox's clock says.
func (c *call) limited(claims *token.Claims, e *endpoint.Endpoint) (wait time.Duration, of limits.Counter, limited bool) {
	if !c.sandbox.options.Throttle {
		return 0, limits.Counter{}, false
	}
	return c.sandbox.throttle.Take(e.Limit, claims.AppID, claims.TenantID, time.Now())
}

// scope spells what a request was one too many of as x-ms-throttle-scope does.
func scope(of limits.Counter) string {
	name := "Tenant_Application"
	switch {
	case of.Directory == "":
		name = "Application"
	case of.App == "":
		name = "Tenant"
	}
	return name + "/Read/" + of.App + "/" + of.Directory
}

// tooManyRequests answers 429, with a Retry-After in fractions of a second
// unless the service is one that does not send it.
func (c *call) tooManyRequests(wait time.Duration, of limits.Counter, silent bool) {
	if !silent {
		c.w.Header().Set("x-ms-throttle-scope", scope(of))
		c.w.Header().Set("Retry-After", fmt.Sprintf("%.3f", math.Ceil(wait.Seconds()*1000)/1000))
	}
	c.fail429()
}

// fail429 answers 429 in the words of the service.
func (c *call) fail429() {
	switch c.shape {
	case tokenErrors:
		c.refuse(&token.Refusal{Status: 429, Kind: "temporarily_unavailable", Code: 50196, Message: "The server terminated an operation because it encountered a client request loop."})
		return
	case legacyErrors:
		c.fail(http.StatusTooManyRequests, "Request_ThrottledTemporarily", "Please retry again later.")
		return
	}
	c.send(http.StatusTooManyRequests, typeGraph, mustJSON(map[string]any{"error": map[string]any{
		"code": "TooManyRequests", "message": "Please retry again later.",
		"innerError": map[string]string{
			"code": "429", "message": "Please retry after", "status": "429",
			"date": c.now.Format("2006-01-02T15:04:05"), "request-id": c.requestID, "client-request-id": c.clientRequestID,
		},
	}}))
}
