package functions

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/zclconf/go-cty/cty"

	"github.com/reportform/reportform/internal/diag"
)

// fileSet returns the files below dir/name that match pattern, by their paths
// with slashes from dir/name.
func fileSet(dir, name, pattern string) (cty.Value, error) {
	root, err := place(dir, name)
	if err != nil {
		return cty.NilVal, err
	}
	if !doublestar.ValidatePattern(pattern) {
		return cty.NilVal, argErrorf(1, "%q is not a pattern", pattern)
	}
	// What comes before the first wildcard is the way to a directory, which
	// may lead out of root.
	base, rest := doublestar.SplitPattern(path.Clean(strings.TrimLeft(pattern, "/")))
	names, err := glob(os.DirFS(filepath.Join(root, filepath.FromSlash(base))), rest)
	if err != nil {
		return cty.NilVal, fmt.Errorf("listing %q: %w", name, err)
	}
	found := make([]cty.Value, len(names))
	for i, name := range names {
		found[i] = cty.StringVal(path.Join(base, name))
	}
	if len(found) == 0 {
		return cty.SetValEmpty(cty.String), nil
	}
	return cty.SetVal(found), nil
}

// glob returns the regular files in fsys that match a valid pattern. Links are
// followed. It looks at no file twice, whatever the pattern.
func glob(fsys fs.FS, pattern string) ([]string, error) {
	g := &globber{fsys: fsys, pattern: pattern, deepest: strings.Count(pattern, "/")}
	if strings.Contains(pattern, "**") {
		g.deepest = -1
	}
	err := g.walk(".", 0)
	return g.found, err
}

type globber struct {
	fsys    fs.FS
	pattern string
	deepest int // how many directories down a match can lie; -1 for any number
	found   []string
}

func (g *globber) walk(dir string, depth int) error {
	entries, err := fs.ReadDir(g.fsys, dir)
	if dir == "." && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("directory %q: %w", dir, diag.Reason(err))
	}
	for _, entry := range entries {
		name := path.Join(dir, entry.Name())
		matches := doublestar.MatchUnvalidated(g.pattern, name)
		mode := entry.Type()
		if mode&fs.ModeSymlink != 0 {
			info, err := fs.Stat(g.fsys, name)
			switch {
			case err == nil && !(info.IsDir() && g.within(info, dir)):
				mode = info.Mode()
			case err != nil && matches && path.Base(g.pattern) != "**":
				return fmt.Errorf("the link %q: %w", name, diag.Reason(err))
			}
		}
		switch {
		case mode.IsRegular() && matches:
			g.found = append(g.found, name)
		case mode.IsDir() && (g.deepest < 0 || depth < g.deepest):
			if err := g.walk(name, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// within reports whether dir is, or lies in, the directory that a link leads
// to: it would be walked round and round.
func (g *globber) within(target fs.FileInfo, dir string) bool {
	for ; ; dir = path.Dir(dir) {
		if info, err := fs.Stat(g.fsys, dir); err == nil && os.SameFile(info, target) {
			return true
		}
		if dir == "." {
			return false
		}
	}
}
