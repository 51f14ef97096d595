package lang

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/reportform/reportform/internal/address"
	"github.com/reportform/reportform/internal/diag"
)

// expansion is one block of a kind with everything that its instances share.
type expansion struct {
	scope  *Scope
	kind   *Kind
	block  *hcl.Block
	parsed *hcl.BodyContent
	body   hcl.Body // what the schema does not know, where others decode it
	where  use
	bodyOK *bool // the references in body can be followed; nil if not checked
	// attrs remembers what was found out about attributes: their references
	// are checked once, and without each they are evaluated once.
	attrs map[*hcl.Attribute]*evaluated
	lists map[*hcl.Attribute]any // resolved lists of references, without each
	// blocks has the contents of nested blocks, which are read once.
	blocks map[*hcl.Block]*hcl.BodyContent
}

// evaluated is an attribute of an expansion.
type evaluated struct {
	ok    bool // its references can be followed
	each  bool // it differs from instance to instance
	value cty.Value
}

// Instance is one instance of a block: the block itself, or one for each
// element of its for_each. The attributes are those of the block.
type Instance struct {
	Attributes
	Address address.Address
	Name    string // the label, or the key where the block has for_each
	of      *expansion
	bodyCtx *hcl.EvalContext
}

// member evaluates the attributes of an expansion for one instance.
type member struct {
	of     *expansion
	hclCtx *hcl.EvalContext
}

// evaluate implements evaluator. Mistakes that all instances share are
// reported for the first.
func (m member) evaluate(attr *hcl.Attribute) (cty.Value, hcl.Diagnostics) {
	e := m.of
	known := e.attrs[attr]
	var diags hcl.Diagnostics
	if known == nil {
		known = &evaluated{value: cty.DynamicVal}
		e.attrs[attr] = known
		refs := attr.Expr.Variables()
		known.each = mentionsEach(refs)
		known.ok, diags = e.scope.check(refs, e.where)
		if known.ok && !known.each {
			v, d := attr.Expr.Value(e.scope.blockCtx)
			diags = append(diags, d...)
			if !d.HasErrors() {
				known.value = v
			}
		}
	}
	if !known.ok || !known.each {
		return known.value, diags
	}
	v, d := attr.Expr.Value(m.hclCtx)
	if d.HasErrors() {
		v = cty.DynamicVal
	}
	return v, append(diags, d...)
}

func mentionsEach(refs []hcl.Traversal) bool {
	return slices.ContainsFunc(refs, func(ref hcl.Traversal) bool { return ref.RootName() == "each" })
}

// Labels are the labels of the block.
func (i *Instance) Labels() []string { return i.of.block.Labels }

// LabelRanges are the places of the labels.
func (i *Instance) LabelRanges() []hcl.Range { return i.of.block.LabelRanges }

// Header is the place of the block's header.
func (i *Instance) Header() hcl.Range { return i.of.block.DefRange }

// MissingItem is where an attribute that is missing would stand.
func (i *Instance) MissingItem() hcl.Range { return i.of.parsed.MissingItemRange }

// Blocks are the nested blocks.
func (i *Instance) Blocks() hcl.Blocks { return i.of.parsed.Blocks }

// Nested has read take the attributes of a nested block. The mistakes in its
// content are reported for the first instance.
func (i *Instance) Nested(block *hcl.Block, schema *hcl.BodySchema, read func(*Attributes)) {
	content := i.of.blocks[block]
	if content == nil {
		var diags hcl.Diagnostics
		content, diags = block.Body.Content(schema)
		i.of.blocks[block] = content
		i.diags = append(i.diags, diags...)
	}
	a := NewAttributes(content, schema, nil)
	a.values, a.subject = i.values, i.subject
	read(a)
	i.diags = append(i.diags, a.diags...)
}

// Body returns what the schema does not know, with the context in which others
// evaluate it. It is not ok when the references in it cannot be followed; that
// is reported for the first instance.
func (i *Instance) Body() (body hcl.Body, hclCtx *hcl.EvalContext, ok bool) {
	e := i.of
	if e.bodyOK == nil {
		ok, diags := e.scope.checkBody(e.body, use{block: e.kind.Name, body: e.kind.Body, each: e.where.each})
		i.diags = append(i.diags, diags...)
		e.bodyOK = &ok
	}
	return e.body, i.bodyCtx, *e.bodyOK
}

