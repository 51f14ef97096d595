// Package ledger is the state: for every (tenant, report) one ledger says
// which outputs hold which slices, with the proof that nothing is missing.
//
// A ledger grows by union, so two processes that race lose nothing: the loser
// of a compare-and-swap reads again, merges and writes again.
package ledger

import "time"

// FormatVersion is the version that this package writes. Ledgers of a newer
// version are refused.
const FormatVersion = 1

// Key names what a backend stores: a ledger, by the addresses of its tenant
// and its report, or a page of one.
type Key struct {
	Tenant, Report string
	// Page names a page of the ledger, in lower-case letters, digits and '-';
	// it is empty for the ledger itself.
	Page string
}

// Ledger is the state of one (tenant, report).
type Ledger struct {
	Version int    `json:"version"`
	Tenant  string `json:"tenant"`
	Report  string `json:"report"`
	// Held is in order of output, From and To, one entry for each.
	Held []Held `json:"held"`
	// Failed is in the same order: the last try at a slice that did not complete.
	Failed []Failed `json:"failed,omitempty"`
	// Left is in order of path: files that were published for a slice that
	// another file holds since, and that are still there.
	Left []Left `json:"left,omitempty"`
}

// Held says that an output holds a slice.
type Held struct {
	Output string    `json:"output"` // address
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	// Definition is the digest of everything that decides the content.
	Definition string `json:"definition"`
	// Path is relative to the configuration's directory, with slashes, where
	// the file lies below it; otherwise absolute. "-" is the console.
	Path      string    `json:"path"`
	Rows      int64     `json:"rows"`
	Bytes     int64     `json:"bytes"`
	SHA256    string    `json:"sha256"`
	Modified  time.Time `json:"modified,omitzero"`    // of the file
	First     time.Time `json:"first_event,omitzero"` // earliest event time
	Last      time.Time `json:"last_event,omitzero"`
	Pages     int64     `json:"pages"`
	Requests  int64     `json:"requests"`
	Repeated  int64     `json:"repeated,omitempty"`
	Revisions int64     `json:"revisions,omitempty"`
	Outside   int64     `json:"outside,omitempty"`
	FirstID   string    `json:"first_request_id,omitempty"`
	LastID    string    `json:"last_request_id,omitempty"`
	FetchedAt time.Time `json:"fetched_at"`
	// Took is how long the pull took.
	Took time.Duration `json:"took_ns"`
	// Final reports that the slice had settled when it was fetched.
	Final bool `json:"final"`
	// Revisited reports that the slice was read after its revisit time.
	Revisited bool `json:"revisited,omitempty"`
}

// Failed says that the last try at a slice for an output did not complete.
type Failed struct {
	Output string    `json:"output"`
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	At     time.Time `json:"at"`
	Error  string    `json:"error"` // one line, no secrets
}

// Left is a file that no longer holds anything.
type Left struct {
	Output string    `json:"output"`
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	Path   string    `json:"path"`
	Bytes  int64     `json:"bytes"`
	SHA256 string    `json:"sha256"`
}
