package transport

import (
	"context"
	"net/http"
	"net/url"
)

// ProxyError says that a proxy does not connect to the service.
type ProxyError struct {
	Proxy  string // host[:port], empty where it is not known
	Status int    // of its answer
}

func (e *ProxyError) Error() string {
	text := http.StatusText(e.Status)
	if text == "" {
		text = "no reason given"
	}
	name := "the proxy"
	if e.Proxy != "" {
		name += " " + e.Proxy
	}
	return name + " does not connect to the service: " + text
}

// ProxyStatus is the status of the proxy's answer.
func (e *ProxyError) ProxyStatus() int { return e.Status }

// connected is what a proxy says to CONNECT, as an error where it refuses.
// net/http's own error would be the text of its status line alone.
func connected(_ context.Context, proxy *url.URL, _ *http.Request, resp *http.Response) error {
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	return &ProxyError{Proxy: proxy.Host, Status: resp.StatusCode}
}
