package transport

import (
	"net/url"
	"strings"
)

// server is scheme://host:port, in lower case and always with its port; empty
// for none, which no URL has.
type server string

func parseServer(s string) server {
	u, err := url.Parse(s)
	if err != nil {
		return ""
	}
	return serverOf(u)
}

func serverOf(u *url.URL) server {
	scheme, port := strings.ToLower(u.Scheme), u.Port()
	switch {
	case u.Hostname() == "":
		return ""
	case port == "" && scheme == "https":
		port = "443"
	case port == "" && scheme == "http":
		port = "80"
	}
	return server(scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port)
}

// has reports whether a URL leads there.
func (o server) has(u *url.URL) bool { return o != "" && serverOf(u) == o }
