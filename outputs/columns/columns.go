// Package columns picks the values of columns out of events in one pass.
//
// A column is a path of member names joined by dots: status.errorCode. Where a
// member's own name has dots, as in @odata.type, the path finds it too; a
// member that has more of the path in its own name wins over one that is
// nested deeper.
package columns

import (
	"fmt"
	"slices"
	"strings"

	"github.com/reportform/reportform/internal/rawjson"
)

// Flaws says, in full sentences, what is wrong with a list of columns.
func Flaws(paths []string) []string {
	var flaws []string
	for i, path := range paths {
		switch {
		case strings.Contains(path, "\x00"):
			flaws = append(flaws, fmt.Sprintf("Column %d has a NUL in its name, which no table can have.", i+1))
		case path == "":
			flaws = append(flaws, fmt.Sprintf("Column %d has an empty name. Name a member of the event, such as \"id\" or \"status.errorCode\".", i+1))
		case slices.Contains(paths[:i], path):
			flaws = append(flaws, fmt.Sprintf("The column %q is named twice. Name each column once.", path))
		}
	}
	return flaws
}

// Set is a list of columns. It does not change and may be shared.
type Set struct {
	count int
	root  *node
}

// node stands for an object in which parts of columns are looked for.
type node struct {
	// slots has the members: chains of those whose names have the same slot,
	// most of them of one or none.
	slots [256]*member
}

// slot returns the slot of a name. It looks at where the names of an object
// differ most, and is much faster than a map's hash.
func slot(name []byte) uint8 {
	n := len(name)
	if n == 0 {
		return 0
	}
	return uint8(n) + 7*name[0] + 31*name[n/2] + 13*name[n-1]
}

// find returns the member of this name, nil if no column goes through it.
func (n *node) find(name []byte) *member {
	m := n.slots[slot(name)]
	for m != nil && m.name != string(name) {
		m = m.next
	}
	return m
}

// member is a member of such an object that a column names.
type member struct {
	name string
	next *member // in the same slot
	// columns end at this member: its value is theirs.
	columns []int
	// inner, if not nil, is where the columns below go on.
	inner *node
	below []int
}

// New returns the set of these columns, none of which is empty.
func New(paths []string) *Set {
	rests := make([]rest, len(paths))
	for i, path := range paths {
		rests[i] = rest{i, path}
	}
	return &Set{len(paths), newNode(rests, map[string]*node{})}
}

// rest is what is left of a column's path.
type rest struct {
	column int
	path   string
}

// newNode returns the node for what is left of some columns. A name with n
// dots can be reached in many ways that leave the same; known has their nodes,
// so that there are few.
func newNode(rests []rest, known map[string]*node) *node {
	var id string
	for _, r := range rests {
		id += fmt.Sprintf("%d:%q", r.column, r.path)
	}
	if n, ok := known[id]; ok {
		return n
	}
	n := &node{}
	inner := map[*member][]rest{}
	at := func(name string) *member {
		m := n.find([]byte(name))
		if m == nil {
			s := &n.slots[slot([]byte(name))]
			m = &member{name: name, next: *s}
			*s = m
		}
		return m
	}
	for _, r := range rests {
		m := at(r.path)
		m.columns = append(m.columns, r.column)
		for i := range len(r.path) {
			if r.path[i] == '.' && i > 0 && i < len(r.path)-1 {
				m := at(r.path[:i])
				m.below = append(m.below, r.column)
				inner[m] = append(inner[m], rest{r.column, r.path[i+1:]})
			}
		}
	}
	for m, rests := range inner {
		m.inner = newNode(rests, known)
	}
	known[id] = n
	return n
}

// Row is the values of one event. It is filled again and again.
type Row struct {
	// Values has the raw value of each column, nil where the event has none.
	// They are parts of the event.
	Values [][]byte
	// Escaped says of each value that is a string whether it has escapes.
	// For other values it means nothing.
	Escaped []bool
	// Rest is an object of everything in the event that is in no column, nested as
	// it was; nil if nothing is left.
	Rest []byte

	// Unsaid, if set, reports whether a string with escapes, given without its
	// quotes, is one that its column cannot say: then Rest has it too.
	Unsaid func(content []byte) bool

	depth    []int // of the member that each value was taken from
	fixed    bool  // depth says where to take values from
	conflict bool  // a column was found at different depths
	name     []byte
}

