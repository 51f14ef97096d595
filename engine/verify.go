package engine

import (
	"context"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reportform/reportform/engine/ledger"
)

// Verifying is what Verify reports while it works: one of VerifyBegun, Hashed,
// GoodFile, BadFile and BadLedger. Values arrive one at a time.
type Verifying interface{ verifying() }

// VerifyBegun says, first, how much there is to read.
type VerifyBegun struct{ Files, Bytes int64 }

// Hashed says that so many more bytes were read.
type Hashed struct{ Bytes int64 }

// GoodFile is a file that is as its ledger says.
type GoodFile struct{ Bytes int64 }

// BadFile is a held file that is not as its ledger says.
type BadFile struct {
	Key      ledger.Key
	Output   string
	From, To time.Time
	Path     string
	Bytes    int64 // as the ledger says
	SHA256   string
	Mismatch
}

// BadLedger is a ledger that cannot be read.
type BadLedger struct {
	Key ledger.Key
	Err error
}

func (VerifyBegun) verifying() {}
func (Hashed) verifying()      {}
func (GoodFile) verifying()    {}
func (BadFile) verifying()     {}
func (BadLedger) verifying()   {}

// Verified is the outcome of Verify.
type Verified struct {
	Ledgers                      int
	Good, GoodBytes              int64
	Missing, Altered, Unreadable int64
	BadLedgers                   int
	Console                      int64 // entries that went to standard output
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

// Verify reads every file that the ledgers of the keys hold, and compares it
// with the recorded size and digest. It changes nothing. What it found until
// ctx ended is returned with the error.
func (e *Engine) Verify(ctx context.Context, keys []ledger.Key, report func(Verifying)) (*Verified, error) {
	v := verifier{engine: e, report: report, sum: Verified{Ledgers: len(keys)}}
	if err := v.measure(ctx, keys); err != nil {
		return &v.sum, err
	}
	if err := v.read(ctx, keys); err != nil {
		return &v.sum, err
	}
	unnamed, err := e.ledgers.Unnamed(ctx, e.now().Add(-unnamedAfter))
	v.sum.Unnamed = len(unnamed)
	return &v.sum, err
}

// verifier is the state of one Verify.
type verifier struct {
	engine *Engine
	report func(Verifying)

	mu  sync.Mutex
	sum Verified
}

// tell counts a value and reports it.
func (v *verifier) tell(value Verifying) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch x := value.(type) {
	case GoodFile:
		v.sum.Good++
		v.sum.GoodBytes += x.Bytes
	case BadFile:
		switch x.Fault {
		case FileMissing:
			v.sum.Missing++
		case FileAltered:
			v.sum.Altered++
		case FileUnreadable:
			v.sum.Unreadable++
		}
	case BadLedger:
		v.sum.BadLedgers++
	}
	v.report(value)
}

// measure counts what there is to read.
func (v *verifier) measure(ctx context.Context, keys []ledger.Key) error {
	var begun VerifyBegun
	err := v.engine.EachLedger(ctx, keys, func(_ ledger.Key, l *ledger.Ledger, err error) error {
		if err != nil {
			return nil // read tells it
		}
		for h := range l.Held() {
			if h.Path != ledger.Console {
				begun.Files++
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

// heldFile is an entry of a ledger on its way to be checked.
type heldFile struct {
	key ledger.Key
	ledger.Held
	sha256 string
}

// read checks the files, as many at a time as there are processors.
func (v *verifier) read(ctx context.Context, keys []ledger.Key) error {
	group, groupCtx := errgroup.WithContext(ctx)
	files := make(chan heldFile, 64)
	group.Go(func() error {
		defer close(files)
		return v.engine.EachLedger(groupCtx, keys, func(key ledger.Key, l *ledger.Ledger, err error) error {
			if err != nil {
				v.tell(BadLedger{key, err})
				return nil
			}
			for h := range l.Held() {
				if h.Path == ledger.Console {
					v.mu.Lock()
					v.sum.Console++
					v.mu.Unlock()
					continue
				}
				select {
				case files <- heldFile{key, *h, h.Proof().SHA256}:
				case <-groupCtx.Done():
					return groupCtx.Err()
				}
			}
			return nil
		})
	})
	for range max(2, runtime.GOMAXPROCS(0)) {
		group.Go(func() error {
			h := newHasher(func(n int64) { v.tell(Hashed{n}) })
			for f := range files {
				if err := v.file(groupCtx, h, f); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// file checks one file. Where it is not as the entry says, the ledger is read
// again: another process may have replaced file and entry meanwhile.
func (v *verifier) file(ctx context.Context, h *hasher, f heldFile) error {
	for {
		m, err := h.compare(ctx, v.engine.file(f.Path), f.Bytes, f.sha256)
		if err != nil {
			return err
		}
		if m.Fault == "" {
			v.tell(GoodFile{f.Bytes})
			return nil
		}
		l, err := v.engine.Ledger(ctx, f.key)
		if err != nil {
			return err
		}
		now := l.Find(f.Output, f.From, f.To)
		if now == nil {
			return nil // it is held no longer
		}
		if sum := now.Proof().SHA256; now.Path != f.Path || now.Bytes != f.Bytes || sum != f.sha256 {
			f = heldFile{f.key, *now, sum}
			continue
		}
		v.tell(BadFile{f.key, f.Output, f.From, f.To, f.Path, f.Bytes, f.sha256, m})
		return nil
	}
}
