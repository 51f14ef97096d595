package transport

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
)

// headerClientRequestID is set anew for every attempt: Microsoft's support
// finds a request by it, also one that was never answered.
const headerClientRequestID = "client-request-id"

// ErrNoAnswer is in the errors of requests that the service took and did not
// answer in time. Like a 504 it is not retried: the same question would take
// as long again, and the caller does better to ask for less.
var ErrNoAnswer = errors.New("the service did not answer in time")

// attempt completes the headers of one attempt and tells the failures of the
// network apart.
type attempt struct {
	next      http.RoundTripper
	userAgent string
}

func (a *attempt) RoundTrip(req *http.Request) (*http.Response, error) {
	id := newGUID()
	sent := req.Clone(req.Context())
	sent.Header.Set(headerClientRequestID, id)
	if sent.Header.Get("Accept") == "" {
		sent.Header.Set("Accept", "application/json")
	}
	if sent.Header.Get("User-Agent") == "" && a.userAgent != "" {
		sent.Header.Set("User-Agent", a.userAgent)
	}
	resp, err := a.next.RoundTrip(sent)
	if err != nil {
		return nil, failedAttempt(req.Context(), id, err)
	}
	resp.Request = req
	if resp.Header == nil {
		resp.Header = http.Header{}
	}
	if resp.Header.Get(headerClientRequestID) == "" {
		resp.Header.Set(headerClientRequestID, id)
	}
	return resp, nil
}

// attemptError is an attempt that met a failure of the network.
type attemptError struct {
	id        string
	err       error
	transient bool // another attempt may succeed
}

func (e *attemptError) Error() string {
	return fmt.Sprintf("%v (client-request-id %s)", e.err, e.id)
}

func (e *attemptError) Unwrap() error { return e.err }

// ClientRequestID is the one that the request was sent with.
func (e *attemptError) ClientRequestID() string { return e.id }

func failedAttempt(ctx context.Context, id string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	e := &attemptError{id: id, err: err}
	var (
		dns     *net.DNSError
		op      *net.OpError
		timeout net.Error
		proxy   *ProxyError
	)
	switch {
	case errors.As(err, &proxy):
		e.transient = proxy.Status >= http.StatusInternalServerError
	case errors.As(err, &dns):
		e.transient = dns.IsTemporary || dns.IsTimeout
	case errors.As(err, &op):
		// TLS alerts are an OpError too, and stay what they are.
		e.transient = op.Op == "dial" || op.Op == "proxyconnect" || (op.Op == "read" || op.Op == "write") && !op.Timeout()
	case errors.Is(err, context.DeadlineExceeded):
		e.err = fmt.Errorf("%w: %w", ErrNoAnswer, err)
	case errors.As(err, &timeout) && timeout.Timeout(): // the TLS handshake's
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
