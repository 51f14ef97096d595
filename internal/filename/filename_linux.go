package filename

import (
	"os"

	"golang.org/x/sys/unix"
)

// File systems that take names as Windows does.
const (
	msdos = 0x4d44
	exfat = 0x2011bab0
	cifs  = 0xff534d42
	smb2  = 0xfe534d42
	hfs   = 0x482b
)

// casefold is the flag of a folder of ext4 or f2fs that takes names without
// regard to case and form, FS_CASEFOLD_FL.
const casefold = 0x40000000

// sameDevice reports whether two folders are of one file system.
func sameDevice(dir, other string) bool {
	var one, two unix.Stat_t
	return unix.Stat(dir, &one) == nil && unix.Stat(other, &two) == nil && one.Dev == two.Dev
}

// systemFolding returns what the system says of a folder, and whether nothing
// above it says more.
func systemFolding(dir string) (found Folding, sure bool) {
	var fs unix.Statfs_t
	if unix.Statfs(dir, &fs) == nil {
		switch uint32(fs.Type) { //nolint:gosec // a magic number of 32 bits, whatever the field's type
		case msdos, exfat:
			return Folding{Cases: true, Ends: true}, true
		case cifs, smb2:
			return Folding{Cases: true}, true
		case hfs:
			return Folding{Cases: true, Forms: true}, true
		}
	}
	d, err := os.Open(dir)
	if err != nil {
		return Folding{}, false
	}
	defer d.Close()
	flags, err := unix.IoctlGetInt(int(d.Fd()), unix.FS_IOC_GETFLAGS)
	if err != nil || flags&casefold == 0 {
		return Folding{}, err == nil
	}
	return Folding{Cases: true, Forms: true}, true
}

// longestName is the length of the longest name that a folder takes, in bytes.
func longestName(dir string) int {
	var fs unix.Statfs_t
	if unix.Statfs(dir, &fs) != nil || fs.Namelen <= 0 {
		return usualName
	}
	return int(fs.Namelen)
}
