package file

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/reportform/reportform/internal/diag"
	"github.com/reportform/reportform/internal/durable"
	"github.com/reportform/reportform/internal/event"
	"github.com/reportform/reportform/internal/filename"
	"github.com/reportform/reportform/internal/place"
	"github.com/reportform/reportform/internal/rawjson"
	"github.com/reportform/reportform/outputs"
)

// Files answers for the files that outputs have written, whatever their format
// and whether or not they are still declared: their places say all that it
// takes. It is safe for concurrent use.
type Files struct {
	dir     string // absolute, where relative places start
	folders *filename.Folders
}

// NewFiles returns the Files of a configuration's absolute directory.
func NewFiles(dir string) Files { return Files{dir, &filename.Folders{}} }

// path is where the file of a place lies, absolute.
func (f Files) path(p place.Place) string {
	path := filepath.FromSlash(p.Text())
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(f.dir, path)
}

// placeOf is the place of an absolute and clean path.
func (f Files) placeOf(path string) place.Place {
	n := len(f.dir)
	if len(path) > n && path[:n] == f.dir && os.IsPathSeparator(path[n]) {
		path = path[n+1:]
	}
	if path == consolePath {
		path = "./" + path // a file of this name
	}
	return place.Place(filepath.ToSlash(path))
}

// Verify reads a file and compares it with its receipt. read is told of every
// piece that was read. An error is the end of ctx.
func (f Files) Verify(ctx context.Context, r *outputs.Receipt, read func(bytes int64)) (place.Finding, error) {
	failed := func(err error) (place.Finding, error) {
		if missing(err) {
			return place.Finding{Condition: place.Missing}, nil
		}
		return place.Finding{Condition: place.Unreadable, Err: diag.Reason(err)}, ctx.Err()
	}
	path := f.path(r.Place)
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return failed(err)
	case !info.Mode().IsRegular():
		return failed(fmt.Errorf("it is no regular file (%s)", info.Mode().Type()))
	case info.Size() != r.Bytes:
		return place.Finding{Condition: place.Altered, Bytes: info.Size()}, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return failed(err)
	}
	defer file.Close()
	d := newDigester(r.Bytes, read)
	switch err := d.readAll(ctx, file); {
	case ctx.Err() != nil:
		return place.Finding{}, ctx.Err()
	case err != nil:
		return failed(err)
	}
	if sum := d.sum(); sum != r.SHA256 || d.bytes != r.Bytes {
		return place.Finding{Condition: place.Altered, Bytes: d.bytes, SHA256: sum}, nil
	}
	return place.Finding{Condition: place.Intact}, nil
}

// Remove deletes a file if it still is what its receipt says. One that is gone
// already is no error; one that was changed is outputs.ErrAltered and stays.
func (f Files) Remove(ctx context.Context, r *outputs.Receipt) error {
	return f.remove(ctx, r, os.Remove)
}

func (f Files) remove(ctx context.Context, r *outputs.Receipt, remove func(path string) error) error {
	err := f.proved(ctx, r)
	if err == nil {
		err = remove(f.path(r.Place))
	}
	if missing(err) {
		return nil
	}
	return diag.Reason(err)
}

// Tidy removes the folders that are empty since a file was removed, from its own
// up to root, which stays; an empty root is the directory where relative places
// start. Links and what something is mounted on stay, and so does everything of a
// file that is not below root.
func (f Files) Tidy(p, root place.Place) {
	top := f.dir
	if root != "" {
		top = f.path(root)
	}
	for dir := filepath.Dir(f.path(p)); ; dir = filepath.Dir(dir) {
		below, err := filepath.Rel(top, dir)
		if err != nil || below == "." || !filepath.IsLocal(below) {
			return
		}
		info, err := os.Lstat(dir)
		if err == nil && !info.IsDir() || err != nil && !missing(err) {
			return
		}
		// The system refuses a folder that is not empty, or mounted on.
		if err == nil && os.Remove(dir) != nil {
			return
		}
	}
}

