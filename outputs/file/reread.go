package file

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/reportform/reportform/internal/diag"
	"github.com/reportform/reportform/internal/rawjson"
	"github.com/reportform/reportform/outputs"
)

// Verbatim is implemented by an Encoding that can write files in which every
// event stands byte for byte, with nothing between them but white space,
// commas and square brackets.
type Verbatim interface {
	// Verbatim reports whether these options write such files.
	Verbatim() bool
}

func verbatim(encoding outputs.Encoding) bool {
	v, ok := encoding.(Verbatim)
	return ok && v.Verbatim()
}

// Reread implements outputs.Rereader. The file is read twice: what is broken may
// be no JSON any more, or nothing that a writer takes, and its digest alone
// tells that from a mistake of ours. The second reading is digested too, for
// somebody may write in the file meanwhile.
func (o *output) Reread(ctx context.Context, target outputs.Target, digest string) iter.Seq2[[]outputs.Event, error] {
	return func(yield func([]outputs.Event, error) bool) {
		fail := func(err error) {
			yield(nil, fmt.Errorf("%s: reading %s again: %w", o.block.Address, target.Path, diag.Reason(err)))
		}
		f, err := os.Open(target.Path)
		if err != nil {
			fail(err)
			return
		}
		defer f.Close()
		if err := intact(ctx, f, digest); err != nil {
			fail(err)
			return
		}
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			fail(err)
			return
		}
		hash := sha256.New()
		var events []outputs.Event
		for objects, err := range rawjson.Objects(io.TeeReader(f, hash)) {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				fail(err)
				return
			}
			events = events[:0]
			for _, raw := range objects {
				events = append(events, outputs.Event{Raw: raw, OneLine: bytes.IndexByte(raw, '\n') < 0 && bytes.IndexByte(raw, '\r') < 0})
			}
			if !yield(events, nil) {
				return
			}
		}
		if sum := hex.EncodeToString(hash.Sum(nil)); sum != digest {
			fail(outputs.ErrAltered)
		}
	}
}

// intact reads a file to its end; without this digest it is ErrAltered.
func intact(ctx context.Context, f io.Reader, digest string) error {
	hash := sha256.New()
	buf := make([]byte, 256<<10)
	for {
		n, err := f.Read(buf)
		hash.Write(buf[:n])
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
	}
	if hex.EncodeToString(hash.Sum(nil)) != digest {
		return outputs.ErrAltered
	}
	return nil
}
