package config

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/config/lang"
	"github.com/reportform/reportform/internal/diag"
	"github.com/reportform/reportform/internal/limits"
)

// LimitClass is a set of published limits that apply together to the requests
// of every report type that names it.
type LimitClass struct {
	limits.Class
	Source string
}

func limitClassSchema() *hcl.BodySchema {
	return &hcl.BodySchema{Attributes: []hcl.AttributeSchema{
		{Name: "app_tenant"},
		{Name: "app"},
		{Name: "tenant"},
		{Name: "source"},
	}}
}

// DecodeLimitClass decodes a limit_class block, whose one label is the name:
//
//	limit_class "reports" {
//	  app_tenant = "5/10s"
//	  app        = "122/10s"
//	  source     = "Microsoft Graph throttling limits"
//	}
//
// Budgets are a number of requests, a slash, and a time in seconds or minutes.
// The LimitClass is nil when there are errors.
func DecodeLimitClass(block *hcl.Block, hclCtx *hcl.EvalContext) (*LimitClass, hcl.Diagnostics) {
	schema := limitClassSchema()
	content, diags := block.Body.Content(schema)
	a := lang.NewAttributes(content, schema, hclCtx)
	class := &LimitClass{Class: limits.Class{Name: block.Labels[0]}}
	class.AppTenant = budget(a, "app_tenant")
	class.App = budget(a, "app")
	class.Tenant = budget(a, "tenant")
	class.Source, _ = a.Text("source")
	diags = append(diags, a.Diagnostics()...)
	diags = append(diags, checkSnakeCase(block)...)
	if diags.HasErrors() {
		return nil, diags
	}
	return class, diags
}

func budget(a *lang.Attributes, name string) limits.Rate {
	s, ok := a.Text(name)
	if !ok {
		return limits.Rate{}
	}
	budget, err := limits.Parse(s)
	if err != nil {
		a.Reject(name, "Not a budget", "%s.", diag.Capitalize(err.Error()))
	}
	return budget
}
