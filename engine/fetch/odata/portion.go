package odata

import (
	"context"
	"fmt"
	"hash/maphash"
	"time"

	"github.com/reportform/reportform/engine/fetch"
	"github.com/reportform/reportform/internal/event"
	"github.com/reportform/reportform/internal/rawjson"
)

// portion is a span that is asked for in one go, and what came of it.
type portion struct {
	span fetch.Span
	// judged counts the timed events since the filter was judged last, and
	// beyond those of them that lie outside the span by more than the margin.
	judged, beyond int
	// stale counts the pages in a row that brought only events known before, or
	// other versions of them; those that brought none count neither way.
	stale int
	good  int             // pages that brought an event that is new
	seen  map[uint64]bool // pages without ids
}

// yieldPage yields the events of a page that belong to the slice and are new,
// though there be none.
func (w *walk) yieldPage(ctx context.Context, p *page, part *portion) error {
	// Where an event that comes twice is recognised, the service's opinion counts
	// about which part of the slice it is in.
	s := part.span
	if w.ids > 0 {
		s = w.whole
	}
	from, to := instantOf(s.From), instantOf(s.To)
	earliest, latest := instantOf(part.span.From.Add(-margin)), instantOf(part.span.To.Add(margin))
	known := 0
	w.fresh, w.batch = 0, w.batch[:0]
	for i := range p.Items {
		item := &p.Items[i]
		at, timed := w.timeOf(item)
		if timed {
			part.judged++
			far := at.before(earliest) || !at.before(latest)
			if far {
				part.beyond++
			}
			if at.before(from) || !at.before(to) {
				if far {
					w.stats.Outside++
				}
				continue
			}
		}
		if w.known(item, at, timed, part) {
			known++
			continue
		}
		e := event.Event{Raw: item.Raw, OneLine: item.OneLine}
		if timed {
			w.countTime(at)
			e.Time = at.time()
		} else if w.request.Time != "" {
			w.stats.Untimed++
		}
		w.batch = append(w.batch, e)
	}
	if part.judged >= enoughToJudge {
		if 2*part.beyond > part.judged {
			return &fetch.PagesError{Kind: fetch.FilterIgnored, RequestID: p.requestID, ClientRequestID: p.clientID, Message: fmt.Sprintf(
				"%s of %s events lie outside of the time that was asked for: the service has ignored the filter %q",
				grouped(int64(part.beyond)), grouped(int64(part.judged)), fetch.Sanitise(condition(w.request, w.wider(part.span)), 200))}
		}
		part.judged, part.beyond = 0, 0
	}
	switch {
	case w.ids == 0 && len(p.Items) > 0 && w.seenPage(p, part), w.fresh == 0 && known+len(w.batch) > 0:
		part.stale++
	case w.fresh > 0:
		part.stale = 0
		part.good++
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	w.stats.Events += int64(len(w.batch))
	if !w.yield(w.batch, nil) {
		return errStopped
	}
	return nil
}

// seenPage reports whether the events of a page came before, as those of one
// page. It is for events without ids.
func (w *walk) seenPage(p *page, part *portion) bool {
	var h maphash.Hash
	h.SetSeed(w.memory.seed)
	for i := range p.Items {
		_, _ = h.Write(p.Items[i].Raw)
	}
	sum := h.Sum64()
	seen := part.seen[sum]
	part.seen[sum] = true
	return seen
}

// timeOf returns the time of an event, false for a snapshot and for an event
// whose time is absent or unreadable.
func (w *walk) timeOf(item *rawjson.Item) (instant, bool) {
	value := item.Time
	if len(w.timePath) > 1 {
		value = rawjson.Lookup(value, w.timePath[1:]...)
	}
	return instantOfJSON(value)
}

// known reports whether an event was yielded before, and remembers it.
func (w *walk) known(item *rawjson.Item, at instant, timed bool, part *portion) bool {
	f, ok := w.memory.fingerprint(item, w.ids)
	if !ok {
		w.nameless = true
		switch {
		case part.span == w.whole || w.request.Time == "":
		case timed && w.shared(at, part) && (at.before(instantOf(part.span.From)) || !at.before(instantOf(part.span.To))):
			return true // another part brings it
		case !timed && w.everywhere(item):
			w.stats.Repeated++
			return true
		}
		w.memory.miss()
		w.fresh++
		return false
	}
	switch w.memory.add(f) {
	case repeated:
		if !w.rereading && !(timed && w.shared(at, part)) {
			w.stats.Repeated++
		}
		return true
	case revision:
		w.stats.Revisions++
	case unknown:
		w.fresh++
	}
	return false
}

// everywhere reports whether an event that has neither an id nor a time came
// with another part of the slice, and remembers it.
func (w *walk) everywhere(item *rawjson.Item) bool {
	sum := maphash.Bytes(w.memory.seed, item.Raw)
	if w.nowhere[sum] {
		return true
	}
	if w.nowhere == nil {
		w.nowhere = map[uint64]bool{}
	}
	if len(w.nowhere) < w.memory.size {
		w.nowhere[sum] = true
	}
	return false
}

// shared reports whether a time is asked for with two parts of the slice.
func (w *walk) shared(at instant, part *portion) bool {
	near := func(border time.Time) bool {
		return !at.before(instantOf(border.Add(-margin))) && at.before(instantOf(border.Add(margin)))
	}
	return part.span.From.After(w.whole.From) && near(part.span.From) || part.span.To.Before(w.whole.To) && near(part.span.To)
}

func (w *walk) countTime(at instant) {
	if !w.timed || at.before(w.first) {
		w.first, w.stats.First = at, at.time()
	}
	if !w.timed || w.last.before(at) {
		w.last, w.stats.Last = at, at.time()
	}
	w.timed = true
}
