package config

import (
	"regexp"
	"strings"

	"github.com/hashicorp/go-version"
	"github.com/hashicorp/hcl/v2"
	"golang.org/x/mod/module"

	"github.com/reportform/reportform/config/lang"
	"github.com/reportform/reportform/internal/diag"
)

// Settings is the reportform block.
type Settings struct {
	// Name tells the configuration from others that share its state, wherever it
	// lies; empty for one that is told by its directory.
	Name string
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

// defaultState is the state of a configuration that says nothing of it.
func defaultState(s *lang.Scope) State {
	body := hcl.EmptyBody()
	hclCtx, _, _ := s.BodyContext("state", body, &lang.Body{})
	return State{Type: "local", Body: body, EvalCtx: hclCtx}
}

func settingsSchema() *hcl.BodySchema {
	return &hcl.BodySchema{
		Attributes: []hcl.AttributeSchema{{Name: "name"}, {Name: "required_version"}},
		Blocks:     []hcl.BlockHeaderSchema{{Type: "state", LabelNames: []string{"type"}}},
	}
}

// decodeSettings decodes the reportform blocks, of which there may be one.
func decodeSettings(blocks []*hcl.Block, s *lang.Scope, running string) (Settings, hcl.Diagnostics) {
	settings := Settings{State: defaultState(s)}
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
		a := lang.NewAttributes(content, schema, nil)
		settings.Name, _ = a.NonEmpty("name")
		if constraint, ok := a.NonEmpty("required_version"); ok {
			settings.RequiredVersion = constraint
			checkVersion(a, constraint, running)
		}
		diags = append(diags, a.Diagnostics()...)
		state, d := decodeState(content.Blocks, s)
		diags = append(diags, d...)
		if state != nil {
			settings.State = *state
		}
	}
	return settings, diags
}

// decodeState returns nil where there is no state block.
func decodeState(blocks []*hcl.Block, s *lang.Scope) (*State, hcl.Diagnostics) {
	if len(blocks) == 0 {
		return nil, nil
	}
	block := blocks[0]
	var diags hcl.Diagnostics
	for _, other := range blocks[1:] {
		diags = append(diags, diag.Mistake(other.DefRange, "Declared twice",
			"There is already a state block at %s, and state is kept in one place. Remove one of them.", block.DefRange))
	}
	hclCtx, ok, d := s.BodyContext("state", block.Body, &lang.Body{Secret: true})
	diags = append(diags, d...)
	if !ok {
		return &State{}, diags
	}
	return &State{Type: block.Labels[0], Body: block.Body, EvalCtx: hclCtx, Range: block.DefRange}, diags
}

// checkVersion compares the running version with the constraint. A development
// build meets every constraint.
func checkVersion(a *lang.Attributes, constraint, running string) {
	constraints, err := version.NewConstraint(constraint)
	if err != nil {
		a.Reject("required_version", "Not a version constraint",
			"%q is not a version constraint. Write an operator and a version, such as \">= 0.1\" or \"~> 1.2\".", constraint)
		return
	}
	if release := releaseOf(running); release != nil && !constraints.Check(release) {
		a.Reject("required_version", "Unsuitable version",
			"The configuration needs a version of reportform that is %s, and this is %s. Install a suitable version, or change required_version.", constraint, running)
	}
}

// releaseOf returns the release that a version is of, or leads to: 0.3.1 for
// 0.3.1 and for 0.3.1-rc1. It is nil for a development build, however it is
// stamped: with no version, such as "dev" or "(devel)"; with one of no release,
// 0.0.0; by Go with a time and a revision, or by git with a count and a
// revision; or as made of changed sources.
func releaseOf(running string) *version.Version {
	v, err := version.NewVersion(running)
	if err != nil {
		return nil
	}
	developed := regexp.MustCompile(`(?i)[-+.](dev|devel|dirty|snapshot)\b|-\d+-g[0-9a-f]{7,40}\b`)
	if v.Core().String() == "0.0.0" || developed.MatchString(running) ||
		module.IsPseudoVersion("v"+strings.TrimPrefix(running, "v")) {
		return nil
	}
	return v.Core()
}
