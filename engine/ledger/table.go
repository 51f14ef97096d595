package ledger

import (
	"time"

	"github.com/reportform/reportform/internal/place"
)

// A run of entries is stored by columns: a JSON object with a member for each
// field, which is an array with a value for every entry, or a single value that
// all entries share. A column that is absent holds 0 or "" for every entry. So
// consecutive slices of one definition cost little more than their digests.

// column is a field of entries as it is stored.
type column struct {
	name string
	form form
	// proof says that the column is decoded when a proof is asked for.
	proof bool
	// relative says that 0 is no zero value, so that it is set where it is absent.
	relative bool
	// get and set are the field of one entry of a run. Columns are set in the
	// order of the table, each from the first entry to the last.
	get func(r run, i int) value
	set func(r run, i int, v value)
}

// run is a run of entries, in order, with their proofs.
type run struct {
	held   []Held
	proofs []Proof
}

// value is the value of a field: a number or a text.
type value struct {
	n int64
	s string
}

// form is how the values of a column are stored.
type form int

const (
	number form = iota
	text
	word    // a text, as its number in the list of words that stands before
	words   // the list
	affix   // one text for all entries: what every path begins or ends with
	affixed // a path, without its affixes
	count   // how many entries there are
)

// null stands for the zero time in a column of numbers.
const null = -1 << 63

