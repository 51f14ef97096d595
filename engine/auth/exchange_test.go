package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reportform/reportform/internal/secret"
)

// value is a secret with characters that forms escape.
const value = "s3cr3t~V&lue+/=with spaces%"

const app = "8f0c1f2e-0000-4000-8000-000000000001"

func withSecret(value string) Credential {
	return &clientSecret{app: app, proof: proof{place: secret.Reference{Env: "TEST_SECRET"}, getenv: func(name string) string {
		if name == "TEST_SECRET" {
			return value
		}
		return ""
	}}}
}

// proxyRefuses is an error of the transport, which is not known here.
type proxyRefuses struct{ status int }

func (p proxyRefuses) Error() string {
	return "the proxy refuses (client-request-id " + p.ClientRequestID() + ")"
}
func (p proxyRefuses) ProxyStatus() int      { return p.status }
func (proxyRefuses) ClientRequestID() string { return sentID }

const sentID = "0a1b2c3d-0000-4000-8000-00000000000f"

// roundTripper is a function as a round tripper.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// answering is a client whose every request gets one answer.
func answering(status int, contentType, body string) *http.Client {
	return &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: status, Header: http.Header{"Content-Type": {contentType}, "Location": {"https://elsewhere.example/"}},
			Body: io.NopCloser(strings.NewReader(body)),
		}, nil
	})}
}

func failing(err error) *http.Client {
	return &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) { return nil, err })}
}

// A gateway may put a byte order mark before tokens and refusals.
func TestByteOrderMark(t *testing.T) {
	audience := Audience{Login: "https://login.example", Directory: "contoso.example", Resource: "https://graph.microsoft.com"}
	token, err := withSecret(value).Token(t.Context(), answering(200, "text/plain", "\ufeff"+`{"token_type":"Bearer","expires_in":3599,"access_token":"a.b.c"}`), audience)
	if err != nil || token.AccessToken != "a.b.c" {
		t.Errorf("%v, %v", token, err)
	}
	_, err = withSecret(value).Token(t.Context(), answering(401, "application/json", "\ufeff"+`{"error":"invalid_client","error_description":"AADSTS7000215: no"}`), audience)
	if err == nil || !strings.Contains(err.Error(), "AADSTS7000215") {
		t.Errorf("the error is %v", err)
	}
}

func TestRequestForms(t *testing.T) {
	const good = `{"token_type":"Bearer","expires_in":3599,"ext_expires_in":3599,"access_token":"a.b.c"}`
	tests := []struct {
		name     string
		audience Audience
		uri      string
		form     url.Values
	}{
		{
			"v2",
			Audience{Directory: "contoso.onmicrosoft.com", Resource: "https://graph.microsoft.com"},
			"/contoso.onmicrosoft.com/oauth2/v2.0/token",
			url.Values{"scope": {"https://graph.microsoft.com/.default"}},
		},
		{
			"v1",
			Audience{Directory: "9aa5b8ca-0000-4000-8000-000000000002", Resource: "https://graph.windows.net", V1: true},
			"/9aa5b8ca-0000-4000-8000-000000000002/oauth2/token?api-version=1.0",
			url.Values{"resource": {"https://graph.windows.net"}},
		},
		{
			"a tenant that would be a path",
			Audience{Directory: "../x?y#z/w", Resource: "https://graph.microsoft.com/"},
			"/..%2Fx%3Fy%23z%2Fw/oauth2/v2.0/token",
			url.Values{"scope": {"https://graph.microsoft.com/.default"}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodPost || r.RequestURI != tt.uri || r.Header.Get("Authorization") != "" ||
					r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
					t.Errorf("%s %s %v, want POST %s", r.Method, r.RequestURI, r.Header, tt.uri)
				}
				body, _ := io.ReadAll(r.Body)
				form, err := url.ParseQuery(string(body))
				if err != nil {
					t.Error(err)
				}
				want := url.Values{"grant_type": {"client_credentials"}, "client_id": {app}, "client_secret": {value}}
				for name, values := range tt.form {
					want[name] = values
				}
				if diff := cmp.Diff(want, form); diff != "" {
					t.Errorf("form (-want +got):\n%s", diff)
				}
				fmt.Fprint(w, good)
			}))
			defer server.Close()
			tt.audience.Login = server.URL
			token, err := withSecret(value).Token(t.Context(), server.Client(), tt.audience)
			if err != nil {
				t.Fatal(err)
			}
			if token.AccessToken != "a.b.c" {
				t.Errorf("token %q", token.AccessToken)
			}
		})
	}
}

