package engine

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/reportform/reportform/engine/archive"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/internal/diag"
	"github.com/reportform/reportform/internal/parallel"
	"github.com/reportform/reportform/internal/place"
	"github.com/reportform/reportform/outputs"
)

// prune removes what orphans hold and then forgets it. What is not as it was
// written is kept, and so is its entry; and so is what lies where a declared slice
// is to be and is not yet, and what nobody can remove. It returns what is gone,
// with an error that names what is not. Ledgers that nothing declares go with
// their last entry, and so do stored pages that no ledger names.
func (e *Engine) prune(ctx context.Context, orphans []plan.Orphan) ([]plan.Orphan, error) {
	rivals, err := e.rivals(ctx, orphans)
	if err == nil {
		rivals.wanted, err = e.wantedPlaces(ctx, orphans)
	}
	if err != nil {
		return nil, err
	}
	ledgers, undeclared := byLedger(orphans), e.wanted.Undeclared()
	pruned, kept := make([][]plan.Orphan, len(ledgers)), make([][]error, len(ledgers))
	err = parallel.Do(ctx, len(ledgers), func(i int) error {
		pruned[i], kept[i] = e.pruneLedger(ctx, ledgers[i], rivals)
		if key := ledgers[i][0].Key(); undeclared(key) != "" {
			kept[i] = append(kept[i], e.ledgers.RemoveEmpty(context.WithoutCancel(ctx), key))
		}
		return nil
	})
	if err == nil {
		var swept int
		swept, err = e.archive.SweepPages(ctx)
		if swept > 0 {
			e.logger.Info("removed pages that no ledger names, of processes that died", "pages", swept)
		}
	}
	return slices.Concat(pruned...), diag.Gather(append(slices.Concat(kept...), err))
}

// byLedger divides orphans by their ledgers, in the order in which those come.
func byLedger(orphans []plan.Orphan) [][]plan.Orphan {
	var list [][]plan.Orphan
	at := map[ledger.Key]int{}
	for _, o := range orphans {
		key := o.Key()
		i, ok := at[key]
		if !ok {
			i = len(list)
			at[key] = i
			list = append(list, nil)
		}
		list[i] = append(list[i], o)
	}
	return list
}

// pruneLedger removes what one ledger's orphans hold, unless it is held or
// wanted elsewhere, and then forgets it. It returns what is gone, and why the rest
// is not.
func (e *Engine) pruneLedger(ctx context.Context, orphans []plan.Orphan, rivals *rivals) (gone []plan.Orphan, kept []error) {
	for _, o := range orphans {
		if ctx.Err() != nil {
			break
		}
		var err error
		switch {
		case rivals.places[o.Place]:
			// It is another entry's now.
		case rivals.wanted[o.Place]:
			err = errors.New("a slice that is declared belongs there and is not held yet, so the file is kept; if a block was renamed, state mv keeps what it holds")
		case rivals.mayHold(o) != nil:
			err = fmt.Errorf("the ledger of %s for %s cannot be read, and may hold the file too, so it is kept", rivals.mayHold(o).Report, rivals.mayHold(o).Tenant)
		case !rivals.alias(e.archive, o):
			err = e.archive.Remove(ctx, o.Output, &outputs.Receipt{Place: o.Place, Rows: o.Rows, Bytes: o.Bytes, SHA256: o.SHA256})
		}
		if errors.Is(err, outputs.ErrAltered) {
			err = errors.New("the file was changed since Reportform wrote it, so it is kept; delete it by hand if it is not needed")
		}
		if err != nil {
			kept = append(kept, fmt.Errorf("pruning %s: %w", o.Place, err))
			continue
		}
		gone = append(gone, o)
	}
	if len(gone) == 0 {
		return nil, kept
	}
	key := gone[0].Key()
	// What is removed must not stay in the ledger for an interrupt.
	err := e.ledgers.Update(context.WithoutCancel(ctx), key, func(l *ledger.Ledger) {
		for _, o := range gone {
			l.Forget(o.Output, o.From, o.To, o.Place)
		}
	})
	if err != nil {
		return nil, append(kept, err)
	}
	return gone, kept
}

