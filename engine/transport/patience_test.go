package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reportform/reportform/engine/transport/pacing"
	"github.com/reportform/reportform/internal/limits"
)

// explained is an error as a caller makes it of an answer.
type explained struct{ text string }

func (e *explained) Error() string { return e.text }

func explain(resp *http.Response, body []byte) error {
	return &explained{fmt.Sprintf("answered %d with %s, request-id %s", resp.StatusCode, body, resp.Header.Get("request-id"))}
}

// However often it is refused, a request goes on for as long as patience lasts,
// and then says for how long nothing came and what came last.
func TestPatienceIsTime(t *testing.T) {
	tests := []struct {
		name  string
		last  outcome
		least int // attempts
		ended time.Duration
		says  []string
	}{
		{"429 that says when", reply(429, "Retry-After: 10", "request-id: r-1"), 59, time.Hour, []string{"no useful answer for 1h", "429", "r-1"}},
		{"429", reply(429), 59, time.Hour, []string{"no useful answer for 1h", "429"}},
		{"503", reply(503, "request-id: r-2"), 59, time.Hour, []string{"no useful answer for 1h", "503", "r-2"}},
		{"500", reply(500), 59, time.Hour, []string{"500"}},
		{"502", reply(502), 59, time.Hour, []string{"502"}},
		{"a broken connection", fail(errReset), 59, time.Hour, []string{"no useful answer for 1h", "connection reset", "client-request-id"}},
		{"429 for a day", reply(429, "Retry-After: 86400"), 1, 0, []string{"asks to wait for 24h", "0s of 1h"}},
		{"503 for ever", reply(503, "Retry-After: 1e300"), 1, 0, []string{"asks to wait"}},
		{"a wait beyond the rest", reply(429, "Retry-After: 2400"), 2, 40 * time.Minute, []string{"asks to wait for 40m", "40m of 1h"}},
	}
	for _, tt := range tests {
		for _, limited := range []bool{false, true} {
			t.Run(fmt.Sprint(tt.name, ", limited ", limited), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := &script{outcomes: []outcome{tt.last}}
					o := Options{Base: s, Server: home, Retry: DefaultRetry(), Explain: explain}
					if limited {
						o.Limiter = pacing.NewLimiters(pacing.Local{}).For("app", "tenant", limits.Class{AppTenant: limits.Rate{Requests: 5, Per: 10 * time.Second}})
					}
					start := time.Now()
					_, err := get(t, New(o), home+"/x")
					took := time.Since(start)
					var over *PatienceError
					if !errors.As(err, &over) || over.Limit != time.Hour {
						t.Fatalf("%T: %v", err, err)
					}
					if took > tt.ended+time.Minute || took < tt.ended || len(s.requests) < tt.least*9/10 {
						t.Errorf("ended after %s and %d attempts", took, len(s.requests))
					}
					for _, say := range tt.says {
						if !strings.Contains(err.Error(), say) {
							t.Errorf("%q does not say %q", err, say)
						}
					}
					var last *explained
					if tt.last.err != nil && !errors.Is(err, syscall.ECONNRESET) || tt.last.err == nil && !errors.As(err, &last) {
						t.Errorf("what came last is not in %v", err)
					}
					if !strings.Contains(over.Advice(), "-patience=") {
						t.Errorf("the advice is %q", over.Advice())
					}
				})
			})
		}
	}
}

// Those who ask together wait together: when patience is over all of them end,
// whatever each is waiting for, and a useful answer to any of them begins it anew.
func TestPatienceIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		patience := NewPatiences(time.Hour).For("app", "tenant", "graph")
		hosts := NewHosts(DefaultRetry(), nil)
		limiter := pacing.NewLimiters(pacing.Local{}).For("app", "tenant", limits.Class{})
		var mu sync.Mutex
		useful, sent := true, 0
		base := roundTripper(func(*http.Request) (*http.Response, error) {
			mu.Lock()
			defer mu.Unlock()
			sent++
			if useful {
				return answer(200), nil
			}
			return answer([]int{503, 429, 500}[sent%3]), nil
		})
		rt := New(Options{Base: base, Server: home, Limiter: limiter, Patience: patience, Hosts: hosts, Retry: DefaultRetry()})
		set := func(to bool) {
			mu.Lock()
			defer mu.Unlock()
			useful = to
		}
		set(false)
		start := time.Now()
		go func() {
			time.Sleep(50 * time.Minute)
			set(true)
			time.Sleep(2 * time.Minute)
			set(false)
		}()
		ended := make(chan time.Duration, 100)
		ask := func() {
			for {
				if err := read(t, rt, home+"/x"); err != nil {
					if !errors.As(err, new(*PatienceError)) {
						t.Error(err)
					}
					ended <- time.Since(start)
					return
				}
				time.Sleep(time.Second)
			}
		}
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(ask)
		}
		time.Sleep(100 * time.Minute)
		for range 20 { // late ones have no hour of their own
			wg.Go(ask)
		}
		wg.Wait()
		close(ended)
		for at := range ended {
			if at < 111*time.Minute || at > 113*time.Minute {
				t.Fatalf("one ended after %s, all have to an hour after the last useful answer", at)
			}
		}
		// What comes after asks nobody, but for one every few minutes.
		before := sent
		for range 100 {
			if _, err := get(t, rt, home+"/x"); !errors.As(err, new(*PatienceError)) {
				t.Fatal(err)
			}
		}
		if sent != before || time.Since(start) > 113*time.Minute {
			t.Errorf("%d requests in vain, until %s", sent-before, time.Since(start))
		}
		time.Sleep(tryAgainAfter)
		set(true)
		for range 3 {
			mustGet(t, rt, home+"/x")
		}
	})
}

