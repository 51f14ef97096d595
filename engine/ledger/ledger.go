// Package ledger is the state: for every (tenant, report) one ledger says
// which outputs hold which slices, with the proof that nothing is missing.
//
// A ledger grows by union, so two processes that race lose nothing: the loser
// of a compare-and-swap reads again, merges and writes again.
//
// A small ledger is one stored object. One that has grown is a head, with the
// entries that changed last, and pages that never change once they are
// stored: recording a slice writes the head alone, whatever the history.
package ledger

import (
	"cmp"
	"time"
)

// FormatVersion is the version that this package writes. Ledgers of an older
// version are read and written anew in this one; those of a newer version are
// refused.
const FormatVersion = 2

// Console is the path of outputs that write to standard output.
const Console = "-"

// Key names what a backend stores: a ledger, by the addresses of its tenant
// and its report, or a page of one.
type Key struct {
	Tenant, Report string
	// Page names a page of the ledger, in lower-case letters, digits and '-';
	// it is empty for the ledger itself. No two pages ever have the same name,
	// so what is stored under one never changes until it is deleted.
	Page string
}

// Compare orders keys by report, tenant and page.
func (k Key) Compare(other Key) int {
	return cmp.Or(cmp.Compare(k.Report, other.Report), cmp.Compare(k.Tenant, other.Tenant), cmp.Compare(k.Page, other.Page))
}

// Ledger is the state of one (tenant, report). It is used by one goroutine.
type Ledger struct {
	Tenant, Report string
	// Failed is in order of output, From and To, one entry for each: the last
	// try at a slice that did not complete.
	Failed []Failed
	// Left is in order of path: files that were published for a slice that
	// another file holds since, and that are still there.
	Left []Left

	// What is held, in order of slot: the entries of recent, and those of the
	// pages that stand neither in recent nor in dropped under the same slot.
	// Pages are in order and do not overlap; other ledgers may share them.
	pages   []*page
	recent  []Held
	dropped []slot
	// shared reports that recent is also what a page reads its proofs by, and
	// must be copied before it changes.
	shared bool
}

// New returns a ledger that holds these entries and nothing else.
func New(key Key, held ...Held) *Ledger {
	l := &Ledger{Tenant: key.Tenant, Report: key.Report}
	for i := range held {
		l.Hold(held[i])
	}
	return l
}

// Held says that an output holds a slice.
type Held struct {
	Output   string // address
	From, To time.Time
	// Definition is the digest of everything that decides the content.
	Definition string
	// Path is relative to the configuration's directory, with slashes, where
	// the file lies below it; otherwise absolute. Console is standard output.
	Path     string
	Bytes    int64
	Modified time.Time // of the file
	// Final reports that the slice had settled when it was fetched.
	Final bool
	// Revisited reports that the slice was read after its revisit time.
	Revisited bool

	proof *Proof // of an entry that was not read from a page
	page  *page  // where the proof of the others stands,
	at    int    // and as which entry
}

// Proof is what else is known of a held slice: where it came from, and what
// shows that nothing is missing.
type Proof struct {
	Rows        int64
	SHA256      string    // of the file, in hex
	First, Last time.Time // earliest and latest event; zero without events
	Pages       int64     // of the service's answers
	Requests    int64     // with those that had to be repeated
	Repeated    int64     // events that a later page repeated, dropped
	Revisions   int64     // events that came again with other content, kept
	Outside     int64     // events outside the slice, dropped
	// FirstID and LastID are the request-ids of the first and the last page.
	FirstID, LastID string
	FetchedAt       time.Time
	// Took is how long the pull took, and Waited the part of it in which it
	// waited for the service's limits.
	Took, Waited time.Duration
	// Derived is the path of the file that this one was made from, at
	// DerivedAt; empty for one that was fetched from the service. The rest is
	// then what is known of that file's pull.
	Derived   string
	DerivedAt time.Time
}

// MadeAt is when the file was begun.
func (p *Proof) MadeAt() time.Time {
	if p.Derived != "" {
		return p.DerivedAt
	}
	return p.FetchedAt
}

// With returns the entry with a proof.
func (h Held) With(p Proof) Held {
	h.proof, h.page = &p, nil
	return h
}

// Proof returns the proof of the entry, the zero Proof if there is none.
func (h *Held) Proof() Proof {
	switch {
	case h.proof != nil:
		return *h.proof
	case h.page != nil:
		return h.page.proof(h.at)
	}
	return Proof{}
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

// slot is the place of an entry in a ledger, which has one for each at most.
type slot struct {
	output   string
	from, to time.Time
}

func (h *Held) slot() slot { return slot{h.Output, h.From, h.To} }

func (f *Failed) slot() slot { return slot{f.Output, f.From, f.To} }

func (l *Left) slot() slot { return slot{l.Output, l.From, l.To} }

// compare orders slots by output, from and to. Slots are equal if they compare
// as equal, whatever the zones of their times.
func (s slot) compare(other slot) int {
	if c := cmp.Compare(s.output, other.output); c != 0 {
		return c
	}
	if c := s.from.Compare(other.from); c != 0 {
		return c
	}
	return s.to.Compare(other.to)
}
