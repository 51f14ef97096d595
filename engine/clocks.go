package engine

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/engine/clock"
	"github.com/reportform/reportform/engine/plan"
)

// machine identifies this machine among those that use a state: what it has found
// of its clock says nothing of another's. It is empty where the machine has no name.
func machine() string {
	name, err := os.Hostname()
	if err != nil || name == "" {
		return ""
	}
	sum := sha256.Sum256([]byte("machine\x00" + name))
	return hex.EncodeToString(sum[:6])
}

// clocks are what the pulls of an apply have found of clocks, by host: where they
// differ the most, or that a service tells no time.
type clocks map[string]clock.Reading

func (c *clocks) add(r *clock.Reading) {
	if r == nil {
		return
	}
	if *c == nil {
		*c = clocks{}
	}
	known, ok := (*c)[r.Host]
	if !ok || !known.Known() || r.Known() && r.Ahead().Abs() > known.Ahead().Abs() {
		(*c)[r.Host] = *r
	}
}

// warnings says of each service whose clock is off, or not known, what follows.
func (c clocks) warnings() hcl.Diagnostics {
	var diags hcl.Diagnostics
	readings := make([]clock.Reading, 0, len(c))
	for _, r := range c {
		readings = append(readings, r)
	}
	slices.SortFunc(readings, func(a, b clock.Reading) int { return cmp.Compare(a.Host, b.Host) })
	for i := range readings {
		r := &readings[i]
		switch {
		case !r.Known():
			diags = append(diags, &hcl.Diagnostic{
				Severity: hcl.DiagWarning, Summary: "The service does not tell the time",
				Detail: fmt.Sprintf("No answer from %s, nor from the service that gives the tokens, has a Date. Whether a slice has settled was decided by this machine's clock alone: keep it right, or have the proxy pass the header Date.", r.Host),
			})
		case r.Ahead().Abs() > plan.OffClock:
			diags = append(diags, &hcl.Diagnostic{
				Severity: hcl.DiagWarning, Summary: "This machine's clock is off",
				Detail: clockText(r.Local, r.Ahead(), r.Host) + " Put the machine's clock right; until then the earlier of the two decides.",
			})
		}
	}
	return diags
}

// clockText says how this machine's clock differs from a service's, and names both
// times.
func clockText(local time.Time, ahead time.Duration, host string) string {
	const form = "2006-01-02 15:04:05Z"
	word := "ahead of"
	if ahead < 0 {
		word = "behind"
	}
	return fmt.Sprintf("It shows %s when %s says %s: %s %s it.",
		local.UTC().Format(form), host, local.UTC().Add(-ahead).Format(form), ahead.Abs().Round(time.Second), word)
}
