package lang

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Hidden is what mistakes keep from being known. A name that is not declared
// may be among it, and is no mistake of its own then. Names of several labels
// are joined with a dot.
type Hidden struct {
	All bool // there is a file that could not be read
	// types are those of blocks whose labels are wrong, and names those that
	// blocks of unknown types give, which may be of any type.
	types, names map[string]bool
}

// Has reports whether a block of the type may be hidden under the name.
func (h *Hidden) Has(blockType, name string) bool {
	return h.All || h.types[blockType] || h.names[name]
}

// Any reports whether any block of the type may be hidden.
func (h *Hidden) Any(blockType string) bool {
	return h.All || h.types[blockType] || len(h.names) > 0
}

// Note takes in what a file hides that has mistakes at its top, whose schema
// is given.
func (h *Hidden) Note(body hcl.Body, schema *hcl.BodySchema) {
	if h.types == nil {
		h.types, h.names = map[string]bool{}, map[string]bool{}
	}
	for _, block := range schema.Blocks {
		alone := &hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{block}}
		if _, _, diags := body.PartialContent(alone); diags.HasErrors() {
			h.types[block.Type] = true
		}
	}
	if native, ok := body.(*hclsyntax.Body); ok {
		for _, block := range native.Blocks {
			known := func(s hcl.BlockHeaderSchema) bool { return s.Type == block.Type }
			if !slices.ContainsFunc(schema.Blocks, known) {
				h.noteBlock(block)
			}
		}
		return
	}
	_, rest, _ := body.PartialContent(schema)
	properties, diags := rest.JustAttributes()
	h.All = h.All || diags.HasErrors()
	for _, property := range properties {
		h.noteNames(property.Expr, "", 2)
	}
}

// noteBlock takes in the name of a block of an unknown type: its labels, or
// where it has none, what it may give names to as locals do.
func (h *Hidden) noteBlock(block *hclsyntax.Block) {
	if len(block.Labels) == 0 {
		for name := range block.Body.Attributes {
			h.names[name] = true
		}
	}
	name := ""
	for _, label := range block.Labels {
		name += label
		h.names[name] = true
		name += "."
	}
}

// noteNames takes in the names of properties in JSON, up to two levels of
// which can be labels.
func (h *Hidden) noteNames(expr hcl.Expression, prefix string, levels int) {
	if levels == 0 {
		return
	}
	if list, diags := hcl.ExprList(expr); !diags.HasErrors() {
		for _, element := range list {
			h.noteNames(element, prefix, levels)
		}
		return
	}
	pairs, _ := hcl.ExprMap(expr)
	for _, pair := range pairs {
		key, diags := pair.Key.Value(nil)
		if diags.HasErrors() {
			continue
		}
		h.names[prefix+key.AsString()] = true
		h.noteNames(pair.Value, prefix+key.AsString()+".", levels-1)
	}
}
