package config

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/config/lang"
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

func credentialKind() *lang.Kind {
	return &lang.Kind{Name: "credential", Example: "credential.client_secret.msp", Labels: 2, Body: &lang.Body{Secret: true}}
}

func credentialSchema() *hcl.BodySchema { return &hcl.BodySchema{} }

// decodeCredential is not ok when the body cannot be evaluated.
func decodeCredential(i *lang.Instance) (c *Credential, ok bool) {
	c = &Credential{Address: i.Address, Type: i.Labels()[0], Name: i.Name, Range: i.Header()}
	c.Body, c.EvalCtx, ok = i.Body()
	return c, ok
}
