// Package sleep lets time pass, as long as it is worth waiting.
package sleep

import (
	"context"
	"time"
)

// For returns nil after d, or the error of ctx when that ends before.
func For(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
