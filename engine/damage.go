package engine

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"slices"
	"sync/atomic"
	"syscall"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/internal/diag"
)

// damagedBy says what is wrong with a ledger, where the error of reading it is
// about that one alone, and not about the state as a whole.
func damagedBy(key ledger.Key, err error) (plan.Damaged, bool) {
	_, unreadable := errors.AsType[*ledger.UnreadableError](err)
	_, newer := errors.AsType[*ledger.NewerError](err)
	if !unreadable && !newer && !ofOneFile(err) {
		return plan.Damaged{}, false
	}
	why := err
	if inner := errors.Unwrap(err); inner != nil { // without the ledger's name
		why = inner
	}
	return plan.Damaged{Tenant: key.Tenant, Report: key.Report, Why: why.Error()}, true
}

// reader reads the ledgers of wants, and finds the damaged ones.
type reader struct {
	damaged []*plan.Damaged // by want; nil for a ledger that can be read
	keys    []error         // by want: the ledger does not go with the encryption
	whole   atomic.Bool     // there is a ledger that can be read
}

func newReader(wants int) *reader {
	return &reader{damaged: make([]*plan.Damaged, wants), keys: make([]error, wants)}
}

// read returns the ledger of a want, nil for a damaged one.
func (r *reader) read(ctx context.Context, e *Engine, i int, key ledger.Key) (*ledger.Ledger, error) {
	l, err := e.ledgers.Read(ctx, key)
	if err == nil {
		if l.Len() > 0 {
			r.whole.Store(true)
		}
		return l, nil
	}
	d, ok := damagedBy(key, err)
	if !ok {
		return nil, err
	}
	r.damaged[i] = &d
	if _, ok := errors.AsType[*ledger.KeyError](err); ok {
		r.keys[i] = err
	}
	return nil, nil
}

// found returns the damaged ledgers. Where none can be read, and some do not go
// with the declared encryption, that is a mistake of the configuration, and an
// error.
func (r *reader) found() (list []plan.Damaged, err error) {
	if !r.whole.Load() {
		if err := diag.Gather(r.keys); err != nil {
			return nil, err
		}
	}
	for _, d := range r.damaged {
		if d != nil {
			list = append(list, *d)
		}
	}
	return list, nil
}

// ofOneFile reports whether an error is about a file that somebody else's rights,
// a folder in its place, or the disk keep from being read.
func ofOneFile(err error) bool {
	_, path := errors.AsType[*fs.PathError](err)
	return path && (errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EISDIR) || errors.Is(err, syscall.EIO))
}

// inOrder sorts damaged ledgers by report and tenant.
func inOrder(list []plan.Damaged) []plan.Damaged {
	slices.SortFunc(list, func(a, b plan.Damaged) int {
		return cmp.Or(cmp.Compare(a.Report, b.Report), cmp.Compare(a.Tenant, b.Tenant))
	})
	return list
}
