// Package ledger is the state: for every (tenant, report) one ledger says
// which outputs hold which slices, with the proof that nothing is missing. It
// reads and writes them as bytes; package store keeps those in a Backend.
//
// A small ledger is one run of bytes. One that has grown is a head, with the
// entries that changed last, and pages that never change once they are
// stored: recording a slice writes the head alone, whatever the history.
package ledger

import (
	"cmp"
	"time"

	"github.com/reportform/reportform/internal/place"
)

// FormatVersion is the version that this package writes. Ledgers of an older
// version are read and written anew in this one; those of a newer version are
// refused.
const FormatVersion = 3

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
	// Left is in order of place: what was published for a slice that another
	// place holds since, and that is still there.
	Left []Left
	// Keeper identifies the configuration that recorded something last; empty in
	// what earlier versions wrote. What it declares no more is its to remove, and
	// nobody else's.
	Keeper string
	// Reach is how long a span the service can answer for in one go, as far as
	// that was learned; nil if it was not.
	Reach *Reach
	// Skew is by how much the clock of the machine that asked last differed from
	// the service's; nil where the two agreed, and where that is not known.
	Skew *Skew
	// Lateness says how late events became visible; nil where no settled slice was
	// read again.
	Lateness *Lateness
	// Accepted are losses that somebody has accepted, in order of time.
	Accepted []Acceptance
	// Deleted is the log of what was removed, the oldest first. It is bounded.
	Deleted []Deletion
	// Expiry is the keep under which slices expire without a question, as a
	// length of time in the language; empty for none.
	Expiry string
	// Protected reports that the declaration protected what is held when something
	// was recorded last.
	Protected bool

	// What is held, in order of slot: the entries of recent, and those of the
	// pages that stand neither in recent nor in dropped under the same slot.
	// Pages are in order and do not overlap; other ledgers may share them.
	pages   []*Page
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
	Place      place.Place
	Rows       int64
	Bytes      int64     // of what has bytes of its own, such as a file
	Modified   time.Time // likewise
	// Final reports that the slice had settled when it was fetched.
	Final bool
	// Revisited reports that the slice was read after a revisit time of its window,
	// ReadAfter its end. ReadAfter is zero in what earlier versions wrote.
	Revisited bool
	ReadAfter time.Duration

	proof *Proof // of an entry that was not read from a page
	page  *Page  // where the proof of the others stands,
	at    int    // and as which entry
}

// Proof is what else is known of a held slice: where it came from, and what
// shows that nothing is missing.
type Proof struct {
	SHA256 string // of what has bytes of its own, in hex
	// Promise is what the destination has said of everything else, as a stable
	// word, and Ack its own name for what it took.
	Promise, Ack string
	First, Last  time.Time // earliest and latest event; zero without events
	// WalkFrom and WalkTo bound the walk that fetched the slice together with
	// others; zero for one that was fetched by itself. Pages, requests and
	// request-ids are the walk's.
	WalkFrom, WalkTo time.Time
	Pages            int64 // of the service's answers
	Requests         int64 // with those that had to be repeated
	Repeated         int64 // events that a later page repeated, dropped
	Revisions        int64 // events that came again with other content, kept
	Outside          int64 // events outside the slice, dropped
	Untimed          int64 // events without a readable time, kept
	// FirstRows are the rows of the first reading, of a slice that was read again
	// after it had settled; zero of one that was not. Vanished and Changed count the
	// events that a later reading did not have any more, or with other content, as
	// far as they have ids.
	FirstRows, Vanished, Changed int64
	// Late counts the events that a second reading found and the first had not;
	// by rows alone where events have no ids. They became visible between
	// LateFrom and LateTo after the end of the slice.
	Late             int64
	LateByRows       bool
	LateFrom, LateTo time.Duration
	// FirstID and LastID are the request-ids of the first and the last page.
	FirstID, LastID string
	FetchedAt       time.Time
	// Took is how long the pull took, and Waited the part of it in which it
	// waited for the service's limits.
	Took, Waited time.Duration
	// Derived is the place that this one was made from, at DerivedAt; empty for
	// one that was fetched from the service. The rest is then what is known of
	// that place's pull.
	Derived   place.Place
	DerivedAt time.Time
}

// MadeAt is when the place was begun.
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
	// Cause is the kind of the error, as a stable word, and Advice what can be
	// done about it; empty where there is none.
	Cause  string `json:"cause,omitempty"`
	Advice string `json:"advice,omitempty"`
}

// Left is a place that no longer holds anything.
type Left struct {
	Output string      `json:"output"`
	From   time.Time   `json:"from"`
	To     time.Time   `json:"to"`
	Place  place.Place `json:"path"`
	Rows   int64       `json:"rows,omitempty"`
	Bytes  int64       `json:"bytes"`
	SHA256 string      `json:"sha256"`
	// Relocated reports that the very same is held at another place since: what is
	// here is to be removed.
	Relocated bool `json:"relocated,omitempty"`
}

// Reach is a span that the service answered for in one go.
type Reach struct {
	Span    Seconds   `json:"span_seconds"`
	Answers int       `json:"answers"` // of this span, since the last that was too long
	At      time.Time `json:"at"`      // of the last that was too long
	// TooLong is a span that was too long twice; 0 if none was.
	TooLong Seconds `json:"too_long_seconds,omitempty"`
}

// Skew is by how much a machine's clock differs from a service's.
type Skew struct {
	Machine string    `json:"machine"`       // a digest of its name
	Ahead   Seconds   `json:"ahead_seconds"` // of the service's clock; less than nothing where it is behind
	At      time.Time `json:"at"`            // by the machine's clock
}

// Acceptance says that slices are lost and that this is known.
type Acceptance struct {
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
}

// Deletion says that adjacent slices were removed from an output.
type Deletion struct {
	Output string      `json:"output"`
	From   time.Time   `json:"from"`
	To     time.Time   `json:"to"`
	Slices int         `json:"slices,omitempty"` // 0 for one
	Place  place.Place `json:"path"`             // of the first
	At     time.Time   `json:"at"`
	Why    string      `json:"why"` // as of the plan's orphan
	// Allowed names the hazards that were allowed for it, with commas.
	Allowed string `json:"allowed,omitempty"`
	Plan    string `json:"plan,omitempty"` // digest
}

// slot is the place of an entry in a ledger, which has one for each at most.
type slot struct {
	output   string
	from, to time.Time
}

func (h *Held) slot() slot { return slot{h.Output, h.From, h.To} }

func (f *Failed) slot() slot { return slot{f.Output, f.From, f.To} }

func (l *Left) slot() slot { return slot{l.Output, l.From, l.To} }

func (d *Deletion) slot() slot { return slot{d.Output, d.From, d.To} }

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
