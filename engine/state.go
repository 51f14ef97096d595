package engine

import (
	"context"
	"fmt"
)

// CheckState says what would keep ledgers from being stored, as far as the
// backend can tell without storing one.
func (e *Engine) CheckState(ctx context.Context) error {
	if err := e.ledgers.Check(ctx); err != nil {
		return fmt.Errorf("the state cannot be written: %w", err)
	}
	return nil
}

// MigrateState has the state backend make what storing needs, and encrypt what
// the configuration wants encrypted. It returns how many ledgers that were.
func (e *Engine) MigrateState(ctx context.Context) (encrypted int, err error) {
	if encrypted, err = e.ledgers.Migrate(ctx); err != nil {
		return encrypted, fmt.Errorf("the state cannot be written: %w", err)
	}
	return encrypted, nil
}
