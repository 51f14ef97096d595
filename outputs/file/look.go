package file

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"syscall"

	"github.com/reportform/reportform/internal/place"
	"github.com/reportform/reportform/outputs"
)

// Look begins to look at files, for one goroutine. Files of one folder mostly
// come one after the other, so the last folder is kept open.
func (f Files) Look(context.Context) outputs.Look { return &look{files: f} }

type look struct {
	files  Files
	folder folder
	parent string // the folder as places have it
	begun  bool
}

// At implements outputs.Look. A file of the right size and time is taken for the
// one that was written; where only the time differs it is Unsure.
func (l *look) At(r *outputs.Receipt) (place.Condition, error) {
	path := string(r.Place)
	slash := strings.LastIndexByte(path, '/')
	parent, name := path[:slash+1], path[slash+1:]
	if !l.begun || l.parent != parent {
		l.folder.close()
		l.folder, l.parent, l.begun = openFolder(l.files.path(place.Place(parent))), parent, true
	}
	size, modified, err := l.folder.stat(name)
	switch {
	case errors.Is(err, errIrregular):
		return place.Altered, nil
	case err != nil && missing(err):
		return place.Missing, nil
	case err != nil:
		return place.Unreadable, err
	case size != r.Bytes:
		return place.Altered, nil
	case modified != r.Modified.UnixNano():
		return place.Unsure, nil
	}
	return place.Intact, nil
}

// Close implements outputs.Look.
func (l *look) Close() { l.folder.close() }

// errIrregular says that something else than a file has a file's name.
var errIrregular = errors.New("not a regular file")

// missing reports whether an error says that there is no such file: none of that
// name, something else than a folder above it, or links that lead in a circle.
func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ELOOP)
}
