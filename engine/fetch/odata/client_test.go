package odata

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reportform/reportform/engine/fetch"
)

func TestEventsComeInOrderAndAreCounted(t *testing.T) {
	s := newScript(t,
		send(200, `{"value":[{"id":"a","t":"2026-11-01T12:00:00Z"},{"id":"b","t":"2026-11-01T10:00:00Z"}],"@odata.nextLink":"BASE/v1.0/things?$skiptoken=1"}`),
		send(200, `{"value":[],"@odata.nextLink":"BASE/v1.0/things?$skiptoken=2"}`),
		send(200, `{"value":[{"id":"a","t":"2026-11-01T12:00:00Z"},{"id":"b","t":"2026-11-01T10:00:00Z","new":1},{"id":"c","t":"2026-11-02T00:00:01Z"},{"id":"d","t":"2026-11-01T23:59:59.9999999Z"},
			{"id":"e","t":null},{"id":"f","t":"soon"},{
			"id":"g"},{"id":"h","t":"2026-10-31T23:59:58.9999999Z"},{"id":"j","t":"2026-11-02T00:00:00.5z"},{"id":"i","t":"2026-10-31T16:00:00-8:00"}]}`),
	)
	r := s.request()
	r.Time, r.Lower, r.Upper = "t", "ge", "lt"
	r.Headers = map[string]string{"ConsistencyLevel": "eventual"}
	var got []string
	var stats fetch.Stats
	var progress []int64
	for batch, err := range (&Reader{*s.client(), *r}).Events(t.Context(), firstDay(), &stats) {
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range batch {
			got = append(got, string(e.Raw))
		}
		if int64(len(got)) != stats.Events {
			t.Errorf("%d events came and %d were counted", len(got), stats.Events)
		}
		progress = append(progress, stats.Events)
	}
	wantIDs(t, got, "a", "b", "b", "d", "e", "f", "g", "i")
	if got[2] != `{"id":"b","t":"2026-11-01T10:00:00Z","new":1}` {
		t.Errorf("the event is not as it was sent: %s", got[2])
	}
	if stats.Bytes < 300 {
		t.Errorf("%d bytes", stats.Bytes)
	}
	stats.Bytes = 0
	want := fetch.Stats{
		Requests: 3, Pages: 3, Events: 8, Repeated: 1, Revisions: 1, Outside: 2, Untimed: 3,
		First: day(1), Last: day(2).Add(-tick), FirstRequestID: "r1", LastRequestID: "r3",
	}
	if diff := cmp.Diff(want, stats); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int64{2, 2, 8}, progress); diff != "" {
		t.Error(diff)
	}
	for i, r := range s.requests {
		if r.Header.Get("ConsistencyLevel") != "eventual" || r.Header.Get("Accept") != "application/json" {
			t.Errorf("request %d has the headers %v", i+1, r.Header)
		}
	}
	if got := s.requests[1].URL.RawQuery; got != "$skiptoken=1" {
		t.Errorf("the link was not taken as it came: %s", got)
	}
}

func TestTimesOfEvents(t *testing.T) {
	s := newScript(t, send(200, `{"value":[
		{"id":"a","s":{"t":"2026-11-01T12:00:00.1234567+02:00"}},{"id":"b","s":{"t":null}},{"id":"c"},{"id":"d","s":{"t":"soon"}},{"id":"e","s":{"t":"2026-11-01T23:59:59Z"}}]}`))
	r := s.request()
	r.Time, r.Lower, r.Upper = "s/t", "ge", "lt"
	var got []time.Time
	for e, err := range each((&Reader{*s.client(), *r}).Events(t.Context(), firstDay(), &fetch.Stats{})) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e.Time)
	}
	want := []time.Time{time.Date(2026, 11, 1, 10, 0, 0, 123456700, time.UTC), {}, {}, {}, day(2).Add(-time.Second)}
	if !slices.Equal(got, want) { // the zone included
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestOneLine(t *testing.T) {
	s := newScript(t, send(200, "{\n\"value\": [{\"id\":\"a\\n\"},\n{\"id\":\n\"b\"}]}"))
	var got []bool
	for e, err := range each(s.source().Events(t.Context(), fetch.Span{}, &fetch.Stats{})) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e.OneLine)
	}
	if diff := cmp.Diff([]bool{true, false}, got); diff != "" {
		t.Error(diff)
	}
}

func TestWithoutIDsNothingIsDropped(t *testing.T) {
	s := newScript(t, events("/v1.0/p?a", "a", "a"), events("", "a"))
	r := s.request()
	r.ID = nil
	got, stats, err := read(t, s.client(), r)
	if err != nil || stats.Repeated != 0 {
		t.Errorf("%+v, %v", stats, err)
	}
	wantIDs(t, got, "a", "a", "a")
}

