package archive

import (
	"context"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/internal/place"
	"github.com/reportform/reportform/outputs"
)

// Verifying is what Verify reports while it works: one of VerifyBegun, Hashed,
// Good, Bad and BadLedger. Values arrive one at a time.
type Verifying interface{ verifying() }

// VerifyBegun says, first, how much there is to read.
type VerifyBegun struct{ Entries, Bytes int64 }

// Hashed says that so many more bytes were read.
type Hashed struct{ Bytes int64 }

// Good is an entry whose place is as the ledger says.
type Good struct{ Bytes int64 }

// Bad is an entry whose place is not as the ledger says.
type Bad struct {
	Key      ledger.Key
	Output   string
	From, To time.Time
	Place    place.Place
	Bytes    int64 // as the ledger says
	SHA256   string
	place.Finding
}

// BadLedger is a ledger that cannot be read.
type BadLedger struct {
	Key ledger.Key
	Err error
}

func (VerifyBegun) verifying() {}
func (Hashed) verifying()      {}
func (Good) verifying()        {}
func (Bad) verifying()         {}
func (BadLedger) verifying()   {}

// Verified is the outcome of Verify.
type Verified struct {
	Ledgers                      int
	Good, GoodBytes              int64
	Missing, Altered, Unreadable int64
	BadLedgers                   int
	Console                      int64 // entries that went to standard output
	// Unverifiable counts, by output, the entries whose places nobody can read
	// again: those of outputs that cannot, or that are not declared.
	Unverifiable map[string]int64
	// Left counts the places at which slices are held no longer. They are not
	// read.
	Left int64
	// Unnamed counts the stored pages that no ledger names.
	Unnamed int
}

// Bad reports whether anything is not as it should be. Unnamed pages do no harm.
func (v *Verified) Bad() bool {
	return v.Missing+v.Altered+v.Unreadable > 0 || v.BadLedgers > 0
}

// unnamedAfter is the age at which a page that no ledger names is taken for
// one of a process that died.
const unnamedAfter = 24 * time.Hour

// SweepPages deletes the stored pages that no ledger names, of processes that
// died, and returns how many.
func (a *Archive) SweepPages(ctx context.Context) (int, error) {
	return a.ledgers.Sweep(ctx, a.now().Add(-unnamedAfter))
}

// Verify reads everything that the ledgers of the keys hold and that can be read
// again, and compares it with what is recorded. It changes nothing. What it found
// until ctx ended is returned with the error.
func (a *Archive) Verify(ctx context.Context, keys []ledger.Key, report func(Verifying)) (*Verified, error) {
	v := verification{archive: a, report: report, sum: Verified{Ledgers: len(keys), Unverifiable: map[string]int64{}}}
	if err := v.measure(ctx, keys); err != nil {
		return &v.sum, err
	}
	if err := v.read(ctx, keys); err != nil {
		return &v.sum, err
	}
	unnamed, err := a.ledgers.Unnamed(ctx, a.now().Add(-unnamedAfter))
	v.sum.Unnamed = len(unnamed)
	return &v.sum, err
}

// Compare reads what is at the place of a receipt, and says how it differs. The
// zero Finding is for what nobody can read again. An error is the end of ctx.
func (a *Archive) Compare(ctx context.Context, output string, r outputs.Receipt) (place.Finding, error) {
	v, ok := a.keepers.of(output, r.Place).(verifier)
	if !ok {
		return place.Finding{}, nil
	}
	return v.Verify(ctx, &r, func(int64) {})
}

// verification is the state of one Verify.
type verification struct {
	archive *Archive
	report  func(Verifying)

	mu  sync.Mutex
	sum Verified
}

// tell counts a value and reports it.
func (v *verification) tell(value Verifying) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch x := value.(type) {
	case Good:
		v.sum.Good++
		v.sum.GoodBytes += x.Bytes
	case Bad:
		switch x.Condition {
		case place.Missing:
			v.sum.Missing++
		case place.Altered:
			v.sum.Altered++
		case place.Unreadable:
			v.sum.Unreadable++
		}
	case BadLedger:
		v.sum.BadLedgers++
	}
	v.report(value)
}

// readable returns who can read an entry again; nil for nobody.
func (v *verification) readable(h *ledger.Held) verifier {
	found, _ := v.archive.keepers.of(h.Output, h.Place).(verifier)
	return found
}

