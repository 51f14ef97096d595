package rawjson

import (
	"errors"
	"fmt"
	"io"
	"iter"
)

// MaxObject is the size in bytes of the largest object that Objects reads.
const MaxObject = 256 << 20

// objectsBuffer is how much Objects reads at a time.
const objectsBuffer = 512 << 10

// Objects yields the JSON objects in r, some at a time, as files have them that
// hold one object a line or one array of objects: between objects there may be
// white space, commas and square brackets. Every object is valid; a batch may
// be used until the next one is asked for. An error ends them: it is yielded
// once, without objects.
func Objects(r io.Reader) iter.Seq2[[][]byte, error] {
	return func(yield func([][]byte, error) bool) {
		o := objects{buf: make([]byte, 0, objectsBuffer)}
		for {
			batch, err := o.next(r)
			if err != nil {
				if !errors.Is(err, io.EOF) {
					yield(nil, err)
				}
				return
			}
			if len(batch) > 0 && !yield(batch, nil) {
				return
			}
		}
	}
}

// objects finds objects in a stream.
type objects struct {
	buf   []byte
	start int // of what was not yielded
	pos   int // up to where it was scanned
	depth int // at pos; 0 between objects
	text  bool
	batch [][]byte
	end   bool // of the stream
}

// next reads on and returns the objects that have become whole; io.EOF comes
// after the last.
func (o *objects) next(r io.Reader) ([][]byte, error) {
	if o.end {
		return nil, io.EOF
	}
	rest := copy(o.buf, o.buf[o.start:])
	o.buf, o.pos, o.start = o.buf[:rest], o.pos-o.start, 0
	if rest == cap(o.buf) {
		if rest >= MaxObject {
			return nil, fmt.Errorf("an object is larger than %d MiB", MaxObject>>20)
		}
		o.buf = append(make([]byte, 0, 2*cap(o.buf)), o.buf...)
	}
	n, err := io.ReadFull(r, o.buf[rest:cap(o.buf)])
	o.buf = o.buf[:rest+n]
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		o.end = true
	case err != nil:
		return nil, err
	}
	if err := o.scan(); err != nil {
		return nil, err
	}
	if o.end && o.depth > 0 {
		return nil, errors.New("the file ends within an object")
	}
	return o.batch, nil
}

// scan collects the whole objects in buf.
func (o *objects) scan() error {
	o.batch = o.batch[:0]
	i := o.pos
	for i < len(o.buf) {
		if o.text {
			if i = o.skip(i); o.text {
				break
			}
			continue
		}
		c := o.buf[i]
		if o.depth == 0 {
			if c == '{' {
				o.start, o.depth = i, 1
			} else if !isSpace(c) && c != ',' && c != '[' && c != ']' {
				return fmt.Errorf("%q stands between objects", c)
			}
			i++
			continue
		}
		i++
		switch c {
		case '"':
			o.text = true
		case '{', '[':
			o.depth++
		case '}', ']':
			if o.depth--; o.depth > 0 {
				break
			}
			object := o.buf[o.start:i:i]
			if err := Valid(object); err != nil {
				return err
			}
			o.batch = append(o.batch, object)
			o.start = i
		}
	}
	if o.depth == 0 {
		o.start = i
	}
	o.pos = i
	return nil
}

// skip steps over the rest of a string that i is in, or to the end of what
// there is of it.
func (o *objects) skip(i int) int {
	for i < len(o.buf) {
		for i <= len(o.buf)-8 {
			if mask := quoteOrBackslash(word(o.buf[i:])); mask != 0 {
				i += first(mask)
				break
			}
			i += 8
		}
		if i >= len(o.buf) {
			break
		}
		switch o.buf[i] {
		case '"':
			o.text = false
			return i + 1
		case '\\':
			if i+1 == len(o.buf) {
				return i // what is escaped comes with the next piece
			}
			i += 2
		default:
			i++
		}
	}
	return min(i, len(o.buf))
}
