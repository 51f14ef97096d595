// Package sealed encrypts ledgers with age before another backend stores them.
//
// What is stored is an age file (age-encryption.org/v1) for one recipient,
// whom the first identity gives. Its plaintext begins with a line that names
// the key, so that what was stored under one key cannot take the place of
// another's; the ledger follows. The program age opens it as well.
//
// Keys, sizes and times stay visible, and so does that something changed.
// Who may write to the storage can bring back an older state of the same
// ledger. What is there is authentic as long as nobody else knows the
// recipient, which is therefore secret too: age encrypts for whoever is named,
// and does not say by whom.
package sealed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/reportform/reportform/engine/ledger"
)

// Backend encrypts what another backend stores. Versions are the other's, so
// that compare-and-swap means the same.
type Backend struct {
	inner   ledger.Backend
	keys    *keyring
	migrate bool
}

// Options say with what to encrypt.
type Options struct {
	// Identities are where the keys are found. The first key of the first one
	// encrypts, all of them decrypt.
	Identities []Identity
	// Migrate is for the time in which encryption is switched on or a key
	// replaced: what is stored in plain text is read, and Migrate encrypts
	// everything that the first key did not encrypt. Without it plain text is
	// an error, because who may write to the storage could put it there.
	Migrate bool
}

// Identity is a place of age identities.
type Identity struct {
	Place string // for errors
	// Read returns what is found there: lines as age-keygen writes them.
	Read func(context.Context) (string, error)
}

// New returns a backend that encrypts what inner stores. The keys are read at
// the first use.
func New(inner ledger.Backend, options Options) *Backend {
	return &Backend{inner: inner, keys: &keyring{places: options.Identities}, migrate: options.Migrate}
}

// Get implements ledger.Backend.
func (b *Backend) Get(ctx context.Context, key ledger.Key) ([]byte, ledger.Version, error) {
	stored, version, err := b.inner.Get(ctx, key)
	if err != nil || stored == nil {
		return nil, version, err
	}
	data, err := b.open(ctx, key, stored)
	if err != nil {
		return nil, "", &ledger.UnreadableError{Err: err, Version: version}
	}
	return data, version, nil
}

// open returns the ledger that was stored under key.
func (b *Backend) open(ctx context.Context, key ledger.Key, stored []byte) ([]byte, error) {
	if !ledger.Encrypted(stored) {
		if b.migrate {
			return stored, nil
		}
		return nil, &ledger.KeyError{Err: errPlain}
	}
	keys, err := b.keys.load(ctx)
	if err != nil {
		return nil, &ledger.KeyError{Err: err}
	}
	return open(keys, key, stored)
}

// Put implements ledger.Backend.
func (b *Backend) Put(ctx context.Context, key ledger.Key, data []byte, old ledger.Version) (ledger.Version, error) {
	keys, err := b.keys.load(ctx)
	if err != nil {
		return "", err
	}
	stored, err := seal(keys, key, data)
	if err != nil {
		return "", err
	}
	return b.inner.Put(ctx, key, stored, old)
}

// Delete implements ledger.Backend.
func (b *Backend) Delete(ctx context.Context, key ledger.Key, old ledger.Version) error {
	return b.inner.Delete(ctx, key, old)
}

// List implements ledger.Backend.
func (b *Backend) List(ctx context.Context) ([]ledger.Key, error) { return b.inner.List(ctx) }

// Migrate implements ledger.Migrator. With Options.Migrate, everything that is
// stored is encrypted with the first key when it returns without an error.
func (b *Backend) Migrate(ctx context.Context) (encrypted int, err error) {
	if migrator, ok := b.inner.(ledger.Migrator); ok {
		if _, err := migrator.Migrate(ctx); err != nil {
			return 0, err
		}
	}
	if !b.migrate {
		return 0, nil
	}
	keys, err := b.inner.List(ctx)
	if _, harmless := errors.AsType[*ledger.StrangersError](err); err != nil && !harmless {
		return 0, err
	}
	var mu sync.Mutex
	ledgers := map[ledger.Key]bool{} // those of which something was encrypted
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for _, key := range keys {
		group.Go(func() error {
			resealed, err := b.reseal(groupCtx, key)
			if err != nil {
				return fmt.Errorf("encrypting %s: %w", name(key), err)
			}
			if resealed {
				mu.Lock()
				defer mu.Unlock()
				ledgers[ledger.Key{Tenant: key.Tenant, Report: key.Report}] = true
			}
			return nil
		})
	}
	err = group.Wait()
	return len(ledgers), err
}

// Check implements ledger.Checker: there is a key, and the other backend finds
// nothing either.
func (b *Backend) Check(ctx context.Context) error {
	if _, err := b.keys.load(ctx); err != nil {
		return err
	}
	if checker, ok := b.inner.(ledger.Checker); ok {
		return checker.Check(ctx)
	}
	return nil
}

// Close closes the other backend, if it can be closed.
func (b *Backend) Close() error {
	if closer, ok := b.inner.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}

// reseal encrypts with the first key what is stored otherwise, and reports
// whether it did.
func (b *Backend) reseal(ctx context.Context, key ledger.Key) (bool, error) {
	keys, err := b.keys.load(ctx)
	if err != nil {
		return false, err
	}
	for {
		stored, version, err := b.inner.Get(ctx, key)
		if err != nil || stored == nil || keys.sealedByFirst(stored) {
			return false, err
		}
		data, err := b.open(ctx, key, stored)
		if err != nil {
			return false, err
		}
		_, err = b.Put(ctx, key, data, version)
		if !errors.Is(err, ledger.ErrConflict) {
			return err == nil, err
		}
	}
}
