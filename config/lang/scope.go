// Package lang is the machinery of the language below its blocks: locals,
// references, for_each, and the reading of attributes. It knows no block but
// locals: whoever knows them tells a Scope their kinds, and decodes their
// instances.
package lang

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/reportform/reportform/internal/address"
	"github.com/reportform/reportform/internal/diag"
)

// Scope holds what expressions can refer to while a configuration is loaded.
// It grows: first the variables are set, then the locals declared, then the
// kinds decoded in their order. The blocks of a kind are known when all of
// them are decoded, and then the locals that depend on them are evaluated.
//
// A name that is declared but could not be evaluated has an unknown value, and
// so has everything that depends on it: that is how one mistake is reported
// once.
type Scope struct {
	Functions map[string]function.Function
	Path      cty.Value // the path object
	// Variables are those that are declared, by name.
	Variables map[string]cty.Value
	// Kinds are in the order in which they become known. A block can refer to
	// those before its own.
	Kinds []*Kind
	// Elsewhere are names that exist in some bodies only, see Body.Filled,
	// and what to say where they do not.
	Elsewhere map[string]Refusal
	Hidden    Hidden

	locals map[string]*local
	order  []*local // each after those that it depends on
	known  int      // Kinds[:known] can be referred to

	blockCtx *hcl.EvalContext // for the attributes of the language's own blocks
	bodyCtx  *hcl.EvalContext // for bodies that are decoded by others
}

// use says where an expression stands.
type use struct {
	block string // the block's type, for messages
	each  bool   // the block has for_each
	waits bool   // it is evaluated when everything that it refers to is known
	body  *Body  // it is in a body that others decode
}

// Decode has every instance of the blocks of a kind decoded and makes the kind
// known to expressions. decode returns what an instance's object has beside
// address and name. The kinds are decoded in their order, each once.
func (s *Scope) Decode(k *Kind, schema *hcl.BodySchema, decode func(*Instance) map[string]cty.Value) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, d := range k.inOrder() {
		instances, fanned, ok, more := s.expand(k, d.block, schema)
		diags = append(diags, more...)
		values := map[string]cty.Value{}
		for _, i := range instances {
			attrs := decode(i)
			diags = append(diags, i.diags...)
			if k.Last {
				continue
			}
			object := map[string]cty.Value{"address": cty.StringVal(string(i.Address)), "name": cty.StringVal(i.Name)}
			maps.Copy(object, attrs)
			values[i.Name] = cty.ObjectVal(object)
		}
		switch {
		case !ok || k.Last:
		case !fanned:
			d.value = values[d.block.Labels[len(d.block.Labels)-1]]
		case len(values) == 0:
			d.value = cty.MapValEmpty(k.object())
		default:
			d.value = cty.MapVal(values)
		}
	}
	s.known++
	return append(diags, s.evalLocals()...)
}

// OwnContext checks the references in the body of a block that is no kind's,
// and returns the context in which to decode it. It is not ok when the
// references cannot be followed.
func (s *Scope) OwnContext(blockType string, body hcl.Body) (hclCtx *hcl.EvalContext, ok bool, diags hcl.Diagnostics) {
	ok, diags = s.check(bodyReferences(body), use{block: blockType})
	return s.blockCtx, ok, diags
}

// OwnValue checks the references in an expression of a block that is no kind's,
// and evaluates it. The value is unknown where it depends on a mistake.
func (s *Scope) OwnValue(blockType string, expr hcl.Expression) (cty.Value, hcl.Diagnostics) {
	return s.eval(expr, use{block: blockType})
}

// BodyContext is like OwnContext, for a body that others decode.
func (s *Scope) BodyContext(blockType string, body hcl.Body, can *Body) (hclCtx *hcl.EvalContext, ok bool, diags hcl.Diagnostics) {
	ok, diags = s.checkBody(body, use{block: blockType, body: can})
	return s.bodyCtx, ok, diags
}

// checkBody checks the references in a body that others decode.
func (s *Scope) checkBody(body hcl.Body, where use) (ok bool, diags hcl.Diagnostics) {
	ok, diags = s.check(bodyReferences(body), where)
	if where.body.Secret {
		for _, d := range diags {
			d.Extra = diag.SecretHere{}
		}
	}
	return ok, diags
}

// refresh makes the evaluation contexts anew, after something became known.
func (s *Scope) refresh() {
	locals := map[string]cty.Value{}
	for name, l := range s.locals {
		if l.done {
			locals[name] = l.value
		}
	}
	body := map[string]cty.Value{
		"var":   cty.ObjectVal(s.Variables),
		"local": cty.ObjectVal(locals),
		"path":  s.Path,
	}
	block := maps.Clone(body)
	for _, k := range s.Kinds[:s.known] {
		if !k.Last {
			block[k.Name] = k.value()
		}
	}
	s.bodyCtx = &hcl.EvalContext{Variables: body, Functions: s.Functions}
	s.blockCtx = &hcl.EvalContext{Variables: block, Functions: s.Functions}
}