// Asking for a token is a POST that may be sent again: the request says so in
// the way of net/http, can give its body again, and nothing of it is sent.
func TestTokensMayBeAskedForAgain(t *testing.T) {
	const good = `{"token_type":"Bearer","expires_in":3599,"access_token":"a.b.c"}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, sent := r.Header["Idempotency-Key"]; sent {
			t.Error("the service is told")
		}
		fmt.Fprint(w, good)
	}))
	defer server.Close()
	told := false
	client := &http.Client{Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
		_, told = req.Header["Idempotency-Key"]
		told = told && req.GetBody != nil
		return server.Client().Transport.RoundTrip(req)
	})}
	if _, err := withSecret(value).Token(t.Context(), client, Audience{Login: server.URL, Directory: "t"}); err != nil || !told {
		t.Errorf("the request says so: %t, %v", told, err)
	}
}

func TestNumbersOfBothVersions(t *testing.T) {
	for _, body := range []string{
		`{"token_type":"Bearer","expires_in":"3600","expires_on":"1428701563","not_before":"1428697663","resource":"https://graph.windows.net","access_token":"a.b.c"}`,
		`{"token_type":"bearer","expires_in":3600,"ext_expires_in":3600,"access_token":"a.b.c"}`,
	} {
		for _, contentType := range []string{"application/json; charset=utf-8", "text/plain", ""} {
			token, err := withSecret(value).Token(t.Context(), answering(200, contentType, body), Audience{Login: "https://login.example", Directory: "t"})
			if err != nil {
				t.Fatal(err)
			}
			if left := time.Until(token.Expiry); left < 59*time.Minute || left > time.Hour || token.AccessToken != "a.b.c" || token.Type() != "Bearer" {
				t.Errorf("%s: %q of type %s lives %s", body, token.AccessToken, token.Type(), left)
			}
		}
	}
}

func refusal(code string, aadsts int, text string) string {
	b, _ := json.Marshal(map[string]any{
		"error":             code,
		"error_description": fmt.Sprintf("AADSTS%d: %s\r\nTrace ID: 0a1b2c3d-0000-4000-8000-00000000000a\r\nCorrelation ID: 0a1b2c3d-0000-4000-8000-00000000000b\r\nTimestamp: 2020-04-07 20:52:51Z", aadsts, text),
		"error_codes":       []int{aadsts}, "timestamp": "2020-04-07 20:52:51Z",
		"trace_id": "0a1b2c3d-0000-4000-8000-00000000000a", "correlation_id": "0a1b2c3d-0000-4000-8000-00000000000b",
		"error_uri": "https://login.microsoftonline.com/error?code=7000215",
	})
	return string(b)
}

func TestEveryShapeOfFailure(t *testing.T) {
	const (
		trace       = "0a1b2c3d-0000-4000-8000-00000000000a"
		correlation = "0a1b2c3d-0000-4000-8000-00000000000b"
		jsonType    = "application/json; charset=utf-8"
	)
	tests := []struct {
		name      string
		client    *http.Client
		want      Error // Advice is a part of it
		retryable bool
	}{
		{
			"wrong secret", answering(401, jsonType, refusal("invalid_client", 7000215, "Invalid client secret provided.")),
			Error{Status: 401, Code: "invalid_client", AADSTS: 7000215, Message: "Invalid client secret provided", TraceID: trace, CorrelationID: correlation, Advice: "secret's ID"},
			false,
		},
		{
			"expired secret", answering(401, jsonType, refusal("invalid_client", 7000222, "The provided keys are expired.")),
			Error{Status: 401, Code: "invalid_client", AADSTS: 7000222, Message: "The provided keys are expired", TraceID: trace, CorrelationID: correlation, Advice: "expired"},
			false,
		},
		{
			"app unknown", answering(400, jsonType, refusal("unauthorized_client", 700016, "Not found in the directory.")),
			Error{Status: 400, Code: "unauthorized_client", AADSTS: 700016, Message: "Not found in the directory", TraceID: trace, CorrelationID: correlation, Advice: "https://login.example/contoso.example/adminconsent?client_id=" + app},
			false,
		},
		{
			"tenant unknown", answering(400, jsonType, refusal("invalid_tenant", 90002, "Tenant not found.")),
			Error{Status: 400, Code: "invalid_tenant", AADSTS: 90002, Message: "Tenant not found", TraceID: trace, CorrelationID: correlation, Advice: "national"},
			false,
		},
		{
			"number unknown", answering(401, jsonType, refusal("invalid_client", 7999999, "New.")),
			Error{Status: 401, Code: "invalid_client", AADSTS: 7999999, Message: "New", TraceID: trace, CorrelationID: correlation, Advice: "client_id and the secret"},
			false,
		},
		{
			"all on one line, ids in the text alone",
			answering(401, jsonType, `{"error":"invalid_client","error_description":"AADSTS7000215: Wrong. Trace ID: `+trace+` Correlation ID: `+correlation+` Timestamp: 2020-04-07 20:52:51Z"}`),
			Error{Status: 401, Code: "invalid_client", AADSTS: 7000215, Message: "Wrong", TraceID: trace, CorrelationID: correlation, Advice: "secret's ID"},
			false,
		},
		{
			"ids that are none", answering(400, jsonType, `{"error":"x","error_description":"no","trace_id":"`+value+`","correlation_id":"1"}`),
			Error{Status: 400, Code: "x", Message: "no"},
			false,
		},
		{
			"members of other types", answering(400, jsonType, `{"error":"invalid_client","error_codes":["7000222"],"trace_id":7,"error_description":"AADSTS7000222: Expired"}`),
			Error{Status: 400, Code: "invalid_client", AADSTS: 7000222, Message: "Expired", Advice: "expired"},
			false,
		},
		{
			"refusal in a 200", answering(200, jsonType, `{"error":"invalid_client"}`),
			Error{Status: 200, Code: "invalid_client", Message: "the token endpoint refused without giving a reason", Advice: "client_id and the secret"},
			false,
		},
		{
			"busy by code", answering(400, jsonType, `{"error":"temporarily_unavailable","error_description":"AADSTS90033: Later."}`),
			Error{Status: 400, Code: "temporarily_unavailable", AADSTS: 90033, Message: "Later", Advice: "Try again"},
			true,
		},
		{
			"control characters and length", answering(400, jsonType, `{"error":"x","error_description":"a\u001b[31m\tb\u202e`+strings.Repeat("é", 500)+`"}`),
			Error{Status: 400, Code: "x", Message: "a [31m b" + strings.Repeat("é", 392) + "..."},
			false,
		},
		{"throttled", answering(429, jsonType, ""), Error{Status: 429, Message: "the token endpoint is throttled", Advice: "Wait"}, true},
		{"gateway", answering(502, "text/html", "<html>"), Error{Status: 502, Message: "the token endpoint, or a gateway before it, failed", Advice: "Try again"}, true},
		{"proxy login", answering(407, "text/html", "<html>"), Error{Status: 407, Message: "a proxy demands a login", Advice: "HTTPS_PROXY"}, false},
		{"web page", answering(200, "text/html", "<html>Sign in"), Error{Status: 200, Message: "a web page came instead of a token", Advice: "proxy or sign-in page"}, true},
		{"web page without type", answering(403, "", " <!DOCTYPE html>"), Error{Status: 403, Message: "a web page came instead of a token", Advice: "proxy or sign-in page"}, false},
		{"text", answering(404, "text/plain", "not found"), Error{Status: 404, Message: "something that is not JSON came instead of a token", Advice: "https://login.example"}, false},
		{"query string", answering(200, "text/plain", "access_token=x&token_type=Bearer"), Error{Status: 200, Message: "something that is not JSON came instead of a token", Advice: "https://login.example"}, true},
		{"empty", answering(200, jsonType, " \r\n"), Error{Status: 200, Message: "the answer is empty", Advice: "proxy"}, true},
		{"cut off", answering(200, jsonType, `{"token_type":"Bearer","access_token":"a.b`), Error{Status: 200, Message: "something that is not JSON came instead of a token", Advice: "proxy"}, true},
		{"no token", answering(200, jsonType, `{"token_type":"Bearer"}`), Error{Status: 200, Message: "the answer holds no token", Advice: "token endpoint"}, false},
		{"no object", answering(200, jsonType, `[1]`), Error{Status: 200, Message: "the answer holds no token", Advice: "token endpoint"}, false},
		{"error of another API", answering(401, jsonType, `{"error":{"code":"Unauthorized"}}`), Error{Status: 401, Message: "the answer gives no reason", Advice: "token endpoint"}, false},
		{"other token type", answering(200, jsonType, `{"token_type":"pop","access_token":"a"}`), Error{Status: 200, Message: `the token is of type "pop", and only Bearer is understood`}, false},
		{"token of no header", answering(200, jsonType, `{"token_type":"Bearer","access_token":"a\r\nX: y"}`), Error{Status: 200, Message: "the token holds characters that no header can carry"}, false},
		{"life of no number", answering(200, jsonType, `{"token_type":"Bearer","access_token":"a","expires_in":"soon"}`), Error{Message: "the token endpoint's answer cannot be read", Advice: "Try again"}, true},
		{"too large", answering(200, jsonType, `{"access_token":"`+strings.Repeat("a", maxAnswer)+`"}`), Error{Status: 200, Message: "the answer is larger than a token endpoint's can be", Advice: "login.example"}, false},
		{"redirect", answering(307, "", ""), Error{Status: 307, Message: "a redirect came instead of a token; it was not followed, as it would take the secret elsewhere", Advice: "proxy"}, false},
		{"no such host", failing(&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "login.example", IsNotFound: true}}), Error{Message: "dial: lookup login.example: no such host", Advice: "DNS"}, true},
		{"refused", failing(&net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}), Error{Message: "dial tcp: connection refused", Advice: "firewall"}, true},
		{"timeout", failing(fmt.Errorf("no answer: %w", context.DeadlineExceeded)), Error{Message: "no answer: context deadline exceeded", Advice: "in time"}, true},
		{"proxy login to connect", failing(proxyRefuses{407}), Error{Status: 407, Message: "the proxy refuses", CorrelationID: sentID, Advice: "HTTPS_PROXY"}, false},
		{"proxy that does not connect", failing(proxyRefuses{403}), Error{Message: "the proxy refuses", CorrelationID: sentID, Advice: "NO_PROXY"}, true},
		{"clock", answering(401, jsonType, `{"error":"invalid_client","error_codes":[700024],"error_description":"AADSTS700024: Client assertion is not within its valid time range. Current time: 2026-11-29T10:00:00Z"}`), Error{
			Status: 401, Code: "invalid_client", AADSTS: 700024, Message: "Client assertion is not within its valid time range. Current time: 2026-11-29T10:00:00Z", Advice: "clock is wrong",
		}, false},
		{"ended", failing(io.ErrUnexpectedEOF), Error{Message: "unexpected EOF", Advice: "ended without an answer"}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := withSecret(value).Token(t.Context(), tt.client, Audience{Login: "https://login.example", Directory: "contoso.example", Resource: "https://graph.example"})
			var got *Error
			if !errors.As(err, &got) {
				t.Fatalf("got %T %v", err, err)
			}
			tt.want.App, tt.want.Directory = app, "contoso.example"
			if !strings.Contains(got.Advice, tt.want.Advice) || tt.want.Advice == "" && got.Advice != "" {
				t.Errorf("advice %q, want %q in it", got.Advice, tt.want.Advice)
			}
			tt.want.Advice, tt.want.temporary = got.Advice, got.temporary
			if *got != tt.want {
				t.Errorf("\ngot  %+v\nwant %+v", *got, tt.want)
			}
			if got.Retryable() != tt.retryable {
				t.Errorf("retryable is %t", got.Retryable())
			}
			for _, part := range []string{got.Directory, got.App, got.Code, got.TraceID, got.Message} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not say %q", err, part)
				}
			}
		})
	}
}

