package transport

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/reportform/reportform/engine/transport/pacing"
	"github.com/reportform/reportform/internal/limits"
)

const home = "https://graph.example"

var (
	errReset    = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	errRefused  = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	errAlert    = &net.OpError{Op: "remote error", Err: tls.AlertError(40)}
	errNoHost   = &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "graph.example", IsNotFound: true}}
	errDNSBusy  = &net.OpError{Op: "dial", Err: &net.DNSError{Err: "server misbehaving", Name: "graph.example", IsTemporary: true}}
	errDialSlow = &net.OpError{Op: "dial", Net: "tcp", Err: slow{}}
	errHeaders  = error(slow{}) // as net/http's "timeout awaiting response headers"
)

// slow is a timeout as the net packages have them.
type slow struct{}

func (slow) Error() string        { return "i/o timeout" }
func (slow) Timeout() bool        { return true }
func (slow) Temporary() bool      { return true }
func (slow) Is(target error) bool { return target == context.DeadlineExceeded }

// handshake is a timeout as that of the TLS handshake, which is no deadline's.
type handshake struct{}

func (handshake) Error() string   { return "net/http: TLS handshake timeout" }
func (handshake) Timeout() bool   { return true }
func (handshake) Temporary() bool { return true }

func TestWhatIsTriedAgain(t *testing.T) {
	tests := []struct {
		name  string
		first outcome
		again bool
	}{
		{"429", reply(429), true},
		{"500", reply(500), true},
		{"502", reply(502), true},
		{"503", reply(503), true},
		{"504", reply(504), false},
		{"501", reply(501), false},
		{"400", reply(400), false},
		{"403", reply(403), false},
		{"404", reply(404), false},
		{"302", reply(302), false},
		{"connection reset", fail(errReset), true},
		{"connection refused", fail(errRefused), true},
		{"name server busy", fail(errDNSBusy), true},
		{"dial timeout", fail(errDialSlow), true},
		{"TLS handshake timeout", fail(handshake{}), true},
		{"ended before headers", fail(io.ErrUnexpectedEOF), true},
		{"ended before anything", fail(io.EOF), true},
		{"no such host", fail(errNoHost), false},
		{"TLS alert", fail(errAlert), false},
		{"certificate", fail(&tls.CertificateVerificationError{Err: errors.New("expired")}), false},
		{"no headers in time", fail(errHeaders), false},
		{"unknown", fail(errors.New("unknown")), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{outcomes: []outcome{tt.first, reply(200)}}
				resp, err := get(t, New(Options{Base: s, Server: home, Retry: DefaultRetry()}), home+"/x")
				if again := len(s.requests) == 2; again != tt.again {
					t.Fatalf("%d attempts; tried again is %t, want %t", len(s.requests), again, tt.again)
				}
				switch {
				case tt.again && (err != nil || resp.StatusCode != 200):
					t.Errorf("the second answer is lost: %v, %v", resp, err)
				case !tt.again && tt.first.err != nil && !errors.Is(err, tt.first.err):
					t.Errorf("%v does not wrap %v", err, tt.first.err)
				}
			})
		})
	}
}

func TestNoAnswerIsToldApart(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want bool
	}{{errHeaders, true}, {errDialSlow, false}, {handshake{}, false}, {errReset, false}} {
		_, err := get(t, New(Options{Base: &script{outcomes: []outcome{fail(tt.err)}}}), home+"/x")
		if errors.Is(err, ErrNoAnswer) != tt.want {
			t.Errorf("%v: no answer is not %t", err, tt.want)
		}
		if !strings.Contains(err.Error(), "client-request-id ") {
			t.Errorf("%v does not name the request", err)
		}
	}
}

