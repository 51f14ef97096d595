// Package csv writes events as RFC 4180 records: a header, then one record an
// event with the same columns in every file.
//
// Strings are written as text, numbers digit for digit, and objects and arrays
// as compact JSON. Null and an absent member are an empty cell, an empty
// string is a quoted one. A last column, extra, has a JSON object of everything
// that the columns do not name, so that nothing is lost.
//
// A NUL and half of a surrogate pair are no text: readers end a cell or a file
// there, or refuse it. In a cell they stay JSON's escapes, \u0000, and the
// string that had them is in extra too, as it was sent. So is, for the sake of
// PostgreSQL's copy, the line break before a line that is \. alone.
//
// No cell is changed to suit a spreadsheet: one that begins with = is there as
// the service sent it.
package csv

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/reportform/reportform/internal/column"
	"github.com/reportform/reportform/internal/rawjson"
	"github.com/reportform/reportform/outputs"
	"github.com/reportform/reportform/outputs/columns"
	"github.com/reportform/reportform/outputs/file"
	"github.com/reportform/reportform/outputs/options"
)

// Format is output "csv".
func Format() outputs.Format {
	return file.New(func() outputs.Encoding {
		return &Options{Delimiter: ",", Header: true, Extra: true}
	})
}

// Options are the attributes of output "csv".
type Options struct {
	// Columns are dotted paths; empty for those of the report type.
	Columns []string `hcl:"columns,optional" json:"columns"`
	// Delimiter is one character.
	Delimiter string `hcl:"delimiter,optional" json:"delimiter"`
	Header    bool   `hcl:"header,optional" json:"header"`
	Extra     bool   `hcl:"extra,optional" json:"extra"`
	// BOM begins the file with the byte order mark that Excel looks for.
	BOM  bool `hcl:"bom,optional" json:"bom"`
	CRLF bool `hcl:"crlf,optional" json:"crlf"`
}

// extraColumn is the name of the column for what the others do not name.
const extraColumn = "extra"

// Fields implements options.Namer.
func (o *Options) Fields() []options.Fields {
	return []options.Fields{{Attribute: "columns", Paths: o.Columns}}
}

// Check implements options.Checker.
func (o *Options) Check() []options.Mistake {
	var mistakes []options.Mistake
	for _, flaw := range columns.Flaws(o.Columns) {
		mistakes = append(mistakes, options.Mistake{Attribute: "columns", Detail: flaw})
	}
	if o.Extra && slices.Contains(o.Columns, extraColumn) {
		mistakes = append(mistakes, options.Mistake{
			Attribute: "columns",
			Detail:    `The last column of the file is called "extra" and holds what the other columns do not name. Remove "extra" from the columns, or write extra = false.`,
		})
	}
	if d := o.Delimiter; len(d) != 1 || d[0] >= 0x80 || isWordOrNumber(d[0]) || strings.Contains("\"\r\n\x00", d) {
		mistakes = append(mistakes, options.Mistake{
			Attribute: "delimiter",
			Detail:    fmt.Sprintf("%q cannot separate cells. Write one ASCII character that is no letter, digit, quote or line break, nor part of a number, such as \",\", \";\", \"|\" or \"\\t\".", d),
		})
	}
	return mistakes
}

// isWordOrNumber reports whether c can stand in a number or a literal, which
// are never quoted.
func isWordOrNumber(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '+' || c == '-' || c == '.'
}

// WithColumns implements file.Tabular.
func (o *Options) WithColumns(reportType string, ofType []string) (outputs.Encoding, []options.Mistake) {
	if len(o.Columns) > 0 {
		return o, nil
	}
	with := *o
	with.Columns = ofType
	if len(ofType) == 0 {
		return nil, []options.Mistake{{
			Attribute: "columns",
			Detail:    fmt.Sprintf(`The report type %q has no default columns, so the output must name its own: columns = ["id", ...].`, reportType),
		}}
	}
	mistakes := with.Check()
	for i := range mistakes {
		mistakes[i].Detail = fmt.Sprintf("The columns are those of the report type %q, as the output names none. %s", reportType, mistakes[i].Detail)
	}
	return &with, mistakes
}

// NewEncoder implements outputs.Encoding.
func (o *Options) NewEncoder(w io.Writer, pull *outputs.Pull) (outputs.Encoder, error) {
	names := o.Columns
	if len(names) == 0 {
		names = column.Paths(pull.Columns)
	}
	e := &encoder{w: w, set: columns.New(names), delimiter: o.Delimiter[0], extra: o.Extra, lineEnd: "\n"}
	if o.CRLF {
		e.lineEnd = "\r\n"
	}
	e.single = len(names) == 1 && !o.Extra
	e.row.Unsaid = isNoText
	if o.BOM {
		e.record = append(e.record, mark...)
	}
	if o.Header {
		for _, name := range names {
			e.record = append(e.appendText(e.record, []byte(name)), e.delimiter)
		}
		if o.Extra {
			e.record = append(e.record, extraColumn...)
		} else {
			e.record = e.record[:len(e.record)-1]
		}
		e.record = append(e.record, e.lineEnd...)
	}
	return e, e.flush()
}

type encoder struct {
	w         io.Writer
	set       *columns.Set
	delimiter byte
	extra     bool
	single    bool // a record is one cell
	lineEnd   string

	row     columns.Row
	record  []byte
	scratch []byte
	compact []byte
	err     error // of the first write that failed
}

