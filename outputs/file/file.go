// Package file is the output of every format that makes a file: it resolves
// the path for each pull, and writes the file whole or not at all, with its
// digest. What stands in the file is left to an outputs.Encoding.
package file

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/outputs"
	"github.com/reportform/reportform/outputs/options"
)

// Tabular is implemented by an Encoding that takes the report type's columns
// where the block names none.
type Tabular interface {
	// WithColumns returns the Encoding to use for a report type with these
	// columns, and leaves the receiver as it is. Mistakes name the type: a block
	// serves many.
	WithColumns(reportType string, columns []string) (outputs.Encoding, []options.Mistake)
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

// New returns the format of files in one encoding.
//
// The function returns fresh options that hold their defaults, as options.Decode
// takes them; what the files look like must depend on nothing but the fields that
// encoding/json sees, the pull and the events. NewEncoder must be safe for
// concurrent use.
func New(fresh func() outputs.Encoding) outputs.Format { return format{fresh} }

type format struct {
	fresh func() outputs.Encoding
}

// Decode implements outputs.Format.
func (f format) Decode(block *outputs.Block) (outputs.Output, hcl.Diagnostics) {
	o := &output{block: block, Files: NewFiles(block.Dir)}
	var diags hcl.Diagnostics
	o.options, diags = options.Decode(block, f.fresh, options.Own{Name: "path", Decode: func(attr *hcl.Attribute) (diags hcl.Diagnostics) {
		o.path, diags = compilePath(attr, block.EvalCtx)
		return diags
	}})
	if diags.HasErrors() {
		return nil, diags
	}
	if encoding, ok := o.options.Fixed(); ok {
		o.fixed, o.names = newShape(block.Type, encoding), o.options.Names(encoding)
	}
	return o, diags
}
