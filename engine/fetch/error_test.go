package fetch

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestNewServiceError(t *testing.T) {
	date := time.Date(2019, 9, 12, 8, 26, 31, 0, time.UTC)
	for name, test := range map[string]struct {
		status int
		body   string
		want   ServiceError
	}{
		"Microsoft Graph": {
			403, `{"error":{"code":"Authentication_MSGraphPermissionMissing","message":"Needs AuditLog.Read.All","innerError":{"date":"2019-09-12T08:26:31","request-id":"r-body","client-request-id":"c-1"}}}`,
			ServiceError{
				Kind: Permission, Code: "Authentication_MSGraphPermissionMissing", Message: "Needs AuditLog.Read.All",
				RequestID: "r-header", ClientRequestID: "c-1", Date: date,
			},
		},
		"nested inner errors in the other spelling": {
			403, `{"error":{"code":"Forbidden","message":"m","innererror":{"code":"a","innererror":{"code":"b","date":"2019-09-12T08:26:31"}}}}`,
			ServiceError{Kind: Forbidden, Code: "Forbidden", InnerCode: "b", Message: "m", RequestID: "r-header", Date: date},
		},
		"no premium licence": {
			403, `{"error":{"code":"Authentication_RequestFromNonPremiumTenantOrB2CTenant","message":"m"}}`,
			ServiceError{Kind: Licence, Code: "Authentication_RequestFromNonPremiumTenantOrB2CTenant", Message: "m", RequestID: "r-header"},
		},
		"a message that is JSON": {
			400, `{"error":{"code":"BadRequest","message":"{\"_version\":3,\"Message\":\"An error has occurred\",\"ErrorCode\":\"Bad\"}"}}`,
			ServiceError{Kind: BadRequest, Code: "BadRequest", InnerCode: "Bad", Message: "An error has occurred", RequestID: "r-header"},
		},
		"a message that is broken JSON": {
			400, `{"error":{"code":"BadRequest","message":"{\"Message\":\"x\""}}`,
			ServiceError{Kind: BadRequest, Code: "BadRequest", Message: `{"Message":"x"`, RequestID: "r-header"},
		},
		"Azure AD Graph": {
			404, `{"odata.error":{"code":"Request_ResourceNotFound","message":{"lang":"en","value":"Not there."}}}`,
			ServiceError{Kind: NotFound, Code: "Request_ResourceNotFound", Message: "Not there.", RequestID: "r-header"},
		},
		"bare": {
			401, `{"code":"InvalidAuthenticationToken","message":"m"}`,
			ServiceError{Kind: Unauthorised, Code: "InvalidAuthenticationToken", Message: "m", RequestID: "r-header"},
		},
		"a licence refused with 400": {
			400, `{"error":{"code":"AadPremiumLicenseRequired"}}`,
			ServiceError{Kind: Licence, Code: "AadPremiumLicenseRequired", RequestID: "r-header"},
		},
		"a refusal in a 401": {
			401, `{"error":{"code":"UnknownError","innerError":{"code":"Forbidden"}}}`,
			ServiceError{Kind: Forbidden, Code: "UnknownError", InnerCode: "Forbidden", RequestID: "r-header"},
		},
		"empty": {
			504, "", ServiceError{Kind: Timeout, RequestID: "r-header"},
		},
		"HTML": {
			502, "\n <html><body>Bad gateway</body></html>", ServiceError{Kind: Unavailable, RequestID: "r-header"},
		},
		"text": {
			503, "Service\r\nis \x1b[31mdown\u202e", ServiceError{Kind: Unavailable, Message: "Service is [31mdown", RequestID: "r-header"},
		},
		"types that do not fit": {
			400, `{"error":{"code":17,"message":["x"],"innerError":"y"}}`,
			ServiceError{Kind: BadRequest, Code: "17", RequestID: "r-header"},
		},
		"throttled": {
			429, `{"error":{"code":"UnknownError"}}`, ServiceError{Kind: Throttled, Code: "UnknownError", RequestID: "r-header"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			resp := &http.Response{StatusCode: test.status, Header: http.Header{"Request-Id": {"r-header"}}}
			got := NewServiceError(resp, "https://h/v1.0/p?$filter=secret", []byte(test.body))
			test.want.Status, test.want.URL = test.status, "https://h/v1.0/p"
			if diff := cmp.Diff(&test.want, got, cmpopts.IgnoreUnexported(ServiceError{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestServiceErrorFromTheBodyAlone(t *testing.T) {
	resp := &http.Response{StatusCode: 400, Header: http.Header{"Date": {"Thu, 12 Sep 2019 08:26:31 GMT"}}}
	e := NewServiceError(resp, "https://h/", []byte(`{"error":{"code":"c","innerError":{"innerError":{"request-id":"r","client-request-id":"q"}}}}`))
	if e.RequestID != "r" || e.ClientRequestID != "q" || e.Date.IsZero() {
		t.Errorf("got %+v", e)
	}
}

func TestServiceErrorText(t *testing.T) {
	for want, e := range map[string]*ServiceError{
		"the service answered 403 Forbidden, X: no (request-id r)":          {Kind: Forbidden, Status: 403, Code: "X", Message: "no", RequestID: "r"},
		"the service answered 401 Unauthorized, UnknownError (Forbidden)":   {Kind: Forbidden, Status: 401, Code: "UnknownError", InnerCode: "Forbidden"},
		"the service did not answer in time: awaiting headers":              {Kind: Timeout, Message: "awaiting headers"},
		"the service sent no usable page: it broke off (request-id r)":      {Kind: BadResponse, Status: 200, Message: "it broke off", RequestID: "r"},
		"the service answered 504 Gateway Timeout, UnknownError":            {Kind: Timeout, Status: 504, Code: "UnknownError"},
		"the service answered 599":                                          {Kind: Unavailable, Status: 599},
		"the service answered 302 Found: it redirects to https://a.example": {Kind: BadResponse, Status: 302, Message: "it redirects to https://a.example"},
	} {
		if got := e.Error(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestEveryKindHasItsAdvice(t *testing.T) {
	seen := map[string]Kind{}
	for _, kind := range []Kind{
		Permission, Licence, Role, Forbidden, Retired, NotProvisioned, AppRefused, Unauthorised, Throttled,
		Timeout, NotFound, BadRequest, Proxy, Unavailable, BadResponse,
	} {
		advice := (&ServiceError{Kind: kind}).Advice()
		if !strings.HasSuffix(advice, ".") {
			t.Errorf("%s: %q is no sentence", kind, advice)
		}
		if other, ok := seen[advice]; ok {
			t.Errorf("%s and %s have the same advice", kind, other)
		}
		seen[advice] = kind
	}
}

// What the service says, what kind that is, and words of the advice: those that
// it has, and those that would contradict the service.
func TestKindsAndAdvice(t *testing.T) {
	for _, test := range []struct {
		status        int
		code, message string
		want          Kind
		has, not      string
	}{
		{403, "Forbidden", "Your tenant is not licensed for this feature.", Licence, "no licence", "does not say which"},
		{403, "UnknownError", "The tenant needs an Azure AD Premium P2 subscription.", Licence, "no licence", "does not say which"},
		{403, "Forbidden", "You cannot perform the requested operation, required scopes are missing in the token.", Permission, "Grant the application", "licence"},
		{403, "Forbidden", "Missing application roles. API required roles: SecurityEvents.Read.All", Permission, "Grant the application", "directory role"},
		{403, "InsufficientGraphPermissions", "", Permission, "Grant the application", "licence"},
		{403, "Forbidden", "User is not in the allowed roles.", Role, "directory role", "licence"},
		{403, "Forbidden", "Either the licence or the permission is missing.", Forbidden, "Check both", ""},
		{403, "", "", Forbidden, "does not say which", ""},
		{403, "Authentication_MSGraphPermissionMissing", "Your licence is fine.", Permission, "Grant", "licence"}, // the code counts
		{400, "AadPremiumLicenseRequired", "The tenant needs to have Microsoft Entra ID P2.", Licence, "no licence", "filter"},
		{400, "BadRequest", "Resource not found for the segment 'signIns'.", NotFound, "cloud", "filter"},
		{404, "UnknownError", "Resource not found for the segment 'riskyAgents'.", NotFound, "cloud", "older"},
		{400, "BadRequest", "Invalid filter clause", BadRequest, "filter", "cloud"},
		{401, "UnknownError", "Forbidden by ServiceFabricGraphAuthenticationMiddleware", AppRefused, "does not know the application", "credential"},
		{401, "InvalidAuthenticationToken", "expired", Unauthorised, "credential", ""},
		{407, "", "", Proxy, "HTTPS_PROXY", "filter"},
		{500, "DataInsightsRequestError", "", AppRefused, "signed-in user", "Try again"},
		{500, "UnknownError", "FAILED - Forbidden", AppRefused, "signed-in user", "Try again"},
		{500, "HostNotFound", "", NotProvisioned, "not set up", "Try again"},
		{404, "TenantDeploymentNotFound", "", NotProvisioned, "not set up", "cloud"},
		{500, "", "Rate limit reached because of too many requests to query broker. Please retry after sometime.", Throttled, "request limit", "failing"},
		{500, "UnknownError", "", Unavailable, "Try again later", "request-id"},
		{501, "NotSupported", "", NotFound, "does not offer", "Try again"},
		{410, "resyncRequired", "", NotFound, "", ""},
	} {
		body := fmt.Sprintf(`{"error":{"code":%q,"message":%q}}`, test.code, test.message)
		e := NewServiceError(&http.Response{StatusCode: test.status, Header: http.Header{}}, "https://h/p", []byte(body))
		advice := e.Advice()
		if e.Kind != test.want || !strings.Contains(advice, test.has) || test.not != "" && strings.Contains(advice, test.not) {
			t.Errorf("%d %s %q is of kind %s, with the advice %q", test.status, test.code, test.message, e.Kind, advice)
		}
	}
}

// What names a request is there where one is, and never empty.
func TestIDs(t *testing.T) {
	for want, e := range map[string]error{
		"a loop (request-id r)":        &LinkError{Err: errors.New("a loop"), RequestID: "r", ClientRequestID: "c"},
		"a loop (client-request-id c)": &LinkError{Err: errors.New("a loop"), ClientRequestID: "c"},
		"a loop":                       &LinkError{Err: errors.New("a loop")},
		"the service answered 599 (client-request-id c)":                         &ServiceError{Status: 599, ClientRequestID: "c"},
		"the service did not answer in time: no header (client-request-id sent)": NewTimeout("https://h/", sentError{}),
	} {
		if got := e.Error(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestPermanent(t *testing.T) {
	for _, test := range []struct {
		status int
		body   string
		want   bool
	}{
		{500, `{"error":{"code":"DataInsightsRequestError"}}`, true},
		{500, `{"error":{"code":"HostNotFound"}}`, true},
		{500, `{"error":{"code":"UnknownError"}}`, false},
		{500, `{"error":{"code":"UnknownError","message":"Rate limit reached"}}`, false},
		{503, `{"error":{"code":"HostNotFound"}}`, false},
		{500, "", false},
	} {
		resp := &http.Response{StatusCode: test.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(test.body))}
		got := Permanent(resp)
		left, err := io.ReadAll(resp.Body)
		if got != test.want || string(left) != test.body || err != nil {
			t.Errorf("%d %s: %v, and %q is left, %v", test.status, test.body, got, left, err)
		}
	}
}

type sentError struct{}

func (sentError) Error() string           { return "no header" }
func (sentError) ClientRequestID() string { return "sent" }

func TestSanitise(t *testing.T) {
	for _, test := range []struct {
		text  string
		limit int
		want  string
	}{
		{"", 10, ""},
		{"  a \r\n\t b  ", 10, "a b"},
		{"a\x00b\x1b[2Jc\u0085d\u2028e\u200bf", 100, "a b [2Jc d e f"},
		{"Grüße, 山田", 100, "Grüße, 山田"},
		{"a\xffb\xc3", 100, "a b"},
		{"abcdef", 3, "abc..."},
		{"abc", 3, "abc"},
		{"ab cd", 3, "ab..."},
		{"山田太郎", 2, "山田..."},
	} {
		if got := Sanitise(test.text, test.limit); got != test.want {
			t.Errorf("%q: got %q, want %q", test.text, got, test.want)
		}
	}
}

func FuzzNewServiceError(f *testing.F) {
	f.Add(403, []byte(`{"error":{"code":"c","message":"{\"Message\":\"m\"}","innerError":{"innererror":{"code":"d"}}}}`))
	f.Add(502, []byte("<html>"))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		e := NewServiceError(&http.Response{StatusCode: status, Header: http.Header{}}, "https://h/p?q", body)
		for _, text := range []string{e.Error(), e.Advice(), e.Code, e.Message} {
			if utf8.RuneCountInString(text) > 2*maxMessage || !utf8.ValidString(text) {
				t.Errorf("%q is too long or no UTF-8", text)
			}
			for _, c := range text {
				if unicode.IsControl(c) {
					t.Errorf("%q has control characters", text)
				}
			}
		}
	})
}
