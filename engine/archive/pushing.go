package archive

import (
	"context"
	"fmt"
	"strings"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/internal/place"
)

// Pushed is the outcome of Push: how many entries the stored ledger gained,
// has otherwise than before, lost, and has as before.
type Pushed struct {
	Key                            ledger.Key
	Added, Changed, Removed, Equal int
}

// LossError says that pushing a document would lose entries.
type LossError struct {
	Entries int
	First   string // the first of them
}

func (e *LossError) Error() string {
	entries := "entries"
	if e.Entries == 1 {
		entries = "entry"
	}
	return fmt.Sprintf("the stored ledger has %d %s that the document lacks, the first is %s", e.Entries, entries, e.First)
}

// Push stores a document in the place of the ledger that it describes. A
// document that does not make sense is an error, and so is, without force, one
// that lacks a held entry which the stored ledger has: a *LossError. What the
// stored ledger says beside its entries (failures, files left, accepted losses,
// deletions), and the document does not, is kept as far as it still makes sense.
// With force the document is stored as it is, and the stored ledger need not be
// readable.
func (a *Archive) Push(ctx context.Context, d *ledger.Document, force bool) (*Pushed, error) {
	if _, err := sensible(d); err != nil {
		return nil, err
	}
	p := &Pushed{Key: ledger.Key{Tenant: d.Tenant, Report: d.Report}}
	var loss *LossError
	update := a.ledgers.Update
	if force {
		update = a.ledgers.Overwrite
	}
	err := update(ctx, p.Key, func(stored *ledger.Ledger) {
		*p, loss = Pushed{Key: p.Key}, nil
		l, _ := d.Ledger() // makes sense
		for old := range stored.Held() {
			now := l.Find(old.Output, old.From, old.To)
			switch {
			case now == nil:
				if p.Removed++; loss == nil {
					loss = &LossError{First: old.Output + " from " + old.From.Format(timeFormat)}
				}
				loss.Entries = p.Removed
			case sameEntry(old, now):
				p.Equal++
			default:
				p.Changed++
			}
		}
		p.Added = l.Len() - p.Equal - p.Changed
		if loss != nil && !force {
			return
		}
		if !force {
			l.Keep(stored)
		}
		stored.Replace(l)
	})
	switch {
	case err != nil:
		return nil, err
	case loss != nil && !force:
		return nil, loss
	}
	return p, nil
}

const timeFormat = "2006-01-02T15:04Z"

// sameEntry compares two entries of one slot with their proofs.
func sameEntry(a, b *ledger.Held) bool {
	same := func(h *ledger.Held) ledger.DocumentHeld {
		return ledger.New(ledger.Key{Tenant: "t", Report: "r"}, *h).Document().Held[0]
	}
	return same(a) == same(b)
}

// sensible returns the ledger of a document that could have come from a state.
func sensible(d *ledger.Document) (*ledger.Ledger, error) {
	l, err := d.Ledger()
	switch {
	case err != nil:
		return nil, err
	case kindOf(d.Tenant) != "tenant":
		return nil, fmt.Errorf("the tenant %q is no address of a tenant", d.Tenant)
	case !strings.HasPrefix(kindOf(d.Report), "report."):
		return nil, fmt.Errorf("the report %q is no address of a report", d.Report)
	}
	places := make(map[place.Place]bool, len(d.Held))
	for i, h := range d.Held {
		wrong := ""
		switch {
		case !strings.HasPrefix(kindOf(h.Output), "output."):
			wrong = fmt.Sprintf("the output %q is no address of an output", h.Output)
		case h.Definition == "":
			wrong = "its definition is missing"
		case min(h.Rows, h.Bytes, h.Pages, h.Requests, h.Repeated, h.Revisions, h.Outside, h.Untimed, h.FirstRows, h.Vanished, h.Changed, h.Late, int64(h.Took), int64(h.Waited), int64(h.ReadAfter)) < 0:
			wrong = "a number is below zero"
		case max(h.Rows, h.Bytes, h.Pages, h.Requests, h.Repeated, h.Revisions, h.Outside, h.Untimed, h.FirstRows, h.Vanished, h.Changed, h.Late, int64(h.Took), int64(h.Waited), int64(h.ReadAfter)) > ledger.MaxNumber:
			wrong = "a number is too large to be stored"
		case h.WalkFrom.IsZero() != h.WalkTo.IsZero() || h.WalkTo.Before(h.WalkFrom):
			wrong = "its walk lacks one of its ends, or ends before it begins"
		case (h.Place.IsFile() || h.SHA256 != "") && !isDigest(h.SHA256) && h.Place.Stays():
			wrong = fmt.Sprintf("the sha256 %q is no digest", h.SHA256)
		case h.Place.Stays() && places[h.Place]:
			wrong = fmt.Sprintf("another entry has the path %s", h.Place)
		}
		if wrong != "" {
			return nil, fmt.Errorf("entry %d, from %s: %s", i+1, h.From.UTC().Format(timeFormat), wrong)
		}
		places[h.Place] = true
	}
	return l, nil
}

// isDigest reports whether s is a SHA-256 in lower-case hex.
func isDigest(s string) bool {
	return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
}
