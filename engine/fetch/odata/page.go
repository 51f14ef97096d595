package odata

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/reportform/reportform/engine/fetch"
	"github.com/reportform/reportform/internal/bom"
	"github.com/reportform/reportform/internal/rawjson"
	"github.com/reportform/reportform/internal/sleep"
)

// maxErrorBody is how much of an error response is read, in bytes.
const maxErrorBody = 64 << 10

// page is a page with the memory that it is read into. It is reused.
type page struct {
	rawjson.Page
	body      []byte
	requestID string
	clientID  string // client-request-id
	requests  int64  // how often the page was asked for
}

// pager reads single pages. It is safe for concurrent use.
type pager struct {
	http     *http.Client
	protocol Protocol
	logger   hclog.Logger
	header   http.Header
	keys     rawjson.Keys
	maxBytes int64
	backoff  time.Duration
	patience time.Duration
	// blanks says that the service refused a link as it wrote it, with plus signs
	// for blanks, and took it with %20.
	blanks atomic.Bool
	// answered is set when a page has come.
	answered atomic.Bool
}

func newPager(c *Client, r *Request) *pager {
	p := &pager{
		http: sameServerClient(c.HTTP), protocol: r.Protocol, logger: c.logger(), header: http.Header{},
		keys:     rawjson.Keys{Time: timePath(r)[0], ID: r.ID[:idCount(r)]},
		maxBytes: c.MaxPageBytes, backoff: c.Backoff, patience: c.patience(),
	}
	if p.maxBytes == 0 {
		p.maxBytes = defaultMaxPageBytes
	}
	if p.backoff == 0 {
		p.backoff = defaultBackoff
	}
	p.header.Set("Accept", "application/json")
	for name, value := range r.Headers {
		p.header.Set(name, value)
	}
	return p
}

// sameServerClient returns a copy of a client that follows redirects within
// one scheme and host alone; others are left as they are. A token that the
// transport adds goes nowhere else.
func sameServerClient(c *http.Client) *http.Client {
	const maxRedirects = 5
	same := *c
	same.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects || serverOf(req.URL) != serverOf(via[0].URL) {
			return http.ErrUseLastResponse
		}
		return nil
	}
	return &same
}

// question is which page is asked for.
type question struct {
	// halve says that there is something better to do about a timeout than to ask
	// again, so that it is returned at once.
	halve bool
	// later says that the page is not the first: the service gave its address.
	later bool
}

// read reads the page at a URL into p, more than once where that can help.
//
// received is called with a body that is there and is still to be checked.
func (g *pager) read(ctx context.Context, address string, p *page, of question, received func(body []byte)) error {
	p.requests = 0
	once := func(address string) error {
		p.requests++
		return g.readOnce(ctx, address, p, received)
	}
	link := address
	other, otherwise := otherBlanks(address)
	if otherwise = otherwise && of.later; otherwise && g.blanks.Load() {
		address, other = other, address
	}
	var stalling time.Time // since when the page stops arriving
	for try := 1; ; {
		began := time.Now()
		err := once(address)
		if otherwise && isStatus(err, http.StatusBadRequest) && ctx.Err() == nil {
			otherwise = false
			g.logger.Warn("asking for a page with its blanks written otherwise", "error", err)
			if once(other) == nil {
				g.blanks.Store(other != link)
				return nil
			}
		}
		switch {
		case err == nil, ctx.Err() != nil:
			return err
		case stalls(err):
			if stalling.IsZero() {
				stalling = began
			}
			if time.Since(stalling) >= g.patience {
				return err
			}
		case try >= tries(err, of, g.answered.Load()):
			return err
		default:
			try++
		}
		g.logger.Warn("asking for a page again", "try", p.requests+1, "error", err)
		if g.pause(ctx, try-1, err) != nil {
			return err
		}
	}
}

// pause waits before a page is asked for again that failed with err for the nth time.
func (g *pager) pause(ctx context.Context, n int, err error) error {
	delay := g.backoff
	switch {
	case stalls(err): // which was wait enough
	case fetch.Flaps(err):
		delay *= refusedWait
	default:
		delay <<= n - 1
	}
	return sleep.For(ctx, delay+rand.N(delay/2+1))
}

// tries returns how often in all a page is asked for that failed with err, when
// others have been answered or not.
func tries(err error, of question, answered bool) int {
	var e *fetch.ServiceError
	if !errors.As(err, &e) {
		return 1
	}
	if of.later && losesPlace(e) {
		return 2
	}
	switch e.Kind {
	case fetch.BadResponse:
		return 3
	case fetch.Timeout:
		switch {
		case !of.halve:
			return 3
		case of.later: // the first one came
			return 2
		}
		return 1
	}
	// Refusals come and go. What to make of one in the place of an answer to the
	// first question is for whoever asks.
	if e.Kind.Flaps() && answered {
		return 2
	}
	return 1
}

// refusedWait is how many times the first wait it takes until a page that was
// refused is asked for again.
const refusedWait = 10

// stalls reports whether a page has stopped arriving. It is asked for again as
// long as patience lasts, like an answer that does not come for any other reason
// that may pass.
func stalls(err error) bool {
	_, ok := errors.AsType[interface {
		error
		Stalled()
	}](err)
	return ok && !isFinal(err)
}

// isFinal reports whether an error ends everything that belongs together.
func isFinal(err error) bool {
	_, ok := errors.AsType[interface {
		error
		Final()
	}](err)
	return ok
}

