package engine

import (
	"context"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/reportform/reportform/engine/archive"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/internal/parallel"
	"github.com/reportform/reportform/internal/place"
)

// rivals are what else has, or is to have, the places of orphans.
type rivals struct {
	places map[place.Place]bool   // at which something else is held
	wanted map[place.Place]bool   // to which a declared slice leads
	twins  map[twin][]place.Place // held places that may be an orphan's under another name

	unread []ledger.Key // of ledgers that cannot be read: what they hold is unknown

	names *archive.Names
	// others are held places, and leads wanted ones, that differ from an orphan's and
	// may be one with it, by what stands for all their names.
	others, leads map[place.Place][]place.Place
}

// mayHold returns the ledger that cannot be read and may hold the place of an
// orphan, nil if there is none: places are shared after a block was renamed, by
// ledgers of one report or one tenant, and by those that nothing declares.
func (r *rivals) mayHold(o *plan.Orphan) *ledger.Key {
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
// to it, or what keeps it does not tell the names apart, whatever is there now.
func (r *rivals) alias(a *archive.Archive, o *plan.Orphan) bool {
	return slices.ContainsFunc(r.twins[twinOf(o.Place, o.SHA256)], func(held place.Place) bool { return a.Same(o.Place, held) }) ||
		r.named(o, r.others)
}

// named reports whether one of some places is the orphan's under another name.
func (r *rivals) named(o *plan.Orphan, places map[place.Place][]place.Place) bool {
	return slices.ContainsFunc(places[r.names.Key(o.Output, o.Place)], func(p place.Place) bool { return r.names.Alike(o.Output, o.Place, p) })
}

// rivals finds what else holds the orphans' places: after a block was renamed,
// old and new ledger entries share one.
func (e *Engine) rivals(ctx context.Context, orphans []plan.Deletion) (*rivals, error) {
	type entry struct {
		key      ledger.Key
		output   string
		from, to int64
		place    place.Place
	}
	orphaned, places, names := map[entry]bool{}, map[place.Place]bool{}, map[string]bool{}
	found := &rivals{
		places: map[place.Place]bool{}, twins: map[twin][]place.Place{}, others: map[place.Place][]place.Place{}, names: e.archive.Names(),
	}
	for _, o := range orphans {
		orphaned[entry{o.Key(), o.Output, o.From.UnixNano(), o.To.UnixNano(), o.Place}] = true
		places[o.Place] = true
		t := twinOf(o.Place, o.SHA256)
		names[t.name], found.twins[t] = true, nil
		found.others[found.names.Key(o.Output, o.Place)] = nil
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
			wide := found.names.Key(h.Output, h.Place)
			if others, ok := found.others[wide]; ok {
				found.others[wide] = append(others, h.Place)
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

// wantedPlaces finds the places of what is to be deleted to which wants lead, and
// other places to which they lead by what stands for their names and those of what
// is to be deleted.
func wantedPlaces(ctx context.Context, wants []plan.Want, deletions []plan.Deletion, names *archive.Names) (wanted map[place.Place]bool, leads map[place.Place][]place.Place, err error) {
	places, wide := make(map[place.Place]bool, len(deletions)), make(map[place.Place]bool, len(deletions))
	wanted, leads = map[place.Place]bool{}, map[place.Place][]place.Place{}
	for _, d := range deletions {
		places[d.Place], wide[names.Key(d.Output, d.Place)] = true, true
	}
	if len(places) == 0 {
		return wanted, leads, nil
	}
	var mu sync.Mutex
	err = parallel.Do(ctx, len(wants), func(i int) error {
		return wants[i].EachDestination(func(d plan.Destination) {
			key := names.Key(d.Output, d.Place)
			if !wide[key] {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			if places[d.Place] {
				wanted[d.Place] = true
			} else {
				leads[key] = append(leads[key], d.Place)
			}
		})
	})
	return wanted, leads, err
}
