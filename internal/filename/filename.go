// Package filename knows which names file systems take for one, and which they
// cannot have.
package filename

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"unicode"
	"unicode/utf16"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Folding is what a file system leaves out of account when it compares names.
type Folding struct {
	Cases bool // of letters
	Forms bool // of characters, composed and decomposed
	Ends  bool // dots and blanks at the end
}

// Widest is what some supported system or other leaves out of account.
func Widest() Folding { return Folding{Cases: true, Forms: true, Ends: true} }

// Name returns what stands for all the names that are one with a path.
func (f Folding) Name(path string) string {
	if f == (Folding{}) || f.plain(path) {
		return path
	}
	if name, ok := f.ascii(path); ok {
		return f.trimmed(name)
	}
	if f.Forms {
		path = norm.NFC.String(path)
	}
	if f.Cases {
		path = cases.Fold().String(path)
		if f.Forms {
			path = norm.NFC.String(path)
		}
	}
	return f.trimmed(path)
}

// trimmed returns a path whose names have lost their ends.
func (f Folding) trimmed(path string) string {
	if f.Ends && !endsPlain(path) {
		parts := strings.Split(path, "/")
		for i, part := range parts {
			if end := strings.TrimRight(part, ". "); end != "" {
				parts[i] = end
			}
		}
		path = strings.Join(parts, "/")
	}
	return path
}

// endsPlain reports whether no name in a path has an end to lose.
func endsPlain(path string) bool {
	last := byte('/')
	for i := range len(path) {
		if path[i] == '/' && (last == '.' || last == ' ') {
			return false
		}
		last = path[i]
	}
	return last != '.' && last != ' '
}

// ascii returns a path of ASCII with its letters folded; ok is false for others.
func (f Folding) ascii(path string) (folded string, ok bool) {
	var short [256]byte
	name := append(short[:0], path...)
	for i, c := range name {
		switch {
		case c >= 0x80:
			return "", false
		case f.Cases && c-'A' < 26:
			name[i] = c | 0x20
		}
	}
	return string(name), true
}

// plain reports whether a path is its own name, as most are. It may be wrong about
// one that is, never about one that is not.
func (f Folding) plain(path string) bool {
	last := byte('/')
	for i := range len(path) {
		c := path[i]
		if c >= 0x80 || c-'A' < 26 || c == '/' && (last == '.' || last == ' ') {
			return false
		}
		last = c
	}
	return last != '.' && last != ' '
}

// Manner is what a folder takes.
type Manner struct {
	Folding

	Longest int // name
}

// Folders remembers what folders take. It is safe for concurrent use.
type Folders struct{ known sync.Map }

// At says what a folder takes, or the nearest one above it that is there. Nothing
// is written to find out.
func (f *Folders) At(dir string) Manner {
	found, _ := f.Look(dir)
	return found
}

// Look is At, and says whether the folder is missing.
func (f *Folders) Look(dir string) (takes Manner, missing bool) {
	for {
		if known, ok := f.known.Load(dir); ok {
			return known.(Manner), missing
		}
		info, err := os.Stat(dir)
		if err == nil && info.IsDir() {
			found := Manner{probe(dir), longestName(dir)}
			f.Remember(dir, found)
			return found, missing
		}
		above := filepath.Dir(dir)
		if above == dir {
			return Manner{usual(), usualName}, true
		}
		dir, missing = above, true
	}
}

// Remember takes a folder for one that takes names in this manner.
func (f *Folders) Remember(dir string, m Manner) { f.known.Store(dir, m) }

// usualName is the longest name that file systems take, as the system counts.
const usualName = 255

// usual is the Folding that is usual on this system.
func usual() Folding {
	switch runtime.GOOS {
	case "windows":
		return Folding{Cases: true, Ends: true}
	case "darwin", "ios":
		return Folding{Cases: true, Forms: true}
	}
	return Folding{}
}

// probe finds out the Folding of a folder: from the names in it, from what the
// system says of it, from its own name; what is still not known is as usual.
func probe(dir string) Folding {
	found, sure := systemFolding(dir)
	if folds, known := foldsCases(dir); known {
		found.Cases = folds
		found.Forms = found.Forms && folds
	} else if above := filepath.Dir(dir); !sure && sameDevice(dir, above) {
		if folds, known := foldsName(above, filepath.Base(dir)); known {
			found.Cases = folds
		}
	}
	return found
}

