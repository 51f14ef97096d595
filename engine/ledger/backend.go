package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// Version is a backend's opaque token for the stored bytes of a ledger. The
// empty Version stands for "does not exist".
type Version string

// ErrConflict is returned by Put when the stored version is not the given one.
var ErrConflict = errors.New("the ledger was changed by another process")

// Backend stores ledgers and their pages as opaque bytes. It is safe for
// concurrent use by many processes.
type Backend interface {
	// Get returns the stored bytes and their version, or nil and the empty
	// version where there are none.
	Get(ctx context.Context, key Key) ([]byte, Version, error)
	// Put stores data if the stored version still is old, and returns the new
	// version; otherwise it returns ErrConflict and changes nothing. What is
	// stored is afterwards there whole or as it was, whatever happens
	// meanwhile. An error other than ErrConflict leaves open which.
	Put(ctx context.Context, key Key, data []byte, old Version) (Version, error)
	// Delete removes what is stored if its version still is old; otherwise it
	// returns ErrConflict and changes nothing.
	Delete(ctx context.Context, key Key, old Version) error
	// List returns all keys, those of pages included, in any order.
	List(ctx context.Context) ([]Key, error)
}

// Compare orders keys by report, tenant and page.
func (k Key) Compare(other Key) int {
	return cmp.Or(cmp.Compare(k.Report, other.Report), cmp.Compare(k.Tenant, other.Tenant), cmp.Compare(k.Page, other.Page))
}

// List returns the keys of all ledgers in order of report and tenant.
func List(ctx context.Context, backend Backend) ([]Key, error) {
	keys, err := backend.List(ctx)
	if err != nil {
		return nil, fmt.Errorf("listing the ledgers: %w", err)
	}
	keys = slices.DeleteFunc(keys, func(k Key) bool { return k.Page != "" })
	slices.SortFunc(keys, Key.Compare)
	return keys, nil
}

// maxTries bounds how often Update meets ErrConflict before it gives up.
const maxTries = 50

// Read returns the ledger stored under key, or an empty one.
func Read(ctx context.Context, backend Backend, key Key) (*Ledger, error) {
	ledger, _, err := read(ctx, backend, key)
	return ledger, err
}

func read(ctx context.Context, backend Backend, key Key) (*Ledger, Version, error) {
	data, version, err := backend.Get(ctx, key)
	if err != nil {
		return nil, "", fmt.Errorf("reading the ledger of %s for %s: %w", key.Report, key.Tenant, err)
	}
	if data == nil {
		return &Ledger{Version: FormatVersion, Tenant: key.Tenant, Report: key.Report}, version, nil
	}
	ledger, err := Decode(data)
	if err != nil {
		return nil, "", fmt.Errorf("reading the ledger of %s for %s: %w", key.Report, key.Tenant, err)
	}
	if ledger.Tenant != key.Tenant || ledger.Report != key.Report {
		return nil, "", fmt.Errorf("the ledger stored for %s of %s says that it is of %s and %s: restore it from a backup, or remove it to fetch its slices again",
			key.Report, key.Tenant, ledger.Report, ledger.Tenant)
	}
	return ledger, version, nil
}

// Update reads the ledger, lets change alter it and stores it, again from the
// start as often as another process was quicker. change may run many times.
func Update(ctx context.Context, backend Backend, key Key, change func(*Ledger)) error {
	for try := 0; ; try++ {
		ledger, version, err := read(ctx, backend, key)
		if err != nil {
			return err
		}
		change(ledger)
		data, err := ledger.Encode()
		if err != nil {
			return fmt.Errorf("writing the ledger of %s for %s: %w", key.Report, key.Tenant, err)
		}
		_, err = backend.Put(ctx, key, data, version)
		if err == nil {
			return nil
		}
		if !errors.Is(err, ErrConflict) || try == maxTries {
			return fmt.Errorf("writing the ledger of %s for %s: %w", key.Report, key.Tenant, err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(rand.N(time.Duration(try+1) * 10 * time.Millisecond)):
		}
	}
}
