package advice

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/auth"
	"github.com/reportform/reportform/engine/fetch"
	"github.com/reportform/reportform/engine/transport"
	"github.com/reportform/reportform/internal/calendar"
	"github.com/reportform/reportform/outputs"
)

// proxyError is one of the transport, which is not known here.
type proxyError struct{ status int }

func (e proxyError) Error() string         { return "the proxy p:1 does not connect to the service" }
func (e proxyError) ProxyStatus() int      { return e.status }
func (proxyError) ClientRequestID() string { return "sent" }
func subject() Subject {
	return Subject{
		Tenant: &config.Tenant{Address: "tenant.contoso", ID: "contoso.example", Cloud: "public", Endpoints: config.Endpoints{
			Login: "https://login.example", AADGraph: config.Clouds()["public"].AADGraph,
		}},
		Report: &config.Report{Type: &config.ReportType{Name: "r", API: config.APIGraph, Permissions: []string{"A", "B"}, License: "P1"}},
		App:    "app-1",
	}
}

func TestFor(t *testing.T) {
	refused := func(kind fetch.Kind) error { return &fetch.ServiceError{Kind: kind} }
	const consent = "https://login.example/contoso.example/adminconsent?client_id=app-1"
	for _, test := range []struct {
		err    error
		kind   string
		cause  string
		advice []string // parts of it
		not    string
	}{
		{&auth.Error{Status: 401, Advice: "Mend the secret."}, Login, "credential", []string{"Mend the secret."}, ""},
		{&auth.Error{Unread: true}, Secret, "secret", nil, "."},
		{&auth.Error{}, Network, "network", nil, "."},
		{&auth.Error{Status: 407}, Network, "proxy", nil, "."},
		{refused(fetch.Permission), Service, "permission", []string{"needs the application permission A and B; the application is app-1", consent}, "licence:"},
		{refused(fetch.Licence), Service, "licence", []string{"needs this licence: P1"}, "permission A"},
		{refused(fetch.Forbidden), Service, "forbidden", []string{"permission A and B", "licence: P1"}, ""},
		{refused(fetch.NotProvisioned), Service, "not_provisioned", []string{"not set up"}, "permission A"},
		{refused(fetch.AppRefused), Service, "app_refused", []string{"does not know the application"}, "permission A"},
		{refused(fetch.NotFound), Service, "not_found", []string{"cloud"}, "filter"},
		{&fetch.LinkError{Err: errors.New("a loop")}, Service, "link", nil, ""},
		{&fetch.PagesError{Kind: fetch.FilterIgnored}, Service, "filter_ignored", []string{"filter", "snapshot"}, "request-id"},
		{&fetch.PagesError{Kind: fetch.NoProgress}, Service, "no_progress", []string{"lost its place", "request-id"}, "snapshot"},
		{&net.OpError{Op: "dial", Err: &net.DNSError{Name: "graph.example", IsNotFound: true}}, Network, "network", []string{`"graph.example" cannot be resolved`, "tenant.contoso"}, "shut down"},
		{&net.OpError{Op: "dial", Err: errors.New("refused")}, Network, "network", []string{"cannot be reached", "tenant.contoso"}, "resolved"},
		{proxyError{407}, Network, "proxy", []string{"user and password in HTTPS_PROXY"}, "tenant"},
		{proxyError{403}, Network, "proxy", []string{"NO_PROXY"}, "password"},
		{&transport.OutageError{Host: "graph.example:443", Last: &net.OpError{Op: "dial", Err: errors.New("refused")}}, Network, "network", []string{"graph.example:443 cannot be reached", "tenant.contoso"}, "resolved"},
		{&transport.OutageError{Host: "graph.example", Last: &net.DNSError{Name: "graph.example"}}, Network, "network", []string{`"graph.example" cannot be resolved`, "tenant.contoso"}, ""},
		{&transport.OutageError{Host: "graph.example", Last: &transport.ProxyError{Status: 407}}, Network, "proxy", []string{"HTTPS_PROXY"}, "resolved"},
		{&transport.PatienceError{For: time.Hour, Limit: time.Hour, Last: refused(fetch.Throttled)}, Service, "throttled", []string{"Other applications", "-patience=2h"}, ""},
		{&transport.PatienceError{For: time.Hour, Limit: time.Hour, Last: errors.New("connection reset")}, Service, "unavailable", []string{"-patience=2h"}, ""},
		{&transport.PatienceError{For: 20 * time.Minute, Limit: time.Hour, Asked: 41 * time.Minute, Last: refused(fetch.Throttled)}, Service, "throttled", []string{"-patience=2h"}, ""},
		{outputs.ErrAltered, Output, "altered", []string{"fetches the slice again"}, ""},
		{fs.ErrPermission, Output, "disk", []string{"may not write there"}, ""},
		{errors.New("something else"), "", "", nil, "."},
	} {
		s := subject()
		x := For(s)(fmt.Errorf("pulling: %w", test.err))
		if x.Kind != test.kind || x.Cause != test.cause {
			t.Errorf("%v: %s, %s, want %s, %s", test.err, x.Kind, x.Cause, test.kind, test.cause)
		}
		for _, part := range test.advice {
			if !strings.Contains(x.Advice, part) {
				t.Errorf("%v: %q lacks %q", test.err, x.Advice, part)
			}
		}
		if test.not != "" && strings.Contains(x.Advice, test.not) {
			t.Errorf("%v: %q has %q", test.err, x.Advice, test.not)
		}
		for _, general := range []string{x.Reason, x.Remedy} {
			if strings.Contains(general, "contoso") {
				t.Errorf("%v: %q is of one tenant", test.err, general)
			}
		}
		s.Tenant.Cloud = config.CloudSandbox
		if advice := For(s)(test.err).Advice; strings.Contains(advice, "adminconsent") {
			t.Errorf("the sandbox has administrators: %q", advice)
		}
	}
}

