// Package file is the output of every format that makes a file: it decodes the
// block, resolves the path for each pull, and writes the file whole or not at
// all, with its digest. What stands in the file is left to an
// outputs.Encoding.
package file

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/gocty"

	"github.com/reportform/reportform/outputs"
)

// Checker is implemented by an Encoding whose options can be wrong in ways
// that their types do not show.
type Checker interface {
	Check() []Mistake
}

// Tabular is implemented by an Encoding that takes the report type's columns
// where the block names none.
type Tabular interface {
	// WithColumns returns the Encoding to use for a report type with these
	// columns, and leaves the receiver as it is. Mistakes name the type: a block
	// serves many.
	WithColumns(reportType string, columns []string) (outputs.Encoding, []Mistake)
}

// Verbatim is implemented by an Encoding that can write files in which every
// event stands byte for byte, with nothing between them but white space,
// commas and square brackets.
type Verbatim interface {
	// Verbatim reports whether these options write such files.
	Verbatim() bool
}

func verbatim(encoding outputs.Encoding) bool {
	v, ok := encoding.(Verbatim)
	return ok && v.Verbatim()
}

// Mistake says, in full sentences, what is wrong with the value of an
// attribute and what to write instead.
type Mistake struct{ Attribute, Detail string }

// New returns the format of files in one encoding.
//
// The function returns a pointer to a fresh struct of options that holds their
// defaults. Its fields carry gohcl tags for attributes, "name,optional" or
// "name"; what the files look like must depend on nothing but the fields that
// encoding/json sees, the pull and the events. Its NewEncoder must be safe for
// concurrent use.
func New(options func() outputs.Encoding) outputs.Format { return format{options} }

type format struct {
	options func() outputs.Encoding
}

// Decode implements outputs.Format.
func (f format) Decode(block *outputs.Block) (outputs.Output, hcl.Diagnostics) {
	encoding := f.options()
	schema, _ := gohcl.ImpliedBodySchema(encoding)
	schema.Attributes = append(schema.Attributes, hcl.AttributeSchema{Name: "path", Required: true})
	content, diags := block.Body.Content(schema)
	if content == nil {
		return nil, diags
	}
	o := &output{block: block, Files: NewFiles(block.Dir), options: f.options, attributes: content.Attributes}
	if attr, ok := content.Attributes["path"]; ok {
		var pathDiags hcl.Diagnostics
		o.path, pathDiags = compilePath(attr, block.EvalCtx)
		diags = append(diags, pathDiags...)
		delete(content.Attributes, "path")
	}

	scope := scopeWith(block.EvalCtx, unknownPull())
	for _, name := range fieldNames(encoding) {
		attr, ok := o.attributes[name]
		if !ok {
			continue
		}
		known, attrDiags := decodeAttribute(attr, scope, encoding)
		diags = append(diags, attrDiags...)
		o.dynamic = o.dynamic || !known
	}
	if !o.dynamic { // what could not be decoded has its default, which is right
		if checker, ok := encoding.(Checker); ok {
			diags = append(diags, o.report(checker.Check())...)
		}
	}
	if diags.HasErrors() {
		return nil, diags
	}
	if !o.dynamic {
		o.fixed = &shape{encoding: encoding}
		o.fixed.define(block.Type)
	}
	return o, diags
}

// decodeAttribute sets the field of encoding that has the attribute's name.
// Null and a mistake leave the default. known is false if the value is not
// known without a pull; then its type alone is checked.
func decodeAttribute(attr *hcl.Attribute, scope *hcl.EvalContext, encoding outputs.Encoding) (known bool, diags hcl.Diagnostics) {
	diags = checkNames(attr.Expr)
	if diags.HasErrors() {
		return true, diags
	}
	value, diags := attr.Expr.Value(scope)
	if diags.HasErrors() {
		return true, diags
	}
	field := fieldOf(encoding, attr.Name)
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
	want, err := gocty.ImpliedType(field.Interface())
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
	if err := gocty.FromCtyValue(value, field.Interface()); err != nil {
		return true, wrong(err)
	}
	return true, diags
}

// fieldNames lists the attributes of an options struct in order.
func fieldNames(encoding outputs.Encoding) []string {
	var names []string
	for field := range reflect.TypeOf(encoding).Elem().Fields() {
		if tag := field.Tag.Get("hcl"); tag != "" {
			name, _, _ := strings.Cut(tag, ",")
			names = append(names, name)
		}
	}
	return names
}

// fieldOf returns a pointer to the field of the attribute.
func fieldOf(encoding outputs.Encoding, attribute string) reflect.Value {
	options := reflect.ValueOf(encoding).Elem()
	for i := range options.NumField() {
		if name, _, _ := strings.Cut(options.Type().Field(i).Tag.Get("hcl"), ","); name == attribute {
			return options.Field(i).Addr()
		}
	}
	panic("file: no field for attribute " + attribute) // the schema comes from the same struct
}

// scopeWith returns a scope in which pull is the value.
func scopeWith(parent *hcl.EvalContext, pull cty.Value) *hcl.EvalContext {
	scope := parent.NewChild()
	scope.Variables = map[string]cty.Value{"pull": pull}
	return scope
}
