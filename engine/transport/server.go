package transport

import (
	"net/url"
	"strings"
)

// server is a scheme and a host, in lower case, with its port; the zero server is
// none, which no URL has.
type server struct{ scheme, host, port string }

func parseServer(s string) server {
	u, err := url.Parse(s)
	if err != nil {
		return server{}
	}
	return serverOf(u)
}

func serverOf(u *url.URL) server {
	s := server{strings.ToLower(u.Scheme), strings.ToLower(u.Hostname()), u.Port()}
	switch {
	case s.host == "":
		return server{}
	case s.port == "" && s.scheme == "https":
		s.port = "443"
	case s.port == "" && s.scheme == "http":
		s.port = "80"
	}
	return s
}

// has reports whether a URL leads there.
func (s server) has(u *url.URL) bool { return s != server{} && serverOf(u) == s }
