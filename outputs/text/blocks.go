package text

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"github.com/reportform/reportform/outputs"
	"github.com/reportform/reportform/outputs/rawjson"
)

// maxAligned is the length of the longest name for which the colons of the
// other lines move to the right.
const maxAligned = 60

var padding = bytes.Repeat([]byte(" "), maxAligned)

// blocks writes an event as lines of names and values.
type blocks struct {
	out
	// leaves are the values of one event. Line has their names and texts, one
	// after the other, until all names are known and block can be written.
	leaves []leaf
	path   []byte // of the value that the walk is at
	block  []byte
}

// leaf is a value that has a line. Its name is line[start:middle], its text
// line[middle:end].
type leaf struct {
	start, middle, end int
	width              int // of the name, in characters
}

// Encode implements outputs.Encoder.
func (e *blocks) Encode(event *outputs.Event) error {
	e.leaves, e.path = e.leaves[:0], e.path[:0]
	c := rawjson.NewCursor(event.Raw)
	e.walk(&c)

	aligned := 0
	for i := range e.leaves {
		if w := e.leaves[i].width; w <= maxAligned {
			aligned = max(aligned, w)
		}
	}
	block := e.block[:0]
	for i := range e.leaves {
		l := &e.leaves[i]
		block = append(block, e.line[l.start:l.middle]...)
		block = append(block, padding[:max(0, aligned-l.width)]...)
		block = append(block, " : "...)
		block = append(block, e.line[l.middle:l.end]...)
		block = append(block, '\n')
	}
	if len(e.leaves) == 0 {
		block = append(block, "(no values)\n"...)
	}
	e.line, e.block = append(block, '\n'), e.line
	err := e.flush()
	if cap(e.block) > keep || cap(e.path) > keep || cap(e.leaves) > keep/64 {
		e.block, e.path, e.leaves = nil, nil, nil
	}
	return err
}

// walk adds a leaf for every value in the one that comes next.
func (e *blocks) walk(c *rawjson.Cursor) {
	length := len(e.path)
	switch c.Kind() {
	case rawjson.Object:
		c.Enter()
		for key, ok := c.NextKey(); ok; key, ok = c.NextKey() {
			if length > 0 {
				e.path = append(e.path, '.')
			}
			e.key(key)
			e.walk(c)
			e.path = e.path[:length]
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
		if literal := c.Value(); len(literal) > len(`""`) {
			start, middle := e.begin()
			e.content(literal[1 : len(literal)-1])
			e.end(start, middle)
		}
	default:
		start, middle := e.begin()
		e.line = append(e.line, c.Value()...)
		e.end(start, middle)
	}
}

// list adds one leaf for an array that begins with a scalar; the cursor stands
// before that.
func (e *blocks) list(c *rawjson.Cursor) {
	start, middle := e.begin()
	e.value(c.Value())
	for c.NextElement() {
		e.line = append(e.line, ", "...)
		e.value(c.Value())
	}
	e.end(start, middle)
}

// key appends a member's name to the path.
func (e *blocks) key(key []byte) {
	if rawjson.HasEscapes(key) {
		e.scratch = rawjson.AppendUnescaped(e.scratch[:0], key)
		key = e.scratch
	}
	e.path = appendSafe(e.path, key)
}

// begin appends the name of a leaf.
func (e *blocks) begin() (start, middle int) {
	start = len(e.line)
	e.line = append(e.line, e.path...)
	return start, len(e.line)
}

func (e *blocks) end(start, middle int) {
	e.leaves = append(e.leaves, leaf{start, middle, len(e.line), utf8.RuneCount(e.path)})
}
