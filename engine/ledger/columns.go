package ledger

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/reportform/reportform/internal/rawjson"
)

// A run of entries is stored by columns: a JSON object with a member for each
// field, which is an array with a value for every entry, or a single value that
// all entries share. A column that is absent holds 0 or "" for every entry.
// Times are nanoseconds, null for the zero time, relative to the slice. So
// consecutive slices of one definition cost little more than their digests.
type column int

const (
	entries     column = iota // how many; the first member
	addresses                 // the outputs that the column output counts into
	definitions               // the definitions that the column definition counts into
	output
	gap    // from the entry before's To (for the first, since 1970) to From
	length // from From to To
	definition
	prefix // of every path
	suffix // of every path
	path   // what is between
	size
	modified // since To
	final    // 1 if final
	revisited
	// The columns from here on are the proof, decoded when it is asked for.
	rows
	sha256sum
	first // since From
	last  // since From
	pageCount
	requests
	repeated
	revisions
	outside
	firstID
	lastID
	fetched // since To
	took
	waited
	derived
	derivedAt // since To
	columnCount
)

// columnNames are the members' names.
func columnNames() [columnCount]string {
	return [columnCount]string{
		"entries", "outputs", "definitions", "output", "gap", "length", "definition",
		"path_prefix", "path_suffix", "path", "bytes", "modified", "final", "revisited",
		"rows", "sha256", "first_event", "last_event", "pages", "requests", "repeated", "revisions", "outside",
		"first_request_id", "last_request_id", "fetched", "took", "waited", "derived_from", "derived",
	}
}

// columns is a run of entries as it is stored.
type columns struct {
	raw [columnCount][]byte // of each column the JSON value, nil if absent
	n   int
}

// parseColumns splits the object that valid JSON begins with into its columns.
func parseColumns(c *rawjson.Cursor) (columns, error) {
	var cols columns
	if c.Kind() != rawjson.Object {
		return cols, fmt.Errorf("its entries are no object")
	}
	names := columnNames()
	c.Enter()
	next := column(0) // members mostly come in the order of the columns
	for key, ok := c.NextKey(); ok; key, ok = c.NextKey() {
		for next < columnCount && string(key) != names[next] {
			next++
		}
		if next == columnCount {
			if next = column(slices.Index(names[:], string(key))); next < 0 {
				return cols, fmt.Errorf("%q is no column", key)
			}
		}
		cols.raw[next] = c.Value()
		next++
	}
	n, _, ok := parseNumber(cols.raw[entries])
	if !ok || n < 0 || n > mostEntries {
		return cols, fmt.Errorf("it does not say how many entries it has, or too many")
	}
	cols.n = int(n)
	return cols, nil
}

// mostEntries bounds what is believed of a run, which has up to pageSize.
const mostEntries = 16 * pageSize

// values reads a column from its first entry on.
type values struct {
	cursor rawjson.Cursor
	shared []byte // the value of all entries; nil in an array
	absent bool
	bad    bool // a value is missing or of another kind

	// What is shared, as a number if it is one.
	n             int64
	null, numeric bool
}

func (c *columns) values(which column) values {
	raw := c.raw[which]
	if raw == nil {
		return values{absent: true}
	}
	v := values{cursor: rawjson.NewCursor(raw)}
	if v.cursor.Kind() == rawjson.Array {
		v.cursor.Enter()
	} else {
		v.shared = raw
		v.n, v.null, v.numeric = parseNumber(raw)
	}
	return v
}

func (v *values) next() []byte {
	if v.shared != nil {
		return v.shared
	}
	if !v.cursor.NextElement() {
		v.bad = true
		return nil
	}
	return v.cursor.Value()
}

// number returns the next number; null reports a null.
func (v *values) number() (n int64, null bool) {
	switch {
	case v.absent:
		return 0, false
	case v.shared != nil:
		v.bad = v.bad || !v.numeric
		return v.n, v.null
	case !v.cursor.NextElement():
		v.bad = true
		return 0, false
	}
	if n, ok := v.cursor.Int(); ok {
		return n, false
	}
	n, null, ok := parseNumber(v.cursor.Value())
	v.bad = v.bad || !ok
	return n, null
}

