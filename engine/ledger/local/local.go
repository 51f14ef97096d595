// Package local stores ledgers as files below a directory: one folder a
// report, one file a tenant.
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
	"slices"
	"strings"

	"github.com/gofrs/flock"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/outputs/durable"
)

// Backend is a directory of ledgers. Processes on one machine, and on network
// file systems that honour advisory locks, may share it.
type Backend struct {
	dir string
}

// New returns the backend of a directory, which need not exist yet.
func New(dir string) *Backend { return &Backend{dir} }

const (
	extension = ".json"
	lockDir   = ".locks"
	lockCount = 64
)

// Get implements ledger.Backend.
func (b *Backend) Get(_ context.Context, key ledger.Key) ([]byte, ledger.Version, error) {
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
	if err := durable.WriteFile(b.path(key), data, 0o600); err != nil {
		return "", err
	}
	return versionOf(data), nil
}

// List implements ledger.Backend.
func (b *Backend) List(_ context.Context) ([]ledger.Key, error) {
	reports, err := os.ReadDir(b.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var keys []ledger.Key
	for _, report := range reports {
		if !report.IsDir() || report.Name() == lockDir {
			continue
		}
		tenants, err := os.ReadDir(filepath.Join(b.dir, report.Name()))
		if err != nil {
			return nil, err
		}
		for _, tenant := range tenants {
			name, ok := strings.CutSuffix(tenant.Name(), extension)
			if !ok || strings.HasPrefix(name, ".") {
				continue
			}
			var key ledger.Key
			if key.Report, err = unescape(report.Name()); err == nil {
				key.Tenant, err = unescape(name)
			}
			if err != nil {
				return nil, fmt.Errorf("%s is not a ledger's file name: %w", filepath.Join(b.dir, report.Name(), tenant.Name()), err)
			}
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(x, y ledger.Key) int {
		return strings.Compare(x.Report+"\x00"+x.Tenant, y.Report+"\x00"+y.Tenant)
	})
	return keys, nil
}

// lock takes the lock that guards key, one of a fixed number so that lock
// files do not pile up. Locks are on open files, so they also exclude other
// goroutines, and the system releases them when a process dies.
func (b *Backend) lock(key ledger.Key) (unlock func(), err error) {
	dir := filepath.Join(b.dir, lockDir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(key.Report + "\x00" + key.Tenant))
	lock := flock.New(filepath.Join(dir, fmt.Sprintf("%02d", int(sum[0])%lockCount)))
	if err := lock.Lock(); err != nil {
		return nil, fmt.Errorf("locking %s: %w", lock.Path(), err)
	}
	return func() { _ = lock.Unlock() }, nil
}

func (b *Backend) path(key ledger.Key) string {
	return filepath.Join(b.dir, escape(key.Report), escape(key.Tenant)+extension)
}

func versionOf(data []byte) ledger.Version {
	sum := sha256.Sum256(data)
	return ledger.Version(hex.EncodeToString(sum[:]))
}
