package config

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/config/lang"
	"github.com/reportform/reportform/internal/address"
)

// Output is one instance of an output block. Its body belongs to the format
// that Type names; pull.* is not in EvalCtx, the format adds it.
type Output struct {
	Address address.Address // output.json.archive
	Type    string
	Name    string
	Body    hcl.Body
	EvalCtx *hcl.EvalContext
	Range   hcl.Range
}

func outputKind() *lang.Kind {
	return &lang.Kind{
		Name: "output", Example: "output.json.archive", Labels: 2,
		Body: &lang.Body{
			Filled: []string{pullName},
			Instead: map[string]lang.Refusal{"tenant": {
				Summary: "Tenants are not known here",
				Detail:  "An output serves every tenant. Write pull.tenant.name, pull.tenant.id or pull.tenant.labels for the tenant of the pull.",
			}},
		},
	}
}

// pullName is what formats fill in for each pull.
const pullName = "pull"

// noPull says why pull is not known outside of an output.
func noPull() lang.Refusal {
	return lang.Refusal{
		Summary: "No pull here",
		Detail:  "pull exists only in the attributes of an output, where it is filled in for each pull.",
	}
}

func outputSchema() *hcl.BodySchema { return &hcl.BodySchema{} }

// decodeOutput is not ok when the body cannot be evaluated.
func decodeOutput(i *lang.Instance) (o *Output, ok bool) {
	o = &Output{Address: i.Address, Type: i.Labels()[0], Name: i.Name, Range: i.Header()}
	o.Body, o.EvalCtx, ok = i.Body()
	return o, ok
}
