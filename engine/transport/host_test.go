package transport

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reportform/reportform/engine/transport/pacing"
	"github.com/reportform/reportform/internal/limits"
)

// network answers with err while that is set.
type network struct {
	mu   sync.Mutex
	err  error
	sent []time.Time
	slow time.Duration // how long a failure takes
}

func (n *network) set(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.err = err
}

func (n *network) RoundTrip(req *http.Request) (*http.Response, error) {
	n.mu.Lock()
	n.sent = append(n.sent, time.Now())
	err, slow := n.err, n.slow
	n.mu.Unlock()
	if err == nil {
		return answer(200), nil
	}
	select {
	case <-time.After(slow):
		return nil, err
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
}

func TestHowLongAHostIsWaitedFor(t *testing.T) {
	notTLS := tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}
	for _, tt := range []struct {
		name     string
		err      error
		stranger time.Duration // at most this, and not half of it
		known    time.Duration
	}{
		{"refused", errRefused, 2 * time.Minute, time.Hour},
		{"no route", &net.OpError{Op: "dial", Err: syscall.EHOSTUNREACH}, 2 * time.Minute, time.Hour},
		{"name server busy", errDNSBusy, 2 * time.Minute, time.Hour},
		{"dial timeout", errDialSlow, 2 * time.Minute, time.Hour},
		{"TLS handshake timeout", handshake{}, 2 * time.Minute, time.Hour},
		{"proxy refused", &net.OpError{Op: "proxyconnect", Err: syscall.ECONNREFUSED}, 2 * time.Minute, time.Hour},
		{"proxy finds nobody", &ProxyError{Proxy: "p:1", Status: 503}, 2 * time.Minute, time.Hour},
		{"no such host", errNoHost, 10 * time.Second, time.Hour},
		{"certificate", &tls.CertificateVerificationError{Err: errors.New("expired")}, 0, time.Hour},
		{"alert", errAlert, 0, time.Hour},
		{"no TLS", notTLS, 0, time.Hour},
		{"plain HTTP", http.ErrSchemeMismatch, 0, time.Hour},
		{"proxy login", &ProxyError{Proxy: "p:1", Status: 407}, 0, time.Hour},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := &network{err: tt.err}
				check := func(answered bool, most time.Duration) {
					t.Helper()
					hosts := NewHosts(DefaultRetry(), nil)
					rt := New(Options{Base: n, Hosts: hosts, Retry: DefaultRetry()})
					if answered {
						n.set(nil)
						mustGet(t, rt, home+"/x")
						n.set(tt.err)
					}
					start := time.Now()
					_, err := get(t, rt, home+"/x")
					took := time.Since(start)
					var gone *OutageError
					if !errors.As(err, &gone) || !errors.Is(err, tt.err) || gone.Answered != answered {
						t.Fatalf("%T: %v", err, err)
					}
					if took > most || took < most/2 {
						t.Errorf("answered before %t: it was waited for %s, want %s", answered, took, most)
					}
					if !strings.Contains(err.Error(), "graph.example") || !strings.Contains(err.Error(), tt.err.Error()) {
						t.Errorf("it says %q", err)
					}
				}
				check(false, tt.stranger)
				check(true, tt.known)
			})
		})
	}
}

// However many ask a host that is down, in how many tenants and at what pace: one
// request at a time finds out, their seats are free meanwhile, all end together
// with one error, and those that come later at once.
func TestAnOutageIsEverybodys(t *testing.T) {
	for _, answered := range []bool{false, true} {
		t.Run(fmt.Sprint("answered before ", answered), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := &network{slow: 300 * time.Millisecond}
				hosts, limiters, patiences := NewHosts(DefaultRetry(), nil), pacing.NewLimiters(pacing.Local{}), NewPatiences(time.Hour)
				class := limits.Class{Name: "c", AppTenant: limits.Rate{Requests: 5, Per: 10 * time.Second}}
				var mu sync.Mutex
				away := 0
				seat := func() tellingSeat {
					return func(what string) {
						mu.Lock()
						defer mu.Unlock()
						away += map[string]int{"left": 1, "back": -1}[what]
					}
				}
				client := func(tenant int) http.RoundTripper {
					name := fmt.Sprint("tenant", tenant)
					return New(Options{
						Base: n, Server: home, Hosts: hosts, Limiter: limiters.For("app", name, class), Patience: patiences.For("app", name, "graph"),
						Retry: DefaultRetry(), Seat: seat(),
					})
				}
				if answered {
					mustGet(t, client(0), home+"/x")
				}
				n.set(errRefused)
				begun, most := len(n.sent), 2*time.Minute
				if answered {
					most = time.Hour
				}
				start := time.Now()
				errs := make([]error, 100*150)
				var wg sync.WaitGroup
				const open = 400 // four in each of the tenants
				for i := range open {
					wg.Go(func() { _, errs[i] = get(t, client(i%100), home+"/x") })
				}
				time.Sleep(20 * time.Second)
				mu.Lock()
				if away < open-1 {
					t.Errorf("%d of %d seats are free", away, open)
				}
				mu.Unlock()
				wg.Wait()
				if took := time.Since(start); took > most+time.Second || took < most/2 {
					t.Errorf("it took %s", took)
				}
				probes := len(n.sent) - begun
				if probes > open+150 { // those that were under way when it was found out, and the probes
					t.Errorf("%d requests", probes)
				}
				// The rest of the backlog.
				begun, before := len(n.sent), time.Now()
				for i := open; i < len(errs); i++ {
					_, errs[i] = get(t, client(i%100), home+"/x")
				}
				if took := time.Since(before); took > 0 || len(n.sent) > begun {
					t.Errorf("the backlog took %s and %d requests", took, len(n.sent)-begun)
				}
				for i, err := range errs {
					if err == nil || err.Error() != errs[0].Error() {
						t.Fatalf("request %d ends with %v, the first with %v", i, err, errs[0])
					}
				}
				if away != 0 {
					t.Errorf("%d seats were not returned to", away)
				}
				// Some minutes later one request sees, and if it is over all go.
				time.Sleep(tryAgainAfter)
				if _, err := get(t, client(3), home+"/x"); !errors.As(err, new(*OutageError)) || len(n.sent) != begun+1 {
					t.Errorf("%v after %d requests", err, len(n.sent)-begun)
				}
				time.Sleep(tryAgainAfter)
				n.set(nil)
				for i := range 20 {
					mustGet(t, client(i), home+"/x")
				}
			})
		})
	}
}

