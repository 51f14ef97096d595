//go:build !unix

package local

import "os"

// readFile returns what a file holds.
func readFile(path string) ([]byte, error) { return os.ReadFile(path) }
