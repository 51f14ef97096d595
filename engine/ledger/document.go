package ledger

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/reportform/reportform/internal/bom"
	"github.com/reportform/reportform/internal/place"
)

// Document is a whole ledger as JSON that people and programs read: what
// state pull prints and state push takes. It is also the format in which
// version 1 was stored.
type Document struct {
	Version  int            `json:"version"`
	Tenant   string         `json:"tenant"`
	Report   string         `json:"report"`
	Keeper   string         `json:"keeper,omitempty"`
	Held     []DocumentHeld `json:"held"`
	Failed   []Failed       `json:"failed,omitempty"`
	Left     []Left         `json:"left,omitempty"`
	Reach    *Reach         `json:"reach,omitempty"`
	Skew     *Skew          `json:"skew,omitempty"`
	Lateness *Lateness      `json:"lateness,omitempty"`
	Accepted []Acceptance   `json:"accepted,omitempty"`
	Deleted  []Deletion     `json:"deleted,omitempty"`

	Expiry    string `json:"expiry,omitempty"`
	Protected bool   `json:"protected,omitempty"`
}

// DocumentVersion is the version of a Document.
const DocumentVersion = 1

// DocumentHeld is a held slice with its proof; the fields are those of Held
// and Proof.
type DocumentHeld struct {
	Output     string      `json:"output"`
	From       time.Time   `json:"from"`
	To         time.Time   `json:"to"`
	Definition string      `json:"definition"`
	Place      place.Place `json:"path"`
	Rows       int64       `json:"rows"`
	Bytes      int64       `json:"bytes"`
	SHA256     string      `json:"sha256"`
	Promise    string      `json:"promise,omitempty"`
	Ack        string      `json:"ack,omitempty"`
	Modified   time.Time   `json:"modified,omitzero"`
	First      time.Time   `json:"first_event,omitzero"`
	Last       time.Time   `json:"last_event,omitzero"`
	WalkFrom   time.Time   `json:"walk_from,omitzero"`
	WalkTo     time.Time   `json:"walk_to,omitzero"`
	Pages      int64       `json:"pages"`
	Requests   int64       `json:"requests"`
	Repeated   int64       `json:"repeated,omitempty"`
	Revisions  int64       `json:"revisions,omitempty"`
	Outside    int64       `json:"outside,omitempty"`
	Untimed    int64       `json:"untimed,omitempty"`
	FirstRows  int64       `json:"first_rows,omitempty"`
	Vanished   int64       `json:"vanished,omitempty"`
	Changed    int64       `json:"changed,omitempty"`
	Late       int64       `json:"late,omitempty"`
	LateByRows bool        `json:"late_by_rows,omitempty"`
	LateFrom   Seconds     `json:"late_from_seconds,omitempty"`
	LateTo     Seconds     `json:"late_to_seconds,omitempty"`
	FirstID    string      `json:"first_request_id,omitempty"`
	LastID     string      `json:"last_request_id,omitempty"`
	FetchedAt  time.Time   `json:"fetched_at"`
	Took       Seconds     `json:"took_seconds"`
	Waited     Seconds     `json:"waited_seconds,omitempty"`
	Derived    place.Place `json:"derived_from,omitempty"`
	DerivedAt  time.Time   `json:"derived_at,omitzero"`
	Final      bool        `json:"final"`
	Revisited  bool        `json:"revisited,omitempty"`
	ReadAfter  Seconds     `json:"read_after_seconds,omitempty"`
}

// UnmarshalJSON implements json.Unmarshaler. Versions before 0.2 stored and
// printed lengths of time in nanoseconds.
func (h *DocumentHeld) UnmarshalJSON(data []byte) error {
	type plain DocumentHeld
	earlier := struct {
		*plain

		Took   time.Duration `json:"took_ns"`
		Waited time.Duration `json:"waited_ns"`
	}{plain: (*plain)(h)}
	if err := json.Unmarshal(data, &earlier); err != nil {
		return err
	}
	h.Took, h.Waited = cmp.Or(h.Took, Seconds(earlier.Took)), cmp.Or(h.Waited, Seconds(earlier.Waited))
	return nil
}

