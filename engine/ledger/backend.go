package ledger

import (
	"context"
	"errors"
	"strings"
)

// Version is a backend's opaque token for the stored bytes of a ledger. The
// empty Version stands for "does not exist".
type Version string

// ErrConflict is returned by Put when the stored version is not the given one.
var ErrConflict = errors.New("the ledger was changed by another process")

// Backend stores ledgers and their pages as opaque bytes. It is safe for
// concurrent use by many processes. Get and List store nothing, nor make what is
// missing: a place that is not there yet holds no ledgers.
type Backend interface {
	// Get returns the stored bytes and their version, or nil and the empty
	// version where there are none. Bytes that it cannot open are an
	// *UnreadableError, which has their version.
	Get(ctx context.Context, key Key) ([]byte, Version, error)
	// Put stores data if the stored version still is old, and returns the new
	// version; otherwise it returns ErrConflict and changes nothing. What is
	// stored is afterwards there whole or as it was, whatever happens
	// meanwhile. An error other than ErrConflict leaves open which.
	Put(ctx context.Context, key Key, data []byte, old Version) (Version, error)
	// Delete removes what is stored if its version still is old; otherwise it
	// returns ErrConflict and changes nothing.
	Delete(ctx context.Context, key Key, old Version) error
	// List returns all keys, those of pages included, in any order. With a
	// *StrangersError they are all that there are.
	List(ctx context.Context) ([]Key, error)
}

// StrangersError names what lies beside ledgers, looks like one and is none: what
// a person, or a program that copies files, has put there. It does no harm.
type StrangersError struct{ Names []string }

func (e *StrangersError) Error() string {
	return strings.Join(e.Names, ", ") + ": not the name of a ledger"
}

// Checker is a Backend that can tell, without storing anything, what would keep
// it from storing.
type Checker interface {
	Check(ctx context.Context) error
}

// Migrator is a Backend that can bring its place, and what is stored there, to
// what the configuration asks for. Put does so for what it stores, and nothing
// else does.
type Migrator interface {
	// Migrate makes what storing needs, and encrypts what is to be encrypted. It
	// returns how many ledgers it has encrypted. What was done already is left as
	// it is, so that what was cut off can be repeated.
	Migrate(ctx context.Context) (encrypted int, err error)
}
