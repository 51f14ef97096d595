package odata

import (
	"hash/maphash"
	"math/bits"

	"github.com/reportform/reportform/internal/rawjson"
)

// fingerprint stands for an event: a hash of its id, never zero, and one of
// all its bytes.
type fingerprint struct{ id, content uint64 }

// verdict says what a memory knows of an event.
type verdict byte

const (
	unknown  verdict = iota // its id is new
	revision                // its id is known, with other content
	repeated                // it is known, byte for byte
)

// generationSize is how many events a generation of a memory holds: the last
// generationSize events are always remembered, and no more than twice as many,
// in 8 MiB. While a memory is held it grows by as much again.
const generationSize = 1 << 17

// memory remembers the events of a pull, as many as its bound allows. New
// events go into the young generation; when that is full it becomes the old
// one, and what the old one held is forgotten.
type memory struct {
	seed       maphash.Seed
	size       int // events in a full generation
	young, old generation

	// Every event that is yielded has a number, from 1. Those from oldest on
	// are remembered, but for those up to missed that never were.
	last, oldest, missed int64
	youngFrom            int64 // the number of the first event in young
	// held forbids to forget. What does not fit then is not remembered.
	held bool
}

func newMemory(size int) *memory {
	return &memory{seed: maphash.MakeSeed(), size: size, oldest: 1, youngFrom: 1}
}

// fingerprint returns the fingerprint of an event, false if it lacks one of
// the properties, n of them, that identify it.
func (m *memory) fingerprint(item *rawjson.Item, n int) (fingerprint, bool) {
	if n == 0 {
		return fingerprint{}, false
	}
	var id uint64
	for _, value := range item.ID[:n] {
		if len(value) == 0 || value[0] == 'n' { // absent, or null
			return fingerprint{}, false
		}
		id = bits.RotateLeft64(id, 29)*0x9e3779b97f4a7c15 ^ maphash.Bytes(m.seed, value)
	}
	return fingerprint{max(id, 1), maphash.Bytes(m.seed, item.Raw)}, true
}

// add looks an event up and remembers it, unless it is repeated.
func (m *memory) add(f fingerprint) verdict {
	v := max(m.old.find(f), m.young.find(f))
	if v == repeated {
		return v
	}
	m.last++
	if m.young.n >= m.size && !m.held {
		m.rotate()
	}
	if m.young.n < 2*m.size {
		m.young.add(f)
	} else {
		m.missed = m.last
	}
	return v
}

// miss counts an event that is yielded without being remembered.
func (m *memory) miss() {
	m.last++
	m.missed = m.last
}

// remembersSince reports whether every event after the one numbered mark is
// remembered.
func (m *memory) remembersSince(mark int64) bool {
	return mark+1 >= m.oldest && m.missed <= mark
}

// rotate forgets the old generation; the event numbered last goes into the new one.
func (m *memory) rotate() {
	m.young, m.old = m.old, m.young
	m.young.clear()
	m.oldest, m.youngFrom = m.youngFrom, m.last
}

// generation is a hash table with open addressing, at most half full, of which
// nothing is ever removed.
//
// The first event of an id is found by its id, others of that id by id and
// content together, so that an id with very many contents costs no more than
// many ids.
type generation struct {
	slots []fingerprint // a power of two; a zero id marks a free one
	n     int
}

// minSlots is the size of a table that is in use.
const minSlots = 1 << 10

// find looks an event up.
func (g *generation) find(f fingerprint) verdict {
	if g.n == 0 {
		return unknown
	}
	v, _ := g.place(f)
	return v
}

// add stores an event that is not there.
func (g *generation) add(f fingerprint) {
	if 2*g.n >= len(g.slots) {
		g.grow()
	}
	_, free := g.place(f)
	g.slots[free] = f
	g.n++
}

// place looks an event up. If it is not there, free is the slot that it
// belongs into.
func (g *generation) place(f fingerprint) (v verdict, free uint64) {
	mask := uint64(len(g.slots) - 1)
	i := f.id & mask
	for ; g.slots[i].id != f.id; i = (i + 1) & mask {
		if g.slots[i].id == 0 {
			return unknown, i
		}
	}
	if g.slots[i] == f {
		return repeated, 0
	}
	for i = (f.id ^ f.content) & mask; g.slots[i].id != 0; i = (i + 1) & mask {
		if g.slots[i] == f {
			return repeated, 0
		}
	}
	return revision, i
}

func (g *generation) grow() {
	before := g.slots
	g.slots = make([]fingerprint, max(minSlots, 2*len(before)))
	for _, f := range before {
		if f.id != 0 {
			_, free := g.place(f)
			g.slots[free] = f
		}
	}
}

func (g *generation) clear() {
	clear(g.slots)
	g.n = 0
}
