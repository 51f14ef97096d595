package odata

import (
	"context"
	"errors"
	"runtime"
	"sync"

	"github.com/reportform/reportform/engine/fetch"
	"github.com/reportform/reportform/internal/rawjson"
)

// feed reads one page after the other, ahead of the one who uses them. Pages
// overlap: when the body of a page is there and its link to the next stands
// before its events, as the service writes it, the next is asked for while the
// events are checked. At most three pages are in memory: one in use, one being
// checked, one being received.
type feed struct {
	pager *pager
	links *links
	halve bool
	first string   // the address of the first page
	pages chan fed // closed at the end

	mu   sync.Mutex
	free pool
}

// fed is a page, or why there is none.
type fed struct {
	page     *page
	requests int64
	err      error // the page could not be read
	linkErr  error // the page could, but its link is not followed
}

// inflight is a page that is being read.
type inflight struct {
	page    *page
	address string
	cancel  context.CancelFunc
	// received gives the link at the head of the body, empty for none, when
	// the body is there; done gives the result of read.
	received chan string
	done     chan error
}

// run reads from the first page on, until the last one, an error, or the end of ctx.
func (f *feed) run(ctx context.Context, first string) {
	defer close(f.pages)
	f.first = first
	for current := f.ask(ctx, first); current != nil; {
		ahead := f.askAhead(ctx, current)
		got, next := f.finish(ctx, current)
		if ahead != nil && (next != ahead.address || ctx.Err() != nil) {
			f.abandon(ahead)
			ahead = nil
		}
		select {
		case f.pages <- got:
		case <-ctx.Done():
			f.release(got.page)
			next = ""
			if ahead != nil {
				f.abandon(ahead)
				ahead = nil
			}
		}
		current = ahead
		if current == nil && next != "" {
			current = f.ask(ctx, next)
		}
	}
}

// ask begins to read the page at an address.
func (f *feed) ask(ctx context.Context, address string) *inflight {
	ctx, cancel := context.WithCancel(ctx)
	i := &inflight{page: f.take(), address: address, cancel: cancel, received: make(chan string, 1), done: make(chan error, 1)}
	go func() {
		told := false
		tell := func(link string) {
			if !told {
				told = true
				i.received <- link
			}
		}
		err := f.pager.read(ctx, address, i.page, question{halve: f.halve, later: address != f.first}, func(body []byte) { tell(linkAtHead(body)) })
		tell("")
		i.done <- err
	}()
	return i
}

// askAhead asks for the page that the head of a received one links to, if that
// may be trusted. The link counts only when the page has been checked.
func (f *feed) askAhead(ctx context.Context, current *inflight) *inflight {
	link := <-current.received
	if link == "" {
		return nil
	}
	address, err := f.links.lead(link)
	if err != nil {
		return nil // finish says why
	}
	return f.ask(ctx, address)
}

// finish waits for a page and returns it with the address of the next. A page
// with a link that is not to be followed is asked for once more: the link never.
func (f *feed) finish(ctx context.Context, current *inflight) (got fed, next string) {
	got, next = f.receive(current)
	if got.linkErr == nil || ctx.Err() != nil {
		return got, next
	}
	var pages *fetch.PagesError
	if errors.As(got.linkErr, &pages) {
		return got, ""
	}
	f.pager.logger.Warn("asking for a page again", "error", got.linkErr)
	if f.pager.pause(ctx, 1, nil) != nil {
		return got, ""
	}
	requests := got.requests
	f.release(got.page)
	got, next = f.receive(f.ask(ctx, current.address))
	got.requests += requests
	return got, next
}

// receive waits for a page and checks its link.
func (f *feed) receive(current *inflight) (got fed, next string) {
	defer current.cancel()
	got = fed{page: current.page, err: <-current.done}
	got.requests = current.page.requests
	if got.err != nil {
		return got, ""
	}
	next, err := f.links.next(current.page.NextLink, len(current.page.Items))
	var pages *fetch.PagesError
	switch {
	case errors.As(err, &pages):
		pages.RequestID, pages.ClientRequestID = current.page.requestID, current.page.clientID
	case err != nil:
		err = &fetch.LinkError{Err: err, RequestID: current.page.requestID, ClientRequestID: current.page.clientID}
	}
	got.linkErr = err
	return got, next
}

// abandon ends the reading of a page that is not wanted.
func (f *feed) abandon(i *inflight) {
	i.cancel()
	<-i.done //nolint:errcheck // whatever it is
	f.release(i.page)
}

func (f *feed) take() *page {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.free.take()
}

// release says that a page is no longer in use.
func (f *feed) release(p *page) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.free.release(p)
}

// pool holds pages between uses within one pull.
type pool struct {
	kept  *Pages
	pages []*page
}

func (p *pool) take() *page {
	if last := len(p.pages) - 1; last >= 0 {
		taken := p.pages[last]
		p.pages = p.pages[:last]
		return taken
	}
	return p.kept.get()
}

// release keeps a page for the next one, but not the memory that a giant one
// has taken: that is rare, and the collector, which lets the heap grow to twice
// of what it found in use, is to find it gone.
func (p *pool) release(released *page) {
	if cap(released.body) > giant {
		released = &page{}
		runtime.GC()
	}
	p.pages = append(p.pages, released)
}

func (p *pool) close() {
	for _, unused := range p.pages {
		p.kept.put(unused)
	}
	p.pages = nil
}

// linkAtHead returns the link to the next page if it stands before the events
// in a body, which has not been checked; empty if not.
func linkAtHead(body []byte) string {
	c := rawjson.NewCursor(body)
	if c.Kind() != rawjson.Object {
		return ""
	}
	c.Enter()
	for key, ok := c.NextKey(); ok && string(key) != "value"; key, ok = c.NextKey() {
		value := c.Value()
		if name := string(key); name != "@odata.nextLink" && name != "odata.nextLink" {
			continue
		}
		if rawjson.KindOf(value) != rawjson.String || len(value) < 2 || len(value) > maxLink {
			return ""
		}
		return string(rawjson.AppendString(nil, value))
	}
	return ""
}
