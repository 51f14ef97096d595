package xml

import "encoding/binary"

// The functions here look at eight bytes at once, as one word.

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// word loads eight bytes.
func word(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

// areLetters reports whether all bytes are ASCII letters.
func areLetters(w uint64) bool {
	lower := w | 0x20*ones
	fromA := lower&^highs + (0x80-'a')*ones
	afterZ := lower&^highs + (0x7f-'z')*ones
	return fromA&^afterZ&^w&highs == highs
}