// eval checks the references of an expression and evaluates it. The value is
// unknown where the expression depends on a mistake, this one's or an earlier.
func (s *Scope) eval(expr hcl.Expression, where use) (cty.Value, hcl.Diagnostics) {
	ok, diags := s.check(expr.Variables(), where)
	if !ok {
		return cty.DynamicVal, diags
	}
	v, evalDiags := expr.Value(s.blockCtx)
	return v, append(diags, evalDiags...)
}

// check reports the references that cannot be followed. It is not ok when
// evaluation would fail because of them, reported or not.
func (s *Scope) check(refs []hcl.Traversal, where use) (ok bool, diags hcl.Diagnostics) {
	ok = true
	for _, ref := range refs {
		d, followed := s.checkOne(ref, where)
		ok = ok && followed
		if d != nil {
			diags = append(diags, d)
		}
	}
	return ok, diags
}

func (s *Scope) checkOne(ref hcl.Traversal, where use) (*hcl.Diagnostic, bool) {
	root := ref.RootName()
	names := referenceNames(ref)
	if k := s.kind(root); k != nil {
		return s.checkBlock(k, ref, names, where)
	}
	switch root {
	case "var":
		return s.checkName(ref, names, "variable", "var.NAME", has(s.Variables), maps.Keys(s.Variables))
	case "local":
		if d, ok := s.checkName(ref, names, "local value", "local.NAME", has(s.locals), maps.Keys(s.locals)); !ok {
			return d, false
		}
		if l := s.locals[names[0]]; l.known > s.known && !where.waits {
			return diag.Mistake(ref.SourceRange(), "Not known here",
				"local.%s depends on %s, and %s block is read before that is known. Use it in blocks that are read later: %s.",
				names[0], l.cause, article(where.block), s.sequence()), false
		}
		return nil, true
	case "path":
		return s.checkName(ref, names, "path", "path.config", func(name string) bool { return name == "config" }, slices.Values([]string{"config"}))
	case "each":
		if !where.each {
			return diag.Mistake(ref.SourceRange(), "No for_each here",
				"each.key and each.value exist only in a block that has for_each, and not in for_each itself."), false
		}
		return s.checkName(ref, names, "attribute of each", "each.key or each.value",
			func(name string) bool { return name == "key" || name == "value" }, slices.Values([]string{"key", "value"}))
	}
	if where.body != nil && slices.Contains(where.body.Filled, root) {
		return nil, true
	}
	if refusal, ok := s.Elsewhere[root]; ok {
		return diag.Mistake(ref.SourceRange(), refusal.Summary, "%s", refusal.Detail), false
	}
	asText := ""
	if len(ref) == 1 {
		asText = " If it is meant as text, put it in quotes."
	}
	return diag.Mistake(ref.SourceRange(), "Unknown name",
		"There is nothing named %q here.%s%s", root, diag.DidYouMean(root, s.roots()), asText), false
}

// checkName checks the one name that must follow var, local, path or each.
func (s *Scope) checkName(ref hcl.Traversal, names []string, what, form string, declared func(string) bool, all iter.Seq[string]) (*hcl.Diagnostic, bool) {
	root := ref.RootName()
	if len(names) == 0 {
		return diag.Mistake(ref.SourceRange(), "Incomplete reference", "%q alone is not a value: write %s.", root, form), false
	}
	if declared(names[0]) {
		return nil, true
	}
	if root == "var" && s.Hidden.Has("variable", names[0]) || root == "local" && s.Hidden.Has("locals", names[0]) {
		return nil, false
	}
	return diag.Mistake(ref.SourceRange(), "Unknown "+what, "There is no %s named %q.%s", what, names[0], diag.DidYouMean(names[0], all)), false
}

