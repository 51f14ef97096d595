// Package xml writes one XML 1.0 document, from which every event can be had
// back value for value.
//
//	<events tenant="contoso" report="failed" type="sign_ins" from="..." to="...">
//	<event><id>1</id><status type="object"><errorCode type="number">0</errorCode></status></event>
//	</events>
//
// Each event is an element on a line of its own. A member is an element of its
// name; the attribute type says number, boolean, null, object or array, and a
// string has none. Elements of an array are called item. A name that XML
// cannot have, that is not ASCII, or that has a meaning here (member, item,
// xml...) stands in an attribute: <member name="@odata.type">. Members that
// repeat are repeated.
//
// XML has no way to write most control characters. A string with one of them,
// or with half of a surrogate pair, has encoding="json", and its text is the
// inside of a JSON string literal: it still has JSON's escapes. For a name the
// attribute is name-encoding="json".
package xml

import (
	"io"

	"github.com/reportform/reportform/internal/rawjson"
	"github.com/reportform/reportform/outputs"
	"github.com/reportform/reportform/outputs/file"
)

// Format is output "xml".
func Format() outputs.Format {
	return file.New(func() outputs.Encoding { return &Options{} })
}

// Options are the attributes of output "xml": none but path.
type Options struct{}

// NewEncoder implements outputs.Encoding.
func (*Options) NewEncoder(w io.Writer, pull *outputs.Pull) (outputs.Encoder, error) {
	e := &encoder{w: w}
	e.text(`<?xml version="1.0" encoding="UTF-8"?>` + "\n<events")
	for _, attribute := range [][2]string{
		{"tenant", pull.Tenant.Name},
		{"report", pull.Report.Name},
		{"type", pull.Report.Type},
		{"from", outputs.Moment(pull.Window.From)},
		{"to", outputs.Moment(pull.Window.To)},
	} {
		e.text(" " + attribute[0] + `="`)
		literal := rawjson.AppendQuoted(nil, attribute[1])
		if content := literal[1 : len(literal)-1]; !e.characters(content) {
			e.literal(content)
		}
		e.text(`"`)
	}
	e.text(">\n")
	return e, e.flush()
}

type encoder struct {
	w       io.Writer
	out     []byte
	scratch []byte
	err     error // of the first write that failed
}

// Encode implements outputs.Encoder.
func (e *encoder) Encode(event *outputs.Event) error {
	c := rawjson.NewCursor(event.Raw)
	e.text("<event>")
	e.members(&c)
	e.text("</event>\n")
	return e.flush()
}

// Close implements outputs.Encoder.
func (e *encoder) Close() error {
	e.text("</events>\n")
	return e.flush()
}

// keep is the size up to which buffers are kept for the next event.
const keep = 1 << 20

// plain writes content that stands as it is. A large one goes past the buffer,
// so that memory does not follow the size of events.
func (e *encoder) plain(content []byte) {
	if len(content) < large {
		e.out = append(e.out, content...)
		return
	}
	e.write(e.out)
	e.write(content)
	e.out = e.out[:0]
}

// large is the size from which content is not copied.
const large = 64 << 10

func (e *encoder) write(p []byte) {
	if e.err == nil {
		_, e.err = e.w.Write(p)
	}
}

func (e *encoder) flush() error {
	e.write(e.out)
	e.out = e.out[:0]
	if cap(e.out) > keep || cap(e.scratch) > keep {
		e.out, e.scratch = nil, nil
	}
	return e.err
}

func (e *encoder) text(s string) { e.out = append(e.out, s...) }

// members writes the members of the object that comes next.
func (e *encoder) members(c *rawjson.Cursor) {
	c.Enter()
	for key, ok := c.NextKey(); ok; key, ok = c.NextKey() {
		if isElementName(key) {
			e.out = append(append(e.out, '<'), key...)
			e.value(c)
			e.out = append(append(append(e.out, '<', '/'), key...), '>')
			continue
		}
		e.text("<member")
		e.name(key)
		e.value(c)
		e.text("</member>")
	}
}

// name writes the attributes that hold a member's name, given raw.
func (e *encoder) name(key []byte) {
	start := len(e.out)
	e.text(` name="`)
	if !e.characters(key) {
		e.out = e.out[:start]
		e.text(` name-encoding="json" name="`)
		e.literal(key)
	}
	e.out = append(e.out, '"')
}

// value writes what follows an element's name, up to its end tag: attributes,
// the end of the start tag, and the content.
func (e *encoder) value(c *rawjson.Cursor) {
	switch c.Kind() {
	case rawjson.String:
		content, plain := c.Text()
		e.out = append(e.out, '>')
		if plain {
			e.plain(content)
		} else if !e.characters(content) {
			e.out = e.out[:len(e.out)-1]
			e.text(` encoding="json">`)
			e.literal(content)
		}
	case rawjson.Object:
		e.text(` type="object">`)
		e.members(c)
	case rawjson.Array:
		e.text(` type="array">`)
		c.Enter()
		for c.NextElement() {
			e.text("<item")
			e.value(c)
			e.text("</item>")
		}
	case rawjson.Number:
		e.text(` type="number">`)
		e.out = append(e.out, c.Value()...)
	case rawjson.Null:
		e.text(` type="null">`)
		c.Value()
	default:
		e.text(` type="boolean">`)
		e.out = append(e.out, c.Value()...)
	}
}
