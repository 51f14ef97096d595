package functions

import (
	"errors"
	"fmt"
	"slices"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// collectionFunctions are those on lists, sets and maps that no library
// brings, or brings with another behaviour than Terraform's.
func collectionFunctions() map[string]function.Function {
	return map[string]function.Function{
		"alltrue":   boolsFunction(func(all []bool) bool { return !slices.Contains(all, false) }),
		"anytrue":   boolsFunction(func(all []bool) bool { return slices.Contains(all, true) }),
		"coalesce":  coalesceFunction(),
		"index":     indexFunction(),
		"length":    lengthFunction(),
		"lookup":    lookupFunction(),
		"matchkeys": matchKeysFunction(),
		"one":       oneFunction(),
		"sum":       sumFunction(),
		"transpose": transposeFunction(),
	}
}

// anyParam takes a value of every type; unknown values make the result unknown.
func anyParam(name string) function.Parameter {
	return param(name, cty.DynamicPseudoType)
}

func isSequence(t cty.Type) bool { return t.IsListType() || t.IsSetType() || t.IsTupleType() }

// boolsFunction is a test of a list of bools; null counts as false.
func boolsFunction(test func([]bool) bool) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{param("list", cty.List(cty.Bool))},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if !args[0].IsWhollyKnown() {
				return cty.UnknownVal(cty.Bool), nil
			}
			var all []bool
			for it := args[0].ElementIterator(); it.Next(); {
				_, v := it.Element()
				all = append(all, !v.IsNull() && v.True())
			}
			return cty.BoolVal(test(all)), nil
		},
	})
}

// coalesceFunction gives the first argument that is neither null nor "".
func coalesceFunction() function.Function {
	return function.New(&function.Spec{
		VarParam: &function.Parameter{
			Name: "vals", Type: cty.DynamicPseudoType,
			AllowNull: true, AllowUnknown: true, AllowDynamicType: true,
		},
		Type: func(args []cty.Value) (cty.Type, error) {
			types := make([]cty.Type, len(args))
			for i, arg := range args {
				types[i] = arg.Type()
			}
			t, _ := convert.UnifyUnsafe(types)
			if t == cty.NilType {
				return cty.NilType, errors.New("all arguments must have the same type")
			}
			return t, nil
		},
		Impl: func(args []cty.Value, t cty.Type) (cty.Value, error) {
			for _, arg := range args {
				v, err := convert.Convert(arg, t)
				switch {
				case err != nil:
					return cty.NilVal, err
				case !v.IsKnown():
					return cty.UnknownVal(t), nil
				case v.IsNull() || (t == cty.String && v.AsString() == ""):
					continue
				}
				return v, nil
			}
			return cty.NilVal, errors.New("every argument is null or an empty string")
		},
	})
}

// indexFunction gives the position of a value in a list.
func indexFunction() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{anyParam("list"), anyParam("value")},
		Type:   function.StaticReturnType(cty.Number),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if t := args[0].Type(); !t.IsListType() && !t.IsTupleType() {
				return cty.NilVal, argErrorf(0, "the argument must be a list or a tuple")
			}
			for it := args[0].ElementIterator(); it.Next(); {
				i, element := it.Element()
				equal, err := stdlib.Equal(element, args[1])
				if err != nil {
					return cty.NilVal, err
				}
				if !equal.IsKnown() {
					return cty.UnknownVal(cty.Number), nil
				}
				if equal.True() {
					return i, nil
				}
			}
			return cty.NilVal, errors.New("the list has no such value")
		},
	})
}

// lengthFunction counts elements, attributes, or a string's characters.
func lengthFunction() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{
			Name: "value", Type: cty.DynamicPseudoType, AllowUnknown: true, AllowDynamicType: true,
		}},
		Type: func(args []cty.Value) (cty.Type, error) {
			t := args[0].Type()
			if t == cty.String || t == cty.DynamicPseudoType || t.IsCollectionType() || t.IsTupleType() || t.IsObjectType() {
				return cty.Number, nil
			}
			return cty.NilType, argErrorf(0, "the argument must be a string, a collection or a structure")
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			v := args[0]
			switch t := v.Type(); {
			case t == cty.DynamicPseudoType:
				return cty.UnknownVal(cty.Number), nil
			case t == cty.String:
				return stdlib.Strlen(v)
			case t.IsTupleType():
				return cty.NumberIntVal(int64(len(t.TupleElementTypes()))), nil
			case t.IsObjectType():
				return cty.NumberIntVal(int64(len(t.AttributeTypes()))), nil
			}
			return v.Length(), nil
		},
	})
}

// lookupFunction gives the element of a map, or the default where there is one.
func lookupFunction() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{anyParam("map"), param("key", cty.String)},
		VarParam: &function.Parameter{
			Name: "default", Type: cty.DynamicPseudoType, AllowNull: true, AllowUnknown: true, AllowDynamicType: true,
		},
		Type: func(args []cty.Value) (cty.Type, error) {
			if len(args) > 3 {
				return cty.NilType, fmt.Errorf("lookup takes two or three arguments, and not %d", len(args))
			}
			switch t := args[0].Type(); {
			case t.IsMapType():
				return t.ElementType(), nil
			case t.IsObjectType():
				if args[1].IsKnown() && t.HasAttribute(args[1].AsString()) {
					return t.AttributeType(args[1].AsString()), nil
				}
				return cty.DynamicPseudoType, nil
			}
			return cty.NilType, argErrorf(0, "the argument must be a map or an object")
		},
		Impl: func(args []cty.Value, t cty.Type) (cty.Value, error) {
			key := args[1].AsString()
			if args[0].Type().IsObjectType() {
				if args[0].Type().HasAttribute(key) {
					return args[0].GetAttr(key), nil
				}
			} else if args[0].HasIndex(args[1]).True() {
				return args[0].Index(args[1]), nil
			}
			if len(args) < 3 {
				return cty.NilVal, argErrorf(1, "there is no element %q, and no default", key)
			}
			v, err := convert.Convert(args[2], t)
			if err != nil {
				return cty.NilVal, argErrorf(2, "the default must have the type of the elements: %w", err)
			}
			return v, nil
		},
	})
}

