package config

import (
	"fmt"
	"math"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/reportform/reportform/internal/diag"
)

// attributes reads the attributes of one block as Go values and collects every
// mistake. A reading is not ok when the attribute is absent, null, mistaken or
// depends on an earlier mistake; the last two are not reported twice.
type attributes struct {
	content  hcl.Attributes
	required map[string]bool
	// eval evaluates an attribute. An unknown value stands for a mistake that
	// was reported already.
	eval func(*hcl.Attribute) (cty.Value, hcl.Diagnostics)
	// subject names the instance in messages about values that differ from
	// instance to instance; nil for none.
	subject func(*hcl.Attribute) string
	diags   hcl.Diagnostics
	unknown bool // something could not be read because of an earlier mistake
}

// newAttributes reads content, which was got by schema, in hclCtx.
func newAttributes(content *hcl.BodyContent, schema *hcl.BodySchema, hclCtx *hcl.EvalContext) *attributes {
	return &attributes{
		content:  content.Attributes,
		required: requiredOf(schema),
		eval:     func(attr *hcl.Attribute) (cty.Value, hcl.Diagnostics) { return attr.Expr.Value(hclCtx) },
	}
}

func requiredOf(schema *hcl.BodySchema) map[string]bool {
	required := map[string]bool{}
	for _, attr := range schema.Attributes {
		if attr.Required {
			required[attr.Name] = true
		}
	}
	return required
}

// has reports whether the attribute is written, whatever its value.
func (a *attributes) has(name string) bool { return a.content[name] != nil }

// reject reports a mistake in the value of an attribute that is written.
func (a *attributes) reject(name, summary, format string, args ...any) {
	attr := a.content[name]
	detail := fmt.Sprintf(format, args...)
	if a.subject != nil {
		detail = a.subject(attr) + detail
	}
	a.diags = append(a.diags, diag.Mistake(attr.Expr.Range(), summary, "%s", detail))
}

// raw evaluates an attribute. Within the value something may be unknown.
func (a *attributes) raw(name string) (cty.Value, bool) {
	attr := a.content[name]
	if attr == nil {
		return cty.DynamicVal, false
	}
	v, diags := a.eval(attr)
	a.diags = append(a.diags, diags...)
	if diags.HasErrors() || !v.IsKnown() {
		a.unknown = true
		return cty.DynamicVal, false
	}
	if v.IsNull() {
		if a.required[name] {
			a.reject(name, "Missing value", "%q is required and cannot be null.", name)
		}
		return cty.DynamicVal, false
	}
	return v, true
}

// value evaluates an attribute and converts it.
func (a *attributes) value(name string, want cty.Type) (cty.Value, bool) {
	v, ok := a.raw(name)
	if !ok {
		return v, false
	}
	converted, err := convert.Convert(v, want)
	if err != nil {
		a.reject(name, "Unsuitable value", "%q takes %s: %s.", name, typePhrase(want), err)
		return cty.DynamicVal, false
	}
	if !converted.IsWhollyKnown() {
		a.unknown = true
		return converted, false
	}
	return converted, true
}

func typePhrase(t cty.Type) string {
	switch {
	case t == cty.String:
		return "a string"
	case t == cty.Bool:
		return "true or false"
	case t == cty.Number:
		return "a number"
	}
	return "a " + t.FriendlyNameForConstraint()
}

func (a *attributes) text(name string) (string, bool) {
	v, ok := a.value(name, cty.String)
	if !ok {
		return "", false
	}
	return v.AsString(), true
}

// nonEmpty reads a string that must not be empty.
func (a *attributes) nonEmpty(name string) (string, bool) {
	s, ok := a.text(name)
	if ok && s == "" {
		a.reject(name, "Empty value", "%q must not be empty.", name)
		return "", false
	}
	return s, ok
}

// oneOf reads a string that must be one of the values.
func (a *attributes) oneOf(name string, values ...string) (string, bool) {
	s, ok := a.text(name)
	if ok && !slices.Contains(values, s) {
		a.reject(name, "Unknown value", "%q is one of %s, and not %q.%s",
			name, diag.Quoted(values), s, diag.DidYouMean(s, slices.Values(values)))
		return "", false
	}
	return s, ok
}

func (a *attributes) boolean(name string) (value, ok bool) {
	v, ok := a.value(name, cty.Bool)
	return ok && v.True(), ok
}

// integer reads a whole number from low to high.
func (a *attributes) integer(name string, low, high int) (int, bool) {
	v, ok := a.value(name, cty.Number)
	if !ok {
		return 0, false
	}
	f, _ := v.AsBigFloat().Float64()
	if f != math.Trunc(f) || f < float64(low) || f > float64(high) {
		a.reject(name, "Number out of range", "%q is a whole number from %d to %d.", name, low, high)
		return 0, false
	}
	return int(f), true
}

// texts reads a list of strings, none of which may be null or empty.
func (a *attributes) texts(name string) ([]string, bool) {
	v, ok := a.value(name, cty.List(cty.String))
	if !ok {
		return nil, false
	}
	list := make([]string, 0, v.LengthInt())
	for it := v.ElementIterator(); it.Next(); {
		_, element := it.Element()
		if element.IsNull() || element.AsString() == "" {
			a.reject(name, "Empty value", "An element of %q is null or empty.", name)
			return nil, false
		}
		if slices.Contains(list, element.AsString()) {
			a.reject(name, "Repeated value", "%q names %q twice.", name, element.AsString())
			return nil, false
		}
		list = append(list, element.AsString())
	}
	return list, true
}

// textMap reads a map of strings, none of which may be null. It is nil where there is none.
func (a *attributes) textMap(name string) map[string]string {
	v, ok := a.value(name, cty.Map(cty.String))
	if !ok {
		return nil
	}
	m := make(map[string]string, v.LengthInt())
	for it := v.ElementIterator(); it.Next(); {
		key, element := it.Element()
		if element.IsNull() {
			a.reject(name, "Missing value", "The value of %q in %q is null.", key.AsString(), name)
			return nil
		}
		m[key.AsString()] = element.AsString()
	}
	return m
}

// duration reads a Duration; zero lets "0s" pass.
func (a *attributes) duration(name string, zero bool) (*Duration, bool) {
	s, ok := a.text(name)
	if !ok {
		return nil, false
	}
	d, err := ParseDuration(s)
	switch {
	case err != nil:
		a.reject(name, "Not a duration", "%s.", diag.Capitalize(err.Error()))
		return nil, false
	case d.N == 0 && !zero:
		a.reject(name, "Not a duration", "%q must be longer than nothing.", name)
		return nil, false
	}
	return &d, true
}
