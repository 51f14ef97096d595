//go:build !unix

package advice

import (
	"errors"
	"syscall"
)

// ofDisk says what can be done about an error of a file system, by the
// codes of Windows; nothing where it is none.
func ofDisk(err error) string {
	var code syscall.Errno
	if !errors.As(err, &code) {
		return ""
	}
	switch code {
	case 112, 39: // ERROR_DISK_FULL, ERROR_HANDLE_DISK_FULL
		return diskFull
	case 19: // ERROR_WRITE_PROTECT
		return diskReadOnly
	case 223: // ERROR_FILE_TOO_LARGE
		return fileTooLarge
	case 23, 1117: // ERROR_CRC, ERROR_IO_DEVICE
		return diskBroken
	}
	return ""
}
