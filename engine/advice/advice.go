// Package advice says what the errors of a pull mean to a user: of the wire, of
// outputs and of the disk. It knows the errors of these parts, and nothing else of
// them.
package advice

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/auth"
	"github.com/reportform/reportform/engine/fetch"
	"github.com/reportform/reportform/engine/transport"
	"github.com/reportform/reportform/outputs"
)

// Subject is what a pull is of.
type Subject struct {
	Tenant *config.Tenant
	Report *config.Report
	App    string // that asks
	// Successor is the report type that succeeds the report's; nil for none.
	Successor *config.ReportType
	// From is when the pull's slice begins, zero where that is not known.
	From time.Time
	Now  func() time.Time // the clock, where From is known
}

// Explanation says of an error of a pull what kind it is, and what a user can do
// about it. What is not known is empty.
type Explanation struct {
	// Kind says where it happened, as a stable word: one of the Kinds.
	Kind string
	// Cause says what happened, as a stable word.
	Cause string
	// Status is that of the answer, Code the service's word for the error; what
	// the service, and Reportform, call the request by.
	Status                     int
	Code                       string
	RequestID, ClientRequestID string
	// Reason is what went wrong, without what is of one tenant, slice or request
	// alone: errors that share it are of one kind.
	Reason string
	// Advice says in full sentences what the user can do, such as the permission
	// to grant; Remedy says it for any tenant.
	Advice, Remedy string
}

// The kinds of Explanation.
const (
	Service    = "service"    // the API has answered
	Login      = "login"      // the token endpoint has
	Secret     = "secret"     // a secret could not be read; nobody was asked
	Network    = "network"    // nobody has answered
	Output     = "output"     // what holds slices, or is to hold them
	theTenant  = "the tenant" // in a Remedy
	tenantInID = "TENANT_ID"
)

// For returns a function that explains the errors of pulls of a subject.
func For(s Subject) func(error) Explanation {
	return func(err error) Explanation {
		x := s.explain(err)
		x.Remedy = s.general(x.Advice)
		x.Reason = s.general(x.Reason)
		return x
	}
}

// general is a text without what is of the tenant alone.
func (s *Subject) general(text string) string {
	if s.Tenant.ID != "" {
		text = strings.NewReplacer(s.Tenant.ID, tenantInID, url.PathEscape(s.Tenant.ID), tenantInID).Replace(text)
	}
	if s.Tenant.Address != "" {
		text = strings.ReplaceAll(text, string(s.Tenant.Address), theTenant)
	}
	return text
}

