package xml

import (
	"bytes"
	"strconv"

	"github.com/reportform/reportform/internal/rawjson"
)

// isElementName reports whether a member of this name, given raw, can be an
// element of that name without being mistaken for something else.
func isElementName(key []byte) bool {
	if len(key) == 0 || !startsName[key[0]] || !allInName(key) {
		return false
	}
	switch key[0] {
	case 'm':
		return string(key) != "member"
	case 'i':
		return string(key) != "item"
	case 'x', 'X':
		return len(key) < 3 || !bytes.EqualFold(key[:3], []byte("xml"))
	}
	return true
}

// allInName reports whether every byte of s can stand in a name.
func allInName(s []byte) bool {
	if len(s) >= 8 {
		i := 0
		for i < len(s)-8 && areLetters(word(s[i:])) {
			i += 8
		}
		if i >= len(s)-8 && areLetters(word(s[len(s)-8:])) {
			return true
		}
	}
	for _, c := range s {
		if !inName[c] {
			return false
		}
	}
	return true
}

// The ASCII characters that can begin a name, and those that can stand in one.
var startsName, inName = nameTables() //nolint:gochecknoglobals // tables that never change

func nameTables() (starts, in [256]bool) {
	for c := range 0x80 {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		starts[c] = letter
		in[c] = letter || c >= '0' && c <= '9' || c == '-' || c == '.'
	}
	return starts, in
}

// characters writes the text of a string literal, given raw and without
// quotes. It writes nothing and returns false if XML cannot carry the text.
func (e *encoder) characters(content []byte) bool {
	if rawjson.HasEscapes(content) {
		if hasLoneSurrogate(content) {
			return false
		}
		e.scratch = rawjson.AppendUnescaped(e.scratch[:0], content)
		content = e.scratch
	}
	start := len(e.out)
	for {
		i := plain(content)
		e.out = append(e.out, content[:i]...)
		if i == len(content) {
			return true
		}
		switch c := content[i]; {
		case reference(c) != "":
			e.text(reference(c))
		case c < ' ' || isNoncharacter(content[i:]):
			e.out = e.out[:start]
			return false
		default:
			e.out = append(e.out, c)
		}
		content = content[i+1:]
	}
}

// literal writes the inside of a string literal as it is.
func (e *encoder) literal(content []byte) {
	for {
		i := plain(content)
		e.out = append(e.out, content[:i]...)
		if i == len(content) {
			return
		}
		c, size := content[i], 1
		switch {
		case reference(c) != "":
			e.text(reference(c))
		case isNoncharacter(content[i:]):
			size = 3
			e.text(`\ufff`)
			e.out = append(e.out, "ef"[content[i+2]-0xbe])
		default:
			e.out = append(e.out, c)
		}
		content = content[i+size:]
	}
}

// plain returns the length of the text at the start of s that XML takes as it is.
func plain(s []byte) int {
	for i, c := range s {
		if !isPlain[c] {
			return i
		}
	}
	return len(s)
}

// isPlain has the bytes that need no second look. 0xef begins, among many
// others, the two characters that XML does not have.
var isPlain = plainTable() //nolint:gochecknoglobals // a table that never changes

func plainTable() (table [256]bool) {
	for c := range table {
		table[c] = c >= ' ' && c != 0xef && reference(byte(c)) == ""
	}
	return table
}

// reference returns how a character is written that means something to XML, or
// that its parsers would change: line ends everywhere, white space in attributes.
func reference(c byte) string {
	switch c {
	case '&':
		return "&amp;"
	case '<':
		return "&lt;"
	case '>':
		return "&gt;"
	case '"':
		return "&quot;"
	case '\t':
		return "&#9;"
	case '\n':
		return "&#10;"
	case '\r':
		return "&#13;"
	}
	return ""
}

// isNoncharacter reports whether s begins with U+FFFE or U+FFFF.
func isNoncharacter(s []byte) bool {
	return len(s) >= 3 && s[0] == 0xef && s[1] == 0xbf && s[2] >= 0xbe
}

// hasLoneSurrogate reports whether the inside of a string literal has an
// escaped surrogate without its partner.
func hasLoneSurrogate(content []byte) bool {
	for {
		i := bytes.IndexByte(content, '\\')
		if i < 0 {
			return false
		}
		content = content[i:]
		unit := codeUnit(content)
		switch {
		case unit >= 0xd800 && unit < 0xdc00:
			if low := codeUnit(content[6:]); low < 0xdc00 || low > 0xdfff {
				return true
			}
			content = content[12:]
		case unit >= 0xdc00 && unit < 0xe000:
			return true
		default:
			content = content[2:]
		}
	}
}

// codeUnit returns the number in the \uXXXX that s begins with, 0 if it begins
// with something else.
func codeUnit(s []byte) uint64 {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0
	}
	unit, err := strconv.ParseUint(string(s[2:6]), 16, 16)
	if err != nil {
		return 0
	}
	return unit
}
