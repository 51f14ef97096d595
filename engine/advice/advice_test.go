package advice

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"testing"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/auth"
	"github.com/reportform/reportform/engine/fetch"
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
		{&fetch.PagesError{Kind: fetch.FilterIgnored}, "filter_ignored", []string{"filter", "snapshot"}, "request-id"},
		{&fetch.PagesError{Kind: fetch.NoProgress}, "no_progress", []string{"lost its way", "request-id"}, "snapshot"},
		{&net.OpError{Op: "dial", Err: &net.DNSError{Name: "graph.example"}}, "network", []string{`"graph.example" cannot be resolved`, "tenant.contoso"}, ""},
		{&net.OpError{Op: "dial", Err: errors.New("refused")}, "network", []string{"cannot be reached", "tenant.contoso"}, "resolved"},
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
