//go:build !linux

package durable

import "os"

// writeBehind leaves the time of writing to the system.
func writeBehind(*os.File, int64, int64) {}

// forget leaves the memory of files to the system.
func forget(*os.File) {}
