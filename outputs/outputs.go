// Package outputs holds what every output has in common: the event that is
// written, the writer that receives the events of one pull, and the format
// that makes outputs from configuration blocks.
//
// An output never learns where events come from. Formats that produce a file
// are an Encoding in a folder of their own, given to the file package; the
// package all lists them, and every one passes the suite in outputstest.
package outputs

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/internal/column"
	"github.com/reportform/reportform/internal/event"
	"github.com/reportform/reportform/internal/place"
)

// Event is one event, as the source gave it.
type Event = event.Event

// Writer receives the events of one pull for one output. It is used by one
// goroutine at a time, in the order Write..., Stage, Publish, with Discard at any point.
// Nothing is visible under the final name before Publish.
type Writer interface {
	// Write takes the next events, at least one. The writer keeps no reference to
	// them.
	Write(events []Event) error
	// Stage ends the events, makes what was written durable beside its final
	// place, and describes it.
	Stage() (Receipt, error)
	// Publish moves what was staged into place, whole, replacing what was
	// there, and returns when that too is durable. The receipt is that of
	// Stage, with Modified filled in.
	Publish() (Receipt, error)
	// Discard removes whatever was not published and releases everything. It
	// may be called at any time, more than once, and does nothing after Publish.
	Discard() error
}

// Receipt says what a writer wrote, with the proof that its output can give.
// It is what a ledger records, and what an output is asked about afterwards.
type Receipt struct {
	Place place.Place
	Rows  int64 // events written
	// Of what has bytes of its own, such as a file: their number, their SHA-256
	// in lower-case hex, and the time of the last modification.
	Bytes    int64
	SHA256   string
	Modified time.Time
	// Of what has none: what the destination has promised, and its own word for
	// what it took, where it gives one.
	Promise Promise
	Ack     string
}

// Promise is what a destination said about what it was given, as a stable word.
type Promise string

// The promises, from the weakest to the strongest.
const (
	Sent     Promise = "sent"     // nothing was said
	Accepted Promise = "accepted" // it will be dealt with
	Stored   Promise = "stored"   // it is safe
	Indexed  Promise = "indexed"  // it is safe, and can be found
)

// Output is one declared output: a format with its options and its place. It
// is safe for concurrent use.
type Output interface {
	// Resolve evaluates the attributes that mention pull. It is pure, and its
	// diagnostics point at the attribute's line.
	Resolve(pull *Pull) (Target, hcl.Diagnostics)
	// Open starts a writer. Missing directories are created.
	Open(ctx context.Context, target Target) (Writer, error)
}

// Naming is implemented by an Output whose options name fields of events, such as
// columns, so that they can be held against those that a report has.
type Naming interface {
	// Names returns the fields that the options name for a pull; of nil, those
	// that they name for every pull. It is pure.
	Names(pull *Pull) []Name
}

// Name is the dotted path of a field, and where it is written.
type Name struct {
	Path  string
	Range hcl.Range
}

// Look is a look at what outputs have written, used by one goroutine. Receipts
// that follow each other in order of place cost least.
type Look interface {
	// At says what is at the place of a receipt, without reading it all: what
	// only that can tell is place.Unsure. Of the proof it needs everything but
	// SHA256, Promise and Ack. An error says why the place is Unreadable.
	At(r *Receipt) (place.Condition, error)
	Close()
}

// Target is an output's place and shape for one pull.
type Target struct {
	Place place.Place
	// Definition is a canonical text of everything but the place that decides
	// what the written bytes look like: two targets with equal definitions
	// write equal bytes from equal events. It outlives releases, see
	// options.Definition.
	Definition string
	// Verbatim reports that the place holds every event byte for byte, so that
	// the output can give them back.
	Verbatim bool
	Pull     *Pull
}

// ErrAltered says that what is at a place is not what was written there.
var ErrAltered = errors.New("the file is not the one that was written: its SHA-256 differs from the ledger's")

// Pull tells an output what the events are of. Its fields are the pull object
// of the language.
type Pull struct {
	Tenant PullTenant
	Report PullReport
	Window PullWindow
	// Columns are the report type's default columns.
	Columns []column.Column
}

// PullTenant is pull.tenant.
type PullTenant struct {
	Name, ID string
	Labels   map[string]string
}

// PullReport is pull.report.
type PullReport struct{ Name, Type string }

// PullWindow is pull.window. From and To are the slice, Date is the calendar
// date on which it begins in the window's zone, Label names the slice and is
// safe in file names on every system.
type PullWindow struct {
	From, To    time.Time
	Date, Label string
}

// Moment is how pull.window.from and to are written: RFC 3339 in UTC.
func Moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Format makes an output from the body of an output block.
type Format interface {
	// Decode checks the body and returns the output. It reports every
	// mistake in the body at its line. It touches neither disk nor network.
	Decode(block *Block) (Output, hcl.Diagnostics)
}

// Block is an output block as the language left it.
type Block struct {
	Type, Name, Address string
	Body                hcl.Body
	// EvalCtx has variables, locals, each and functions, without pull.
	EvalCtx *hcl.EvalContext
	Range   hcl.Range
	// Getenv looks up environment variables, for the secrets that the block refers
	// to; nil where there are none.
	Getenv func(string) string
	// Dir is the absolute directory that relative paths start from.
	Dir string
	// Console is where a path of "-" leads.
	Console *Console
}

// Encoder writes events in one format to the writer it was made with.
type Encoder interface {
	// Encode writes one event. It may buffer.
	Encode(e *Event) error
	// Close writes the trailer and flushes. It leaves the writer below open.
	Close() error
}

// Encoding is a format's options, decoded: the part of a format that does not
// care where bytes go.
type Encoding interface {
	NewEncoder(w io.Writer, pull *Pull) (Encoder, error)
}

// Registry holds the formats by the type label of their output blocks.
type Registry map[string]Format
