package transport

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"
	"testing/synctest"
	"time"
)

func TestEveryAttemptHasAnIDOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{outcomes: []outcome{reply(503), reply(401), reply(200)}}
		resp, err := get(t, New(Options{Base: s, Tokens: &tokens{}, Server: home, Retry: DefaultRetry(), UserAgent: "reportform/1"}), home+"/x")
		if err != nil {
			t.Fatal(err)
		}
		guid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
		seen := map[string]bool{}
		for _, r := range s.requests {
			id := r.Header.Get("client-request-id")
			if !guid.MatchString(id) || seen[id] {
				t.Errorf("client-request-id %q", id)
			}
			seen[id] = true
			if r.Header.Get("User-Agent") != "reportform/1" || r.Header.Get("Accept") != "application/json" {
				t.Errorf("headers %v", r.Header)
			}
		}
		if got := resp.Header.Get("client-request-id"); got != s.requests[2].Header.Get("client-request-id") {
			t.Errorf("the answer names the request %q", got)
		}
	})
}

func TestHeadersOfTheCallerStay(t *testing.T) {
	s := &script{outcomes: []outcome{reply(200, "client-request-id: echo")}}
	req := newRequest(t, home+"/x")
	req.Header.Set("Accept", "text/csv")
	req.Header.Set("User-Agent", "mine")
	resp, err := New(Options{Base: s, UserAgent: "reportform/1"}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	sent := s.requests[0].Header
	if sent.Get("Accept") != "text/csv" || sent.Get("User-Agent") != "mine" || resp.Header.Get("client-request-id") != "echo" {
		t.Errorf("sent %v, got %v", sent, resp.Header)
	}
	if len(req.Header) != 2 {
		t.Errorf("the caller's request was changed: %v", req.Header)
	}
}

// The errors of the real transport are the ones that attempt takes apart.
func TestRealFailures(t *testing.T) {
	hang := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/hang":
			<-hang
		case "/drop":
			panic(http.ErrAbortHandler)
		}
	}))
	defer server.Close()
	defer close(hang)
	base, hasty := NewBase(), NewBase()
	hasty.ResponseHeaderTimeout = 20 * time.Millisecond
	try := func(path string, rt http.RoundTripper) (transient, noAnswer bool) {
		t.Helper()
		a := &attempt{next: rt}
		_, err := a.RoundTrip(newRequest(t, path))
		var failed *attemptError
		if !errors.As(err, &failed) {
			t.Fatalf("%s: %T: %v", path, err, err)
		}
		return failed.transient, errors.Is(err, ErrNoAnswer)
	}
	if transient, noAnswer := try(server.URL+"/hang", hasty); transient || !noAnswer {
		t.Errorf("no headers in time: transient %t, no answer %t", transient, noAnswer)
	}
	if transient, _ := try(server.URL+"/drop", base); !transient {
		t.Error("a dropped connection is not transient")
	}
	closed := httptest.NewServer(nil)
	closed.Close()
	if transient, noAnswer := try(closed.URL, base); !transient || noAnswer {
		t.Errorf("a refused connection: transient %t, no answer %t", transient, noAnswer)
	}
	secure := httptest.NewTLSServer(nil)
	defer secure.Close()
	if transient, noAnswer := try(secure.URL, base); transient || noAnswer {
		t.Errorf("an unknown certificate: transient %t, no answer %t", transient, noAnswer)
	}
}

func TestBaseSpeaksHTTP1OverNewTLS(t *testing.T) {
	base := NewBase()
	if base.Protocols.HTTP2() || base.Protocols.UnencryptedHTTP2() || !base.Protocols.HTTP1() {
		t.Errorf("protocols %v", base.Protocols)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Proto", r.Proto)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	base.TLSClientConfig.RootCAs = server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	resp, err := New(Options{Base: base}).RoundTrip(newRequest(t, server.URL))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.Header.Get("Proto") != "HTTP/1.1" || resp.TLS.Version < 0x0303 {
		t.Errorf("spoke %s over TLS %x", resp.Header.Get("Proto"), resp.TLS.Version)
	}
}
