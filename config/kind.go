package config

import (
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/reportform/reportform/internal/diag"
)

// kind is one of the kinds of blocks whose instances expressions can refer to:
// credential, tenant, window, output.
type kind struct {
	name    string
	example string // of a reference
	// labels is how many labels a block has: 1, or 2 with a type first.
	labels int
	// open says that the body belongs to others, who know its schema.
	open bool
	// object is the type of an instance in expressions.
	object cty.Type
	// blocks are the declared blocks by their labels, joined with a dot.
	blocks map[string]*declared
}

// declared is one block of a kind.
type declared struct {
	block *hcl.Block
	// value is what expressions see: an object, or a map of objects where the
	// block has for_each; unknown until the block is decoded, and for ever
	// where its instances are not known because of a mistake.
	value cty.Value
}

// newKinds returns the kinds in the order in which they become known. A block
// can refer to those before its own.
func newKinds() []*kind {
	base := func(more map[string]cty.Type) cty.Type {
		object := map[string]cty.Type{"address": cty.String, "name": cty.String}
		maps.Copy(object, more)
		return cty.Object(object)
	}
	return []*kind{
		{name: "credential", example: "credential.client_secret.msp", labels: 2, open: true, object: base(nil)},
		{name: "tenant", example: "tenant.contoso", labels: 1, object: base(map[string]cty.Type{
			"id": cty.String, "cloud": cty.String, "labels": cty.Map(cty.String),
		})},
		{name: "window", example: "window.daily", labels: 1, object: base(nil)},
		{name: "output", example: "output.json.archive", labels: 2, open: true, object: base(nil)},
	}
}

// declare takes a block into the kind. It fails where the labels are taken.
func (k *kind) declare(block *hcl.Block) hcl.Diagnostics {
	key := strings.Join(block.Labels, ".")
	if first, taken := k.blocks[key]; taken {
		return hcl.Diagnostics{declaredTwice(block, first.block)}
	}
	if k.blocks == nil {
		k.blocks = map[string]*declared{}
	}
	k.blocks[key] = &declared{block: block, value: cty.DynamicVal}
	return nil
}

func declaredTwice(block, first *hcl.Block) *hcl.Diagnostic {
	return diag.Mistake(block.DefRange, "Declared twice", "%s is already declared at %s. Give this one another name.",
		blockAddress(block), first.DefRange)
}

// inOrder returns the declared blocks in order of place.
func (k *kind) inOrder() []*declared {
	return slices.SortedFunc(maps.Values(k.blocks), func(a, b *declared) int {
		return comparePlaces(&a.block.DefRange, &b.block.DefRange)
	})
}

// allEmpty reports whether all blocks have a for_each without an element.
func allEmpty(blocks map[string]*declared) bool {
	for _, d := range blocks {
		if !d.value.IsKnown() || !d.value.Type().IsMapType() || d.value.LengthInt() > 0 {
			return false
		}
	}
	return true
}

// firstLabels yields the labels that can follow the kind in a reference,
// secondLabels those that can follow a first label. Names may repeat.
func (k *kind) firstLabels() iter.Seq[string] {
	return func(yield func(string) bool) {
		for key := range k.blocks {
			label, _, _ := strings.Cut(key, ".")
			if !yield(label) {
				return
			}
		}
	}
}

func (k *kind) secondLabels(first string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for key := range k.blocks {
			if label, ok := strings.CutPrefix(key, first+"."); ok && !yield(label) {
				return
			}
		}
	}
}

// value is the kind's object in expressions.
func (k *kind) value() cty.Value {
	if k.labels == 1 {
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
