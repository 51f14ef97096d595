package lang

import (
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/reportform/reportform/internal/diag"
)

// Kind is one of the kinds of blocks that can have for_each.
type Kind struct {
	Name    string // the type of its blocks
	Example string // of a reference
	// Labels is how many labels a block has: 1, or 2 with a type first.
	Labels int
	// Last says that the kind is read last, and nothing can refer to it.
	Last bool
	// Object is what an instance has in expressions beside address and name.
	Object map[string]cty.Type
	// Body is what can stand in a body that others decode; nil where the
	// schema of the kind says all.
	Body *Body

	blocks map[string]*declared // by their labels, joined with a dot
}

// Body says what can stand in a body that others decode. It can refer to
// variables, locals, path and each, and to no block.
type Body struct {
	// Secret says that the body may hold a secret in plain text, so that no
	// line of it is quoted.
	Secret bool
	// Filled are names that whoever decodes the body gives a value.
	Filled []string
	// Instead says for a kind what to write in place of a reference to it,
	// where there is something.
	Instead map[string]Refusal
}

// Refusal says why something that is written in a place does not belong there.
type Refusal struct{ Summary, Detail string }

// declared is one block of a kind.
type declared struct {
	block *hcl.Block
	// value is what expressions see: an object, or a map of objects where the
	// block has for_each; unknown until the block is decoded, and for ever
	// where its instances are not known because of a mistake.
	value cty.Value
}

// Declare takes a block into the kind. It fails where the labels cannot be
// written in references, or are taken.
func (k *Kind) Declare(block *hcl.Block) hcl.Diagnostics {
	if diags := CheckLabels(block); diags.HasErrors() {
		return diags
	}
	key := strings.Join(block.Labels, ".")
	if first, taken := k.blocks[key]; taken {
		return hcl.Diagnostics{diag.Mistake(block.DefRange, "Declared twice",
			"%s is already declared at %s. Give this one another name.", blockAddress(block), first.block.DefRange)}
	}
	if k.blocks == nil {
		k.blocks = map[string]*declared{}
	}
	k.blocks[key] = &declared{block: block, value: cty.DynamicVal}
	return nil
}

// inOrder returns the declared blocks in order of place.
func (k *Kind) inOrder() []*declared {
	return slices.SortedFunc(maps.Values(k.blocks), func(a, b *declared) int {
		return comparePlaces(&a.block.DefRange, &b.block.DefRange)
	})
}

// Declared reports whether there is a block of the kind.
func (k *Kind) Declared() bool { return len(k.blocks) > 0 }

// Empty reports whether all blocks have a for_each without an element.
func (k *Kind) Empty() bool {
	for _, d := range k.blocks {
		if !d.value.IsKnown() || !d.value.Type().IsMapType() || d.value.LengthInt() > 0 {
			return false
		}
	}
	return true
}

// object is the type of an instance in expressions.
func (k *Kind) object() cty.Type {
	object := map[string]cty.Type{"address": cty.String, "name": cty.String}
	maps.Copy(object, k.Object)
	return cty.Object(object)
}

// firstLabels yields the labels that can follow the kind in a reference,
// secondLabels those that can follow a first label. Names may repeat.
func (k *Kind) firstLabels() iter.Seq[string] {
	return func(yield func(string) bool) {
		for key := range k.blocks {
			label, _, _ := strings.Cut(key, ".")
			if !yield(label) {
				return
			}
		}
	}
}

func (k *Kind) secondLabels(first string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for key := range k.blocks {
			if label, ok := strings.CutPrefix(key, first+"."); ok && !yield(label) {
				return
			}
		}
	}
}

// value is the kind's object in expressions.
func (k *Kind) value() cty.Value {
	if k.Labels == 1 {
		return objectOf(k.blocks, func(d *declared) cty.Value { return d.value })
	}
	byType := map[string]map[string]cty.Value{}
	for key, d := range k.blocks {
		first, second, _ := strings.Cut(key, ".")
		if byType[first] == nil {
			byType[first] = map[string]cty.Value{}
		}
		byType[first][second] = d.value
	}
	return objectOf(byType, cty.ObjectVal)
}

func objectOf[V any](m map[string]V, value func(V) cty.Value) cty.Value {
	attrs := make(map[string]cty.Value, len(m))
	for name, v := range m {
		attrs[name] = value(v)
	}
	return cty.ObjectVal(attrs)
}
