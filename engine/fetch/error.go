package fetch

import (
	"fmt"
	"net/http"
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

// Kind says what sort of error it is, by status and code alone: the service's
// messages change.
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
	// Unavailable: the service failed.
	Unavailable Kind = "unavailable"
	// BadResponse: what came is not a whole page of events.
	BadResponse Kind = "bad_response"
)

// kindOf tells the kind of an error that came with a status. Codes are from
// Microsoft's documentation of Graph errors and from public reports of what
// the reporting APIs send.
func kindOf(status int, code, innerCode string) Kind {
	switch code {
	case "Authentication_RequestFromNonPremiumTenantOrB2CTenant", "AadPremiumLicenseRequired":
		return Licence
	case "Authentication_MSGraphPermissionMissing", "Authorization_RequestDenied", "S2SUnauthorized":
		return Permission
	case "Authentication_RequestFromUnsupportedUserRole":
		return Role
	}
	switch {
	case status == http.StatusForbidden,
		status == http.StatusUnauthorized && innerCode == "Forbidden": // Intune wraps it so
		return Forbidden
	case status == http.StatusUnauthorized:
		return Unauthorised
	case status == http.StatusTooManyRequests:
		return Throttled
	case status == http.StatusGatewayTimeout, status == http.StatusRequestTimeout:
		return Timeout
	case status == http.StatusNotFound, status == http.StatusGone:
		return NotFound
	case status >= 500:
		return Unavailable
	case status >= 400:
		return BadRequest
	default:
		return BadResponse
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
	if e.RequestID != "" {
		fmt.Fprintf(&b, " (request-id %s)", e.RequestID)
	}
	return b.String()
}

// Unwrap returns what went wrong below, if anything did.
func (e *ServiceError) Unwrap() error { return e.cause }

// Advice says in full sentences what the user can do, in general terms: which
// permission or licence a report needs is for the caller to add.
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
	case Unauthorised:
		return "The service refused the token. Check the credential, and that the tenant's id and cloud are those of the directory."
	case Throttled:
		return "Other applications may be using up the directory's request limit. Try again later, or with less parallelism."
	case Timeout:
		return "The service could not produce the events in time. Try again later, or use shorter slices or a filter that selects fewer events."
	case NotFound:
		return "The directory's API does not have this report under this path and version. Check the tenant's cloud and endpoints: not every cloud has every report."
	case BadRequest:
		return "Check the report's filter and select, and that the slice is not older than the service keeps events: it refuses dates beyond that."
	case Unavailable:
		return "The service is failing. Try again later; if it stays so, give the request-id to Microsoft's support."
	default:
		return "Something between here and the service may be changing responses, such as a proxy, or the service is failing. Try again later."
	}
}

// LinkError says why the link from a page to the next was not followed.
type LinkError struct {
	Err       error
	RequestID string // of the page that has the link
}

func (e *LinkError) Error() string { return fmt.Sprintf("%v (request-id %s)", e.Err, e.RequestID) }

func (e *LinkError) Unwrap() error { return e.Err }

// Advice says in full sentences what the user can do.
func (e *LinkError) Advice() string {
	return "Try again; if it stays so, a gateway or proxy may be rewriting what the service sends: check the tenant's endpoints. Otherwise give the request-id to Microsoft's support."
}
