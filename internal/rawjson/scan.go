package rawjson

import (
	"fmt"
	"unicode/utf8"
)

// MaxDepth is how deep arrays and objects may be nested; the outermost counts
// as one. In a page the events are at depth three.
const MaxDepth = 512

// Valid checks that data is exactly one JSON value, with white space around it
// allowed: RFC 8259's grammar in valid UTF-8, nested no deeper than MaxDepth.
// Escaped surrogates need no partner, and names may repeat. The error is a
// *SyntaxError.
func Valid(data []byte) error {
	s := scanner{data: data}
	i := s.start()
	if i >= 0 {
		i = s.value(i, 0)
	}
	return s.finish(i)
}

// scanner validates data. Its methods take the offset at which to begin and
// return the one at which they stopped, or -1 when they found a mistake, which
// is then in err. depth counts the arrays and objects around the offset.
type scanner struct {
	data []byte
	// lines reports that a line break was skipped as white space.
	lines bool
	// escapes counts the escapes within strings.
	escapes int
	err     SyntaxError
}

// at returns the byte at i, or 0, which is valid nowhere, at the end of data.
func (s *scanner) at(i int) byte {
	if uint(i) < uint(len(s.data)) {
		return s.data[i]
	}
	return 0
}

// start finds the first byte of the value that data holds.
func (s *scanner) start() int {
	if len(s.data) >= 3 && string(s.data[:3]) == "\xef\xbb\xbf" {
		return s.fail(0, "a byte order mark stands before the value")
	}
	i := s.space(0)
	if i == len(s.data) {
		return s.fail(i, "there is no value, only white space")
	}
	return i
}

// finish checks that nothing but white space follows and returns the error.
func (s *scanner) finish(i int) error {
	if i >= 0 {
		if i = s.space(i); i == len(s.data) {
			return nil
		}
		s.fail(i, fmt.Sprintf("%q follows the value", s.data[i:i+1]))
	}
	err := s.err
	return &err
}

func (s *scanner) fail(i int, reason string) int {
	if len(s.data) == 0 {
		reason = "there is no data"
	}
	s.err = SyntaxError{Offset: i, Reason: reason}
	return -1
}

// unexpected fails for want of something.
func (s *scanner) unexpected(i int, want string) int {
	if i >= len(s.data) {
		return s.fail(len(s.data), "the data ends where "+want+" is expected")
	}
	return s.fail(i, fmt.Sprintf("%q where %s is expected", s.data[i:i+1], want))
}

// space steps over white space.
func (s *scanner) space(i int) int {
	if s.at(i) > ' ' {
		return i
	}
	return s.spaces(i)
}

// spaces is the rare part of space, kept out of its callers.
//
//go:noinline
func (s *scanner) spaces(i int) int {
	for ; i < len(s.data); i++ {
		switch s.data[i] {
		case ' ', '\t':
		case '\n', '\r':
			s.lines = true
		default:
			return i
		}
	}
	return i
}

func (s *scanner) value(i, depth int) int {
	switch c := s.at(i); c {
	case '"':
		return s.text(i + 1)
	case '{':
		return s.object(i, depth)
	case '[':
		return s.array(i, depth)
	case 'n':
		return s.literal(i, "null")
	case 't':
		return s.literal(i, "true")
	case 'f':
		return s.literal(i, "false")
	default:
		if c == '-' || isDigit(c) {
			return s.number(i)
		}
		return s.unexpected(i, "a value")
	}
}

func (s *scanner) object(i, depth int) int {
	if depth++; depth > MaxDepth {
		return s.tooDeep(i)
	}
	i = s.space(i + 1)
	if s.at(i) == '}' {
		return i + 1
	}
	for {
		if s.at(i) != '"' {
			return s.unexpected(i, "a name in quotes")
		}
		if i = s.text(i + 1); i < 0 {
			return i
		}
		if i = s.colon(i); i < 0 {
			return i
		}
		if i = s.value(i, depth); i < 0 {
			return i
		}
		i = s.space(i)
		switch s.at(i) {
		case ',':
			i = s.space(i + 1)
		case '}':
			return i + 1
		default:
			return s.unexpected(i, `"," or "}"`)
		}
	}
}

