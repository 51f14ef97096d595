package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

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

// prune deletes the files of orphans and then forgets them. A file that is not
// the one that was written is kept, and so is its entry. It returns what is
// gone, with an error that names what is not.
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
	for _, key := range keys {
		l, err := e.Ledger(ctx, key)
		if err != nil {
			return nil, err
		}
		for h := range l.Held() {
			if paths[h.Path] && !orphaned[entry{key, h.Output, h.From.UnixNano(), h.To.UnixNano(), h.Path}] {
				held[h.Path] = true
			}
		}
	}
	return held, nil
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
