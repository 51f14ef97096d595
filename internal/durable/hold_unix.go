//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package durable

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// hold marks a file as one that this process needs, until it is closed or the
// process dies. It returns false if another process is about to remove it, or
// has done so. On file systems without locks it does nothing.
func hold(f *os.File) bool {
	if err := lock(f); err != nil {
		return !errors.Is(err, unix.EWOULDBLOCK)
	}
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil || st.Nlink > 0 {
		return true
	}
	// Some file systems count no links. Nobody else makes a file of this name,
	// and nobody removes it while it is held.
	_, err := os.Lstat(f.Name())
	return err == nil
}

// removeUnheld removes a file that no process of this host holds. sure is false
// where that cannot be told.
func removeUnheld(path string) (removed, sure bool, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return false, errors.Is(err, fs.ErrNotExist), nil
	}
	defer f.Close()
	if err := lock(f); err != nil {
		return false, errors.Is(err, unix.EWOULDBLOCK), nil
	}
	// Whoever made it and does not hold it yet will find it gone.
	switch err := os.Remove(path); {
	case errors.Is(err, fs.ErrNotExist):
		return false, true, nil
	case err != nil:
		return false, true, err
	}
	return true, true, nil
}

// lock takes the lock on an open file, or returns EWOULDBLOCK.
func lock(f *os.File) error {
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