// text appends the next string.
func (v *values) text(dst []byte) []byte {
	if v.absent {
		return dst
	}
	raw := v.next()
	if len(raw) < 2 || raw[0] != '"' {
		v.bad = true
		return dst
	}
	return rawjson.AppendString(dst, raw)
}

// whole reports whether the column had a good value for every entry and no more.
func (v *values) whole() bool {
	return !v.bad && (v.absent || v.shared != nil || !v.cursor.NextElement())
}

// parseNumber reads an integer or null.
func parseNumber(raw []byte) (n int64, null, ok bool) {
	if string(raw) == "null" {
		return 0, true, true
	}
	digits := raw
	if len(raw) > 0 && raw[0] == '-' {
		digits = raw[1:]
	}
	// No number here comes near the limit of 64 bits: 19 digits below 9 are in.
	if len(digits) == 0 || len(digits) > 19 || len(digits) == 19 && digits[0] > '8' {
		return 0, false, false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false, false
		}
		n = n*10 + int64(c-'0')
	}
	if len(digits) < len(raw) {
		n = -n
	}
	return n, false, true
}

// texts reads a list of strings.
func (c *columns) texts(which column) ([]string, error) {
	var list []string
	cursor := rawjson.NewCursor(c.raw[which])
	if cursor.Kind() != rawjson.Array {
		return nil, fmt.Errorf("the list %s is missing", columnNames()[which])
	}
	cursor.Enter()
	for cursor.NextElement() {
		if cursor.Kind() != rawjson.String {
			return nil, fmt.Errorf("the list %s holds what is no text", columnNames()[which])
		}
		list = append(list, string(rawjson.AppendString(nil, cursor.Value())))
	}
	return list, nil
}

// paths reads the column path. All strings share one piece of memory.
func (c *columns) paths() ([]string, error) {
	before, after, between := c.values(prefix), c.values(suffix), c.values(path)
	if before.shared == nil && !before.absent || after.shared == nil && !after.absent {
		return nil, fmt.Errorf("path_prefix and path_suffix are one text for all entries")
	}
	lead, tail := before.text(nil), after.text(nil)
	var all strings.Builder
	all.Grow(len(c.raw[path]) + c.n*(len(lead)+len(tail)))
	list := make([]string, c.n)
	var buf [256]byte
	for i := range list {
		start := all.Len()
		all.Write(lead)
		all.Write(between.text(buf[:0]))
		all.Write(tail)
		list[i] = all.String()[start:]
	}
	if !between.whole() || before.bad || after.bad {
		return nil, badColumn(path)
	}
	return list, nil
}

func badColumn(which column) error {
	return fmt.Errorf("the column %s does not have one good value for each entry", columnNames()[which])
}

// held reads the entries, all but their proofs. p is where those are found.
func (c *columns) held(p *page) ([]Held, error) {
	if c.n == 0 {
		return nil, nil
	}
	outputs, err := c.texts(addresses)
	if err != nil {
		return nil, err
	}
	digests, err := c.texts(definitions)
	if err != nil {
		return nil, err
	}
	list := make([]Held, c.n)
	paths, err := c.paths()
	if err != nil {
		return nil, err
	}
	of, gaps, lengths, kinds := c.values(output), c.values(gap), c.values(length), c.values(definition)
	sizes, times, finals, again := c.values(size), c.values(modified), c.values(final), c.values(revisited)
	at := int64(0)
	for i := range list {
		h := &list[i]
		which, _ := of.number()
		kind, _ := kinds.number()
		if which < 0 || which >= int64(len(outputs)) || kind < 0 || kind >= int64(len(digests)) {
			return nil, fmt.Errorf("entry %d names an output or a definition that is not in the list", i+1)
		}
		step, _ := gaps.number()
		long, _ := lengths.number()
		from := at + step
		at = from + long
		if long <= 0 || outputs[which] == "" || paths[i] == "" {
			return nil, fmt.Errorf("entry %d, of output %q, has no path or an empty slice", i+1, outputs[which])
		}
		h.Output, h.Definition, h.Path = outputs[which], digests[kind], paths[i]
		h.From, h.To = moment(from), moment(at)
		h.Bytes, _ = sizes.number()
		if since, never := times.number(); !never {
			h.Modified = moment(at + since)
		}
		isFinal, _ := finals.number()
		isAgain, _ := again.number()
		h.Final, h.Revisited = isFinal != 0, isAgain != 0
		h.page, h.at = p, i
		if i > 0 && list[i-1].slot().compare(h.slot()) >= 0 {
			return nil, fmt.Errorf("entry %d is not behind the one before", i+1)
		}
	}
	for _, read := range []struct {
		column
		*values
	}{
		{output, &of}, {gap, &gaps}, {length, &lengths}, {definition, &kinds}, {size, &sizes}, {modified, &times}, {final, &finals}, {revisited, &again},
	} {
		if !read.whole() {
			return nil, badColumn(read.column)
		}
	}
	return list, nil
}