// What is known of an answer is told apart from the texts.
func TestFacts(t *testing.T) {
	for _, test := range []struct {
		err  error
		want Explanation
	}{
		{
			&fetch.ServiceError{Kind: fetch.Licence, Status: 403, Code: "Forbidden", Message: "no licence", RequestID: "r", ClientRequestID: "c"},
			Explanation{Status: 403, Code: "Forbidden", RequestID: "r", ClientRequestID: "c", Reason: "the service answered 403 Forbidden, Forbidden: no licence"},
		},
		{
			&auth.Error{App: "app-1", Directory: "contoso.example", Status: 401, Code: "invalid_client", AADSTS: 7000215, Message: "wrong secret in contoso.example", TraceID: "t", CorrelationID: "c"},
			Explanation{Status: 401, Code: "AADSTS7000215", RequestID: "t", ClientRequestID: "c", Reason: `no token as app "app-1": wrong secret in TENANT_ID (invalid_client, AADSTS7000215, HTTP 401)`},
		},
		{proxyError{407}, Explanation{Status: 407, ClientRequestID: "sent", Reason: "the proxy p:1 does not connect to the service"}},
		{
			&net.OpError{Op: "read", Source: &net.TCPAddr{Port: 50123}, Addr: &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 443}, Err: errors.New("reset")},
			Explanation{Reason: "the service cannot be reached: read 10.0.0.1:443: reset"},
		},
		{&fs.PathError{Op: "open", Path: "out/contoso/2026-11-01.csv", Err: errors.New("is a directory")}, Explanation{Reason: "open: is a directory"}},
	} {
		got := For(subject())(test.err)
		got.Kind, got.Cause, got.Advice, got.Remedy = "", "", "", ""
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%v: %s", test.err, diff)
		}
	}
}

// What says that the retired API is gone says what succeeds the report, and
// speaks of no permission or licence to get.
func TestRetired(t *testing.T) {
	blocked := &fetch.ServiceError{Kind: fetch.Retired, Status: 403, Code: "Authentication_Unauthorized", Message: "Access blocked to AAD Graph API for this application."}
	gone := &net.DNSError{Name: "graph.windows.net", IsNotFound: true}
	month, err := calendar.Parse("30d")
	if err != nil {
		t.Fatal(err)
	}
	audits := &config.ReportType{Name: "directory_audits", Permissions: []string{"AuditLog.Read.All"}, Retention: &month}
	for name, test := range map[string]struct {
		err       error
		successor string
		change    func(*Subject)
		cause     string
		has       string
	}{
		"the answer of the issue":    {blocked, "directory_audits", nil, "retired", `report "directory_audits" "NAME"`},
		"no successor":               {blocked, "", nil, "retired", "has no report that succeeds r"},
		"an unknown successor":       {blocked, "own", nil, "retired", `report "own" "NAME"`},
		"the host is gone":           {gone, "directory_audits", nil, "retired", "AuditLog.Read.All"},
		"the path is gone":           {&fetch.ServiceError{Kind: fetch.NotFound, Status: 404}, "directory_audits", nil, "retired", "for 30d"},
		"a gateway's own 404":        {&fetch.ServiceError{Kind: fetch.NotFound, Status: 404}, "directory_audits", func(s *Subject) { s.Tenant.Endpoints.AADGraph = "https://gateway.example" }, "not_found", "endpoints"},
		"a gateway's name":           {gone, "directory_audits", func(s *Subject) { s.Tenant.Endpoints.AADGraph = "https://gateway.example" }, "network", "resolved"},
		"Microsoft Graph's own 404":  {&fetch.ServiceError{Kind: fetch.NotFound, Status: 404}, "", func(s *Subject) { s.Report.Type.API = config.APIGraph }, "not_found", "endpoints"},
		"a permission that is known": {&fetch.ServiceError{Kind: fetch.Permission, Status: 403}, "directory_audits", nil, "permission", "needs the application permission"},
	} {
		s := subject()
		s.Report.Type.API, s.Report.Type.Successor = config.APIAADGraph, test.successor
		if test.successor == audits.Name {
			s.Successor = audits
		}
		if test.change != nil {
			test.change(&s)
		}
		x := For(s)(test.err)
		if x.Cause != test.cause || !strings.Contains(x.Advice, test.has) {
			t.Errorf("%s: %s, %q", name, x.Cause, x.Advice)
		}
		for _, never := range []string{"Grant", "Directory.Read.All", "Premium", "P1", "Check both"} {
			if x.Cause == "retired" && (strings.Contains(x.Advice, never) || !strings.Contains(x.Advice, "2025-08-31")) {
				t.Errorf("%s: %q", name, x.Advice)
			}
		}
	}
}
