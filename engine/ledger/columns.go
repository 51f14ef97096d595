package ledger

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/reportform/reportform/internal/rawjson"
)

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
	c.Enter()
	next := 0 // members mostly come in the order of the table
	for key, ok := c.NextKey(); ok; key, ok = c.NextKey() {
		for next < columnCount && string(key) != table[next].name {
			next++
		}
		if next == columnCount {
			if next = slices.IndexFunc(table[:], func(c column) bool { return c.name == string(key) }); next < 0 {
				return cols, fmt.Errorf("%q is no column", key)
			}
		}
		cols.raw[next] = c.Value()
		next++
	}
	n, ok := parseNumber(cols.raw[entries])
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
	n       int64
	numeric bool
}

func (c *columns) values(which int) values {
	raw := c.raw[which]
	if raw == nil {
		return values{absent: true}
	}
	v := values{cursor: rawjson.NewCursor(raw)}
	if v.cursor.Kind() == rawjson.Array {
		v.cursor.Enter()
	} else {
		v.shared = raw
		v.n, v.numeric = parseNumber(raw)
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

// number returns the next number, null for a null.
func (v *values) number() int64 {
	switch {
	case v.absent:
		return 0
	case v.shared != nil:
		v.bad = v.bad || !v.numeric
		return v.n
	case !v.cursor.NextElement():
		v.bad = true
		return 0
	}
	if n, ok := v.cursor.Int(); ok {
		return n
	}
	n, ok := parseNumber(v.cursor.Value())
	v.bad = v.bad || !ok
	return n
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

// MaxNumber is the largest number that can be stored.
const MaxNumber = 8_999_999_999_999_999_999

// parseNumber reads an integer or null; one beyond MaxNumber is none.
func parseNumber(raw []byte) (n int64, ok bool) {
	if string(raw) == "null" {
		return null, true
	}
	digits := raw
	if len(raw) > 0 && raw[0] == '-' {
		digits = raw[1:]
	}
	if len(digits) == 0 || len(digits) > 19 || len(digits) == 19 && digits[0] > '8' {
		return 0, false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if len(digits) < len(raw) {
		n = -n
	}
	return n, true
}

// listed reads a list of words.
func (c *columns) listed(which int) ([]string, error) {
	var list []string
	cursor := rawjson.NewCursor(c.raw[which])
	if cursor.Kind() != rawjson.Array {
		return nil, fmt.Errorf("the list %s is missing", table[which].name)
	}
	cursor.Enter()
	for cursor.NextElement() {
		if cursor.Kind() != rawjson.String {
			return nil, fmt.Errorf("the list %s holds what is no text", table[which].name)
		}
		list = append(list, string(rawjson.AppendString(nil, cursor.Value())))
	}
	return list, nil
}

// listOf is the list that a column of words counts into.
func listOf(which int) int {
	if which == output {
		return outputs
	}
	return definitions
}

func badColumn(which int) error {
	return fmt.Errorf("the column %s does not have one good value for each entry", table[which].name)
}

// entries reads the entries, all but their proofs. p is where those are found.
func (c *columns) entries(p *Page) ([]Held, error) {
	if c.n == 0 {
		return nil, nil
	}
	r := run{held: make([]Held, c.n)}
	for which := range table {
		if table[which].proof {
			continue
		}
		if err := c.fill(r, which); err != nil {
			return nil, err
		}
	}
	for i := range r.held {
		h := &r.held[i]
		h.page, h.at = p, i
		switch {
		case h.Output == "" || h.Place == "" || !h.From.Before(h.To):
			return nil, fmt.Errorf("entry %d, of output %q, has no place or an empty slice", i+1, h.Output)
		case i > 0 && r.held[i-1].slot().compare(h.slot()) >= 0:
			return nil, fmt.Errorf("entry %d is not behind the one before", i+1)
		}
	}
	return r.held, nil
}

// proofs reads the proofs of the entries. What cannot be read is left out, and
// the error says so.
func (c *columns) proofs(held []Held) ([]Proof, error) {
	r := run{held, make([]Proof, len(held))}
	var bad error
	for which := range table {
		if table[which].proof {
			if err := c.fill(r, which); err != nil {
				bad = err
			}
		}
	}
	return r.proofs, bad
}

// fill sets the fields of a column.
func (c *columns) fill(r run, which int) error {
	col := &table[which]
	switch col.form {
	case number:
		v := c.values(which)
		if v.absent && !col.relative {
			return nil
		}
		for i := range r.held {
			col.set(r, i, value{n: v.number()})
		}
		if !v.whole() {
			return badColumn(which)
		}
	case text:
		if c.raw[which] != nil {
			return c.fillTexts(r, which, "", "")
		}
	case affixed:
		return c.fillPaths(r, which)
	case word:
		return c.fillWords(r, which)
	}
	return nil
}

// fillTexts sets texts between two others. All share one piece of memory.
func (c *columns) fillTexts(r run, which int, lead, tail string) error {
	v := c.values(which)
	var all strings.Builder
	all.Grow(len(c.raw[which]) + len(r.held)*(len(lead)+len(tail)))
	var buf [256]byte
	for i := range r.held {
		start := all.Len()
		all.WriteString(lead)
		all.Write(v.text(buf[:0]))
		all.WriteString(tail)
		table[which].set(r, i, value{s: all.String()[start:]})
	}
	if !v.whole() {
		return badColumn(which)
	}
	return nil
}

// fillPaths sets paths with their affixes.
func (c *columns) fillPaths(r run, which int) error {
	before, after := c.values(prefix), c.values(suffix)
	if before.shared == nil && !before.absent || after.shared == nil && !after.absent {
		return fmt.Errorf("path_prefix and path_suffix are one text for all entries")
	}
	lead, tail := string(before.text(nil)), string(after.text(nil))
	if before.bad || after.bad {
		return badColumn(which)
	}
	return c.fillTexts(r, which, lead, tail)
}

// fillWords sets the texts of a list.
func (c *columns) fillWords(r run, which int) error {
	list, err := c.listed(listOf(which))
	if err != nil {
		return err
	}
	v := c.values(which)
	for i := range r.held {
		n := v.number()
		if n < 0 || n >= int64(len(list)) {
			return fmt.Errorf("entry %d names what is not in the list %s", i+1, table[listOf(which)].name)
		}
		table[which].set(r, i, value{s: list[n]})
	}
	if !v.whole() {
		return badColumn(which)
	}
	return nil
}

// costs reads the part of the proofs that a Sample needs.
func (c *columns) costs() []cost {
	list := make([]cost, c.n)
	sent, times, waits, made := c.values(requests), c.values(took), c.values(waited), c.values(derived)
	var buf [256]byte
	for i := range list {
		list[i].requests = sent.number()
		list[i].worked = time.Duration(times.number() - waits.number())
		list[i].derived = len(made.text(buf[:0])) > 0
	}
	return list
}
