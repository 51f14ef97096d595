package rawjson

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// AppendString appends the text of a string literal, given with its quotes.
// Escaped surrogates without a partner become U+FFFD.
func AppendString(dst, raw []byte) []byte {
	if len(raw) < 2 {
		return dst
	}
	return AppendUnescaped(dst, raw[1:len(raw)-1])
}

// AppendUnescaped appends the text of a string literal, given without its
// quotes, as NextKey returns keys.
func AppendUnescaped(dst, content []byte) []byte { return appendUnescaped(dst, content, false) }

// AppendReadable is AppendUnescaped for readers that take text for text: what no
// text can have, a NUL or half of a surrogate pair, stays the escape that it is.
func AppendReadable(dst, content []byte) []byte { return appendUnescaped(dst, content, true) }

// Readable reports whether the content of a string literal has nothing that
// AppendReadable leaves escaped.
func Readable(content []byte) bool {
	for {
		i := bytes.IndexByte(content, '\\')
		if i < 0 || i+1 == len(content) {
			return true
		}
		content = content[i:]
		size := 2
		if content[1] == 'u' {
			_, size = unicodeEscape(content)
			if isUnreadable(content[:size]) {
				return false
			}
		}
		content = content[size:]
	}
}

// isUnreadable reports whether an escape is of a NUL or of a lone surrogate; a
// pair is longer.
func isUnreadable(escape []byte) bool {
	unit := codeUnit(escape)
	return unit == 0 || len(escape) == 6 && utf16.IsSurrogate(unit)
}

func appendUnescaped(dst, content []byte, readable bool) []byte {
	for {
		i := bytes.IndexByte(content, '\\')
		if i < 0 || i+1 == len(content) {
			return append(dst, content...)
		}
		dst = append(dst, content[:i]...)
		c := content[i+1]
		content = content[i:]
		size := 2
		switch c {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			var r rune
			r, size = unicodeEscape(content)
			if readable && isUnreadable(content[:size]) {
				dst = append(dst, content[:size]...)
				break
			}
			dst = utf8.AppendRune(dst, r)
		default:
			dst = append(dst, c)
		}
		content = content[size:]
	}
}

// unicodeEscape decodes the \uXXXX that b begins with, or the two that make up
// a surrogate pair, and returns how many bytes that took.
func unicodeEscape(b []byte) (r rune, size int) {
	r = codeUnit(b)
	if r < 0 {
		return utf8.RuneError, 2
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if r = utf16.DecodeRune(r, codeUnit(b[6:])); r != utf8.RuneError {
		return r, 12
	}
	return utf8.RuneError, 6
}

// codeUnit returns the number in the \uXXXX that b begins with, -1 if it does
// not begin with one.
func codeUnit(b []byte) rune {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return -1
	}
	n := 0
	for _, c := range b[2:6] {
		digit := hexDigit(c)
		if digit < 0 {
			return -1
		}
		n = n<<4 | digit
	}
	return rune(n)
}

// HasEscapes reports whether the content of a string literal differs from its text.
func HasEscapes(content []byte) bool {
	return bytes.IndexByte(content, '\\') >= 0
}

// AppendQuoted appends text as a string literal. It escapes what must be, the
// quote, the backslash and control characters, and nothing else; bytes that
// are not UTF-8 become U+FFFD.
func AppendQuoted[T []byte | string](dst []byte, text T) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(text); {
		c := text[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(string(text[i:min(i+utf8.UTFMax, len(text))]))
			if r == utf8.RuneError && size == 1 {
				dst = append(dst, text[start:i]...)
				dst = utf8.AppendRune(dst, utf8.RuneError)
				start = i + 1
			}
			i += size
			continue
		}
		i++
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, text[start:i-1]...)
		start = i
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	dst = append(dst, text[start:]...)
	return append(dst, '"')
}

// AppendCompact appends a valid value without the white space outside its strings.
func AppendCompact(dst, v []byte) []byte {
	start := 0
	for i := 0; i < len(v); {
		switch c := v[i]; {
		case c == '"':
			i = skipText(v, i+1)
		case isSpace(c):
			dst = append(dst, v[start:i]...)
			i = skipSpace(v, i)
			start = i
		default:
			i++
		}
	}
	return append(dst, v[start:]...)
}
