package config

import (
	"github.com/hashicorp/hcl/v2"

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

func outputSchema() *hcl.BodySchema { return &hcl.BodySchema{} }

func decodeOutput(i *instance) *Output {
	return &Output{
		Address: i.Address,
		Type:    i.of.block.Labels[0],
		Name:    i.Name,
		Body:    i.of.body,
		EvalCtx: i.bodyCtx,
		Range:   i.of.block.DefRange,
	}
}
