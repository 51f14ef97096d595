//go:build linux && (amd64 || arm64)

package durable

import (
	"os"
	"syscall"
)

// startWriteback asks the kernel to begin writing a range of a file to the
// disk, and does not wait for it. Whether it can is of no consequence: Sync
// makes sure.
func startWriteback(f *os.File, offset, length int64) {
	const write = 2 // SYNC_FILE_RANGE_WRITE
	_ = syscall.SyncFileRange(int(f.Fd()), offset, length, write)
}
