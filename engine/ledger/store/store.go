// Package store keeps ledgers in a backend, for many processes at once.
//
// A ledger grows by union, so two processes that race lose nothing: the loser
// of a compare-and-swap reads again, merges and writes again.
package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reportform/reportform/engine/ledger"
)

// Store reads and writes ledgers in a backend. It is safe for concurrent use.
type Store struct {
	backend ledger.Backend
	cache   pageCache
	// strangers are the names that the last list met which has met any.
	strangers atomic.Pointer[[]string]

	turns sync.Map // by Key: a chan struct{} that has room for whoever changes the ledger
}

// New returns the Store of a backend.
func New(backend ledger.Backend) *Store { return &Store{backend: backend} }

// Close closes the backend, if it can be closed.
func (s *Store) Close() error {
	if closer, ok := s.backend.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}

// Check says what would keep ledgers from being stored, as far as the backend
// can tell without storing one.
func (s *Store) Check(ctx context.Context) error {
	if checker, ok := s.backend.(ledger.Checker); ok {
		return checker.Check(ctx)
	}
	return nil
}

// Migrate has the backend bring its place to what the configuration asks for,
// and returns how many ledgers were encrypted.
func (s *Store) Migrate(ctx context.Context) (encrypted int, err error) {
	if migrator, ok := s.backend.(ledger.Migrator); ok {
		return migrator.Migrate(ctx)
	}
	return 0, nil
}

// patience bounds how long a change that meets ErrConflict is tried again.
// While it lasts others get through, so giving up would be a waste of work.
const patience = 5 * time.Minute

// Read returns the ledger stored under key, or an empty one.
func (s *Store) Read(ctx context.Context, key ledger.Key) (*ledger.Ledger, error) {
	l, _, _, err := s.read(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name(key), err)
	}
	return l, nil
}

// name says in messages which ledger it is.
func name(key ledger.Key) string {
	return fmt.Sprintf("the ledger of %s for %s", key.Report, key.Tenant)
}

// read returns also the stored bytes and their version, nil and empty where
// there are none. The version comes with an *UnreadableError too.
func (s *Store) read(ctx context.Context, key ledger.Key) (*ledger.Ledger, []byte, ledger.Version, error) {
	var missing error
	for began := time.Now(); time.Since(began) < patience; {
		data, version, err := s.backend.Get(ctx, key)
		if unreadable, ok := errors.AsType[*ledger.UnreadableError](err); ok {
			version = unreadable.Version
		}
		if err != nil {
			return nil, nil, version, err
		}
		if data == nil {
			return ledger.New(key), nil, version, nil
		}
		l, refs, err := ledger.ReadHead(data)
		if err != nil {
			return nil, data, version, err
		}
		if l.Tenant != key.Tenant || l.Report != key.Report {
			err := fmt.Errorf("what is stored there says that it is of %s for %s: %s", l.Report, l.Tenant, ledger.Remedy)
			return nil, data, version, &ledger.UnreadableError{Err: err}
		}
		pages, err := s.pages(ctx, key, refs)
		if err == nil {
			err = l.Join(pages)
		}
		if err == nil {
			return l, data, version, nil
		}
		if !errors.Is(err, errMissing) || missing != nil && missing.Error() == err.Error() {
			return nil, data, version, err
		}
		missing = err // or another process has just replaced it: look again
	}
	return nil, nil, "", missing
}

// errMissing says that a page is not there.
var errMissing = errors.New("it is missing")

// pages reads the pages of a head, many at a time.
func (s *Store) pages(ctx context.Context, key ledger.Key, refs []ledger.Reference) ([]*ledger.Page, error) {
	const atOnce = 16
	if len(refs) == 0 {
		return nil, nil
	}
	pages := make([]*ledger.Page, len(refs))
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i, ref := range refs {
		if pages[i] = s.cache.get(ref.Name); pages[i] != nil {
			continue
		}
		group.Go(func() (err error) {
			if pages[i], err = s.page(groupCtx, key, ref); err != nil {
				return fmt.Errorf("page %s of it: %w", ref.Name, err)
			}
			s.cache.put(pages[i])
			return nil
		})
	}
	return pages, group.Wait()
}

func (s *Store) page(ctx context.Context, key ledger.Key, ref ledger.Reference) (*ledger.Page, error) {
	key.Page = ref.Name
	data, _, err := s.backend.Get(ctx, key)
	switch {
	case err != nil:
		return nil, err
	case data == nil:
		return nil, &ledger.UnreadableError{Err: fmt.Errorf("%w: %s", errMissing, ledger.Remedy)}
	}
	return ledger.ReadPage(ref, data)
}

// Update reads the ledger, lets change alter it and stores it, again from the
// start as often as another process was quicker. change may run many times. A
// change that alters nothing writes nothing. Changes of one ledger wait for each
// other here, so that only processes race.
func (s *Store) Update(ctx context.Context, key ledger.Key, change func(*ledger.Ledger)) error {
	return s.update(ctx, key, change, false)
}

// Overwrite is Update for a ledger that need not be readable: one that is not
// counts as empty. One that a newer version wrote is an error all the same.
func (s *Store) Overwrite(ctx context.Context, key ledger.Key, change func(*ledger.Ledger)) error {
	return s.update(ctx, key, change, true)
}

