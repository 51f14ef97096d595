package config

import (
	"time"

	"github.com/hashicorp/hcl/v2"
)

// Window is a declaration of time. Exactly one of Last, Every and a fixed
// range (From and To without Every) is set; the engine's window package turns
// it into slices.
type Window struct {
	Address Address
	Name    string

	Last  *Duration // trailing: one slice that ends at the plan's clock
	Align *Duration // with Last: the slice's bounds lie on whole units of this ("hour", "day", "week", "month")

	Every *Duration // consecutive slices of this length: whole hours, days, weeks or months
	From  time.Time // zero with Last
	To    time.Time // zero where there is no end

	// Location is the zone in which days, weeks and months begin; UTC by default.
	Location *time.Location
	// Settle is how long after a slice's end its events are waited for; nil
	// means the report type's own.
	Settle *Duration
	// Open also fetches slices that are not final, again at each apply.
	Open bool
	// Revisit reads a final slice once more that long after its end; nil for never.
	Revisit *Duration
	// Keep is how long after its end a slice is wanted; nil for ever.
	Keep  *Duration
	Range hcl.Range
}