// checkBlock checks a reference to a block of a kind.
func (s *Scope) checkBlock(k *Kind, ref hcl.Traversal, names []string, where use) (*hcl.Diagnostic, bool) {
	subject := ref.SourceRange()
	switch {
	case k.Last:
		return diag.Mistake(subject, diag.Capitalize(k.Name)+"s cannot be referred to", "Nothing can refer to %s.", article(k.Name)), false
	case where.body != nil:
		if refusal, ok := where.body.Instead[k.Name]; ok {
			return diag.Mistake(subject, refusal.Summary, "%s", refusal.Detail), false
		}
		return diag.Mistake(subject, "Not known here",
			"The attributes of %s block cannot refer to %s: they know var, local, each and path.", article(where.block), article(k.Name)), false
	case slices.Index(s.Kinds, k) >= s.known && !where.waits:
		return diag.Mistake(subject, "Not known here",
			"%s block cannot refer to %s. Blocks are read in this order, and know those before them: %s.", diag.Capitalize(article(where.block)), article(k.Name), s.sequence()), false
	case len(names) < k.Labels:
		return diag.Mistake(subject, "Incomplete reference",
			"%q alone is not a value: name one %s, such as %s.", strings.Join(append([]string{k.Name}, names...), "."), k.Name, k.Example), false
	}
	d, declared := k.blocks[strings.Join(names[:k.Labels], ".")]
	if !declared {
		if s.Hidden.Has(k.Name, strings.Join(names[:k.Labels], ".")) {
			return nil, false
		}
		all := k.firstLabels()
		given := names[0]
		if k.Labels == 2 && slices.Contains(slices.Collect(all), given) {
			given, all = names[1], k.secondLabels(given)
		}
		return diag.Mistake(subject, "Unknown "+k.Name, "There is no %s %s in this configuration.%s",
			k.Name, quotedNames(names[:k.Labels]), diag.DidYouMean(given, all)), false
	}
	if len(names) == k.Labels || !d.value.IsKnown() {
		return nil, true
	}
	return s.checkWithin(k, d, subject, names)
}

// checkWithin checks what follows the labels: the key of an instance, or an
// attribute.
func (s *Scope) checkWithin(k *Kind, d *declared, subject hcl.Range, names []string) (*hcl.Diagnostic, bool) {
	rest := names[k.Labels:]
	given := address.Of(k.Name, names[:k.Labels]...)
	if d.value.Type().IsMapType() {
		instances := d.value.AsValueMap()
		if _, ok := instances[rest[0]]; !ok {
			return diag.Mistake(subject, "Unknown instance", "%s has no instance with the key %q.%s",
				given, rest[0], diag.DidYouMean(rest[0], maps.Keys(instances))), false
		}
		given, rest = given.At(rest[0]), rest[1:]
	}
	if len(rest) > 0 && !k.object().HasAttribute(rest[0]) {
		return diag.Mistake(subject, "Unknown attribute", "%s has no attribute %q; it has %s.%s",
			given, rest[0], diag.Quoted(slices.Sorted(maps.Keys(k.object().AttributeTypes()))),
			diag.DidYouMean(rest[0], maps.Keys(k.object().AttributeTypes()))), false
	}
	return nil, true
}

func (s *Scope) kind(name string) *Kind {
	for _, k := range s.Kinds {
		if k.Name == name {
			return k
		}
	}
	return nil
}

// sequence names the kinds in the order in which they are read: tenants,
// outputs, then reports.
func (s *Scope) sequence() string {
	names := make([]string, len(s.Kinds))
	for i, k := range s.Kinds {
		names[i] = k.Name + "s"
	}
	if last := len(names) - 1; last > 0 {
		names[last] = "then " + names[last]
	}
	return strings.Join(names, ", ")
}

// roots yields what a reference can begin with.
func (s *Scope) roots() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, name := range []string{"var", "local", "each", "path"} {
			if !yield(name) {
				return
			}
		}
		for _, k := range s.Kinds {
			if !k.Last && !yield(k.Name) {
				return
			}
		}
	}
}

// referenceNames returns the names that follow the root of a reference, up to
// the first step that is neither .name nor ["name"].
func referenceNames(ref hcl.Traversal) []string {
	var names []string
	for _, step := range ref[1:] {
		switch step := step.(type) {
		case hcl.TraverseAttr:
			names = append(names, step.Name)
		case hcl.TraverseIndex:
			if step.Key.Type() != cty.String {
				return names
			}
			names = append(names, step.Key.AsString())
		default:
			return names
		}
	}
	return names
}

// bodyReferences returns the references in a body whose schema is not known:
// of every expression in it, those in nested blocks included.
func bodyReferences(body hcl.Body) []hcl.Traversal {
	var refs []hcl.Traversal
	// In JSON a nested block looks like an attribute with an object.
	attrs, _ := body.JustAttributes()
	for _, attr := range attrs {
		refs = append(refs, attr.Expr.Variables()...)
	}
	if native, ok := body.(*hclsyntax.Body); ok {
		for _, block := range native.Blocks {
			refs = append(refs, bodyReferences(block.Body)...)
		}
	}
	return refs
}

func has[V any](m map[string]V) func(string) bool {
	return func(name string) bool { _, ok := m[name]; return ok }
}

func quotedNames(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = fmt.Sprintf("%q", name)
	}
	return strings.Join(quoted, " ")
}

// article writes a name with its article: a tenant, an output.
func article(name string) string {
	if strings.ContainsRune("aeiou", rune(name[0])) {
		return "an " + name
	}
	return "a " + name
}
