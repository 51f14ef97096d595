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

	"github.com/reportform/reportform/outputs"
	"github.com/reportform/reportform/outputs/rawjson"
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

// Reread implements outputs.Rereader.
func (o *output) Reread(ctx context.Context, target outputs.Target, digest string) iter.Seq2[[]outputs.Event, error] {
	return func(yield func([]outputs.Event, error) bool) {
		fail := func(err error) { yield(nil, fmt.Errorf("%s: reading %s again: %w", o.block.Address, target.Path, err)) }
		f, err := os.Open(target.Path)
		if err != nil {
			var reason *os.PathError
			if errors.As(err, &reason) {
				err = reason.Err
			}
			fail(err)
			return
		}
		defer f.Close()
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
