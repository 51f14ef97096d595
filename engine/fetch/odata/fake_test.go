package odata

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/reportform/reportform/engine/fetch"
	"github.com/reportform/reportform/internal/event"
)

// answer writes the answer to one request. base is the URL of the server.
type answer func(w http.ResponseWriter, r *http.Request, base string)

// script is a server that gives its answers in order, one a request, and fails
// the test when asked for more.
type script struct {
	*httptest.Server
	mu       sync.Mutex
	answers  []answer
	requests []*http.Request
}

func newScript(t *testing.T, answers ...answer) *script {
	t.Helper()
	s := &script{answers: answers}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		n := len(s.requests)
		s.requests = append(s.requests, r.Clone(context.Background()))
		s.mu.Unlock()
		if n >= len(answers) {
			t.Errorf("request %d was not expected: %s", n+1, r.URL)
			w.WriteHeader(http.StatusTeapot)
			return
		}
		w.Header().Set("request-id", fmt.Sprintf("r%d", n+1))
		answers[n](w, r, s.URL)
	}))
	t.Cleanup(s.Close)
	return s
}

// asked returns how many requests came.
func (s *script) asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests)
}

// send is an answer with a status and a body, in which BASE stands for the
// server's URL.
func send(status int, body string) answer {
	return func(w http.ResponseWriter, _ *http.Request, base string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		io.WriteString(w, strings.ReplaceAll(body, "BASE", base))
	}
}

// events is a page with events of the given ids; link is the path of the next
// page, empty for none.
func events(link string, ids ...string) answer {
	objects := make([]string, len(ids))
	for i, id := range ids {
		objects[i] = `{"id":"` + id + `"}`
	}
	next := ""
	if link != "" {
		next = `,"@odata.nextLink":"BASE` + link + `"`
	}
	return send(200, `{"value":[`+strings.Join(objects, ",")+`]`+next+`}`)
}

// cutOff promises more bytes than it sends.
func cutOff(w http.ResponseWriter, _ *http.Request, _ string) {
	w.Header().Set("Content-Length", "12345")
	io.WriteString(w, `{"value":[{"id":"never"}]}`)
}

func (s *script) request() *Request {
	return &Request{Protocol: Graph{}, Endpoint: s.URL, Version: "v1.0", Path: "/things", ID: []string{"id"}}
}

func (s *script) client() *Client { return quickClient(s.Server) }

// quickClient hardly waits before it asks again.
func quickClient(s *httptest.Server) *Client {
	return &Client{HTTP: s.Client(), Backoff: time.Microsecond}
}

// source reads what request asks for.
func (s *script) source() *Reader { return &Reader{*s.client(), *s.request()} }

// read ranges over all events and returns them, with the error that ended
// them. Unless the request is for a snapshot they are those of the first day.
func read(t *testing.T, c *Client, r *Request) (got []string, stats fetch.Stats, err error) {
	t.Helper()
	return readSpan(t, &Reader{*c, *r}, firstDay())
}

func readSpan(t *testing.T, r *Reader, s fetch.Span) (got []string, stats fetch.Stats, err error) {
	t.Helper()
	for e, failed := range each(r.Events(t.Context(), s, &stats)) {
		if err != nil {
			t.Error("something came after the error")
		}
		if err = failed; err != nil {
			if e.Raw != nil {
				t.Error("an event came with the error")
			}
			continue
		}
		got = append(got, string(e.Raw))
	}
	if int64(len(got)) != stats.Events {
		t.Errorf("%d events came and %d were counted", len(got), stats.Events)
	}
	return got, stats, err
}

// idsOf returns the ids of events.
func idsOf(t *testing.T, raw []string) []string {
	t.Helper()
	ids := make([]string, len(raw))
	for i, r := range raw {
		var e struct{ ID string }
		if err := json.Unmarshal([]byte(r), &e); err != nil {
			t.Fatal(err)
		}
		ids[i] = e.ID
	}
	return ids
}

func wantIDs(t *testing.T, raw []string, want ...string) {
	t.Helper()
	if got := idsOf(t, raw); !slices.Equal(got, want) {
		t.Errorf("got the events %v, want %v", got, want)
	}
}

