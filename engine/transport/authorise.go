package transport

import (
	"errors"
	"net/http"

	"github.com/hashicorp/go-hclog"
)

// authorise gives every request to home a token, and no other request. A
// repeatable one that is answered with 401 ends in a *refusedToken.
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
	if resp.StatusCode == http.StatusUnauthorized {
		return nil, &refusedToken{resp, token}
	}
	return resp, nil
}

// refusedToken is the answer to a request whose token was refused.
type refusedToken struct {
	resp  *http.Response
	token string
}

func (e *refusedToken) Error() string { return "the service refused the token" }

// renew sends a request whose token was refused once more with another one, if
// it is repeatable; the second answer stands.
type renew struct {
	next   http.RoundTripper
	tokens Tokens
	logger hclog.Logger
}

func (r *renew) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := r.next.RoundTrip(req)
	var refused *refusedToken
	if !errors.As(err, &refused) {
		return resp, err
	}
	r.tokens.Invalidate(refused.token)
	if !repeatable(req) {
		return refused.resp, nil
	}
	r.logger.Debug("the service refused the token, asking for another",
		"request_id", refused.resp.Header.Get("request-id"), "client_request_id", refused.resp.Header.Get(headerClientRequestID))
	discard(refused.resp)
	again, err := repeat(req)
	if err != nil {
		return nil, err
	}
	resp, err = r.next.RoundTrip(again)
	if errors.As(err, &refused) {
		return refused.resp, nil
	}
	return resp, err
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
