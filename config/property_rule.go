package config

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/config/lang"
	"github.com/reportform/reportform/internal/diag"
)

// PropertyRule says what is different where a report's select or filter names a
// property, which costs the service more. What is zero is as the type has it.
type PropertyRule struct {
	Property    string // its name; case means nothing
	PageSize    int
	Permissions []string
	License     string
	Licences    []string
	Limit       string
	Source      string
}

// withProperty is the block in a report_type that makes a PropertyRule.
const withProperty = "with_property"

func propertyRuleSchema() *hcl.BodySchema {
	return &hcl.BodySchema{Attributes: []hcl.AttributeSchema{
		{Name: "page_size"}, {Name: "permissions"}, {Name: "license"}, {Name: "licences"}, {Name: "limit"}, {Name: "source"},
	}}
}

// decodeRules decodes the blocks with_property of a report type.
func decodeRules(t *ReportType, blocks hcl.Blocks, hclCtx *hcl.EvalContext, limits map[string]*LimitClass) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, block := range blocks {
		schema := propertyRuleSchema()
		content, d := block.Body.Content(schema)
		diags = append(diags, d...)
		a := lang.NewAttributes(content, schema, hclCtx)
		rule := PropertyRule{Property: block.Labels[0]}
		rule.PageSize, _ = a.Integer("page_size", 1, maxPageSize)
		rule.Permissions, _ = a.Texts("permissions")
		rule.License, _ = a.Text("license")
		rule.Licences = decodeLicences(a)
		rule.Limit = limitOf(a, limits)
		rule.Source, _ = a.Text("source")
		diags = append(diags, a.Diagnostics()...)
		switch {
		case rule.Property == "" || strings.ContainsAny(rule.Property, "/., "):
			diags = append(diags, diag.Mistake(block.LabelRanges[0], "Unsuitable name", "The label is the name of a property of the event, such as \"signInActivity\", and not %q.", rule.Property))
		case slices.ContainsFunc(t.With, func(other PropertyRule) bool { return strings.EqualFold(other.Property, rule.Property) }):
			diags = append(diags, diag.Mistake(block.DefRange, "Declared twice", "There is already a block for the property %q. Join the two.", rule.Property))
		}
		t.With = append(t.With, rule)
	}
	return diags
}

// Asking returns the type as the service is asked where a report names these
// properties: the type itself where no rule is about them.
func (t *ReportType) Asking(properties []string) *ReportType {
	asked := t
	for i := range t.With {
		rule := &t.With[i]
		if !slices.ContainsFunc(properties, func(p string) bool { return strings.EqualFold(p, rule.Property) }) {
			continue
		}
		if asked == t {
			of := *t
			asked = &of
		}
		if rule.PageSize > 0 && (asked.PageSize == 0 || rule.PageSize < asked.PageSize) {
			asked.PageSize = rule.PageSize
		}
		if len(rule.Permissions) > 0 {
			asked.Permissions = rule.Permissions
		}
		if len(rule.Licences) > 0 {
			asked.Licences = rule.Licences
		}
		asked.License = cmp.Or(rule.License, asked.License)
		asked.Limit = cmp.Or(rule.Limit, asked.Limit)
	}
	return asked
}
