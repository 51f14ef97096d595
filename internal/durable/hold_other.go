//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package durable

import "os"

// hold leaves it to the age of files to say whether they are needed.
func hold(*os.File) bool { return true }

// removeUnheld cannot tell.
func removeUnheld(string) (removed, sure bool, err error) { return false, false, nil }
