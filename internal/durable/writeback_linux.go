package durable

import (
	"os"

	"golang.org/x/sys/unix"
)

// writeBehind begins to move a range of a file to the disk and waits for the
// one of the same length before it, whose memory it gives back: a report is
// written once, and should neither push everything else out of the cache nor
// be written to the disk all at once at the end. Nothing depends on it: Sync
// makes sure.
func writeBehind(f *os.File, offset, length int64) {
	fd := int(f.Fd())
	_ = unix.SyncFileRange(fd, offset, length, unix.SYNC_FILE_RANGE_WRITE)
	if before := offset - length; before >= 0 {
		const whole = unix.SYNC_FILE_RANGE_WAIT_BEFORE | unix.SYNC_FILE_RANGE_WRITE | unix.SYNC_FILE_RANGE_WAIT_AFTER
		_ = unix.SyncFileRange(fd, before, length, whole)
		_ = unix.Fadvise(fd, before, length, unix.FADV_DONTNEED)
	}
}

// forget gives back the memory of a synced file.
func forget(f *os.File) { _ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED) }
