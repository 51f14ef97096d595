package lang

import (
	"cmp"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/reportform/reportform/internal/address"
)

// List is a resolved list of references.
type List[T any] struct {
	Items  []T
	Ranges []hcl.Range // of each item; none after Distinct
	OK     bool        // all of them are known
	sorted bool
}

// One resolves an attribute that refers to a single instance of a kind. It is
// not ok where the attribute is absent, mistaken or depends on a mistake.
func One[T any](i *Instance, name string, k *Kind, items map[address.Address]T) (item T, ok bool) {
	v, ok := i.raw(name)
	if !ok {
		return item, false
	}
	addresses, fault, known := addressesOf(v, k)
	switch {
	case !known:
		return item, false
	case fault != "":
		i.Reject(name, "Unsuitable reference", "%q takes one %s, such as %s, and %s.", name, k.Name, k.Example, fault)
		return item, false
	case isReference(v):
		item, ok = items[addresses[0]]
		return item, ok
	case len(addresses) == 0:
		i.Reject(name, "Unsuitable reference", "%q takes one %s, and this has none.", name, k.Name)
	default:
		i.Reject(name, "Unsuitable reference", "%q takes one %s, and this is %d of them. Choose one by its key, such as %s.", name, k.Name, len(addresses), addresses[0])
	}
	return item, false
}

// Many resolves an attribute that refers to any number of instances of a kind:
// a list of instances and of whole blocks with for_each, or one of these.
func Many[T any](i *Instance, name string, k *Kind, items map[address.Address]T) *List[T] {
	attr := i.content[name]
	if attr == nil {
		return &List[T]{}
	}
	if list, ok := i.of.lists[attr].(*List[T]); ok {
		return list
	}
	list := resolveMany(i, attr, k, items)
	if e := i.of.attrs[attr]; e == nil || !e.each {
		i.of.lists[attr] = list
	}
	return list
}

func resolveMany[T any](i *Instance, attr *hcl.Attribute, k *Kind, items map[address.Address]T) *List[T] {
	whole, ok := i.raw(attr.Name)
	if !ok {
		return &List[T]{}
	}
	list := &List[T]{OK: true}
	add := func(v cty.Value, place hcl.Range) {
		addresses, fault, known := addressesOf(v, k)
		if fault != "" {
			i.Mistake(place, "Unsuitable reference",
				"%s%q takes %ss, such as %s, and %s.", i.about(attr), attr.Name, k.Name, k.Example, fault)
		}
		list.OK = list.OK && known && fault == ""
		for _, address := range addresses {
			if item, ok := items[address]; ok {
				list.Items = append(list.Items, item)
				list.Ranges = append(list.Ranges, place)
			} else {
				list.OK = false
			}
		}
	}
	elements, notList := hcl.ExprList(attr.Expr)
	if notList.HasErrors() || !whole.Type().IsTupleType() || len(elements) != whole.LengthInt() {
		add(whole, attr.Expr.Range())
		return list
	}
	for n, element := range elements {
		add(whole.Index(cty.NumberIntVal(int64(n))), element.Range())
	}
	return list
}

// isReference reports whether a value is an instance, as references give it.
func isReference(v cty.Value) bool {
	t := v.Type()
	return t.IsObjectType() && t.HasAttribute("address") && t.AttributeType("address") == cty.String
}

// addressesOf collects the addresses in a value that is an instance, or a
// collection of such. A fault ends the sentence "it takes windows, and ...".
// Where part of the value is not known, known is false.
func addressesOf(v cty.Value, k *Kind) (addresses []address.Address, fault string, known bool) {
	switch t := v.Type(); {
	case !v.IsKnown():
		return nil, "", false
	case v.IsNull():
		return nil, "this is null", true
	case isReference(v):
		value := v.GetAttr("address")
		if !value.IsKnown() || value.IsNull() {
			return nil, "", value.IsKnown()
		}
		a := address.Address(value.AsString())
		if a.Kind() != k.Name {
			return nil, "this is " + string(a), true
		}
		return []address.Address{a}, "", true
	case t == cty.String:
		return nil, `this is a string. Write the reference without quotes (in JSON, as "${` + k.Example + `}")`, true
	case t.IsObjectType() || t.IsCollectionType() || t.IsTupleType():
		known = true
		for it := v.ElementIterator(); it.Next(); {
			_, element := it.Element()
			more, fault, ok := addressesOf(element, k)
			if fault != "" {
				return nil, fault, true
			}
			known = known && ok
			addresses = append(addresses, more...)
		}
		return addresses, "", known
	}
	return nil, "this is " + typePhrase(v.Type()), true
}

// Distinct returns the items in order of address, each once. The result is
// shared by all who hold the list.
func (l *List[T]) Distinct(addressOf func(T) address.Address) []T {
	if !l.sorted {
		slices.SortFunc(l.Items, func(a, b T) int { return cmp.Compare(addressOf(a), addressOf(b)) })
		l.Items = slices.CompactFunc(l.Items, func(a, b T) bool { return addressOf(a) == addressOf(b) })
		l.Ranges, l.sorted = nil, true
	}
	return l.Items
}
