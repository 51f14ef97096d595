package odata

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/reportform/reportform/engine/fetch"
	"github.com/reportform/reportform/internal/event"
	"github.com/reportform/reportform/internal/rawjson"
)

const (
	// minSpan is the shortest span that is read by itself when the service
	// cannot answer for a longer one.
	minSpan = time.Minute
	// maxRestarts is how often the reading of one span begins again because
	// the service lost its place.
	maxRestarts = 2
)

var (
	// errStopped says that the consumer wants no more events.
	errStopped = errors.New("stopped")
	// errLostPlace says that a link to a next page leads nowhere.
	errLostPlace = errors.New("the service lost its place between pages")
)

// walk reads the events of one span of a request, once.
type walk struct {
	request *Request
	whole   fetch.Span // what is asked for
	pager   *pager
	logger  hclog.Logger
	stats   *fetch.Stats
	yield   func([]event.Event, error) bool

	memory *memory
	// rereading is set while events come again because a span is read again.
	rereading bool
	nameless  bool // an event lacked a property that identifies it

	timePath    []string // of the time property
	ids         int      // properties that identify an event
	first, last instant  // of the events yielded
	timed       bool     // first and last are set
	free        pool     // pages not in use
	batch       []event.Event
}

func newWalk(reader *Reader, s fetch.Span, stats *fetch.Stats, yield func([]event.Event, error) bool) *walk {
	c, r := &reader.Client, &reader.Request
	w := &walk{
		request: r, whole: s, pager: newPager(c, r), logger: c.logger(), stats: stats, yield: yield,
		free:     pool{kept: c.Pages},
		timePath: timePath(r), ids: idCount(r),
	}
	size := c.remember
	if size == 0 {
		size = generationSize
	}
	w.memory = newMemory(size)
	return w
}

// close gives back what the walk used. Nothing reads into its pages any more.
func (w *walk) close() {
	w.free.close()
}

// timePath returns the names that lead to the time property, at least one.
func timePath(r *Request) []string { return strings.Split(r.Time, "/") }

// idCount returns how many properties identify an event.
func idCount(r *Request) int { return min(len(r.ID), len(rawjson.Item{}.ID)) }

// read yields the events of a span. If the service cannot answer for it in one
// go, its halves are read, one after the other; if the service loses its place,
// the span is read from the start, unless it was restarts times.
func (w *walk) read(ctx context.Context, s fetch.Span, restarts int) error {
	mark := w.memory.last
	err := w.readPages(ctx, s)
	switch {
	case isTimeout(err) && w.halves(s):
		w.logger.Info("the service timed out, reading the slice in halves", "slice", s, "error", err)
		middle := s.From.Add(s.To.Sub(s.From) / 2).Truncate(time.Second)
		return w.again(mark, err, func() error {
			if err := w.read(ctx, fetch.Span{From: s.From, To: middle}, 0); err != nil {
				return err
			}
			return w.read(ctx, fetch.Span{From: middle, To: s.To}, 0)
		})
	case errors.Is(err, errLostPlace) && restarts < maxRestarts:
		w.logger.Info("the service lost its place, reading the slice from the start", "slice", s, "error", err)
		return w.again(mark, err, func() error { return w.read(ctx, s, restarts+1) })
	default:
		return err
	}
}

// halves reports whether a span has halves to read by themselves.
func (w *walk) halves(s fetch.Span) bool {
	return w.request.Time != "" && s.To.Sub(s.From) >= 2*minSpan
}

// again reads a span again, which failed with cause after the events behind the
// one numbered mark were yielded. Those are dropped when they come again.
func (w *walk) again(mark int64, cause error, read func() error) error {
	yielded := w.memory.last - mark
	if yielded == 0 {
		return read()
	}
	if !w.memory.remembersSince(mark) {
		why := "no more than " + grouped(int64(w.memory.size)) + " are remembered"
		switch {
		case w.ids == 0:
			why = "this report has no ids"
		case w.nameless:
			why = "some have no id"
		}
		return fmt.Errorf("reading broke off after %s events and cannot begin again, because these could not be told from new ones, as %s: use shorter slices: %w",
			grouped(yielded), why, cause)
	}
	held, rereading := w.memory.held, w.rereading
	w.memory.held, w.rereading = true, true
	defer func() { w.memory.held, w.rereading = held, rereading }()
	return read()
}

