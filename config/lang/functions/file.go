package functions

import (
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/reportform/reportform/internal/bom"
)

// fileFunctions are those on files and paths. Relative paths start from dir.
func fileFunctions(dir string) map[string]function.Function {
	return map[string]function.Function{
		"file": stringFunction(func(args []string) (string, error) {
			b, err := readFile(dir, args[0])
			if err != nil {
				return "", err
			}
			if b = bom.Text(b); !utf8.Valid(b) {
				return "", argErrorf(0, "the file %q is not UTF-8 text; filebase64 reads any bytes", args[0])
			}
			return string(b), nil
		}, "path"),
		"filebase64": stringFunction(func(args []string) (string, error) {
			b, err := readFile(dir, args[0])
			return base64.StdEncoding.EncodeToString(b), err
		}, "path"),
		"fileexists": textFunction(cty.Bool, func(args []string) (cty.Value, error) {
			name, err := place(dir, args[0])
			if err != nil {
				return cty.NilVal, err
			}
			info, err := os.Stat(name)
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return cty.False, nil
			case err != nil:
				return cty.NilVal, argErrorf(0, "%w", err)
			case !info.Mode().IsRegular():
				return cty.NilVal, argErrorf(0, "%q is not a file", args[0])
			}
			return cty.True, nil
		}, "path"),
		"fileset": textFunction(cty.Set(cty.String), func(args []string) (cty.Value, error) {
			return fileSet(dir, args[0], args[1])
		}, "path", "pattern"),

		"basename": stringFunction(func(args []string) (string, error) { return filepath.Base(args[0]), nil }, "path"),
		"dirname":  stringFunction(func(args []string) (string, error) { return filepath.ToSlash(filepath.Dir(args[0])), nil }, "path"),
		"abspath":  stringFunction(func(args []string) (string, error) { return filepath.ToSlash(under(dir, args[0])), nil }, "path"),
		"pathexpand": stringFunction(func(args []string) (string, error) {
			return expandHome(args[0])
		}, "path"),
	}
}

func readFile(dir, name string) ([]byte, error) {
	full, err := place(dir, name)
	if err != nil {
		return nil, err
	}
	b, err := os.ReadFile(full)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, argErrorf(0, "there is no file %q; a relative path starts from the configuration's directory", name)
	}
	if err != nil {
		return nil, argErrorf(0, "reading %q: %w", name, errors.Unwrap(err))
	}
	return b, nil
}

// place returns the file's path for the operating system.
func place(dir, name string) (string, error) {
	expanded, err := expandHome(name)
	if err != nil {
		return "", err
	}
	return under(dir, expanded), nil
}

func expandHome(name string) (string, error) {
	rest, ok := strings.CutPrefix(name, "~")
	if !ok || (rest != "" && !os.IsPathSeparator(rest[0])) {
		return name, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", argErrorf(0, "the home directory of %q is not known: %w", name, err)
	}
	return home + rest, nil
}

// under returns path, or where it is relative, path within dir.
func under(dir, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}
