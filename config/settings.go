package config

import (
	"github.com/hashicorp/go-version"
	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/internal/diag"
)

// Settings is the reportform block.
type Settings struct {
	// RequiredVersion is the version constraint, empty if there is none.
	RequiredVersion string
	// State is empty, without even a Type, when a mistake leaves it unknown.
	State State
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

// defaultStateType is the backend of a configuration that names none.
const defaultStateType = "local"

func settingsSchema() *hcl.BodySchema {
	return &hcl.BodySchema{
		Attributes: []hcl.AttributeSchema{{Name: "required_version"}},
		Blocks:     []hcl.BlockHeaderSchema{{Type: "state", LabelNames: []string{"type"}}},
	}
}

// decodeSettings decodes the reportform blocks, of which there may be one.
func decodeSettings(blocks []*hcl.Block, s *scope, running string) (Settings, hcl.Diagnostics) {
	settings := Settings{State: State{Type: defaultStateType, Body: hcl.EmptyBody(), EvalCtx: s.bodyCtx}}
	var diags hcl.Diagnostics
	for n, block := range blocks {
		if n > 0 {
			diags = append(diags, diag.Mistake(block.DefRange, "Declared twice",
				"There is already a reportform block at %s, and a configuration has at most one. Join the two.", blocks[0].DefRange))
			continue
		}
		schema := settingsSchema()
		content, d := block.Body.Content(schema)
		diags = append(diags, d...)
		a := newAttributes(content, schema, nil)
		if constraint, ok := a.nonEmpty("required_version"); ok {
			settings.RequiredVersion = constraint
			a.checkVersion(constraint, running)
		}
		diags = append(diags, a.diags...)
		state, d := decodeState(content.Blocks, s)
		diags = append(diags, d...)
		if state != nil {
			settings.State = *state
		}
	}
	return settings, diags
}

// decodeState returns nil where there is no state block.
func decodeState(blocks []*hcl.Block, s *scope) (*State, hcl.Diagnostics) {
	if len(blocks) == 0 {
		return nil, nil
	}
	block := blocks[0]
	var diags hcl.Diagnostics
	for _, other := range blocks[1:] {
		diags = append(diags, diag.Mistake(other.DefRange, "Declared twice",
			"There is already a state block at %s, and state is kept in one place. Remove one of them.", block.DefRange))
	}
	ok, d := s.check(bodyReferences(block.Body), use{block: "state", body: true})
	for _, mistake := range d {
		mistake.Extra = diag.SecretHere{} // the body may hold a secret in plain text
	}
	diags = append(diags, d...)
	if !ok {
		return &State{}, diags
	}
	return &State{Type: block.Labels[0], Body: block.Body, EvalCtx: s.bodyCtx, Range: block.DefRange}, diags
}

// checkVersion compares the running version with the constraint. A version
// that is none, such as "dev", meets every constraint.
func (a *attributes) checkVersion(constraint, running string) {
	constraints, err := version.NewConstraint(constraint)
	if err != nil {
		a.reject("required_version", "Not a version constraint",
			"%q is not a version constraint. Write an operator and a version, such as \">= 0.1\" or \"~> 1.2\".", constraint)
		return
	}
	v, err := version.NewVersion(running)
	if err != nil {
		return
	}
	if !constraints.Check(v.Core()) {
		a.reject("required_version", "Unsuitable version",
			"The configuration needs a version of reportform that is %s, and this is %s. Install a suitable version, or change required_version.", constraint, running)
	}
}
