package options

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/reportform/reportform/internal/diag"
	"github.com/reportform/reportform/outputs"
)

// Field gives one attribute of the pull object; ok is false where this pull
// does not have it.
type Field func(*outputs.Pull) (value string, ok bool)

// pullFields lists the attributes of the pull object that are text, by group
// and name. Beside them there is pull.tenant.labels, a map.
func pullFields() map[string]map[string]Field {
	always := func(get func(*outputs.Pull) string) Field {
		return func(p *outputs.Pull) (string, bool) { return get(p), true }
	}
	return map[string]map[string]Field{
		"tenant": {
			"name": always(func(p *outputs.Pull) string { return p.Tenant.Name }),
			"id":   always(func(p *outputs.Pull) string { return p.Tenant.ID }),
		},
		"report": {
			"name": always(func(p *outputs.Pull) string { return p.Report.Name }),
			"type": always(func(p *outputs.Pull) string { return p.Report.Type }),
		},
		"window": {
			"from":  always(func(p *outputs.Pull) string { return outputs.Moment(p.Window.From) }),
			"to":    always(func(p *outputs.Pull) string { return outputs.Moment(p.Window.To) }),
			"date":  always(func(p *outputs.Pull) string { return p.Window.Date }),
			"label": always(func(p *outputs.Pull) string { return p.Window.Label }),
		},
	}
}

// Scope returns a scope in which pull is the object of a pull; of nil, it is the
// object before there is a pull, whose values are unknown.
func Scope(parent *hcl.EvalContext, pull *outputs.Pull) *hcl.EvalContext {
	scope := parent.NewChild()
	if pull == nil {
		scope.Variables = map[string]cty.Value{"pull": unknownPull()}
	} else {
		scope.Variables = map[string]cty.Value{"pull": pullValue(pull)}
	}
	return scope
}

// Describe names a pull in a sentence.
func Describe(pull *outputs.Pull) string {
	return fmt.Sprintf("tenant %q, report %q, slice %q", pull.Tenant.Name, pull.Report.Name, pull.Window.Label)
}

// pullValue is the pull object of the language.
func pullValue(pull *outputs.Pull) cty.Value {
	labels := map[string]cty.Value{}
	for name, value := range pull.Tenant.Labels {
		labels[name] = cty.StringVal(value)
	}
	labelMap := cty.MapValEmpty(cty.String)
	if len(labels) > 0 {
		labelMap = cty.MapVal(labels)
	}
	return pullObject(labelMap, func(get Field) cty.Value {
		value, _ := get(pull)
		return cty.StringVal(value)
	})
}

// unknownPull is the pull object before there is a pull.
func unknownPull() cty.Value {
	return pullObject(cty.UnknownVal(cty.Map(cty.String)).RefineNotNull(), func(Field) cty.Value {
		return cty.UnknownVal(cty.String).RefineNotNull()
	})
}

func pullObject(labels cty.Value, value func(Field) cty.Value) cty.Value {
	groups := map[string]cty.Value{}
	for group, fields := range pullFields() {
		attributes := map[string]cty.Value{}
		if group == "tenant" {
			attributes["labels"] = labels
		}
		for name, get := range fields {
			attributes[name] = value(get)
		}
		groups[group] = cty.ObjectVal(attributes)
	}
	return cty.ObjectVal(groups)
}

// MentionsPull reports whether an expression needs a pull.
func MentionsPull(expr hcl.Expression) bool { return len(References(expr)) > 0 }

// References returns the references to pull in an expression.
func References(expr hcl.Expression) []hcl.Traversal {
	var found []hcl.Traversal
	for _, traversal := range expr.Variables() {
		if traversal.RootName() == "pull" {
			found = append(found, traversal)
		}
	}
	return found
}

// CheckReferences reports references to what the pull object does not have.
func CheckReferences(expr hcl.Expression) hcl.Diagnostics {
	var diags hcl.Diagnostics
	unknown := func(object, name string, names []string, traversal hcl.Traversal) {
		slices.Sort(names)
		hint := fmt.Sprintf("It has %s and %s.", strings.Join(names[:len(names)-1], ", "), names[len(names)-1])
		if near := diag.Closest(name, slices.Values(names)); near != "" {
			hint = fmt.Sprintf("Did you mean %q?", near)
		}
		diags = append(diags, &hcl.Diagnostic{
			Severity: hcl.DiagError,
			Summary:  "Unsupported attribute",
			Detail:   fmt.Sprintf("The object %s has no attribute %q. %s", object, name, hint),
			Subject:  traversal.SourceRange().Ptr(),
			Context:  expr.Range().Ptr(),
		})
	}
	for _, traversal := range References(expr) {
		steps := Names(traversal)
		if len(steps) == 0 {
			continue
		}
		groups := pullFields()
		fields, ok := groups[steps[0]]
		if !ok {
			unknown("pull", steps[0], slices.Collect(maps.Keys(groups)), traversal)
			continue
		}
		if len(steps) == 1 || steps[0] == "tenant" && steps[1] == "labels" {
			continue
		}
		if _, ok := fields[steps[1]]; !ok {
			names := slices.Collect(maps.Keys(fields))
			if steps[0] == "tenant" {
				names = append(names, "labels")
			}
			unknown("pull."+steps[0], steps[1], names, traversal)
		}
	}
	return diags
}

// FieldAt returns what a reference to pull gives, and ok false if that is not
// plainly text.
func FieldAt(traversal hcl.Traversal) (get Field, ok bool) {
	steps := Names(traversal)
	if len(steps) != len(traversal)-1 {
		return nil, false
	}
	switch {
	case len(steps) == 2:
		get, ok = pullFields()[steps[0]][steps[1]]
		return get, ok
	case len(steps) == 3 && steps[0] == "tenant" && steps[1] == "labels":
		label := steps[2]
		return func(p *outputs.Pull) (string, bool) {
			value, ok := p.Tenant.Labels[label]
			return value, ok
		}, true
	}
	return nil, false
}

// Names returns the names that follow the root of a reference, written with a
// dot or in brackets, up to the first step that is neither.
func Names(traversal hcl.Traversal) []string {
	var names []string
	for _, step := range traversal[1:] {
		switch step := step.(type) {
		case hcl.TraverseAttr:
			names = append(names, step.Name)
			continue
		case hcl.TraverseIndex:
			if step.Key.Type() == cty.String && step.Key.IsKnown() && !step.Key.IsNull() {
				names = append(names, step.Key.AsString())
				continue
			}
		}
		break
	}
	return names
}