// foldsCases finds out from the names in a folder whether it tells cases apart.
func foldsCases(dir string) (folds, known bool) {
	const most = 4096 // names; of a folder with more its system tells
	d, err := os.Open(dir)
	if err != nil {
		return false, false
	}
	defer d.Close()
	names, _ := d.Readdirnames(most)
	if len(names) == most {
		names = names[:1]
	}
	there := make(map[string]bool, len(names))
	for _, name := range names {
		there[name] = true
	}
	for _, name := range names {
		other := swapCase(name)
		if there[other] && other != name {
			return false, true
		}
		if folds, known := foldsName(dir, name); known {
			return folds, true
		}
	}
	return false, false
}

// foldsName finds out whether a name in a folder is there in other letters too.
func foldsName(dir, name string) (folds, known bool) {
	other := swapCase(name)
	if other == name {
		return false, false
	}
	info, err := os.Lstat(filepath.Join(dir, name))
	if err != nil {
		return false, false
	}
	swapped, err := os.Lstat(filepath.Join(dir, other))
	switch {
	case err == nil:
		return os.SameFile(info, swapped), true
	case os.IsNotExist(err):
		return false, true
	}
	return false, false
}

// swapCase exchanges the small and the capital letters of ASCII.
func swapCase(name string) string {
	return strings.Map(func(r rune) rune {
		if r|0x20 >= 'a' && r|0x20 <= 'z' {
			return r ^ 0x20
		}
		return r
	}, name)
}

// FlawOfName says why a name is too long for a file system, of which the longest
// is known. The text completes a sentence that begins with the path; it is empty
// for most.
func FlawOfName(name string, longest int) string {
	if n := units(name); n > longest {
		return fmt.Sprintf("has a name of %d %s, %.20s..., and file systems take %d", n, unit(), name, longest)
	}
	return ""
}

// FlawOfLength says why a path of so many bytes is too long for this system, in
// the manner of FlawOfName.
func FlawOfLength(path int) string {
	most := 4095
	switch runtime.GOOS {
	case "windows":
		most = 32_000
	case "darwin", "ios":
		most = 1023
	}
	if path > most {
		return fmt.Sprintf("needs a path of %d bytes, and this system takes %d", path, most)
	}
	return ""
}

// units is the length of a name as this system counts it.
func units(name string) int {
	if len(name) <= 255 || runtime.GOOS != "windows" && runtime.GOOS != "darwin" {
		return len(name)
	}
	return len(utf16.Encode([]rune(name)))
}

func unit() string {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		return "characters"
	}
	return "bytes"
}

// FlawOnWindows says why Windows cannot have a path without its volume, or not as
// it is, in the manner of FlawOfName.
func FlawOnWindows(path string) string {
	for part := range strings.SplitSeq(path, "/") {
		switch {
		case part == "" || part == "." || part == "..":
		case strings.ContainsAny(part, `<>:"|?*\`):
			return fmt.Sprintf("has %q in a name, which Windows does not allow", part[strings.IndexAny(part, `<>:"|?*\`)])
		case strings.ContainsFunc(part, unicode.IsControl):
			return "has a control character in a name, which Windows does not allow"
		case strings.HasSuffix(part, ".") || strings.HasSuffix(part, " "):
			return fmt.Sprintf("has the name %q, of which Windows drops the end", part)
		case isDevice(part):
			return fmt.Sprintf("has the name %q, which is a device on Windows", part)
		}
	}
	return ""
}

// isDevice reports whether Windows keeps a name for itself, whatever follows a
// point in it.
func isDevice(name string) bool {
	name, _, _ = strings.Cut(name, ".")
	name = strings.TrimRight(name, " ")
	if len(name) < len("CON") || len(name) > len("CONOUT$") {
		return false
	}
	name = strings.ToUpper(name)
	switch name {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	port, number, ok := strings.Cut(name, "COM")
	if !ok || port != "" {
		port, number, ok = strings.Cut(name, "LPT")
	}
	return ok && port == "" && len([]rune(number)) == 1 && strings.Contains("123456789¹²³", number)
}