func (s *Subject) explain(err error) Explanation {
	var (
		refused *auth.Error
		service *fetch.ServiceError
		link    *fetch.LinkError
		pages   *fetch.PagesError
		patient *transport.PatienceError
		outage  *transport.OutageError
		lookup  *net.DNSError
		op      *net.OpError
		proxy   interface {
			error
			ProxyStatus() int
		}
		path *fs.PathError
	)
	x := Explanation{ClientRequestID: fetch.SentAs(err)}
	switch {
	case errors.As(err, &refused):
		return ofLogin(refused)
	case errors.As(err, &patient):
		return s.ofPatience(patient)
	case errors.As(err, &service):
		return s.ofService(service)
	case errors.As(err, &link):
		return Explanation{
			Kind: Service, Cause: "link", RequestID: link.RequestID, ClientRequestID: link.ClientRequestID,
			Reason: link.Err.Error(), Advice: link.Advice(),
		}
	case errors.As(err, &pages):
		return Explanation{
			Kind: Service, Cause: string(pages.Kind), RequestID: pages.RequestID, ClientRequestID: pages.ClientRequestID, Reason: pages.Cause(), Advice: pages.Advice(),
		}
	case errors.As(err, &proxy):
		x.Kind, x.Cause, x.Status, x.Reason = Network, string(fetch.Proxy), proxy.ProxyStatus(), proxy.Error()
		x.Advice = "The proxy stands between here and the service. Check HTTPS_PROXY and NO_PROXY, and that the proxy lets the service's host pass."
		if x.Status == http.StatusProxyAuthRequired {
			x.Advice = (&fetch.ServiceError{Kind: fetch.Proxy}).Advice()
		}
	case errors.As(err, &lookup) && lookup.IsNotFound && s.Report.Type.RetiredFor(s.Tenant):
		x.Kind, x.Cause, x.Reason, x.Advice = Network, string(fetch.Retired), "the name "+lookup.Name+" is gone", s.retired()
	case errors.As(err, &lookup):
		x.Kind, x.Cause, x.Reason = Network, "network", fmt.Sprintf("the name %q cannot be resolved", lookup.Name)
		x.Advice = fmt.Sprintf("The name %q cannot be resolved. Check the network, the proxy, and the cloud and endpoints of %s.", lookup.Name, s.Tenant.Address)
	case errors.As(err, &outage):
		x.Kind, x.Cause, x.Reason = Network, "network", outage.Host+" cannot be reached: "+unnamed(outage.Last)
		x.Advice = fmt.Sprintf("%s cannot be reached. Check the network, the proxy, and the cloud and endpoints of %s.", outage.Host, s.Tenant.Address)
	case errors.As(err, &op):
		x.Kind, x.Cause, x.Reason = Network, "network", "the service cannot be reached: "+operation(op)
		x.Advice = fmt.Sprintf("The service cannot be reached. Check the network, the proxy, and the cloud and endpoints of %s.", s.Tenant.Address)
	case errors.Is(err, outputs.ErrAltered):
		x.Kind, x.Cause, x.Reason = Output, "altered", outputs.ErrAltered.Error()
		x.Advice = "The next apply fetches the slice again, for that file too; or put the file back as it was."
	case errors.Is(err, fs.ErrPermission):
		x.Kind, x.Cause, x.Reason = Output, "disk", "writing is not permitted"
		x.Advice = "Reportform may not write there. Change the output's path, or the rights of the directory."
	default:
		if advice := ofDisk(err); advice != "" {
			x.Kind, x.Cause, x.Advice = Output, "disk", advice
		}
		if errors.As(err, &path) {
			x.Kind, x.Reason = Output, path.Op+": "+path.Err.Error()
		}
	}
	return x
}

// ofLogin explains why there is no token.
func ofLogin(e *auth.Error) Explanation {
	x := Explanation{
		Kind: Login, Cause: "credential", Status: e.Status, Code: e.Code, RequestID: e.TraceID, ClientRequestID: e.CorrelationID,
		Reason: e.Cause(), Advice: e.Advice,
	}
	if e.AADSTS != 0 {
		x.Code = fmt.Sprintf("AADSTS%d", e.AADSTS)
	}
	var patient *transport.PatienceError
	switch {
	case e.Unread:
		x.Kind, x.Cause = Secret, "secret"
	case errors.As(e, &patient):
		x.Cause = string(fetch.Unavailable)
		if answer, ok := errors.AsType[*transport.AnswerError](patient.Last); ok && answer.Status == http.StatusTooManyRequests {
			x.Cause, x.Status = string(fetch.Throttled), answer.Status
		}
		x.Reason = fmt.Sprintf("no token as app %q: %s%s", e.App, outOfPatience, unnamed(patient.Last))
	case e.Status == 0:
		x.Kind, x.Cause = Network, "network"
	case e.Status == http.StatusProxyAuthRequired:
		x.Kind, x.Cause = Network, string(fetch.Proxy)
	case e.Retryable():
		x.Cause = string(fetch.Unavailable)
	}
	return x
}

// ofService explains an answer of the API, or that there was none.
func (s *Subject) ofService(e *fetch.ServiceError) Explanation {
	x := Explanation{
		Kind: Service, Cause: string(e.Kind), Status: e.Status, Code: e.Code,
		RequestID: e.RequestID, ClientRequestID: e.ClientRequestID, Reason: e.Cause(),
	}
	switch e.Kind {
	case fetch.Forbidden, fetch.NotFound:
		if s.Report.Type.RetiredFor(s.Tenant) {
			x.Cause, x.Advice = string(fetch.Retired), s.retired()
			return x
		}
	case fetch.Retired:
		x.Advice = s.retired()
		return x
	}
	x.Advice = e.Advice() + s.needs(e.Kind) + s.undeclared(e.Kind)
	return x
}