func TestTimeWithinAnObject(t *testing.T) {
	s := newScript(t, send(200, `{"value":[{"id":"a","s":{"t":"2026-11-01T00:00:00Z"}},{"id":"b","s":{"t":"2026-11-02T00:00:01Z"}},{"id":"c"},{"id":"d","s":null}]}`))
	r := s.request()
	r.Time, r.Lower, r.Upper = "s/t", "ge", "lt"
	got, stats, err := read(t, s.client(), r)
	if err != nil || stats.Outside != 1 || !stats.First.Equal(day(1)) {
		t.Errorf("%+v, %v", stats, err)
	}
	wantIDs(t, got, "a", "c", "d")
}

func TestAzureADGraph(t *testing.T) {
	s := newScript(t,
		send(200, `{"odata.nextLink":"users?$skiptoken=X'44'","value":[{"id":"a"}]}`),
		send(200, `{"value":[{"id":"b"}]}`),
	)
	r := s.request()
	r.Protocol, r.Directory, r.Version, r.Path = AADGraph{}, "contoso.com", "1.6", "/users"
	got, _, err := read(t, s.client(), r)
	if err != nil {
		t.Fatal(err)
	}
	wantIDs(t, got, "a", "b")
	for i, want := range []string{"/contoso.com/users?api-version=1.6", "/contoso.com/users?$skiptoken=X'44'&api-version=1.6"} {
		if got := s.requests[i].RequestURI; got != want {
			t.Errorf("request %d asked for %s, want %s", i+1, got, want)
		}
	}
}

// The next page is read while this one is worked through, and no more than that.
func TestOnePageAhead(t *testing.T) {
	asked := make(chan int, 10)
	page := func(n int) answer {
		link := fmt.Sprintf("/v1.0/p?n=%d", n)
		if n == 5 {
			link = ""
		}
		return func(w http.ResponseWriter, r *http.Request, base string) {
			asked <- n
			events(link, fmt.Sprintf("%da", n), fmt.Sprintf("%db", n))(w, r, base)
		}
	}
	s := newScript(t, page(1), page(2), page(3), page(4), page(5))
	n := 0
	for e, err := range each(s.source().Events(t.Context(), fetch.Span{}, &fetch.Stats{})) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 1 {
			if first, second := <-asked, <-asked; first != 1 || second != 2 {
				t.Fatalf("asked for the pages %d and %d", first, second)
			}
		}
		if n == 2 && s.asked() != 2 {
			t.Errorf("%d pages were asked for while the first is in use", s.asked())
		}
		if want := fmt.Sprintf(`{"id":"%d%c"}`, (n+1)/2, "ba"[n%2]); string(e.Raw) != want {
			t.Errorf("event %d is %s, want %s", n, e.Raw, want)
		}
	}
	if n != 10 {
		t.Errorf("%d events", n)
	}
}

func TestBreakLeavesNothingBehind(t *testing.T) {
	hung := make(chan struct{})
	var s *script
	noLeaks(t, func() { s.CloseClientConnections(); s.Client().CloseIdleConnections(); s.Close() })
	s = newScript(t, events("/v1.0/p?n=2", "a", "b"), func(w http.ResponseWriter, r *http.Request, _ string) {
		io.WriteString(w, `{"value":[`)
		w.(http.Flusher).Flush()
		close(hung)
		<-r.Context().Done() // ends when the client hangs up
	})
	stats := fetch.Stats{}
	for e, err := range each(s.source().Events(t.Context(), fetch.Span{}, &stats)) {
		if err != nil || string(e.Raw) != `{"id":"a"}` {
			t.Fatalf("%s, %v", e.Raw, err)
		}
		<-hung
		break
	}
	if stats.Events != 2 || stats.Pages != 1 {
		t.Errorf("%+v", stats)
	}
}

// The range waits for the request that it gives up, however long that takes.
func TestBreakWaitsForTheRequestAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		running := false
		c := Client{HTTP: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.URL.RawQuery == "" {
				body := `{"value":[{"id":"a"}],"@odata.nextLink":"https://h/v1.0/p?n=2"}`
				return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(body)), ContentLength: -1}, nil
			}
			running = true
			<-r.Context().Done()
			time.Sleep(time.Second)
			running = false
			return nil, r.Context().Err()
		})}}
		request := Request{Protocol: Graph{}, Endpoint: "https://h", Version: "v1.0", Path: "/p"}
		for _, err := range each((&Reader{c, request}).Events(t.Context(), fetch.Span{}, &fetch.Stats{})) {
			synctest.Wait()
			if err != nil || !running {
				t.Errorf("no request ahead, and the error %v", err)
			}
			break
		}
		if running {
			t.Error("the request ahead outlives the range")
		}
	})
}