// Tenants that begin when a host has brought nothing useful to anybody for an
// hour do not wait for an hour of their own; those of another host do.
func TestPatienceWithAHostIsEverybodys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		patiences, hosts := NewPatiences(time.Hour), NewHosts(DefaultRetry(), nil)
		s := &script{outcomes: []outcome{reply(503)}}
		start := time.Now()
		for i := range 100 {
			_, err := get(t, New(Options{
				Base: s, Server: home, Patience: patiences.For("app", fmt.Sprint(i), "graph"), Hosts: hosts, Retry: DefaultRetry(),
			}), home+"/x")
			if !errors.As(err, new(*PatienceError)) {
				t.Fatal(err)
			}
		}
		if took := time.Since(start); took > 61*time.Minute {
			t.Errorf("100 tenants, one after the other, took %s", took)
		}
		// But for one request each: it may have been the others' fault.
		limiter := pacing.NewLimiters(pacing.Local{}).For("app", "well", limits.Class{AppTenant: limits.Rate{Requests: 1, Per: 10 * time.Second}})
		limiter.Spend()
		well := New(Options{
			Base: &script{outcomes: []outcome{reply(200)}}, Server: home, Patience: patiences.For("app", "well", "graph"), Hosts: hosts, Retry: DefaultRetry(),
			Limiter: limiter,
		})
		mustGet(t, well, home+"/x")
		begun := time.Now()
		_, _ = get(t, New(Options{Base: s, Hosts: hosts, Retry: DefaultRetry(), Server: "https://other.example"}), "https://other.example/x")
		if took := time.Since(begun); took < time.Hour {
			t.Errorf("another host was waited for %s", took)
		}
	})
}

// A pause that one request brings about for many ends those of no other tenant
// before their time, and those at once whose patience ends before it does.
func TestPauseBeyondPatienceEndsWhoWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiters, patiences := pacing.NewLimiters(pacing.Local{}), NewPatiences(time.Hour)
		class := limits.Class{Name: "c", App: limits.Rate{Requests: 1, Per: 10 * time.Second}}
		client := func(tenant string, s http.RoundTripper) http.RoundTripper {
			return New(Options{Base: s, Server: home, Limiter: limiters.For("app", tenant, class), Patience: patiences.For("app", tenant, "graph"), Retry: DefaultRetry()})
		}
		refused := reply(429, "Retry-After: 7200", "x-ms-throttle-scope: Application/Read/app/tenant", "request-id: r-7")
		start := time.Now()
		var wg sync.WaitGroup
		for i := range 10 {
			wg.Go(func() {
				_, err := get(t, client(fmt.Sprint(i), &script{outcomes: []outcome{refused}}), home+"/x")
				if !errors.As(err, new(*PatienceError)) || !strings.Contains(err.Error(), "r-7") {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if took := time.Since(start); took > 0 {
			t.Errorf("they waited %s in vain", took)
		}
	})
}

// A 504 and silence go back to who asks, who may ask for less; but not for ever.
func TestPatienceWithSlowAnswers(t *testing.T) {
	for name, slow := range map[string]outcome{"504": reply(504), "silence": fail(errHeaders)} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rt := New(Options{Base: &script{outcomes: []outcome{slow}}, Patience: NewPatience(time.Hour), Retry: DefaultRetry()})
				start, asked := time.Now(), 0
				for {
					time.Sleep(5 * time.Minute)
					asked++
					_, err := get(t, rt, home+"/x")
					if errors.As(err, new(*PatienceError)) {
						var timeout interface{ Timeout() bool }
						if errors.As(err, &timeout) {
							t.Error("it passes for a timeout")
						}
						break
					}
				}
				if took := time.Since(start); took < time.Hour || took > 70*time.Minute || asked != 13 {
					t.Errorf("ended after %s and %d requests", took, asked)
				}
			})
		})
	}
}

func TestPatienceEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		patience := NewPatience(time.Hour)
		rt := New(Options{Base: &script{outcomes: []outcome{reply(503)}}, Patience: patience, Retry: DefaultRetry()})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := rt.RoundTrip(newRequest(t, home+"/x").WithContext(ctx))
		if !errors.Is(err, context.DeadlineExceeded) || errors.As(err, new(*PatienceError)) {
			t.Errorf("%v", err)
		}
	})
}

// Answers that were given up are closed.
func TestGivenUpAnswersAreClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, status := range []int{429, 504} {
			last := &closing{Reader: strings.NewReader("x")}
			base := roundTripper(func(*http.Request) (*http.Response, error) {
				last = &closing{Reader: strings.NewReader("x")}
				resp := answer(status)
				resp.Body = last
				return resp, nil
			})
			rt := New(Options{Base: base, Patience: NewPatience(time.Minute), Retry: DefaultRetry()})
			for {
				resp, err := get(t, rt, home+"/x")
				if err != nil {
					break
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				time.Sleep(time.Second)
			}
			if !last.closed {
				t.Errorf("%d: the last answer was not closed", status)
			}
		}
	})
}

func TestLength(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 250 * time.Millisecond: "250ms", 90 * time.Second: "1m30s", time.Minute: "1m", time.Hour: "1h", 61 * time.Minute: "1h1m", 24 * time.Hour: "24h",
	} {
		if got := length(d); got != want {
			t.Errorf("length(%s) = %q, want %q", d, got, want)
		}
	}
	for d, want := range map[time.Duration]string{time.Second: "1s", 61 * time.Second: "2m", 61 * time.Minute: "2h", 2 * time.Hour: "2h"} {
		if got := flagLength(d); got != want {
			t.Errorf("flagLength(%s) = %q, want %q", d, got, want)
		}
	}
}
