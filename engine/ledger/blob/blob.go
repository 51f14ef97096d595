// Package blob stores ledgers as objects of an object store. The packages
// below it drive the stores of one vendor each.
package blob

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/ledger/keypath"
)

// Driver reads and writes the objects of a bucket or container. It is safe for
// concurrent use. It may send a request again whose answer it did not get.
type Driver interface {
	// Get returns an object and its version, or nil and the empty version
	// where there is none.
	Get(ctx context.Context, name string) ([]byte, ledger.Version, error)
	// Put stores an object, which is never empty, if its version still is old,
	// and returns the new version; the empty old version asks that there is
	// none. It returns ledger.ErrConflict where the store finds the condition
	// not met, be it because of an earlier try of the same Put.
	Put(ctx context.Context, name string, data []byte, old ledger.Version) (ledger.Version, error)
	// Delete removes an object if its version still is old, which is not
	// empty. It returns ledger.ErrConflict as Put does.
	Delete(ctx context.Context, name string, old ledger.Version) error
	// List returns the names of all objects that begin with prefix.
	List(ctx context.Context, prefix string) ([]string, error)
}

// Backend keeps each ledger and each page in one object.
//
// Where the answer to a write is lost, it is sent again, and may then meet what
// it has written itself. A Put therefore succeeds when the store refuses it and
// yet holds exactly the bytes that were to be stored, whoever stored them: it
// says that they are there, not that nobody else wrote the same. A Delete in
// the same position gives ErrConflict, and whoever reads again finds nothing
// there. Where no answer comes at all, both give another error, and what is
// stored is the old or the new.
type Backend struct {
	place  string
	prefix string
	driver func() (Driver, error)
}

// New returns the backend of a place, which is a URL without credentials, to
// be shown. Names of objects begin with prefix. open is called once, at the
// first use.
func New(place, prefix string, open func(context.Context) (Driver, error)) *Backend {
	if prefix = strings.Trim(prefix, "/"); prefix != "" {
		prefix += "/"
	}
	return &Backend{place, prefix, sync.OnceValues(func() (Driver, error) {
		// What is opened serves later calls too, so it outlives the first one's
		// context.
		return open(context.Background())
	})}
}

// Get implements ledger.Backend.
func (b *Backend) Get(ctx context.Context, key ledger.Key) ([]byte, ledger.Version, error) {
	driver, name, err := b.object(ctx, key)
	if err != nil {
		return nil, "", err
	}
	data, version, err := driver.Get(ctx, name)
	if err != nil {
		return nil, "", b.failed(ctx, err)
	}
	return data, version, nil
}

// Put implements ledger.Backend.
func (b *Backend) Put(ctx context.Context, key ledger.Key, data []byte, old ledger.Version) (ledger.Version, error) {
	driver, name, err := b.object(ctx, key)
	if err != nil {
		return "", err
	}
	version, err := driver.Put(ctx, name, data, old)
	if !errors.Is(err, ledger.ErrConflict) {
		return version, b.failed(ctx, err)
	}
	stored, version, err := driver.Get(ctx, name)
	switch {
	case err != nil:
		return "", b.failed(ctx, err)
	case version == "" || !bytes.Equal(stored, data):
		return "", ledger.ErrConflict
	}
	return version, nil
}

// Delete implements ledger.Backend.
func (b *Backend) Delete(ctx context.Context, key ledger.Key, old ledger.Version) error {
	driver, name, err := b.object(ctx, key)
	if err != nil {
		return err
	}
	if old != "" {
		return b.failed(ctx, driver.Delete(ctx, name, old))
	}
	_, stored, err := driver.Get(ctx, name)
	if err == nil && stored != "" {
		err = ledger.ErrConflict
	}
	return b.failed(ctx, err)
}

// List implements ledger.Backend.
func (b *Backend) List(ctx context.Context) ([]ledger.Key, error) {
	driver, err := b.ready(ctx)
	if err != nil {
		return nil, err
	}
	names, err := driver.List(ctx, b.prefix)
	if err != nil {
		return nil, b.failed(ctx, err)
	}
	var keys []ledger.Key
	for _, name := range names {
		key, ok, err := keypath.Parse(strings.TrimPrefix(name, b.prefix))
		if err != nil {
			return nil, b.failed(ctx, err)
		}
		if ok {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// ready returns the driver, unless ctx has ended.
func (b *Backend) ready(ctx context.Context) (Driver, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	driver, err := b.driver()
	return driver, b.failed(ctx, err)
}

// longest is how many bytes the name of a ledger's object may have: the stores
// take 1024, and there has to be room for the names of its pages.
const longest = 1024 - 64

// object returns the driver and the name of a key's object.
func (b *Backend) object(ctx context.Context, key ledger.Key) (Driver, string, error) {
	driver, err := b.ready(ctx)
	if err != nil {
		return nil, "", err
	}
	name := b.prefix + keypath.Of(key)
	if key.Page == "" && len(name) > longest {
		return nil, "", b.failed(ctx, fmt.Errorf("the name of its object has %d bytes, and object stores allow %d: give the tenant or the report a shorter key", len(name), longest))
	}
	return driver, name, nil
}

// failed adds the place to an error that is neither a conflict nor the end of
// the caller's context.
func (b *Backend) failed(ctx context.Context, err error) error {
	switch {
	case err == nil || errors.Is(err, ledger.ErrConflict):
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return fmt.Errorf("%s: %w", b.place, err)
}
