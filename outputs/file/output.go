package file

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/internal/column"
	"github.com/reportform/reportform/outputs"
)

// output is one decoded block.
type output struct {
	Files // which answers for what the output has written

	block      *outputs.Block
	path       *pathTemplate
	options    func() outputs.Encoding
	attributes hcl.Attributes // without path
	// dynamic is set when an option depends on pull, so that each pull has an
	// encoding of its own; otherwise fixed is what all have in common.
	dynamic bool
	fixed   *shape
	// tables has, by report type, the shape of a Tabular encoding.
	tables  sync.Map
	buffers bufferPool
}

// shape is an encoding with the text that defines it.
type shape struct {
	encoding   outputs.Encoding
	definition string
}

// define fills in the definition: the format's name and the options.
func (s *shape) define(format string) {
	options, err := json.Marshal(s.encoding)
	if err != nil {
		panic(fmt.Sprintf("file: options of %s do not marshal: %v", format, err)) // a field of a type that JSON lacks
	}
	s.definition = format + " " + string(options)
}

// table is a shape made for a report type with these columns.
type table struct {
	columns []column.Column
	shape   *shape
	diags   hcl.Diagnostics
}

// Resolve implements outputs.Output.
func (o *output) Resolve(pull *outputs.Pull) (outputs.Target, hcl.Diagnostics) {
	place, diags := o.path.resolve(pull, o.Files)
	shape, shapeDiags := o.shapeFor(pull)
	diags = append(diags, shapeDiags...)
	if diags.HasErrors() {
		return outputs.Target{}, diags
	}
	return outputs.Target{Place: place, Definition: shape.definition, Verbatim: verbatim(shape.encoding), Pull: pull}, diags
}

// Open implements outputs.Output.
func (o *output) Open(ctx context.Context, target outputs.Target) (outputs.Writer, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	shape, diags := o.shapeFor(target.Pull)
	if diags.HasErrors() {
		return nil, fmt.Errorf("%s: %w", o.block.Address, diags)
	}
	w, err := o.open(shape.encoding, target)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.block.Address, err)
	}
	return w, nil
}

// shapeFor returns the encoding to use for a pull.
func (o *output) shapeFor(pull *outputs.Pull) (*shape, hcl.Diagnostics) {
	if o.dynamic {
		encoding := o.options()
		var diags hcl.Diagnostics
		scope := scopeWith(o.block.EvalCtx, pullValue(pull))
		for _, name := range fieldNames(encoding) {
			if attr, ok := o.attributes[name]; ok {
				known, attrDiags := decodeAttribute(attr, scope, encoding)
				diags = append(diags, attrDiags...)
				if !known {
					diags = append(diags, o.report([]Mistake{{name, "The value is not known for " + describe(pull) + "."}})...)
				}
			}
		}
		if checker, ok := encoding.(Checker); ok && !diags.HasErrors() {
			diags = append(diags, o.report(checker.Check())...)
		}
		if diags.HasErrors() {
			return nil, diags
		}
		return o.withColumns(encoding, pull)
	}
	if _, ok := o.fixed.encoding.(Tabular); !ok {
		return o.fixed, nil
	}
	if known, ok := o.tables.Load(pull.Report.Type); ok && slices.Equal(known.(*table).columns, pull.Columns) {
		return known.(*table).shape, known.(*table).diags
	}
	shape, diags := o.withColumns(o.fixed.encoding, pull)
	o.tables.Store(pull.Report.Type, &table{slices.Clone(pull.Columns), shape, diags})
	return shape, diags
}

// withColumns returns the shape of an encoding whose options are decoded.
func (o *output) withColumns(encoding outputs.Encoding, pull *outputs.Pull) (*shape, hcl.Diagnostics) {
	var diags hcl.Diagnostics
	if tabular, ok := encoding.(Tabular); ok {
		var mistakes []Mistake
		encoding, mistakes = tabular.WithColumns(pull.Report.Type, column.Paths(pull.Columns))
		if diags = o.report(mistakes); diags.HasErrors() {
			return nil, diags
		}
	}
	s := &shape{encoding: encoding}
	s.define(o.block.Type)
	return s, diags
}

// report points each mistake at its attribute, or at the block where the
// attribute is not set.
func (o *output) report(mistakes []Mistake) hcl.Diagnostics {
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
