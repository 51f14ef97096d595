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
	// Left counts the files at paths where their slices are held no longer.
	// They are not read.
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
			return v.send(groupCtx, files, key, l)
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

// heldFile is an entry of a ledger on its way to be checked.
type heldFile struct {
	*batch
	ledger.Held
	sha256 string
}

// batch is the files of one ledger.
type batch struct {
	key ledger.Key

	mu       sync.Mutex
	unread   int // files
	suspects []suspect
}

// suspect is a file that is not as the entry says that it was checked by.
type suspect struct {
	heldFile
	Mismatch
}

// send puts the files of a ledger into a channel.
func (v *verifier) send(ctx context.Context, files chan<- heldFile, key ledger.Key, l *ledger.Ledger) error {
	b := &batch{key: key}
	console := int64(0)
	for h := range l.Held() {
		if h.Path == ledger.Console {
			console++
		} else {
			b.unread++
		}
	}
	v.mu.Lock()
	v.sum.Console += console
	v.sum.Left += int64(len(l.Left))
	v.mu.Unlock()
	for h := range l.Held() {
		if h.Path == ledger.Console {
			continue
		}
		select {
		case files <- heldFile{b, *h, h.Proof().SHA256}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// file checks one file, and after the last of a ledger those that are suspect.
func (v *verifier) file(ctx context.Context, h *hasher, f heldFile) error {
	m, err := h.compare(ctx, v.engine.file(f.Path), f.Bytes, f.sha256)
	if err != nil {
		return err
	}
	if m.Fault == "" {
		v.tell(GoodFile{f.Bytes})
	}
	f.mu.Lock()
	if m.Fault != "" {
		f.suspects = append(f.suspects, suspect{f, m})
	}
	f.unread--
	last := f.unread == 0
	f.mu.Unlock()
	if !last {
		return nil
	}
	return v.settle(ctx, h, f.batch)
}

// settle decides on the suspects of a ledger, which it reads again: another
// process may have replaced file and entry meanwhile. Then the file is checked
// by its new entry.
func (v *verifier) settle(ctx context.Context, h *hasher, b *batch) error {
	for len(b.suspects) > 0 {
		l, err := v.engine.Ledger(ctx, b.key)
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
			sum := now.Proof().SHA256
			if now.Path == s.Path && now.Bytes == s.Bytes && sum == s.sha256 {
				v.tell(BadFile{b.key, s.Output, s.From, s.To, s.Path, s.Bytes, s.sha256, s.Mismatch})
				continue
			}
			m, err := h.compare(ctx, v.engine.file(now.Path), now.Bytes, sum)
			switch {
			case err != nil:
				return err
			case m.Fault == "":
				v.tell(GoodFile{now.Bytes})
			default:
				b.suspects = append(b.suspects, suspect{heldFile{b, *now, sum}, m})
			}
		}
	}
	return nil
}
