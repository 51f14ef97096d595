package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"time"
)

// NewBase returns the transport under all the others: one for a process, so
// that connections are shared. It speaks HTTP/1.1 alone: HTTP/2 costs about
// 1.8 times the processor time for the same pages, and one connection a pull
// is what pulls need. The service may think for 300 seconds before it answers,
// as its own clients allow it to.
//
// All tenants of a cloud share its hosts, so idle connections are kept by the
// hundred for one host, and in all not many more.
func NewBase() *http.Transport {
	dialer := &net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  proxy,
		DialContext:            dialer.DialContext,
		Protocols:              protocols,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    15 * time.Second,
		ResponseHeaderTimeout:  300 * time.Second,
		MaxIdleConns:           256,
		MaxIdleConnsPerHost:    128,
		IdleConnTimeout:        90 * time.Second,
		ReadBufferSize:         64 << 10,
		MaxResponseHeaderBytes: 256 << 10,
		OnProxyConnectResponse: func(_ context.Context, proxy *url.URL, _ *http.Request, answer *http.Response) error {
			if answer.StatusCode == http.StatusOK {
				return nil
			}
			return &ProxyError{Proxy: proxy.Host, Status: answer.StatusCode}
		},
	}
}

// proxy is http.ProxyFromEnvironment, but for its error, which would repeat
// the proxy's URL and the password in it.
func proxy(req *http.Request) (*url.URL, error) {
	u, err := http.ProxyFromEnvironment(req)
	if err != nil {
		return nil, errors.New("the proxy in HTTP_PROXY or HTTPS_PROXY is not a URL")
	}
	return u, nil
}
