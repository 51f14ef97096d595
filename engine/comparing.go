package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"

	"github.com/reportform/reportform/internal/diag"
)

// Fault says what is wrong with a file, as a stable word.
type Fault string

// The faults.
const (
	FileMissing    Fault = "missing"    // no file
	FileAltered    Fault = "altered"    // another size or digest
	FileUnreadable Fault = "unreadable" // it cannot be read, or is no file
)

// Mismatch is how a file differs from what its ledger says; the zero Mismatch
// is for one that does not.
type Mismatch struct {
	Fault       Fault
	FoundBytes  int64  // of an altered file
	FoundSHA256 string // of an altered file of the right size
	Err         error  // of an unreadable file
}

// hasher reads files one after the other.
type hasher struct {
	hash   hash.Hash
	buffer []byte
	read   func(bytes int64)
}

func newHasher(read func(bytes int64)) *hasher {
	const buffer = 1 << 20
	return &hasher{sha256.New(), make([]byte, buffer), read}
}

// compare says how the file at path differs from a size and a digest. An error
// is the end of ctx.
func (h *hasher) compare(ctx context.Context, path string, size int64, sum string) (Mismatch, error) {
	unreadable := func(err error) (Mismatch, error) {
		if errors.Is(err, fs.ErrNotExist) {
			return Mismatch{Fault: FileMissing}, nil
		}
		return Mismatch{Fault: FileUnreadable, Err: diag.Reason(err)}, ctx.Err()
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return unreadable(err)
	case !info.Mode().IsRegular():
		return unreadable(fmt.Errorf("it is no regular file (%s)", info.Mode().Type()))
	case info.Size() != size:
		return Mismatch{Fault: FileAltered, FoundBytes: info.Size()}, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return unreadable(err)
	}
	defer f.Close()
	h.hash.Reset()
	found := int64(0)
	for {
		n, err := f.Read(h.buffer)
		_, _ = h.hash.Write(h.buffer[:n])
		found += int64(n)
		if n > 0 {
			h.read(int64(n))
		}
		switch {
		case ctx.Err() != nil:
			return Mismatch{}, ctx.Err()
		case err != nil && !errors.Is(err, io.EOF):
			return unreadable(err)
		case err == nil:
			continue
		}
		if got := hex.EncodeToString(h.hash.Sum(nil)); got != sum || found != size {
			return Mismatch{Fault: FileAltered, FoundBytes: found, FoundSHA256: got}, nil
		}
		return Mismatch{}, nil
	}
}
