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