// Seconds is a length of time that is a number of seconds as JSON, exact to the
// nanosecond for some months.
type Seconds time.Duration

// MarshalJSON implements json.Marshaler.
func (s Seconds) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, time.Duration(s).Seconds(), 'f', -1, 64), nil
}

// UnmarshalJSON implements json.Unmarshaler. A number of more than two hundred
// years is an error.
func (s *Seconds) UnmarshalJSON(data []byte) error {
	var seconds float64
	if err := json.Unmarshal(data, &seconds); err != nil {
		return err
	}
	if math.Abs(seconds) > maxSeconds {
		return fmt.Errorf("%s seconds are more than can be stored", data)
	}
	*s = Seconds(math.Round(seconds * 1e9))
	return nil
}

const maxSeconds = 200 * 365 * 24 * 60 * 60

// Document returns the ledger as a Document, its times in UTC: those of equal
// ledgers are equal.
func (l *Ledger) Document() *Document {
	d := &Document{
		Version: DocumentVersion, Tenant: l.Tenant, Report: l.Report, Keeper: l.Keeper, Held: []DocumentHeld{},
		Expiry: l.Expiry, Protected: l.Protected,
	}
	for h := range l.Held() {
		d.Held = append(d.Held, h.document())
	}
	for _, f := range l.Failed {
		f.From, f.To, f.At = f.From.UTC(), f.To.UTC(), f.At.UTC()
		d.Failed = append(d.Failed, f)
	}
	for _, left := range l.Left {
		left.From, left.To = left.From.UTC(), left.To.UTC()
		d.Left = append(d.Left, left)
	}
	if l.Reach != nil {
		reach := *l.Reach
		reach.At = reach.At.UTC()
		d.Reach = &reach
	}
	if l.Skew != nil {
		skew := *l.Skew
		skew.At = skew.At.UTC()
		d.Skew = &skew
	}
	d.Lateness = l.Lateness
	for _, a := range l.Accepted {
		a.From, a.To, a.At = a.From.UTC(), a.To.UTC(), a.At.UTC()
		d.Accepted = append(d.Accepted, a)
	}
	for _, deleted := range l.Deleted {
		deleted.From, deleted.To, deleted.At = deleted.From.UTC(), deleted.To.UTC(), deleted.At.UTC()
		d.Deleted = append(d.Deleted, deleted)
	}
	return d
}

func (h *Held) document() DocumentHeld {
	p := h.Proof()
	return DocumentHeld{
		Output: h.Output, From: h.From.UTC(), To: h.To.UTC(), Definition: h.Definition, Place: h.Place,
		Rows: h.Rows, Bytes: h.Bytes, SHA256: p.SHA256, Promise: p.Promise, Ack: p.Ack, Modified: h.Modified.UTC(),
		First: p.First.UTC(), Last: p.Last.UTC(), WalkFrom: p.WalkFrom.UTC(), WalkTo: p.WalkTo.UTC(),
		Pages: p.Pages, Requests: p.Requests, Repeated: p.Repeated, Revisions: p.Revisions, Outside: p.Outside, Untimed: p.Untimed,
		FirstRows: p.FirstRows, Vanished: p.Vanished, Changed: p.Changed,
		Late: p.Late, LateByRows: p.LateByRows, LateFrom: Seconds(p.LateFrom), LateTo: Seconds(p.LateTo),
		FirstID: p.FirstID, LastID: p.LastID, FetchedAt: p.FetchedAt.UTC(), Took: Seconds(p.Took), Waited: Seconds(p.Waited),
		Derived: p.Derived, DerivedAt: p.DerivedAt.UTC(), Final: h.Final,
		Revisited: h.Revisited, ReadAfter: Seconds(h.ReadAfter),
	}
}

