package config

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

// scope holds what expressions can refer to while a configuration is loaded.
// It grows: the blocks of a kind are known when all of them are decoded, and
// then the locals that depend on them are evaluated.
//
// A name that is declared but could not be evaluated has an unknown value, and
// so has everything that depends on it: that is how one mistake is reported
// once.
type scope struct {
	functions map[string]function.Function
	path      cty.Value            // the path object
	variables map[string]cty.Value // by name
	locals    map[string]*local
	kinds     []*kind
	known     int // kinds[:known] can be referred to
	hidden    hidden

	blockCtx *hcl.EvalContext // for the attributes of the language's own blocks
	bodyCtx  *hcl.EvalContext // for bodies that are decoded by others
}

// use says where an expression stands.
type use struct {
	block string // the block's type, for messages
	known int    // how many kinds can be referred to there
	each  bool   // the block has for_each
	body  bool   // others decode it: no references to blocks
	pull  bool   // pull is filled in later
}

// refresh makes the evaluation contexts anew, after something became known.
func (s *scope) refresh() {
	locals := map[string]cty.Value{}
	for name, l := range s.locals {
		if l.done {
			locals[name] = l.value
		}
	}
	body := map[string]cty.Value{
		"var":   cty.ObjectVal(s.variables),
		"local": cty.ObjectVal(locals),
		"path":  s.path,
	}
	block := maps.Clone(body)
	for _, k := range s.kinds[:s.known] {
		block[k.name] = k.value()
	}
	s.bodyCtx = &hcl.EvalContext{Variables: body, Functions: s.functions}
	s.blockCtx = &hcl.EvalContext{Variables: block, Functions: s.functions}
}

// eval checks the references of an expression and evaluates it. The value is
// unknown where the expression depends on a mistake, this one's or an earlier.
func (s *scope) eval(expr hcl.Expression, where use) (cty.Value, hcl.Diagnostics) {
	ok, diags := s.check(expr.Variables(), where)
	if !ok {
		return cty.DynamicVal, diags
	}
	v, evalDiags := expr.Value(s.blockCtx)
	return v, append(diags, evalDiags...)
}

