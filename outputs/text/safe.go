package text

import (
	"encoding/binary"
	"unicode/utf8"
)

// appendSafe appends text with everything escaped that could steer a terminal
// or change the order in which characters are shown.
func appendSafe(dst, text []byte) []byte {
	for {
		i := plain(text)
		dst = append(dst, text[:i]...)
		if i == len(text) {
			return dst
		}
		r, size := utf8.DecodeRune(text[i:])
		if steers(r) {
			dst = appendEscape(dst, r)
		} else {
			dst = append(dst, text[i:i+size]...)
		}
		text = text[i+size:]
	}
}

// plain returns the length of the text at the start of s that needs no second look.
func plain(s []byte) int {
	// Eight bytes at a time: the top bit shows in a byte that is below the
	// space, that is DEL, or that has it already. Carries and borrows can show
	// it in later bytes too, which only makes the loop below look at them.
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i <= len(s)-8; i += 8 {
		w := binary.LittleEndian.Uint64(s[i:])
		if (w|(w-' '*ones)|(w+ones))&tops != 0 {
			break
		}
	}
	for i < len(s) && s[i] >= ' ' && s[i] < 0x7f {
		i++
	}
	return i
}

// steers reports whether a character does more than show itself: controls (C0,
// DEL, C1), marks and overrides of direction, line and paragraph separators,
// invisible joiners and fillers, and bytes that are not UTF-8.
func steers(r rune) bool {
	switch {
	case r < ' ', r >= 0x7f && r <= 0x9f:
		return true
	case r == 0x061c, r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x206f:
		return true
	case r == 0xfeff, r >= 0xfff9 && r <= 0xfffb, r >= 0xe0000 && r <= 0xe007f:
		return true
	}
	return false
}

// appendEscape appends the escape of a character.
func appendEscape(dst []byte, r rune) []byte {
	const hex = "0123456789abcdef"
	switch r {
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	}
	digits := 4
	dst = append(dst, `\u`...)
	if r > 0xffff {
		dst[len(dst)-1], digits = 'U', 8
	}
	for shift := 4 * (digits - 1); shift >= 0; shift -= 4 {
		dst = append(dst, hex[r>>shift&15])
	}
	return dst
}
