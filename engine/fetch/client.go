package fetch

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/reportform/reportform/internal/event"
)

// Client reads reports. It may be used for many pulls at once if Advance may
// be called from many goroutines.
type Client struct {
	// HTTP sends the requests. Its transport authorises, paces and retries
	// them; of its settings CheckRedirect is not used.
	HTTP   *http.Client
	Logger hclog.Logger // nil for none
	// MaxPageBytes bounds a page, uncompressed: a pull with a larger one
	// fails. 0 is for 256 MiB.
	MaxPageBytes int64
	// Advance, if set, is called after each page, by the goroutine that ranges
	// over the events, with what was counted so far.
	Advance func(Stats)
	// Backoff is the wait before a page is read again for the first time; it
	// doubles with each further time. 0 is for one second.
	Backoff time.Duration

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
)

// Events returns the events that the request asks for, some at a time, in the
// order of the service within each slice that it can read in one go. A batch is
// never empty, and may be used until the next one is asked for. An error ends
// them: it is yielded once, without events. What was yielded before is then not
// all.
//
// While a batch is being used, the next page is read. Nothing of that outlives
// the range. Memory is bounded by two pages and by what is needed to recognise
// events that come again.
//
// The error is a *ServiceError, wrapped, where the service refused, failed or
// sent something unusable; one that wraps ctx's error after ctx has ended; or
// another that says what is wrong.
func (c *Client) Events(ctx context.Context, req *Request, stats *Stats) iter.Seq2[[]event.Event, error] {
	return func(yield func([]event.Event, error) bool) {
		w := newWalk(c, req, stats, yield)
		defer w.close()
		slice := span{req.From, req.To}
		if req.Time == "" {
			slice = span{}
		}
		if err := w.read(ctx, slice, 0); err != nil && !errors.Is(err, errStopped) {
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
