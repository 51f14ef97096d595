package plan

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/reportform/reportform/internal/bom"
)

// Write saves a plan as versioned JSON.
func Write(w io.Writer, p *Plan) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(p)
}

// Read loads a saved plan. A plan of a newer format is refused.
func Read(r io.Reader) (*Plan, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("reading the plan: %w", err)
	}
	var p Plan
	if err := json.Unmarshal(bom.Text(data), &p); err != nil {
		return nil, fmt.Errorf("this is not a saved plan, or it is damaged (%w): make it again with plan -out", err)
	}
	switch {
	case p.Version > FormatVersion:
		return nil, fmt.Errorf("the plan was saved by a newer version of Reportform, %s (format %d, this one reads up to %d): upgrade Reportform, or make the plan again",
			p.Tool, p.Version, FormatVersion)
	case p.Version < 1 || p.Configuration == "":
		return nil, fmt.Errorf("this is not a saved plan: make one with plan -out")
	}
	return &p, nil
}

// Empty reports whether there is nothing to do.
func (p *Plan) Empty() bool { return len(p.Pulls) == 0 }

// Add joins the shares of some Wants to the plan, and takes their pulls away
// from them. It makes room for those of the Wants to come, which are more times
// as many as all up to now.
func (p *Plan) Add(parts []Part, more float64) {
	pulls := len(p.Pulls)
	for i := range parts {
		pulls += len(parts[i].Pulls)
	}
	if pulls > cap(p.Pulls) {
		p.Pulls = slices.Grow(p.Pulls, int(float64(pulls)*(1+more))-len(p.Pulls))
	}
	for i := range parts {
		part := &parts[i]
		p.Pulls = append(p.Pulls, part.Pulls...)
		p.Orphans = append(p.Orphans, part.Orphans...)
		p.Lost = append(p.Lost, part.Lost...)
		p.Waiting = append(p.Waiting, part.Waiting...)
		p.Held += part.Held
		part.Pulls = nil
	}
}
