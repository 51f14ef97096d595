package file

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/reportform/reportform/internal/durable"
	"github.com/reportform/reportform/internal/place"
	"github.com/reportform/reportform/outputs"
)

// sink is where the bytes of a pull go.
type sink interface {
	io.Writer
	// Stage makes what was written durable.
	Stage() error
	// Publish makes it visible, and returns its modification time if it has one.
	Publish() (time.Time, error)
	// Discard removes what was not published.
	Discard() error
}

// writer implements outputs.Writer. Its errors name the output and the path.
type writer struct {
	address string
	encoder outputs.Encoder
	stream  *stream
	sink    sink
	receipt outputs.Receipt
	state   state
	err     error // the first one; nothing goes on after it
}

type state int

const (
	writing state = iota
	staged
	published
	discarded
)

// open starts the writer of a target.
func (o *output) open(encoding outputs.Encoding, target outputs.Target) (*writer, error) {
	var to sink
	if target.Place == place.Console {
		spool, err := newSpool(o.block.Console)
		if err != nil {
			return nil, err
		}
		to = spool
	} else {
		path := o.Files.path(target.Place)
		f, err := durable.Create(path, durable.Shared)
		if err != nil {
			return nil, err
		}
		to = reportFile{f, path}
	}
	w := &writer{
		address: o.block.Address,
		stream:  newStream(to, &o.buffers),
		sink:    to,
		receipt: outputs.Receipt{Place: target.Place},
	}
	encoder, err := encoding.NewEncoder(w.stream, target.Pull)
	if err != nil {
		return nil, errors.Join(err, w.Discard())
	}
	w.encoder = encoder
	return w, nil
}

// Write implements outputs.Writer.
func (w *writer) Write(events []outputs.Event) error {
	if err := w.expect(writing, "write"); err != nil {
		return err
	}
	for i := range events {
		if err := w.encoder.Encode(&events[i]); err != nil {
			return w.fail(err)
		}
		w.receipt.Rows++
	}
	return nil
}

// Stage implements outputs.Writer.
func (w *writer) Stage() (outputs.Receipt, error) {
	if err := w.expect(writing, "stage"); err != nil {
		return outputs.Receipt{}, err
	}
	if err := w.encoder.Close(); err != nil {
		return outputs.Receipt{}, w.fail(err)
	}
	var err error
	if w.receipt.Bytes, w.receipt.SHA256, err = w.stream.flush(); err != nil {
		return outputs.Receipt{}, w.fail(err)
	}
	if err := w.sink.Stage(); err != nil {
		return outputs.Receipt{}, w.fail(err)
	}
	w.state = staged
	return w.receipt, nil
}

// Publish implements outputs.Writer.
func (w *writer) Publish() (outputs.Receipt, error) {
	if err := w.expect(staged, "publish"); err != nil {
		return outputs.Receipt{}, err
	}
	var err error
	if w.receipt.Modified, err = w.sink.Publish(); err != nil {
		return outputs.Receipt{}, w.fail(err)
	}
	w.state = published
	return w.receipt, nil
}

// Discard implements outputs.Writer.
func (w *writer) Discard() error {
	if w.state == published || w.state == discarded {
		return nil
	}
	w.state = discarded
	w.stream.end()
	if err := w.sink.Discard(); err != nil {
		return fmt.Errorf("%s: %w", w.address, err)
	}
	return nil
}

// expect returns an error unless the writer is in the state that an operation needs.
func (w *writer) expect(want state, operation string) error {
	switch {
	case w.err != nil:
		return w.err
	case w.state != want:
		return fmt.Errorf("%s: %s %s: out of order", w.address, operation, w.receipt.Place)
	}
	return nil
}

// fail keeps the error for all later calls.
func (w *writer) fail(err error) error {
	w.err = fmt.Errorf("%s: %w", w.address, err)
	return w.err
}

// reportFile is a sink on the disk.
type reportFile struct {
	*durable.File
	path string
}

func (r reportFile) Stage() error { return r.Sync() }

func (r reportFile) Publish() (time.Time, error) {
	if err := r.File.Publish(); err != nil {
		return time.Time{}, err
	}
	info, err := os.Stat(r.path)
	if err != nil {
		return time.Time{}, fmt.Errorf("publish: %w", err)
	}
	return info.ModTime(), nil
}
