package rawjson

// Cursor walks one valid JSON value in a single pass, without allocating.
//
// Enter steps into an object or array. Within an object NextKey, within an
// array NextElement leads to the next value, which the caller must then take:
// with Value, or with Enter and the calls up to the one that says it was the
// last. A Cursor is small; a copy of it is a place to come back to.
type Cursor struct {
	data    []byte
	pos     int
	escaped bool
}

// NewCursor returns a Cursor that stands before the value v.
func NewCursor(v []byte) Cursor { return Cursor{data: v, pos: skipSpace(v, 0)} }

// Kind returns the kind of the value that comes next.
func (c *Cursor) Kind() Kind { return kindAt(c.data, c.pos) }

// Enter steps into the object or array that comes next.
func (c *Cursor) Enter() {
	if k := c.Kind(); k != Object && k != Array {
		c.pos = len(c.data)
		return
	}
	c.pos++
}

// NextKey steps to the next member of the object that the cursor is in. It
// returns the member's key, raw and without quotes, and stands before its
// value; after the last member it steps out of the object and returns false.
func (c *Cursor) NextKey() (key []byte, ok bool) {
	i := c.pos
	if i+1 < len(c.data) && c.data[i] == ',' && c.data[i+1] == '"' {
		i++ // as it mostly is
	} else if i = c.next(); i >= len(c.data) || c.data[i] != '"' {
		c.leave(i, '}')
		return nil, false
	}
	var end int
	end, c.escaped = stepText(c.data, i+1)
	colon := skipSpace(c.data, end)
	if colon >= len(c.data) {
		c.pos = len(c.data)
		return nil, false
	}
	c.pos = skipSpace(c.data, colon+1)
	return c.data[i+1 : end-1], true
}

// Escaped reports whether the key or the string that NextKey or Value has just
// returned has escapes, so that its text differs from its content. After other
// values it means nothing.
func (c *Cursor) Escaped() bool { return c.escaped }

// NextElement steps to the next element of the array that the cursor is in,
// and stands before it; after the last one it steps out of the array and
// returns false.
func (c *Cursor) NextElement() bool {
	i := c.next()
	if i >= len(c.data) || c.data[i] == ']' {
		c.leave(i, ']')
		return false
	}
	c.pos = i
	return true
}

// next returns the offset of what follows white space and a comma.
func (c *Cursor) next() int {
	i := skipSpace(c.data, c.pos)
	if i < len(c.data) && c.data[i] == ',' {
		return skipSpace(c.data, i+1)
	}
	return i
}

// leave steps over the closing bracket at i. On anything else, which valid
// data does not have there, it steps to the end.
func (c *Cursor) leave(i int, bracket byte) {
	if i < len(c.data) && c.data[i] == bracket {
		c.pos = i + 1
	} else {
		c.pos = len(c.data)
	}
}

// Value returns the value that comes next, raw and whole, and steps over it.
func (c *Cursor) Value() []byte {
	start := c.pos
	if start < len(c.data) && c.data[start] == '"' {
		c.pos, c.escaped = stepText(c.data, start+1)
	} else {
		c.pos = skipValue(c.data, start)
	}
	return c.data[start:c.pos:c.pos]
}

// Int returns the integer that comes next, and steps over it. Before anything
// else, and before more than 18 digits, it returns false and stays.
func (c *Cursor) Int() (n int64, ok bool) {
	const most = 18 // digits that 64 bits hold, whichever they are
	i := c.pos
	negative := i < len(c.data) && c.data[i] == '-'
	if negative {
		i++
	}
	first := i
	for i < len(c.data) && c.data[i]-'0' <= 9 && i-first <= most {
		n = n*10 + int64(c.data[i]-'0')
		i++
	}
	if i == first || i-first > most || i < len(c.data) && (c.data[i] == '.' || c.data[i]|0x20 == 'e') {
		return 0, false
	}
	if negative {
		n = -n
	}
	c.pos = i
	return n, true
}

// Text returns the content of the string that comes next, raw and without
// quotes, and steps over it. Before another value it steps to the end. The
// content is plain if it is printable ASCII without escapes and without any of
// & < >; it is its own text then, and means no more than that in most formats.
func (c *Cursor) Text() (content []byte, plain bool) {
	start := c.pos + 1
	if start >= len(c.data) || c.data[start-1] != '"' {
		c.pos = len(c.data)
		return nil, false
	}
	c.pos, plain = stepPlain(c.data, start)
	return c.data[start : c.pos-1], plain
}

// Lookup returns the raw value at a path of member names, nil when a step is
// absent or not within an object. Where names repeat, the last one counts. An
// empty path is the value itself.
func Lookup(obj []byte, path ...string) []byte {
	for _, name := range path {
		c := NewCursor(obj)
		if c.Kind() != Object {
			return nil
		}
		var found []byte
		c.Enter()
		for key, ok := c.NextKey(); ok; key, ok = c.NextKey() {
			if value := c.Value(); nameIs(key, name) {
				found = value
			}
		}
		if found == nil {
			return nil
		}
		obj = found
	}
	return obj
}

// nameIs reports whether a key, raw and without quotes, is the name.
func nameIs(key []byte, name string) bool {
	if string(key) == name {
		return true
	}
	// An escape is longer than what it stands for.
	if len(key) <= len(name) || !HasEscapes(key) {
		return false
	}
	var buf [64]byte
	return string(AppendUnescaped(buf[:0], key)) == name
}
