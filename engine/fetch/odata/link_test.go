package odata

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestNextLink(t *testing.T) {
	graph := &Request{Protocol: Graph{}, Endpoint: "https://graph.microsoft.com", Version: "v1.0", Path: "/auditLogs/signIns"}
	aad := &Request{Protocol: AADGraph{}, Endpoint: "https://graph.windows.net", Directory: "contoso.com", Version: "1.6", Path: "/users"}
	for _, test := range []struct {
		request *Request
		link    string
		want    string // the URL, or what the error must mention after "error: "
	}{
		{graph, "", ""},
		{
			graph, "https://graph.microsoft.com/v1.0/auditLogs/signins?$filter=a%20eq%20'%C3%BC'&$skiptoken=9177f2_1",
			"https://graph.microsoft.com/v1.0/auditLogs/signins?$filter=a%20eq%20'%C3%BC'&$skiptoken=9177f2_1",
		},
		{graph, "https://GRAPH.microsoft.com:443/v1.0/x?$skip=5", "https://GRAPH.microsoft.com:443/v1.0/x?$skip=5"},
		{graph, "https://graph.microsoft.com/v1.0/x?$filter=a eq 'ü'&t=1", "https://graph.microsoft.com/v1.0/x?$filter=a%20eq%20'%C3%BC'&t=1"},
		{graph, "https://graph.microsoft.com/v1.0/a%2Fb?t=1", "https://graph.microsoft.com/v1.0/a%2Fb?t=1"},
		{aad, "https://graph.windows.net/contoso.com/reports/a?api-version=beta&t=1", "https://graph.windows.net/contoso.com/reports/a?api-version=beta&t=1"},
		{aad, "https://graph.windows.net/contoso.com/reports/a?t=1", "https://graph.windows.net/contoso.com/reports/a?t=1"},
		{
			aad, "directoryObjects/$/Microsoft.DirectoryServices.User?$skiptoken=X'4453'",
			"https://graph.windows.net/contoso.com/directoryObjects/$/Microsoft.DirectoryServices.User?$skiptoken=X'4453'&api-version=1.6",
		},
		{aad, "users?$skiptoken=X&Api-Version=1.5", "https://graph.windows.net/contoso.com/users?$skiptoken=X&Api-Version=1.5"},
		{aad, "users", "https://graph.windows.net/contoso.com/users?api-version=1.6"},

		{graph, "http://graph.microsoft.com/v1.0/x", "error: leads to http://graph.microsoft.com"},
		{graph, "https://graph.microsoft.com.evil.example/v1.0/x", "error: evil.example"},
		{graph, "https://graph.microsoft.com:8443/v1.0/x", "error: 8443"},
		{graph, "https://graph.microsoft.com@evil.example/v1.0/x", "error: evil.example"},
		{graph, "https://user:pw@graph.microsoft.com/v1.0/x", "error: user information"},
		{graph, "//evil.example/v1.0/x", "error: evil.example"},
		{aad, "//evil.example/contoso.com/x", "error: evil.example"},
		{aad, `\\evil.example\x`, "https://graph.windows.net/contoso.com/%5C%5Cevil.example%5Cx?api-version=1.6"},
		{graph, "javascript:alert(1)", "error: leads to javascript:"},
		{graph, "file:///etc/passwd", "error: leads to file:"},
		{graph, "https://graph.microsoft.com/v1.0/x?t=1#there", "error: fragment"},
		{graph, "https://graph.microsoft.com/v1.0/x?t=1#", "error: fragment"},
		{graph, "https://graph.microsoft.com/\x1b[31m", "error: not a URL"},
		{graph, "https://graph.microsoft.com/%zz", "error: not a URL"},
		{graph, "https://graph.microsoft.com/x?" + strings.Repeat("a", maxLink), "error: bytes long"},
		{graph, "https://graph.microsoft.com/x?a=1&$skiptoken=", "error: empty skip token"},
		{graph, "https://graph.microsoft.com/x?%24skiptoken=&a=1", "error: empty skip token"},
		{graph, "https://graph.microsoft.com/x?$skipToken", "error: empty skip token"},
	} {
		t.Run(test.link[:min(len(test.link), 60)], func(t *testing.T) {
			l, err := newLinks(test.request, "first")
			if err != nil {
				t.Fatal(err)
			}
			got, err := l.next(test.link, 1)
			if want, fails := strings.CutPrefix(test.want, "error: "); fails {
				if err == nil || !strings.Contains(err.Error(), want) || strings.ContainsRune(err.Error(), 0x1b) {
					t.Errorf("got %q and the error %v, want one with %q", got, err, want)
				}
				if strings.Contains(want, "skip token") != errors.Is(err, errLostPlace) {
					t.Errorf("lost place: %v", err)
				}
			} else if err != nil || got != test.want {
				t.Errorf("got  %s, %v\nwant %s", got, err, test.want)
			}
		})
	}
}

