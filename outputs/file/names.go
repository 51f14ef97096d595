package file

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"unicode"
	"unicode/utf16"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/reportform/reportform/internal/durable"
	"github.com/reportform/reportform/internal/place"
)

// folding is what a file system leaves out of account when it compares names.
type folding struct {
	cases bool // of letters
	forms bool // of characters, composed and decomposed
	ends  bool // points and blanks at the end
}

// widest is what some supported system or other leaves out of account.
func widest() folding { return folding{cases: true, forms: true, ends: true} }

// name returns what stands for all the names that are one with a path.
func (f folding) name(path string) string {
	if f == (folding{}) || f.plain(path) {
		return path
	}
	if isASCII(path) {
		return f.ascii([]byte(path))
	}
	if f.forms {
		path = norm.NFC.String(path)
	}
	if f.cases {
		path = cases.Fold().String(path)
		if f.forms {
			path = norm.NFC.String(path)
		}
	}
	return f.trimmed(path)
}

// trimmed returns a path whose names have lost their ends.
func (f folding) trimmed(path string) string {
	if f.ends && !endsPlain(path) {
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

// ascii returns the name of a path of ASCII, which it changes.
func (f folding) ascii(path []byte) string {
	if f.cases {
		for i, c := range path {
			if c >= 'A' && c <= 'Z' {
				path[i] = c | 0x20
			}
		}
	}
	return f.trimmed(string(path))
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

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}

// plain reports whether a path is its own name, as most are. It may be wrong about
// one that is, never about one that is not.
func (f folding) plain(path string) bool {
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

// Key returns what stands for all the names that some supported system takes for
// one with a place: in other letters, in another form of Unicode, with other
// points and blanks at the end. It is pure. Whether it is so where the places
// are, Alike says.
func (Files) Key(p place.Place) place.Place {
	if !p.IsFile() {
		return p
	}
	return place.Place(widest().name(string(p)))
}

// Name returns what stands for all the names that the file system takes for one
// with a place there.
func (f Files) Name(p place.Place) place.Place {
	if !p.IsFile() {
		return p
	}
	return place.Place(f.folderAt(filepath.Dir(f.path(p))).name(string(p)))
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
	at := f.folderAt(filepath.Clean(one[:same]))
	return at.name(string(a)) == at.name(string(b))
}

// manner is what a folder takes.
type manner struct {
	folding

	longest int // name
}

// folderAt says what a folder takes, or the nearest one above it that is there.
// Nothing is written to find out.
func (f Files) folderAt(dir string) manner {
	for {
		if known, ok := f.folders.Load(dir); ok {
			return known.(manner)
		}
		info, err := os.Stat(dir)
		if err == nil && info.IsDir() {
			found := manner{probe(dir), longestName(dir)}
			f.folders.Store(dir, found)
			return found
		}
		above := filepath.Dir(dir)
		if above == dir {
			return manner{usual(), usualName}
		}
		dir = above
	}
}

// usualName is the longest name that file systems take, as the system counts.
const usualName = 255

// usual is the folding that is usual on this system.
func usual() folding {
	switch runtime.GOOS {
	case "windows":
		return folding{cases: true, ends: true}
	case "darwin", "ios":
		return folding{cases: true, forms: true}
	}
	return folding{}
}

// probe finds out the folding of a folder: from the names in it, from what the
// system says of it, from its own name; what is still not known is as usual.
func probe(dir string) folding {
	found, sure := systemFolding(dir)
	if folds, known := foldsCases(dir); known {
		found.cases = folds
		found.forms = found.forms && folds
	} else if above := filepath.Dir(dir); !sure && sameDevice(dir, above) {
		if folds, known := foldsName(above, filepath.Base(dir)); known {
			found.cases = folds
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

// Fits returns a function that says why a place cannot be had: here, on this
// system, or elsewhere, on another one that is supported; both are empty for most.
// Each completes a sentence that begins with the path. The function is for one
// goroutine, and looks at folders, of which it remembers the last.
func (f Files) Fits() func(p place.Place) (here, elsewhere string) {
	var dir string // the last folder, with what it takes
	var takes manner
	return func(p place.Place) (here, elsewhere string) {
		if !p.IsFile() {
			return "", ""
		}
		path := f.path(p)
		if parent := filepath.Dir(path); parent != dir {
			dir, takes = parent, f.folderAt(parent)
		}
		if flaw := flawOfLength(path, takes.longest); flaw != "" {
			return flaw, ""
		}
		flaw := flawOnWindows(string(p))
		if takes.ends { // as Windows does
			return flaw, ""
		}
		return "", flaw
	}
}

// flawOfLength says why a path is too long for this system: itself, or that of
// the temporary file beside it.
func flawOfLength(path string, name int) string {
	most := map[string]int{"windows": 32_000, "darwin": 1023, "ios": 1023}[runtime.GOOS]
	if most == 0 {
		most = 4095
	}
	for part := range strings.SplitSeq(filepath.ToSlash(path), "/") {
		if n := units(part); n > name {
			return fmt.Sprintf("has a name of %d %s, %.20s..., and file systems take %d", n, unit(), part, name)
		}
	}
	temporary := len(filepath.Dir(path)) + 1 + len(durable.TempName())
	if n := max(len(path), temporary); n > most {
		return fmt.Sprintf("needs a path of %d bytes, and this system takes %d", n, most)
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

// flawOnWindows says why Windows cannot have a path, or not as it is.
func flawOnWindows(path string) string {
	path = strings.TrimPrefix(path, filepath.ToSlash(filepath.VolumeName(path)))
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
	name = strings.ToUpper(strings.TrimRight(name, " "))
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