func moment(ns int64) time.Time { return time.Unix(0, ns).UTC() }

// costs reads the part of the proofs that a Sample needs.
func (c *columns) costs() []cost {
	list := make([]cost, c.n)
	counts, sent, times, waits := c.values(rows), c.values(requests), c.values(took), c.values(waited)
	made := c.values(derived)
	var buf [256]byte
	for i := range list {
		list[i].rows, _ = counts.number()
		list[i].requests, _ = sent.number()
		took, _ := times.number()
		waited, _ := waits.number()
		list[i].worked = time.Duration(took - waited)
		list[i].derived = len(made.text(buf[:0])) > 0
	}
	return list
}

// proofs reads the proofs of the entries. What cannot be read is left out, and
// the error says so.
func (c *columns) proofs(held []Held) ([]Proof, error) {
	list := make([]Proof, len(held))
	var bad error
	numbers := func(which column, set func(i int, n int64, null bool)) {
		v := c.values(which)
		for i := range list {
			n, null := v.number()
			set(i, n, null)
		}
		if !v.whole() {
			bad = badColumn(which)
		}
	}
	texts := func(which column, set func(i int, text string)) {
		v := c.values(which)
		if v.absent {
			return
		}
		var all strings.Builder
		all.Grow(len(c.raw[which]))
		var buf []byte
		for i := range list {
			buf = v.text(buf[:0])
			start := all.Len()
			all.Write(buf)
			set(i, all.String()[start:])
		}
		if !v.whole() {
			bad = badColumn(which)
		}
	}
	since := func(base time.Time, n int64, null bool) time.Time {
		if null {
			return time.Time{}
		}
		return base.Add(time.Duration(n))
	}
	numbers(rows, func(i int, n int64, _ bool) { list[i].Rows = n })
	texts(sha256sum, func(i int, s string) { list[i].SHA256 = s })
	numbers(first, func(i int, n int64, null bool) { list[i].First = since(held[i].From, n, null) })
	numbers(last, func(i int, n int64, null bool) { list[i].Last = since(held[i].From, n, null) })
	numbers(pageCount, func(i int, n int64, _ bool) { list[i].Pages = n })
	numbers(requests, func(i int, n int64, _ bool) { list[i].Requests = n })
	numbers(repeated, func(i int, n int64, _ bool) { list[i].Repeated = n })
	numbers(revisions, func(i int, n int64, _ bool) { list[i].Revisions = n })
	numbers(outside, func(i int, n int64, _ bool) { list[i].Outside = n })
	texts(firstID, func(i int, s string) { list[i].FirstID = s })
	texts(lastID, func(i int, s string) { list[i].LastID = s })
	numbers(fetched, func(i int, n int64, null bool) { list[i].FetchedAt = since(held[i].To, n, null) })
	numbers(took, func(i int, n int64, _ bool) { list[i].Took = time.Duration(n) })
	numbers(waited, func(i int, n int64, _ bool) { list[i].Waited = time.Duration(n) })
	texts(derived, func(i int, s string) { list[i].Derived = s })
	numbers(derivedAt, func(i int, n int64, null bool) {
		if list[i].Derived != "" {
			list[i].DerivedAt = since(held[i].To, n, null)
		}
	})
	return list, bad
}
