package csv

import (
	"encoding/binary"
	"math/bits"
)

// The functions here look at eight bytes at once, as one little-endian word.

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

func word(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

func putWord(b []byte, w uint64) { binary.LittleEndian.PutUint64(b, w) }

// first returns the index of the first byte that a mask, not zero, marks.
func first(mask uint64) int { return bits.TrailingZeros64(mask) >> 3 }

// equal marks, with their top bit, the bytes that are c. Borrows can mark later
// bytes too, so only the first mark is to be trusted.
func equal(w uint64, c byte) uint64 {
	x := w ^ uint64(c)*ones
	return (x - ones) &^ x & highs
}
