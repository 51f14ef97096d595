package file

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/internal/column"
	"github.com/reportform/reportform/outputs"
	"github.com/reportform/reportform/outputs/options"
)

// output is one decoded block.
type output struct {
	Files // which answers for what the output has written

	block   *outputs.Block
	path    *pathTemplate
	options *options.Options[outputs.Encoding]
	// fixed is what all pulls have in common; nil if an option depends on pull.
	fixed *shape
	names []outputs.Name // that fixed has
	// tables has, by report type, the shape of a Tabular encoding.
	tables  sync.Map
	buffers bufferPool
}

// shape is an encoding with the text that defines it.
type shape struct {
	encoding   outputs.Encoding
	definition string
}

func newShape(format string, encoding outputs.Encoding) *shape {
	return &shape{encoding, options.Definition(format, encoding)}
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

// Names implements outputs.Naming.
func (o *output) Names(pull *outputs.Pull) []outputs.Name {
	if o.fixed != nil || pull == nil {
		return o.names
	}
	encoding, diags := o.options.For(pull)
	if diags.HasErrors() {
		return nil
	}
	return o.options.Names(encoding)
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
	if o.fixed == nil {
		encoding, diags := o.options.For(pull)
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
		var mistakes []options.Mistake
		encoding, mistakes = tabular.WithColumns(pull.Report.Type, column.Paths(pull.Columns))
		if diags = o.options.Report(mistakes); diags.HasErrors() {
			return nil, diags
		}
	}
	return newShape(o.block.Type, encoding), diags
}
