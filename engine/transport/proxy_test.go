package transport

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// A proxy that does not connect is named, and not taken for the service.
func TestProxyError(t *testing.T) {
	for status, transient := range map[int]bool{407: false, 403: false, 502: true} {
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		base := NewBase()
		base.Proxy = func(*http.Request) (*url.URL, error) { return url.Parse(proxy.URL) }
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://graph.example/v1.0", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := New(Options{Base: base}).RoundTrip(req)
		if err == nil {
			_ = resp.Body.Close()
		}
		refused, ok := errors.AsType[*ProxyError](err)
		if !ok || refused.Status != status || !strings.Contains(err.Error(), strings.TrimPrefix(proxy.URL, "http://")) {
			t.Errorf("%d: %v", status, err)
		}
		if again(nil, err) != transient {
			t.Errorf("%d: %v is tried again: %v", status, err, !transient)
		}
		var sent interface{ ClientRequestID() string }
		if !errors.As(err, &sent) || sent.ClientRequestID() == "" {
			t.Errorf("%v has no client-request-id", err)
		}
		base.CloseIdleConnections()
		proxy.Close()
	}
}

// An answer that is final although its status is of one that passes is not asked
// for again.
func TestFinal(t *testing.T) {
	asked := 0
	base := roundTripFunc(func(*http.Request) (*http.Response, error) {
		asked++
		return &http.Response{StatusCode: 500, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("for good"))}, nil
	})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://graph.example/v1.0", nil)
	if err != nil {
		t.Fatal(err)
	}
	final := func(resp *http.Response) bool { return resp.StatusCode == 500 }
	resp, err := New(Options{Base: base, Retry: Retry{Patience: time.Hour}, Final: final}).RoundTrip(req)
	if err != nil || asked != 1 {
		t.Fatalf("asked %d times, %v", asked, err)
	}
	_ = resp.Body.Close()
}

type roundTripFunc func(*http.Request) (*http.Response, error)

func (f roundTripFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
