package transport

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// tryAgainAfter is how long after patience was over, or a host was given up, a
// single request finds out whether that is still so. Until then nobody asks.
const tryAgainAfter = 5 * time.Minute

// PatienceError ends a request because nothing useful came for as long as
// patience lasts, or because the service asks to wait for longer.
type PatienceError struct {
	For   time.Duration // without a useful answer
	Limit time.Duration // how long patience lasts
	// Asked is the wait that the service asks for where that is longer than what
	// is left of patience; 0 otherwise.
	Asked time.Duration
	// Last is what came last: the answer or the failure.
	Last error
}

func (e *PatienceError) Error() string {
	if e.Asked > 0 {
		return fmt.Sprintf("the service asks to wait for %s, longer than patience lasts (%s of %s are used up): %v", length(e.Asked), length(e.For), length(e.Limit), e.Last)
	}
	return fmt.Sprintf("no useful answer for %s: %v", length(e.For), e.Last)
}

// Final marks what ends everything that belongs together: to ask again now is no use.
func (e *PatienceError) Final() {}

// Unwrap returns Last.
func (e *PatienceError) Unwrap() error { return e.Last }

// Advice says in full sentences what the user can do.
func (e *PatienceError) Advice() string {
	if e.Asked > 0 {
		return "Run apply again when that time is over, or wait longer with -patience=" + flagLength(e.Asked+e.For) + "."
	}
	return "Run apply again later: what is held stays, and it goes on from there. If the service is that slow often, wait longer with -patience=" + flagLength(2*e.Limit) + "."
}

// length is a time as people read it: 58m12s, 1h, 250ms.
func length(d time.Duration) string {
	unit := time.Second
	if d < time.Second {
		unit = time.Millisecond
	}
	return trimLength(d.Round(unit))
}

// flagLength is a time for a flag, rounded up to what one would type.
func flagLength(d time.Duration) string {
	unit := time.Second
	switch {
	case d > time.Hour:
		unit = time.Hour
	case d > time.Minute:
		unit = time.Minute
	}
	return trimLength((d + unit - 1).Truncate(unit))
}

// trimLength is String without parts that are zero at the end.
func trimLength(d time.Duration) string {
	s := d.String()
	if d >= time.Minute && d%time.Minute == 0 {
		s = s[:len(s)-len("0s")]
	}
	if d >= time.Hour && d%time.Hour == 0 {
		s = s[:len(s)-len("0m")]
	}
	return s
}

// Patience is how long requests that belong together go on without a useful
// answer: those of one application in one tenant to one API. It is counted from
// the first request that got none, and a useful answer to any of them ends the
// count: one whose body came, to its end. When it is over all of them end, with one error; for some minutes
// further ones end at once, and then one is sent to see.
//
// It is safe for concurrent use.
type Patience struct {
	limit time.Duration

	mu    sync.Mutex
	since time.Time // zero while nothing is amiss
	last  error     // what came last, since then
	over  *PatienceError
	again time.Time // when a request may see whether it still is
	alive living
}

// NewPatience returns patience that lasts so long; 0 is for none.
func NewPatience(limit time.Duration) *Patience { return &Patience{limit: limit} }

// begin returns the error of patience that is over. Nil patience has none.
func (p *Patience) begin(now time.Time) error {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over == nil {
		return nil
	}
	if now.Before(p.again) {
		return p.over
	}
	p.again = now.Add(tryAgainAfter)
	p.alive = living{}
	return nil
}

// amiss reports whether something came to nothing since the last useful answer.
func (p *Patience) amiss() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.since.IsZero()
}

// useful says that a useful answer came.
func (p *Patience) useful() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over != nil {
		p.alive = living{}
	}
	p.since, p.last, p.over, p.again = time.Time{}, nil, nil, time.Time{}
}

// failed says that what was begun at a time came to nothing, and why; asked is the
// wait that the service asks for, 0 for none. It returns how much of patience is
// left, or an error if it is over, or would be before that wait is.
func (p *Patience) failed(began, now time.Time, last error, asked time.Duration) (left time.Duration, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = last
	return p.spend(began, now, asked)
}

// heldBack says that a request waits because of what happened to another one,
// which is told to wait for a time, or 0. The error is as that of failed.
func (p *Patience) heldBack(now time.Time, last error, asked time.Duration) error {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last == nil {
		p.last = last
	}
	_, err := p.spend(now, now, asked)
	return err
}

// spend is the rest of failed and heldBack. p.mu is held.
func (p *Patience) spend(began, now time.Time, asked time.Duration) (left time.Duration, err error) {
	if p.since.IsZero() {
		p.since = began
	}
	gone := now.Sub(p.since)
	if left = p.limit - gone; left > 0 && left >= asked {
		return left, nil
	}
	e := &PatienceError{For: gone, Limit: p.limit, Last: p.last}
	if left > 0 {
		e.Asked = asked
	}
	p.over, p.again = e, now.Add(tryAgainAfter)
	p.alive.end(e)
	return 0, e
}

