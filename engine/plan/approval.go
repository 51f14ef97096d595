package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Approval returns a digest of what somebody approves with a plan: the
// configuration, the definitions under which held slices are made anew, what is
// relocated and what is deleted, the hazards and what is allowed of them. The clock, the estimate and what
// comes due as time passes, slices to fetch and slices that expire by a keep, are no
// part of it, so that the plan can be made again later.
func Approval(p *Plan) string {
	var lines []string
	line := func(parts ...string) { lines = append(lines, fmt.Sprintf("%q", parts)) }
	line("configuration", p.Configuration)
	line("options", fmt.Sprint(p.Narrowed, p.FilesTrusted, p.Prune))
	for _, k := range p.Allowed {
		line("allowed", string(k))
	}
	for _, h := range p.Hazards {
		switch {
		case h.Kind.Asks():
			line("hazard", string(h.Kind), strings.Join(h.About, "\n"))
		case h.Kind != LosesSoon: // which comes due
			line("hazard", string(h.Kind))
		}
	}
	for i := range p.Pulls {
		pull := &p.Pulls[i]
		for _, o := range pull.Outputs {
			switch o.Reason {
			case Changed:
				line("changed", pull.Tenant, pull.Report, o.Output, o.Definition)
			case Relocated:
				line("relocated", pull.Tenant, pull.Report, o.Output, string(o.From), string(o.Place))
			}
		}
	}
	for i := range p.Deletions {
		d := &p.Deletions[i]
		parts := []string{"deletion", d.Tenant, d.Report, d.Output, d.Why, fmt.Sprint(d.Hazards)}
		if d.Why != "expired" {
			parts = append(parts, string(d.Place), d.SHA256)
		}
		line(parts...)
	}
	for _, n := range p.Protections {
		line("protection", n.Tenant, n.Report, fmt.Sprint(n.Protected))
	}
	slices.Sort(lines)
	h := sha256.New()
	for _, l := range slices.Compact(lines) {
		_, _ = io.WriteString(h, l+"\n") // a hash takes everything
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