// entry is the entry that a DocumentHeld describes.
func (h *DocumentHeld) entry() Held {
	return Held{
		Output: h.Output, From: h.From.UTC(), To: h.To.UTC(), Definition: h.Definition, Place: h.Place,
		Rows: h.Rows, Bytes: h.Bytes, Modified: h.Modified, Final: h.Final,
		Revisited: h.Revisited, ReadAfter: time.Duration(h.ReadAfter),
	}.With(Proof{
		SHA256: h.SHA256, Promise: h.Promise, Ack: h.Ack, First: h.First, Last: h.Last, WalkFrom: h.WalkFrom, WalkTo: h.WalkTo,
		Pages: h.Pages, Requests: h.Requests, Repeated: h.Repeated, Revisions: h.Revisions, Outside: h.Outside, Untimed: h.Untimed,
		FirstRows: h.FirstRows, Vanished: h.Vanished, Changed: h.Changed,
		Late: h.Late, LateByRows: h.LateByRows, LateFrom: time.Duration(h.LateFrom), LateTo: time.Duration(h.LateTo),
		FirstID: h.FirstID, LastID: h.LastID, FetchedAt: h.FetchedAt, Took: time.Duration(h.Took), Waited: time.Duration(h.Waited),
		Derived: h.Derived, DerivedAt: h.DerivedAt,
	})
}

// Empty reports whether the Document says nothing of what there is: the log of what
// there was is left of a ledger whose last slice was deleted.
func (d *Document) Empty() bool {
	return len(d.Held)+len(d.Failed)+len(d.Left)+len(d.Accepted) == 0 && d.Reach == nil && d.Skew == nil && d.Lateness == nil
}

// Same reports whether two Documents say the same but for their logs.
func (d *Document) Same(other *Document) bool {
	if d == nil || other == nil {
		return d == other
	}
	a, b := *d, *other
	a.Deleted, b.Deleted = nil, nil
	return reflect.DeepEqual(a, b)
}

// Ledger returns the ledger that a Document describes. One of a newer version,
// or one that does not make sense, is an error.
func (d *Document) Ledger() (*Ledger, error) {
	switch {
	case d.Version > DocumentVersion:
		return nil, &NewerError{d.Version, DocumentVersion}
	case d.Version < 1 || d.Tenant == "" || d.Report == "":
		return nil, fmt.Errorf("version, tenant or report is missing")
	}
	l := &Ledger{
		Tenant: d.Tenant, Report: d.Report, Keeper: d.Keeper, Failed: d.Failed, Left: d.Left,
		Reach: d.Reach, Skew: d.Skew, Lateness: d.Lateness, Accepted: d.Accepted, Deleted: d.Deleted, Expiry: d.Expiry, Protected: d.Protected,
	}
	l.recent = make([]Held, 0, len(d.Held))
	for i := range d.Held {
		h := &d.Held[i]
		if h.Output == "" || h.Place == "" || !h.From.Before(h.To) {
			return nil, fmt.Errorf("entry %d, of output %q, has no path or an empty slice", i+1, h.Output)
		}
		l.recent = append(l.recent, h.entry())
	}
	if err := l.order(); err != nil {
		return nil, err
	}
	return l, nil
}

// ReadDocument reads a Document as JSON.
func ReadDocument(data []byte) (*Document, error) {
	var d Document
	if err := json.Unmarshal(bom.Text(data), &d); err != nil {
		return nil, err
	}
	return &d, nil
}

// order sorts what an edited document may have out of order; two entries for
// one slot are an error.
func (l *Ledger) order() error {
	slices.SortStableFunc(l.recent, func(a, b Held) int { return a.slot().compare(b.slot()) })
	slices.SortStableFunc(l.Failed, func(a, b Failed) int { return a.slot().compare(b.slot()) })
	slices.SortStableFunc(l.Left, func(a, b Left) int { return cmp.Compare(a.Place, b.Place) })
	return l.ordered()
}

// ordered reports whether what changed last stands in order and has one entry
// for a slot: what is stored otherwise cannot be read again.
func (l *Ledger) ordered() error {
	for i := 1; i < len(l.recent); i++ {
		h := &l.recent[i]
		switch c := l.recent[i-1].slot().compare(h.slot()); {
		case c == 0:
			return fmt.Errorf("%s has two entries for the slice from %s to %s", h.Output, h.From.Format(time.RFC3339), h.To.Format(time.RFC3339))
		case c > 0:
			return fmt.Errorf("the entry of %s from %s is out of order", h.Output, h.From.Format(time.RFC3339))
		}
	}
	if !slices.IsSortedFunc(l.dropped, slot.compare) {
		return errors.New("the forgotten entries are out of order")
	}
	return nil
}