// matchKeysFunction gives the values whose keys, at the same positions, are in
// the search set.
func matchKeysFunction() function.Function {
	list := cty.List(cty.DynamicPseudoType)
	return function.New(&function.Spec{
		Params: []function.Parameter{param("values", list), param("keys", list), param("searchset", list)},
		Type: func(args []cty.Value) (cty.Type, error) {
			if t, _ := convert.UnifyUnsafe([]cty.Type{args[1].Type(), args[2].Type()}); t == cty.NilType {
				return cty.NilType, errors.New("keys and searchset must have the same type")
			}
			return args[0].Type(), nil
		},
		Impl: func(args []cty.Value, t cty.Type) (cty.Value, error) {
			if !args[1].IsWhollyKnown() || !args[2].IsWhollyKnown() {
				return cty.UnknownVal(t), nil
			}
			values, keys, wanted := args[0].AsValueSlice(), args[1].AsValueSlice(), args[2].AsValueSlice()
			if len(values) != len(keys) {
				return cty.NilVal, errors.New("values and keys must have the same length")
			}
			var matched []cty.Value
			for i, key := range keys {
				for _, want := range wanted {
					equal, err := stdlib.Equal(key, want)
					if err != nil {
						return cty.NilVal, err
					}
					if equal.True() {
						matched = append(matched, values[i])
						break
					}
				}
			}
			if len(matched) == 0 {
				return cty.ListValEmpty(t.ElementType()), nil
			}
			return cty.ListVal(matched), nil
		},
	})
}

// oneFunction gives the only element, or null where there is none.
func oneFunction() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{anyParam("list")},
		Type: func(args []cty.Value) (cty.Type, error) {
			t := args[0].Type()
			switch {
			case t.IsListType() || t.IsSetType():
				return t.ElementType(), nil
			case t.IsTupleType():
				switch types := t.TupleElementTypes(); len(types) {
				case 0:
					return cty.DynamicPseudoType, nil
				case 1:
					return types[0], nil
				}
				return cty.NilType, argErrorf(0, "there must be no element or one")
			}
			return cty.NilType, argErrorf(0, "the argument must be a list, a set or a tuple")
		},
		Impl: func(args []cty.Value, t cty.Type) (cty.Value, error) {
			if !args[0].Length().IsKnown() {
				return cty.UnknownVal(t), nil
			}
			switch elements := args[0].AsValueSlice(); len(elements) {
			case 0:
				return cty.NullVal(t), nil
			case 1:
				return elements[0], nil
			}
			return cty.NilVal, argErrorf(0, "there must be no element or one")
		},
	})
}

func sumFunction() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{anyParam("list")},
		Type:   function.StaticReturnType(cty.Number),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if !isSequence(args[0].Type()) {
				return cty.NilVal, argErrorf(0, "the argument must be a list, a set or a tuple")
			}
			if !args[0].IsWhollyKnown() {
				return cty.UnknownVal(cty.Number), nil
			}
			elements := args[0].AsValueSlice()
			if len(elements) == 0 {
				return cty.NilVal, argErrorf(0, "there must be at least one element")
			}
			total := cty.Zero
			for _, element := range elements {
				n, err := convert.Convert(element, cty.Number)
				if err != nil || n.IsNull() {
					return cty.NilVal, argErrorf(0, "every element must be a number")
				}
				if total, err = stdlib.Add(total, n); err != nil {
					return cty.NilVal, err
				}
			}
			return total, nil
		},
	})
}

// transposeFunction swaps the keys and the values of a map of lists of strings.
func transposeFunction() function.Function {
	t := cty.Map(cty.List(cty.String))
	return function.New(&function.Spec{
		Params: []function.Parameter{param("values", t)},
		Type:   function.StaticReturnType(t),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if !args[0].IsWhollyKnown() {
				return cty.UnknownVal(t), nil
			}
			lists := map[string][]cty.Value{}
			for it := args[0].ElementIterator(); it.Next(); {
				key, list := it.Element()
				if list.IsNull() {
					return cty.NilVal, argErrorf(0, "the list of %q is null", key.AsString())
				}
				for elements := list.ElementIterator(); elements.Next(); {
					_, element := elements.Element()
					if element.IsNull() {
						return cty.NilVal, argErrorf(0, "the list of %q holds null", key.AsString())
					}
					lists[element.AsString()] = append(lists[element.AsString()], key)
				}
			}
			if len(lists) == 0 {
				return cty.MapValEmpty(cty.List(cty.String)), nil
			}
			result := map[string]cty.Value{}
			for key, list := range lists {
				result[key] = cty.ListVal(list)
			}
			return cty.MapVal(result), nil
		},
	})
}
