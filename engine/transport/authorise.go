package transport

import (
	"net/http"

	"github.com/hashicorp/go-hclog"
)

// authorise gives every request to home a token, and no other request. A
// token that is answered with 401 is invalidated, and a repeatable request sent
// once more with another; the second answer stands.
type authorise struct {
	next   http.RoundTripper
	tokens Tokens
	home   server
	turn   turn // the second request waits for its own, too
	logger hclog.Logger
}

func (a *authorise) RoundTrip(req *http.Request) (*http.Response, error) {
	if !a.home.has(req.URL) {
		return a.next.RoundTrip(without(req, "Authorization"))
	}
	resp, token, err := a.send(req)
	if err != nil || resp.StatusCode != http.StatusUnauthorized {
		return resp, err
	}
	a.tokens.Invalidate(token)
	if !repeatable(req) {
		return resp, nil
	}
	a.logger.Debug("the service refused the token, asking for another",
		"request_id", resp.Header.Get("request-id"), "client_request_id", resp.Header.Get(headerClientRequestID))
	discard(resp)
	if err := a.turn.take(req.Context()); err != nil {
		return nil, err
	}
	again, err := repeat(req)
	if err != nil {
		return nil, err
	}
	resp, _, err = a.send(again)
	return resp, err
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
