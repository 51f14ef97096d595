// Package objectstore has what all object stores share: the operations on the
// objects of a bucket or container, the decoding of the attributes of a block
// that say where one is and who asks, and errors in words for a user. The
// packages below it speak to one kind of store each, and all lists them.
//
// State backends keep small objects, and change them under conditions alone.
// Outputs will ask for more, and find it in optional interfaces beside Store
// that the packages below implement: to write an object of any size from a
// stream, under a media type of its own; to see the size and the version of one
// object (List has sizes already); to copy one within the store. Any is the
// condition of who wants none.
package objectstore

import (
	"context"
	"errors"
)

// Version is a store's token for what an object holds: an ETag or a generation.
// The empty Version is that of an object that does not exist.
type Version string

// Any is no object's Version. As a condition it always holds.
const Any Version = "*"

// ErrConflict says that a condition did not hold, and that nothing was changed.
var ErrConflict = errors.New("the object was changed meanwhile")

// Object is an object as a listing shows it.
type Object struct {
	Name string
	Size int64
}

// Store is a bucket or container. It is safe for concurrent use. It may send a
// request again whose answer it did not get, and the condition may then fail
// because of the first one. Other errors are each an *Explained, or the secret's.
type Store interface {
	// Get returns an object and its version, or nil and the empty version
	// where there is none.
	Get(ctx context.Context, name string) ([]byte, Version, error)
	// Put stores an object if its version still is old, and returns the new
	// version; the empty old version asks that there is none. Otherwise it
	// returns ErrConflict.
	Put(ctx context.Context, name string, data []byte, old Version) (Version, error)
	// Delete removes an object if its version still is old, which is not empty.
	// Otherwise it returns ErrConflict. With Any an object that does not exist
	// is no error. A server that has no conditions for it gives an error that
	// is errors.ErrUnsupported.
	Delete(ctx context.Context, name string, old Version) error
	// List returns all objects whose names begin with prefix.
	List(ctx context.Context, prefix string) ([]Object, error)
}

// Doubter is a Store whose server may be one that accepts conditions and ignores
// them. Whoever relies on conditions has to try them out before.
type Doubter interface {
	// Doubtful names the server, or returns nothing where it is known to obey.
	// A server that is not may also answer a conditional deletion of what does
	// not exist with success.
	Doubtful() (server string)
}

// MediaType is the type of what Put stores.
const MediaType = "application/json"
