package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/reportform/reportform/engine/ledger"
)

// Ledgers returns the keys of all ledgers of the state backend, in order of
// report and tenant.
func (e *Engine) Ledgers(ctx context.Context) ([]ledger.Key, error) {
	return e.ledgers.Keys(ctx)
}

// CheckState says what would keep ledgers from being stored, as far as the
// backend can tell without storing one.
func (e *Engine) CheckState(ctx context.Context) error {
	if err := e.ledgers.Check(ctx); err != nil {
		return fmt.Errorf("the state cannot be written: %w", err)
	}
	return nil
}

// Ledger returns one ledger; it is empty if there is none.
func (e *Engine) Ledger(ctx context.Context, key ledger.Key) (*ledger.Ledger, error) {
	return e.ledgers.Read(ctx, key)
}

// EachLedger calls do with the ledgers of the keys, one at a time and in their
// order, or with what kept one from being read. Many are read at once, few are
// held. It ends with the first error of do, or when ctx ends.
func (e *Engine) EachLedger(ctx context.Context, keys []ledger.Key, do func(ledger.Key, *ledger.Ledger, error) error) error {
	const atOnce = 64
	ledgers, errs := make([]*ledger.Ledger, atOnce), make([]error, atOnce)
	for chunk := range slices.Chunk(keys, atOnce) {
		err := inParallel(ctx, len(chunk), func(i int) error {
			ledgers[i], errs[i] = e.ledgers.Read(ctx, chunk[i])
			return nil
		})
		if err != nil {
			return err
		}
		for i, key := range chunk {
			if err := do(key, ledgers[i], errs[i]); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// Forget removes ledgers. What they held is forgotten; files stay. A ledger
// that does not exist is no error, so what was cut off can be repeated.
func (e *Engine) Forget(ctx context.Context, keys []ledger.Key) error {
	return inParallel(ctx, len(keys), func(i int) error { return e.ledgers.Remove(ctx, keys[i]) })
}
