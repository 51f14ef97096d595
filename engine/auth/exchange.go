package auth

import (
	"bytes"
	"context"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/reportform/reportform/internal/bom"
)

// maxAnswer bounds what is read of a token endpoint's answer.
const maxAnswer = 1 << 20

// exchange asks the audience's token endpoint for a token of an application.
// The proof is the form parameters with which the application shows who it is;
// its values appear in no error. A redirect is an error, too: to follow it would
// hand the proof to another host.
func exchange(ctx context.Context, client *http.Client, audience Audience, app string, proof url.Values) (*oauth2.Token, error) {
	if strings.Trim(audience.Directory, ".") == "" {
		return nil, newError(app, audience).because("the tenant has no id", "Set the tenant's id to a domain name or the directory's GUID.")
	}
	conf := clientcredentials.Config{
		ClientID:       app,
		EndpointParams: url.Values{},
		AuthStyle:      oauth2.AuthStyleInParams,
	}
	for name, values := range proof {
		conf.EndpointParams[name] = values
	}
	directory := audience.Login + "/" + url.PathEscape(audience.Directory)
	if audience.V1 {
		conf.TokenURL = directory + "/oauth2/token?api-version=1.0"
		conf.EndpointParams.Set("resource", audience.Resource)
	} else {
		conf.TokenURL = directory + "/oauth2/v2.0/token"
		conf.Scopes = []string{strings.TrimSuffix(audience.Resource, "/") + "/.default"}
	}

	once := *client
	once.Transport = endpoint{next: client.Transport, app: app, audience: audience}
	token, err := conf.Token(context.WithValue(ctx, oauth2.HTTPClient, &once))
	if err != nil {
		return nil, explain(ctx, app, audience, err).redacted(proof)
	}
	return token, nil
}

// endpoint judges the answers of a token endpoint before they are taken apart:
// what passes is JSON with a bearer token, everything else becomes an *Error.
type endpoint struct {
	next     http.RoundTripper
	app      string
	audience Audience
}

func (e endpoint) RoundTrip(req *http.Request) (*http.Response, error) {
	next := e.next
	if next == nil {
		next = http.DefaultTransport
	}
	// To ask for a token twice does no harm: by net/http's convention an empty
	// list says so, and is not sent.
	req = req.Clone(req.Context())
	req.Header["Idempotency-Key"] = []string{}
	resp, err := next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, err
	}
	body = bom.Trim(body)
	mediaType, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if refusal := judge(e.app, e.audience, resp.StatusCode, mediaType, body); refusal != nil {
		if refusal.CorrelationID == "" {
			refusal.CorrelationID = firstGUID(resp.Header.Get("client-request-id"))
		}
		return nil, refusal
	}
	accepted := *resp
	accepted.Header = resp.Header.Clone()
	accepted.Header.Set("Content-Type", "application/json") // some proxies change it
	accepted.Body = io.NopCloser(bytes.NewReader(body))
	return &accepted, nil
}
