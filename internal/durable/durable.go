// Package durable writes files that are there whole or not at all.
//
// A file is written without a name, or where the system cannot do that under a
// hidden temporary name in the directory of its final one; it is synced, put
// into place, and the directory is synced. A crash at any point leaves the old
// file or the new one, and at worst a temporary file that RemoveLeftovers
// recognises: a process holds a lock on each temporary file that it still needs.
package durable

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/reportform/reportform/internal/diag"
)

// Every temporary name begins with Prefix and ends with Suffix.
const (
	Prefix = ".reportform-"
	Suffix = ".tmp"
)

// Permissions of new files, less the process's umask.
const (
	Shared  fs.FileMode = 0o644
	Private fs.FileMode = 0o600
)

// File is a file on its way to its final name. It is used by one goroutine.
// Its errors name the operation and the final path.
type File struct {
	path string
	temp *os.File
	link func(f *os.File, name string) error // gives temp a name if it has none
	sync func(f *os.File) error              // makes the content of a file durable
	// named: temp lies on the disk under its temporary name. open: temp has
	// not been closed. synced: the content is durable.
	named, open, synced bool
	// behind is up to where the content is on its way to the disk.
	written, behind int64
}

// Create starts a file that Publish will put at path. Missing directories are
// created. A path at which something other than a regular file lies is an
// error; a symbolic link to a file will be replaced, not followed.
func Create(path string, perm fs.FileMode) (*File, error) {
	switch info, err := os.Stat(path); {
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("create %s: it is a directory, name a file inside it", path)
	case err == nil && !info.Mode().IsRegular():
		return nil, fmt.Errorf("create %s: it is not a regular file and is not replaced", path)
	}
	dir := filepath.Dir(path)
	if err := MakeDir(dir); err != nil {
		return nil, fmt.Errorf("create %s: %w", path, err)
	}
	temp, named, err := createTemp(dir, perm)
	if err != nil {
		return nil, fmt.Errorf("create %s: %w", path, diag.Reason(err))
	}
	return &File{path: path, temp: temp, link: link, sync: (*os.File).Sync, named: named, open: true}, nil
}

// createNamed creates a file with a temporary name and holds it.
func createNamed(dir string, perm fs.FileMode) (*os.File, error) {
	const tries = 100 // in none of which another process was quicker, as a rule
	for range tries {
		f, err := os.OpenFile(filepath.Join(dir, TempName()), os.O_RDWR|os.O_CREATE|os.O_EXCL, perm)
		if err != nil || hold(f) {
			return f, err
		}
		f.Close() // another process took it for a leftover before it was held
	}
	return nil, errors.New("its temporary file disappears as soon as it is made")
}

// TempName returns a fresh temporary name, which says on which host it was made.
func TempName() string { return Prefix + host() + "-" + rand.Text() + Suffix }

// host stands for this machine in temporary names; it is empty for one without
// a name.
func host() string {
	name, err := os.Hostname()
	if err != nil || name == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:4])
}

// Write appends to the file.
func (f *File) Write(p []byte) (int, error) {
	n, err := f.temp.Write(p)
	if err != nil {
		return n, fmt.Errorf("write %s: %w", f.path, diag.Reason(err))
	}
	f.written += int64(n)
	for ; f.written-f.behind >= writeStep; f.behind += writeStep {
		writeBehind(f.temp, f.behind, writeStep)
	}
	return n, nil
}

// cached is the size from which a file does not stay in the system's cache.
const cached = 256 << 10

// writeStep is how much is written before it is sent on its way to the disk.
const writeStep = 8 << 20

// Sync ends the writing: it makes the content durable.
func (f *File) Sync() error {
	err := f.sync(f.temp)
	if f.written >= cached {
		forget(f.temp)
	}
	if err != nil {
		return fmt.Errorf("sync %s: %w", f.path, diag.Reason(err))
	}
	f.synced = true
	return nil
}

// Publish gives the synced file its final name, replacing what was there, and
// makes that durable. If it fails before that, the old file is still in place
// and Discard removes the new one.
func (f *File) Publish() error {
	if !f.synced {
		return fmt.Errorf("publish %s: the file was not synced", f.path)
	}
	if err := f.name(); err != nil {
		return fmt.Errorf("publish %s: %w", f.path, diag.Reason(err))
	}
	f.synced, f.named = false, false
	f.close()
	if err := syncDir(filepath.Dir(f.path)); err != nil {
		return fmt.Errorf("publish %s: %w", f.path, err)
	}
	return nil
}

// name gives the file its final name.
func (f *File) name() error {
	if f.named {
		if runtime.GOOS == "windows" { // which renames no open file
			f.close()
		}
		return os.Rename(f.temp.Name(), f.path)
	}
	err := f.link(f.temp, f.path)
	if errors.Is(err, fs.ErrExist) {
		// A name that is taken can be replaced by a rename alone.
		hold(f.temp)
		temporary := filepath.Join(filepath.Dir(f.path), TempName())
		if err = f.link(f.temp, temporary); err == nil {
			return f.replaceBy(temporary)
		}
	}
	if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	// The system shows no open files, or the file system has no links. Some say
	// so only where the name is free.
	to, err := f.copy()
	if err != nil {
		return err
	}
	defer to.Close() // it was synced
	return f.replaceBy(to.Name())
}

