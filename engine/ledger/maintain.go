package ledger

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"
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

// Sweep deletes pages that were made before olderThan and that no head names:
// those of processes that died. It returns how many.
func (s *Store) Sweep(ctx context.Context, olderThan time.Time) (int, error) {
	keys, err := s.backend.List(ctx)
	if err != nil {
		return 0, fmt.Errorf("listing the ledgers: %w", err)
	}
	slices.SortFunc(keys, Key.Compare)
	removed := 0
	used, of := map[string]bool{}, Key{}
	for _, key := range keys {
		if key.Page == "" {
			continue
		}
		made, err := time.Parse(pageTime, key.Page[:min(len(key.Page), len(pageTime))])
		if err != nil || !made.Before(olderThan) {
			continue
		}
		if ledger := (Key{Tenant: key.Tenant, Report: key.Report}); ledger != of {
			of = ledger
			if used, err = s.pagesOf(ctx, ledger); err != nil {
				return removed, fmt.Errorf("reading %s: %w", name(ledger), err)
			}
		}
		if used[key.Page] {
			continue
		}
		_, version, err := s.backend.Get(ctx, key)
		if err == nil && version != "" {
			err = s.backend.Delete(ctx, key, version)
		}
		if err != nil && !errors.Is(err, ErrConflict) {
			return removed, fmt.Errorf("deleting page %s of %s: %w", key.Page, name(key), err)
		}
		removed++
	}
	return removed, nil
}

// pagesOf returns the names of the pages that a ledger's head names.
func (s *Store) pagesOf(ctx context.Context, key Key) (map[string]bool, error) {
	data, _, err := s.backend.Get(ctx, key)
	used := map[string]bool{}
	if err != nil || data == nil {
		return used, err
	}
	_, refs, err := readHead(data)
	for _, ref := range refs {
		used[ref.Name] = true
	}
	return used, err
}

// Remove deletes a ledger and its pages. A ledger that does not exist is no
// error. What its entries say is forgotten; files stay.
func (s *Store) Remove(ctx context.Context, key Key) error {
	return persist(ctx, func() error {
		data, version, err := s.backend.Get(ctx, key)
		if err == nil && version == "" {
			return nil
		}
		if err == nil {
			err = s.backend.Delete(ctx, key, version)
		}
		if err != nil {
			return fmt.Errorf("removing %s: %w", name(key), err)
		}
		// A head that cannot be read leaves its pages to Sweep.
		_, refs, _ := readHead(data)
		for _, ref := range refs {
			s.deletePages(ctx, key, []*page{{name: ref.Name}})
		}
		return nil
	})
}

// ErrExists says that a ledger stands already where another was to go.
var ErrExists = errors.New("there is a ledger already, with other content")

// Move gives a ledger another key, for a tenant or a report whose address has
// changed. A ledger that stands there already is ErrExists, unless it holds the
// same: then an earlier Move was cut off, and this one completes it.
func (s *Store) Move(ctx context.Context, from, to Key) error {
	l, err := s.Read(ctx, from)
	if err != nil {
		return err
	}
	moved, err := l.as(to)
	if err != nil {
		return fmt.Errorf("moving %s: %w", name(from), err)
	}
	want := moved.Document()
	occupied := false
	err = s.Update(ctx, to, func(there *Ledger) {
		d := there.Document()
		occupied = len(d.Held)+len(d.Failed)+len(d.Left) > 0
		if occupied {
			occupied = !reflect.DeepEqual(d, want)
			return
		}
		there.Replace(moved)
	})
	if err != nil {
		return err
	}
	if occupied {
		return fmt.Errorf("moving %s to %s: %w", name(from), name(to), ErrExists)
	}
	return s.Remove(ctx, from)
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
}
