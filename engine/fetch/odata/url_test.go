package odata

import (
	"net/url"
	"testing"
	"time"

	"github.com/reportform/reportform/engine/fetch"
)

func day(n int) time.Time { return time.Date(2026, 11, n, 0, 0, 0, 0, time.UTC) }

func firstDay() fetch.Span { return fetch.Span{From: day(1), To: day(2)} }

func TestFirstURL(t *testing.T) {
	berlin := time.FixedZone("", 3600)
	for name, test := range map[string]struct {
		request Request
		span    fetch.Span
		want    string
	}{
		"everything": {
			request: Request{
				Protocol: Graph{}, Endpoint: "https://graph.microsoft.com", Version: "v1.0", Path: "/auditLogs/signIns",
				Time: "createdDateTime", Lower: "ge", Upper: "lt", Filters: []string{"status/errorCode ne 0"},
				Select: []string{"id", "createdDateTime"}, OrderBy: "createdDateTime asc", PageSize: 1000,
			},
			span: firstDay(),
			want: "https://graph.microsoft.com/v1.0/auditLogs/signIns?$filter=createdDateTime%20ge%202026-11-01T00:00:00Z%20and%20createdDateTime%20lt%202026-11-02T00:00:00Z%20and%20status/errorCode%20ne%200&$select=id,createdDateTime&$top=1000&$orderby=createdDateTime%20asc",
		},
		"snapshot": {
			request: Request{Protocol: Graph{}, Endpoint: "http://127.0.0.1:8080/", Version: "beta", Path: "/users"},
			want:    "http://127.0.0.1:8080/beta/users",
		},
		"a path with a function and options": {
			request: Request{Protocol: Graph{}, Endpoint: "https://h", Version: "beta", Path: "/reports/f(period='D7')?x=1", PageSize: 5},
			want:    "https://h/beta/reports/f(period='D7')?x=1&$top=5",
		},
		"Azure AD Graph, gt and le": {
			request: Request{
				Protocol: AADGraph{}, Endpoint: "https://graph.windows.net", Directory: "contoso.com", Version: "beta",
				Path: "/reports/auditEvents", Time: "eventTime", Lower: "gt", Upper: "le",
			},
			span: firstDay(),
			want: "https://graph.windows.net/contoso.com/reports/auditEvents?api-version=beta&$filter=eventTime%20gt%202026-10-31T23:59:59.9999999Z%20and%20eventTime%20le%202026-11-01T23:59:59.9999999Z",
		},
		"a tenant that is no path": {
			request: Request{Protocol: AADGraph{}, Endpoint: "https://h", Directory: "../a?b#c", Version: "1.6", Path: "/users"},
			want:    "https://h/..%2Fa%3Fb%23c/users?api-version=1.6",
		},
		"bounds between ticks and in a zone": {
			request: Request{Protocol: Graph{}, Endpoint: "https://h", Version: "v1.0", Path: "/p", Time: "t", Lower: "ge", Upper: "lt"},
			span: fetch.Span{
				From: time.Date(2026, 11, 1, 1, 0, 0, 150, berlin),
				To:   time.Date(2026, 11, 1, 2, 0, 0, 1050, berlin),
			},
			want: "https://h/v1.0/p?$filter=t%20ge%202026-11-01T00:00:00.0000001Z%20and%20t%20lt%202026-11-01T01:00:00.0000011Z",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := firstURL(&test.request, test.span); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestFilterParentheses(t *testing.T) {
	timed := Request{Time: "t", Lower: "ge", Upper: "lt"}
	snapshot := Request{}
	const bounds = "t ge 2026-11-01T00:00:00Z and t lt 2026-11-02T00:00:00Z"
	for _, test := range []struct {
		request Request
		filters []string
		want    string
	}{
		{timed, nil, bounds},
		{timed, []string{"a eq 1 or b eq 2"}, bounds + " and (a eq 1 or b eq 2)"},
		{timed, []string{"(a eq 1)OR(b eq 2)"}, bounds + " and ((a eq 1)OR(b eq 2))"},
		{timed, []string{"order eq 'x'", "for_or eq 1"}, bounds + " and order eq 'x' and for_or eq 1"},
		{snapshot, []string{"a eq 1 or b eq 2"}, "a eq 1 or b eq 2"},
		{snapshot, []string{"a eq 1 or b eq 2", "c eq 3"}, "(a eq 1 or b eq 2) and c eq 3"},
		{snapshot, nil, ""},
	} {
		test.request.Filters = test.filters
		if got := filter(&test.request, firstDay()); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

func FuzzEscapeValue(f *testing.F) {
	f.Add("displayName eq 'Björn & Söhne + 100% #1;=?'")
	f.Add("a/any(t: t eq 'x') and b ge 2026-11-01T00:00:00.1234567Z")
	f.Add("\x00\xff \"<>")
	f.Fuzz(func(t *testing.T, value string) {
		u, err := url.Parse("https://h/p?a=1&$filter=" + escapeValue(value) + "&$top=5")
		if err != nil {
			t.Fatal(err)
		}
		query, err := url.ParseQuery(u.RawQuery)
		if err != nil {
			t.Fatal(err)
		}
		if got := query.Get("$filter"); got != value || len(query) != 3 {
			t.Errorf("%q came back as %q", value, got)
		}
	})
}