// measure counts what there is to read.
func (v *verification) measure(ctx context.Context, keys []ledger.Key) error {
	var begun VerifyBegun
	err := v.archive.Each(ctx, keys, func(_ ledger.Key, l *ledger.Ledger, err error) error {
		if err != nil {
			return nil // read tells it
		}
		for h := range l.Held() {
			if v.readable(h) != nil {
				begun.Entries++
				begun.Bytes += h.Bytes
			}
		}
		return nil
	})
	if err == nil {
		v.tell(begun)
	}
	return err
}

// read checks the entries, as many at a time as there are processors.
func (v *verification) read(ctx context.Context, keys []ledger.Key) error {
	group, groupCtx := errgroup.WithContext(ctx)
	entries := make(chan entry, 64)
	group.Go(func() error {
		defer close(entries)
		return v.archive.Each(groupCtx, keys, func(key ledger.Key, l *ledger.Ledger, err error) error {
			if err != nil {
				v.tell(BadLedger{key, err})
				return nil
			}
			return v.send(groupCtx, entries, key, l)
		})
	})
	for range max(2, runtime.GOMAXPROCS(0)) {
		group.Go(func() error {
			for e := range entries {
				if err := v.entry(groupCtx, e); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// entry is an entry of a ledger on its way to be checked.
type entry struct {
	*batch
	ledger.Held
	receipt outputs.Receipt
}

// batch is the entries of one ledger.
type batch struct {
	key ledger.Key

	mu       sync.Mutex
	unread   int
	suspects []suspect
}

// suspect is a place that is not as the entry says that it was checked by.
type suspect struct {
	entry
	place.Finding
}

// send puts the entries of a ledger that can be read again into a channel, and
// counts the others.
func (v *verification) send(ctx context.Context, entries chan<- entry, key ledger.Key, l *ledger.Ledger) error {
	b := &batch{key: key}
	console, unverifiable := int64(0), map[string]int64{}
	for h := range l.Held() {
		switch {
		case !h.Place.Stays():
			console++
		case v.readable(h) == nil:
			unverifiable[h.Output]++
		default:
			b.unread++
		}
	}
	v.mu.Lock()
	v.sum.Console += console
	v.sum.Left += int64(len(l.Left))
	for output, n := range unverifiable {
		v.sum.Unverifiable[output] += n
	}
	v.mu.Unlock()
	for h := range l.Held() {
		if v.readable(h) == nil {
			continue
		}
		select {
		case entries <- entry{b, *h, Receipt(h)}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// compare reads the place of an entry.
func (v *verification) compare(ctx context.Context, e *entry) (place.Finding, error) {
	return v.readable(&e.Held).Verify(ctx, &e.receipt, func(n int64) { v.tell(Hashed{n}) })
}

// entry checks one entry, and after the last of a ledger those that are suspect.
func (v *verification) entry(ctx context.Context, e entry) error {
	found, err := v.compare(ctx, &e)
	if err != nil {
		return err
	}
	good := found.Condition == place.Intact
	if good {
		v.tell(Good{e.Bytes})
	}
	e.mu.Lock()
	if !good {
		e.suspects = append(e.suspects, suspect{e, found})
	}
	e.unread--
	last := e.unread == 0
	e.mu.Unlock()
	if !last {
		return nil
	}
	return v.settle(ctx, e.batch)
}

// settle decides on the suspects of a ledger, which it reads again: another
// process may have replaced place and entry meanwhile. Then the place is checked
// by its new entry.
func (v *verification) settle(ctx context.Context, b *batch) error {
	for len(b.suspects) > 0 {
		l, err := v.archive.Ledger(ctx, b.key)
		if err != nil {
			return err
		}
		suspects := b.suspects
		b.suspects = nil
		for _, s := range suspects {
			now := l.Find(s.Output, s.From, s.To)
			if now == nil {
				continue // it is held no longer
			}
			e := entry{b, *now, Receipt(now)}
			if e.receipt.Place == s.receipt.Place && e.receipt.Bytes == s.receipt.Bytes && e.receipt.SHA256 == s.receipt.SHA256 && e.receipt.Rows == s.receipt.Rows {
				v.tell(Bad{b.key, s.Output, s.From, s.To, s.Place, s.Bytes, s.receipt.SHA256, s.Finding})
				continue
			}
			if v.readable(now) == nil {
				continue // nobody can tell any more
			}
			found, err := v.compare(ctx, &e)
			switch {
			case err != nil:
				return err
			case found.Condition == place.Intact:
				v.tell(Good{now.Bytes})
			default:
				b.suspects = append(b.suspects, suspect{e, found})
			}
		}
	}
	return nil
}
