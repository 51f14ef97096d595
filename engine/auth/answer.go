package auth

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/reportform/reportform/internal/diag"
)

// answer is what a token endpoint sends, good or bad; v1 and v2 endpoints
// differ in how they write numbers alone.
type answer struct {
	AccessToken   string `json:"access_token"`
	TokenType     string `json:"token_type"`
	Error         string `json:"error"`
	Description   string `json:"error_description"`
	Codes         []int  `json:"error_codes"`
	TraceID       string `json:"trace_id"`
	CorrelationID string `json:"correlation_id"`
}

// judge returns nil for an answer that holds a bearer token, and otherwise
// why it does not. Gateways answer in the endpoint's place with pages, empty
// bodies and redirects, also with a status of 200.
func judge(app string, audience Audience, status int, mediaType string, body []byte) *Error {
	e := newError(app, audience)
	e.Status = status
	if len(body) > maxAnswer {
		return e.because("the answer is larger than a token endpoint's can be", "Check what answers at "+audience.Login+".")
	}
	var a answer
	// A member of an unexpected type leaves the others readable.
	_ = json.Unmarshal(body, &a)
	if a.Error != "" {
		return e.refusedBy(&a, audience)
	}
	switch {
	case status == http.StatusProxyAuthRequired:
		return e.because("a proxy demands a login", "Give the proxy's user and password in HTTPS_PROXY, or have the proxy let "+audience.Login+" pass.")
	case status == http.StatusTooManyRequests:
		return e.because("the token endpoint is throttled", "Wait some minutes, and run fewer programs with this application at the same time.")
	case status >= 500:
		return e.because("the token endpoint, or a gateway before it, failed", "Try again in some minutes; "+proxyAdvice(audience.Login))
	case status >= 300 && status < 400:
		return e.because("a redirect came instead of a token; it was not followed, as it would take the secret elsewhere", diag.Capitalize(proxyAdvice(audience.Login)))
	case len(bytes.TrimSpace(body)) == 0:
		e.temporary = status < 300
		return e.because("the answer is empty", diag.Capitalize(proxyAdvice(audience.Login)))
	case !json.Valid(body):
		e.temporary = status < 300
		what := "something that is not JSON"
		if mediaType == "text/html" || bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) {
			what = "a web page"
		}
		return e.because(what+" came instead of a token", diag.Capitalize(proxyAdvice(audience.Login)))
	case status >= 400:
		return e.because("the answer gives no reason", "Check that "+audience.Login+" is the token endpoint of the tenant's cloud.")
	case a.AccessToken == "":
		return e.because("the answer holds no token", "Check that "+audience.Login+" is the token endpoint of the tenant's cloud.")
	case !strings.EqualFold(a.TokenType, "Bearer"):
		return e.because(fmt.Sprintf("the token is of type %q, and only Bearer is understood", line(a.TokenType, 20)), "")
	case strings.ContainsFunc(a.AccessToken, notVisibleASCII):
		return e.because("the token holds characters that no header can carry", "")
	}
	return nil
}

// refusedBy takes over the endpoint's own account of why there is no token.
func (e *Error) refusedBy(a *answer, audience Audience) *Error {
	e.Code = line(a.Error, 60)
	e.AADSTS = aadsts(a)
	e.Message = message(a.Description)
	if e.Message == "" {
		e.Message = "the token endpoint refused without giving a reason"
	}
	e.TraceID = firstGUID(a.TraceID, after(a.Description, "Trace ID: "))
	e.CorrelationID = firstGUID(a.CorrelationID, after(a.Description, "Correlation ID: "))
	e.Advice = advice(e, audience.Login)
	return e
}

// aadsts is the error's number: the first of error_codes, or that which the
// description begins with.
func aadsts(a *answer) int {
	if len(a.Codes) > 0 && a.Codes[0] > 0 {
		return a.Codes[0]
	}
	digits := after(a.Description, "AADSTS")
	if end := strings.IndexFunc(digits, func(r rune) bool { return r < '0' || r > '9' }); end >= 0 {
		digits = digits[:end]
	}
	n, err := strconv.ParseInt(digits, 10, 32)
	if err != nil {
		return 0
	}
	return int(n)
}

// message is the first line of a description without the number before it and
// without the trace ids that follow on lines, or in parentheses, of their own.
func message(description string) string {
	description, _, _ = strings.Cut(description, "Trace ID: ")
	description, _, _ = strings.Cut(strings.TrimSpace(description), "\n")
	if number, rest, ok := strings.Cut(description, ": "); ok && strings.HasPrefix(number, "AADSTS") {
		description = rest
	}
	return line(strings.TrimRight(description, ". \r"), maxMessage)
}

func after(text, mark string) string {
	_, rest, _ := strings.Cut(text, mark)
	return rest
}

// firstGUID returns the first of the texts that begins with a GUID, reduced to it.
func firstGUID(texts ...string) string {
	for _, text := range texts {
		if len(text) >= 36 && isGUID(text[:36]) {
			return text[:36]
		}
	}
	return ""
}

func isGUID(s string) bool {
	for i := range len(s) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		hex := s[i] >= '0' && s[i] <= '9' || s[i] >= 'a' && s[i] <= 'f' || s[i] >= 'A' && s[i] <= 'F'
		if dash != (s[i] == '-') || !dash && !hex {
			return false
		}
	}
	return len(s) == 36
}

func notVisibleASCII(r rune) bool { return r <= ' ' || r > '~' }
