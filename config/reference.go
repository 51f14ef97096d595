package config

import (
	"cmp"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/reportform/reportform/internal/address"
	"github.com/reportform/reportform/internal/diag"
)

// blockList is a resolved list of references.
type blockList[T any] struct {
	items  []T
	ranges []hcl.Range // of each item
	ok     bool        // all of them are known
	sorted bool
}

// one resolves an attribute that refers to a single instance of a kind. It is
// not ok where the attribute is absent, mistaken or depends on a mistake.
func one[T any](i *instance, name string, k *kind, items map[address.Address]T) (item T, ok bool) {
	v, ok := i.raw(name)
	if !ok {
		return item, false
	}
	addresses, fault, known := addressesOf(v, k)
	switch {
	case !known:
		return item, false
	case fault != "":
		i.reject(name, "Unsuitable reference", "%q takes one %s, such as %s, and %s.", name, k.name, k.example, fault)
		return item, false
	case isReference(v):
		item, ok = items[addresses[0]]
		return item, ok
	case len(addresses) == 0:
		i.reject(name, "Unsuitable reference", "%q takes one %s, and this has none.", name, k.name)
	default:
		i.reject(name, "Unsuitable reference", "%q takes one %s, and this is %d of them. Choose one by its key, such as %s.", name, k.name, len(addresses), addresses[0])
	}
	return item, false
}

// many resolves an attribute that refers to any number of instances of a kind:
// a list of instances and of whole blocks with for_each, or one of these.
func many[T any](i *instance, name string, k *kind, items map[address.Address]T) *blockList[T] {
	attr := i.content[name]
	if attr == nil {
		return &blockList[T]{}
	}
	if list, ok := i.of.lists[attr].(*blockList[T]); ok {
		return list
	}
	list := resolveMany(i, attr, k, items)
	if e := i.of.attrs[attr]; e == nil || !e.each {
		i.of.lists[attr] = list
	}
	return list
}

func resolveMany[T any](i *instance, attr *hcl.Attribute, k *kind, items map[address.Address]T) *blockList[T] {
	whole, ok := i.raw(attr.Name)
	if !ok {
		return &blockList[T]{}
	}
	list := &blockList[T]{ok: true}
	add := func(v cty.Value, place hcl.Range) {
		addresses, fault, known := addressesOf(v, k)
		if fault != "" {
			i.diags = append(i.diags, diag.Mistake(place, "Unsuitable reference",
				"%s%q takes %ss, such as %s, and %s.", i.subject(attr), attr.Name, k.name, k.example, fault))
		}
		list.ok = list.ok && known && fault == ""
		for _, address := range addresses {
			if item, ok := items[address]; ok {
				list.items = append(list.items, item)
				list.ranges = append(list.ranges, place)
			} else {
				list.ok = false
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
func addressesOf(v cty.Value, k *kind) (addresses []address.Address, fault string, known bool) {
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
		if a.Kind() != k.name {
			return nil, "this is " + string(a), true
		}
		return []address.Address{a}, "", true
	case t == cty.String:
		return nil, `this is a string. Write the reference without quotes (in JSON, as "${` + k.example + `}")`, true
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

// distinct returns the items in order of address, each once. The result is
// shared by all who hold the list.
func (l *blockList[T]) distinct(addressOf func(T) address.Address) []T {
	if !l.sorted {
		slices.SortFunc(l.items, func(a, b T) int { return cmp.Compare(addressOf(a), addressOf(b)) })
		l.items = slices.CompactFunc(l.items, func(a, b T) bool { return addressOf(a) == addressOf(b) })
		l.ranges, l.sorted = nil, true
	}
	return l.items
}