func TestWaits(t *testing.T) {
	date := "Mon, 02 Nov 2026 10:00:00 GMT"
	policy := Retry{Patience: 2 * time.Hour, Base: 4 * time.Second, Max: 10 * time.Second}
	tests := []struct {
		name     string
		headers  []string
		min, max time.Duration
	}{
		{"seconds", []string{"Retry-After: 7"}, 7 * time.Second, 7 * time.Second},
		{"fractions round up to quarters", []string{"Retry-After: 2.128"}, 2250 * time.Millisecond, 2250 * time.Millisecond},
		{"a date by the service's clock", []string{"Retry-After: Mon, 02 Nov 2026 10:00:30 GMT", "Date: " + date}, 30 * time.Second, 30 * time.Second},
		{"absent", nil, 2 * time.Second, 4 * time.Second},
		{"zero", []string{"Retry-After: 0"}, 2 * time.Second, 4 * time.Second},
		{"negative", []string{"Retry-After: -5"}, 2 * time.Second, 4 * time.Second},
		{"not a number", []string{"Retry-After: NaN"}, 2 * time.Second, 4 * time.Second},
		{"words", []string{"Retry-After: soon"}, 2 * time.Second, 4 * time.Second},
		{"a date gone by", []string{"Retry-After: Mon, 02 Nov 2026 09:00:00 GMT", "Date: " + date}, 2 * time.Second, 4 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, status := range []int{429, 503} {
				synctest.Test(t, func(t *testing.T) {
					s := &script{outcomes: []outcome{reply(status, tt.headers...), reply(200)}}
					mustGet(t, New(Options{Base: s, Retry: policy}), home+"/x")
					if d := s.times[1].Sub(s.times[0]); d < tt.min || d > tt.max {
						t.Errorf("after %d waited %s, want %s to %s", status, d, tt.min, tt.max)
					}
				})
			}
		})
	}
}

func TestRetryAfterDateByOwnClock(t *testing.T) {
	now := time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)
	h := http.Header{"Retry-After": {"Mon, 02 Nov 2026 10:01:00 GMT"}}
	if d, ok := retryAfter(h, now); d != time.Minute || !ok {
		t.Errorf("got %s, %t", d, ok)
	}
}

func TestWaitsGrowUpToTheirBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{outcomes: []outcome{reply(503), reply(503), reply(503), reply(503), reply(503), reply(200)}}
		mustGet(t, New(Options{Base: s, Retry: Retry{Base: time.Second, Max: 6 * time.Second, Patience: time.Hour}}), home+"/x")
		if len(s.requests) != 6 {
			t.Fatalf("%d attempts", len(s.requests))
		}
		for i, most := range []time.Duration{1, 2, 4, 6, 6} {
			most *= time.Second
			if d := s.times[i+1].Sub(s.times[i]); d < most/2 || d > most {
				t.Errorf("wait %d is %s, want %s to %s", i+1, d, most/2, most)
			}
		}
	})
}

// A request without patience is sent once, and what comes back is as it came.
func TestWithoutPatience(t *testing.T) {
	s := &script{outcomes: []outcome{reply(429, "Retry-After: 40")}}
	resp, err := get(t, New(Options{Base: s}), home+"/x")
	if err != nil || resp.StatusCode != 429 || len(s.requests) != 1 {
		t.Fatalf("%v, %v: %d attempts", resp, err, len(s.requests))
	}
	if body, _ := io.ReadAll(resp.Body); string(body) != `{"status":429}` {
		t.Errorf("the answer's body is %q", body)
	}
}

func TestCancelledWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, limiter := range []*pacing.Limiter{nil, pacing.NewLimiters(pacing.Local{}).For("app", "tenant", limits.Class{})} {
			s := &script{outcomes: []outcome{reply(429, "Retry-After: 600")}}
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			start := time.Now()
			_, err := New(Options{Base: s, Server: home, Limiter: limiter, Retry: DefaultRetry()}).
				RoundTrip(newRequest(t, home+"/x").WithContext(ctx))
			if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrNoAnswer) || time.Since(start) != 5*time.Second {
				t.Errorf("got %v after %s", err, time.Since(start))
			}
		}
	})
}

// closing remembers whether a body was read to its end and closed.
type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error { c.closed = true; return nil }

func TestAnswersThatAreGivenUpFreeTheirConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		short := &closing{Reader: strings.NewReader("try later")}
		endless := &closing{Reader: endlessReader{}}
		bodies := []*closing{short, endless}
		rt := New(Options{Retry: DefaultRetry(), Base: roundTripper(func(*http.Request) (*http.Response, error) {
			if len(bodies) == 0 {
				return answer(200), nil
			}
			resp := answer(503)
			resp.Body, bodies = bodies[0], bodies[1:]
			return resp, nil
		})})
		if _, err := get(t, rt, home+"/x"); err != nil {
			t.Fatal(err)
		}
		if left, _ := io.ReadAll(short); len(left) > 0 || !short.closed || !endless.closed {
			t.Errorf("left %q, closed %t and %t", left, short.closed, endless.closed)
		}
	})
}

