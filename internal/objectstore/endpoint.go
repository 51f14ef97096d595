package objectstore

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
	"unicode"
)

// CheckEndpoint says what is wrong with the base URL of a store. Contents
// and signatures go there, so plain http is for loopback addresses alone. The error
// repeats no part of the URL, which may hold a password.
func CheckEndpoint(endpoint string) error {
	u, err := url.Parse(endpoint)
	switch {
	case err != nil || u.Opaque != "" || u.Hostname() == "" || strings.ContainsFunc(endpoint, unicode.IsControl):
		return errors.New("it is not a URL with a scheme and a host")
	case u.Scheme != "https" && u.Scheme != "http":
		return errors.New("its scheme must be https")
	case u.User != nil:
		return errors.New("a user or a password does not belong in it")
	case strings.ContainsAny(endpoint, "?#"):
		return errors.New("a query does not belong in it")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return errors.New("http is accepted for loopback addresses alone (127.0.0.0/8, ::1, localhost), because everything would travel in clear text: use https")
	}
	return nil
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}
