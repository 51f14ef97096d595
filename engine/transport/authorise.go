package transport

import (
	"net/http"
	"sync/atomic"

	"github.com/hashicorp/go-hclog"
)

// authorise gives every request to home a token, and no other request. A token
// that is answered with 401 is invalidated, and a repeatable request sent again
// with another: once, or where tokens were accepted before and the credential is
// thus good, a few times. There a 403 is no more believed at once than a 401. The
// last answer stands.
type authorise struct {
	next   http.RoundTripper
	tokens Tokens
	home   server
	turn   turn // a further request waits for its own, too
	policy Retry
	logger hclog.Logger

	accepted atomic.Bool // a token was, since this round tripper was made
}

// How often a request is sent again with another token.
const (
	renewals         = 1
	renewalsAccepted = 3 // after tokens were accepted
)

func (a *authorise) RoundTrip(req *http.Request) (*http.Response, error) {
	if !a.home.has(req.URL) {
		return a.next.RoundTrip(without(req, "Authorization"))
	}
	current := req
	for n := 1; ; n++ {
		resp, token, err := a.send(current)
		if err != nil {
			return nil, err
		}
		if resp.StatusCode < http.StatusBadRequest {
			a.accepted.Store(true)
		}
		if !a.refused(resp, n) || n > a.most(resp) {
			return resp, nil
		}
		a.tokens.Invalidate(token)
		if !repeatable(req) {
			return resp, nil
		}
		a.logger.Debug("the service refused the token, asking for another",
			"request_id", resp.Header.Get("request-id"), "client_request_id", resp.Header.Get(headerClientRequestID))
		discard(resp)
		if n > renewals { // another token at once was no better
			if err := sleep(req, a.policy.wait(n-renewals)); err != nil {
				return nil, err
			}
		}
		if err := a.turn.take(req.Context()); err != nil {
			return nil, err
		}
		if current, err = repeat(req); err != nil {
			return nil, err
		}
	}
}

// refused reports whether an answer, the nth to a request, is about the token.
func (a *authorise) refused(resp *http.Response, n int) bool {
	return resp.StatusCode == http.StatusUnauthorized ||
		resp.StatusCode == http.StatusForbidden && n == 1 && a.accepted.Load()
}

// most is how often a request that was answered so is sent again.
func (a *authorise) most(resp *http.Response) int {
	if resp.StatusCode == http.StatusUnauthorized && a.accepted.Load() {
		return renewalsAccepted
	}
	return renewals
}

// send sends a request with a fresh token. The answer's Request is the one
// given, so that no caller comes by the token.
func (a *authorise) send(req *http.Request) (resp *http.Response, token string, err error) {
	token, err = a.tokens.Token(req.Context())
	if err != nil {
		closeBody(req)
		return nil, "", err
	}
	authorised := req.Clone(req.Context())
	authorised.Header.Set("Authorization", "Bearer "+token)
	resp, err = a.next.RoundTrip(authorised)
	if err != nil {
		return nil, "", err
	}
	resp.Request = req
	return resp, token, nil
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
