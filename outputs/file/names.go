package file

import (
	"os"
	"path"
	"path/filepath"
	"strings"

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
// goroutine, and looks at folders, which it remembers.
func (f Files) Fits() func(p place.Place) (here, elsewhere string) {
	temporary := len(durable.TempName()) // all are as long
	known := map[string]*site{}
	var in *site // the last
	var of string
	return func(p place.Place) (here, elsewhere string) {
		if !p.IsFile() {
			return "", ""
		}
		dir, name := path.Split(string(p))
		if in == nil || dir != of {
			if in, of = known[dir], dir; in == nil {
				in = f.site(dir, known)
			}
		}
		here = in.here
		if here == "" {
			here = filename.FlawOfName(name, in.takes.Longest)
		}
		if here == "" {
			here = filename.FlawOfLength(in.length + max(len(name), temporary))
		}
		if here != "" {
			return here, ""
		}
		flaw := in.onWindows
		if flaw == "" {
			flaw = filename.FlawOnWindows(name)
		}
		if in.takes.Ends { // as Windows does
			return flaw, ""
		}
		return "", flaw
	}
}

// site is a folder that places lie in.
type site struct {
	path    string // absolute
	missing bool
	takes   filename.Manner
	length  int // of the path, with a separator
	// Why it cannot be had, whatever lies in it.
	here, onWindows string
}

// site looks at the folder of a place, and adds it to the known ones with those
// above it: what is below a missing one is missing.
func (f Files) site(dir string, known map[string]*site) *site {
	const most = 1 << 16 // are remembered
	if len(known) >= most {
		clear(known)
	}
	in := &site{path: filepath.Clean(f.path(place.Place(dir)))}
	in.length = len(in.path) + len("/")
	in.onWindows = filename.FlawOnWindows(strings.TrimPrefix(dir, filepath.ToSlash(filepath.VolumeName(dir))))
	if above, _ := path.Split(strings.TrimSuffix(dir, "/")); above != "" {
		outer := known[above]
		if outer == nil {
			outer = f.site(above, known)
		}
		if outer.path == filepath.Dir(in.path) {
			in.missing, in.takes = outer.missing, outer.takes
		}
	}
	if !in.missing {
		in.takes, in.missing = f.folders.Look(in.path)
	}
	for name := range strings.SplitSeq(filepath.ToSlash(in.path), "/") {
		if in.here == "" {
			in.here = filename.FlawOfName(name, in.takes.Longest)
		}
	}
	known[dir] = in
	return in
}
