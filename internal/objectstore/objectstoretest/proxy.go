package objectstoretest

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"
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