func TestNextLinkSeenBefore(t *testing.T) {
	const first = "https://h/v1.0/p?a=1"
	request := &Request{Protocol: Graph{}, Endpoint: "https://h", Version: "v1.0", Path: "/p"}
	for _, again := range []string{first, "https://h/v1.0/p?t=1"} {
		l, err := newLinks(request, first)
		if err != nil {
			t.Fatal(err)
		}
		for _, link := range []string{"https://h/v1.0/p?t=1", "https://h/v1.0/p?t=2"} {
			if _, err := l.next(link, 1); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := l.next(again, 1); err == nil {
			t.Errorf("%s was followed again", again)
		}
	}
}

func TestOtherBlanks(t *testing.T) {
	for address, want := range map[string]string{
		"https://h/v1.0/p?$filter=t+ge+1&$skiptoken=a%2Bb": "https://h/v1.0/p?$filter=t%20ge%201&$skiptoken=a%2Bb",
		"https://h/a+b?c=d+e":                              "https://h/a+b?c=d%20e",
		"https://h/a+b":                                    "",
		"https://h/p?c=d%20e":                              "",
		"":                                                 "",
	} {
		if got, ok := otherBlanks(address); got != want || ok != (want != "") {
			t.Errorf("%s: got %q, %v", address, got, ok)
		}
	}
}

// Whatever a link is, it leads to the endpoint or nowhere.
func FuzzResolve(f *testing.F) {
	for _, link := range []string{
		"https://graph.microsoft.com/v1.0/x?$skiptoken=1", "//evil.example/x", "users?$skiptoken=X'44'", "https://graph.microsoft.com@evil.example/",
		"https:\\\\evil.example", "HTTPS://GRAPH.microsoft.com:443/x", "?a+b", "", "https://graph.microsoft.com/\x00", "http://graph.microsoft.com/",
	} {
		f.Add(link)
	}
	l, err := newLinks(&Request{Protocol: AADGraph{}, Endpoint: "https://graph.microsoft.com", Directory: "contoso.com", Version: "1.6", Path: "/users"}, "first")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, link string) {
		address, err := l.lead(link)
		if err != nil {
			for _, c := range err.Error() {
				if c < 0x20 {
					t.Errorf("%q has control characters", err)
				}
			}
			return
		}
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "https" || serverOf(u) != (server{"https", "graph.microsoft.com:443"}) || u.User != nil || u.Fragment != "" {
			t.Errorf("%q leads to %q, %v", link, address, err)
		}
		if _, err := http.NewRequest(http.MethodGet, address, nil); err != nil {
			t.Errorf("%q leads to %q, which cannot be asked for: %v", link, address, err)
		}
	})
}

func TestEndpointThatIsNoURL(t *testing.T) {
	for _, endpoint := range []string{"", "graph.microsoft.com", "ftp://h", "https://", "https://h\x00"} {
		if _, err := newLinks(&Request{Protocol: Graph{}, Endpoint: endpoint, Version: "v1.0"}, "first"); err == nil {
			t.Errorf("%q was taken", endpoint)
		}
	}
}