// table has the columns in the order in which they are written; reader, writer
// and names are made of it. Version 2 had neither kind, part, promise, ack, walk,
// untimed nor late, nor what else is said of readings that were repeated.
var table = [...]column{ //nolint:gochecknoglobals // it never changes
	entries:     {name: "entries", form: count},
	outputs:     {name: "outputs", form: words},
	definitions: {name: "definitions", form: words},
	output:      textOf("output", word, func(h *Held, _ *Proof) *string { return &h.Output }),
	// From the entry before's To, for the first since 1970, to From, which holds
	// that until the length is set.
	gap: {
		name: "gap", relative: true,
		get: func(r run, i int) value { return value{n: r.held[i].From.UnixNano() - r.end(i-1)} },
		set: func(r run, i int, v value) { r.held[i].From = moment(v.n) },
	},
	length: {
		name: "length", relative: true,
		get: func(r run, i int) value { return value{n: int64(r.held[i].To.Sub(r.held[i].From))} },
		set: func(r run, i int, v value) {
			from := r.end(i-1) + r.held[i].From.UnixNano()
			r.held[i].From, r.held[i].To = moment(from), moment(from+v.n)
		},
	},
	definition: textOf("definition", word, func(h *Held, _ *Proof) *string { return &h.Definition }),
	prefix:     {name: "path_prefix", form: affix},
	suffix:     {name: "path_suffix", form: affix},
	path: {
		name: "path", form: affixed,
		get: func(r run, i int) value { return value{s: r.held[i].Place.Text()} },
		set: func(r run, i int, v value) { r.held[i].Place = place.Place(v.s) },
	},
	kind: { // "" of files and of the console
		name: "kind", form: text,
		get: func(r run, i int) value {
			if p := r.held[i].Place; !p.IsFile() && p.Stays() {
				return value{s: string(p.Kind())}
			}
			return value{}
		},
		set: func(r run, i int, v value) {
			if v.s != "" {
				r.held[i].Place = place.New(place.Kind(v.s), r.held[i].Place.Text(), "")
			}
		},
	},
	part: {
		name: "part", form: text,
		get: func(r run, i int) value { return value{s: r.held[i].Place.Part()} },
		set: func(r run, i int, v value) {
			if p := r.held[i].Place; v.s != "" {
				r.held[i].Place = place.New(p.Kind(), p.Text(), v.s)
			}
		},
	},
	rowCount:  numberOf("rows", func(h *Held, _ *Proof) *int64 { return &h.Rows }),
	size:      numberOf("bytes", func(h *Held, _ *Proof) *int64 { return &h.Bytes }),
	modified:  timeOf("modified", fromEnd, func(h *Held, _ *Proof) *time.Time { return &h.Modified }),
	final:     flagOf("final", func(h *Held, _ *Proof) *bool { return &h.Final }),
	revisited: flagOf("revisited", func(h *Held, _ *Proof) *bool { return &h.Revisited }),
	readAfter: numberOf("read_after", func(h *Held, _ *Proof) *int64 { return (*int64)(&h.ReadAfter) }),

	sha256sum: proof(textOf("sha256", text, func(_ *Held, p *Proof) *string { return &p.SHA256 })),
	promise:   proof(textOf("promise", text, func(_ *Held, p *Proof) *string { return &p.Promise })),
	ack:       proof(textOf("ack", text, func(_ *Held, p *Proof) *string { return &p.Ack })),
	first:     proof(timeOf("first_event", fromBegin, func(_ *Held, p *Proof) *time.Time { return &p.First })),
	last:      proof(timeOf("last_event", fromBegin, func(_ *Held, p *Proof) *time.Time { return &p.Last })),
	walkBefore: { // how long before From the walk began
		name: "walk_before", proof: true,
		get: func(r run, i int) value {
			if r.proofs[i].WalkTo.IsZero() {
				return value{}
			}
			return value{n: int64(r.held[i].From.Sub(r.proofs[i].WalkFrom))}
		},
		set: func(r run, i int, v value) { r.proofs[i].WalkFrom = r.held[i].From.Add(-time.Duration(v.n)) },
	},
	walkLength: { // 0 for none
		name: "walk_length", proof: true, relative: true,
		get: func(r run, i int) value { return value{n: int64(r.proofs[i].WalkTo.Sub(r.proofs[i].WalkFrom))} },
		set: func(r run, i int, v value) {
			p := &r.proofs[i]
			switch {
			case v.n == 0:
				p.WalkFrom = time.Time{}
				return
			case p.WalkFrom.IsZero():
				p.WalkFrom = r.held[i].From
			}
			p.WalkTo = p.WalkFrom.Add(time.Duration(v.n))
		},
	},
	pageCount:  proof(numberOf("pages", func(_ *Held, p *Proof) *int64 { return &p.Pages })),
	requests:   proof(numberOf("requests", func(_ *Held, p *Proof) *int64 { return &p.Requests })),
	repeated:   proof(numberOf("repeated", func(_ *Held, p *Proof) *int64 { return &p.Repeated })),
	revisions:  proof(numberOf("revisions", func(_ *Held, p *Proof) *int64 { return &p.Revisions })),
	outside:    proof(numberOf("outside", func(_ *Held, p *Proof) *int64 { return &p.Outside })),
	untimed:    proof(numberOf("untimed", func(_ *Held, p *Proof) *int64 { return &p.Untimed })),
	firstRows:  proof(numberOf("first_rows", func(_ *Held, p *Proof) *int64 { return &p.FirstRows })),
	vanished:   proof(numberOf("vanished", func(_ *Held, p *Proof) *int64 { return &p.Vanished })),
	changed:    proof(numberOf("changed", func(_ *Held, p *Proof) *int64 { return &p.Changed })),
	late:       proof(numberOf("late", func(_ *Held, p *Proof) *int64 { return &p.Late })),
	lateByRows: proof(flagOf("late_by_rows", func(_ *Held, p *Proof) *bool { return &p.LateByRows })),
	lateFrom:   proof(numberOf("late_from", func(_ *Held, p *Proof) *int64 { return (*int64)(&p.LateFrom) })),
	lateTo:     proof(numberOf("late_to", func(_ *Held, p *Proof) *int64 { return (*int64)(&p.LateTo) })),
	firstID:    proof(textOf("first_request_id", text, func(_ *Held, p *Proof) *string { return &p.FirstID })),
	lastID:     proof(textOf("last_request_id", text, func(_ *Held, p *Proof) *string { return &p.LastID })),
	fetched:    proof(timeOf("fetched", fromEnd, func(_ *Held, p *Proof) *time.Time { return &p.FetchedAt })),
	took:       proof(numberOf("took", func(_ *Held, p *Proof) *int64 { return (*int64)(&p.Took) })),
	waited:     proof(numberOf("waited", func(_ *Held, p *Proof) *int64 { return (*int64)(&p.Waited) })),
	derived:    proof(textOf("derived_from", text, func(_ *Held, p *Proof) *string { return (*string)(&p.Derived) })),
	derivedAt: {
		name: "derived", proof: true, relative: true,
		get: func(r run, i int) value {
			if r.proofs[i].Derived == "" {
				return value{}
			}
			return value{n: since(r.held[i].To, r.proofs[i].DerivedAt)}
		},
		set: func(r run, i int, v value) {
			if r.proofs[i].Derived != "" {
				r.proofs[i].DerivedAt = after(r.held[i].To, v.n)
			}
		},
	},
}

