package transport

import (
	"errors"
	"net/http"
	"sync/atomic"

	"github.com/hashicorp/go-hclog"

	"github.com/reportform/reportform/internal/sleep"
)

// authorise gives every request to home a token, and no other request. One that
// is answered with 401 or 403 ends in a *refusedToken.
type authorise struct {
	next   http.RoundTripper
	tokens Tokens
	home   server
}

func (a *authorise) RoundTrip(req *http.Request) (*http.Response, error) {
	if !a.home.has(req.URL) {
		return a.next.RoundTrip(without(req, "Authorization"))
	}
	token, err := a.tokens.Token(req.Context())
	if err != nil {
		closeBody(req)
		return nil, err
	}
	authorised := req.Clone(req.Context())
	authorised.Header.Set("Authorization", "Bearer "+token)
	resp, err := a.next.RoundTrip(authorised)
	if err != nil {
		return nil, err
	}
	resp.Request = req // so that no caller comes by the token
	if resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden {
		return nil, &refusedToken{resp, token}
	}
	return resp, nil
}

// refusedToken is the answer to a request that its token does not allow.
type refusedToken struct {
	resp  *http.Response
	token string
}

func (e *refusedToken) Error() string { return "the service refused the token" }

// renew sends a repeatable request again whose token was refused, with another
// one: after a 401 once, or a few times where tokens were accepted before, which
// shows that the credential is good. There a 403 is not believed at once either.
// The last answer stands.
type renew struct {
	next   http.RoundTripper
	tokens Tokens
	policy Retry
	logger hclog.Logger

	accepted atomic.Bool // a token was, since this round tripper was made
}

// How often a request is sent again with another token.
const (
	renewals         = 1
	renewalsAccepted = 3 // after tokens were accepted
)

func (r *renew) RoundTrip(req *http.Request) (*http.Response, error) {
	current := req
	for n := 1; ; n++ {
		resp, err := r.next.RoundTrip(current)
		var refused *refusedToken
		if !errors.As(err, &refused) {
			if err == nil && resp.StatusCode < http.StatusBadRequest {
				r.accepted.Store(true)
			}
			return resp, err
		}
		if !r.again(refused.resp, n) {
			return refused.resp, nil
		}
		r.tokens.Invalidate(refused.token)
		if !repeatable(req) {
			return refused.resp, nil
		}
		r.logger.Debug("the service refused the token, asking for another",
			"request_id", refused.resp.Header.Get("request-id"), "client_request_id", refused.resp.Header.Get(headerClientRequestID))
		discard(refused.resp)
		if n > renewals { // another token at once was no better
			if err := sleep.For(req.Context(), r.policy.wait(n-renewals)); err != nil {
				return nil, err
			}
		}
		if current, err = repeat(req); err != nil {
			return nil, err
		}
	}
}

// again reports whether an answer, the nth to a request, is worth another token.
func (r *renew) again(resp *http.Response, n int) bool {
	switch accepted := r.accepted.Load(); {
	case resp.StatusCode == http.StatusForbidden:
		return accepted && n == 1
	case accepted:
		return n <= renewalsAccepted
	}
	return n <= renewals
}

// without returns req, or where it has the header, a copy without it.
func without(req *http.Request, header string) *http.Request {
	if _, ok := req.Header[header]; !ok {
		return req
	}
	req = req.Clone(req.Context())
	req.Header.Del(header)
	return req
}
