// Package json writes one JSON document: an array with an event a line, each
// as the service sent it, or indented without touching a value.
package json

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/reportform/reportform/outputs"
	"github.com/reportform/reportform/outputs/file"
	"github.com/reportform/reportform/outputs/options"
)

// Format is output "json".
func Format() outputs.Format {
	return file.New(func() outputs.Encoding { return &Options{} })
}

// Options are the attributes of output "json".
type Options struct {
	// Indent is the number of spaces for each level; 0 leaves events as sent.
	Indent int `hcl:"indent,optional" json:"indent"`
}

// maxIndent is the largest Indent.
const maxIndent = 16

// Check implements options.Checker.
func (o *Options) Check() []options.Mistake {
	if o.Indent < 0 || o.Indent > maxIndent {
		return []options.Mistake{{
			Attribute: "indent",
			Detail:    fmt.Sprintf("The indentation is %d. Write the number of spaces for each level, from 1 to %d, or 0 to leave events as the service sent them.", o.Indent, maxIndent),
		}}
	}
	return nil
}

// Verbatim implements file.Verbatim.
func (o *Options) Verbatim() bool { return o.Indent == 0 }

// NewEncoder implements outputs.Encoding.
func (o *Options) NewEncoder(w io.Writer, _ *outputs.Pull) (outputs.Encoder, error) {
	return &encoder{w: w, indent: strings.Repeat(" ", o.Indent)}, nil
}

type encoder struct {
	w      io.Writer
	indent string
	begun  bool
	buf    bytes.Buffer
}

// direct is the size from which an event is written without a copy, and keep
// the one up to which the buffer is kept for the next event.
const (
	direct = 256 << 10
	keep   = 1 << 20
)

// Encode implements outputs.Encoder.
func (e *encoder) Encode(event *outputs.Event) error {
	e.buf.Reset()
	if e.begun {
		e.buf.WriteString(",\n")
	} else {
		e.buf.WriteString("[\n")
		e.begun = true
	}
	switch {
	case e.indent == "" && len(event.Raw) >= direct:
		if _, err := e.w.Write(e.buf.Bytes()); err != nil {
			return err
		}
		_, err := e.w.Write(event.Raw)
		return err
	case e.indent == "":
		e.buf.Write(event.Raw)
	default:
		e.buf.WriteString(e.indent)
		if err := json.Indent(&e.buf, event.Raw, e.indent, e.indent); err != nil {
			return fmt.Errorf("indent an event: %w", err)
		}
	}
	_, err := e.w.Write(e.buf.Bytes())
	if e.buf.Cap() > keep {
		e.buf = bytes.Buffer{}
	}
	return err
}

// Close implements outputs.Encoder.
func (e *encoder) Close() error {
	end := "\n]\n"
	if !e.begun {
		end = "[]\n"
	}
	_, err := io.WriteString(e.w, end)
	return err
}