// Relocate puts a file at a second place, whole and durably, and returns its
// receipt there; Vacate then takes it from the first. What is at the second place
// already is the end of an earlier try if it is the same; anything else is an
// error, and stays.
func (f Files) Relocate(ctx context.Context, r *outputs.Receipt, to place.Place) (outputs.Receipt, error) {
	moved := *r
	moved.Place = to
	there, err := f.Verify(ctx, &moved, func(int64) {})
	switch {
	case err != nil:
		return outputs.Receipt{}, err
	case there.Condition == place.Missing:
		err := f.proved(ctx, r)
		if err == nil {
			err = durable.Copy(f.path(r.Place), f.path(to), durable.Shared)
		}
		if err != nil && f.proved(ctx, &moved) != nil { // nor was another process quicker
			return outputs.Receipt{}, err
		}
	case there.Condition != place.Intact:
		return outputs.Receipt{}, fmt.Errorf("another file is at %s, and is not replaced (%w): move it away, or delete it if nothing needs it; if a plan calls it an orphan, -prune deletes it", to, fs.ErrExist)
	}
	info, err := os.Stat(f.path(to))
	if err != nil {
		return outputs.Receipt{}, diag.Reason(err)
	}
	moved.Modified = info.ModTime()
	return moved, nil
}

// Vacate deletes a file that was relocated from its first place, as Remove does,
// unless that is what the second place leads to.
func (f Files) Vacate(ctx context.Context, r *outputs.Receipt, to place.Place) error {
	if sameEntry(f.path(r.Place), f.path(to)) {
		return nil
	}
	if f.Same(r.Place, to) { // a second name of the file, which nobody has to read again
		return diag.Reason(durable.Remove(f.path(r.Place)))
	}
	return f.remove(ctx, r, durable.Remove)
}

// Aside returns a place in the folder of another one, under a name that is
// nobody's but its own.
func (f Files) Aside(p place.Place) place.Place {
	dir, name := path.Split(p.Text())
	sum := sha256.Sum256([]byte(name))
	return place.Place(dir + ".reportform-" + hex.EncodeToString(sum[:8]) + ".aside")
}

// sameEntry reports whether a path leads to what is removed with another one: the
// same name in the same folder, by whichever way, or one that the file system
// does not tell apart from it.
func sameEntry(removed, path string) bool {
	end, err := filepath.EvalSymlinks(path)
	if err != nil {
		return false
	}
	one, oneErr := os.Stat(filepath.Dir(removed))
	other, otherErr := os.Stat(filepath.Dir(end))
	if oneErr != nil || otherErr != nil || !os.SameFile(one, other) {
		return false
	}
	if filepath.Base(removed) == filepath.Base(end) {
		return true
	}
	one, oneErr = os.Lstat(removed)
	other, otherErr = os.Lstat(end)
	if oneErr != nil || otherErr != nil || !os.SameFile(one, other) {
		return false
	}
	// Either the folder has both names, which are hard links, or one is the other.
	entries, err := os.ReadDir(filepath.Dir(end))
	names := 0
	for _, entry := range entries {
		if name := entry.Name(); name == filepath.Base(removed) || name == filepath.Base(end) {
			names++
		}
	}
	return err != nil || names < 2
}

// proved returns nil for a file that is what its receipt says.
func (f Files) proved(ctx context.Context, r *outputs.Receipt) error {
	found, err := f.Verify(ctx, r, func(int64) {})
	if err != nil {
		return err
	}
	switch found.Condition {
	case place.Missing:
		return fs.ErrNotExist
	case place.Altered:
		return outputs.ErrAltered
	case place.Unreadable:
		return found.Err
	}
	return nil
}

