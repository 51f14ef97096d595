package engine

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/advice"
)

// warnOfRetired warns of reports whose API Microsoft has shut down, where they
// would ask it.
func warnOfRetired(c *config.Config) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, report := range c.Reports {
		var asked []*config.Tenant
		for _, tenant := range report.Tenants {
			if report.Type.RetiredFor(tenant) {
				asked = append(asked, tenant)
			}
		}
		if len(asked) == 0 {
			continue
		}
		of := string(asked[0].Address)
		if n := len(asked) - 1; n > 0 {
			of += fmt.Sprintf(" and %d more", n)
		}
		diags = append(diags, &hcl.Diagnostic{
			Severity: hcl.DiagWarning,
			Summary:  "The report's API is retired",
			Detail: fmt.Sprintf("%s asks for %s, which the service refuses. %s A tenant in the sandbox, or with an endpoint aad_graph of its own, can have it all the same.",
				report.Address, of, advice.Retired(report.Type, c.ReportTypes[report.Type.Successor])),
			Subject: report.Range.Ptr(),
		})
	}
	return diags
}
