package ledgertest

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/reportform/reportform/engine/ledger"
)

// Proxy stands between a client and an HTTP server, and can lose an answer.
type Proxy struct {
	URL    string
	losing atomic.Pointer[string]
}

// NewProxy returns a proxy of the server at a base URL. change, which may be
// nil, alters a request on its way.
func NewProxy(t testing.TB, server string, change func(*http.Request)) *Proxy {
	t.Helper()
	target, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	forward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.Out.URL.Scheme, r.Out.URL.Host = target.Scheme, target.Host
		r.Out.Host = r.In.Host // part of what is signed
		if change != nil {
			change(r.Out)
		}
	}}
	proxy := &Proxy{}
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if method := proxy.losing.Load(); method != nil && *method == r.Method && proxy.losing.CompareAndSwap(method, nil) {
			forward.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler) // the connection breaks without an answer
		}
		forward.ServeHTTP(w, r)
	}))
	t.Cleanup(listener.Close)
	proxy.URL = listener.URL
	return proxy
}

// LoseAnswer lets the server carry out the next request of a method, and breaks
// the connection in place of its answer.
func (p *Proxy) LoseAnswer(method string) { p.losing.Store(&method) }

// Lost reports whether the answer was asked for and lost.
func (p *Proxy) Lost() bool { return p.losing.Load() == nil }

// RunLostAnswer tests that a backend whose requests go through the proxy knows
// its own write again when the answer to it was lost. method is that of the
// requests that write.
func RunLostAnswer(t *testing.T, backend ledger.Backend, key ledger.Key, proxy *Proxy, method string) {
	t.Helper()
	old := ledger.Version("")
	for _, content := range []string{"one", "two"} { // created, replaced
		proxy.LoseAnswer(method)
		version, err := backend.Put(t.Context(), key, []byte(content), old)
		if !proxy.Lost() {
			t.Fatal("no answer was lost")
		}
		if err != nil || version == "" || version == old {
			t.Fatalf("putting %q gave %q, %v; want success, because it is stored", content, version, err)
		}
		stored, current, err := backend.Get(t.Context(), key)
		if string(stored) != content || current != version || err != nil {
			t.Errorf("%q in version %q is stored, %v; want %q in %q", stored, current, err, content, version)
		}
		old = version
	}
	if _, err := backend.Put(t.Context(), key, []byte("three"), "\"stale\""); err == nil {
		t.Error("a put of other bytes by a stale version succeeded")
	}
	proxy.LoseAnswer(http.MethodDelete)
	err := backend.Delete(t.Context(), key, old)
	if !proxy.Lost() {
		t.Fatal("no answer was lost")
	}
	if err != nil && !errors.Is(err, ledger.ErrConflict) {
		t.Errorf("deleting gave %v, want success or ErrConflict", err)
	}
	if stored, version, err := backend.Get(t.Context(), key); stored != nil || version != "" || err != nil {
		t.Errorf("%q, %q, %v is left of what was deleted", stored, version, err)
	}
}
