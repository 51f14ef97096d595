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

// prune deletes the files of orphans and then forgets them. A file that is not
// the one that was written is kept, and so is its entry. It returns what is
// gone, with an error that names what is not. Stored pages that no ledger names
// go too.
func (e *Engine) prune(ctx context.Context, orphans []plan.Orphan) ([]plan.Orphan, error) {
	held, err := e.heldPaths(ctx, orphans)
	if err != nil {
		return nil, err
	}
	ledgers := byLedger(orphans)
	pruned, kept := make([][]plan.Orphan, len(ledgers)), make([][]error, len(ledgers))
	err = inParallel(ctx, len(ledgers), func(i int) error {
		pruned[i], kept[i] = e.pruneLedger(ctx, ledgers[i], held)
		return nil
	})
	if err == nil {
		var swept int
		swept, err = e.ledgers.Sweep(ctx, e.now().Add(-unnamedAfter))
		if swept > 0 {
			e.logger.Info("removed pages that no ledger names, of processes that died", "pages", swept)
		}
	}
	return slices.Concat(pruned...), gather(append(slices.Concat(kept...), err))
}

// byLedger divides orphans by their ledgers, in the order in which those come.
func byLedger(orphans []plan.Orphan) [][]plan.Orphan {
	var list [][]plan.Orphan
	at := map[ledger.Key]int{}
	for _, o := range orphans {
		key := ledger.Key{Tenant: o.Tenant, Report: o.Report}
		i, ok := at[key]
		if !ok {
			i = len(list)
			at[key] = i
			list = append(list, nil)
		}
		list[i] = append(list[i], o)
	}
	return list
}

// pruneLedger deletes the files of one ledger's orphans, unless they are held,
// and then forgets them. It returns what is gone, and why the rest is not.
func (e *Engine) pruneLedger(ctx context.Context, orphans []plan.Orphan, held map[string]bool) (gone []plan.Orphan, kept []error) {
	for _, o := range orphans {
		if ctx.Err() != nil {
			break
		}
		if !held[o.Path] {
			if err := e.deleteFile(o); err != nil {
				kept = append(kept, err)
				continue
			}
		}
		gone = append(gone, o)
	}
	if len(gone) == 0 {
		return nil, kept
	}
	key := ledger.Key{Tenant: gone[0].Tenant, Report: gone[0].Report}
	// What is deleted must not stay in the ledger for an interrupt.
	err := e.ledgers.Update(context.WithoutCancel(ctx), key, func(l *ledger.Ledger) {
		for _, o := range gone {
			l.Forget(o.Output, o.From, o.To, o.Path)
		}
	})
	if err != nil {
		return nil, append(kept, err)
	}
	return gone, kept
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
	if errors.Is(err, fs.ErrNotExist) {
		return nil // two entries have one file
	}
	if err != nil {
		return fmt.Errorf("pruning %s: %w", o.Path, err)
	}
	if info.Size() != o.Bytes || sum != o.SHA256 {
		return fmt.Errorf("pruning %s: the file was changed since Reportform wrote it, so it is kept; delete it by hand if it is not needed", o.Path)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("pruning %s: %w", o.Path, err)
	}
	return nil
}