type endlessReader struct{}

func (endlessReader) Read(p []byte) (int, error) { return len(p), nil }

func TestBodiesAreSentAgainWhereTheyCan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		post := func(body io.Reader) []string {
			s := &script{outcomes: []outcome{reply(503), fail(errReset), reply(200)}}
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, home+"/token", body)
			if err != nil {
				t.Fatal(err)
			}
			req.Header["Idempotency-Key"] = []string{}
			_, _ = New(Options{Base: s, Retry: DefaultRetry()}).RoundTrip(req) // the outcome is what was sent
			var sent []string
			for _, r := range s.requests {
				b, _ := io.ReadAll(r.Body)
				sent = append(sent, string(b))
			}
			return sent
		}
		if sent := post(strings.NewReader("a=b")); strings.Join(sent, "|") != "a=b|a=b|a=b" {
			t.Errorf("sent %q", sent)
		}
		if sent := post(io.MultiReader(strings.NewReader("a=b"))); len(sent) != 1 {
			t.Errorf("a body that can be read once was sent %d times: %q", len(sent), sent)
		}
	})
}

// What may change something is sent once, unless its source says otherwise.
func TestWhatMayBeSentTwice(t *testing.T) {
	tests := []struct {
		method, header string
		again          bool
	}{
		{"", "", true},
		{"GET", "", true},
		{"HEAD", "", true},
		{"OPTIONS", "", true},
		{"TRACE", "", true},
		{"POST", "", false},
		{"PUT", "", false},
		{"PATCH", "", false},
		{"DELETE", "", false},
		{"get", "", false}, // methods are case-sensitive
		{"POST", "Idempotency-Key", true},
		{"POST", "X-Idempotency-Key", true},
		{"PATCH", "Idempotency-Key", true},
		{"POST", "Prefer", false},
	}
	failures := map[string]outcome{
		"429 with Retry-After": reply(429, "Retry-After: 5"),
		"429":                  reply(429),
		"503 with Retry-After": reply(503, "Retry-After: 5"),
		"500":                  reply(500),
		"broken connection":    fail(errReset),
		"no connection":        fail(errRefused),
		"refused token":        reply(401),
	}
	for failure, first := range failures {
		for _, tt := range tests {
			for _, values := range [][]string{{}, {"1f"}} {
				synctest.Test(t, func(t *testing.T) {
					s := &script{outcomes: []outcome{first, reply(200)}}
					source := &tokens{}
					req := newRequest(t, home+"/x")
					req.Method = tt.method
					if tt.method != "" && tt.method != "GET" {
						req.Body, req.GetBody = io.NopCloser(strings.NewReader("a=b")), func() (io.ReadCloser, error) {
							return io.NopCloser(strings.NewReader("a=b")), nil
						}
					}
					if tt.header != "" {
						req.Header[tt.header] = values
					}
					resp, err := New(Options{Base: s, Tokens: source, Server: home, Retry: DefaultRetry()}).RoundTrip(req)
					if again := len(s.requests) == 2; again != tt.again {
						t.Fatalf("%s, %q with %q %q: sent %d times", failure, tt.method, tt.header, values, len(s.requests))
					}
					switch {
					case tt.again && (err != nil || resp.StatusCode != 200):
						t.Errorf("%s, %q: the second answer is lost: %v, %v", failure, tt.method, resp, err)
					case !tt.again && first.err == nil && resp.StatusCode == 200, !tt.again && !errors.Is(err, first.err):
						t.Errorf("%s, %q: what came back is %v, %v", failure, tt.method, resp, err)
					}
				})
			}
		}
	}
}

// A refused token is dropped also where the request cannot be sent with
// another one: the next request has it.
func TestRefusedTokenIsDroppedWhateverTheRequest(t *testing.T) {
	source, s := &tokens{}, &script{outcomes: []outcome{reply(401), reply(200)}}
	rt := New(Options{Base: s, Tokens: source, Server: home})
	req := newRequest(t, home+"/x")
	req.Method = http.MethodPost
	if resp, err := rt.RoundTrip(req); err != nil || resp.StatusCode != 401 {
		t.Fatalf("got %v, %v", resp, err)
	}
	mustGet(t, rt, home+"/x")
	if got := s.requests[1].Header.Get("Authorization"); got != "Bearer token-2" {
		t.Errorf("the next request carried %q", got)
	}
}

