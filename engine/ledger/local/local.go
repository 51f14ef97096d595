// Package local stores ledgers as files below a directory: one folder a
// report, in it one file a tenant, and one folder a tenant for its pages.
package local

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/ledger/keypath"
	"github.com/reportform/reportform/internal/durable"
)

// Backend is a directory of ledgers. Processes on one machine, and on network
// file systems that honour advisory locks, may share it.
type Backend struct {
	dir   string
	swept sync.Map // the folders from which leftovers were removed
	take  func(path string) (unlock func(), err error)
}

// New returns the backend of a directory, which need not exist yet.
func New(dir string) *Backend { return &Backend{dir: dir, take: takeLock} }

// abandonedAfter is the age at which a temporary file of another host is taken
// for one of a process that was killed. Ledgers are written in a moment.
const abandonedAfter = time.Hour

const (
	lockDir   = ".locks"
	lockCount = 64
)

// Get implements ledger.Backend.
func (b *Backend) Get(ctx context.Context, key ledger.Key) ([]byte, ledger.Version, error) {
	if err := ctx.Err(); err != nil {
		return nil, "", err
	}
	data, err := readFile(b.path(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	return data, versionOf(key, data), nil
}

// Put implements ledger.Backend. The comparison and the write happen under an
// advisory file lock, and the file is replaced by a rename.
func (b *Backend) Put(ctx context.Context, key ledger.Key, data []byte, old ledger.Version) (ledger.Version, error) {
	unlock, err := b.lock(key)
	if err != nil {
		return "", err
	}
	defer unlock()
	_, stored, err := b.Get(ctx, key)
	if err != nil {
		return "", err
	}
	if stored != old {
		return "", ledger.ErrConflict
	}
	b.sweep(filepath.Dir(b.path(key)))
	if err := durable.WriteFile(b.path(key), data, durable.Private); err != nil {
		return "", err
	}
	return versionOf(key, data), nil
}

// sweep removes from a folder, when it is first written to, the temporary files
// that killed processes have left there. It is a courtesy: what it cannot
// remove takes some room and harms nobody.
func (b *Backend) sweep(folder string) {
	if _, done := b.swept.LoadOrStore(folder, true); !done {
		_, _ = durable.RemoveLeftovers(folder, time.Now().Add(-abandonedAfter))
	}
}

// Delete implements ledger.Backend.
func (b *Backend) Delete(ctx context.Context, key ledger.Key, old ledger.Version) error {
	unlock, err := b.lock(key)
	if err != nil {
		return err
	}
	defer unlock()
	_, stored, err := b.Get(ctx, key)
	if err != nil {
		return err
	}
	if stored != old {
		return ledger.ErrConflict
	}
	if stored == "" {
		return nil
	}
	return os.Remove(b.path(key))
}

// List implements ledger.Backend.
func (b *Backend) List(ctx context.Context) ([]ledger.Key, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var keys []ledger.Key
	var strangers ledger.StrangersError
	err := b.walk("", func(path string) error {
		key, ok, err := keypath.Parse(path)
		if ok {
			keys = append(keys, key)
		}
		if err != nil {
			strangers.Names = append(strangers.Names, filepath.Join(b.dir, filepath.FromSlash(path)))
		}
		return nil
	})
	if err == nil && strangers.Names != nil {
		err = &strangers
	}
	return keys, err
}

// walk calls do with the path of every file in and below a folder, which need
// not exist. Names that begin with a dot are locks and files on their way.
func (b *Backend) walk(folder string, do func(path string) error) error {
	entries, err := os.ReadDir(filepath.Join(b.dir, filepath.FromSlash(folder)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name := path.Join(folder, entry.Name())
		switch {
		case strings.HasPrefix(entry.Name(), "."):
			continue
		case entry.IsDir():
			err = b.walk(name, do)
		default:
			err = do(name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Check implements ledger.Checker: it takes a lock once, on a file of its own
// that it removes, as near to the place of the locks as there is a directory.
func (b *Backend) Check(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	dir, err := nearest(filepath.Join(b.dir, lockDir))
	if err != nil {
		return err
	}
	path := filepath.Join(dir, durable.TempName())
	unlock, err := b.lockFile(path)
	if err != nil {
		_ = os.Remove(path)
		return err
	}
	unlock()
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// nearest returns a directory, or the nearest one above it that exists.
func nearest(dir string) (string, error) {
	info, err := os.Stat(dir)
	parent := filepath.Dir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) && parent != dir:
		return nearest(parent)
	case err == nil && !info.IsDir():
		return "", fmt.Errorf("%s is a file, not a directory", dir)
	}
	return dir, err
}

// lock takes the lock that guards key, one of a fixed number so that lock
// files do not pile up.
func (b *Backend) lock(key ledger.Key) (unlock func(), err error) {
	dir := filepath.Join(b.dir, lockDir)
	if err := durable.MakeDir(dir); err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(key.Report + "\x00" + key.Tenant + "\x00" + key.Page))
	return b.lockFile(filepath.Join(dir, fmt.Sprintf("%02d", int(sum[0])%lockCount)))
}

// lockFile takes the lock on a file, and makes it where it is missing.
func (b *Backend) lockFile(path string) (unlock func(), err error) {
	unlock, err = b.take(path)
	switch {
	case errors.Is(err, errors.ErrUnsupported), errors.Is(err, syscall.ENOLCK):
		return nil, fmt.Errorf("locking %s: %w: the file system has no locks for files, without which processes would overwrite each other's ledgers. "+
			`Give state "local" a path on another file system, or use state "blob" or state "postgres"`, path, err)
	case err != nil:
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	return unlock, nil
}

// takeLock waits for the lock on a file. Locks are on open files, so they also
// exclude other goroutines, and the system releases them when a process dies.
func takeLock(path string) (unlock func(), err error) {
	lock := flock.New(path)
	if err := lock.Lock(); err != nil {
		return nil, err
	}
	return func() { _ = lock.Unlock() }, nil
}

// path is the file of a key.
func (b *Backend) path(key ledger.Key) string {
	return filepath.Join(b.dir, filepath.FromSlash(keypath.Of(key)))
}

// versionOf is the digest of what is stored. A page is stored once, under a name
// that no other has: that it is there says as much.
func versionOf(key ledger.Key, data []byte) ledger.Version {
	if key.Page != "" {
		return "page"
	}
	sum := sha256.Sum256(data)
	return ledger.Version(hex.EncodeToString(sum[:]))
}