// expand reads a block's own attributes by schema and returns its instances:
// one, or one for each element of for_each. It is not ok when a mistake leaves
// the instances unknown.
func (s *Scope) expand(k *Kind, block *hcl.Block, schema *hcl.BodySchema) (instances []*Instance, fanned, ok bool, diags hcl.Diagnostics) {
	withForEach := &hcl.BodySchema{
		Attributes: append([]hcl.AttributeSchema{{Name: "for_each"}}, schema.Attributes...),
		Blocks:     schema.Blocks,
	}
	e := &expansion{scope: s, kind: k, block: block, where: use{block: k.Name}, attrs: map[*hcl.Attribute]*evaluated{}, lists: map[*hcl.Attribute]any{}, blocks: map[*hcl.Block]*hcl.BodyContent{}}
	var d hcl.Diagnostics
	if k.Body != nil {
		e.parsed, e.body, d = block.Body.PartialContent(withForEach)
	} else {
		e.parsed, d = block.Body.Content(withForEach)
	}
	diags = append(diags, d...)

	forEach := e.parsed.Attributes["for_each"]
	e.where.each = forEach != nil
	required := requiredOf(schema)
	add := func(key string, each map[string]cty.Value) {
		i := &Instance{
			Address: blockAddress(block),
			Name:    block.Labels[len(block.Labels)-1],
			of:      e,
			bodyCtx: s.bodyCtx,
		}
		hclCtx := s.blockCtx
		if each != nil {
			i.Name = key
			i.Address = i.Address.At(key)
			variables := map[string]cty.Value{"each": cty.ObjectVal(each)}
			hclCtx, i.bodyCtx = s.blockCtx.NewChild(), s.bodyCtx.NewChild()
			hclCtx.Variables, i.bodyCtx.Variables = variables, variables
		}
		i.Attributes = Attributes{
			content:  e.parsed.Attributes,
			required: required,
			values:   member{e, hclCtx},
			subject:  string(i.Address),
		}
		instances = append(instances, i)
	}

	if forEach == nil {
		add("", nil)
		return instances, false, true, diags
	}
	elements, d := s.forEach(forEach, use{block: k.Name})
	diags = append(diags, d...)
	if elements == nil {
		return nil, true, false, diags
	}
	for _, key := range slices.Sorted(maps.Keys(elements)) {
		if key == "" || strings.ContainsFunc(key, isControl) {
			diags = append(diags, diag.Mistake(forEach.Expr.Range(), "Unsuitable key",
				"The key %q cannot be a name: a key is not empty and has no control characters.", key))
			continue
		}
		add(key, map[string]cty.Value{"key": cty.StringVal(key), "value": elements[key]})
	}
	return instances, true, true, diags
}

// forEach evaluates a for_each attribute: a map, an object, or a set of
// strings. It returns nil where the elements are not known.
func (s *Scope) forEach(attr *hcl.Attribute, where use) (map[string]cty.Value, hcl.Diagnostics) {
	v, diags := s.eval(attr.Expr, where)
	if diags.HasErrors() || !v.IsKnown() {
		return nil, diags
	}
	unsuitable := func(format string, args ...any) (map[string]cty.Value, hcl.Diagnostics) {
		return nil, append(diags, diag.Mistake(attr.Expr.Range(), "Unsuitable for_each", format, args...))
	}
	t := v.Type()
	switch {
	case v.IsNull():
		return unsuitable("for_each is null. It takes a map, an object or a set of strings; an empty one, such as {}, gives no instance.")
	case t.IsMapType() || t.IsObjectType():
		elements := v.AsValueMap()
		if elements == nil {
			elements = map[string]cty.Value{}
		}
		return elements, diags
	case t.IsListType() || t.IsTupleType():
		return unsuitable("for_each takes a map, an object or a set of strings, and this is a %s. Instances are told apart by their keys, which a list does not have: wrap a list of strings in toset(...), or make a map with { for x in LIST : x.KEY => x }.", t.FriendlyName())
	case t.IsSetType() && (t.ElementType() == cty.String || t.ElementType() == cty.DynamicPseudoType):
		elements := map[string]cty.Value{}
		for it := v.ElementIterator(); it.Next(); {
			_, element := it.Element()
			if !element.IsKnown() {
				return nil, diags
			}
			if element.IsNull() {
				return unsuitable("An element of the set is null. Every element is the key of an instance.")
			}
			elements[element.AsString()] = element
		}
		return elements, diags
	}
	return unsuitable("for_each takes a map, an object or a set of strings, and this is a %s.", t.FriendlyName())
}

// blockAddress is the address of a block without for_each.
func blockAddress(block *hcl.Block) address.Address { return address.Of(block.Type, block.Labels...) }

func isControl(r rune) bool {
	return r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029'
}

// CheckLabels checks that the labels of a block can be written in references.
func CheckLabels(block *hcl.Block) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for i, label := range block.Labels {
		if !hclsyntax.ValidIdentifier(label) {
			diags = append(diags, diag.Mistake(block.LabelRanges[i], "Unsuitable name",
				"%q cannot be referred to: a name begins with a letter or an underscore, and goes on with letters, digits, underscores and dashes.", label))
		}
	}
	return diags
}