// An outage that passes costs nobody anything but the time; who was going to find
// out and is cancelled passes that on.
func TestAnOutagePasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{slow: 20 * time.Second}
		var said []Waiting
		hosts := NewHosts(DefaultRetry(), func(w Waiting) { said = append(said, w) })
		limiter := pacing.NewLimiters(pacing.Local{}).For("app", "t", limits.Class{AppTenant: limits.Rate{Requests: 5, Per: 10 * time.Second}})
		rt := New(Options{Base: n, Server: home, Hosts: hosts, Limiter: limiter, Retry: DefaultRetry()})
		mustGet(t, rt, home+"/x")
		n.set(errDialSlow)
		start := time.Now()
		var wg sync.WaitGroup
		var mu sync.Mutex
		var went []time.Time
		for i := range 12 {
			wg.Go(func() {
				ctx, cancel := testContext(t, i)
				defer cancel()
				_, err := rt.RoundTrip(newRequest(t, home+"/x").WithContext(ctx))
				if i < 3 {
					return // these are cancelled, one as it finds out
				}
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				went = append(went, time.Now())
				mu.Unlock()
			})
		}
		time.Sleep(5 * time.Minute)
		n.set(nil)
		over := time.Now()
		wg.Wait()
		if len(went) != 9 || time.Since(over) > 90*time.Second {
			t.Errorf("%d went within %s, after an outage that began at %s", len(went), time.Since(over), start)
		}
		checkWindows(t, "after the outage", went, limits.Rate{Requests: 6, Per: 10 * time.Second})
		if len(said) < 3 || said[0].Host != "graph.example" || said[0].Why != WaitOutage || said[0].Until.Before(start) {
			t.Errorf("it was said %+v", said)
		}
	})
}

// What one host does is no matter of another's, and an answer whatever it says
// is no outage.
func TestHostsAreApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hosts := NewHosts(DefaultRetry(), nil)
		_, _ = get(t, New(Options{Base: &network{err: errNoHost}, Hosts: hosts, Retry: DefaultRetry()}), "https://wrong.example/x")
		start := time.Now()
		for _, status := range []int{200, 403, 404, 504} {
			if _, err := get(t, New(Options{Base: &script{outcomes: []outcome{reply(status)}}, Hosts: hosts, Retry: DefaultRetry()}), home+"/x"); err != nil {
				t.Error(err)
			}
		}
		if took := time.Since(start); took > 0 {
			t.Errorf("it took %s", took)
		}
	})
}

// A proxy that refuses to connect is told apart from who is behind it, without
// the password in its URL.
func TestProxyErrors(t *testing.T) {
	for status, final := range map[int]bool{407: true, 403: true, 502: false} {
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		u, err := url.Parse(strings.Replace(proxy.URL, "http://", "http://user:s3cret@", 1))
		if err != nil {
			t.Fatal(err)
		}
		for _, target := range []string{"https://graph.example/x", "http://graph.example/x"} {
			if strings.HasPrefix(target, "http:") && status != 407 {
				continue // an answer of the proxy to a plain request is one as from anybody
			}
			base := NewBase()
			base.Proxy = http.ProxyURL(u)
			retry := Retry{Patience: time.Second, Stranger: 50 * time.Millisecond, Base: time.Millisecond, Max: time.Millisecond}
			_, err = get(t, New(Options{Base: base, Hosts: NewHosts(retry, nil), Retry: retry}), target)
			var proxied *ProxyError
			if !errors.As(err, &proxied) || proxied.Status != status || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%s, %d: %T %v", target, status, err, err)
			}
			var gone *OutageError
			if !errors.As(err, &gone) || final != (gone.For < 40*time.Millisecond) {
				t.Errorf("%s, %d: %v", target, status, err)
			}
		}
		proxy.Close()
	}
}

// stalling is a server on a pipe that answers every connection with a text.
func stalling(t *testing.T, text func(n int) string) (base *http.Transport, asked func() int) {
	var mu sync.Mutex
	n := 0
	base = NewBase()
	base.Proxy = nil
	base.DisableKeepAlives = true
	base.DialContext = pipe(func(server net.Conn) {
		if _, err := http.ReadRequest(bufio.NewReader(server)); err != nil {
			return
		}
		mu.Lock()
		n++
		mine := n
		mu.Unlock()
		_, _ = server.Write([]byte(text(mine)))
	})
	t.Cleanup(base.CloseIdleConnections)
	return base, func() int {
		mu.Lock()
		defer mu.Unlock()
		return n
	}
}
