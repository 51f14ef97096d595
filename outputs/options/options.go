// Package options decodes the blocks of outputs: attributes to the fields of a
// struct, once where they are the same for all pulls, and for each pull where
// they mention it. It is for all outputs, files and others.
package options

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/gocty"

	"github.com/reportform/reportform/internal/secret"
	"github.com/reportform/reportform/outputs"
)

// Checker is implemented by options that can be wrong in ways that their types
// do not show.
type Checker interface {
	Check() []Mistake
}

// Namer is implemented by options that name fields of events.
type Namer interface {
	Fields() []Fields
}

// Fields are the dotted paths that an attribute names.
type Fields struct {
	Attribute string
	Paths     []string
}

// Mistake says, in full sentences, what is wrong with the value of an
// attribute and what to write instead.
type Mistake struct{ Attribute, Detail string }

// Own is a required attribute that is no field: the caller decodes it.
type Own struct {
	Name   string
	Decode func(attr *hcl.Attribute) hcl.Diagnostics
}

// Options are the options of one block, decoded to T, a pointer to a struct. They
// are safe for concurrent use.
type Options[T any] struct {
	block      *outputs.Block
	fresh      func() T
	fields     []field
	attributes hcl.Attributes
	fixed      T
	dynamic    bool // an attribute mentions pull: each pull has options of its own
}

// field is a field of T that an attribute sets.
type field struct {
	attribute string
	index     int
}

// Decode decodes the body of a block. It reports every mistake that shows
// without a pull; the Options are to be used only if there is none.
//
// fresh returns a pointer to a new struct that holds the defaults. Its fields
// have gohcl tags for attributes, "name,optional" or "name", and types that gocty
// knows. Null leaves a default. A field that is a secret.Reference takes a secret,
// the same for all pulls, which the output reads when it sends it.
func Decode[T any](block *outputs.Block, fresh func() T, own ...Own) (*Options[T], hcl.Diagnostics) {
	o := &Options[T]{block: block, fresh: fresh, fixed: fresh()}
	for i := range reflect.TypeOf(o.fixed).Elem().NumField() {
		if tag := reflect.TypeOf(o.fixed).Elem().Field(i).Tag.Get("hcl"); tag != "" {
			name, _, _ := strings.Cut(tag, ",")
			o.fields = append(o.fields, field{name, i})
		}
	}
	schema, _ := gohcl.ImpliedBodySchema(o.fixed)
	for _, attribute := range own {
		schema.Attributes = append(schema.Attributes, hcl.AttributeSchema{Name: attribute.Name, Required: true})
	}
	content, diags := block.Body.Content(schema)
	if content == nil {
		return o, diags
	}
	o.attributes = content.Attributes
	for _, attribute := range own {
		if attr, ok := o.attributes[attribute.Name]; ok {
			diags = append(diags, attribute.Decode(attr)...)
		}
	}
	unknown, fieldDiags := o.set(o.fixed, nil)
	diags = append(diags, fieldDiags...)
	if o.dynamic = len(unknown) > 0; !o.dynamic { // what could not be decoded has its default, which is right
		diags = append(diags, o.check(o.fixed)...)
	}
	return o, diags
}

// Fixed returns the options, which nobody may change, if they are the same for
// all pulls.
func (o *Options[T]) Fixed() (options T, ok bool) { return o.fixed, !o.dynamic }

// For returns the options for a pull: those of Fixed, or new ones.
func (o *Options[T]) For(pull *outputs.Pull) (T, hcl.Diagnostics) {
	if !o.dynamic {
		return o.fixed, nil
	}
	options := o.fresh()
	unknown, diags := o.set(options, pull)
	for _, name := range unknown {
		diags = append(diags, o.Report([]Mistake{{name, "The value is not known for " + Describe(pull) + "."}})...)
	}
	if !diags.HasErrors() {
		diags = append(diags, o.check(options)...)
	}
	return options, diags
}

// Names returns the fields that options name, and where.
func (o *Options[T]) Names(options T) []outputs.Name {
	namer, ok := any(options).(Namer)
	if !ok {
		return nil
	}
	var names []outputs.Name
	for _, fields := range namer.Fields() {
		attr := o.attributes[fields.Attribute]
		if attr == nil {
			continue
		}
		elements, _ := hcl.ExprList(attr.Expr)
		for i, path := range fields.Paths {
			at := attr.Expr.Range()
			if len(elements) == len(fields.Paths) {
				at = elements[i].Range()
			}
			names = append(names, outputs.Name{Path: path, Range: at})
		}
	}
	return names
}

