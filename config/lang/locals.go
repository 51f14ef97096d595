package lang

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/reportform/reportform/internal/diag"
)

// local is one value of the locals blocks.
type local struct {
	name string
	attr *hcl.Attribute
	// known is how many kinds must be known before it can be evaluated, and
	// cause the reference that says so.
	known int
	cause string

	broken bool // by a mistake that is reported
	done   bool
	value  cty.Value // when done
}

// DeclareLocals takes in the values of all locals blocks, and evaluates those
// that depend on no block. The variables are set before.
func (s *Scope) DeclareLocals(blocks []*hcl.Block) hcl.Diagnostics {
	s.locals = map[string]*local{}
	var diags hcl.Diagnostics
	for _, block := range blocks {
		attrs, d := block.Body.JustAttributes()
		diags = append(diags, d...)
		for _, attr := range InOrder(attrs) {
			if first, taken := s.locals[attr.Name]; taken {
				diags = append(diags, diag.Mistake(attr.NameRange, "Declared twice",
					"The local value %q is already declared at %s. Give this one another name.", attr.Name, first.attr.NameRange))
				continue
			}
			s.locals[attr.Name] = &local{name: attr.Name, attr: attr, value: cty.DynamicVal}
		}
	}
	diags = append(diags, s.orderLocals()...)
	return append(diags, s.evalLocals()...)
}

// InOrder returns attributes in order of place.
func InOrder(attrs hcl.Attributes) []*hcl.Attribute {
	return slices.SortedFunc(maps.Values(attrs), func(a, b *hcl.Attribute) int {
		return cmp.Or(comparePlaces(&a.NameRange, &b.NameRange), cmp.Compare(a.Name, b.Name))
	})
}

// orderLocals finds what every local depends on, and puts each after those
// that it refers to.
func (s *Scope) orderLocals() hcl.Diagnostics {
	var diags hcl.Diagnostics
	visited := map[*local]bool{}
	var path []*local // from the local that is visited first
	var visit func(l *local)
	visit = func(l *local) {
		if i := slices.Index(path, l); i >= 0 {
			diags = append(diags, cycle(path[i:]))
			return
		}
		if visited[l] {
			return
		}
		visited[l] = true
		path = append(path, l)
		for _, ref := range l.attr.Expr.Variables() {
			names := referenceNames(ref)
			if len(names) == 0 {
				continue
			}
			if k := s.kind(ref.RootName()); k != nil && !k.Last {
				l.needs(slices.Index(s.Kinds, k)+1, strings.Join(append([]string{k.Name}, names[:min(len(names), k.Labels)]...), "."))
			}
			if other := s.locals[names[0]]; other != nil && ref.RootName() == "local" {
				visit(other)
				l.needs(other.known, other.cause)
			}
		}
		path = path[:len(path)-1]
		s.order = append(s.order, l)
	}
	for _, l := range slices.SortedFunc(maps.Values(s.locals), func(a, b *local) int { return comparePlaces(&a.attr.NameRange, &b.attr.NameRange) }) {
		visit(l)
	}
	return diags
}

func (l *local) needs(known int, cause string) {
	if known > l.known {
		l.known, l.cause = known, cause
	}
}

// cycle reports locals that depend on each other and marks them as broken.
func cycle(members []*local) *hcl.Diagnostic {
	var names []string
	for _, l := range members {
		l.broken = true
		names = append(names, "local."+l.name)
	}
	names = append(names, names[0])
	return diag.Mistake(members[0].attr.NameRange, "Circular local values",
		"These local values depend on each other: %s. Remove one of the references.", strings.Join(names, " -> "))
}

// evalLocals evaluates the locals that can be evaluated now and were not before.
func (s *Scope) evalLocals() hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, l := range s.order {
		if l.done || l.known > s.known {
			continue
		}
		if !l.broken {
			s.refresh()
			v, d := s.eval(l.attr.Expr, use{block: "locals", waits: true})
			diags = append(diags, d...)
			if !d.HasErrors() {
				l.value = v
			}
		}
		l.done = true
	}
	s.refresh()
	return diags
}
