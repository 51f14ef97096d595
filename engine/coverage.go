package engine

import (
	"context"
	"time"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/internal/diag"
	"github.com/reportform/reportform/internal/parallel"
)

// Coverage says how much of what the configuration asks for is held.
type Coverage struct {
	Now   time.Time
	Parts []plan.Coverage // in order of report and tenant
	Ahead []plan.Ahead    // what has no slices yet
	// Damaged are the ledgers that cannot be read: how their reports of their
	// tenants stand is unknown, and they are not among the Parts.
	Damaged []plan.Damaged
	// Undeclared counts the ledgers of tenants and reports that are not
	// declared, of those that this configuration keeps; zero for a narrowed
	// coverage.
	Undeclared int
	// FilesTrusted reports that no held file was looked at.
	FilesTrusted bool
	// Narrowed reports that the coverage is of a selection.
	Narrowed bool
}

// Slices is the sum of all parts.
func (c *Coverage) Slices() plan.Tally {
	var total plan.Tally
	for i := range c.Parts {
		total = total.Plus(c.Parts[i].Slices)
	}
	return total
}

// Coverage reads the ledgers and says how every wanted slice stands. It makes
// the same subtraction as Plan, with the same mistakes, and contacts no service. An address in opts
// that matches nothing is an error.
func (e *Engine) Coverage(ctx context.Context, opts PlanOptions) (*Coverage, error) {
	if err := opts.check(e.config); err != nil {
		return nil, err
	}
	now := e.now().UTC()
	wants := e.wants(&opts, now)
	c := &Coverage{Now: now, Parts: make([]plan.Coverage, len(wants)), Ahead: plan.AheadOf(wants, now), FilesTrusted: opts.TrustLedgers, Narrowed: !opts.everything()}
	parts, mistakes, ledgers := make([]plan.Part, len(wants)), make([]error, len(wants)), newReader(len(wants))
	err := parallel.Do(ctx, len(wants), func(i int) error {
		l, err := ledgers.read(ctx, e, i, wants[i].Key())
		switch {
		case l != nil:
			parts[i], err = e.part(ctx, &wants[i], l, now)
		case err == nil:
			parts[i], err = plan.Destinations(&wants[i])
		}
		if mistakes[i] = err; err == nil && l != nil {
			c.Parts[i] = plan.Cover(&wants[i], &parts[i], l, now)
			parts[i].Pulls = nil // a whole history may be missing
		}
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	if c.Damaged, err = ledgers.found(); err != nil {
		return nil, err
	}
	if err := diag.Gather(mistakes); err != nil {
		return nil, err
	}
	if _, err := e.conflicts(wants, parts, len(wants), nil); err != nil {
		return nil, err
	}
	whole := c.Parts[:0]
	for i, d := range ledgers.damaged {
		if d == nil {
			whole = append(whole, c.Parts[i])
		}
	}
	c.Parts = whole
	if !opts.everything() {
		return c, nil
	}
	return c, e.eachUndeclared(ctx, func(_ string, key ledger.Key, l *ledger.Ledger, err error) {
		if d, ok := damagedBy(key, err); ok {
			c.Damaged = append(c.Damaged, d)
		}
		if err != nil || l.Len()+len(l.Left)+len(l.Failed) > 0 && !plan.Foreign(l, e.wanted.Keepers) {
			c.Undeclared++
		}
	})
}