func (s *scanner) array(i, depth int) int {
	if depth++; depth > MaxDepth {
		return s.tooDeep(i)
	}
	i = s.space(i + 1)
	if s.at(i) == ']' {
		return i + 1
	}
	for {
		if i = s.value(i, depth); i < 0 {
			return i
		}
		i = s.space(i)
		switch s.at(i) {
		case ',':
			i = s.space(i + 1)
		case ']':
			return i + 1
		default:
			return s.unexpected(i, `"," or "]"`)
		}
	}
}

func (s *scanner) tooDeep(i int) int {
	return s.fail(i, fmt.Sprintf("nested deeper than %d", MaxDepth))
}

// colon steps over the colon after a name, to the value.
func (s *scanner) colon(i int) int {
	i = s.space(i)
	if s.at(i) != ':' {
		return s.unexpected(i, `":"`)
	}
	return s.space(i + 1)
}

func (s *scanner) literal(i int, want string) int {
	for k := range len(want) {
		if s.at(i+k) != want[k] {
			return s.unexpected(i+k, want)
		}
	}
	return i + len(want)
}

func (s *scanner) number(i int) int {
	if s.at(i) == '-' {
		i++
	}
	if s.at(i) == '0' {
		i++
	} else if i = s.digits(i); i < 0 {
		return i
	}
	if s.at(i) == '.' {
		if i = s.digits(i + 1); i < 0 {
			return i
		}
	}
	if c := s.at(i); c == 'e' || c == 'E' {
		i++
		if c := s.at(i); c == '+' || c == '-' {
			i++
		}
		return s.digits(i)
	}
	return i
}

// digits steps over one digit or more.
func (s *scanner) digits(i int) int {
	if !isDigit(s.at(i)) {
		return s.unexpected(i, "a digit")
	}
	for isDigit(s.at(i)) {
		i++
	}
	return i
}

// text scans a string from after its opening quote to after its closing one.
func (s *scanner) text(i int) int {
	data := s.data
	for {
		for i <= len(data)-8 {
			mask := special(word(data[i:]))
			if mask != 0 {
				i += first(mask)
				break
			}
			i += 8
		}
		if i >= len(data) {
			return s.fail(len(data), "the data ends within a string")
		}
		switch c := data[i]; {
		case c == '"':
			return i + 1
		case c == '\\':
			if i = s.escape(i); i < 0 {
				return i
			}
		case c < ' ':
			return s.fail(i, fmt.Sprintf("a control character, 0x%02x, within a string", c))
		case c >= utf8.RuneSelf:
			if i = s.runes(i); i < 0 {
				return i
			}
		default:
			i++
		}
	}
}

// escape steps over a backslash and what belongs to it.
func (s *scanner) escape(i int) int {
	s.escapes++
	switch s.at(i + 1) {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
		for k := i + 2; k < i+6; k++ {
			if hexDigit(s.at(k)) < 0 {
				return s.unexpected(k, "a hexadecimal digit")
			}
		}
		return i + 6
	default:
		return s.unexpected(i+1, "an escape")
	}
}

// runes steps over characters of more than one byte.
func (s *scanner) runes(i int) int {
	for s.at(i) >= utf8.RuneSelf {
		rest := s.data[i:]
		r, size := utf8.DecodeRune(rest)
		if r == utf8.RuneError && size == 1 {
			if !utf8.FullRune(rest) {
				return s.fail(len(s.data), "the data ends within a string")
			}
			return s.fail(i, "invalid UTF-8 within a string")
		}
		i += size
	}
	return i
}

func isDigit(c byte) bool { return c-'0' <= 9 }

// hexDigit returns the value of a hexadecimal digit, or -1.
func hexDigit(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	default:
		return -1
	}
}
