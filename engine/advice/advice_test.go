package advice

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/auth"
	"github.com/reportform/reportform/engine/fetch"
	"github.com/reportform/reportform/engine/transport"
	"github.com/reportform/reportform/outputs"
)

func TestFor(t *testing.T) {
	refused := func(kind fetch.Kind) error { return &fetch.ServiceError{Kind: kind} }
	const consent = "https://login.example/contoso.example/adminconsent?client_id=app-1"
	for _, test := range []struct {
		err    error
		cause  string
		advice []string // parts of it
		not    string
	}{
		{&auth.Error{}, "credential", nil, "."},
		{refused(fetch.Permission), string(fetch.Permission), []string{"needs the application permission A and B; the application is app-1", consent}, "licence:"},
		{refused(fetch.Licence), string(fetch.Licence), []string{"needs this licence: P1"}, "permission A"},
		{refused(fetch.Forbidden), string(fetch.Forbidden), []string{"permission A and B", "licence: P1"}, ""},
		{&fetch.LinkError{}, "link", nil, ""},
		{&net.OpError{Op: "dial", Err: &net.DNSError{Name: "graph.example"}}, "network", []string{`"graph.example" cannot be resolved`, "tenant.contoso"}, ""},
		{&net.OpError{Op: "dial", Err: errors.New("refused")}, "network", []string{"cannot be reached", "tenant.contoso"}, "resolved"},
		{&transport.OutageError{Host: "graph.example:443", Last: &net.OpError{Op: "dial", Err: errors.New("refused")}}, "network", []string{"graph.example:443 cannot be reached", "tenant.contoso"}, "resolved"},
		{&transport.OutageError{Host: "graph.example", Last: &net.DNSError{Name: "graph.example"}}, "network", []string{`"graph.example" cannot be resolved`, "tenant.contoso"}, ""},
		{&transport.OutageError{Host: "graph.example", Last: &transport.ProxyError{Status: 407}}, "network", []string{"HTTPS_PROXY"}, "resolved"},
		{&transport.PatienceError{For: time.Hour, Limit: time.Hour, Last: refused(fetch.Throttled)}, string(fetch.Throttled), []string{"Other applications", "-patience=2h"}, ""},
		{&transport.PatienceError{For: time.Hour, Limit: time.Hour, Last: errors.New("connection reset")}, string(fetch.Unavailable), []string{"-patience=2h"}, ""},
		{&transport.PatienceError{For: 20 * time.Minute, Limit: time.Hour, Asked: 41 * time.Minute, Last: refused(fetch.Throttled)}, string(fetch.Throttled), []string{"-patience=2h"}, ""},
		{outputs.ErrAltered, "altered", []string{"fetches the slice again"}, ""},
		{fs.ErrPermission, "disk", []string{"may not write there"}, ""},
		{errors.New("something else"), "", nil, "."},
	} {
		tenant := &config.Tenant{Address: "tenant.contoso", ID: "contoso.example", Cloud: "public", Endpoints: config.Endpoints{Login: "https://login.example"}}
		report := &config.Report{Type: &config.ReportType{Name: "r", Permissions: []string{"A", "B"}, License: "P1"}}
		cause, advice := For(tenant, report, "app-1")(fmt.Errorf("pulling: %w", test.err))
		if cause != test.cause {
			t.Errorf("%v: the cause is %q, want %q", test.err, cause, test.cause)
		}
		for _, part := range test.advice {
			if !strings.Contains(advice, part) {
				t.Errorf("%v: %q lacks %q", test.err, advice, part)
			}
		}
		if test.not != "" && strings.Contains(advice, test.not) {
			t.Errorf("%v: %q has %q", test.err, advice, test.not)
		}
		tenant.Cloud = config.CloudSandbox
		if _, advice := For(tenant, report, "app-1")(test.err); strings.Contains(advice, "adminconsent") {
			t.Errorf("the sandbox has administrators: %q", advice)
		}
	}
}
