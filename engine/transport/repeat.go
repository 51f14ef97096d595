package transport

import (
	"fmt"
	"io"
	"net/http"
)

// maxDiscard bounds what is read of an answer that nobody wants, so that its
// connection can be used again.
const maxDiscard = 64 << 10

// repeatable reports whether a request can be sent more than once.
func repeatable(req *http.Request) bool {
	return req.Body == nil || req.Body == http.NoBody || req.GetBody != nil
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