// log is a fake of a log that the service keeps: it has an event a minute over
// one day, filters by their time, sends them newest first and in pages.
type log struct {
	*httptest.Server
	pageSize int
	noIDs    bool
	// fault may answer instead, given the number of the request from 1, the
	// bounds of the span asked for and where in them the page starts.
	fault func(w http.ResponseWriter, n int, from, to time.Time, offset int) bool
	// version goes into each event, and may change.
	version func(minute int) string

	mu       sync.Mutex
	n        int
	requests []string
}

var boundsPattern = regexp.MustCompile(`t ge (\S+) and t lt (\S+)`)

func newLog(t *testing.T) *log {
	l := &log{pageSize: 100, version: func(int) string { return "" }}
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.n++
		query := r.URL.Query()
		bounds := boundsPattern.FindStringSubmatch(query.Get("$filter"))
		if bounds == nil {
			t.Errorf("no bounds in %s", r.URL)
			return
		}
		from, _ := time.Parse(time.RFC3339, bounds[1])
		to, _ := time.Parse(time.RFC3339, bounds[2])
		offset, _ := strconv.Atoi(query.Get("$skiptoken"))
		// What is asked for beyond the borders is no part of the span.
		low, high := from.Add(margin), to.Add(-margin)
		l.requests = append(l.requests, fmt.Sprintf("%s-%s@%d", low.Format("15:04"), high.Format("15:04"), offset))
		if l.fault != nil && l.fault(w, l.n, low, high, offset) {
			return
		}
		l.page(w, from, to, offset)
	}))
	t.Cleanup(l.Close)
	return l
}

func (l *log) page(w io.Writer, from, to time.Time, offset int) {
	var all []string
	for minute := 24*60 - 1; minute >= 0; minute-- {
		at := day(1).Add(time.Duration(minute) * time.Minute)
		if at.Before(from) || !at.Before(to) {
			continue
		}
		id := fmt.Sprintf(`"id":"%d",`, minute)
		if l.noIDs {
			id = ""
		}
		all = append(all, fmt.Sprintf(`{%s"t":%q,"version":%q}`, id, at.Format(time.RFC3339), l.version(minute)))
	}
	end := min(offset+l.pageSize, len(all))
	next := ""
	if end < len(all) {
		filter := fmt.Sprintf("t ge %s and t lt %s", from.Format(time.RFC3339), to.Format(time.RFC3339))
		next = fmt.Sprintf(`,"@odata.nextLink":"%s/v1.0/log?$filter=%s&$skiptoken=%d"`, l.URL, url.PathEscape(filter), end)
	}
	fmt.Fprintf(w, `{"value":[%s]%s}`, strings.Join(all[min(offset, end):end], ","), next)
}

// request asks for what has a time.
func (l *log) request() *Request {
	return &Request{
		Protocol: Graph{}, Endpoint: l.URL, Version: "v1.0", Path: "/log",
		Time: "t", ID: []string{"id"}, Lower: "ge", Upper: "lt",
	}
}

func (l *log) client() *Client { return quickClient(l.Server) }

// wantDay checks that every event of the day came once.
func wantDay(t *testing.T, raw []string) {
	t.Helper()
	seen := map[string]int{}
	for _, e := range raw {
		seen[e]++
	}
	for e, n := range seen {
		if n != 1 {
			t.Errorf("%s came %d times", e, n)
		}
	}
	if len(seen) != 24*60 {
		t.Errorf("%d events came, want %d", len(seen), 24*60)
	}
}

// noLeaks fails the test if goroutines of it are left when it ends.
func noLeaks(t *testing.T, close func()) {
	t.Helper()
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		close()
		deadline := time.Now().Add(time.Minute) // ends a hang
		for runtime.NumGoroutine() > before {
			if time.Now().After(deadline) {
				stacks := make([]byte, 1<<20)
				t.Fatalf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
			}
			runtime.Gosched()
		}
	})
}

// each gives the events of a pull one by one.
func each(events iter.Seq2[[]event.Event, error]) iter.Seq2[event.Event, error] {
	return func(yield func(event.Event, error) bool) {
		for batch, err := range events {
			if err != nil {
				yield(event.Event{}, err)
				return
			}
			for _, e := range batch {
				if !yield(e, nil) {
					return
				}
			}
		}
	}
}
