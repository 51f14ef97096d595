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
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/outputs/durable"
)

// Backend is a directory of ledgers. Processes on one machine, and on network
// file systems that honour advisory locks, may share it.
type Backend struct {
	dir   string
	swept sync.Map // the folders from which leftovers were removed
}

// New returns the backend of a directory, which need not exist yet.
func New(dir string) *Backend { return &Backend{dir: dir} }

// abandonedAfter is the age at which a temporary file is taken for one of a
// process that was killed. Ledgers are written in a moment.
const abandonedAfter = time.Hour

const (
	extension = ".json"
	lockDir   = ".locks"
	lockCount = 64
)

// Get implements ledger.Backend.
func (b *Backend) Get(ctx context.Context, key ledger.Key) ([]byte, ledger.Version, error) {
	if err := ctx.Err(); err != nil {
		return nil, "", err
	}
	data, err := os.ReadFile(b.path(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	return data, versionOf(data), nil
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
	return versionOf(data), nil
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
	err := folder(b.dir, func(report fs.DirEntry) error {
		if !report.IsDir() || report.Name() == lockDir {
			return nil
		}
		address, err := unescape(report.Name())
		if err != nil {
			return fmt.Errorf("%s is not a report's folder: %w", filepath.Join(b.dir, report.Name()), err)
		}
		return listReport(filepath.Join(b.dir, report.Name()), address, &keys)
	})
	return keys, err
}

// listReport appends the keys in the folder of a report.
func listReport(dir, report string, keys *[]ledger.Key) error {
	return folder(dir, func(entry fs.DirEntry) error {
		name, stored := strings.CutSuffix(entry.Name(), extension)
		if strings.HasPrefix(name, ".") || !stored && !entry.IsDir() {
			return nil
		}
		tenant, err := unescape(name)
		if err != nil {
			return fmt.Errorf("%s is not a ledger's file: %w", filepath.Join(dir, entry.Name()), err)
		}
		if !entry.IsDir() {
			*keys = append(*keys, ledger.Key{Tenant: tenant, Report: report})
			return nil
		}
		return folder(filepath.Join(dir, entry.Name()), func(page fs.DirEntry) error {
			if name, ok := strings.CutSuffix(page.Name(), extension); ok && !strings.HasPrefix(name, ".") {
				*keys = append(*keys, ledger.Key{Tenant: tenant, Report: report, Page: name})
			}
			return nil
		})
	})
}

// folder calls do for every entry of a directory, which need not exist.
func folder(dir string, do func(fs.DirEntry) error) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if err := do(entry); err != nil {
			return err
		}
	}
	return nil
}

// lock takes the lock that guards key, one of a fixed number so that lock
// files do not pile up. Locks are on open files, so they also exclude other
// goroutines, and the system releases them when a process dies.
func (b *Backend) lock(key ledger.Key) (unlock func(), err error) {
	dir := filepath.Join(b.dir, lockDir)
	if err := durable.MakeDir(dir); err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(key.Report + "\x00" + key.Tenant + "\x00" + key.Page))
	lock := flock.New(filepath.Join(dir, fmt.Sprintf("%02d", int(sum[0])%lockCount)))
	if err := lock.Lock(); err != nil {
		return nil, fmt.Errorf("locking %s: %w", lock.Path(), err)
	}
	return func() { _ = lock.Unlock() }, nil
}

// path is the file of a key: REPORT/TENANT.json, or REPORT/TENANT/PAGE.json.
func (b *Backend) path(key ledger.Key) string {
	if key.Page != "" {
		return filepath.Join(b.dir, escape(key.Report), escape(key.Tenant), key.Page+extension)
	}
	return filepath.Join(b.dir, escape(key.Report), escape(key.Tenant)+extension)
}

func versionOf(data []byte) ledger.Version {
	sum := sha256.Sum256(data)
	return ledger.Version(hex.EncodeToString(sum[:]))
}
