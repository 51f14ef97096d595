// Package fetch reads the events of one report from the service: it builds the
// requests, follows the pages, distrusts what comes back and yields events. It
// knows the two protocols and nothing of configuration, state or outputs.
package fetch

import (
	"time"
)

// Request is what to read: one report of one tenant for one slice.
type Request struct {
	// Protocol is Graph or AADGraph.
	Protocol Protocol
	// Endpoint is the API's base URL, scheme://host[:port].
	Endpoint string
	// Tenant is the directory's domain or GUID.
	Tenant string
	// Version and Path are the catalog entry's.
	Version, Path string
	// Time is the property that the slice filters, empty for a snapshot. It
	// may be a path of names with slashes between them.
	Time string
	// ID lists the properties that identify an event; at most two are used.
	ID []string
	// From and To bound the slice, From included and To not; unused for a snapshot.
	From, To time.Time
	// Lower is "ge" or "gt", Upper "lt" or "le".
	Lower, Upper string
	// Filters are joined to the slice's condition with and.
	Filters  []string
	Select   []string
	OrderBy  string
	PageSize int
	Headers  map[string]string
}

// Protocol says how URLs are made and which spellings pages use.
type Protocol string

// The protocols.
const (
	Graph    Protocol = "graph"
	AADGraph Protocol = "aad_graph"
)

// Stats counts what a pull read. It is written by the goroutine that ranges
// over the events and may be read when that is done. What is read a second
// time, because a slice had to be read again, counts in Requests, Pages, Bytes
// and Outside, but its events count once.
type Stats struct {
	Requests  int64     // pages asked for, retries by the transport not included
	Pages     int64     // pages that came whole
	Events    int64     // events yielded
	Bytes     int64     // bytes of the pages
	Repeated  int64     // events dropped because an earlier page had them, byte for byte
	Revisions int64     // events yielded under an id that came before with other content
	Outside   int64     // events dropped because their time lies outside the slice
	First     time.Time // earliest event time, zero where events have none
	Last      time.Time // latest event time
	// FirstRequestID and LastRequestID are the service's request-id of the
	// first and the last page.
	FirstRequestID, LastRequestID string
}
