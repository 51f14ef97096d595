package config

import "github.com/hashicorp/hcl/v2"

// Settings is the reportform block.
type Settings struct {
	// RequiredVersion is the version constraint, empty if there is none.
	RequiredVersion string
	State           State
}

// State is the state block inside reportform. Its body belongs to the backend
// that Type names; a configuration without the block has Type "local" and an
// empty body.
type State struct {
	Type    string
	Body    hcl.Body
	EvalCtx *hcl.EvalContext
	Range   hcl.Range
}
