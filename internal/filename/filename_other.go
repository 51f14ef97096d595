//go:build !linux

package filename

// systemFolding returns what is usual: the system does not say more of a folder.
func systemFolding(string) (found Folding, sure bool) { return usual(), false }

// sameDevice takes all folders for those of one file system.
func sameDevice(string, string) bool { return true }

// longestName is the length of the longest name that a folder takes.
func longestName(string) int { return usualName }
