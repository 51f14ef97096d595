package config

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

// expansion is one block of a kind, or one report block, with everything that
// its instances share.
type expansion struct {
	scope  *scope
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

// instance is one instance of a block.
type instance struct {
	*attributes
	of      *expansion
	Address address.Address
	Name    string // the label, or the key where the block has for_each
	hclCtx  *hcl.EvalContext
	bodyCtx *hcl.EvalContext
}

// eval evaluates an attribute of an instance in hclCtx. Mistakes that all
// instances share are reported for the first.
func (e *expansion) eval(attr *hcl.Attribute, hclCtx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
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
	v, d := attr.Expr.Value(hclCtx)
	if d.HasErrors() {
		v = cty.DynamicVal
	}
	return v, append(diags, d...)
}

func mentionsEach(refs []hcl.Traversal) bool {
	return slices.ContainsFunc(refs, func(ref hcl.Traversal) bool { return ref.RootName() == "each" })
}

// subject names the instance for messages about an attribute whose value is
// its own.
func (i *instance) subject(attr *hcl.Attribute) string {
	if e := i.of.attrs[attr]; e != nil && e.each {
		return string(i.Address) + ": "
	}
	return ""
}

// nested returns the content of a block within. Its mistakes are reported for
// the first instance.
func (e *expansion) nested(block *hcl.Block, schema *hcl.BodySchema) (*hcl.BodyContent, hcl.Diagnostics) {
	if content := e.blocks[block]; content != nil {
		return content, nil
	}
	content, diags := block.Body.Content(schema)
	e.blocks[block] = content
	return content, diags
}

// broken reports whether the instance has a mistake or depends on one.
func (i *instance) broken() bool {
	return i.diags.HasErrors() || i.unknown
}

// warn adds a warning, which keeps nothing from working.
func (i *instance) warn(subject hcl.Range, summary, format string, args ...any) {
	warning := diag.Mistake(subject, summary, format, args...)
	warning.Severity = hcl.DiagWarning
	i.diags = append(i.diags, warning)
}

// lacks reports whether an attribute is absent or null.
func (i *instance) lacks(name string) bool {
	attr := i.content[name]
	if attr == nil {
		return true
	}
	v, diags := i.of.eval(attr, i.hclCtx)
	i.diags = append(i.diags, diags...)
	return v.IsKnown() && v.IsNull()
}

// nested reads a block within the instance's own, got by schema.
func (i *instance) nested(content *hcl.BodyContent, schema *hcl.BodySchema) *attributes {
	a := newAttributes(content, schema, nil)
	a.eval, a.subject = i.attributes.eval, i.attributes.subject
	return a
}

// expand reads a block's own attributes by schema and returns its instances:
// one, or one for each element of for_each. It is not ok when a mistake leaves
// the instances unknown. With open, what the schema does not name is left in
// the instances' body for others; its references are checked here.
func (s *scope) expand(block *hcl.Block, schema *hcl.BodySchema, where use, open bool) (instances []*instance, fanned, ok bool, diags hcl.Diagnostics) {
	withForEach := &hcl.BodySchema{
		Attributes: append([]hcl.AttributeSchema{{Name: "for_each"}}, schema.Attributes...),
		Blocks:     schema.Blocks,
	}
	e := &expansion{scope: s, block: block, where: where, attrs: map[*hcl.Attribute]*evaluated{}, lists: map[*hcl.Attribute]any{}, blocks: map[*hcl.Block]*hcl.BodyContent{}}
	var d hcl.Diagnostics
	if open {
		e.parsed, e.body, d = block.Body.PartialContent(withForEach)
	} else {
		e.parsed, d = block.Body.Content(withForEach)
	}
	diags = append(diags, d...)

	forEach := e.parsed.Attributes["for_each"]
	e.where.each = forEach != nil
	required := requiredOf(schema)
	add := func(key string, each map[string]cty.Value) {
		i := &instance{
			of:      e,
			Address: blockAddress(block),
			Name:    block.Labels[len(block.Labels)-1],
			hclCtx:  s.blockCtx,
			bodyCtx: s.bodyCtx,
		}
		if each != nil {
			i.Name = key
			i.Address = i.Address.At(key)
			variables := map[string]cty.Value{"each": cty.ObjectVal(each)}
			i.hclCtx, i.bodyCtx = s.blockCtx.NewChild(), s.bodyCtx.NewChild()
			i.hclCtx.Variables, i.bodyCtx.Variables = variables, variables
		}
		i.attributes = &attributes{
			content:  e.parsed.Attributes,
			required: required,
			eval:     func(attr *hcl.Attribute) (cty.Value, hcl.Diagnostics) { return e.eval(attr, i.hclCtx) },
			subject:  i.subject,
		}
		instances = append(instances, i)
	}

	if forEach == nil {
		add("", nil)
		return instances, false, true, diags
	}
	elements, d := s.forEach(forEach, where)
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

// checkBody checks the references in the body that others decode. It is not ok
// when the body cannot be evaluated.
func (e *expansion) checkBody(where use) (ok bool, diags hcl.Diagnostics) {
	where.body, where.each = true, e.where.each
	ok, diags = e.scope.check(bodyReferences(e.body), where)
	if where.block == "credential" {
		for _, d := range diags {
			d.Extra = diag.SecretHere{}
		}
	}
	return ok, diags
}

// forEach evaluates a for_each attribute: a map, an object, or a set of
// strings. It returns nil where the elements are not known.
func (s *scope) forEach(attr *hcl.Attribute, where use) (map[string]cty.Value, hcl.Diagnostics) {
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

// checkLabels checks that the labels of a block can be written in references.
func checkLabels(block *hcl.Block) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for i, label := range block.Labels {
		if !hclsyntax.ValidIdentifier(label) {
			diags = append(diags, diag.Mistake(block.LabelRanges[i], "Unsuitable name",
				"%q cannot be referred to: a name begins with a letter or an underscore, and goes on with letters, digits, underscores and dashes.", label))
		}
	}
	return diags
}
