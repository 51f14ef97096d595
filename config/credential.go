package config

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/internal/address"
)

// Credential is one instance of a credential block. Its body belongs to the
// credential type of the engine that Type names.
type Credential struct {
	Address address.Address // credential.client_secret.msp, credential.client_secret.msp["eu"]
	Type    string
	Name    string // the label, or the key where the block has for_each
	Body    hcl.Body
	EvalCtx *hcl.EvalContext // variables, locals, each and functions for Body
	Range   hcl.Range        // the block's header
}

func credentialSchema() *hcl.BodySchema { return &hcl.BodySchema{} }

func decodeCredential(i *instance) *Credential {
	return &Credential{
		Address: i.Address,
		Type:    i.of.block.Labels[0],
		Name:    i.Name,
		Body:    i.of.body,
		EvalCtx: i.bodyCtx,
		Range:   i.of.block.DefRange,
	}
}