// Pick fills the row from an event, an object. Rest is filled if that is
// asked for. Where member names repeat, the last one counts.
func (s *Set) Pick(row *Row, event []byte, withRest bool) {
	if len(row.Values) != s.count {
		row.Values = make([][]byte, s.count)
		row.Escaped = make([]bool, s.count)
		row.depth = make([]int, s.count)
	}
	row.fixed, row.conflict = false, false
	row.pick(s.root, event, withRest)
	if row.conflict {
		// What the other depth had was taken for the column too early: pick
		// again, now that the depth is known.
		row.fixed = true
		row.pick(s.root, event, withRest)
	}
}

func (row *Row) pick(root *node, event []byte, withRest bool) {
	clear(row.Values)
	row.Rest = append(row.Rest[:0], '{')
	c := rawjson.NewCursor(event)
	row.walk(&c, root, 1, withRest)
	if len(row.Rest) == 1 {
		row.Rest = row.Rest[:0]
	} else {
		row.Rest = append(row.Rest, '}')
	}
}

// walk takes the values of the object that comes next, whose members are at
// the depth. It reports whether it took any.
func (row *Row) walk(c *rawjson.Cursor, n *node, depth int, keep bool) (took bool) {
	c.Enter()
	for key, ok := c.NextKey(); ok; key, ok = c.NextKey() {
		m := row.find(n, key, c.Escaped())
		if m == nil {
			row.keep(key, c.Value(), keep)
			continue
		}
		for _, column := range m.below {
			if row.depth[column] > depth {
				row.Values[column] = nil // the member repeats
			}
		}
		if len(m.columns) == 0 && c.Kind() == rawjson.Object {
			took = row.descend(c, key, m, depth, keep) || took
			continue
		}
		value := c.Value()
		taken := row.take(m.columns, value, c.Escaped(), depth)
		took = took || taken
		if m.inner != nil && rawjson.KindOf(value) == rawjson.Object {
			inside := rawjson.NewCursor(value)
			took = row.descend(&inside, key, m, depth, keep && !taken) || took
			continue
		}
		row.keep(key, value, keep && (!taken || c.Escaped() && row.unsaid(value)))
	}
	return took
}

// unsaid reports whether a value, which a column has taken, belongs to Rest too.
func (row *Row) unsaid(value []byte) bool {
	return row.Unsaid != nil && len(value) > 1 && value[0] == '"' && row.Unsaid(value[1:len(value)-1])
}

// descend walks the object that comes next, the value of a member in which
// columns go on, and keeps what is left of it.
func (row *Row) descend(c *rawjson.Cursor, key []byte, m *member, depth int, keep bool) (took bool) {
	if !keep {
		return row.walk(c, m.inner, depth+1, false)
	}
	start := len(row.Rest)
	row.Rest = append(row.key(key), '{')
	took = row.walk(c, m.inner, depth+1, true)
	if took && row.Rest[len(row.Rest)-1] == '{' {
		row.Rest = row.Rest[:start]
	} else {
		row.Rest = append(row.Rest, '}')
	}
	return took
}

// keep adds a member to Rest, if that is asked for.
func (row *Row) keep(key, value []byte, keep bool) {
	if keep {
		row.Rest = append(row.key(key), value...)
	}
}

// find returns the member that a raw key names, nil if no column does.
func (row *Row) find(n *node, key []byte, escaped bool) *member {
	if escaped {
		row.name = rawjson.AppendUnescaped(row.name[:0], key)
		key = row.name
	}
	return n.find(key)
}

// take gives a value to columns, and reports whether any of them took it.
func (row *Row) take(columns []int, value []byte, escaped bool, depth int) (took bool) {
	for _, column := range columns {
		switch {
		case row.fixed:
			if row.depth[column] != depth {
				continue
			}
		case row.Values[column] != nil && row.depth[column] != depth:
			row.conflict = true
			if row.depth[column] < depth {
				continue
			}
		}
		row.Values[column], row.Escaped[column], row.depth[column] = value, escaped, depth
		took = true
	}
	return took
}

// key begins a member of Rest and returns it.
func (row *Row) key(key []byte) []byte {
	rest := row.Rest
	if rest[len(rest)-1] == '{' {
		rest = append(rest, '"')
	} else {
		rest = append(rest, ',', '"')
	}
	return append(append(rest, key...), '"', ':')
}