// outOfPatience begins a Reason, whatever time was left where a wait was asked for.
const outOfPatience = "no useful answer for as long as patience lasts: "

// ofPatience explains that nothing useful came for as long as patience lasts.
func (s *Subject) ofPatience(e *transport.PatienceError) Explanation {
	x := Explanation{Kind: Service, Cause: string(fetch.Unavailable), ClientRequestID: fetch.SentAs(e), Reason: unnamed(e.Last)}
	if service, ok := errors.AsType[*fetch.ServiceError](e.Last); ok {
		x = s.ofService(service)
	}
	x.Reason = outOfPatience + x.Reason
	x.Advice = strings.TrimSpace(x.Advice + " " + e.Advice())
	return x
}

// unnamed is the text of an error without the id of a request.
func unnamed(err error) string {
	return strings.ReplaceAll(err.Error(), " (client-request-id "+fetch.SentAs(err)+")", "")
}

// operation is what failed on the network, without the ports of this side.
func operation(e *net.OpError) string {
	text := e.Op
	if e.Addr != nil {
		text += " " + e.Addr.String()
	}
	return text + ": " + e.Err.Error()
}

// What can be done about errors of file systems.
const (
	diskFull     = "The disk is full. Make room, or change the output's path; nothing half-written was left."
	diskReadOnly = "The file system is mounted read-only. Mount it for writing, or change the output's path."
	fileTooLarge = "The file is larger than the file system or a limit of the process (ulimit -f) allows. Choose shorter slices, or change the output's path."
	diskBroken   = "The system cannot use the disk. Check the disk, or the network file system; nothing half-written was left."
)

// needs names what a report type needs, where the refusal leaves that open.
func (s *Subject) needs(kind fetch.Kind) string {
	var b strings.Builder
	t := s.Report.Type
	permissions := kind == fetch.Permission || kind == fetch.Forbidden
	licence := (kind == fetch.Licence || kind == fetch.Forbidden) && t.License != ""
	if permissions && len(t.Permissions) > 0 {
		fmt.Fprintf(&b, " The report %s needs the application permission %s; the application is %s.",
			t.Name, strings.Join(t.Permissions, " and "), s.App)
		if s.Tenant.Cloud != config.CloudSandbox {
			fmt.Fprintf(&b, " An administrator of the directory consents at %s/%s/adminconsent?client_id=%s",
				s.Tenant.Endpoints.Login, s.Tenant.ID, s.App)
		}
	}
	if licence {
		fmt.Fprintf(&b, " The report %s needs this licence: %s.", t.Name, t.License)
	}
	return b.String()
}

// retired says what was shut down and what succeeds it.
func (s *Subject) retired() string { return Retired(s.Report.Type, s.Successor) }

// Retired says of a report type of the retired API what was shut down and when,
// and which type succeeds it; nil for none.
func Retired(t, successor *config.ReportType) string {
	text := "Azure AD Graph, which has this report, was shut down on 2025-08-31. No permission, consent or licence brings it back."
	if t.Successor == "" {
		return text + fmt.Sprintf(" Microsoft Graph has no report that succeeds %s: remove the report.", t.Name)
	}
	text += fmt.Sprintf(" On Microsoft Graph %s succeeds it: declare report %q %q in its place.", t.Successor, t.Successor, "NAME")
	if successor == nil {
		return text
	}
	if len(successor.Permissions) > 0 {
		text += fmt.Sprintf(" It needs the application permission %s.", strings.Join(successor.Permissions, " and "))
	}
	if successor.Retention != nil {
		text += fmt.Sprintf(" The service keeps its events for %s; what is older cannot be had any more.", successor.Retention)
	}
	return text
}
