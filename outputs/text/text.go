// Package text writes events for people to read.
//
// Without columns each event is a block of lines, one for each value that is
// not null or empty, and an empty line ends the block:
//
//	id                           : 66ea54eb-6301-4ee5-be62-ff5a759b0100
//	status.errorCode             : 50126
//	riskEventTypes               : unfamiliarFeatures, anonymizedIPAddress
//	targetResources[0].displayName : Portal
//
// A file has as many events as empty lines. With columns each event is one
// line of the values in their order, and a file has as many events as lines,
// less one for the header.
//
// What could change how a terminal or an editor shows a line, control
// characters and those that turn the direction of text, is written as an
// escape: \n, \t, \r or \u001b. Backslashes are left as they are, so text is
// not meant to be read back: that is what the other formats are for.
package text

import (
	"fmt"
	"io"
	"strings"

	"github.com/reportform/reportform/internal/rawjson"
	"github.com/reportform/reportform/outputs"
	"github.com/reportform/reportform/outputs/columns"
	"github.com/reportform/reportform/outputs/file"
	"github.com/reportform/reportform/outputs/options"
)

// Format is output "text".
func Format() outputs.Format {
	return file.New(func() outputs.Encoding { return &Options{Separator: "  ", Header: true} })
}

// Options are the attributes of output "text".
type Options struct {
	// Columns are dotted paths; with none each event is a block.
	Columns []string `hcl:"columns,optional" json:"columns,omitempty"`
	// Separator stands between the values of a line.
	Separator string `hcl:"separator,optional" json:"separator"`
	// Header writes the names of the columns as the first line.
	Header bool `hcl:"header,optional" json:"header"`
}

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
	if o.Separator == "" || strings.ContainsAny(o.Separator, "\n\r") {
		mistakes = append(mistakes, options.Mistake{
			Attribute: "separator",
			Detail:    fmt.Sprintf("%q cannot separate values. Write at least one character and no line break, such as \"  \", \" | \" or \"\\t\".", o.Separator),
		})
	}
	return mistakes
}

// NewEncoder implements outputs.Encoding.
func (o *Options) NewEncoder(w io.Writer, _ *outputs.Pull) (outputs.Encoder, error) {
	if len(o.Columns) == 0 {
		return &blocks{out: out{w: w}}, nil
	}
	e := &lines{out: out{w: w}, set: columns.New(o.Columns), separator: o.Separator}
	if o.Header {
		for i, name := range o.Columns {
			if i > 0 {
				e.line = append(e.line, o.Separator...)
			}
			e.line = appendSafe(e.line, []byte(name))
		}
		e.line = append(e.line, '\n')
	}
	return e, e.flush()
}

// out is what both encoders write through.
type out struct {
	w       io.Writer
	line    []byte
	scratch []byte
	past    bool  // something of this event went past the line
	err     error // of the first write that failed
}

// keep is the size up to which buffers are kept for the next event.
const keep = 1 << 20

// plain appends content that stands as it is. A large one goes past the line,
// so that memory does not follow the size of events.
func (o *out) plain(content []byte) {
	if len(content) < large {
		o.line = append(o.line, content...)
		return
	}
	o.write(o.line)
	o.write(content)
	o.line, o.past = o.line[:0], true
}

// large is the size from which content is not copied.
const large = 64 << 10

func (o *out) write(p []byte) {
	if o.err == nil {
		_, o.err = o.w.Write(p)
	}
}

func (o *out) flush() error {
	o.write(o.line)
	o.past = false
	o.line = o.line[:0]
	if cap(o.line) > keep || cap(o.scratch) > keep {
		o.line, o.scratch = nil, nil
	}
	return o.err
}

// value appends a value as people read it: objects and arrays as compact JSON.
// escaped says whether raw is a string that has escapes.
func (o *out) value(raw []byte, escaped bool) {
	switch rawjson.KindOf(raw) {
	case rawjson.Invalid, rawjson.Null:
	case rawjson.String:
		o.content(raw[1:len(raw)-1], escaped)
	case rawjson.Object, rawjson.Array:
		o.scratch = rawjson.AppendCompact(o.scratch[:0], raw)
		o.line = appendSafe(o.line, o.scratch)
	default:
		o.line = append(o.line, raw...)
	}
}

// content appends the text of a string literal, given without its quotes.
// escaped says whether it has escapes.
func (o *out) content(content []byte, escaped bool) {
	if escaped {
		o.scratch = rawjson.AppendReadable(o.scratch[:0], content)
		content = o.scratch
	}
	o.line = appendSafe(o.line, content)
}

// Close implements outputs.Encoder.
func (o *out) Close() error { return nil }

// lines writes an event a line.
type lines struct {
	out
	set       *columns.Set
	row       columns.Row
	separator string
}

// Encode implements outputs.Encoder.
func (e *lines) Encode(event *outputs.Event) error {
	e.set.Pick(&e.row, event.Raw, false)
	for i, value := range e.row.Values {
		if i > 0 {
			e.line = append(e.line, e.separator...)
		}
		e.value(value, e.row.Escaped[i])
	}
	e.line = append(e.line, '\n')
	return e.flush()
}
