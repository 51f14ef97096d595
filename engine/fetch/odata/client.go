// Package odata is the source of what Microsoft's directories report in pages
// of OData: it builds the requests, follows the pages, distrusts what comes
// back and yields events. It knows two dialects, which differ in how they are
// addressed.
package odata

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/reportform/reportform/engine/fetch"
	"github.com/reportform/reportform/internal/event"
)

// Reader reads one report of one tenant. It is a fetch.Source.
type Reader struct {
	Client  Client
	Request Request
}

// Client is how reports are read.
type Client struct {
	// HTTP sends the requests. Its transport authorises, paces and retries
	// them; of its settings CheckRedirect is not used.
	HTTP   *http.Client
	Logger hclog.Logger // nil for none
	// MaxPageBytes bounds a page, uncompressed: a pull with a larger one
	// fails. 0 is for 256 MiB.
	MaxPageBytes int64
	// Backoff is the wait before a page is read again for the first time; it
	// doubles with each further time. 0 is for one second.
	Backoff time.Duration

	// Patience is how long pages without an event are followed, one after the
	// other, and how long a page is asked for again that stops arriving, before the
	// pull fails. 0 is for one hour.
	Patience time.Duration
	// Reach, if set, knows how long a span the service answers for in one go.
	Reach *Reach
	// Now is the clock; nil for the machine's.
	Now func() time.Time

	// Pages, if set, keeps the memory of pages for the next pull.
	Pages *Pages

	// remember replaces generationSize where it is not 0.
	remember int
}

// Pages keeps memory between pulls. The zero value is ready; it may be shared
// by many clients.
type Pages struct{ pool sync.Pool }

// giant is the size in bytes above which the memory of a page is not kept.
const giant = 8 << 20

// get returns a page with or without memory. A nil Pages has none.
func (p *Pages) get() *page {
	if p != nil {
		if kept, ok := p.pool.Get().(*page); ok {
			return kept
		}
	}
	return &page{}
}

// put takes a page that nobody uses any more. Memory that a giant page has
// taken is not kept.
func (p *Pages) put(used *page) {
	if p != nil && cap(used.body) <= giant {
		p.pool.Put(used)
	}
}

const (
	defaultMaxPageBytes = 256 << 20
	defaultBackoff      = time.Second
	defaultPatience     = time.Hour
)

// Events implements fetch.Source: a batch is what is new of a page, in the order of
// the service within each span that it can read in one go. The span of a
// snapshot is not used.
//
// While a batch is being used, the next page is read. Memory is bounded by
// three pages and by what is needed to recognise events that come again.
func (r *Reader) Events(ctx context.Context, s fetch.Span, stats *fetch.Stats) iter.Seq2[[]event.Event, error] {
	return func(yield func([]event.Event, error) bool) {
		if r.Request.Time == "" {
			s = fetch.Span{}
		}
		w := newWalk(r, s, stats, yield)
		defer w.close()
		if err := w.read(ctx, s, before{}); err != nil && !errors.Is(err, errStopped) {
			yield(nil, err)
		}
	}
}

// logger returns the client's logger, never nil.
func (c *Client) logger() hclog.Logger {
	if c.Logger == nil {
		return hclog.NewNullLogger()
	}
	return c.Logger
}

func (c *Client) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

func (c *Client) patience() time.Duration {
	if c.Patience == 0 {
		return defaultPatience
	}
	return c.Patience
}
