package odata

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/reportform/reportform/engine/fetch"
)

func TestLinkAtHead(t *testing.T) {
	for body, want := range map[string]string{
		`{"@odata.context":"x","@odata.nextLink":"https:\/\/h\/2","value":[]}`: "https://h/2",
		`{"odata.nextLink":"users?p=2","value":[]}`:                            "users?p=2",
		`{"value":[],"@odata.nextLink":"https://h/2"}`:                         "",
		`{"value":[{"@odata.nextLink":"https://h/2"}]}`:                        "",
		`{"x":{"@odata.nextLink":"https://h/2"},"value":[]}`:                   "",
		`{"@odata.nextLink":null,"value":[]}`:                                  "",
		`{"@odata.nextLink":"`:                                                 "",
		`{"@odata.nextLink":"` + strings.Repeat("x", maxLink) + `"}`:           "",
		`<html>`: "", ``: "", `{`: "", `[]`: "", `{"a"`: "", `{"@odata.nextLink"`: "", `{"@odata.nextLink":`: "",
	} {
		if got := linkAtHead([]byte(body)); got != want {
			t.Errorf("linkAtHead(%.60s) = %q, want %q", body, got, want)
		}
	}
}

// asked serves fixed pages by query and records what is asked for.
func asked(t *testing.T, pages map[string]string) (*httptest.Server, func() string) {
	var mu sync.Mutex
	var log []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		log = append(log, r.URL.Query().Get("n"))
		mu.Unlock()
		_, _ = io.WriteString(w, strings.ReplaceAll(pages[r.URL.Query().Get("n")], "HOST", "http://"+r.Host))
	}))
	t.Cleanup(server.Close)
	return server, func() string { mu.Lock(); defer mu.Unlock(); return strings.Join(log, " ") }
}

func requestTo(s *httptest.Server) *Request {
	return &Request{Protocol: Graph{}, Endpoint: s.URL, Version: "v1.0", Path: "/p", ID: []string{"id"}}
}

// What was asked for too early is not used: the last link of a page counts.
func TestTheLinkAtTheHeadIsOnlyAHint(t *testing.T) {
	server, log := asked(t, map[string]string{
		"":      `{"@odata.nextLink":"HOST/v1.0/p?n=wrong","value":[{"id":"a"}],"@odata.nextLink":"HOST/v1.0/p?n=2"}`,
		"wrong": `{"value":[{"id":"x"}]}`,
		"2":     `{"@odata.nextLink":"HOST/v1.0/p?n=3","value":[{"id":"b"}]}`,
		"3":     `{"@odata.nextLink":"HOST/v1.0/p?n=4","value":[],"@odata.nextLink":null}`,
		"4":     `{"value":[{"id":"y"}]}`,
	})
	got, stats, err := read(t, quickClient(server), requestTo(server))
	if err != nil || strings.Join(got, "") != `{"id":"a"}{"id":"b"}` {
		t.Errorf("got %v, %v", got, err)
	}
	if stats.Pages != 3 || stats.Requests != 3 {
		t.Errorf("%+v: pages that are not used do not count", stats)
	}
	for _, n := range []string{"2", "3"} {
		if strings.Count(log(), n) != 1 {
			t.Errorf("asked for %s; want page %s once", log(), n)
		}
	}
}

// A link at the head that leads elsewhere is never asked for.
func TestAForeignLinkAtTheHeadIsNotFollowed(t *testing.T) {
	foreign, foreignLog := asked(t, map[string]string{"": `{"value":[]}`})
	server, log := asked(t, map[string]string{
		"": `{"@odata.nextLink":"` + foreign.URL + `/v1.0/p?n=secret","value":[{"id":"a"}]}`,
	})
	_, _, err := read(t, quickClient(server), requestTo(server))
	if err == nil || foreignLog() != "" || strings.TrimSpace(log()) != "" {
		t.Errorf("error %v; the other host was asked for %q, this one for %q", err, foreignLog(), log())
	}
}

// While one page is used, the two after it are read.
func TestPagesAreReadAhead(t *testing.T) {
	page := func(id, next string) string {
		return `{"@odata.nextLink":"HOST/v1.0/p?n=` + next + `","value":[{"id":"` + id + `"}]}`
	}
	reached := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := r.URL.Query().Get("n")
		if n == "3" {
			close(reached)
		}
		body := map[string]string{"": page("a", "2"), "2": page("b", "3"), "3": `{"value":[{"id":"c"}]}`}[n]
		_, _ = io.WriteString(w, strings.ReplaceAll(body, "HOST", "http://"+r.Host))
	}))
	defer server.Close()
	count := 0
	for e, err := range each((&Reader{*quickClient(server), *requestTo(server)}).Events(t.Context(), fetch.Span{}, &fetch.Stats{})) {
		if err != nil {
			t.Fatal(err)
		}
		if count++; count == 1 {
			<-reached // the third page, while the first is in use
			if string(e.Raw) != `{"id":"a"}` {
				t.Errorf("the page in use was overwritten: %s", e.Raw)
			}
		}
	}
	if count != 3 {
		t.Errorf("%d events", count)
	}
}
