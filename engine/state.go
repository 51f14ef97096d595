package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
)

// Ledgers returns the keys of all ledgers of the state backend, in order of
// report and tenant.
func (e *Engine) Ledgers(ctx context.Context) ([]ledger.Key, error) {
	return e.ledgers.Keys(ctx)
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

// prune deletes the files of orphans and then forgets them. A file that is not
// the one that was written is kept, and so is its entry. It returns what is
// gone, with an error that names what is not. Stored pages that no ledger names
// go too.
func (e *Engine) prune(ctx context.Context, orphans []plan.Orphan) ([]plan.Orphan, error) {
	wanted, err := e.heldPaths(ctx, orphans)
	if err != nil {
		return nil, err
	}
	var pruned []plan.Orphan
	var kept []error
	for _, o := range orphans {
		if err := ctx.Err(); err != nil {
			return pruned, err
		}
		if !wanted[o.Path] {
			if err := e.deleteFile(o); err != nil {
				kept = append(kept, err)
				continue
			}
		}
		key := ledger.Key{Tenant: o.Tenant, Report: o.Report}
		err := e.ledgers.Update(ctx, key, func(l *ledger.Ledger) { l.Forget(o.Output, o.From, o.To, o.Path) })
		if err != nil {
			kept = append(kept, err)
			continue
		}
		pruned = append(pruned, o)
	}
	swept, err := e.ledgers.Sweep(ctx, e.now().Add(-unnamedAfter))
	if swept > 0 {
		e.logger.Info("removed pages that no ledger names, of processes that died", "pages", swept)
	}
	if err != nil {
		kept = append(kept, err)
	}
	return pruned, errors.Join(kept...)
}

// heldPaths returns the orphans' paths at which something else is held: after a
// block was renamed, old and new ledger entries share a file.
func (e *Engine) heldPaths(ctx context.Context, orphans []plan.Orphan) (map[string]bool, error) {
	type entry struct {
		key      ledger.Key
		output   string
		from, to int64
		path     string
	}
	orphaned, paths := map[entry]bool{}, map[string]bool{}
	for _, o := range orphans {
		orphaned[entry{ledger.Key{Tenant: o.Tenant, Report: o.Report}, o.Output, o.From.UnixNano(), o.To.UnixNano(), o.Path}] = true
		paths[o.Path] = true
	}
	held := map[string]bool{}
	if len(orphans) == 0 {
		return held, nil
	}
	keys, err := e.Ledgers(ctx)
	if err != nil {
		return nil, err
	}
	err = e.EachLedger(ctx, keys, func(key ledger.Key, l *ledger.Ledger, err error) error {
		if err != nil {
			return err
		}
		for h := range l.Held() {
			if paths[h.Path] && !orphaned[entry{key, h.Output, h.From.UnixNano(), h.To.UnixNano(), h.Path}] {
				held[h.Path] = true
			}
		}
		return nil
	})
	return held, err
}

// deleteFile removes an orphan's file if it is what the ledger says.
func (e *Engine) deleteFile(o plan.Orphan) error {
	if o.Path == ledger.Console {
		return nil
	}
	path := e.file(o.Path)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("pruning %s: %w", o.Path, err)
	}
	sum, err := fileDigest(path)
	if err != nil {
		return fmt.Errorf("pruning %s: %w", o.Path, err)
	}
	if info.Size() != o.Bytes || sum != o.SHA256 {
		return fmt.Errorf("pruning %s: the file was changed since Reportform wrote it, so it is kept; delete it by hand if it is not needed", o.Path)
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("pruning %s: %w", o.Path, err)
	}
	return nil
}