// Reread yields the events of a verbatim file, some at a time; a batch may be
// used until the next one is asked for. A file that is not what its receipt says
// is outputs.ErrAltered, and none of its events come; what is altered while it
// is read is outputs.ErrAltered at the very end. An error ends the events.
//
// The file is read twice: what is broken may be no JSON any more, or nothing
// that a writer takes, and its digest alone tells that from a mistake of ours.
// The second reading is digested too, for somebody may write in the file
// meanwhile.
func (f Files) Reread(ctx context.Context, r *outputs.Receipt) iter.Seq2[[]event.Event, error] {
	return func(yield func([]event.Event, error) bool) {
		fail := func(err error) {
			yield(nil, fmt.Errorf("reading %s again: %w", r.Place, diag.Reason(err)))
		}
		file, err := os.Open(f.path(r.Place))
		if err != nil {
			fail(err)
			return
		}
		defer file.Close()
		info, err := file.Stat()
		if err != nil {
			fail(err)
			return
		}
		d := newDigester(info.Size(), func(int64) {})
		err = d.readAll(ctx, file)
		if err == nil && d.sum() != r.SHA256 {
			err = outputs.ErrAltered
		}
		if err == nil {
			_, err = file.Seek(0, io.SeekStart)
		}
		if err != nil {
			fail(err)
			return
		}
		second := sha256.New()
		var events []event.Event
		for objects, err := range rawjson.Objects(io.TeeReader(file, second)) {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				fail(err)
				return
			}
			events = events[:0]
			for _, raw := range objects {
				events = append(events, event.Event{Raw: raw, OneLine: bytes.IndexByte(raw, '\n') < 0 && bytes.IndexByte(raw, '\r') < 0})
			}
			if !yield(events, nil) {
				return
			}
		}
		if hex.EncodeToString(second.Sum(nil)) != r.SHA256 {
			fail(outputs.ErrAltered)
		}
	}
}

// Sweep removes what killed runs have left beside places: temporary files that
// no process of this machine holds, and those of others that are older than
// olderThan. It returns their names, and goes on past errors.
func (f Files) Sweep(places iter.Seq[place.Place], olderThan time.Time) ([]string, error) {
	var removed []string
	var errs []error
	swept := map[string]bool{}
	for p := range places {
		dir := filepath.Dir(f.path(p))
		if swept[dir] {
			continue
		}
		swept[dir] = true
		names, err := durable.RemoveLeftovers(dir, olderThan)
		for _, name := range names {
			removed = append(removed, filepath.Join(dir, name))
		}
		if err != nil && !missing(err) {
			errs = append(errs, fmt.Errorf("%s: %w", dir, diag.Reason(err)))
		}
	}
	return removed, errors.Join(errs...)
}

// Same reports whether two places are one file: links lead from one to the
// other, or the file system does not tell their names apart.
func (f Files) Same(a, b place.Place) bool {
	one, err := os.Stat(f.path(a))
	if err != nil {
		return false
	}
	other, err := os.Stat(f.path(b))
	return err == nil && os.SameFile(one, other)
}

// Locate returns the places that a path may stand for, the likeliest first: it
// may be relative to the configuration's directory, and links may lead to it. It
// says whether there is anything, and whether that is a directory.
func (f Files) Locate(path string) (places []place.Place, exists, directory bool) {
	absolute := f.path(place.Place(filepath.Clean(path)))
	places = []place.Place{f.placeOf(absolute)}
	if real, err := filepath.EvalSymlinks(absolute); err == nil {
		places = append(places, f.placeOf(real))
		if dir, err := filepath.EvalSymlinks(f.dir); err == nil {
			if below, err := filepath.Rel(dir, real); err == nil && filepath.IsLocal(below) {
				places = append(places, place.Place(filepath.ToSlash(below)))
			}
		}
	}
	info, err := os.Stat(absolute)
	return places, err == nil, err == nil && info.IsDir()
}

// digester reads files to their ends.
type digester struct {
	hash   hash.Hash
	buffer []byte
	bytes  int64
	read   func(bytes int64)
}

// newDigester returns the digester of a file that has about so many bytes.
func newDigester(size int64, read func(bytes int64)) *digester {
	const least, most = 512, 256 << 10
	return &digester{hash: sha256.New(), buffer: make([]byte, min(max(size+1, least), most)), read: read}
}

// readAll reads to the end, or until ctx ends.
func (d *digester) readAll(ctx context.Context, r io.Reader) error {
	for {
		n, err := r.Read(d.buffer)
		_, _ = d.hash.Write(d.buffer[:n]) // a hash takes everything
		d.bytes += int64(n)
		if n > 0 {
			d.read(int64(n))
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		}
	}
}

// sum is the SHA-256 of what was read, in hex.
func (d *digester) sum() string { return hex.EncodeToString(d.hash.Sum(nil)) }
