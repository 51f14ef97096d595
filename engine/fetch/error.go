package fetch

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ServiceError is a response that is not a page of events, or the lack of one.
// Its texts come from the service and are sanitised: one line of bounded
// length, without control characters.
type ServiceError struct {
	Kind   Kind
	Status int // 0 if there was no response
	// Code is the service's word for the error, InnerCode the innermost one
	// of its details; empty where it gave none.
	Code, InnerCode string
	// Message is what the service says or, if that was no error but something
	// unusable, what came instead.
	Message string
	// RequestID and ClientRequestID are what Microsoft's support asks for.
	RequestID, ClientRequestID string
	Date                       time.Time // by the service's clock, zero if not told
	URL                        string    // without query

	cause error
}

// Kind says what sort of error it is. It is told by status and code, for the
// service's messages change; by its message alone where many errors share a code.
type Kind string

// The kinds.
const (
	// Permission: the application lacks a permission.
	Permission Kind = "permission"
	// Licence: the directory lacks a licence.
	Licence Kind = "licence"
	// Role: the caller lacks a directory role.
	Role Kind = "role"
	// Forbidden: a permission, a licence or a role is lacking, and the service
	// does not say which.
	Forbidden Kind = "forbidden"
	// Retired: the API is shut down.
	Retired Kind = "retired"
	// NotProvisioned: the service behind the API is not set up for the directory.
	NotProvisioned Kind = "not_provisioned"
	// AppRefused: the service behind the API does not take the application's
	// calls, whatever its permissions are.
	AppRefused Kind = "app_refused"
	// Unauthorised: the token was refused.
	Unauthorised Kind = "unauthorised"
	// Throttled: too many requests, for longer than is worth waiting.
	Throttled Kind = "throttled"
	// Timeout: the service did not answer in time.
	Timeout Kind = "timeout"
	// NotFound: the service knows no such report, or no longer.
	NotFound Kind = "not_found"
	// BadRequest: the service does not accept the request.
	BadRequest Kind = "bad_request"
	// Proxy: a proxy before the service wants a login.
	Proxy Kind = "proxy"
	// Unavailable: the service failed.
	Unavailable Kind = "unavailable"
	// BadResponse: what came is not a whole page of events.
	BadResponse Kind = "bad_response"
)

// Final reports whether the same question gets the same answer until somebody
// changes something: a grant, a licence, the configuration.
func (k Kind) Final() bool {
	switch k {
	case Permission, Licence, Role, Forbidden, Retired, NotProvisioned, AppRefused, Unauthorised, NotFound:
		return true
	}
	return false
}

// Flaps reports whether the service is known to refuse so for moments, although
// nothing was changed.
func (k Kind) Flaps() bool {
	switch k {
	case Permission, Licence, Role, Forbidden:
		return true
	}
	return false
}

// Flaps reports whether an error is a refusal that may pass in a moment.
func Flaps(err error) bool {
	e, ok := errors.AsType[*ServiceError](err)
	return ok && e.Kind.Flaps()
}

// kindOf tells the kind of an error that came with a status. Codes and texts are
// from Microsoft's documentation of Graph errors and from public reports of what
// the reporting APIs send.
func kindOf(status int, code, innerCode, message string) Kind {
	if kind, ok := kindOfCode(code); ok {
		return kind
	}
	if kind, ok := kindOfCode(innerCode); ok {
		return kind
	}
	forbidden := status == http.StatusForbidden ||
		status == http.StatusUnauthorized && innerCode == "Forbidden" // Intune wraps it so
	switch {
	case forbidden:
		return saidToLack(message)
	case mentions(message, "ServiceFabricGraphAuthenticationMiddleware"),
		status == http.StatusInternalServerError && mentions(message, "FAILED - Forbidden"):
		return AppRefused
	case status == http.StatusUnauthorized:
		return Unauthorised
	case status == http.StatusProxyAuthRequired:
		return Proxy
	case status == http.StatusTooManyRequests,
		status == http.StatusInternalServerError && mentions(message, "rate limit reached"): // Intune's way to throttle
		return Throttled
	case status == http.StatusGatewayTimeout, status == http.StatusRequestTimeout:
		return Timeout
	case status == http.StatusNotFound, status == http.StatusGone, status == http.StatusNotImplemented,
		status == http.StatusBadRequest && unknownSegment(message):
		return NotFound
	case status >= 500:
		return Unavailable
	case status >= 400:
		return BadRequest
	default:
		return BadResponse
	}
}

// kindOfCode tells the kind of an error by a code that stands for one alone.
func kindOfCode(code string) (Kind, bool) {
	switch code {
	case "Authentication_RequestFromNonPremiumTenantOrB2CTenant", "AadPremiumLicenseRequired":
		return Licence, true
	case "Authentication_MSGraphPermissionMissing", "Authorization_RequestDenied", "InsufficientGraphPermissions", "S2SUnauthorized":
		return Permission, true
	case "Authentication_RequestFromUnsupportedUserRole":
		return Role, true
	case "DataInsightsRequestError":
		return AppRefused, true
	case "HostNotFound", "TenantDeploymentNotFound":
		return NotProvisioned, true
	}
	return "", false
}

