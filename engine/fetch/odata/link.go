package odata

import (
	"errors"
	"fmt"
	"hash/maphash"
	"net/url"
	"strings"
	"time"

	"github.com/reportform/reportform/engine/fetch"
)

// maxLink is the greatest length of a link to a next page, in bytes.
const maxLink = 32 << 10

// fewEmpty is how many pages without an event may come in a row however long they
// take: requests also wait for the service's limits.
const fewEmpty = 10

// errEmptyToken says that a link ends in an empty skip token. The service
// sends such links when it has lost its place; following one gives an error.
var errEmptyToken = fmt.Errorf("%w: the link to the next page has an empty skip token", errLostPlace)

// server is a scheme and a host with its port.
type server struct{ scheme, host string }

func serverOf(u *url.URL) server {
	host, port := strings.ToLower(u.Hostname()), u.Port()
	scheme := strings.ToLower(u.Scheme)
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[scheme]
	}
	return server{scheme, host + ":" + port}
}

// links checks the links from page to page of one walk. They are opaque, but
// where they lead is not left to the service.
type links struct {
	request *Request
	server  server
	base    *url.URL
	seed    maphash.Seed
	seen    map[uint64]struct{}

	empty    int           // pages without an event, in a row
	patience time.Duration // how long they may go on, 0 for no bound
	since    time.Time     // the page before them
}

// newLinks begins a walk at the URL first.
func newLinks(r *Request, first string) (*links, error) {
	endpoint, err := url.Parse(r.Endpoint)
	if err != nil || endpoint.Host == "" || endpoint.Scheme != "https" && endpoint.Scheme != "http" {
		return nil, fmt.Errorf("the endpoint %q is not of the form scheme://host", r.Endpoint)
	}
	base, err := url.Parse(r.Protocol.Base(r))
	if err != nil {
		return nil, fmt.Errorf("the endpoint or the version makes no URL: %w", err)
	}
	l := &links{request: r, server: serverOf(base), base: base, seed: maphash.MakeSeed(), seen: map[uint64]struct{}{}, since: time.Now()}
	l.visit(first)
	return l, nil
}

// visit remembers a link and reports whether it is new.
func (l *links) visit(link string) bool {
	key := maphash.String(l.seed, link)
	_, known := l.seen[key]
	l.seen[key] = struct{}{}
	return !known
}

// next checks the link that came with a page of so many events and returns
// the URL of the page after it, empty for none. The error is errEmptyToken, a
// *fetch.PagesError, or says why the link is not followed.
func (l *links) next(link string, events int) (string, error) {
	if link == "" {
		return "", nil
	}
	if l.empty++; events > 0 {
		l.empty, l.since = 0, time.Now()
	}
	if lasted := time.Since(l.since); l.empty > fewEmpty && l.patience > 0 && lasted > l.patience {
		return "", &fetch.EndlessError{PagesError: fetch.PagesError{Kind: fetch.NoProgress, Message: fmt.Sprintf(
			"the service sent %d pages in a row without an event, for %s, each with a link to another", l.empty, lasted.Round(time.Second))}}
	}
	address, err := l.lead(link)
	if err != nil {
		return "", err
	}
	if !l.visit(address) {
		return "", errors.New("the link to the next page leads back to a page that was read before")
	}
	return address, nil
}

// lead returns the URL that a link leads to, if it may be asked for with a
// token: on the endpoint's own host, and not with an empty skip token.
func (l *links) lead(link string) (string, error) {
	if len(link) > maxLink {
		return "", fmt.Errorf("the link to the next page is %d bytes long, more than %d", len(link), maxLink)
	}
	target, err := l.resolve(link)
	if err != nil {
		return "", err
	}
	if emptyToken(target) {
		return "", errEmptyToken
	}
	return target.String(), nil
}

// resolve returns where a link leads. A relative one is given the option that
// every address must have, if it lacks it.
func (l *links) resolve(link string) (*url.URL, error) {
	u, err := url.Parse(escapeRaw(link))
	if err != nil {
		return nil, fmt.Errorf("the link to the next page is not a URL: %s", fetch.Sanitise(link, 100))
	}
	relative := !u.IsAbs()
	u = l.base.ResolveReference(u)
	if u.Opaque != "" || serverOf(u) != l.server {
		return nil, fmt.Errorf("the link to the next page leads to %s and not to %s://%s; it was not followed, so that no token is sent there",
			fetch.Sanitise(u.Scheme+"://"+u.Host, 200), l.base.Scheme, l.base.Host)
	}
	if u.User != nil || strings.Contains(link, "#") {
		return nil, errors.New("the link to the next page has user information or a fragment, which no link of the service has")
	}
	if name, value := l.request.Protocol.Option(l.request); relative && name != "" && !hasOption(u, name) {
		if u.RawQuery != "" {
			u.RawQuery += "&"
		}
		u.RawQuery += name + "=" + escapeValue(value)
	}
	return u, nil
}

// hasOption reports whether a URL's query has an option.
func hasOption(u *url.URL, name string) bool {
	_, ok := option(u, name)
	return ok
}

func emptyToken(u *url.URL) bool {
	value, ok := option(u, "$skiptoken")
	return ok && value == ""
}

// option returns the raw value of an option in a URL's query. Case is ignored.
func option(u *url.URL, name string) (value string, ok bool) {
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		key, value, _ := strings.Cut(pair, "=")
		if key, err := url.QueryUnescape(key); err == nil && strings.EqualFold(key, name) {
			return value, true
		}
	}
	return "", false
}

// escapeRaw escapes spaces and bytes beyond ASCII, which cannot be sent as they
// are, and leaves all else of a link alone.
func escapeRaw(link string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(link) {
		if c := link[i]; c == ' ' || c >= 0x80 {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// otherBlanks returns a URL with the blanks of its query written the other way,
// as %20; false if it has none that are written as a plus sign.
func otherBlanks(address string) (string, bool) {
	path, query, _ := strings.Cut(address, "?")
	if !strings.Contains(query, "+") {
		return "", false
	}
	return path + "?" + strings.ReplaceAll(query, "+", "%20"), true
}
