package transport

import (
	"net/url"
	"strings"
)

// origin is scheme://host:port, in lower case and always with its port; empty
// for none, which no URL has.
type origin string

func parseOrigin(s string) origin {
	u, err := url.Parse(s)
	if err != nil {
		return ""
	}
	return originOf(u)
}

func originOf(u *url.URL) origin {
	scheme, port := strings.ToLower(u.Scheme), u.Port()
	switch {
	case u.Hostname() == "":
		return ""
	case port == "" && scheme == "https":
		port = "443"
	case port == "" && scheme == "http":
		port = "80"
	}
	return origin(scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port)
}

// has reports whether a URL leads there.
func (o origin) has(u *url.URL) bool { return o != "" && originOf(u) == o }