// Report points each mistake at its attribute, or at the block where the
// attribute is not set.
func (o *Options[T]) Report(mistakes []Mistake) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, mistake := range mistakes {
		diag := &hcl.Diagnostic{
			Severity: hcl.DiagError,
			Summary:  fmt.Sprintf("Invalid value for %q", mistake.Attribute),
			Detail:   mistake.Detail,
			Subject:  o.block.Range.Ptr(),
		}
		if attr, ok := o.attributes[mistake.Attribute]; ok {
			diag.Subject, diag.Context = attr.Expr.Range().Ptr(), attr.Range.Ptr()
		}
		diags = append(diags, diag)
	}
	return diags
}

// Definition is the canonical text of options, for outputs.Target: the name of
// their type of output, and their JSON.
//
// Definitions are recorded with all that is held, so the text for options that
// somebody has set must be the same in every release; otherwise everything held
// is written again. An option that is added later is left out at its default,
// with omitempty or omitzero, and has the zero value as its default. What decides
// nothing that is written, such as a password, is tagged json:"-".
func Definition(name string, options any) string {
	text, err := json.Marshal(options)
	if err != nil {
		panic(fmt.Sprintf("options: those of %s do not marshal: %v", name, err)) // a field of a type that JSON lacks
	}
	return name + " " + string(text)
}

func (o *Options[T]) check(options T) hcl.Diagnostics {
	if checker, ok := any(options).(Checker); ok {
		return o.Report(checker.Check())
	}
	return nil
}

// set sets the fields whose attributes are there, for a pull, or before there is
// one. It returns the names of those whose values are unknown: their types alone
// are checked.
func (o *Options[T]) set(options T, pull *outputs.Pull) (unknown []string, diags hcl.Diagnostics) {
	scope := Scope(o.block.EvalCtx, pull)
	for _, f := range o.fields {
		attr, ok := o.attributes[f.attribute]
		if !ok {
			continue
		}
		to := reflect.ValueOf(options).Elem().Field(f.index)
		if place, ok := to.Addr().Interface().(*secret.Reference); ok {
			if pull != nil {
				to.Set(reflect.ValueOf(o.fixed).Elem().Field(f.index))
				continue
			}
			var mistakes hcl.Diagnostics
			*place, mistakes = secret.Decode(attr, o.block.EvalCtx)
			diags = append(diags, mistakes...)
			continue
		}
		if pull == nil {
			if mistakes := CheckReferences(attr.Expr); mistakes.HasErrors() {
				diags = append(diags, mistakes...)
				continue
			}
		}
		known, attrDiags := decode(attr, scope, to.Addr().Interface())
		diags = append(diags, attrDiags...)
		if !known {
			unknown = append(unknown, f.attribute)
		}
	}
	return unknown, diags
}

// decode sets what to points at. Null and a mistake leave it. known is false if
// the value is not known in the scope.
func decode(attr *hcl.Attribute, scope *hcl.EvalContext, to any) (known bool, diags hcl.Diagnostics) {
	value, diags := attr.Expr.Value(scope)
	if diags.HasErrors() {
		return true, diags
	}
	wrong := func(err error) hcl.Diagnostics {
		return append(diags, &hcl.Diagnostic{
			Severity: hcl.DiagError,
			Summary:  "Unsuitable value",
			Detail:   fmt.Sprintf("The value of %q does not fit: %s.", attr.Name, err),
			Subject:  attr.Expr.Range().Ptr(),
			Context:  attr.Range.Ptr(),
		})
	}
	value, _ = value.UnmarkDeep()
	want, err := gocty.ImpliedType(to)
	if err != nil {
		return true, wrong(err)
	}
	if value, err = convert.Convert(value, want); err != nil {
		return true, wrong(err)
	}
	if !value.IsWhollyKnown() {
		return false, diags
	}
	if value.IsNull() {
		return true, diags
	}
	if err := gocty.FromCtyValue(value, to); err != nil {
		return true, wrong(err)
	}
	return true, diags
}
