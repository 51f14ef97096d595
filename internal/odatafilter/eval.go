package odatafilter

import (
	"cmp"
	"strings"
	"time"
)

// Match reports whether object fulfils e. The object and its values are as
// encoding/json decodes them into any.
func Match(e Expr, object any) bool {
	return scope{object: object}.match(e)
}

// scope is the object and, inside a lambda, its element.
type scope struct {
	object any
	outer  *scope
	name   string // of the lambda's variable that object is
}

func (s scope) match(e Expr) bool {
	switch e := e.(type) {
	case *And:
		return s.match(e.Left) && s.match(e.Right)
	case *Or:
		return s.match(e.Left) || s.match(e.Right)
	case *Not:
		return !s.match(e.X)
	case *Compare:
		return compare(s.value(e.Path), e.Op, e.Literal)
	case *In:
		for _, l := range e.List {
			if compare(s.value(e.Path), "eq", l) {
				return true
			}
		}
	case *Call:
		text, ok := s.value(e.Path).(string)
		if !ok {
			return false
		}
		switch e.Name {
		case "contains":
			return strings.Contains(text, e.Text)
		case "startswith":
			return strings.HasPrefix(text, e.Text)
		case "endswith":
			return strings.HasSuffix(text, e.Text)
		}
	case *Lambda:
		return s.lambda(e)
	}
	return false
}

func (s scope) lambda(l *Lambda) bool {
	elements, _ := s.value(l.Path).([]any)
	if l.Body == nil {
		return len(elements) > 0
	}
	for _, element := range elements {
		if (scope{object: element, outer: &s, name: l.Var}).match(l.Body) != l.All {
			return !l.All
		}
	}
	return l.All
}

// value follows a path; what does not exist is nil. A segment with a dot is a
// cast to a type and changes nothing.
func (s scope) value(path []string) any {
	v := s.object
	for at := &s; at != nil; at = at.outer {
		if at.name == path[0] {
			v, path = at.object, path[1:]
			break
		}
		v = at.object
	}
	for _, name := range path {
		if strings.Contains(name, ".") {
			continue
		}
		object, _ := v.(map[string]any)
		v = object[name]
	}
	return v
}

func compare(value any, op string, l Literal) bool {
	if value == nil || l.Kind == Null {
		same := value == nil && l.Kind == Null
		return op == "eq" && same || op == "ne" && !same
	}
	order, ok := 0, false
	switch v := value.(type) {
	case bool:
		ok = l.Kind == Bool
		if v != l.Bool {
			order = 1
		}
	case float64:
		order, ok = cmp.Compare(v, l.Number), l.Kind == Number
	case string:
		if l.Kind == Time {
			t, err := time.Parse(time.RFC3339, v)
			order, ok = t.Compare(l.Time), err == nil
			break
		}
		order, ok = strings.Compare(v, l.Text), l.Kind == String
	}
	switch op {
	case "eq":
		return ok && order == 0
	case "ne":
		return !ok || order != 0
	case "gt":
		return ok && order > 0
	case "ge":
		return ok && order >= 0
	case "lt":
		return ok && order < 0
	case "le":
		return ok && order <= 0
	}
	return false
}
