package rawjson

// Kind is the kind of a JSON value.
type Kind byte

// The kinds.
const (
	Invalid Kind = iota
	Null
	False
	True
	Number
	String
	Array
	Object
)

// String returns the kind's name in lower case.
func (k Kind) String() string {
	switch k {
	case Null:
		return "null"
	case False:
		return "false"
	case True:
		return "true"
	case Number:
		return "number"
	case String:
		return "string"
	case Array:
		return "array"
	case Object:
		return "object"
	default:
		return "invalid"
	}
}

// KindOf returns the kind of a valid JSON value, by its first byte after white
// space. It is Invalid if no value begins with that byte, and for no bytes.
func KindOf(v []byte) Kind {
	return kindAt(v, skipSpace(v, 0))
}

// kindAt returns the kind of the value that begins at data[i].
func kindAt(data []byte, i int) Kind {
	if uint(i) >= uint(len(data)) {
		return Invalid
	}
	switch c := data[i]; c {
	case '"':
		return String
	case '{':
		return Object
	case '[':
		return Array
	case 'n':
		return Null
	case 't':
		return True
	case 'f':
		return False
	default:
		if c == '-' || isDigit(c) {
			return Number
		}
		return Invalid
	}
}