func TestThrottledAnswerPausesWhatCountsTogether(t *testing.T) {
	tests := []struct {
		name          string
		first         outcome
		others, other time.Duration // how long the same and another tenant wait at least
	}{
		{"seconds", reply(429, "Retry-After: 30"), 30 * time.Second, 0},
		{"no header", reply(429), time.Second, 0},
		{"scope of the app", reply(429, "Retry-After: 30", "x-ms-throttle-scope: Application/Read/app/tenant"), 30 * time.Second, 30 * time.Second},
		{"503 that says when", reply(503, "Retry-After: 30"), 30 * time.Second, 0},
		{"503", reply(503), 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				limiters := pacing.NewLimiters(pacing.Local{})
				client := func(tenant string, s http.RoundTripper) http.RoundTripper {
					return New(Options{Base: s, Server: home, Limiter: limiters.For("app", tenant, limits.Class{Name: "c"}), Retry: DefaultRetry()})
				}
				throttled := &script{outcomes: []outcome{tt.first, reply(200)}}
				same, other := &script{outcomes: []outcome{reply(200)}}, &script{outcomes: []outcome{reply(200)}}
				start := time.Now()
				var wg sync.WaitGroup
				wg.Go(func() { mustGet(t, client("tenant", throttled), home+"/x") })
				synctest.Wait()
				wg.Go(func() { mustGet(t, client("tenant", same), home+"/y") })
				wg.Go(func() { mustGet(t, client("other", other), home+"/y") })
				wg.Wait()
				check := func(what string, got, atLeast time.Duration) {
					if got < atLeast || atLeast == 0 && got != 0 {
						t.Errorf("%s waited %s, want %s", what, got, atLeast)
					}
				}
				check("the same tenant", same.times[0].Sub(start), tt.others)
				check("another tenant", other.times[0].Sub(start), tt.other)
			})
		})
	}
}

func TestAnswersOfOtherHostsPauseNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := pacing.NewLimiters(pacing.Local{}).For("app", "tenant", limits.Class{AppTenant: limits.Rate{Requests: 1, Per: time.Hour}})
		s := &script{outcomes: []outcome{reply(429, "Retry-After: 600")}}
		rt := New(Options{Base: s, Server: home, Limiter: limiter})
		mustGet(t, rt, "https://download.example/file")
		mustGet(t, rt, "https://download.example/file")
		start := time.Now()
		mustGet(t, rt, home+"/x")
		if d := time.Since(start); d != 0 {
			t.Errorf("waited %s", d)
		}
	})
}

func TestEveryAttemptWaitsItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		budget := limits.Rate{Requests: 2, Per: 10 * time.Second}
		limiter := pacing.NewLimiters(pacing.Local{}).For("app", "tenant", limits.Class{AppTenant: budget})
		s := &script{outcomes: []outcome{reply(401), reply(503), reply(401), reply(500), reply(200)}}
		resp, err := get(t, New(Options{
			Base: s, Tokens: &tokens{}, Server: home, Limiter: limiter, Retry: Retry{Patience: time.Hour, Base: time.Millisecond, Max: time.Millisecond},
		}), home+"/x")
		if err != nil || resp.StatusCode != 200 || len(s.times) != 5 {
			t.Fatalf("%v, %v after %d attempts", resp, err, len(s.times))
		}
		checkWindows(t, "attempts", s.times, budget)
	})
}

func TestEveryWaitIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		s := &script{outcomes: []outcome{
			reply(429, "Retry-After: 5000.5", "request-id: rid-1", "x-ms-throttle-scope: Tenant/Read/a/b"), reply(502), fail(errReset), reply(200),
		}}
		mustGet(t, New(Options{Base: s, Retry: Retry{Patience: 2 * time.Hour, Base: time.Second, Max: time.Second}, Logger: hclog.New(&hclog.LoggerOptions{Output: &log, Level: hclog.Info})}), home+"/x")
		for _, want := range []string{"throttled", "rid-1", "scope=Tenant", "waiting=1h23m20.5s", "status=502", "connection reset", "attempt=3"} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("no %q in the log:\n%s", want, log.String())
			}
		}
	})
}
