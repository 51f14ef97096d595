package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
)

// prune deletes the files of orphans and then forgets them. A file that is not
// the one that was written is kept, and so is its entry; and so is one that lies
// where a declared slice is to be and is not yet. It returns what is gone, with
// an error that names what is not. Ledgers that nothing declares go with their
// last entry, and so do stored pages that no ledger names.
func (e *Engine) prune(ctx context.Context, orphans []plan.Orphan) ([]plan.Orphan, error) {
	rivals, err := e.rivals(ctx, orphans)
	if err == nil {
		rivals.wanted, err = e.wantedPaths(ctx, orphans)
	}
	if err != nil {
		return nil, err
	}
	ledgers, undeclared := byLedger(orphans), e.undeclared()
	pruned, kept := make([][]plan.Orphan, len(ledgers)), make([][]error, len(ledgers))
	err = inParallel(ctx, len(ledgers), func(i int) error {
		pruned[i], kept[i] = e.pruneLedger(ctx, ledgers[i], rivals)
		if key := (ledger.Key{Tenant: ledgers[i][0].Tenant, Report: ledgers[i][0].Report}); undeclared(key) != "" {
			kept[i] = append(kept[i], e.ledgers.RemoveEmpty(context.WithoutCancel(ctx), key))
		}
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
func (e *Engine) pruneLedger(ctx context.Context, orphans []plan.Orphan, rivals *rivals) (gone []plan.Orphan, kept []error) {
	for _, o := range orphans {
		if ctx.Err() != nil {
			break
		}
		var err error
		switch {
		case rivals.paths[o.Path]:
			// It is another entry's now.
		case rivals.wanted[o.Path]:
			err = fmt.Errorf("pruning %s: a slice that is declared belongs there and is not held yet, so the file is kept; if a block was renamed, state mv keeps what it holds", o.Path)
		case !rivals.alias(e.file(o.Path), o):
			err = e.deleteFile(o)
		}
		if err != nil {
			kept = append(kept, err)
			continue
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

// rivals are what else has, or is to have, the files of orphans.
type rivals struct {
	paths  map[string]bool  // at which something else is held
	wanted map[string]bool  // to which a declared slice leads
	twins  map[twin]*family // held files that may be an orphan's under another name
}

// twin is what files under two names have in common: the name in its folder, in
// lower case, and the digest.
type twin struct{ name, digest string }

func twinOf(file, digest string) twin { return twin{strings.ToLower(path.Base(file)), digest} }

// family is the held files of a twin.
type family struct {
	files []string
	look  sync.Once
	infos []os.FileInfo
}

// alias reports whether an orphan's file is held under another name: links lead
// to it, or the file system does not tell the names apart.
func (r *rivals) alias(file string, o plan.Orphan) bool {
	f := r.twins[twinOf(o.Path, o.SHA256)]
	info, err := os.Stat(file)
	if f == nil || err != nil {
		return false
	}
	f.look.Do(func() {
		for _, file := range f.files {
			if info, err := os.Stat(file); err == nil {
				f.infos = append(f.infos, info)
			}
		}
	})
	return slices.ContainsFunc(f.infos, func(other os.FileInfo) bool { return os.SameFile(info, other) })
}

// rivals finds what else holds the orphans' files: after a block was renamed, old
// and new ledger entries share one.
func (e *Engine) rivals(ctx context.Context, orphans []plan.Orphan) (*rivals, error) {
	type entry struct {
		key      ledger.Key
		output   string
		from, to int64
		path     string
	}
	orphaned, paths, names := map[entry]bool{}, map[string]bool{}, map[string]bool{}
	found := &rivals{paths: map[string]bool{}, twins: map[twin]*family{}}
	for _, o := range orphans {
		orphaned[entry{ledger.Key{Tenant: o.Tenant, Report: o.Report}, o.Output, o.From.UnixNano(), o.To.UnixNano(), o.Path}] = true
		paths[o.Path] = true
		t := twinOf(o.Path, o.SHA256)
		names[t.name], found.twins[t] = true, &family{}
	}
	if len(orphans) == 0 {
		return found, nil
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
			if orphaned[entry{key, h.Output, h.From.UnixNano(), h.To.UnixNano(), h.Path}] {
				continue
			}
			if paths[h.Path] {
				found.paths[h.Path] = true
				continue
			}
			if !names[strings.ToLower(path.Base(h.Path))] {
				continue
			}
			if f := found.twins[twinOf(h.Path, h.Proof().SHA256)]; f != nil {
				f.files = append(f.files, e.file(h.Path))
			}
		}
		return nil
	})
	return found, err
}

// wantedPaths finds the orphans' paths to which declared slices lead.
func (e *Engine) wantedPaths(ctx context.Context, orphans []plan.Orphan) (map[string]bool, error) {
	paths, wanted := make(map[string]bool, len(orphans)), map[string]bool{}
	for _, o := range orphans {
		paths[o.Path] = true
	}
	if len(paths) == 0 {
		return wanted, nil
	}
	wants := e.wants(&PlanOptions{}, e.now().UTC())
	var mu sync.Mutex
	err := inParallel(ctx, len(wants), func(i int) error {
		return wants[i].EachClaim(func(c plan.Claim) {
			if paths[c.Path] {
				mu.Lock()
				defer mu.Unlock()
				wanted[c.Path] = true
			}
		})
	})
	return wanted, err
}

// deleteFile removes an orphan's file if it is what the ledger says.
func (e *Engine) deleteFile(o plan.Orphan) error {
	if o.Path == ledger.Console {
		return nil
	}
	file := e.file(o.Path)
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("pruning %s: %w", o.Path, err)
	}
	sum, err := fileDigest(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // two entries have one file
	}
	if err != nil {
		return fmt.Errorf("pruning %s: %w", o.Path, err)
	}
	if info.Size() != o.Bytes || sum != o.SHA256 {
		return fmt.Errorf("pruning %s: the file was changed since Reportform wrote it, so it is kept; delete it by hand if it is not needed", o.Path)
	}
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("pruning %s: %w", o.Path, err)
	}
	return nil
}
