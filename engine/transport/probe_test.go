package transport

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reportform/reportform/engine/transport/pacing"
	"github.com/reportform/reportform/internal/limits"
)

// sent is a request that arrived, and when.
type sent struct {
	name string
	at   time.Duration
}

// service answers requests as its function says, after a while.
type service struct {
	takes  time.Duration
	answer func(name string, n int) *http.Response // of the nth request

	mu    sync.Mutex
	start time.Time
	sent  []sent
}

func (s *service) ask(req *http.Request, name string) (*http.Response, error) {
	s.mu.Lock()
	if s.start.IsZero() {
		s.start = time.Now()
	}
	s.sent = append(s.sent, sent{name, time.Since(s.start)})
	n := len(s.sent)
	s.mu.Unlock()
	select {
	case <-time.After(s.takes):
		return s.answer(name, n), nil
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
}

// crowd has many ask in several tenants, each once; it returns what they ended with.
func (s *service) crowd(t *testing.T, class limits.Class, tenants, each int, ctx func(i int) context.Context) []error {
	limiters := pacing.NewLimiters(pacing.Local{})
	errs := make([]error, tenants*each)
	var wg sync.WaitGroup
	for i := range errs {
		tenant := fmt.Sprint("t", i%tenants)
		rt := New(Options{
			Base: roundTripper(func(req *http.Request) (*http.Response, error) { return s.ask(req, tenant) }), Server: home,
			Limiter: limiters.For("app", tenant, class), Retry: DefaultRetry(),
		})
		wg.Go(func() {
			time.Sleep(time.Duration(i) * time.Millisecond) // an order
			req := newRequest(t, home+"/x")
			if ctx != nil {
				req = req.WithContext(ctx(i))
			}
			_, errs[i] = rt.RoundTrip(req)
		})
	}
	wg.Wait()
	return errs
}

// between counts the requests that arrived from one time on up to another.
func (s *service) between(from, to time.Duration) (n int) {
	for _, r := range s.sent {
		if r.at >= from && r.at < to {
			n++
		}
	}
	return n
}

var wide = limits.Class{Name: "c", App: limits.Rate{Requests: 20, Per: 10 * time.Second}}

// refuses is an answer that names the application.
func refuses() *http.Response {
	return answer(429, "Retry-After: 60", "x-ms-throttle-scope: Application/Read/app/t")
}

// After a pause one request goes; the others when it was answered usefully, at the
// pace. If it is refused again, the pause goes on for all.
func TestOneRequestSeesWhetherAPauseIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &service{takes: 3 * time.Second, answer: func(_ string, n int) *http.Response {
			if n <= 21 { // those of the first moment, and the first probe
				return refuses()
			}
			return answer(200)
		}}
		for _, err := range s.crowd(t, wide, 10, 6, nil) {
			if err != nil {
				t.Error(err)
			}
		}
		pause, second := 63*time.Second, 126*time.Second
		if n := s.between(time.Second, pause-time.Second); n != 0 {
			t.Errorf("%d requests within the pause", n)
		}
		if n := s.between(pause-time.Second, second-time.Second); n != 1 {
			t.Errorf("%d requests saw whether the pause was over", n)
		}
		if n := s.between(second-time.Second, second+2900*time.Millisecond); n != 1 {
			t.Errorf("%d requests saw whether the second pause was over", n)
		}
		if n := s.between(second+3*time.Second, second+4*time.Second); n == 0 || n > 3 {
			t.Errorf("%d requests in the second after the pause, the pace is two", n)
		}
	})
}

// A request that was to see and is cancelled, breaks or is refused for another
// reason passes that on; one that is not answered at all does so after a while.
func TestWhoSeesPassesItOn(t *testing.T) {
	for name, tt := range map[string]struct {
		first  func() *http.Response // what the first probe is answered; nil for nothing
		cancel bool
		later  time.Duration // when the next one goes, after the first
	}{
		"cancelled": {nil, true, 2 * time.Second},
		"silence":   {nil, false, probeWait},
		"it fails":  {func() *http.Response { return answer(500) }, false, time.Second},
		"another refusal": {func() *http.Response {
			return answer(429, "Retry-After: 600", "x-ms-throttle-scope: Tenant_Application/Read/app/t")
		}, false, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				var cancel func()
				s := &service{takes: time.Second, answer: func(string, int) *http.Response { return answer(200) }}
				probed := false
				class := limits.Class{Name: "c", App: limits.Rate{Requests: 100, Per: 10 * time.Second}}
				limiters := pacing.NewLimiters(pacing.Local{})
				limiters.For("app", "t0", class).Spend().Refused(&pacing.Refusal{Scope: "application", Wait: time.Minute}, nil)
				start := time.Now()
				var went []time.Duration
				var wg sync.WaitGroup
				for i := range 10 {
					base := roundTripper(func(req *http.Request) (*http.Response, error) {
						mu.Lock()
						went = append(went, time.Since(start))
						first := !probed
						probed = true
						mu.Unlock()
						if !first {
							return s.ask(req, "")
						}
						if tt.cancel {
							time.AfterFunc(2*time.Second, cancel)
						}
						if tt.first == nil {
							<-req.Context().Done()
							return nil, req.Context().Err()
						}
						time.Sleep(time.Second)
						return tt.first(), nil
					})
					rt := New(Options{Base: base, Server: home, Limiter: limiters.For("app", fmt.Sprint("t", i), class), Retry: Retry{Patience: 2 * time.Hour, Base: time.Second, Max: time.Second}})
					ctx, end := context.WithCancel(t.Context())
					if i == 0 {
						cancel = end
					}
					wg.Go(func() {
						defer end()
						time.Sleep(time.Duration(i) * time.Millisecond)
						_, err := rt.RoundTrip(newRequest(t, home+"/x").WithContext(ctx))
						if (err != nil) != (i == 0 && tt.first == nil) {
							t.Error(i, err)
						}
					})
				}
				time.Sleep(20 * time.Minute)
				mu.Lock()
				cancel()
				mu.Unlock()
				wg.Wait()
				if went[0] != time.Minute || went[1] != time.Minute+tt.later {
					t.Errorf("the first went at %s, the second at %s", went[0], went[1])
				}
				if went[2] < went[1]+time.Second {
					t.Errorf("the others went before the second was answered: %s", went)
				}
			})
		})
	}
}
