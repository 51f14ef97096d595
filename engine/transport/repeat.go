package transport

import (
	"fmt"
	"io"
	"net/http"
)

// maxDiscard bounds what is read of an answer that nobody wants, so that its
// connection can be used again.
const maxDiscard = 64 << 10

// repeatable reports whether a request may be sent more than once, by net/http's
// own convention: its method changes nothing, or its source has put an
// Idempotency-Key or X-Idempotency-Key into the header (an empty list is not
// sent). And it must be possible.
func repeatable(req *http.Request) bool {
	if req.Body != nil && req.Body != http.NoBody && req.GetBody == nil {
		return false
	}
	switch req.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	_, key := req.Header["Idempotency-Key"]
	_, xKey := req.Header["X-Idempotency-Key"]
	return key || xKey
}

// repeat returns a repeatable request as it was before it was sent.
func repeat(req *http.Request) (*http.Request, error) {
	if req.Body == nil || req.Body == http.NoBody {
		return req, nil
	}
	body, err := req.GetBody()
	if err != nil {
		return nil, fmt.Errorf("the request cannot be sent again: %w", err)
	}
	req = req.Clone(req.Context())
	req.Body = body
	return req, nil
}

// discard gives up an answer.
func discard(resp *http.Response) {
	_, _ = io.CopyN(io.Discard, resp.Body, maxDiscard)
	_ = resp.Body.Close()
}

// closeBody is owed for a request that is not passed on.
func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}