// rivals are what else has, or is to have, the places of orphans.
type rivals struct {
	places map[place.Place]bool   // at which something else is held
	wanted map[place.Place]bool   // to which a declared slice leads
	twins  map[twin][]place.Place // held places that may be an orphan's under another name
	unread []ledger.Key           // of ledgers that cannot be read: what they hold is unknown
}

// mayHold returns the ledger that cannot be read and may hold the place of an
// orphan, nil if there is none: places are shared after a block was renamed, by
// ledgers of one report or one tenant, and by those that nothing declares.
func (r *rivals) mayHold(o plan.Orphan) *ledger.Key {
	for i, key := range r.unread {
		if key.Report == o.Report || key.Tenant == o.Tenant || o.Why == "tenant" || o.Why == "report" {
			return &r.unread[i]
		}
	}
	return nil
}

// twin is what places under two names have in common: the last part of the name,
// in lower case, and the digest.
type twin struct{ name, digest string }

func twinOf(p place.Place, digest string) twin { return twin{lastPart(p), digest} }

func lastPart(p place.Place) string { return strings.ToLower(path.Base(p.Text())) }

// alias reports whether an orphan's place is held under another name: links lead
// to it, or the file system does not tell the names apart.
func (r *rivals) alias(a *archive.Archive, o plan.Orphan) bool {
	return slices.ContainsFunc(r.twins[twinOf(o.Place, o.SHA256)], func(held place.Place) bool { return a.Same(o.Place, held) })
}

// rivals finds what else holds the orphans' places: after a block was renamed,
// old and new ledger entries share one.
func (e *Engine) rivals(ctx context.Context, orphans []plan.Orphan) (*rivals, error) {
	type entry struct {
		key      ledger.Key
		output   string
		from, to int64
		place    place.Place
	}
	orphaned, places, names := map[entry]bool{}, map[place.Place]bool{}, map[string]bool{}
	found := &rivals{places: map[place.Place]bool{}, twins: map[twin][]place.Place{}}
	for _, o := range orphans {
		orphaned[entry{o.Key(), o.Output, o.From.UnixNano(), o.To.UnixNano(), o.Place}] = true
		places[o.Place] = true
		t := twinOf(o.Place, o.SHA256)
		names[t.name], found.twins[t] = true, nil
	}
	if len(orphans) == 0 {
		return found, nil
	}
	keys, err := e.archive.Keys(ctx)
	if err != nil {
		return nil, err
	}
	err = e.archive.Each(ctx, keys, func(key ledger.Key, l *ledger.Ledger, err error) error {
		if _, ok := damagedBy(key, err); ok {
			found.unread = append(found.unread, key)
			return nil
		}
		if err != nil {
			return err
		}
		for h := range l.Held() {
			if orphaned[entry{key, h.Output, h.From.UnixNano(), h.To.UnixNano(), h.Place}] {
				continue
			}
			if places[h.Place] {
				found.places[h.Place] = true
				continue
			}
			if !names[lastPart(h.Place)] {
				continue
			}
			t := twinOf(h.Place, h.Proof().SHA256)
			if _, orphan := found.twins[t]; orphan {
				found.twins[t] = append(found.twins[t], h.Place)
			}
		}
		return nil
	})
	return found, err
}

// wantedPlaces finds the orphans' places to which declared slices lead.
func (e *Engine) wantedPlaces(ctx context.Context, orphans []plan.Orphan) (map[place.Place]bool, error) {
	places, wanted := make(map[place.Place]bool, len(orphans)), map[place.Place]bool{}
	for _, o := range orphans {
		places[o.Place] = true
	}
	if len(places) == 0 {
		return wanted, nil
	}
	wants := e.wants(&PlanOptions{}, e.now().UTC())
	var mu sync.Mutex
	err := parallel.Do(ctx, len(wants), func(i int) error {
		return wants[i].EachDestination(func(d plan.Destination) {
			if places[d.Place] {
				mu.Lock()
				defer mu.Unlock()
				wanted[d.Place] = true
			}
		})
	})
	return wanted, err
}