// readPages yields the events of a span from page to page. While one page is
// worked through, the next is checked, and the one after it received.
func (w *walk) readPages(ctx context.Context, s fetch.Span) error {
	links, err := newLinks(w.request, firstURL(w.request, s))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	f := &feed{pager: w.pager, links: links, halve: w.halves(s), free: w.free, pages: make(chan fed)}
	var feeding sync.WaitGroup
	feeding.Go(func() { f.run(ctx, firstURL(w.request, s)) })
	defer func() {
		cancel()
		for unwanted := range f.pages {
			f.release(unwanted.page)
		}
		feeding.Wait()
		w.free = f.free
	}()
	for n := 1; ; n++ {
		got, ok := <-f.pages
		if !ok {
			return ctx.Err()
		}
		w.stats.Requests += got.requests
		err := got.err
		if err == nil {
			w.countPage(got.page)
			err = got.linkErr
		} else if n > 1 {
			err = lostPlace(err)
		}
		if err != nil {
			return fmt.Errorf("page %d of %s: %w", n, s, err)
		}
		if err := w.yieldPage(ctx, got.page, s); err != nil {
			return err
		}
		f.release(got.page)
	}
}

func (w *walk) countPage(p *page) {
	w.stats.Pages++
	w.stats.Bytes += int64(len(p.body))
	if w.stats.FirstRequestID == "" {
		w.stats.FirstRequestID = p.requestID
	}
	w.stats.LastRequestID = p.requestID
}

// yieldPage yields the events of a page that belong to the span and are new,
// though there be none.
func (w *walk) yieldPage(ctx context.Context, p *page, s fetch.Span) error {
	// Where an event that comes twice is recognised, the service's opinion
	// counts about which half of the slice it is in.
	if w.ids > 0 {
		s = w.whole
	}
	from, to := instantOf(s.From), instantOf(s.To)
	w.batch = w.batch[:0]
	for i := range p.Items {
		item := &p.Items[i]
		at, timed := w.timeOf(item)
		if timed && (at.before(from) || !at.before(to)) {
			w.stats.Outside++
			continue
		}
		if w.known(item) {
			continue
		}
		e := event.Event{Raw: item.Raw, OneLine: item.OneLine}
		if timed {
			w.countTime(at)
			e.Time = at.time()
		}
		w.batch = append(w.batch, e)
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
func (w *walk) known(item *rawjson.Item) bool {
	f, ok := w.memory.fingerprint(item, w.ids)
	if !ok {
		w.nameless = true
		w.memory.miss()
		return false
	}
	switch w.memory.add(f) {
	case repeated:
		if !w.rereading {
			w.stats.Repeated++
		}
		return true
	case revision:
		w.stats.Revisions++
	}
	return false
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

func isTimeout(err error) bool {
	var e *fetch.ServiceError
	return errors.As(err, &e) && e.Kind == fetch.Timeout
}

// lostPlace marks an answer to a link to a next page that means that the link
// is no longer good. The first page had the same filter, so that a bad request
// is about the rest of the link, and no fault of the request's.
func lostPlace(err error) error {
	var e *fetch.ServiceError
	if errors.As(err, &e) && e.Status == http.StatusBadRequest {
		switch e.Code {
		case "DirectoryPageTokenNotFoundException", "Directory_ExpiredPageToken", "BadRequest", "UnknownError":
			e.Kind = fetch.Unavailable
			return fmt.Errorf("%w: %w", errLostPlace, err)
		}
	}
	return err
}
