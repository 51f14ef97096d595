package config

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/internal/diag"
)

// LimitClass is a set of published limits that apply together to the requests
// of every report type that names it.
type LimitClass struct {
	Name string
	// The budgets of one app in one tenant, of one app over all its tenants,
	// and of one tenant whoever asks. The zero Budget is no limit.
	AppTenant, App, Tenant Budget
	Source                 string
}

// Budget is a number of requests in a time.
type Budget struct {
	Requests int
	Per      Duration
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
	a := newAttributes(content, schema, hclCtx)
	class := &LimitClass{Name: block.Labels[0]}
	class.AppTenant = a.budget("app_tenant")
	class.App = a.budget("app")
	class.Tenant = a.budget("tenant")
	class.Source, _ = a.text("source")
	diags = append(diags, a.diags...)
	diags = append(diags, checkSnakeCase(block)...)
	if diags.HasErrors() {
		return nil, diags
	}
	return class, diags
}

func (a *attributes) budget(name string) Budget {
	s, ok := a.text(name)
	if !ok {
		return Budget{}
	}
	budget, err := parseBudget(s)
	if err != nil {
		a.reject(name, "Not a budget", "%s.", diag.Capitalize(err.Error()))
	}
	return budget
}

func parseBudget(s string) (Budget, error) {
	requests, per, _ := strings.Cut(s, "/")
	n, err := strconv.ParseUint(requests, 10, 31)
	d, errPer := ParseDuration(per)
	if err != nil || errPer != nil || n == 0 || d.N == 0 || (d.Unit != Second && d.Unit != Minute) {
		return Budget{}, fmt.Errorf("%q is not a budget: write requests and a time in seconds or minutes, such as 5/10s or 150/1m", s)
	}
	return Budget{int(n), d}, nil
}
