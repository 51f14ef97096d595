package ledger

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reportform/reportform/internal/place"
)

// Keys returns the keys of all ledgers in order of report and tenant.
func (s *Store) Keys(ctx context.Context) ([]Key, error) {
	keys, err := s.backend.List(ctx)
	if err != nil {
		return nil, fmt.Errorf("listing the ledgers: %w", err)
	}
	keys = slices.DeleteFunc(keys, func(k Key) bool { return k.Page != "" })
	slices.SortFunc(keys, Key.Compare)
	return keys, nil
}

// Unnamed returns, in order, the keys of pages that were made before olderThan
// and that no head names: those of processes that died. Pages of a head that
// cannot be read may be all that is left of it, and are not among them.
func (s *Store) Unnamed(ctx context.Context, olderThan time.Time) ([]Key, error) {
	keys, err := s.backend.List(ctx)
	if err != nil {
		return nil, fmt.Errorf("listing the ledgers: %w", err)
	}
	old := map[Key][]Key{} // pages by ledger
	for _, key := range keys {
		made, err := time.Parse(pageTime, key.Page[:min(len(key.Page), len(pageTime))])
		if err == nil && made.Before(olderThan) {
			of := Key{Tenant: key.Tenant, Report: key.Report}
			old[of] = append(old[of], key)
		}
	}
	const atOnce = 16
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	var mu sync.Mutex
	var unnamed []Key
	for of, pages := range old {
		group.Go(func() error {
			data, version, err := s.stored(groupCtx, of)
			if err != nil {
				return fmt.Errorf("reading %s: %w", name(of), err)
			}
			used := map[string]bool{}
			if version != "" {
				_, refs, err := readHead(data)
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
	slices.SortFunc(unnamed, Key.Compare)
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
		if err != nil && !errors.Is(err, ErrConflict) {
			return i, fmt.Errorf("deleting page %s of %s: %w", key.Page, name(key), err)
		}
	}
	return len(unnamed), nil
}

// Remove deletes a ledger and its pages, whether it can be read or not. A ledger
// that does not exist is no error. What its entries say is forgotten; files stay.
func (s *Store) Remove(ctx context.Context, key Key) error {
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

// RemoveEmpty deletes a ledger in which nothing is held and nothing is left.
func (s *Store) RemoveEmpty(ctx context.Context, key Key) error {
	return persist(ctx, func() error {
		l, data, version, err := s.read(ctx, key)
		if err == nil && version != "" && l.Len() == 0 && len(l.Left) == 0 {
			err = s.remove(ctx, key, data, version)
		}
		if err != nil {
			return fmt.Errorf("removing %s: %w", name(key), err)
		}
		return nil
	})
}

// remove deletes a ledger if it still is what was read, and then its pages.
func (s *Store) remove(ctx context.Context, key Key, data []byte, version Version) error {
	if err := s.backend.Delete(ctx, key, version); err != nil {
		return err
	}
	// A head that cannot be read leaves its pages to Sweep.
	_, refs, _ := readHead(data)
	for _, ref := range refs {
		s.deletePages(ctx, key, []*page{{name: ref.Name}})
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
func (s *Store) Move(ctx context.Context, from, to Key) error {
	var carried *Document // what an earlier try has put there
	return persist(ctx, func() error {
		l, data, version, err := s.read(ctx, from)
		if err != nil {
			return fmt.Errorf("reading %s: %w", name(from), err)
		}
		if version == "" {
			return nil
		}
		moved, err := l.as(to)
		if err != nil {
			return fmt.Errorf("moving %s: %w", name(from), err)
		}
		want, occupied := moved.Document(), false
		err = s.Update(ctx, to, func(there *Ledger) {
			d := there.Document()
			same := reflect.DeepEqual(d, want)
			if occupied = !same && !d.empty() && !reflect.DeepEqual(d, carried); !same && !occupied {
				there.Replace(moved)
			}
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

// as returns a copy of the ledger under another key.
func (l *Ledger) as(key Key) (*Ledger, error) {
	d := l.Document()
	d.Tenant, d.Report = key.Tenant, key.Report
	return d.Ledger()
}

// Replace makes the ledger hold what another holds, and nothing else.
func (l *Ledger) Replace(with *Ledger) {
	l.pages, l.recent, l.dropped, l.shared = nil, nil, nil, false
	for h := range with.Held() {
		l.recent = append(l.recent, *h)
	}
	l.Failed, l.Left = slices.Clone(with.Failed), slices.Clone(with.Left)
	l.Keeper, l.Reach = with.Keeper, with.Reach
	l.Accepted, l.Deleted = slices.Clone(with.Accepted), slices.Clone(with.Deleted)
}

// Keep adds those of the failures and of the files left that the ledger does
// not contradict: failures of slots in which nothing is held, and files that
// hold nothing.
func (l *Ledger) Keep(failed []Failed, left []Left) {
	for _, f := range failed {
		if l.find(f.slot()) == nil && !slices.ContainsFunc(l.Failed, func(own Failed) bool { return own.slot().compare(f.slot()) == 0 }) {
			l.Fail(f)
		}
	}
	known := make(map[place.Place]bool, l.Len()+len(l.Left))
	for h := range l.Held() {
		known[h.Place] = true
	}
	for _, own := range l.Left {
		known[own.Place] = true
	}
	for _, one := range left {
		if !known[one.Place] {
			l.leave(one)
		}
	}
}
