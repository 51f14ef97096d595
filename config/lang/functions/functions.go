// Package functions has the functions of the language. They carry Terraform's
// names and behave as they do there.
package functions

import (
	"errors"
	"fmt"
	"maps"

	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	ctyyaml "github.com/zclconf/go-cty-yaml"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"github.com/reportform/reportform/internal/bom"
	"github.com/reportform/reportform/internal/secret"
)

// All returns the functions by name, those of Refused included. Relative paths
// start from dir, the absolute directory of the configuration.
func All(dir string) map[string]function.Function {
	all := standardFunctions()
	maps.Copy(all, collectionFunctions())
	maps.Copy(all, textFunctions())
	maps.Copy(all, fileFunctions(dir))
	maps.Copy(all, secret.Functions(dir))
	maps.Copy(all, Refused())
	return all
}

// standardFunctions are those that the libraries bring.
func standardFunctions() map[string]function.Function {
	return map[string]function.Function{
		"abs":      stdlib.AbsoluteFunc,
		"ceil":     stdlib.CeilFunc,
		"floor":    stdlib.FloorFunc,
		"log":      stdlib.LogFunc,
		"max":      stdlib.MaxFunc,
		"min":      stdlib.MinFunc,
		"parseint": stdlib.ParseIntFunc,
		"pow":      stdlib.PowFunc,
		"signum":   stdlib.SignumFunc,

		"chomp":      stdlib.ChompFunc,
		"format":     stdlib.FormatFunc,
		"formatlist": stdlib.FormatListFunc,
		"indent":     stdlib.IndentFunc,
		"join":       stdlib.JoinFunc,
		"lower":      stdlib.LowerFunc,
		"regex":      stdlib.RegexFunc,
		"regexall":   stdlib.RegexAllFunc,
		"split":      stdlib.SplitFunc,
		"strrev":     stdlib.ReverseFunc,
		"substr":     stdlib.SubstrFunc,
		"title":      stdlib.TitleFunc,
		"trim":       stdlib.TrimFunc,
		"trimprefix": stdlib.TrimPrefixFunc,
		"trimsuffix": stdlib.TrimSuffixFunc,
		"trimspace":  stdlib.TrimSpaceFunc,
		"upper":      stdlib.UpperFunc,

		"chunklist":       stdlib.ChunklistFunc,
		"coalescelist":    stdlib.CoalesceListFunc,
		"compact":         stdlib.CompactFunc,
		"concat":          stdlib.ConcatFunc,
		"contains":        stdlib.ContainsFunc,
		"distinct":        stdlib.DistinctFunc,
		"element":         stdlib.ElementFunc,
		"flatten":         stdlib.FlattenFunc,
		"keys":            stdlib.KeysFunc,
		"merge":           stdlib.MergeFunc,
		"range":           stdlib.RangeFunc,
		"reverse":         stdlib.ReverseListFunc,
		"setintersection": stdlib.SetIntersectionFunc,
		"setproduct":      stdlib.SetProductFunc,
		"setsubtract":     stdlib.SetSubtractFunc,
		"setunion":        stdlib.SetUnionFunc,
		"slice":           stdlib.SliceFunc,
		"sort":            stdlib.SortFunc,
		"values":          stdlib.ValuesFunc,
		"zipmap":          stdlib.ZipmapFunc,

		"csvdecode":  markless(stdlib.CSVDecodeFunc),
		"jsondecode": markless(stdlib.JSONDecodeFunc),
		"jsonencode": stdlib.JSONEncodeFunc,
		"yamldecode": markless(ctyyaml.YAMLDecodeFunc),
		"yamlencode": ctyyaml.YAMLEncodeFunc,

		"formatdate": stdlib.FormatDateFunc,
		"timeadd":    stdlib.TimeAddFunc,

		"tobool":   stdlib.MakeToFunc(cty.Bool),
		"tolist":   stdlib.MakeToFunc(cty.List(cty.DynamicPseudoType)),
		"tomap":    stdlib.MakeToFunc(cty.Map(cty.DynamicPseudoType)),
		"tonumber": stdlib.MakeToFunc(cty.Number),
		"toset":    stdlib.MakeToFunc(cty.Set(cty.DynamicPseudoType)),
		"tostring": stdlib.MakeToFunc(cty.String),
		"try":      tryfunc.TryFunc,
		"can":      tryfunc.CanFunc,
	}
}

// Refused returns functions of Terraform that are known by name alone, to say
// why they are not offered.
func Refused() map[string]function.Function {
	refuse := function.New(&function.Spec{
		VarParam: &function.Parameter{
			Name: "args", Type: cty.DynamicPseudoType,
			AllowNull: true, AllowUnknown: true, AllowDynamicType: true,
		},
		Type: func([]cty.Value) (cty.Type, error) {
			return cty.NilType, errors.New("it would give another result each time, and a plan must be a function of its inputs; pass such a value in with -var")
		},
		Impl: func([]cty.Value, cty.Type) (cty.Value, error) {
			return cty.NilVal, errors.New("not offered")
		},
	})
	all := map[string]function.Function{}
	for _, name := range []string{"timestamp", "plantimestamp", "uuid", "bcrypt"} {
		all[name] = refuse
	}
	return all
}

// markless returns a function of a text that passes over a byte order mark before
// it.
func markless(f function.Function) function.Function {
	without := func(args []cty.Value) []cty.Value {
		text := args[0]
		if !text.IsKnown() || text.IsNull() || text.Type() != cty.String {
			return args
		}
		return []cty.Value{cty.StringVal(string(bom.Trim([]byte(text.AsString()))))}
	}
	return function.New(&function.Spec{
		Description: f.Description(),
		Params:      f.Params(),
		Type:        func(args []cty.Value) (cty.Type, error) { return f.ReturnTypeForValues(without(args)) },
		Impl:        func(args []cty.Value, _ cty.Type) (cty.Value, error) { return f.Call(without(args)) },
	})
}

// param is a parameter that is neither null nor unknown when the function runs.
func param(name string, t cty.Type) function.Parameter {
	return function.Parameter{Name: name, Type: t}
}

// stringFunction is a function from strings to a string.
func stringFunction(f func(args []string) (string, error), params ...string) function.Function {
	return textFunction(cty.String, func(args []string) (cty.Value, error) {
		s, err := f(args)
		return cty.StringVal(s), err
	}, params...)
}

// textFunction is a function from strings to a value of type result.
func textFunction(result cty.Type, f func(args []string) (cty.Value, error), params ...string) function.Function {
	spec := &function.Spec{Type: function.StaticReturnType(result)}
	for _, name := range params {
		spec.Params = append(spec.Params, param(name, cty.String))
	}
	spec.Impl = func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		texts := make([]string, len(args))
		for i, arg := range args {
			texts[i] = arg.AsString()
		}
		v, err := f(texts)
		if err != nil {
			return cty.NilVal, err
		}
		return v, nil
	}
	return function.New(spec)
}

// argErrorf is an error about argument i.
func argErrorf(i int, format string, args ...any) error {
	return function.NewArgError(i, fmt.Errorf(format, args...))
}
