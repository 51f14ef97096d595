//go:build unix

package file

import (
	"errors"

	"golang.org/x/sys/unix"
)

// folder looks at files by their names in it.
type folder struct {
	fd  int
	err error // why it cannot be opened
}

func openFolder(path string) folder {
	for {
		fd, err := unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		return folder{fd + 1, err}
	}
}

// stat returns a regular file's size and modification time in Unix nanoseconds.
func (d folder) stat(name string) (size, modified int64, err error) {
	if d.err != nil {
		return 0, 0, d.err
	}
	var st unix.Stat_t
	for {
		err := unix.Fstatat(d.fd-1, name, &st, 0)
		if err == nil {
			break
		}
		if !errors.Is(err, unix.EINTR) {
			return 0, 0, err
		}
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return 0, 0, errIrregular
	}
	return st.Size, st.Mtim.Nano(), nil
}

// close is for the zero folder too.
func (d folder) close() {
	if d.fd > 0 {
		_ = unix.Close(d.fd - 1)
	}
}
