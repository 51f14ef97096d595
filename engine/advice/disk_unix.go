//go:build unix

package advice

import (
	"errors"
	"syscall"
)

// ofDisk says what can be done about an error of a file system; nothing
// where it is none.
func ofDisk(err error) string {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return diskFull
	case errors.Is(err, syscall.EROFS):
		return diskReadOnly
	case errors.Is(err, syscall.EFBIG):
		return fileTooLarge
	case errors.Is(err, syscall.EIO):
		return diskBroken
	}
	return ""
}