// saidToLack is what the message of a refusal says that is lacking, if it says
// one thing: services that share the code Forbidden tell so alone.
func saidToLack(message string) Kind {
	says := func(words ...string) bool {
		return slices.ContainsFunc(words, func(word string) bool { return mentions(message, word) })
	}
	licence := says("licens", "licenc", "premium", "subscription")
	permission := says("permission", "scope", "privilege", "application role")
	switch role := says("role"); {
	case licence && (permission || role):
		return Forbidden
	case licence:
		return Licence
	case permission:
		return Permission
	case role:
		return Role
	}
	return Forbidden
}

// unknownSegment reports whether a message says that a part of the path leads to
// nothing.
func unknownSegment(message string) bool {
	return mentions(message, "not found for the segment") || mentions(message, "not found for segment")
}

// mentions reports whether a message has words, in whatever case.
func mentions(message, words string) bool {
	return strings.Contains(strings.ToLower(message), strings.ToLower(words))
}

// Retire makes the error of an API that is shut down one of kind Retired, where
// its status and code are those of such an answer.
func (e *ServiceError) Retire() {
	if e.Status == http.StatusForbidden && e.Code == "Authentication_Unauthorized" || e.Status == http.StatusGone {
		e.Kind = Retired
	}
}

// Error says what the service said, with the code and the request-id.
func (e *ServiceError) Error() string {
	var b strings.Builder
	switch {
	case e.Kind == Timeout && e.Status == 0:
		b.WriteString("the service did not answer in time")
	case e.Status == http.StatusOK:
		b.WriteString("the service sent no usable page")
	default:
		b.WriteString("the service answered " + strconv.Itoa(e.Status))
		if text := http.StatusText(e.Status); text != "" {
			b.WriteString(" " + text)
		}
	}
	if e.Code != "" {
		b.WriteString(", " + e.Code)
	}
	if e.InnerCode != "" && e.InnerCode != e.Code {
		b.WriteString(" (" + e.InnerCode + ")")
	}
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	if e.RequestID != "" || !strings.Contains(e.Message, e.ClientRequestID) {
		b.WriteString(IDs(e.RequestID, e.ClientRequestID))
	}
	return b.String()
}

// Cause is what the service said, without what is of one request alone.
func (e *ServiceError) Cause() string {
	general := *e
	general.RequestID, general.ClientRequestID = "", ""
	return general.Error()
}

// IDs is the end of a text about an answer: what Microsoft's support finds the
// request by, the service's own id where it gave one.
func IDs(requestID, clientRequestID string) string {
	switch {
	case requestID != "":
		return " (request-id " + requestID + ")"
	case clientRequestID != "":
		return " (client-request-id " + clientRequestID + ")"
	}
	return ""
}

// Unwrap returns what went wrong below, if anything did.
func (e *ServiceError) Unwrap() error { return e.cause }

// Advice says in full sentences what the user can do, in general terms: which
// permission or licence a report needs is for the caller to add. It never says
// otherwise than the service did.
func (e *ServiceError) Advice() string {
	switch e.Kind {
	case Permission:
		return "Grant the application the permission that this report needs, as an application permission with admin consent. A new grant can take some minutes to work."
	case Licence:
		return "The directory has no licence that this report needs. A new licence can take days to open the reports."
	case Role:
		return "Give the caller a directory role that may read reports, such as Reports Reader or Security Reader."
	case Forbidden:
		return "The service does not say which, but the application lacks the permission that this report needs, or the directory the licence. Check both."
	case Retired:
		return "The API is shut down for good: no permission, consent or licence brings it back."
	case NotProvisioned:
		return "The service that keeps these events is not set up for the directory. Set it up there, or leave the directory out of the report."
	case AppRefused:
		return "The service behind this report does not know the application, or takes no calls without a signed-in user. Another permission or token does not help: leave the report out, or register the application with that service."
	case Unauthorised:
		return "The service refused the token. Check the credential, and that the tenant's id and cloud are those of the directory."
	case Throttled:
		return "Other applications may be using up the directory's request limit. Try again later, or with less parallelism."
	case Timeout:
		return "The service could not produce the events in time. Try again later, or use shorter slices or a filter that selects fewer events."
	case NotFound:
		if e.Status == http.StatusNotImplemented {
			return "The service does not offer this report to the directory, though it knows it. Leave the directory out of the report."
		}
		return "The directory's API does not have this report under this path and version. Check the tenant's cloud and endpoints: not every cloud has every report."
	case BadRequest:
		return "Check the report's filter and select, and that the slice is not older than the service keeps events: it refuses dates beyond that."
	case Proxy:
		return "A proxy before the service wants a login. Give the proxy's user and password in HTTPS_PROXY, or have the proxy let the service's host pass."
	case Unavailable:
		support := "give the request-id to Microsoft's support"
		if e.RequestID == "" {
			support = "ask Microsoft's support"
		}
		return "The service is failing. Try again later; if it stays so, " + support + "."
	default:
		return "Something between here and the service may be changing responses, such as a proxy, or the service is failing. Try again later."
	}
}

// LinkError says why the link from a page to the next was not followed.
type LinkError struct {
	Err error
	// RequestID and ClientRequestID are of the page that has the link.
	RequestID, ClientRequestID string
}

func (e *LinkError) Error() string { return e.Err.Error() + IDs(e.RequestID, e.ClientRequestID) }

func (e *LinkError) Unwrap() error { return e.Err }

// Advice says in full sentences what the user can do.
func (e *LinkError) Advice() string {
	return "Try again; if it stays so, a gateway or proxy may be rewriting what the service sends: check the tenant's endpoints. Otherwise ask Microsoft's support."
}
