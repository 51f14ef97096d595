// Package blob stores ledgers as objects of an object store.
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
	"github.com/reportform/reportform/internal/objectstore"
)

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
	store  func() (objectstore.Store, error)
}

// New returns the backend of a place, which is a URL without credentials, to
// be shown. Names of objects begin with prefix. open is called once, at the
// first use.
func New(place, prefix string, open func(context.Context) (objectstore.Store, error)) *Backend {
	if prefix = strings.Trim(prefix, "/"); prefix != "" {
		prefix += "/"
	}
	return &Backend{place, prefix, sync.OnceValues(func() (objectstore.Store, error) {
		// What is opened serves later calls too, so it outlives the first one's
		// context.
		store, err := open(context.Background())
		if doubter, ok := store.(objectstore.Doubter); ok && err == nil {
			return newDoubted(store, doubter.Doubtful()), nil
		}
		return store, err
	})}
}

// Get implements ledger.Backend.
func (b *Backend) Get(ctx context.Context, key ledger.Key) ([]byte, ledger.Version, error) {
	store, name, err := b.object(ctx, key)
	if err != nil {
		return nil, "", err
	}
	data, version, err := store.Get(ctx, name)
	if err != nil {
		return nil, "", b.failed(ctx, err)
	}
	return data, ledger.Version(version), nil
}

// Put implements ledger.Backend.
func (b *Backend) Put(ctx context.Context, key ledger.Key, data []byte, old ledger.Version) (ledger.Version, error) {
	store, name, err := b.object(ctx, key)
	if err != nil {
		return "", err
	}
	version, err := store.Put(ctx, name, data, objectstore.Version(old))
	if !errors.Is(err, objectstore.ErrConflict) {
		return ledger.Version(version), b.failed(ctx, err)
	}
	stored, version, err := store.Get(ctx, name)
	switch {
	case err != nil:
		return "", b.failed(ctx, err)
	case version == "" || !bytes.Equal(stored, data):
		return "", ledger.ErrConflict
	}
	return ledger.Version(version), nil
}

// Delete implements ledger.Backend.
func (b *Backend) Delete(ctx context.Context, key ledger.Key, old ledger.Version) error {
	store, name, err := b.object(ctx, key)
	if err != nil {
		return err
	}
	if old != "" {
		return b.failed(ctx, store.Delete(ctx, name, objectstore.Version(old)))
	}
	_, stored, err := store.Get(ctx, name)
	if err == nil && stored != "" {
		err = ledger.ErrConflict
	}
	return b.failed(ctx, err)
}

// List implements ledger.Backend.
func (b *Backend) List(ctx context.Context) ([]ledger.Key, error) {
	store, err := b.ready(ctx)
	if err != nil {
		return nil, err
	}
	objects, err := store.List(ctx, b.prefix)
	if err != nil {
		return nil, b.failed(ctx, err)
	}
	var keys []ledger.Key
	var strangers ledger.StrangersError
	for _, object := range objects {
		key, ok, err := keypath.Parse(strings.TrimPrefix(object.Name, b.prefix))
		if err != nil {
			strangers.Names = append(strangers.Names, object.Name)
		}
		if ok {
			keys = append(keys, key)
		}
	}
	if strangers.Names != nil {
		return keys, &strangers
	}
	return keys, nil
}

// ready returns the store, unless ctx has ended.
func (b *Backend) ready(ctx context.Context) (objectstore.Store, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	store, err := b.store()
	return store, b.failed(ctx, err)
}

// longest is how many bytes the name of a ledger's object may have: the stores
// take 1024, and there has to be room for the names of its pages.
const longest = 1024 - 64

// object returns the store and the name of a key's object.
func (b *Backend) object(ctx context.Context, key ledger.Key) (objectstore.Store, string, error) {
	store, err := b.ready(ctx)
	if err != nil {
		return nil, "", err
	}
	name := b.prefix + keypath.Of(key)
	if key.Page == "" && len(name) > longest {
		return nil, "", b.failed(ctx, fmt.Errorf("the name of its object has %d bytes, and object stores allow %d: give the tenant or the report a shorter key", len(name), longest))
	}
	return store, name, nil
}

// failed adds the place to an error that is neither a conflict nor the end of
// the caller's context.
func (b *Backend) failed(ctx context.Context, err error) error {
	switch {
	case err == nil || errors.Is(err, ledger.ErrConflict):
		return err
	case errors.Is(err, objectstore.ErrConflict):
		return ledger.ErrConflict
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return fmt.Errorf("%s: %w", b.place, err)
}
