// Package bom reads text that comes from outside: programs on Windows put a byte
// order mark before it, or write UTF-16.
package bom

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
)

const mark = "\ufeff"

// Trim returns UTF-8 without the byte order mark before it. It keeps the memory.
func Trim(text []byte) []byte { return bytes.TrimPrefix(text, []byte(mark)) }

// Text returns the content of a file that people or their programs wrote as
// UTF-8 without a byte order mark. UTF-16 is recognised by its mark. Everything
// else, what is no text included, comes back as it is.
func Text(content []byte) []byte {
	var order binary.ByteOrder
	switch {
	case len(content)%2 != 0:
		return Trim(content)
	case bytes.HasPrefix(content, []byte("\xff\xfe")):
		order = binary.LittleEndian
	case bytes.HasPrefix(content, []byte("\xfe\xff")):
		order = binary.BigEndian
	default:
		return Trim(content)
	}
	units := make([]uint16, 0, len(content)/2-1)
	for i := 2; i < len(content); i += 2 {
		units = append(units, order.Uint16(content[i:]))
	}
	return []byte(string(utf16.Decode(units)))
}
