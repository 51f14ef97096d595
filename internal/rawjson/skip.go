package rawjson

// The functions here step over parts of valid JSON. They take the offset at
// which to begin and return the one behind what they stepped over, at most
// len(data), whatever the bytes are.

func skipSpace(data []byte, i int) int {
	if i < len(data) && data[i] > ' ' {
		return i
	}
	return skipSpaces(data, i)
}

// skipSpaces is the rare part of skipSpace, kept out of its callers.
//
//go:noinline
func skipSpaces(data []byte, i int) int {
	for i < len(data) && isSpace(data[i]) {
		i++
	}
	return i
}

func isSpace(c byte) bool {
	return c <= ' ' && (c == ' ' || c == '\n' || c == '\r' || c == '\t')
}

// stepText steps over a string as skipText does, and reports whether it has
// escapes.
func stepText(data []byte, i int) (end int, escaped bool) {
	for ; i <= len(data)-8; i += 8 {
		if mask := quoteOrBackslash(word(data[i:])); mask != 0 {
			i += first(mask)
			break
		}
	}
	for ; i < len(data); i++ {
		switch data[i] {
		case '"':
			return i + 1, false
		case '\\':
			return skipText(data, i), true
		}
	}
	return len(data), false
}

// stepPlain steps over a string as skipText does, and reports whether its
// content is plain, as Cursor.Text says.
func stepPlain(data []byte, i int) (end int, plain bool) {
	for ; i <= len(data)-8; i += 8 {
		if mask := quoteOrNotPlain(word(data[i:])); mask != 0 {
			i += first(mask)
			break
		}
	}
	for ; i < len(data); i++ {
		switch c := data[i]; {
		case c == '"':
			return i + 1, true
		case c < ' ' || c >= 0x7f || c == '\\' || c == '&' || c == '<' || c == '>':
			return skipText(data, i), false
		}
	}
	return len(data), false
}

// skipText steps over a string, from after its opening quote to after its
// closing one.
func skipText(data []byte, i int) int {
	for {
		for i <= len(data)-8 {
			if mask := quoteOrBackslash(word(data[i:])); mask != 0 {
				i += first(mask)
				break
			}
			i += 8
		}
		if i >= len(data) {
			return len(data)
		}
		switch data[i] {
		case '"':
			return i + 1
		case '\\':
			i += 2
		default:
			i++
		}
	}
}

// skipValue steps over a value. Where none begins it steps to the end.
func skipValue(data []byte, i int) int {
	switch kindAt(data, i) {
	case Invalid:
		return len(data)
	case String:
		return skipText(data, i+1)
	case Array, Object:
		return skipNested(data, i)
	default:
		return skipScalar(data, i)
	}
}

// skipScalar steps over a number or a literal.
func skipScalar(data []byte, i int) int {
	for i < len(data) && data[i] != ',' && data[i] != '}' && data[i] != ']' && !isSpace(data[i]) {
		i++
	}
	return i
}

// skipNested steps over an object or an array.
func skipNested(data []byte, i int) int {
	for depth := 0; i < len(data); {
		switch data[i] {
		case '"':
			i = skipText(data, i+1)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		i++
		if depth == 0 {
			break
		}
	}
	return i
}
