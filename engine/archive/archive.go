// Package archive answers for what is held: it verifies, moves, restores,
// forgets and removes. It needs ledgers and outputs, and no plan.
package archive

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/ledger/store"
	"github.com/reportform/reportform/internal/parallel"
	"github.com/reportform/reportform/internal/place"
	"github.com/reportform/reportform/outputs"
)

// Archive is what a state records, and who answers for it. It is safe for
// concurrent use.
type Archive struct {
	ledgers *store.Store
	keepers Keepers
	now     func() time.Time
	logger  hclog.Logger
}

// New returns the Archive of a state.
func New(ledgers *store.Store, keepers Keepers, now func() time.Time, logger hclog.Logger) *Archive {
	return &Archive{ledgers, keepers, now, logger}
}

// Keys returns the keys of all ledgers, in order of report and tenant.
func (a *Archive) Keys(ctx context.Context) ([]ledger.Key, error) { return a.ledgers.Keys(ctx) }

// Strangers returns the names of what lay beside ledgers when they were last
// listed, looks like one and is none.
func (a *Archive) Strangers() []string { return a.ledgers.Strangers() }

// Ledger returns one ledger; it is empty if there is none.
func (a *Archive) Ledger(ctx context.Context, key ledger.Key) (*ledger.Ledger, error) {
	return a.ledgers.Read(ctx, key)
}

// Each calls do with the ledgers of the keys, one at a time and in their order,
// or with what kept one from being read. Many are read at once, few are held. It
// ends with the first error of do, or when ctx ends.
func (a *Archive) Each(ctx context.Context, keys []ledger.Key, do func(ledger.Key, *ledger.Ledger, error) error) error {
	const atOnce = 64
	ledgers, errs := make([]*ledger.Ledger, atOnce), make([]error, atOnce)
	for chunk := range slices.Chunk(keys, atOnce) {
		err := parallel.Do(ctx, len(chunk), func(i int) error {
			ledgers[i], errs[i] = a.ledgers.Read(ctx, chunk[i])
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
func (a *Archive) Forget(ctx context.Context, keys []ledger.Key) error {
	return parallel.Do(ctx, len(keys), func(i int) error { return a.ledgers.Remove(ctx, keys[i]) })
}

// abandonedAfter is the age at which what a run left beside its places is taken
// for that of one that was killed, where the system cannot tell. A run that
// still works touches it more often.
const abandonedAfter = 6 * time.Hour

// Sweep removes what killed runs have left beside places. It is a courtesy: what
// it cannot do is logged.
func (a *Archive) Sweep(places iter.Seq[place.Place]) {
	type sweeper interface {
		// Sweep removes what no run needs any more, where the system can tell, and
		// what is older than olderThan. It returns names, and goes on past errors.
		Sweep(places iter.Seq[place.Place], olderThan time.Time) ([]string, error)
	}
	for kind, keeper := range a.keepers.kinds {
		s, ok := keeper.(sweeper)
		if !ok {
			continue
		}
		removed, err := s.Sweep(func(yield func(place.Place) bool) {
			for p := range places {
				if p.Kind() == kind && !yield(p) {
					return
				}
			}
		}, a.now().Add(-abandonedAfter))
		for _, name := range removed {
			a.logger.Info("removed a temporary file of a run that was killed", "file", name)
		}
		if err != nil {
			a.logger.Warn("temporary files of killed runs cannot be removed", "error", err)
		}
	}
}

// Locate returns the places that a text may stand for, as somebody types it, and
// whether there is a file, or a directory, of that name.
func (a *Archive) Locate(text string) (places []place.Place, exists, directory bool) {
	type locator interface {
		Locate(text string) (places []place.Place, exists, directory bool)
	}
	if l, ok := a.keepers.kinds[place.File].(locator); ok {
		return l.Locate(text)
	}
	return []place.Place{place.Place(text)}, false, false
}

// Receipt is what the output of an entry said of it.
func Receipt(h *ledger.Held) outputs.Receipt {
	p := h.Proof()
	return outputs.Receipt{
		Place: h.Place, Rows: h.Rows, Bytes: h.Bytes, SHA256: p.SHA256, Modified: h.Modified,
		Promise: outputs.Promise(p.Promise), Ack: p.Ack,
	}
}
