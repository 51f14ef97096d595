package engine

import (
	"cmp"
	"errors"
	"io/fs"
	"slices"
	"syscall"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
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
