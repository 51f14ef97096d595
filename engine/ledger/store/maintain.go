package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reportform/reportform/engine/ledger"
)

// Keys returns the keys of all ledgers in order of report and tenant.
func (s *Store) Keys(ctx context.Context) ([]ledger.Key, error) {
	keys, err := s.list(ctx)
	if err != nil {
		return nil, err
	}
	keys = slices.DeleteFunc(keys, func(k ledger.Key) bool { return k.Page != "" })
	slices.SortFunc(keys, ledger.Key.Compare)
	return keys, nil
}

// list returns the keys of all ledgers and pages.
func (s *Store) list(ctx context.Context) ([]ledger.Key, error) {
	keys, err := s.backend.List(ctx)
	if strangers, ok := errors.AsType[*ledger.StrangersError](err); ok {
		s.strangers.Store(&strangers.Names)
		return keys, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listing the ledgers: %w", err)
	}
	return keys, nil
}

// Strangers returns the names of what lay beside ledgers when they were last
// listed, looks like one and is none.
func (s *Store) Strangers() []string {
	if names := s.strangers.Load(); names != nil {
		return *names
	}
	return nil
}

// Unnamed returns, in order, the keys of pages that were made before olderThan
// and that no head names: those of processes that died. Pages of a head that
// cannot be read may be all that is left of it, and are not among them.
func (s *Store) Unnamed(ctx context.Context, olderThan time.Time) ([]ledger.Key, error) {
	keys, err := s.list(ctx)
	if err != nil {
		return nil, err
	}
	old := map[ledger.Key][]ledger.Key{} // pages by ledger
	for _, key := range keys {
		made, err := time.Parse(pageTime, key.Page[:min(len(key.Page), len(pageTime))])
		if err == nil && made.Before(olderThan) {
			of := ledger.Key{Tenant: key.Tenant, Report: key.Report}
			old[of] = append(old[of], key)
		}
	}
	const atOnce = 16
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	var mu sync.Mutex
	var unnamed []ledger.Key
	for of, pages := range old {
		group.Go(func() error {
			data, version, err := s.stored(groupCtx, of)
			if err != nil {
				return fmt.Errorf("reading %s: %w", name(of), err)
			}
			used := map[string]bool{}
			if version != "" {
				_, refs, err := ledger.ReadHead(data)
				if err != nil {
					return nil
				}
				for _, ref := range refs {
					used[ref.Name] = true
				}
			}
			mu.Lock()
			defer mu.Unlock()
			for _, page := range pages {
				if !used[page.Page] {
					unnamed = append(unnamed, page)
				}
			}
			return nil
		})
	}
	err = group.Wait()
	slices.SortFunc(unnamed, ledger.Key.Compare)
	return unnamed, err
}

// Sweep deletes the pages that Unnamed returns. It returns how many.
func (s *Store) Sweep(ctx context.Context, olderThan time.Time) (int, error) {
	unnamed, err := s.Unnamed(ctx, olderThan)
	if err != nil {
		return 0, err
	}
	for i, key := range unnamed {
		_, version, err := s.stored(ctx, key)
		if err == nil && version != "" {
			err = s.backend.Delete(ctx, key, version)
		}
		if err != nil && !errors.Is(err, ledger.ErrConflict) {
			return i, fmt.Errorf("deleting page %s of %s: %w", key.Page, name(key), err)
		}
	}
	return len(unnamed), nil
}

// Remove deletes a ledger and its pages, whether it can be read or not. A ledger
// that does not exist is no error. What its entries say is forgotten; files stay.
func (s *Store) Remove(ctx context.Context, key ledger.Key) error {
	return persist(ctx, func() error {
		data, version, err := s.stored(ctx, key)
		if err == nil && version != "" {
			err = s.remove(ctx, key, data, version)
		}
		if err != nil {
			return fmt.Errorf("removing %s: %w", name(key), err)
		}
		return nil
	})
}

// remove deletes a ledger if it still is what was read, and then its pages.
func (s *Store) remove(ctx context.Context, key ledger.Key, data []byte, version ledger.Version) error {
	if err := s.backend.Delete(ctx, key, version); err != nil {
		return err
	}
	// A head that cannot be read leaves its pages to Sweep.
	_, refs, _ := ledger.ReadHead(data)
	for _, ref := range refs {
		s.deletePage(ctx, key, ref.Name)
	}
	return nil
}

// ErrExists says that a ledger stands already where another was to go.
var ErrExists = errors.New("there is a ledger already, with other content")

// Move gives a ledger another key, for a tenant or a report whose address has
// changed. A ledger that stands there already is ErrExists, unless it holds the
// same: then an earlier Move was cut off, and this one completes it. What others
// record under the old key meanwhile is moved too. A ledger that does not exist
// is no error: somebody else has moved it.
func (s *Store) Move(ctx context.Context, from, to ledger.Key) error {
	var carried *ledger.Document // what an earlier try has put there
	return persist(ctx, func() error {
		l, data, version, err := s.read(ctx, from)
		if err != nil {
			return fmt.Errorf("reading %s: %w", name(from), err)
		}
		if version == "" {
			return nil
		}
		moved, err := as(to, l)
		if err != nil {
			return fmt.Errorf("moving %s: %w", name(from), err)
		}
		want, occupied := moved.Document(), false
		err = s.Update(ctx, to, func(there *ledger.Ledger) {
			d := there.Document()
			same := d.Same(want)
			if occupied = !same && !d.Empty() && !d.Same(carried); occupied {
				return
			}
			log := moved.Deleted
			if !same {
				log = there.Deleted
				there.Replace(moved)
			}
			there.JoinLog(log)
		})
		if err != nil {
			return err
		}
		if occupied {
			return fmt.Errorf("moving %s to %s: %w", name(from), name(to), ErrExists)
		}
		carried = want
		if err := s.remove(ctx, from, data, version); err != nil {
			return fmt.Errorf("removing %s: %w", name(from), err)
		}
		return nil
	})
}

// as returns a copy of a ledger under another key.
func as(key ledger.Key, l *ledger.Ledger) (*ledger.Ledger, error) {
	d := l.Document()
	d.Tenant, d.Report = key.Tenant, key.Report
	return d.Ledger()
}