func TestSecretsAreNotHandedToRedirects(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") }))
	defer elsewhere.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	}))
	defer server.Close()
	if _, err := withSecret(value).Token(t.Context(), server.Client(), Audience{Login: server.URL, Directory: "t"}); err == nil {
		t.Error("got a token")
	}
}

func TestRequestThatIsGivenUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	client := &http.Client{Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
		cancel()
		return nil, req.Context().Err()
	})}
	_, err := withSecret(value).Token(ctx, client, Audience{Login: "https://login.example", Directory: "t"})
	var got *Error
	if !errors.As(err, &got) || !errors.Is(err, context.Canceled) || got.Retryable() {
		t.Errorf("got %v", err)
	}
}

func TestTenantWithoutID(t *testing.T) {
	for _, directory := range []string{"", ".", ".."} {
		if _, err := withSecret(value).Token(t.Context(), failing(errors.New("sent")), Audience{Login: "https://login.example", Directory: directory}); err == nil || !strings.Contains(err.Error(), "has no id") {
			t.Errorf("%q: got %v", directory, err)
		}
	}
}

func TestSandboxNeedsNoCredential(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("client_id") == "" || r.FormValue("client_secret") == "" {
			t.Errorf("form %v", r.Form)
		}
		fmt.Fprint(w, `{"token_type":"Bearer","expires_in":3600,"access_token":"a"}`)
	}))
	defer server.Close()
	if _, err := Sandbox().Token(t.Context(), server.Client(), Audience{Login: server.URL, Directory: "t"}); err != nil {
		t.Error(err)
	}
	if Sandbox() != Sandbox() {
		t.Error("two sandboxes cannot share a source")
	}
}
