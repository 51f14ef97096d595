package odatafilter

import (
	"fmt"
	"strings"
)

// Schema describes a property: its kind, the members of an object and the
// elements of a collection.
type Schema struct {
	Kind    Kind
	Members map[string]*Schema
	Element *Schema
}

// Check reports the first property of e that schema does not know, or whose
// kind does not go with the literal that it is compared with. It gives the
// properties in e the upper and lower case that schema has: the service takes any.
func Check(e Expr, schema *Schema) error {
	return checker{schema: schema}.check(e)
}

type checker struct {
	schema *Schema
	outer  *checker
	name   string
}

func (c checker) check(e Expr) error {
	switch e := e.(type) {
	case *And:
		return c.both(e.Left, e.Right)
	case *Or:
		return c.both(e.Left, e.Right)
	case *Not:
		return c.check(e.X)
	case *Compare:
		return c.compare(e.Path, e.Literal)
	case *In:
		for _, l := range e.List {
			if err := c.compare(e.Path, l); err != nil {
				return err
			}
		}
	case *Call:
		return c.compare(e.Path, Literal{Kind: String})
	case *Lambda:
		s, err := c.find(e.Path)
		if err != nil {
			return err
		}
		if s.Kind != Collection && s.Kind != Any {
			return fmt.Errorf("%s is not a collection", strings.Join(e.Path, "/"))
		}
		if e.Body == nil {
			return nil
		}
		element := s.Element
		if element == nil {
			element = &Schema{}
		}
		return checker{schema: element, outer: &c, name: e.Var}.check(e.Body)
	}
	return nil
}

func (c checker) both(left, right Expr) error {
	if err := c.check(left); err != nil {
		return err
	}
	return c.check(right)
}

func (c checker) compare(path []string, l Literal) error {
	s, err := c.find(path)
	if err != nil {
		return err
	}
	if s.Kind != Any && s.Kind != Null && l.Kind != Null && s.Kind != l.Kind {
		return fmt.Errorf("%s is compared with a value of another type", strings.Join(path, "/"))
	}
	return nil
}

func (c checker) find(path []string) (*Schema, error) {
	s, rest := c.schema, path
	for at := &c; at != nil; at = at.outer {
		if at.name != "" && at.name == path[0] {
			s, rest = at.schema, path[1:]
			break
		}
		s = at.schema
	}
	for i, name := range rest {
		if strings.Contains(name, ".") { // a cast
			continue
		}
		if s.Kind == Any && s.Members == nil {
			return s, nil
		}
		member, ok := s.Members[name]
		for known, m := range s.Members {
			if !ok && strings.EqualFold(known, name) {
				rest[i], member, ok = known, m, true
			}
		}
		if !ok {
			return nil, fmt.Errorf("there is no property %s", strings.Join(path, "/"))
		}
		s = member
	}
	return s, nil
}

// Properties calls visit with the path of every property that e looks at. The
// paths inside a lambda begin with its variable, or at the object itself.
func Properties(e Expr, visit func(path []string)) {
	switch e := e.(type) {
	case *And:
		Properties(e.Left, visit)
		Properties(e.Right, visit)
	case *Or:
		Properties(e.Left, visit)
		Properties(e.Right, visit)
	case *Not:
		Properties(e.X, visit)
	case *Compare:
		visit(e.Path)
	case *In:
		visit(e.Path)
	case *Call:
		visit(e.Path)
	case *Lambda:
		visit(e.Path)
		Properties(e.Body, visit)
	}
}

// Merge joins what two descriptions say of a property; either can be nil.
func Merge(a, b *Schema) *Schema {
	switch {
	case a == nil || a.Kind == Null:
		return b
	case b == nil || b.Kind == Null:
		return a
	case a.Kind != b.Kind:
		return &Schema{}
	}
	joined := &Schema{Kind: a.Kind}
	if a.Element != nil || b.Element != nil {
		joined.Element = Merge(a.Element, b.Element)
	}
	if a.Kind == Object {
		joined.Members = map[string]*Schema{}
		for _, s := range []*Schema{a, b} {
			for name, m := range s.Members {
				joined.Members[name] = Merge(joined.Members[name], m)
			}
		}
	}
	return joined
}
