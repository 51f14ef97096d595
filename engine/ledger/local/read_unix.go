//go:build unix

package local

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// readFile returns what a file holds. Ledgers are small and many: this takes
// half of the system calls of os.ReadFile, which is made for files of any kind.
func readFile(path string) ([]byte, error) {
	fd, err := retried(func() (int, error) { return unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0) })
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFREG || st.Size == 0 {
		return os.ReadFile(path) // which is made for the rest
	}
	// Ledgers are replaced and never changed, so the size holds.
	data := make([]byte, st.Size)
	for read := 0; read < len(data); {
		n, err := retried(func() (int, error) { return unix.Read(fd, data[read:]) })
		if err != nil {
			return nil, &fs.PathError{Op: "read", Path: path, Err: err}
		}
		if n == 0 {
			return data[:read], nil
		}
		read += n
	}
	return data, nil
}

// retried repeats a system call that a signal interrupts.
func retried(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}