func isStatus(err error, status int) bool {
	var e *fetch.ServiceError
	return errors.As(err, &e) && e.Status == status
}

// readOnce asks for the page at a URL and reads and checks it.
func (g *pager) readOnce(ctx context.Context, address string, p *page, received func(body []byte)) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fmt.Errorf("the request cannot be made: %w", err)
	}
	req.Header = g.header.Clone()
	resp, err := g.http.Do(req)
	if err != nil {
		return sendError(ctx, address, err)
	}
	defer resp.Body.Close()
	p.requestID, p.clientID = fetch.RequestID(resp), fetch.ClientRequestID(resp)
	if resp.StatusCode != http.StatusOK {
		// What there is of the body may help, and is not needed.
		p.body, _ = readAll(io.LimitReader(resp.Body, maxErrorBody), p.body, maxErrorBody)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		e := fetch.NewServiceError(resp, address, p.body)
		if j, ok := g.protocol.(judge); ok {
			j.judge(e)
		}
		if to, err := resp.Location(); err == nil && resp.StatusCode < 400 {
			e.Message = "it redirects to " + fetch.Sanitise(to.Scheme+"://"+to.Host, 200) + ", where no token is sent"
		}
		return e
	}
	p.body, err = readAll(resp.Body, sized(p.body, resp.ContentLength), g.maxBytes)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, errTooLarge) {
		return fmt.Errorf("a page is larger than %s bytes%s: ask for smaller ones with page_size", grouped(g.maxBytes), fetch.IDs(p.requestID, p.clientID))
	}
	if isFinal(err) {
		return err
	}
	if err == nil && resp.ContentLength >= 0 && int64(len(p.body)) != resp.ContentLength {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return fetch.NewBadResponse(resp, address, nil, "the response broke off after "+grouped(int64(len(p.body)))+" bytes: "+fetch.Sanitise(err.Error(), 200), err)
	}
	text := bom.Trim(p.body)
	g.answered.Store(true)
	received(text)
	if err := p.Split(text, &g.keys); err != nil {
		return fetch.NewBadResponse(resp, address, nil, unusable(resp, text, err), err)
	}
	if p.Error != nil {
		return fetch.NewBadResponse(resp, address, p.Error, "an error stands within a response with status 200", nil)
	}
	if !p.HasValue {
		return fetch.NewBadResponse(resp, address, nil, unusable(resp, text, errors.New(`it has no array "value"`)), nil)
	}
	return nil
}

// sendError describes a request that got no response.
func sendError(ctx context.Context, address string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	// The URL says little and has the filter in it.
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	if timedOut(err) {
		return fetch.NewTimeout(address, err)
	}
	return err
}

// timedOut reports whether the service took too long over an answer. A
// connection that does not come about is something else, and so is a token
// that does not: that can be a context.DeadlineExceeded, while the timeouts of
// net/http only compare to it.
func timedOut(err error) bool {
	var (
		op      *net.OpError
		dns     *net.DNSError
		timeout net.Error
	)
	return !errors.As(err, &op) && !errors.As(err, &dns) && errors.As(err, &timeout) &&
		error(timeout) != context.DeadlineExceeded && errors.Is(timeout, context.DeadlineExceeded) //nolint:errorlint // the two differ in just what is asked
}

// unusable says what came where a page should have: how it begins, or where it
// breaks in the midst of it, what stands there.
func unusable(resp *http.Response, body []byte, why error) string {
	contentType := fetch.Sanitise(resp.Header.Get("Content-Type"), 100)
	if contentType == "" {
		contentType = "no content type"
	}
	const beginning, lead, tail = 80, 40, 240
	quote := func(part []byte, limit int) string { return fetch.Sanitise(string(part), limit) }
	text := fmt.Sprintf("%s; it has %s bytes (%s) and ", fetch.Sanitise(why.Error(), 200), grouped(int64(len(body))), contentType)
	var syntax *rawjson.SyntaxError
	if !errors.As(why, &syntax) || syntax.Offset < beginning {
		return text + fmt.Sprintf("begins with %q", quote(body[:min(len(body), 4*beginning)], beginning))
	}
	at := min(syntax.Offset, len(body))
	if at == len(body) {
		return text + fmt.Sprintf("ends with %q", quote(body[max(0, at-2*lead):], 2*lead))
	}
	return text + fmt.Sprintf("goes on there, after %q, with %q", quote(body[max(0, at-lead):at], lead), quote(body[at:min(len(body), at+tail)], tail))
}

// sized returns memory for a body of the announced length, if that is known
// and no fancy. One byte more is needed to see the end.
func sized(buf []byte, length int64) []byte {
	const most = 16 << 20
	if length >= int64(cap(buf)) && length < most {
		return make([]byte, 0, length+1)
	}
	return buf
}

var errTooLarge = errors.New("too large")

// readAll reads all of r into the memory of buf, which grows as needed, and
// returns what it read. More than limit bytes are errTooLarge.
func readAll(r io.Reader, buf []byte, limit int64) ([]byte, error) {
	const least = 64 << 10
	buf = buf[:0]
	for {
		if len(buf) == cap(buf) {
			more := min(int64(max(least, len(buf))), limit-int64(len(buf))+1)
			buf = slices.Grow(buf, int(more))
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		switch {
		case int64(len(buf)) > limit:
			return buf, errTooLarge
		case err == io.EOF:
			return buf, nil
		case err != nil:
			return buf, err
		}
	}
}

// grouped writes a number with its thousands apart.
func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	var b bytes.Buffer
	for i, c := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	return b.String()
}
