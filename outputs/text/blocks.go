package text

import (
	"strconv"
	"unicode/utf8"

	"github.com/reportform/reportform/internal/rawjson"
	"github.com/reportform/reportform/outputs"
)

// nameWidth is the number of characters that a name is padded to. Longer ones
// push their colon to the right: what is aligned to the longest name would be
// mostly spaces.
const nameWidth = 28

// padding is nameWidth spaces and what stands between a name and its value.
const padding = "                            " + " : "

// blocks writes an event as lines of names and values.
type blocks struct {
	out
	path []byte // of the value that the walk is at
	more int    // bytes that the path has more than characters
}

// Encode implements outputs.Encoder.
func (e *blocks) Encode(event *outputs.Event) error {
	e.path, e.more = e.path[:0], 0
	c := rawjson.NewCursor(event.Raw)
	e.walk(&c)
	if len(e.line) == 0 && !e.past {
		e.line = append(e.line, "(no values)\n"...)
	}
	e.line = append(e.line, '\n')
	if cap(e.path) > keep {
		e.path = nil
	}
	return e.flush()
}

// walk adds a line for every value in the one that comes next.
func (e *blocks) walk(c *rawjson.Cursor) {
	length, more := len(e.path), e.more
	switch c.Kind() {
	case rawjson.Object:
		c.Enter()
		for key, ok := c.NextKey(); ok; key, ok = c.NextKey() {
			if length > 0 {
				e.path = append(e.path, '.')
			}
			e.key(key, c.Escaped())
			e.walk(c)
			e.path, e.more = e.path[:length], more
		}
	case rawjson.Array:
		c.Enter()
		if !c.NextElement() {
			return
		}
		if k := c.Kind(); k != rawjson.Object && k != rawjson.Array {
			e.list(c)
			return
		}
		for i := 0; ; i++ {
			e.path = append(e.path, '[')
			e.path = strconv.AppendInt(e.path, int64(i), 10)
			e.path = append(e.path, ']')
			e.walk(c)
			e.path = e.path[:length]
			if !c.NextElement() {
				return
			}
		}
	case rawjson.Null:
		c.Value()
	case rawjson.String:
		content, isPlain := c.Text()
		if len(content) == 0 {
			return
		}
		e.name()
		if isPlain {
			e.plain(content)
		} else {
			e.content(content, rawjson.HasEscapes(content))
		}
		e.line = append(e.line, '\n')
	default:
		e.name()
		e.line = append(e.line, c.Value()...)
		e.line = append(e.line, '\n')
	}
}

// list adds one line for an array that begins with a scalar; the cursor stands
// before that.
func (e *blocks) list(c *rawjson.Cursor) {
	e.name()
	first := c.Value()
	e.value(first, c.Escaped())
	for c.NextElement() {
		e.line = append(e.line, ", "...)
		element := c.Value()
		e.value(element, c.Escaped())
	}
	e.line = append(e.line, '\n')
}

// key appends a member's name, given raw, to the path.
func (e *blocks) key(key []byte, escaped bool) {
	if plain(key) == len(key) && !escaped {
		e.path = append(e.path, key...)
		return
	}
	if escaped {
		e.scratch = rawjson.AppendReadable(e.scratch[:0], key)
		key = e.scratch
	}
	start := len(e.path)
	e.path = appendSafe(e.path, key)
	e.more += len(e.path) - start - utf8.RuneCount(e.path[start:])
}

// name begins a line with the path.
func (e *blocks) name() {
	width := len(e.path) - e.more
	e.line = append(append(e.line, e.path...), padding[min(width, nameWidth):]...)
}