// check reports the references that cannot be followed. It is not ok when
// evaluation would fail because of them, reported or not.
func (s *scope) check(refs []hcl.Traversal, where use) (ok bool, diags hcl.Diagnostics) {
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

func (s *scope) checkOne(ref hcl.Traversal, where use) (*hcl.Diagnostic, bool) {
	root := ref.RootName()
	names := referenceNames(ref)
	if k := s.kind(root); k != nil {
		return s.checkBlock(k, ref, names, where)
	}
	switch root {
	case "var":
		return s.checkName(ref, names, "variable", "var.NAME", has(s.variables), maps.Keys(s.variables))
	case "local":
		if d, ok := s.checkName(ref, names, "local value", "local.NAME", has(s.locals), maps.Keys(s.locals)); !ok {
			return d, false
		}
		if l := s.locals[names[0]]; l.known > where.known {
			return diag.Mistake(ref.SourceRange(), "Not known here",
				"local.%s depends on %s, and %s block is read before that is known. Use it in blocks that are read later: %s, then reports.",
				names[0], l.cause, article(where.block), s.order()), false
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
	case "pull":
		if where.pull {
			return nil, true
		}
		return diag.Mistake(ref.SourceRange(), "No pull here",
			"pull exists only in the attributes of an output, where it is filled in for each pull."), false
	case "report":
		return diag.Mistake(ref.SourceRange(), "Reports cannot be referred to", "Nothing can refer to a report."), false
	}
	if len(ref) == 1 {
		return diag.Mistake(ref.SourceRange(), "Unknown name",
			"There is nothing named %q here.%s If it is meant as text, put it in quotes.", root, diag.DidYouMean(root, s.roots())), false
	}
	return diag.Mistake(ref.SourceRange(), "Unknown name",
		"There is nothing named %q here.%s", root, diag.DidYouMean(root, s.roots())), false
}

// checkName checks the one name that must follow var, local, path or each.
func (s *scope) checkName(ref hcl.Traversal, names []string, what, form string, declared func(string) bool, all iter.Seq[string]) (*hcl.Diagnostic, bool) {
	root := ref.RootName()
	if len(names) == 0 {
		return diag.Mistake(ref.SourceRange(), "Incomplete reference", "%q alone is not a value: write %s.", root, form), false
	}
	if declared(names[0]) {
		return nil, true
	}
	if root == "var" && s.hidden.has("variable", names[0]) || root == "local" && s.hidden.has("locals", names[0]) {
		return nil, false
	}
	return diag.Mistake(ref.SourceRange(), "Unknown "+what, "There is no %s named %q.%s", what, names[0], diag.DidYouMean(names[0], all)), false
}

// checkBlock checks a reference to a block of a kind.
func (s *scope) checkBlock(k *kind, ref hcl.Traversal, names []string, where use) (*hcl.Diagnostic, bool) {
	subject := ref.SourceRange()
	switch {
	case where.body && k.name == "tenant" && where.pull:
		return diag.Mistake(subject, "Tenants are not known here",
			"An output serves every tenant. Write pull.tenant.name, pull.tenant.id or pull.tenant.labels for the tenant of the pull."), false
	case where.body:
		return diag.Mistake(subject, "Not known here",
			"The attributes of %s block cannot refer to %s: they know var, local, each and path.", article(where.block), article(k.name)), false
	case slices.Index(s.kinds, k) >= where.known:
		return diag.Mistake(subject, "Not known here",
			"%s block cannot refer to %s. Blocks are read in this order, and know those before them: %s, then reports.", diag.Capitalize(article(where.block)), article(k.name), s.order()), false
	case len(names) < k.labels:
		return diag.Mistake(subject, "Incomplete reference",
			"%q alone is not a value: name one %s, such as %s.", strings.Join(append([]string{k.name}, names...), "."), k.name, k.example), false
	}
	d, declared := k.blocks[strings.Join(names[:k.labels], ".")]
	if !declared {
		if s.hidden.has(k.name, strings.Join(names[:k.labels], ".")) {
			return nil, false
		}
		all := k.firstLabels()
		given := names[0]
		if k.labels == 2 && slices.Contains(slices.Collect(all), given) {
			given, all = names[1], k.secondLabels(given)
		}
		return diag.Mistake(subject, "Unknown "+k.name, "There is no %s %s in this configuration.%s",
			k.name, quotedNames(names[:k.labels]), diag.DidYouMean(given, all)), false
	}
	if len(names) == k.labels || !d.value.IsKnown() {
		return nil, true
	}
	return s.checkWithin(k, d, subject, names)
}

// checkWithin checks what follows the labels: the key of an instance, or an
// attribute.
func (s *scope) checkWithin(k *kind, d *declared, subject hcl.Range, names []string) (*hcl.Diagnostic, bool) {
	rest := names[k.labels:]
	given := address.Of(k.name, names[:k.labels]...)
	if d.value.Type().IsMapType() {
		instances := d.value.AsValueMap()
		if _, ok := instances[rest[0]]; !ok {
			return diag.Mistake(subject, "Unknown instance", "%s has no instance with the key %q.%s",
				given, rest[0], diag.DidYouMean(rest[0], maps.Keys(instances))), false
		}
		given, rest = given.At(rest[0]), rest[1:]
	}
	if len(rest) > 0 && !k.object.HasAttribute(rest[0]) {
		return diag.Mistake(subject, "Unknown attribute", "%s has no attribute %q; it has %s.%s",
			given, rest[0], diag.Quoted(slices.Sorted(maps.Keys(k.object.AttributeTypes()))),
			diag.DidYouMean(rest[0], maps.Keys(k.object.AttributeTypes()))), false
	}
	return nil, true
}

func (s *scope) kind(name string) *kind {
	for _, k := range s.kinds {
		if k.name == name {
			return k
		}
	}
	return nil
}

// order names the kinds in the order in which they are read.
func (s *scope) order() string {
	names := make([]string, len(s.kinds))
	for i, k := range s.kinds {
		names[i] = k.name + "s"
	}
	return strings.Join(names, ", ")
}

// roots yields what a reference can begin with.
func (s *scope) roots() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, name := range []string{"var", "local", "each", "path"} {
			if !yield(name) {
				return
			}
		}
		for _, k := range s.kinds {
			if !yield(k.name) {
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
