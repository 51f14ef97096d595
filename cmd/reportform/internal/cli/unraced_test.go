//go:build !race

package cli

// raced reports that the race detector watches, and slows everything down.
const raced = false
