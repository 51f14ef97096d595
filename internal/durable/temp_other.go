//go:build !linux

package durable

import (
	"errors"
	"io/fs"
	"os"
)

// createTemp creates a file with a temporary name in dir.
func createTemp(dir string, perm fs.FileMode) (f *os.File, named bool, err error) {
	f, err = createNamed(dir, perm)
	return f, true, err
}

// link is for files without a name, which createTemp does not make here.
func link(*os.File, string) error { return errors.ErrUnsupported }