func TestCancelEndsAtOnce(t *testing.T) {
	var s *script
	noLeaks(t, func() { s.Client().CloseIdleConnections(); s.Close() })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s = newScript(t, events("/v1.0/p?n=2", "a", "b", "c"), func(_ http.ResponseWriter, r *http.Request, _ string) {
		<-r.Context().Done()
	})
	var got []string
	var failed error
	for e, err := range each(s.source().Events(ctx, fetch.Span{}, &fetch.Stats{})) {
		if failed = err; err != nil {
			break
		}
		got = append(got, string(e.Raw))
		cancel()
	}
	wantIDs(t, got, "a", "b", "c") // what was handed out at once may be used up
	if !errors.Is(failed, context.Canceled) {
		t.Errorf("the error is %v", failed)
	}
}

func TestCancelWhileARequestHangs(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s := newScript(t, func(_ http.ResponseWriter, r *http.Request, _ string) {
		cancel()
		<-r.Context().Done()
	})
	for _, err := range each(s.source().Events(ctx, fetch.Span{}, &fetch.Stats{})) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the error is %v", err)
		}
	}
}

func TestCancelWhileWaiting(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s := newScript(t, func(w http.ResponseWriter, r *http.Request, base string) {
		cutOff(w, r, base)
		time.AfterFunc(time.Millisecond, cancel)
	})
	source := s.source()
	source.Client.Backoff = time.Hour
	for _, err := range each(source.Events(ctx, fetch.Span{}, &fetch.Stats{})) {
		if err == nil {
			t.Error("no error")
		}
	}
}

// A request for another host would carry a token. The page is asked for again,
// then the span is read again; the link is never followed.
func TestLinksThatAreNotFollowed(t *testing.T) {
	foreign := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the other host was asked")
	}))
	defer foreign.Close()
	for name, link := range map[string]string{
		"foreign":          foreign.URL + "/v1.0/things?$skiptoken=1",
		"loop":             "BASE/v1.0/things",
		"downgraded":       "ftp://BASE/v1.0/things?$skiptoken=1",
		"too long":         "BASE/v1.0/things?$skiptoken=" + strings.Repeat("x", maxLink),
		"user information": "http://user:pw@h/v1.0/things?$skiptoken=1",
		"no URL":           "BASE/%zz",
		"empty skip token": "BASE/v1.0/things?$skiptoken=",
	} {
		t.Run(name, func(t *testing.T) {
			bad := send(200, `{"value":[{"id":"a"}],"@odata.nextLink":"`+link+`"}`)
			good := events("/v1.0/things?$skiptoken=1", "a")
			for _, passing := range [][]answer{
				{bad, good, events("", "b")},           // the page again
				{bad, bad, good, events("", "b")},      // the span again
				{bad, bad, bad, good, events("", "b")}, // its page again
			} {
				s := newScript(t, passing...)
				got, stats, err := read(t, s.client(), s.request())
				if err != nil || s.asked() != len(passing) || stats.Requests != int64(len(passing)) || stats.Repeated != 0 {
					t.Errorf("%d requests, %+v, %v", s.asked(), stats, err)
				}
				wantIDs(t, got, "a", "b")
			}
			s := newScript(t, bad, bad, bad, bad)
			got, _, err := read(t, s.client(), s.request())
			if err == nil || !strings.Contains(err.Error(), "page 1") || len(got) != 0 || s.asked() != 4 {
				t.Errorf("%d requests, %d events, the error is %v", s.asked(), len(got), err)
			}
			var refused *fetch.LinkError
			if lost := name == "empty skip token"; !errors.As(err, &refused) || errors.Is(err, errLostPlace) != lost {
				t.Errorf("the error is %v", err)
			}
			if name == "foreign" && !strings.Contains(err.Error(), foreign.URL) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func TestRedirects(t *testing.T) {
	foreign := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the other host was asked")
	}))
	defer foreign.Close()
	to := func(target string) answer {
		return func(w http.ResponseWriter, r *http.Request, _ string) { http.Redirect(w, r, target, http.StatusFound) }
	}
	s := newScript(t, to("/v1.0/elsewhere"), events("", "a"))
	got, _, err := read(t, s.client(), s.request())
	if err != nil {
		t.Errorf("a redirect within the host: %v", err)
	}
	wantIDs(t, got, "a")

	away := to(foreign.URL + "/x?token=1")
	s = newScript(t, away, away, away)
	_, _, err = read(t, s.client(), s.request())
	var e *fetch.ServiceError
	if !errors.As(err, &e) || e.Status != 302 || !strings.Contains(e.Message, foreign.URL) || strings.Contains(e.Message, "token=1") {
		t.Errorf("the error is %v", err)
	}
}

