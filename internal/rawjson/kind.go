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
	return kinds[data[i]]
}

// kinds has the kind of the values that begin with a byte.
var kinds = [256]Kind{ //nolint:gochecknoglobals // a table that never changes
	'"': String, '{': Object, '[': Array, 'n': Null, 't': True, 'f': False, '-': Number,
	'0': Number, '1': Number, '2': Number, '3': Number, '4': Number,
	'5': Number, '6': Number, '7': Number, '8': Number, '9': Number,
}
