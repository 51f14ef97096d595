//go:build unix

package engine

import (
	"errors"
	"syscall"
)

// adviseDisk says what can be done about an error of a file system; nothing
// where it is none.
func adviseDisk(err error) string {
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