func TestLoops(t *testing.T) {
	first, second, third := events("/v1.0/p?n=1", "a"), events("/v1.0/p?n=2", "b"), events("/v1.0/p?n=1", "c")
	s := newScript(t, first, second, third, third, first, second, third, third)
	if _, _, err := read(t, s.client(), s.request()); err == nil || !strings.Contains(err.Error(), "page 3") {
		t.Errorf("the error is %v", err)
	}
}

// A service can go round in circles under links that are new each time.
func TestCircles(t *testing.T) {
	for name, test := range map[string]struct {
		ids    []string // of the request
		page   func(n int) string
		before int // pages with something new
	}{
		"the same two events": {[]string{"id"}, func(int) string { return `{"id":"a"},{"id":"b"}` }, 1},
		"A B A":               {[]string{"id"}, func(n int) string { return fmt.Sprintf(`{"id":"%d"},{"id":"x%d"}`, n%2, n%2) }, 2},
		"with empty pages between": {[]string{"id"}, func(n int) string {
			return []string{`{"id":"a"}`, ``, `{"id":"b"}`}[n%3]
		}, 3},
		"ever other versions": {[]string{"id"}, func(n int) string { return fmt.Sprintf(`{"id":"a","version":%d}`, n) }, 1},
		"without ids":         {nil, func(n int) string { return fmt.Sprintf(`{"x":%d}`, n%3) }, 3},
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			var base string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if asked > 100 {
					w.WriteHeader(http.StatusTeapot)
					return
				}
				fmt.Fprintf(w, `{"value":[%s],"@odata.nextLink":"%s/v1.0/p?n=%d"}`, test.page(asked), base, asked+1)
				asked++
			}))
			defer server.Close()
			base = server.URL
			r := requestTo(server)
			r.ID = test.ids
			_, _, err := read(t, quickClient(server), r)
			var pages *fetch.PagesError
			if !errors.As(err, &pages) || pages.Kind != fetch.NoProgress || !strings.Contains(err.Error(), "circles") {
				t.Fatalf("the error is %v", err)
			}
			// Some pages are read ahead.
			if most := test.before + 2*maxStale; asked > most {
				t.Errorf("%d pages were asked for, want %d at most", asked, most)
			}
		})
	}
}

// What ends is no circle, whatever came before.
func TestRepeatedPagesThatEnd(t *testing.T) {
	pages := []answer{events("/v1.0/p?n=0", "a")}
	for n := range maxStale - 1 {
		pages = append(pages, events(fmt.Sprintf("/v1.0/p?n=%d", n+1), "a"))
	}
	for _, last := range []answer{events("", "a"), events("/v1.0/p?n=last", "b")} {
		s := newScript(t, append(pages, last, events("", "c"))...)
		got, stats, err := read(t, s.client(), s.request())
		if err != nil || stats.Repeated < maxStale-1 || len(got) == 0 {
			t.Errorf("%v, %+v, %v", got, stats, err)
		}
	}
}

// A service that begins again brings all that it has brought, once more.
func TestPagesThatBeginAgain(t *testing.T) {
	const many = 3 * maxStale
	var pages []answer
	for n := range 2 * many {
		pages = append(pages, events(fmt.Sprintf("/v1.0/p?n=%d", n), fmt.Sprint(n%many)))
	}
	s := newScript(t, append(pages, events("", "last"))...)
	got, stats, err := read(t, s.client(), s.request())
	if err != nil || stats.Repeated != many || len(got) != many+1 {
		t.Errorf("%d events, %+v, %v", len(got), stats, err)
	}
}

// A service may send many empty pages before it finds another event.
func TestEmptyPagesAreFollowed(t *testing.T) {
	pages := []answer{events("/v1.0/p?n=0", "a")}
	for n := range 150 {
		pages = append(pages, events(fmt.Sprintf("/v1.0/p?n=%d", n+1)))
	}
	s := newScript(t, append(pages, events("", "b"))...)
	got, _, err := read(t, s.client(), s.request())
	if err != nil {
		t.Error(err)
	}
	wantIDs(t, got, "a", "b")
}

func TestEmptyPagesEndWithPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		c := Client{Patience: 10 * time.Minute, HTTP: &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
			time.Sleep(time.Second)
			n++
			body := fmt.Sprintf(`{"value":[],"@odata.nextLink":"https://h/v1.0/p?n=%d"}`, n)
			return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(body)), ContentLength: -1}, nil
		})}}
		_, _, err := read(t, &c, &Request{Protocol: Graph{}, Endpoint: "https://h", Version: "v1.0", Path: "/p"})
		var pages *fetch.PagesError
		if !errors.As(err, &pages) || pages.Kind != fetch.NoProgress || !strings.Contains(err.Error(), "601 pages in a row without an event, for 10m1s") {
			t.Errorf("the error is %v", err)
		}
	})
}