// while returns ctx as it is until patience is over: then it ends with the
// error as its cause. stop is to be called at the end.
func (p *Patience) while(ctx context.Context) (during context.Context, stop func()) {
	if p == nil {
		return ctx, func() {}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.alive.while(ctx)
}

// both is patience with those who ask, and with the host whatever they ask: a
// host that has brought nothing useful to anybody for so long is waited for by
// nobody else. host may be nil.
type both struct{ own, host *Patience }

func (p *Patience) with(h *host) both {
	if h == nil {
		return both{own: p}
	}
	return both{p, h.patience}
}

// begin returns the error of patience that is over. Who has not failed yet asks
// the host once, whatever others have found.
func (b both) begin(now time.Time) error {
	if err := b.own.begin(now); err != nil || !b.own.amiss() {
		return err
	}
	return b.host.begin(now)
}

func (b both) useful() {
	b.own.useful()
	b.host.useful()
}

func (b both) failed(began, now time.Time, last error, asked time.Duration) (left time.Duration, err error) {
	left, err = b.own.failed(began, now, last, asked)
	if b.host == nil {
		return left, err
	}
	// What the service asks of one is not what it asks of all.
	hostLeft, hostErr := b.host.failed(began, now, last, 0)
	if err == nil {
		left, err = min(left, hostLeft), hostErr
	}
	return left, err
}

func (b both) while(ctx context.Context) (during context.Context, stop func()) {
	during, stopOwn := b.own.while(ctx)
	during, stopHost := b.host.while(during)
	return during, func() {
		stopHost()
		stopOwn()
	}
}

// judge says of an answer to a request that began at a time whether it was useful,
// when that is known: at the end of its body.
func (b both) judge(resp *http.Response, ctx context.Context, began time.Time) {
	if _, ok := resp.Body.(arrived); ok || resp.Body == nil || resp.Body == http.NoBody {
		b.useful()
		return
	}
	resp.Body = &judged{ReadCloser: resp.Body, ctx: ctx, patience: b, began: began, id: resp.Header.Get(headerClientRequestID)}
}

// judged is the body of an answer of which it is not known yet whether it is
// useful. One that is closed before its end says nothing of that.
type judged struct {
	io.ReadCloser
	ctx      context.Context
	patience both
	began    time.Time
	id       string // client-request-id
	known    bool
	over     error // of patience
}

// Read implements io.Reader. The error is a *PatienceError where patience is over.
func (j *judged) Read(p []byte) (int, error) {
	n, err := j.ReadCloser.Read(p)
	switch {
	case err == nil, j.ctx.Err() != nil:
	case j.known:
		err = cmp.Or(j.over, err)
	case errors.Is(err, io.EOF):
		j.known = true
		j.patience.useful()
	default:
		j.known = true
		if _, j.over = j.patience.failed(j.began, time.Now(), &attemptError{id: j.id, err: err}, 0); j.over != nil {
			err = j.over
		}
	}
	return n, err
}

// belonging is what requests have in common that belong together.
type belonging struct{ app, directory, api string }

// Patiences are those of a process, by what belongs together.
type Patiences struct {
	limit time.Duration

	mu sync.Mutex
	of map[belonging]*Patience
}

// NewPatiences returns Patiences that last so long each.
func NewPatiences(limit time.Duration) *Patiences {
	return &Patiences{limit: limit, of: map[belonging]*Patience{}}
}

// For returns the patience with an application's requests to an API in a
// directory: always the same one.
func (p *Patiences) For(app, directory, api string) *Patience {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := belonging{app, directory, api}
	if p.of[key] == nil {
		p.of[key] = NewPatience(p.limit)
	}
	return p.of[key]
}

// living is what those who wait live by: it ends for all of them with one
// cause. The zero value lives. Its owner locks it.
type living struct {
	ctx  context.Context
	quit context.CancelCauseFunc
}

func (l *living) open() {
	if l.ctx == nil {
		l.ctx, l.quit = context.WithCancelCause(context.Background())
	}
}

// end ends it, with a cause.
func (l *living) end(cause error) {
	l.open()
	l.quit(cause)
}

// while returns a context that ends with ctx, and with what is living. Who begins
// when that has ended already, to see, lives on.
func (l *living) while(ctx context.Context) (context.Context, func()) {
	if l.open(); l.ctx.Err() != nil {
		return ctx, func() {}
	}
	during, cancel := context.WithCancelCause(ctx)
	alive := l.ctx
	stop := context.AfterFunc(alive, func() { cancel(context.Cause(alive)) })
	return during, func() {
		stop()
		cancel(context.Canceled)
	}
}

// why is the error of a wait that ended before its time, during a context made
// by while: that of the request's own context, or the cause of the other.
func why(ctx, during context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return context.Cause(during)
}
