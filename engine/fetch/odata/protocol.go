package odata

import (
	"net/url"
	"strings"
	"time"

	"github.com/reportform/reportform/engine/fetch"
)

// Request is what to read: one report of one tenant.
type Request struct {
	// Protocol is Graph or AADGraph.
	Protocol Protocol
	// Endpoint is the API's base URL, scheme://host[:port].
	Endpoint string
	// Directory is the tenant's: its domain or GUID.
	Directory string
	// Version and Path are the catalog entry's.
	Version, Path string
	// Time is the property that the slice filters, empty for a snapshot. It
	// may be a path of names with slashes between them.
	Time string
	// Kept returns the time up to which the service may have forgotten events, and
	// refuses to be asked for; nil if it forgets none.
	Kept func(now time.Time) time.Time
	// ID lists the properties that identify an event; at most two are used.
	ID []string
	// Lower is "ge" or "gt", Upper "lt" or "le".
	Lower, Upper string
	// Filters are joined to the slice's condition with and.
	Filters  []string
	Select   []string
	OrderBy  string
	PageSize int
	Headers  map[string]string
}

// Protocol is how a dialect of OData is addressed. What pages look like is
// common to them: every spelling is read, whoever sent it.
type Protocol interface {
	// Base returns the URL that a request's path and relative links start from;
	// it ends with a slash.
	Base(r *Request) string
	// Option returns the query option that every address must have; the name is
	// empty for none.
	Option(r *Request) (name, value string)
}

// judge is a Protocol that knows more of an error than status and code tell.
type judge interface {
	judge(e *fetch.ServiceError)
}

// under returns the URL of a folder at an endpoint.
func under(endpoint, folder string) string {
	return strings.TrimSuffix(endpoint, "/") + "/" + url.PathEscape(folder) + "/"
}
