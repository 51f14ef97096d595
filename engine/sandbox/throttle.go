package sandbox

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/reportform/reportform/internal/limits"
)

// throttle counts requests in sliding windows. Requests that it refuses count
// too, as with the service. It keeps real time whatever the sandbox's clock says.
type throttle struct {
	limits map[string]limits.Class

	mu    sync.Mutex
	spent map[limits.Counter][]time.Time
}

// take spends one request of a class and returns how long to wait if it is one too many.
func (t *throttle) take(class, app, tenant string, now time.Time) (wait time.Duration, limited bool) {
	counted, ok := t.limits[class]
	if !ok {
		return 0, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, limit := range counted.Of(app, tenant) {
		if !limit.Limited() {
			continue
		}
		times := slices.DeleteFunc(t.spent[limit.Counter], func(at time.Time) bool { return !at.After(now.Add(-limit.Per)) })
		if len(times) >= limit.Requests {
			limited = true
			wait = max(wait, times[len(times)-limit.Requests].Add(limit.Per).Sub(now))
		}
		t.spent[limit.Counter] = append(times, now)
	}
	return wait, limited
}

func (c *call) limited(token *claims, e *endpoint) (time.Duration, bool) {
	if !c.sandbox.options.Throttle {
		return 0, false
	}
	return c.sandbox.throttle.take(e.Limit, token.AppID, token.TenantID, time.Now())
}

// tooManyRequests answers 429, with a Retry-After in fractions of a second
// unless the service is one that does not send it.
func (c *call) tooManyRequests(wait time.Duration, silent bool) {
	if !silent {
		c.w.Header().Set("Retry-After", fmt.Sprintf("%.3f", math.Ceil(wait.Seconds()*1000)/1000))
	}
	c.fail429()
}

// fail429 answers 429 in the words of the service.
func (c *call) fail429() {
	switch c.shape {
	case tokenErrors:
		c.refuse(tokenError{429, "temporarily_unavailable", 50196, "The server terminated an operation because it encountered a client request loop."})
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