// replaceBy gives a temporary file the final name.
func (f *File) replaceBy(temporary string) error {
	if err := os.Rename(temporary, f.path); err != nil {
		return errors.Join(err, os.Remove(temporary))
	}
	return nil
}

// copy returns an open file beside the final one, with a temporary name and the
// content, durably.
func (f *File) copy() (*os.File, error) {
	info, err := f.temp.Stat()
	if err != nil {
		return nil, err
	}
	to, err := createNamed(filepath.Dir(f.path), info.Mode().Perm())
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(to, io.NewSectionReader(f.temp, 0, info.Size()))
	if err = errors.Join(err, f.sync(to)); err != nil {
		return nil, errors.Join(err, to.Close(), os.Remove(to.Name()))
	}
	return to, nil
}

// Discard removes the file unless it was published. It may be called at any
// time and more than once.
func (f *File) Discard() error {
	f.close()
	f.synced = false
	if !f.named {
		return nil
	}
	if err := os.Remove(f.temp.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("discard %s: %w", f.path, err)
	}
	f.named = false
	return nil
}

// close closes what is open; what could not be written is removed anyway, and
// what was synced is on the disk.
func (f *File) close() {
	if f.open {
		f.open = false
		f.temp.Close()
	}
}

// end publishes what was written, or discards it if that failed.
func (f *File) end(err error) error {
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = f.Publish()
	}
	if err != nil {
		return errors.Join(err, f.Discard())
	}
	return nil
}

// WriteFile puts data at path, whole or not at all.
func WriteFile(path string, data []byte, perm fs.FileMode) error {
	f, err := Create(path, perm)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return f.end(err)
}

// Copy puts the file at from at to as well, whole or not at all: as a second name
// of it where the file system can, else as a copy with these permissions. A
// symbolic link is followed. What lies at to stays, and is an error.
func Copy(from, to string, perm fs.FileMode) error { return copyFile(os.Link, from, to, perm) }

// copyFile is Copy with what makes links.
func copyFile(link func(from, to string) error, from, to string, perm fs.FileMode) error {
	source, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("read %s: %w", from, diag.Reason(err))
	}
	defer source.Close()
	if err := MakeDir(filepath.Dir(to)); err != nil {
		return fmt.Errorf("create %s: %w", to, err)
	}
	if _, err := os.Lstat(to); err == nil { // which not every failing link says
		return fmt.Errorf("create %s: %w", to, fs.ErrExist)
	}
	real, err := filepath.EvalSymlinks(from) // a link to a link would lead elsewhere
	if err == nil {
		err = link(real, to)
	}
	switch {
	case err == nil:
		return syncDir(filepath.Dir(to))
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("create %s: %w", to, diag.Reason(err))
	}
	f, err := Create(to, perm)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, source)
	return f.end(err)
}

// Remove deletes the file at path, durably.
func Remove(path string) error {
	if err := os.Remove(path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// RemoveLeftovers removes the temporary files directly in dir of processes that
// have died: those of this host that nobody holds, and where that cannot be told
// those that were last written before olderThan. It returns their names and goes
// on past errors. A directory that does not exist has none.
func RemoveLeftovers(dir string, olderThan time.Time) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var removed []string
	errs := []error{err}
	for _, entry := range entries {
		if !IsTemp(entry.Name()) || !entry.Type().IsRegular() {
			continue
		}
		switch gone, err := removeLeftover(dir, entry, olderThan); {
		case err != nil:
			errs = append(errs, err)
		case gone:
			removed = append(removed, entry.Name())
		}
	}
	return removed, errors.Join(errs...)
}

// removeLeftover removes a temporary file unless it is in use or gone already.
func removeLeftover(dir string, entry fs.DirEntry, olderThan time.Time) (removed bool, err error) {
	path := filepath.Join(dir, entry.Name())
	if tag := host(); tag != "" && strings.HasPrefix(entry.Name(), Prefix+tag+"-") {
		if removed, sure, err := removeUnheld(path); sure {
			return removed, err
		}
	}
	info, err := entry.Info()
	if err != nil || !info.ModTime().Before(olderThan) {
		return false, nil
	}
	if err := os.Remove(path); err != nil {
		return false, err
	}
	return true, nil
}

// IsTemp reports whether a file of this name is a temporary one.
func IsTemp(name string) bool {
	return len(name) > len(Prefix)+len(Suffix) && strings.HasPrefix(name, Prefix) && strings.HasSuffix(name, Suffix)
}

// MakeDir creates dir and what is missing above it, each durable in its parent.
func MakeDir(dir string) error {
	info, err := os.Stat(dir)
	if err == nil {
		if !info.IsDir() {
			return fmt.Errorf("%s is a file, not a directory", dir)
		}
		return nil
	}
	parent := filepath.Dir(dir)
	if !errors.Is(err, fs.ErrNotExist) || parent == dir {
		return err
	}
	if err := MakeDir(parent); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		if errors.Is(err, fs.ErrExist) { // another writer was quicker, or a dangling link
			if info, err := os.Stat(dir); err == nil && info.IsDir() {
				return nil
			}
		}
		return err
	}
	return syncDir(parent)
}

// syncDir makes the names in dir durable. Windows has no such call: there the
// file system's journal does it.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
