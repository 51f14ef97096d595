package transport

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// headerClientRequestID is set anew for every attempt: Microsoft's support
// finds a request by it, also one that was never answered.
const headerClientRequestID = "client-request-id"

// ErrNoAnswer is in the errors of requests that the service took and did not
// answer in time. Like a 504 it is not retried: the same question would take
// as long again, and the caller does better to ask for less.
var ErrNoAnswer = errors.New("the service did not answer in time")

// ErrStalled is in the errors of bodies that stopped arriving. It has a method
// Stalled, by which those know it who do not know this package.
var ErrStalled error = stalled{}

type stalled struct{}

func (stalled) Error() string { return "the service stopped sending" }

func (stalled) Stalled() {}

const (
	// bodySilence is how long a body may bring nothing before it is broken off,
	// and answerSilence how long a small answer may not begin.
	bodySilence   = time.Minute
	answerSilence = time.Minute
	// bodyTime is how long a body may take in all, if something does arrive.
	bodyTime = time.Hour
	// maxSmall bounds a small answer. Of a longer one the beginning is passed on,
	// and one byte more.
	maxSmall = 1 << 20
)

// attempt completes the headers of one attempt, tells the failures of the
// network apart, and breaks off what does not arrive.
type attempt struct {
	next      http.RoundTripper
	userAgent string
	small     bool
	quiet     quiet
}

func (a *attempt) RoundTrip(req *http.Request) (*http.Response, error) {
	id := newGUID()
	ctx, cancel := context.WithCancelCause(req.Context())
	sent := req.Clone(ctx)
	sent.Header.Set(headerClientRequestID, id)
	if sent.Header.Get("Accept") == "" {
		sent.Header.Set("Accept", "application/json")
	}
	if sent.Header.Get("User-Agent") == "" && a.userAgent != "" {
		sent.Header.Set("User-Agent", a.userAgent)
	}
	resp, err := a.head(sent, cancel)
	if err == nil && resp.StatusCode == http.StatusProxyAuthRequired {
		_ = resp.Body.Close()
		err = &ProxyError{Status: resp.StatusCode}
	}
	if err != nil {
		err = a.failed(req.Context(), ctx, id, err)
		cancel(nil)
		return nil, err
	}
	resp.Request = req
	if resp.Header == nil {
		resp.Header = http.Header{}
	}
	if resp.Header.Get(headerClientRequestID) == "" {
		resp.Header.Set(headerClientRequestID, id)
	}
	resp.Body = &body{ReadCloser: resp.Body, ctx: ctx, cancel: cancel, quiet: watching{quiet: a.quiet}, began: time.Now()}
	if a.small {
		if err := whole(resp); err != nil {
			return nil, a.failed(req.Context(), ctx, id, err)
		}
	}
	return resp, nil
}

// head sends a request and waits for the head of the answer.
func (a *attempt) head(req *http.Request, cancel context.CancelCauseFunc) (*http.Response, error) {
	if a.small {
		timer := time.AfterFunc(answerSilence, func() { cancel(ErrNoAnswer) })
		defer timer.Stop()
	}
	defer a.quiet.watch()()
	return a.next.RoundTrip(req)
}

// whole reads an answer to its end.
func whole(resp *http.Response) error {
	content, err := io.ReadAll(io.LimitReader(resp.Body, maxSmall+1))
	_ = resp.Body.Close()
	resp.Body = arrived{bytes.NewReader(content)}
	return err
}

// arrived is a body that is here.
type arrived struct{ io.Reader }

// Close implements io.Closer.
func (arrived) Close() error { return nil }

// body is the body of an answer, which is broken off when nothing arrives.
type body struct {
	io.ReadCloser
	ctx    context.Context
	cancel context.CancelCauseFunc
	quiet  watching
	began  time.Time
	timer  *time.Timer
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	if time.Since(b.began) > bodyTime {
		b.cancel(ErrStalled)
		return 0, fmt.Errorf("%w: it took more than %s", ErrStalled, length(bodyTime))
	}
	if b.timer == nil {
		b.timer = time.AfterFunc(bodySilence, func() { b.cancel(ErrStalled) })
	} else {
		b.timer.Reset(bodySilence)
	}
	defer b.timer.Stop()
	b.quiet.begin()
	defer b.quiet.end()
	n, err := b.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) && errors.Is(context.Cause(b.ctx), ErrStalled) {
		err = fmt.Errorf("%w: no byte for %.0f s", ErrStalled, bodySilence.Seconds())
	}
	return n, err
}

// Close implements io.Closer.
func (b *body) Close() error {
	defer b.cancel(nil)
	return b.ReadCloser.Close()
}

// attemptError is an attempt that met a failure of the network.
type attemptError struct {
	id        string
	err       error
	transient bool // another attempt may succeed
	outage    bool // the host was not reached
	// hopeless is an outage that does not pass by itself, and unknown one of a
	// name that nobody knows.
	hopeless, unknown bool
}

func (e *attemptError) Error() string {
	return fmt.Sprintf("%v (client-request-id %s)", e.err, e.id)
}

func (e *attemptError) Unwrap() error { return e.err }

// ClientRequestID is the one that the request was sent with.
func (e *attemptError) ClientRequestID() string { return e.id }

// failed makes an error of what an attempt met, whose context may have ended.
func (a *attempt) failed(ctx, attempt context.Context, id string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	e := &attemptError{id: id, err: err}
	if cause := context.Cause(attempt); errors.Is(cause, ErrNoAnswer) {
		e.err, e.transient = cause, true
		return e
	}
	if e.classify(); e.outage {
		e.transient = !e.hopeless && !e.unknown
		return e
	}
	var op *net.OpError
	switch {
	case errors.As(err, &op):
		e.transient = (op.Op == "read" || op.Op == "write") && !op.Timeout()
	case errors.Is(err, context.DeadlineExceeded):
		e.err = fmt.Errorf("%w: %w", ErrNoAnswer, err)
		e.transient = a.small
	case errors.Is(err, ErrStalled):
		e.transient = true
	default:
		e.transient = errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	}
	return e
}

// newGUID returns a random (version 4) GUID.
func newGUID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
