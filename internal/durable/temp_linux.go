package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// createTemp creates a file in dir that has no name, so that the system frees
// it if the process dies; on file systems that do not have such files, one with
// a temporary name.
func createTemp(dir string, perm fs.FileMode) (f *os.File, named bool, err error) {
	for {
		fd, err := unix.Open(dir, unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, uint32(perm.Perm()))
		switch {
		case err == nil:
			return os.NewFile(uintptr(fd), dir), false, nil
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.EISDIR), errors.Is(err, unix.EINVAL), errors.Is(err, unix.ENOENT):
			f, err := createNamed(dir, perm)
			return f, true, err
		}
		return nil, false, &fs.PathError{Op: "open", Path: dir, Err: err}
	}
}

// link gives a file without a name its name. One that is taken is fs.ErrExist.
func link(f *os.File, name string) error {
	return unix.Linkat(unix.AT_FDCWD, fmt.Sprintf("/proc/self/fd/%d", f.Fd()), unix.AT_FDCWD, name, unix.AT_SYMLINK_FOLLOW)
}
