package transport

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/reportform/reportform/internal/limits"
)

// roundTripper is a function as a round tripper.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// answer is a response with a status, a body and headers as "Name: value".
func answer(status int, headers ...string) *http.Response {
	resp := &http.Response{
		StatusCode: status,
		Header:     http.Header{},
		Body:       io.NopCloser(strings.NewReader(fmt.Sprintf(`{"status":%d}`, status))),
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		resp.Header.Set(name, value)
	}
	return resp
}

// script answers with its outcomes in order, the last one for ever after, and
// remembers the requests and when they came.
type script struct {
	mu       sync.Mutex
	outcomes []outcome
	requests []*http.Request
	times    []time.Time
}

type outcome struct {
	resp func() *http.Response
	err  error
}

func reply(status int, headers ...string) outcome {
	return outcome{resp: func() *http.Response { return answer(status, headers...) }}
}

func fail(err error) outcome { return outcome{err: err} }

func (s *script) RoundTrip(req *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if req.Body != nil {
		body, _ := io.ReadAll(req.Body)
		req.Body.Close()
		req = req.Clone(req.Context())
		req.Body = io.NopCloser(strings.NewReader(string(body)))
	}
	s.requests = append(s.requests, req)
	s.times = append(s.times, time.Now())
	o := s.outcomes[0]
	if len(s.outcomes) > 1 {
		s.outcomes = s.outcomes[1:]
	}
	if o.err != nil {
		return nil, o.err
	}
	return o.resp(), nil
}

// tokens gives token-1, and after each invalidation of the current token the next.
type tokens struct {
	mu          sync.Mutex
	n           int
	invalidated []string
	err         error
}

func (t *tokens) Token(context.Context) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return fmt.Sprintf("token-%d", t.n+1), t.err
}

func (t *tokens) Invalidate(token string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.invalidated = append(t.invalidated, token)
	if token == fmt.Sprintf("token-%d", t.n+1) {
		t.n++
	}
}

func get(t *testing.T, rt http.RoundTripper, url string) (*http.Response, error) {
	t.Helper()
	return rt.RoundTrip(newRequest(t, url))
}

func newRequest(t *testing.T, url string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// read gets an answer to its end.
func read(t *testing.T, rt http.RoundTripper, url string) error {
	t.Helper()
	resp, err := get(t, rt, url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

func mustGet(t *testing.T, rt http.RoundTripper, url string) {
	t.Helper()
	if err := read(t, rt, url); err != nil {
		t.Error(err)
	}
}

// tellingSeat tells when it is left and returned to.
type tellingSeat func(what string)

func (s tellingSeat) Leave()  { s("left") }
func (s tellingSeat) Return() { s("back") }

// checkWindows fails if any stretch of length budget.Per holds more than
// budget.Requests of the times.
func checkWindows(t *testing.T, what string, times []time.Time, budget limits.Rate) {
	t.Helper()
	slices.SortFunc(times, time.Time.Compare)
	for i := budget.Requests; i < len(times); i++ {
		if gap := times[i].Sub(times[i-budget.Requests]); gap < budget.Per {
			t.Errorf("%s: %d requests within %s, the budget is %d in %s", what, budget.Requests+1, gap, budget.Requests, budget.Per)
			return
		}
	}
}
