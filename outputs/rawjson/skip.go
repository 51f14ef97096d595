package rawjson

// The functions here step over parts of valid JSON. They take the offset at
// which to begin and return the one behind what they stepped over, at most
// len(data), whatever the bytes are.

func skipSpace(data []byte, i int) int {
	for i < len(data) && isSpace(data[i]) {
		i++
	}
	return i
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t'
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
