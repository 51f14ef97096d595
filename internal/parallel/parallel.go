// Package parallel does many alike things at once.
package parallel

import (
	"context"
	"runtime"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// workers is how many ledgers are read and worked on at once: reading waits for
// a disk or a network, the work for a processor.
func workers() int { return max(8, 2*runtime.GOMAXPROCS(0)) }

// Do calls do with the numbers below n, many at once and the lowest first, until
// all are done, one returns an error or ctx ends.
func Do(ctx context.Context, n int, do func(i int) error) error {
	group, groupCtx := errgroup.WithContext(ctx)
	var begun atomic.Int64
	for range min(workers(), n) {
		group.Go(func() error {
			for groupCtx.Err() == nil {
				i := int(begun.Add(1)) - 1
				if i >= n {
					break
				}
				if err := do(i); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}
