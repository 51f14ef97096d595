package blob

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"sync"

	"github.com/reportform/reportform/internal/objectstore"
)

// doubted is a store whose server may accept a condition and ignore it, so that
// two processes would silently overwrite each other's ledgers. Before the first
// write it is tried out on an object that nobody else knows. A server that
// ignores a condition on a write cannot keep ledgers, and is refused.
//
// Where a server obeys no condition on a deletion, another process could lose
// what it has written in the meantime: there the object is replaced, under the
// condition, by one without content, which counts as deleted and stays. Ledgers
// are never empty.
type doubted struct {
	objectstore.Store
	server string

	mu    sync.Mutex
	known bool
	// deletes: the server obeys conditions on a deletion.
	deletes bool
}

// newDoubted returns the store of a server, which is empty where it is known to
// obey.
func newDoubted(store objectstore.Store, server string) *doubted {
	return &doubted{Store: store, server: server, known: server == "", deletes: server == ""}
}

// Get implements objectstore.Store.
func (d *doubted) Get(ctx context.Context, name string) ([]byte, objectstore.Version, error) {
	data, version, err := d.Store.Get(ctx, name)
	if err != nil || len(data) == 0 {
		return nil, "", err
	}
	return data, version, nil
}

// Put implements objectstore.Store.
func (d *doubted) Put(ctx context.Context, name string, data []byte, old objectstore.Version) (objectstore.Version, error) {
	if _, err := d.tried(ctx, name); err != nil {
		return "", err
	}
	version, err := d.Store.Put(ctx, name, data, old)
	if !errors.Is(err, objectstore.ErrConflict) || old != "" {
		return version, err
	}
	content, stored, err := d.Store.Get(ctx, name)
	switch {
	case err != nil:
		return "", err
	case len(content) > 0 || stored == "":
		return "", objectstore.ErrConflict
	}
	return d.Store.Put(ctx, name, data, stored) // it had been deleted
}

// Delete implements objectstore.Store.
func (d *doubted) Delete(ctx context.Context, name string, old objectstore.Version) error {
	conditional, err := d.tried(ctx, name)
	if err != nil {
		return err
	}
	// Not every server minds a condition on what does not exist.
	if _, stored, err := d.Get(ctx, name); err != nil || stored != old {
		if err == nil {
			err = objectstore.ErrConflict
		}
		return err
	}
	if conditional {
		return d.Store.Delete(ctx, name, old)
	}
	_, err = d.Store.Put(ctx, name, nil, old)
	return err
}

// List implements objectstore.Store.
func (d *doubted) List(ctx context.Context, prefix string) ([]objectstore.Object, error) {
	var kept []objectstore.Object
	objects, err := d.Store.List(ctx, prefix)
	for _, object := range objects {
		if object.Size > 0 {
			kept = append(kept, object)
		}
	}
	return kept, err
}

// tried reports whether the server obeys conditions on a deletion, once it has
// been tried out. What is tried out is an object beside name, so that rights on
// a prefix are enough.
func (d *doubted) tried(ctx context.Context, name string) (deletes bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.known {
		if d.deletes, err = d.tryOut(ctx, name+".probe-"+strings.ToLower(rand.Text())); err != nil {
			return false, err
		}
		d.known = true
	}
	return d.deletes, nil
}

// wrong is an ETag that no object has.
const wrong = `"00000000000000000000000000000000"`

func (d *doubted) tryOut(ctx context.Context, name string) (deletes bool, err error) {
	version, err := d.Store.Put(ctx, name, []byte("{}"), "")
	if err != nil {
		return false, err
	}
	for _, condition := range []objectstore.Version{"", wrong} {
		if _, err = d.Store.Put(ctx, name, []byte("[]"), condition); err == nil {
			err = objectstore.Explain(errors.ErrUnsupported, "the server %s ignores conditions on writes (If-None-Match, If-Match), so that two processes "+
				"could overwrite each other's ledgers: update it to a version that obeys them, or use another state backend", d.server)
		}
		if !errors.Is(err, objectstore.ErrConflict) {
			d.discard(ctx, name)
			return false, err
		}
	}
	if err = d.Store.Delete(ctx, name, wrong); errors.Is(err, objectstore.ErrConflict) {
		return true, d.Store.Delete(ctx, name, version)
	}
	d.discard(ctx, name)
	if errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return false, err
}

// discard removes the object that was tried out, if it can be removed: it is
// never read, and its name is used once.
func (d *doubted) discard(ctx context.Context, name string) {
	_ = d.Store.Delete(ctx, name, objectstore.Any)
}
