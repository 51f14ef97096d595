package cli

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/aymanbagabas/go-udiff"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/reportform/reportform/cmd/reportform/internal/args"
	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/internal/bom"
	"github.com/reportform/reportform/internal/diag"
)

// fmtView is what fmt has to tell.
type fmtView interface {
	diagnoser
	Formatted(path string)
	FormattedText(text []byte)
	Diff(unified string)
}

func (a *App) fmt(o *args.Fmt) int {
	f := formatting{view: a.human(), options: o}
	if o.Paths[0] == args.Stdin {
		f.stdin(a.Streams.In)
		return f.code()
	}
	for _, path := range o.Paths {
		f.path(path)
	}
	return f.code()
}

// formatting is one run of fmt.
type formatting struct {
	view    fmtView
	options *args.Fmt
	changed bool // a file was not in canonical form
	failed  bool
}

func (f *formatting) code() int {
	switch {
	case f.failed:
		return failed
	case f.changed && f.options.Check:
		return incomplete
	}
	return ok
}

func (f *formatting) fail(summary, detail string) {
	fail(f.view, summary, detail)
	f.failed = true
}

func (f *formatting) stdin(in io.Reader) {
	src, err := io.ReadAll(in)
	if err != nil {
		f.fail("Standard input not readable", fmt.Sprintf("Standard input cannot be read: %v.", diag.Reason(err)))
		return
	}
	formatted, valid := f.format("<stdin>", bom.Text(src))
	if !valid {
		return
	}
	same := bytes.Equal(src, formatted)
	f.changed = f.changed || !same
	switch {
	case f.options.Diff && !same:
		f.view.Diff(udiff.Unified("old/<stdin>", "new/<stdin>", string(src), string(formatted)))
	case !f.options.Check && !f.options.Diff:
		f.view.FormattedText(formatted)
	}
}

// path formats a file, or the files of a directory.
func (f *formatting) path(path string) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		f.fail("Nothing to format", fmt.Sprintf("%s: %v. Name a file, a directory, or - for standard input.", path, diag.Reason(err)))
	case info.IsDir():
		f.directory(path)
	case strings.HasSuffix(path, ".rf.json"):
		// JSON has its own formatters.
	case formattable(path):
		f.file(path)
	default:
		f.fail("Not a configuration file", fmt.Sprintf("%s is not a *.rf.hcl or *.rfvars file.", path))
	}
}

func formattable(path string) bool {
	return strings.HasSuffix(path, ".rf.hcl") || strings.HasSuffix(path, ".rfvars")
}

// directory formats the files of a directory, and with -recursive those below
// it, but for hidden directories.
func (f *formatting) directory(dir string) {
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			f.fail("Directory not readable", fmt.Sprintf("%s cannot be read: %v.", path, diag.Reason(err)))
			if entry != nil && entry.IsDir() {
				return fs.SkipDir
			}
		case entry.IsDir():
			hidden := strings.HasPrefix(entry.Name(), ".")
			if path != dir && (!f.options.Recursive || hidden) {
				return fs.SkipDir
			}
		case formattable(path):
			f.file(path)
		}
		return nil
	})
	if err != nil {
		f.fail("Directory not readable", fmt.Sprintf("%s cannot be read: %v.", dir, diag.Reason(err)))
	}
}

func (f *formatting) file(path string) {
	src, err := os.ReadFile(path)
	if err != nil {
		f.fail("File not readable", fmt.Sprintf("%s cannot be read: %v.", path, diag.Reason(err)))
		return
	}
	formatted, valid := f.format(path, bom.Text(src))
	if !valid || bytes.Equal(src, formatted) {
		return
	}
	f.changed = true
	if !f.options.Check {
		if err := replaceFile(path, formatted, 0o644); err != nil {
			f.fail("File not written", fmt.Sprintf("%s is as it was: %v.", path, diag.Reason(err)))
			return
		}
	}
	f.view.Formatted(path)
	if f.options.Diff {
		name := filepath.ToSlash(path)
		f.view.Diff(udiff.Unified("old/"+name, "new/"+name, string(src), string(formatted)))
	}
}

// format returns the canonical form of src; a syntax error is told and leaves
// the file alone.
func (f *formatting) format(name string, src []byte) (formatted []byte, valid bool) {
	file, diags := hclsyntax.ParseConfig(src, name, hcl.InitialPos)
	if diags.HasErrors() {
		f.view.Diagnostics(diags, map[string]*hcl.File{name: file})
		f.failed = true
		return nil, false
	}
	return config.Format(src), true
}
