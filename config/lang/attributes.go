package lang

import (
	"fmt"
	"math"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/reportform/reportform/internal/diag"
)

// Attributes reads the attributes of one block as Go values and collects every
// mistake. A reading is not ok when the attribute is absent, null, mistaken or
// depends on an earlier mistake; the last two are not reported twice.
type Attributes struct {
	content  hcl.Attributes
	required map[string]bool
	values   evaluator
	// subject names the instance in messages about values that differ from
	// instance to instance; empty for none.
	subject string
	diags   hcl.Diagnostics
	unknown bool // something could not be read because of an earlier mistake
}

// evaluator gives the values of attributes. An unknown value stands for a
// mistake that was reported already.
type evaluator interface {
	evaluate(attr *hcl.Attribute) (cty.Value, hcl.Diagnostics)
}

// plain evaluates attributes in a context whose references need no check.
type plain struct{ hclCtx *hcl.EvalContext }

func (p plain) evaluate(attr *hcl.Attribute) (cty.Value, hcl.Diagnostics) {
	return attr.Expr.Value(p.hclCtx)
}

// NewAttributes reads content, which was got by schema, in hclCtx.
func NewAttributes(content *hcl.BodyContent, schema *hcl.BodySchema, hclCtx *hcl.EvalContext) *Attributes {
	return &Attributes{content: content.Attributes, required: requiredOf(schema), values: plain{hclCtx}}
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

// Diagnostics returns what was found so far.
func (a *Attributes) Diagnostics() hcl.Diagnostics { return a.diags }

// Broken reports whether the block has a mistake or depends on one.
func (a *Attributes) Broken() bool { return a.diags.HasErrors() || a.unknown }

// Has reports whether the attribute is written, whatever its value.
func (a *Attributes) Has(name string) bool { return a.content[name] != nil }

// Lacks reports whether the attribute is absent or null.
func (a *Attributes) Lacks(name string) bool {
	attr := a.content[name]
	if attr == nil {
		return true
	}
	v, diags := a.values.evaluate(attr)
	a.diags = append(a.diags, diags...)
	return v.IsKnown() && v.IsNull()
}

// Expression is that of an attribute that is written.
func (a *Attributes) Expression(name string) hcl.Expression { return a.content[name].Expr }

// Reject reports a mistake in the value of an attribute that is written.
func (a *Attributes) Reject(name, summary, format string, args ...any) {
	attr := a.content[name]
	a.Mistake(attr.Expr.Range(), summary, "%s%s", a.about(attr), fmt.Sprintf(format, args...))
}

// Mistake reports a mistake at a place.
func (a *Attributes) Mistake(place hcl.Range, summary, format string, args ...any) {
	a.diags = append(a.diags, diag.Mistake(place, summary, format, args...))
}

// Warn reports what keeps nothing from working, in the value of an attribute
// that is written.
func (a *Attributes) Warn(name, summary, format string, args ...any) {
	a.WarnAt(a.content[name].Expr.Range(), summary, format, args...)
}

// WarnAt is like Warn, for any place.
func (a *Attributes) WarnAt(place hcl.Range, summary, format string, args ...any) {
	a.diags = append(a.diags, diag.Warning(place, summary, format, args...))
}

// about begins a message on an attribute whose value is the instance's own.
func (a *Attributes) about(attr *hcl.Attribute) string {
	if a.subject != "" && mentionsEach(attr.Expr.Variables()) {
		return a.subject + ": "
	}
	return ""
}

// raw evaluates an attribute. Within the value something may be unknown.
func (a *Attributes) raw(name string) (cty.Value, bool) {
	attr := a.content[name]
	if attr == nil {
		return cty.DynamicVal, false
	}
	v, diags := a.values.evaluate(attr)
	a.diags = append(a.diags, diags...)
	if diags.HasErrors() || !v.IsKnown() {
		a.unknown = true
		return cty.DynamicVal, false
	}
	if v.IsNull() {
		if a.required[name] {
			a.Reject(name, "Missing value", "%q is required and cannot be null.", name)
		}
		return cty.DynamicVal, false
	}
	return v, true
}

// value evaluates an attribute and converts it.
func (a *Attributes) value(name string, want cty.Type) (cty.Value, bool) {
	v, ok := a.raw(name)
	if !ok {
		return v, false
	}
	converted, err := convert.Convert(v, want)
	if err != nil {
		a.Reject(name, "Unsuitable value", "%q takes %s: %s.", name, typePhrase(want), err)
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

// Text reads a string.
func (a *Attributes) Text(name string) (string, bool) {
	v, ok := a.value(name, cty.String)
	if !ok {
		return "", false
	}
	return v.AsString(), true
}

// NonEmpty reads a string that must not be empty.
func (a *Attributes) NonEmpty(name string) (string, bool) {
	s, ok := a.Text(name)
	if ok && s == "" {
		a.Reject(name, "Empty value", "%q must not be empty.", name)
		return "", false
	}
	return s, ok
}

// OneOf reads a string that must be one of the values.
func (a *Attributes) OneOf(name string, values ...string) (string, bool) {
	s, ok := a.Text(name)
	if ok && !slices.Contains(values, s) {
		a.Reject(name, "Unknown value", "%q is one of %s, and not %q.%s",
			name, diag.Quoted(values), s, diag.DidYouMean(s, slices.Values(values)))
		return "", false
	}
	return s, ok
}

// Bool reads true or false.
func (a *Attributes) Bool(name string) (value, ok bool) {
	v, ok := a.value(name, cty.Bool)
	return ok && v.True(), ok
}

// Integer reads a whole number from low to high.
func (a *Attributes) Integer(name string, low, high int) (int, bool) {
	v, ok := a.value(name, cty.Number)
	if !ok {
		return 0, false
	}
	f, _ := v.AsBigFloat().Float64()
	if f != math.Trunc(f) || f < float64(low) || f > float64(high) {
		a.Reject(name, "Number out of range", "%q is a whole number from %d to %d.", name, low, high)
		return 0, false
	}
	return int(f), true
}

// Texts reads a list of strings, none of which may be null or empty.
func (a *Attributes) Texts(name string) ([]string, bool) {
	v, ok := a.value(name, cty.List(cty.String))
	if !ok {
		return nil, false
	}
	list := make([]string, 0, v.LengthInt())
	for it := v.ElementIterator(); it.Next(); {
		_, element := it.Element()
		if element.IsNull() || element.AsString() == "" {
			a.Reject(name, "Empty value", "An element of %q is null or empty.", name)
			return nil, false
		}
		if slices.Contains(list, element.AsString()) {
			a.Reject(name, "Repeated value", "%q names %q twice.", name, element.AsString())
			return nil, false
		}
		list = append(list, element.AsString())
	}
	return list, true
}

// IsList reports whether the attribute has the value of a list. What is wrong
// with it is left to who reads it.
func (a *Attributes) IsList(name string) bool {
	attr := a.content[name]
	if attr == nil {
		return false
	}
	v, _ := a.values.evaluate(attr)
	t := v.Type()
	return t.IsTupleType() || t.IsListType() || t.IsSetType()
}

// TextMap reads a map of strings, none of which may be null. It is nil where there is none.
func (a *Attributes) TextMap(name string) map[string]string {
	v, ok := a.value(name, cty.Map(cty.String))
	if !ok {
		return nil
	}
	m := make(map[string]string, v.LengthInt())
	for it := v.ElementIterator(); it.Next(); {
		key, element := it.Element()
		if element.IsNull() {
			a.Reject(name, "Missing value", "The value of %q in %q is null.", key.AsString(), name)
			return nil
		}
		m[key.AsString()] = element.AsString()
	}
	return m
}

// TextOrMap reads a string, or else a map of strings, none of which may be null.
func (a *Attributes) TextOrMap(name string) (text string, byKey map[string]string, ok bool) {
	v, ok := a.raw(name)
	if !ok {
		return "", nil, false
	}
	if t := v.Type(); !t.IsObjectType() && !t.IsMapType() {
		text, ok = a.Text(name)
		return text, nil, ok
	}
	byKey = a.TextMap(name)
	return "", byKey, byKey != nil
}

// TextLists reads a map of lists of strings, none of which may be null. It is nil
// where there is none.
func (a *Attributes) TextLists(name string) map[string][]string {
	v, ok := a.value(name, cty.Map(cty.List(cty.String)))
	if !ok {
		return nil
	}
	m := make(map[string][]string, v.LengthInt())
	for it := v.ElementIterator(); it.Next(); {
		key, list := it.Element()
		m[key.AsString()] = []string{}
		if list.IsNull() {
			a.Reject(name, "Missing value", "The value of %q in %q is null.", key.AsString(), name)
			return nil
		}
		for of := list.ElementIterator(); of.Next(); {
			_, element := of.Element()
			if element.IsNull() || element.AsString() == "" {
				a.Reject(name, "Empty value", "An element of %q in %q is null or empty.", key.AsString(), name)
				return nil
			}
			m[key.AsString()] = append(m[key.AsString()], element.AsString())
		}
	}
	return m
}
