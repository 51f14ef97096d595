package file

import (
	"os"
	"path/filepath"

	"github.com/reportform/reportform/internal/durable"
	"github.com/reportform/reportform/internal/filename"
	"github.com/reportform/reportform/internal/place"
)

// Key returns what stands for all the names that some supported system takes for
// one with a place: in other letters, in another form of Unicode, with other
// dots and blanks at the end. It is pure. Whether it is so where the places
// are, Alike says.
func (Files) Key(p place.Place) place.Place {
	if !p.IsFile() {
		return p
	}
	return place.Place(filename.Widest().Name(string(p)))
}

// Name returns what stands for all the names that the file system takes for one
// with a place there.
func (f Files) Name(p place.Place) place.Place {
	if !p.IsFile() {
		return p
	}
	return place.Place(f.folders.At(filepath.Dir(f.path(p))).Name(string(p)))
}

// Alike reports whether the file system takes two places for one, whether or not
// anything is there.
func (f Files) Alike(a, b place.Place) bool {
	if a == b || !a.IsFile() || !b.IsFile() || f.Key(a) != f.Key(b) {
		return a == b
	}
	one, other := f.path(a), f.path(b)
	same := 0 // up to which they are the same folders
	for i := 0; i < len(one) && i < len(other) && one[i] == other[i]; i++ {
		if os.IsPathSeparator(one[i]) {
			same = i + 1
		}
	}
	at := f.folders.At(filepath.Clean(one[:same]))
	return at.Name(string(a)) == at.Name(string(b))
}

// Fits returns a function that says why a place cannot be had: here, on this
// system, or elsewhere, on another one that is supported; both are empty for most.
// Each completes a sentence that begins with the path. The function is for one
// goroutine, and looks at folders, of which it remembers the last.
func (f Files) Fits() func(p place.Place) (here, elsewhere string) {
	var dir string // the last folder, with what it takes
	var takes filename.Manner
	return func(p place.Place) (here, elsewhere string) {
		if !p.IsFile() {
			return "", ""
		}
		path := f.path(p)
		if parent := filepath.Dir(path); parent != dir {
			dir, takes = parent, f.folders.At(parent)
		}
		if flaw := filename.FlawOfLength(path, takes.Longest, len(durable.TempName())); flaw != "" {
			return flaw, ""
		}
		flaw := filename.FlawOnWindows(string(p))
		if takes.Ends { // as Windows does
			return flaw, ""
		}
		return "", flaw
	}
}
