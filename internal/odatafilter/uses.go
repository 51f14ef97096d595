package odatafilter

import (
	"maps"
	"slices"
)

// Use is an operator or a function that a filter uses on a property.
type Use struct {
	Path []string // from the object, through the lambdas that it stands in
	Op   string   // eq to le, in, any, all, contains, startswith, endswith
}

// Uses returns what a filter uses, in its order.
func Uses(e Expr) []Use { return uses(e, nil, nil) }

// uses appends the uses in e, where the variables of lambdas stand for paths.
func uses(e Expr, variables map[string][]string, list []Use) []Use {
	use := func(path []string, op string) {
		if at, ok := variables[path[0]]; ok {
			path = slices.Concat(at, path[1:])
		}
		list = append(list, Use{path, op})
	}
	switch e := e.(type) {
	case *And:
		return uses(e.Right, variables, uses(e.Left, variables, list))
	case *Or:
		return uses(e.Right, variables, uses(e.Left, variables, list))
	case *Not:
		return uses(e.X, variables, list)
	case *Compare:
		use(e.Path, e.Op)
	case *In:
		use(e.Path, "in")
	case *Call:
		use(e.Path, e.Name)
	case *Lambda:
		op := "any"
		if e.All {
			op = "all"
		}
		use(e.Path, op)
		if e.Body == nil {
			return list
		}
		within := maps.Clone(variables)
		if within == nil {
			within = map[string][]string{}
		}
		within[e.Var] = list[len(list)-1].Path
		return uses(e.Body, within, list)
	}
	return list
}