// The columns, by their place in the table.
const (
	entries = iota
	outputs
	definitions
	output
	gap
	length
	definition
	prefix
	suffix
	path
	kind
	part
	rowCount
	size
	modified
	final
	revisited
	readAfter
	sha256sum
	promise
	ack
	first
	last
	walkBefore
	walkLength
	pageCount
	requests
	repeated
	revisions
	outside
	untimed
	firstRows
	vanished
	changed
	late
	lateByRows
	lateFrom
	lateTo
	firstID
	lastID
	fetched
	took
	waited
	derived
	derivedAt
	columnCount
)

// end is the end of an entry in Unix nanoseconds, 0 for what is before the first.
func (r run) end(i int) int64 {
	if i < 0 {
		return 0
	}
	return r.held[i].To.UnixNano()
}

// of returns an entry with its proof, which is nil where proofs are not decoded.
func (r run) of(i int) (*Held, *Proof) {
	if r.proofs == nil {
		return &r.held[i], nil
	}
	return &r.held[i], &r.proofs[i]
}

// proof makes a column one of the proof.
func proof(c column) column {
	c.proof = true
	return c
}

func textOf(name string, form form, field func(*Held, *Proof) *string) column {
	return column{
		name: name, form: form,
		get: func(r run, i int) value { return value{s: *field(r.of(i))} },
		set: func(r run, i int, v value) { *field(r.of(i)) = v.s },
	}
}

func numberOf(name string, field func(*Held, *Proof) *int64) column {
	return column{
		name: name,
		get:  func(r run, i int) value { return value{n: *field(r.of(i))} },
		set:  func(r run, i int, v value) { *field(r.of(i)) = v.n },
	}
}

func flagOf(name string, field func(*Held, *Proof) *bool) column {
	return column{
		name: name,
		get: func(r run, i int) value {
			if *field(r.of(i)) {
				return value{n: 1}
			}
			return value{}
		},
		set: func(r run, i int, v value) { *field(r.of(i)) = v.n != 0 },
	}
}

// timeOf is a column of times, which are stored relative to base.
func timeOf(name string, base func(*Held) time.Time, field func(*Held, *Proof) *time.Time) column {
	return column{
		name: name, relative: true,
		get: func(r run, i int) value { return value{n: since(base(&r.held[i]), *field(r.of(i)))} },
		set: func(r run, i int, v value) { *field(r.of(i)) = after(base(&r.held[i]), v.n) },
	}
}

func fromBegin(h *Held) time.Time { return h.From }

func fromEnd(h *Held) time.Time { return h.To }

func moment(ns int64) time.Time { return time.Unix(0, ns).UTC() }

// since is the time from base to t, null for the zero time.
func since(base, t time.Time) int64 {
	if t.IsZero() {
		return null
	}
	return int64(t.Sub(base))
}

// after is what since is the time to.
func after(base time.Time, n int64) time.Time {
	if n == null {
		return time.Time{}
	}
	return base.Add(time.Duration(n))
}