// Encode implements outputs.Encoder.
func (e *encoder) Encode(event *outputs.Event) error {
	raw := event.Raw
	if !event.OneLine {
		e.compact = rawjson.AppendCompact(e.compact[:0], raw)
		raw = e.compact
	}
	e.set.Pick(&e.row, raw, e.extra)
	for i, value := range e.row.Values {
		if i > 0 {
			e.record = append(e.record, e.delimiter)
		}
		e.record = e.appendValue(e.record, value, e.row.Escaped[i])
	}
	if e.extra {
		e.record = append(e.record, e.delimiter)
		if len(e.row.Rest) > 0 {
			e.record = appendQuoted(e.record, e.row.Rest)
		}
	}
	if e.single && len(e.record) == 0 {
		e.record = append(e.record, `""`...) // readers skip empty lines
	}
	e.record = append(e.record, e.lineEnd...)
	return e.flush()
}

// Close implements outputs.Encoder.
func (e *encoder) Close() error { return nil }

// appendPlain appends content that stands as it is. A large one goes past the
// record, so that memory does not follow the size of events.
func (e *encoder) appendPlain(record, content []byte) []byte {
	if len(content) < large || e.single {
		return append(record, content...)
	}
	e.write(record)
	e.write(content)
	return record[:0]
}

// large is the size from which content is not copied.
const large = 64 << 10

func (e *encoder) write(p []byte) {
	if e.err == nil {
		_, e.err = e.w.Write(p)
	}
}

func (e *encoder) flush() error {
	e.write(e.record)
	e.record = e.record[:0]
	if cap(e.record) > keep || cap(e.scratch) > keep || cap(e.compact) > keep || cap(e.row.Rest) > keep {
		e.record, e.scratch, e.compact, e.row.Rest = nil, nil, nil, nil
	}
	return e.err
}

// keep is the size up to which buffers are kept for the next event.
const keep = 1 << 20

// appendValue appends the cell of a raw value, without white space before it,
// or of none. escaped says whether it is a string that has escapes.
func (e *encoder) appendValue(dst, value []byte, escaped bool) []byte {
	if len(value) == 0 {
		return dst
	}
	switch value[0] {
	case 'n':
		return dst
	case '"':
		content := value[1 : len(value)-1]
		switch {
		case len(content) == 0:
			return append(dst, `""`...)
		case escaped:
			e.scratch = appendReadable(e.scratch[:0], content)
			return e.appendText(dst, e.scratch)
		case !has(content, e.delimiter) && !isMarked(content):
			return e.appendPlain(dst, content) // without escapes there are no quotes and line breaks
		}
		dst = append(dst, '"')
		dst = append(dst, content...)
		return append(dst, '"')
	case '{', '[':
		e.scratch = rawjson.AppendCompact(e.scratch[:0], value)
		return e.appendText(dst, e.scratch)
	}
	return append(dst, value...)
}

// has reports whether text has the byte c. Cells are short, which suits it
// better than bytes.IndexByte.
func has(text []byte, c byte) bool {
	for len(text) >= 8 {
		if equal(word(text), c) != 0 {
			return true
		}
		text = text[8:]
	}
	for _, b := range text {
		if b == c {
			return true
		}
	}
	return false
}

// isNoText reports whether a string literal, given without its quotes, has what
// appendReadable leaves escaped.
func isNoText(content []byte) bool {
	if !rawjson.Readable(content) {
		return true
	}
	return bytes.Contains(content, []byte(`\\.`)) && lineOfCopy(rawjson.AppendUnescaped(nil, content)) >= 0
}

// appendReadable appends the text of a string literal, given without its quotes,
// as every reader takes it: what ends a cell, a file or a copy stays escaped.
func appendReadable(dst, content []byte) []byte {
	start := len(dst)
	dst = rawjson.AppendReadable(dst, content)
	for {
		i := lineOfCopy(dst[start:])
		if i < 0 {
			return dst
		}
		dst = slices.Replace(dst, start+i, start+i+1, '\\', 'n')
	}
}

// lineOfCopy returns the offset of a line break before a line that is \. alone,
// with which PostgreSQL's copy ends wherever it stands; -1 for none.
func lineOfCopy(text []byte) int {
	for at := 0; ; {
		i := bytes.Index(text[at:], []byte("\n\\."))
		if i < 0 {
			return -1
		}
		at += i
		if rest := text[at+len("\n\\."):]; bytes.HasPrefix(rest, []byte("\n")) || bytes.HasPrefix(rest, []byte("\r\n")) {
			return at
		}
		at++
	}
}

// isMarked reports whether text begins with a byte order mark, which readers drop
// at the beginning of a file.
func isMarked(text []byte) bool {
	return len(text) >= len(mark) && text[0] == mark[0] && string(text[:len(mark)]) == mark
}

const mark = "\ufeff"

// appendText appends a cell of text, quoted if it must be.
func (e *encoder) appendText(dst, text []byte) []byte {
	if isMarked(text) || e.single && string(text) == `\.` {
		return appendQuoted(dst, text)
	}
	for _, c := range text {
		if c == '"' || c == '\n' || c == '\r' || c == e.delimiter {
			return appendQuoted(dst, text)
		}
	}
	return append(dst, text...)
}

// appendQuoted appends a quoted cell.
func appendQuoted(dst, text []byte) []byte {
	// Room for the text with its quotes doubled, for the two around it, and for
	// what the last word may hold too much.
	n := len(dst)
	dst = slices.Grow(dst, len(text)+bytes.Count(text, []byte{'"'})+2+8)
	dst = dst[:cap(dst)]
	dst[n] = '"'
	n++
	for len(text) >= 8 {
		w := word(text)
		putWord(dst[n:], w)
		quotes := equal(w, '"')
		if quotes == 0 {
			n, text = n+8, text[8:]
			continue
		}
		i := first(quotes) + 1
		n, text = n+i, text[i:]
		dst[n] = '"'
		n++
	}
	for _, c := range text {
		dst[n] = c
		n++
		if c == '"' {
			dst[n] = c
			n++
		}
	}
	dst[n] = '"'
	return dst[:n+1]
}
