package ledgers

import (
	"iter"
	"time"

	"github.com/reportform/reportform/cmd/reportform/internal/view"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/internal/place"
)

type ledgerMessage struct {
	view.Head
	Tenant  string    `json:"tenant"`
	Report  string    `json:"report"`
	Outputs []string  `json:"outputs"`
	Slices  int       `json:"slices"`
	From    time.Time `json:"from,omitzero"`
	To      time.Time `json:"to,omitzero"`
	Rows    int64     `json:"rows"`
	Bytes   int64     `json:"bytes"`
	Failed  int       `json:"failed"`

	Protected bool   `json:"protected,omitempty"`
	Expiry    string `json:"expiry,omitempty"`
}

type deletedMessage struct {
	view.Head
	Tenant string `json:"tenant"`
	Report string `json:"report"`
	ledger.Deletion
}

// HeldMessage is an entry of a ledger.
type HeldMessage struct {
	view.Head
	Tenant     string      `json:"tenant"`
	Report     string      `json:"report"`
	Output     string      `json:"output"`
	From       time.Time   `json:"from"`
	To         time.Time   `json:"to"`
	Place      place.Place `json:"path"`
	Rows       int64       `json:"rows"`
	Bytes      int64       `json:"bytes"`
	SHA256     string      `json:"sha256"`
	Promise    string      `json:"promise,omitempty"`
	Ack        string      `json:"ack,omitempty"`
	FirstEvent time.Time   `json:"first_event,omitzero"`
	LastEvent  time.Time   `json:"last_event,omitzero"`
	Pages      int64       `json:"pages"`
	Requests   int64       `json:"requests"`
	Repeated   int64       `json:"repeated"`
	Revisions  int64       `json:"revisions"`
	Outside    int64       `json:"outside"`
	Untimed    int64       `json:"untimed"`
	// What later readings found, of a slice that was read again.
	FirstRows       int64   `json:"first_rows,omitempty"`
	Late            int64   `json:"late,omitempty"`
	LateByRows      bool    `json:"late_by_rows,omitempty"`
	LateFromSeconds float64 `json:"late_from_seconds,omitempty"`
	LateToSeconds   float64 `json:"late_to_seconds,omitempty"`
	Vanished        int64   `json:"vanished,omitempty"`
	Changed         int64   `json:"changed,omitempty"`

	FirstRequestID string      `json:"first_request_id,omitempty"`
	LastRequestID  string      `json:"last_request_id,omitempty"`
	FetchedAt      time.Time   `json:"fetched_at"`
	TookSeconds    float64     `json:"took_seconds"`
	Final          bool        `json:"final"`
	Revisited      bool        `json:"revisited"`
	Definition     string      `json:"definition"`
	DerivedFrom    place.Place `json:"derived_from,omitempty"`
}

// NewHeldMessage is the message of an entry.
func NewHeldMessage(tenant, report string, e *ledger.Held) HeldMessage {
	p := e.Proof()
	return HeldMessage{
		view.HeadOf(view.TypeHeld), tenant, report, e.Output, e.From, e.To, e.Place, e.Rows, e.Bytes, p.SHA256, p.Promise, p.Ack,
		p.First, p.Last, p.Pages, p.Requests, p.Repeated, p.Revisions, p.Outside, p.Untimed,
		p.FirstRows, p.Late, p.LateByRows, p.LateFrom.Seconds(), p.LateTo.Seconds(), p.Vanished, p.Changed, p.FirstID, p.LastID,
		p.FetchedAt, p.Took.Seconds(), e.Final, e.Revisited, e.Definition, p.Derived,
	}
}

type failedMessage struct {
	view.Head
	Tenant string    `json:"tenant"`
	Report string    `json:"report"`
	Output string    `json:"output"`
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	At     time.Time `json:"at"`
	Error  string    `json:"error"`
	Cause  string    `json:"cause,omitempty"`
	Advice string    `json:"advice,omitempty"`
}

// JSON writes ledgers for programs.
type JSON struct{ *view.JSON }

// NewJSON returns a view that writes ledgers on j.
func NewJSON(j *view.JSON) *JSON { return &JSON{j} }

// NothingHeld writes nothing.
func (j *JSON) NothingHeld() {}

// Ledgers writes for every ledger its numbers, each held slice, each failure and
// the log of what was deleted.
func (j *JSON) Ledgers(list iter.Seq[*ledger.Ledger]) {
	for l := range list {
		h := holdingOf(l)
		if h.outputs == nil {
			h.outputs = []string{}
		}
		j.Put(ledgerMessage{
			view.HeadOf(view.TypeLedger), l.Tenant, l.Report, h.outputs, h.slices,
			h.from, h.to, h.rows, h.bytes, h.failed, l.Protected, l.Expiry,
		})
		for e := range l.Held() {
			j.Put(NewHeldMessage(l.Tenant, l.Report, e))
		}
		for _, f := range l.Failed {
			j.Put(failedMessage{view.HeadOf(view.TypeFailed), l.Tenant, l.Report, f.Output, f.From, f.To, f.At, f.Error, f.Cause, f.Advice})
		}
		for _, d := range l.Deleted {
			d.Slices = max(1, d.Slices)
			j.Put(deletedMessage{view.HeadOf(view.TypeDeleted), l.Tenant, l.Report, d})
		}
	}
}
