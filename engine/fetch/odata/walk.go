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
	// margin is how much more is asked for on both sides of a span: the service
	// may round an event's time over a border, or compare less exactly than it
	// writes. What belongs to the span is decided by the event's own time.
	margin = time.Second
	// maxStale is how many pages in a row may bring only events that came before, in
	// that version or another.
	maxStale = 10
	// enoughToJudge is how many events it takes to tell that a filter is ignored.
	enoughToJudge = 10
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
	client  *Client
	logger  hclog.Logger
	stats   *fetch.Stats
	yield   func([]event.Event, error) bool

	memory *memory
	// nowhere are the hashes of events that have neither an id nor a time, of a
	// span that is read in parts: each part may bring them.
	nowhere map[uint64]bool
	// rereading is set while events come again because a span is read again.
	rereading bool
	nameless  bool // an event lacked a property that identifies it

	timePath    []string // of the time property
	ids         int      // properties that identify an event
	first, last instant  // of the events yielded
	timed       bool     // first and last are set
	free        pool     // pages not in use
	batch       []event.Event
	fresh       int // events of the page at hand that are no revisions of earlier ones
}

func newWalk(reader *Reader, s fetch.Span, stats *fetch.Stats, yield func([]event.Event, error) bool) *walk {
	c, r := &reader.Client, &reader.Request
	w := &walk{
		request: r, whole: s, pager: newPager(c, r), client: c, logger: c.logger(), stats: stats, yield: yield,
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

// before is what has been tried of a span.
type before struct {
	// longest is the longest part of the span that is asked for, 0 for any.
	longest time.Duration
	// again is set when the span is read again because the service lost its
	// place, and inner when it is part of one that was, and lost it twice.
	again, inner bool
	// reached is how far the longest reading got that broke off.
	reached extent
}

// extent is how far a reading got.
type extent struct{ pages, events int }

// read yields the events of a span, in parts that are no longer than the service
// is known to answer for in one go.
func (w *walk) read(ctx context.Context, s fetch.Span, b before) error {
	for {
		part := w.part(s, b.longest)
		if err := w.readPart(ctx, part, b); err != nil {
			return err
		}
		if !part.To.Before(s.To) {
			return nil
		}
		s.From = part.To
	}
}

// part returns the part of a span to read first: all of it where that is not too
// much, else one of some of about the same length.
func (w *walk) part(s fetch.Span, longest time.Duration) fetch.Span {
	if w.request.Time == "" {
		return s
	}
	limit := w.client.Reach.span(w.client.now())
	if longest > 0 && (limit == 0 || longest < limit) {
		limit = longest
	}
	length := s.To.Sub(s.From)
	// Bounds that are moved a little make no span too long.
	if limit == 0 || length <= limit+2*margin || !w.halves(s) {
		return s
	}
	n := min((length-2*margin+limit-1)/limit, length/minSpan)
	s.To = s.From.Add(length / n).Truncate(time.Second)
	return s
}

// readPart yields the events of a span that is asked for in one go. If the
// service does not answer in time, the span is read in halves; if the service
// loses its place, from the start, and if it does so again, in halves, too. Pages
// that stay broken, and links that stay bad, have it read from the start once.
//
// A span within one that is halved for that is not read from the start while it
// has halves itself: so a page that never comes costs a few times the pages of
// the span, and no more.
func (w *walk) readPart(ctx context.Context, s fetch.Span, b before) error {
	mark, length := w.memory.last, s.To.Sub(s.From)
	reached, err := w.readPages(ctx, s, b.reached)
	b.reached = extent{max(b.reached.pages, reached.pages), max(b.reached.events, reached.events)}
	halvable := w.halves(s)
	var badLink *fetch.LinkError
	lost := errors.Is(err, errLostPlace)
	other := errors.As(err, &badLink) || reached.pages > 0 && isKind(err, fetch.BadResponse)
	switch {
	case err == nil:
		if w.request.Time != "" {
			w.client.Reach.answered(length, w.client.now())
		}
		return nil
	case isTimeout(err) && halvable:
		w.logger.Info("the service timed out, reading the slice in halves", "slice", s, "error", err)
		w.client.Reach.timedOut(length)
		b.longest = (length + 1) / 2
		return w.again(mark, err, func() error { return w.read(ctx, s, b) })
	case (lost || other) && !b.again && !(b.inner && lost && halvable && w.ids > 0):
		w.logger.Info("reading broke off, reading the slice from the start", "slice", s, "error", err)
		b.again = true
		return w.again(mark, err, func() error { return w.readPart(ctx, s, b) })
	case lost && halvable && w.ids > 0:
		w.logger.Info("the service lost its place again, reading the slice in halves", "slice", s, "error", err)
		b.again, b.inner, b.longest = false, true, (length+1)/2
		return w.again(mark, err, func() error { return w.read(ctx, s, b) })
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

// readPages yields the events of a span from page to page, and returns how far it
// got. While one page is worked through, the next is checked, and the one after
// it received. Up to where an earlier reading broke off nothing new is to be
// expected: up to as many pages, and where pages are smaller now, as many events.
func (w *walk) readPages(ctx context.Context, s fetch.Span, earlier extent) (reached extent, err error) {
	first := firstURL(w.request, w.wider(s))
	links, err := newLinks(w.request, first)
	if err != nil {
		return reached, err
	}
	links.patience = w.client.patience()
	ctx, cancel := context.WithCancel(ctx)
	f := &feed{pager: w.pager, links: links, halve: w.halves(s), free: w.free, pages: make(chan fed)}
	var feeding sync.WaitGroup
	feeding.Go(func() { f.run(ctx, first) })
	defer func() {
		cancel()
		for unwanted := range f.pages {
			f.release(unwanted.page)
		}
		feeding.Wait()
		w.free = f.free
	}()
	part := portion{span: s, seen: map[uint64]bool{}}
	for n := 1; ; n++ {
		got, ok := <-f.pages
		if !ok {
			return reached, ctx.Err()
		}
		w.stats.Requests += got.requests
		err := got.err
		if err == nil {
			w.countPage(got.page)
			err = got.linkErr
		} else if n > 1 {
			err = ofLaterPage(err)
		}
		if err != nil {
			return reached, fmt.Errorf("page %d of %s: %w", n, s, err)
		}
		if err := w.yieldPage(ctx, got.page, &part); err != nil {
			if errors.Is(err, errStopped) || ctx.Err() != nil {
				return reached, err
			}
			return reached, fmt.Errorf("page %d of %s: %w", n, s, err)
		}
		reached.pages, reached.events = n, reached.events+len(got.page.Items)
		if n <= earlier.pages || n <= 4*earlier.pages && reached.events <= earlier.events {
			part.stale = 0
		}
		// A service that begins again brings as many pages as it had brought.
		if part.stale >= maxStale+part.good && got.page.NextLink != "" {
			return reached, fmt.Errorf("page %d of %s: %w", n, s, &fetch.PagesError{
				Kind: fetch.NoProgress, RequestID: got.page.requestID, ClientRequestID: got.page.clientID,
				Message: fmt.Sprintf("the last %d pages brought only events that had come before, each with a link to another page: the service is going round in circles", part.stale),
			})
		}
		f.release(got.page)
	}
}

// wider returns what is asked for to get all of a span: a margin more on both
// sides, but nothing from before what the service keeps, and nothing from the
// future.
func (w *walk) wider(s fetch.Span) fetch.Span {
	if w.request.Time == "" {
		return s
	}
	asked := fetch.Span{From: s.From.Add(-margin), To: s.To.Add(margin)}
	now := w.client.now()
	if kept := w.request.Kept; kept != nil && asked.From.Before(kept(now)) {
		asked.From = s.From
	}
	if asked.To.After(now) {
		asked.To = s.To
	}
	return asked
}

func (w *walk) countPage(p *page) {
	w.stats.Pages++
	w.stats.Bytes += int64(len(p.body))
	if w.stats.FirstRequestID == "" {
		w.stats.FirstRequestID = p.requestID
	}
	w.stats.LastRequestID = p.requestID
}

func isTimeout(err error) bool { return isKind(err, fetch.Timeout) }

func isKind(err error, kind fetch.Kind) bool {
	var e *fetch.ServiceError
	return errors.As(err, &e) && e.Kind == kind
}

// ofLaterPage says of an answer to a link to a next page what it means there. The
// first page had the same filter and the same credential, so that both are good,
// whatever the answer says of them.
func ofLaterPage(err error) error {
	var e *fetch.ServiceError
	switch {
	case !errors.As(err, &e):
	case losesPlace(e):
		e.Kind = fetch.Unavailable
		return fmt.Errorf("%w: %w", errLostPlace, err)
	case e.Kind == fetch.Unauthorised:
		e.Kind = fetch.Unavailable
	}
	return err
}

// losesPlace reports whether an answer to the link to a next page may mean that
// the service knows the link no longer.
func losesPlace(e *fetch.ServiceError) bool {
	switch e.Status {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusGone:
		return true
	}
	return false
}
