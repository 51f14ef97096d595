// Package ndjson writes one event a line, as the service sent it.
package ndjson

import (
	"io"

	"github.com/reportform/reportform/internal/rawjson"
	"github.com/reportform/reportform/outputs"
	"github.com/reportform/reportform/outputs/file"
)

// Format is output "ndjson".
func Format() outputs.Format {
	return file.New(func() outputs.Encoding { return &Options{} })
}

// Options are the attributes of output "ndjson": none but path.
type Options struct{}

// Verbatim implements file.Verbatim. White space with line breaks, which the
// service does not send within events, is the one thing that is not kept.
func (*Options) Verbatim() bool { return true }

// NewEncoder implements outputs.Encoding.
func (*Options) NewEncoder(w io.Writer, _ *outputs.Pull) (outputs.Encoder, error) {
	return &encoder{w: w}, nil
}

type encoder struct {
	w    io.Writer
	line []byte
}

// direct is the size from which an event is written without a copy.
const direct = 256 << 10

// Encode implements outputs.Encoder. An event that has line breaks is compacted.
func (e *encoder) Encode(event *outputs.Event) error {
	if event.OneLine && len(event.Raw) >= direct {
		if _, err := e.w.Write(event.Raw); err != nil {
			return err
		}
		_, err := io.WriteString(e.w, "\n")
		return err
	}
	if event.OneLine {
		e.line = append(e.line[:0], event.Raw...)
	} else {
		e.line = rawjson.AppendCompact(e.line[:0], event.Raw)
	}
	e.line = append(e.line, '\n')
	_, err := e.w.Write(e.line)
	if cap(e.line) > 2*direct {
		e.line = nil
	}
	return err
}

// Close implements outputs.Encoder.
func (e *encoder) Close() error { return nil }
