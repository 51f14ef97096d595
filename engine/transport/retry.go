package transport

import (
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/reportform/reportform/engine/transport/pacing"
	"github.com/reportform/reportform/internal/sleep"
)

// Retry says how long to try.
type Retry struct {
	// Patience is how long requests that belong together go on without a useful
	// answer; see Patience. With 0 a request is sent once.
	Patience time.Duration
	// Base is the wait after a first failure that does not say how long to
	// wait. It doubles with each attempt up to Max, and is cut by up to half
	// at random, so that clients part.
	Base, Max time.Duration
	// Stranger is how long a host is waited for that cannot be reached and has
	// never answered, up to Patience.
	Stranger time.Duration
}

// DefaultRetry returns what suits unattended runs: an hour for a service that is
// busy or down, and two minutes to find out that a host is none.
func DefaultRetry() Retry {
	return Retry{Patience: time.Hour, Base: 2 * time.Second, Max: time.Minute, Stranger: 2 * time.Minute}
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
// It does so for as long as there is patience, and then ends with a
// *PatienceError. Not so 504 and ErrNoAnswer, of which patience is used up too:
// the caller does better to ask for less. Nor bodies that stall or break off,
// which the caller asks for again, or not: they use patience up as well, and
// reading one ends with the *PatienceError when it is over.
//
// An answer that says to wait, as a 429 always does, pauses the limiter, and
// so all requests that count with this one. A host that cannot be reached is
// waited for by all together; see Hosts.
type retry struct {
	next     http.RoundTripper
	policy   Retry
	final    func(*http.Response) bool // may be nil
	patience *Patience                 // of those who ask
	hosts    *Hosts                    // may be nil
	limiter  *pacing.Limiter           // may be nil
	seat     Seat                      // may be nil
	home     server
	small    bool // see Options
	explain  func(*http.Response, []byte) error
	say      func(Waiting)
	logger   hclog.Logger
}

func (r *retry) RoundTrip(req *http.Request) (*http.Response, error) {
	if r.policy.Patience <= 0 {
		return r.next.RoundTrip(req)
	}
	patience := r.patience.with(r.hosts.at(req.URL))
	if patience.own == nil {
		patience.own = NewPatience(r.policy.Patience)
	}
	current := req
	for n := 1; ; n++ {
		began := time.Now()
		if err := patience.begin(began); err != nil {
			closeBody(current)
			return nil, err
		}
		resp, err := r.next.RoundTrip(current)
		switch {
		case r.tooSlow(resp, err):
			if _, over := patience.failed(began, time.Now(), lastOf(resp, err), 0); over != nil {
				return nil, givenUp(resp, over)
			}
			return resp, err
		case r.hosts != nil && isOutage(err) && repeatable(req): // the host says when
			r.report(resp, err, n, 0)
		case !r.again(resp, err), resp != nil && r.final != nil && r.final(resp):
			if err == nil {
				patience.judge(resp, req.Context(), began)
			}
			return resp, err
		case !repeatable(req):
			return resp, err
		default:
			if err := r.wait(req, patience, began, resp, err, n); err != nil {
				return nil, err
			}
		}
		if current, err = repeat(req); err != nil {
			return nil, err
		}
	}
}

// wait waits after attempt n, which came to nothing, or returns the error to end
// with. Where the limiter pauses, that is where to wait.
func (r *retry) wait(req *http.Request, patience both, began time.Time, resp *http.Response, failure error, n int) error {
	last, asked, told := failure, time.Duration(0), false
	held := false
	if resp != nil {
		asked, told = retryAfter(resp.Header, time.Now())
		held = r.limiter != nil && r.home.has(req.URL) && pauses(resp, told)
		last = r.read(resp)
	}
	left, err := patience.failed(began, time.Now(), last, asked)
	if err != nil {
		return err
	}
	wait := asked
	if !told {
		wait = min(r.policy.wait(n), left)
	}
	r.report(resp, last, n, wait)
	if held || wait <= 0 {
		return nil
	}
	if r.say != nil && wait >= sayAfter {
		w := Waiting{Why: WaitUnavailable, Until: time.Now().Add(wait), Last: last}
		if resp != nil && resp.StatusCode == http.StatusTooManyRequests {
			w.Why = WaitThrottled
		}
		r.say(w)
	}
	if r.seat != nil {
		r.seat.Leave()
		defer r.seat.Return()
	}
	during, stop := patience.while(req.Context())
	defer stop()
	if sleep.For(during, wait) != nil {
		return why(req.Context(), during)
	}
	return nil
}

// read makes an error of an answer, and gives the answer up.
func (r *retry) read(resp *http.Response) error {
	defer discard(resp)
	if r.explain == nil {
		return answerError(resp)
	}
	content, _ := io.ReadAll(io.LimitReader(resp.Body, maxDiscard)) // what there is of it may help
	return r.explain(resp, content)
}

// lastOf is what came last, for others to know.
func lastOf(resp *http.Response, err error) error {
	failed, ok := err.(*attemptError) //nolint:errorlint // one of this request
	switch {
	case resp != nil:
		return answerError(resp)
	case ok: // without the timeouts in it, which are not those of whoever waits
		return &attemptError{id: failed.id, err: ErrNoAnswer}
	}
	return err
}

// givenUp gives up an answer, if there is one, for an error.
func givenUp(resp *http.Response, err error) error {
	if resp != nil {
		discard(resp)
	}
	return err
}

// tooSlow reports whether the service took too long over an answer that would take
// as long again.
func (r *retry) tooSlow(resp *http.Response, err error) bool {
	if err == nil {
		return resp.StatusCode == http.StatusGatewayTimeout && !r.small
	}
	failed, ok := err.(*attemptError) //nolint:errorlint // one of this request
	return ok && errors.Is(err, ErrNoAnswer) && !failed.transient
}

// isOutage reports whether a host was not reached, and is not given up.
func isOutage(err error) bool {
	failed, ok := err.(*attemptError) //nolint:errorlint // one of this request, not of that for its token
	return ok && failed.outage
}

// again reports whether an outcome may be another one the next time.
func (r *retry) again(resp *http.Response, err error) bool {
	return again(resp, err) || err == nil && r.small && resp.StatusCode == http.StatusGatewayTimeout
}

// again reports whether any outcome may be another one the next time.
func again(resp *http.Response, err error) bool {
	if err != nil {
		failed, ok := err.(*attemptError) //nolint:errorlint // one of this request, not of that for its token
		return ok && failed.transient
	}
	switch resp.StatusCode {
	case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable:
		return true
	}
	return false
}

// pauses reports whether an answer holds back the requests that count with it;
// told is that it says for how long.
func pauses(resp *http.Response, told bool) bool {
	return resp.StatusCode == http.StatusTooManyRequests || told && again(resp, nil)
}

func (r *retry) report(resp *http.Response, failure error, n int, wait time.Duration) {
	args := []any{"attempt", n, "waiting", wait.Round(time.Millisecond)}
	if resp == nil {
		r.logger.Warn("the connection failed, trying again", append(args, "error", failure)...)
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

// AnswerError is an answer as an error, by its head alone.
type AnswerError struct {
	Status int
	text   string
}

func (e *AnswerError) Error() string { return e.text }

func answerError(resp *http.Response) error {
	text := "the service answered " + strconv.Itoa(resp.StatusCode)
	if name := http.StatusText(resp.StatusCode); name != "" {
		text += " " + name
	}
	for _, header := range []string{"request-id", headerClientRequestID} {
		if id := resp.Header.Get(header); id != "" && len(id) <= 100 && !strings.ContainsFunc(id, notVisible) {
			text += " (" + header + " " + id + ")"
			break
		}
	}
	return &AnswerError{resp.StatusCode, text}
}

func notVisible(r rune) bool { return r <= ' ' || r > '~' }

// retryAfter reads Retry-After: seconds, of which Graph sends fractions (they are
// rounded up to quarters), or a date, which is compared with the answer's own clock where it tells it. ok is
// false where the header is absent, in the past, or makes no sense.
func retryAfter(h http.Header, now time.Time) (wait time.Duration, ok bool) {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if value == "" {
		return 0, false
	}
	if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		if math.IsNaN(seconds) || seconds <= 0 {
			return 0, false
		}
		// Far beyond any wait that is obeyed, and within a Duration.
		return time.Duration(math.Ceil(min(seconds, 1e9)*4)) * time.Second / 4, true
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
