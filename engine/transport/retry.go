package transport

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
)

// maxRetryAfter is the longest wait that a service is believed to mean.
const maxRetryAfter = time.Hour

// Retry says how often and how long to try.
type Retry struct {
	// Attempts is how often a request is sent at most; 0 and 1 are once.
	Attempts int
	// Base is the wait after a first failure that does not say how long to
	// wait. It doubles with each attempt up to Max, and is cut by up to half
	// at random, so that clients part.
	Base, Max time.Duration
	// Elapsed bounds the waits of one request in all, those for its turn not
	// included.
	Elapsed time.Duration
}

// DefaultRetry returns what suits unattended runs: patience with a service
// that says when to come back, and some minutes for one that is down.
func DefaultRetry() Retry {
	return Retry{Attempts: 6, Base: 2 * time.Second, Max: time.Minute, Elapsed: time.Hour}
}

// wait returns the wait after the given attempt, the first being 1.
func (r Retry) wait(attempt int) time.Duration {
	d := r.Max
	if shift := attempt - 1; shift < 20 {
		d = min(d, r.Base<<shift)
	}
	return d - rand.N(d/2+1)
}

// retry sends a repeatable request again that failed for a reason that may pass: 429, 500,
// 502, 503, and connections that could not be made or broke before an answer.
// Not so 504 and ErrNoAnswer: the caller does better to ask for less. What
// comes back in the end is the last answer, or an error that wraps the last
// failure.
//
// An answer that says to wait, as a 429 always does, pauses the limiter, and
// so all requests that count with this one.
type retry struct {
	next    http.RoundTripper
	policy  Retry
	final   func(*http.Response) bool // may be nil
	limiter *Limiter                  // may be nil
	home    server
	logger  hclog.Logger
}

func (r *retry) RoundTrip(req *http.Request) (*http.Response, error) {
	var waited time.Duration
	current := req
	for n := 1; ; n++ {
		resp, err := r.next.RoundTrip(current)
		if !again(resp, err) || resp != nil && r.final != nil && r.final(resp) {
			return resp, err
		}
		wait, told := r.wait(resp, n)
		if r.pauses(req, resp, told) {
			r.limiter.pauseScope(throttleScope(resp), wait)
		}
		if n >= r.policy.Attempts || waited+wait > r.policy.Elapsed || !repeatable(req) {
			return resp, gaveUp(err, n)
		}
		waited += wait
		r.report(resp, err, n, wait)
		if resp != nil {
			discard(resp)
		}
		if err := sleep(req, wait); err != nil {
			return nil, err
		}
		if current, err = repeat(req); err != nil {
			return nil, err
		}
	}
}

// again reports whether an outcome may be another one the next time.
func again(resp *http.Response, err error) bool {
	if err != nil {
		var failed *attemptError
		return errors.As(err, &failed) && failed.transient
	}
	switch resp.StatusCode {
	case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable:
		return true
	}
	return false
}

// wait returns how long to wait after attempt n, and whether the service said so.
func (r *retry) wait(resp *http.Response, n int) (wait time.Duration, told bool) {
	if resp == nil {
		return r.policy.wait(n), false
	}
	wait, told = retryAfter(resp.Header, time.Now())
	switch {
	case !told:
		return r.policy.wait(n), false
	case wait > maxRetryAfter:
		r.logger.Warn("the service asks to wait longer than is believed", "retry_after", resp.Header.Get("Retry-After"), "waiting", maxRetryAfter)
		return maxRetryAfter, true
	}
	return wait, true
}

// pauses reports whether an answer holds back the requests that count with req.
func (r *retry) pauses(req *http.Request, resp *http.Response, told bool) bool {
	return r.limiter != nil && resp != nil && r.home.has(req.URL) && (told || resp.StatusCode == http.StatusTooManyRequests)
}

func (r *retry) report(resp *http.Response, err error, n int, wait time.Duration) {
	args := []any{"attempt", n, "waiting", wait.Round(time.Millisecond)}
	if resp == nil {
		r.logger.Warn("the connection failed, trying again", append(args, "error", err)...)
		return
	}
	args = append(args, "status", resp.StatusCode,
		"request_id", resp.Header.Get("request-id"), "client_request_id", resp.Header.Get(headerClientRequestID))
	if resp.StatusCode == http.StatusTooManyRequests {
		r.logger.Info("throttled, waiting", append(args, "scope", throttleScope(resp))...)
		return
	}
	r.logger.Warn("the service failed, trying again", args...)
}

// retryAfter reads Retry-After: seconds, of which Graph sends fractions, or a
// date, which is compared with the answer's own clock where it tells it. ok is
// false where the header is absent, in the past, or makes no sense.
func retryAfter(h http.Header, now time.Time) (wait time.Duration, ok bool) {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		if math.IsNaN(seconds) || seconds <= 0 {
			return 0, false
		}
		// Far beyond any wait that is obeyed, and within a Duration.
		return time.Duration(math.Ceil(min(seconds, 1e9))) * time.Second, true
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return at.Sub(now), at.After(now)
}

// throttleScope is what the service counted when it refused: the first part of
// x-ms-throttle-scope, <Scope>/<Limit>/<app>/<tenant>.
func throttleScope(resp *http.Response) string {
	scope, _, _ := strings.Cut(resp.Header.Get("x-ms-throttle-scope"), "/")
	return scope
}

// sleep waits, or returns the error of the request's context.
func sleep(req *http.Request, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-req.Context().Done():
		return req.Context().Err()
	}
}

func gaveUp(err error, attempts int) error {
	if err == nil || attempts == 1 {
		return err
	}
	return fmt.Errorf("gave up after %d attempts: %w", attempts, err)
}
