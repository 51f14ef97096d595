package transport

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
)

// logged writes a line for every request and every answer. It writes no body,
// no header but the request ids, and no part of a URL that may be a key to
// something: skip tokens are shown by their length, and of another host than
// home the host alone, since links for download carry their key in the path.
type logged struct {
	next   http.RoundTripper
	home   server
	logger hclog.Logger
}

func (l *logged) RoundTrip(req *http.Request) (*http.Response, error) {
	if !l.logger.IsDebug() {
		return l.next.RoundTrip(req)
	}
	where := l.show(req.URL)
	l.logger.Trace("request", "method", req.Method, "url", where)
	start := time.Now()
	resp, err := l.next.RoundTrip(req)
	took := time.Since(start).Round(time.Millisecond)
	if err != nil {
		l.logger.Debug("no answer", "method", req.Method, "url", where, "took", took, "error", err)
		return nil, err
	}
	l.logger.Debug("answer", "method", req.Method, "url", where, "status", resp.StatusCode, "took", took,
		"request_id", resp.Header.Get("request-id"), "client_request_id", resp.Header.Get(headerClientRequestID))
	return resp, nil
}

// show is a URL as it may be logged.
func (l *logged) show(u *url.URL) string {
	place := u.Scheme + "://" + u.Host
	if l.home != (server{}) && !l.home.has(u) {
		return place + "/..."
	}
	place += u.EscapedPath()
	for i, option := range strings.Split(u.RawQuery, "&") {
		if option == "" {
			continue
		}
		name, value, _ := strings.Cut(option, "=")
		plainName, plain, ok := unescaped(name, value)
		if !ok || !public(plainName) {
			plain = fmt.Sprintf("(%d characters)", len(value))
		}
		separator := "&"
		if i == 0 {
			separator = "?"
		}
		place += separator + plainName + "=" + plain
	}
	return place
}

func unescaped(name, value string) (string, string, bool) {
	plainName, err := url.QueryUnescape(name)
	if err != nil {
		return name, value, false
	}
	plain, err := url.QueryUnescape(value)
	return plainName, plain, err == nil
}

// public reports whether the value of a query option tells what is asked for,
// and nothing else.
func public(option string) bool {
	switch strings.ToLower(option) {
	case "$filter", "$top", "$select", "$orderby", "$count", "$expand", "api-version":
		return true
	}
	return false
}