func (s *Store) update(ctx context.Context, key ledger.Key, change func(*ledger.Ledger), overwrite bool) error {
	done, err := s.turn(ctx, key)
	if err != nil {
		return fmt.Errorf("writing %s: %w", name(key), err)
	}
	defer done()
	return persist(ctx, func() error {
		l, data, version, err := s.read(ctx, key)
		if err == nil {
			err = l.Check()
		}
		if _, unreadable := errors.AsType[*ledger.UnreadableError](err); unreadable && overwrite {
			l, err = ledger.New(key), nil // its pages are left to Sweep
		}
		if err != nil {
			return fmt.Errorf("reading %s: %w", name(key), err)
		}
		before := l.Pages()
		change(l)
		if err := s.write(ctx, key, l, before, data, version); err != nil {
			return fmt.Errorf("writing %s: %w", name(key), err)
		}
		s.deletePages(ctx, key, without(before, l.Pages()))
		return nil
	})
}

// turn waits until nobody else in this process changes the ledger.
func (s *Store) turn(ctx context.Context, key ledger.Key) (done func(), err error) {
	value, _ := s.turns.LoadOrStore(key, make(chan struct{}, 1))
	turn := value.(chan struct{})
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// persist calls do again as long as it meets ErrConflict and patience lasts. It
// lets others go first, the longer the more often it was in vain.
func persist(ctx context.Context, do func() error) error {
	const longest = 50
	began := time.Now()
	for try := 1; ; try++ {
		err := do()
		if !errors.Is(err, ledger.ErrConflict) || time.Since(began) > patience {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(mathrand.N(time.Duration(min(try, longest)) * 10 * time.Millisecond)):
		}
	}
}

// write stores a ledger in the place of the bytes that it was read from, when it
// had the pages before: first its new pages, then its head. New pages that lose a
// race are deleted, if no head names them; those of a process that dies in between
// are left to Sweep.
func (s *Store) write(ctx context.Context, key ledger.Key, l *ledger.Ledger, before []*ledger.Page, old []byte, version ledger.Version) error {
	data, err := l.Encode(func(page []byte) (string, error) {
		of := key
		of.Page = pageName(time.Now())
		_, err := s.backend.Put(ctx, of, page, "")
		return of.Page, err
	})
	if err != nil {
		return err
	}
	stored := without(l.Pages(), before)
	for _, p := range stored {
		s.cache.put(p)
	}
	if bytes.Equal(data, old) {
		return nil
	}
	_, err = s.backend.Put(ctx, key, data, version)
	if errors.Is(err, ledger.ErrConflict) && len(stored) > 0 {
		s.deleteUnnamed(ctx, key, stored)
	}
	return err
}

// deleteUnnamed deletes pages that were stored for a head that met a conflict,
// unless the head that is there names them: where an answer is lost, the
// conflict may be one with the very head that was to be stored, on which
// another process has built since.
//
// A head that does not name them is enough. A process that still holds one
// which did cannot store what it makes of it, because that one is replaced; so
// nobody can name them again but who has made them. Where no head is to be seen
// they are left to Sweep.
func (s *Store) deleteUnnamed(ctx context.Context, key ledger.Key, pages []*ledger.Page) {
	data, _, err := s.backend.Get(ctx, key)
	if err != nil || data == nil {
		return
	}
	_, refs, err := ledger.ReadHead(data)
	if err != nil {
		return
	}
	s.deletePages(ctx, key, slices.DeleteFunc(pages, func(p *ledger.Page) bool {
		return slices.ContainsFunc(refs, func(ref ledger.Reference) bool { return ref.Name == p.Name() })
	}))
}

// without returns the pages that are not among others.
func without(pages, others []*ledger.Page) []*ledger.Page {
	return slices.DeleteFunc(pages, func(p *ledger.Page) bool { return slices.Contains(others, p) })
}

// stored returns what is stored, nil for bytes that cannot be opened, and its
// version.
func (s *Store) stored(ctx context.Context, key ledger.Key) ([]byte, ledger.Version, error) {
	data, version, err := s.backend.Get(ctx, key)
	if unreadable, ok := errors.AsType[*ledger.UnreadableError](err); ok {
		return nil, unreadable.Version, nil
	}
	return data, version, err
}

func (s *Store) deletePages(ctx context.Context, key ledger.Key, pages []*ledger.Page) {
	for _, p := range pages {
		s.deletePage(ctx, key, p.Name())
	}
}

// deletePage is a courtesy: what it leaves Sweep finds.
func (s *Store) deletePage(ctx context.Context, key ledger.Key, name string) {
	s.cache.remove(name)
	key.Page = name
	if _, version, err := s.stored(ctx, key); err == nil && version != "" {
		_ = s.backend.Delete(ctx, key, version)
	}
}

// pageTime is the part of a page's name that says when it was made.
const pageTime = "20060102t150405z"

// pageName returns a name that no page has had: a head that names a page
// relies on it never to come again with other content, nor to be deleted for
// one that had the same.
func pageName(now time.Time) string {
	return now.UTC().Format(pageTime) + "-" + strings.ToLower(rand.Text())
}
