package rawjson

import (
	"encoding/binary"
	"math/bits"
)

// The functions here look at eight bytes at once, as one little-endian word.
// A mask has the top bit set in each byte that was looked for. Borrows can set
// it in later bytes too, so only the first one set is to be trusted.

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// word loads eight bytes.
func word(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

// first returns the index of the first byte that a mask, not zero, marks.
func first(mask uint64) int { return bits.TrailingZeros64(mask) >> 3 }

// special marks what a scanner has to look at within a string: the quote, the
// backslash, control characters and bytes from 0x80 on.
func special(w uint64) uint64 {
	// With bit 1 flipped the quote, 0x22, comes right after the control
	// characters, so that one subtraction finds both.
	quoteOrControl := (w ^ 0x02*ones) - 0x21*ones
	backslash := (w ^ '\\'*ones) - ones
	return (quoteOrControl | backslash | w) & highs
}

// quoteOrBackslash marks what a reader of a valid string has to look at.
func quoteOrBackslash(w uint64) uint64 {
	quote := (w ^ '"'*ones) - ones
	backslash := (w ^ '\\'*ones) - ones
	return (quote | backslash) &^ w & highs
}

// quoteOrNotPlain marks the quote and what is not plain, as Cursor.Text says.
func quoteOrNotPlain(w uint64) uint64 {
	quoteOrAmpersand := (w | 0x04*ones ^ '&'*ones) - ones // 0x22 and 0x26
	angle := (w | 0x02*ones ^ '>'*ones) - ones            // 0x3c and 0x3e
	backslash := (w ^ '\\'*ones) - ones
	control := w - ' '*ones
	del := w + ones
	return (quoteOrAmpersand | angle | backslash | control | del | w) & highs
}
