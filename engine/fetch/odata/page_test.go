package odata

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/reportform/reportform/engine/fetch"
)

// A page that is no page is asked for again, and nothing of it is yielded.
func TestBadPagesAreDiscarded(t *testing.T) {
	type bad struct {
		answer answer
		want   []string // in the error, when it stays so
	}
	for name, test := range map[string]bad{
		"cut off": {cutOff, []string{"page 2 of the snapshot", "the response broke off after 26 bytes", "request-id r8"}},
		"cut off in a compressed stream": {func(w http.ResponseWriter, _ *http.Request, _ string) {
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			io.WriteString(z, `{"value":[{"id":"never"}]}`)
			z.Close()
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(b.Bytes()[:b.Len()-6])
		}, []string{"the response broke off after 26 bytes"}},
		"ends early":               {send(200, `{"value":[{"id":"never"},{"id":`), []string{"invalid JSON at byte 31", "it has 31 bytes (application/json)"}},
		"an error within an event": {send(200, `{"value":[{"id":"never"{"error":{"code":"x"}}}]}`), []string{"invalid JSON"}},
		"HTML": {func(w http.ResponseWriter, _ *http.Request, _ string) {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, "<!DOCTYPE html>\x1b[31m\n<p>Sign in")
		}, []string{"text/html", "<!DOCTYPE html> [31m <p>Sign in", "invalid JSON at byte 0"}},
		"empty":             {send(200, ""), []string{"it has 0 bytes"}},
		"an error object":   {send(200, `{"error":{"code":"generalException","message":"It broke."},"value":[{"id":"never"}]}`), []string{"generalException", "It broke.", "with status 200"}},
		"no value":          {send(200, `{"id":"x"}`), []string{`no array "value"`}},
		"a value of null":   {send(200, `{"value":null}`), []string{`no array "value"`}},
		"another status":    {send(206, `{"value":[]}`), []string{"answered 206"}},
		"no content at all": {func(w http.ResponseWriter, _ *http.Request, _ string) { w.WriteHeader(204) }, []string{"answered 204"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t, events("/v1.0/p?n=2", "a"), test.answer, test.answer, events("", "b"))
			got, stats, err := read(t, s.client(), s.request())
			if err != nil {
				t.Fatal(err)
			}
			wantIDs(t, got, "a", "b")
			if stats.Requests != 4 || stats.Pages != 2 || stats.LastRequestID != "r4" {
				t.Errorf("%+v", stats)
			}

			// Then the span is read again.
			s = newScript(t, events("/v1.0/p?n=2", "a"), test.answer, test.answer, test.answer, events("/v1.0/p?n=3", "a"), events("", "b"))
			got, stats, err = read(t, s.client(), s.request())
			if err != nil || stats.Requests != 6 || stats.Repeated != 0 {
				t.Errorf("%+v, %v", stats, err)
			}
			wantIDs(t, got, "a", "b")

			s = newScript(t, events("/v1.0/p?n=2", "a"), test.answer, test.answer, test.answer,
				events("/v1.0/p?n=2", "a"), test.answer, test.answer, test.answer)
			got, stats, err = read(t, s.client(), s.request())
			wantIDs(t, got, "a")
			var e *fetch.ServiceError
			if !errors.As(err, &e) || e.Kind != fetch.BadResponse || e.RequestID != "r8" || e.URL != s.URL+"/v1.0/p" {
				t.Fatalf("the error is %#v", err)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error does not say %q: %v", want, err)
				}
			}
			if stats.Requests != 8 {
				t.Errorf("%+v", stats)
			}
		})
	}
}

// What is no JSON is quoted where it breaks, in one line of bounded length.
func TestBrokenPagesAreQuotedWhereTheyBreak(t *testing.T) {
	many := strings.Repeat(`{"id":"of an event","x":[1,2]},`, 1000)
	for name, test := range map[string]struct{ body, want string }{
		"an error object within an event": {
			`{"value":[` + many + `{"id":"the last"{"error":{"code":"generalException","message":"The database went away","innerError":{"request-id":"q"}}}`,
			`{\"id\":\"the last\"", with "{\"error\":{\"code\":\"generalException\",\"message\":\"The database went away\"`,
		},
		"an error object between events": {
			`{"value":[` + many + `"error":{"code":"x"}]}`, `goes on there, after "`,
		},
		"HTML after the events": {
			`{"value":[` + many + "<html>\x1b[31m\n<h1>Gateway</h1>", `with "<html> [31m <h1>Gateway</h1>"`,
		},
		"cut off": {
			`{"value":[` + many + `{"id":"the last`, `ends with "`,
		},
		"a control character": {
			`{"value":[` + many + "{\"id\":\"a\x01b\"}]}", `with "b`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			bad := send(200, test.body)
			s := newScript(t, bad, bad, bad)
			_, _, err := read(t, s.client(), s.request())
			var e *fetch.ServiceError
			if !errors.As(err, &e) || e.Kind != fetch.BadResponse {
				t.Fatalf("the error is %v", err)
			}
			text := e.Message
			if !strings.Contains(text, test.want) || len(text) > 700 || strings.ContainsAny(text, "\x1b\x01\n") {
				t.Errorf("%d bytes: %s\nwant %s", len(text), text, test.want)
			}
		})
	}
}

func TestPageThatIsTooLarge(t *testing.T) {
	page := events("", strings.Repeat("x", 1000))
	s := newScript(t, page, page)
	c := s.client()
	c.MaxPageBytes = 1000
	if _, _, err := read(t, c, s.request()); err == nil || !strings.Contains(err.Error(), "larger than 1,000 bytes (request-id r1)") {
		t.Errorf("the error is %v", err)
	}
	if s.asked() != 1 {
		t.Error("a page that is too large was asked for again")
	}
	c.MaxPageBytes = int64(len(`{"value":[{"id":""}]}`) + 1000)
	if _, _, err := read(t, c, s.request()); err != nil {
		t.Errorf("a page of just the size: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	refuse := send(403, `{"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges"}}`)
	s := newScript(t, events("/2", "a"), refuse, events("", "b"))
	got, _, err := read(t, s.client(), s.request())
	if err != nil {
		t.Errorf("a refusal that goes away: %v", err)
	}
	wantIDs(t, got, "a", "b")

	for _, test := range []struct {
		answers []answer
		id      string
	}{
		{[]answer{refuse}, "r1"}, // the first question is asked once
		{[]answer{events("/2", "a"), refuse, refuse}, "r3"},
	} {
		s = newScript(t, test.answers...)
		_, _, err = read(t, s.client(), s.request())
		var e *fetch.ServiceError
		if !errors.As(err, &e) || e.Kind != fetch.Permission || e.RequestID != test.id || !strings.Contains(err.Error(), "Insufficient privileges") {
			t.Errorf("the error is %v", err)
		}
	}
}

// The retired API's answer is one by status, code and API.
func TestRetired(t *testing.T) {
	for _, test := range []struct {
		protocol Protocol
		status   int
		body     string
		want     fetch.Kind
	}{
		{AADGraph{}, 403, `{"odata.error":{"code":"Authentication_Unauthorized","message":{"lang":"en","value":"Access blocked to AAD Graph API for this application. https://aka.ms/AzureADGraphMigration."}}}`, fetch.Retired},
		{AADGraph{}, 410, ``, fetch.Retired},
		{AADGraph{}, 403, `{"odata.error":{"code":"Authorization_RequestDenied","message":{"lang":"en","value":"Insufficient privileges"}}}`, fetch.Permission},
		{Graph{}, 403, `{"error":{"code":"Authentication_Unauthorized","message":"m"}}`, fetch.Forbidden},
		{Graph{}, 410, ``, fetch.NotFound},
	} {
		s := newScript(t, send(test.status, test.body))
		r := s.request()
		r.Protocol = test.protocol
		_, _, err := read(t, s.client(), r)
		var e *fetch.ServiceError
		if !errors.As(err, &e) || e.Kind != test.want {
			t.Errorf("%T, %d %s: the error is %v", test.protocol, test.status, test.body, err)
		}
	}
}

func TestFinalAnswersAreNotAskedForAgain(t *testing.T) {
	for status, kind := range map[int]fetch.Kind{
		400: fetch.BadRequest, 401: fetch.Unauthorised, 404: fetch.NotFound, 410: fetch.NotFound, 415: fetch.BadRequest,
		429: fetch.Throttled, 500: fetch.Unavailable, 502: fetch.Unavailable, 503: fetch.Unavailable,
	} {
		s := newScript(t, send(status, `{"error":{"code":"BadRequest","message":"m"}}`))
		_, stats, err := read(t, s.client(), s.request())
		var e *fetch.ServiceError
		if !errors.As(err, &e) || e.Kind != kind || e.Status != status || e.Code != "BadRequest" {
			t.Errorf("%d: the error is %v", status, err)
		}
		if stats.Requests != 1 || stats.Pages != 0 {
			t.Errorf("%d: %+v", status, stats)
		}
	}
}

func TestTimeoutOfASnapshot(t *testing.T) {
	late := send(504, "")
	s := newScript(t, events("/v1.0/p?n=2", "a"), late, late, events("", "b"))
	got, _, err := read(t, s.client(), s.request())
	if err != nil {
		t.Fatal(err)
	}
	wantIDs(t, got, "a", "b")

	s = newScript(t, late, late, late)
	_, _, err = read(t, s.client(), s.request())
	var e *fetch.ServiceError
	if !errors.As(err, &e) || e.Kind != fetch.Timeout || e.Advice() == "" {
		t.Errorf("the error is %v", err)
	}
}

// roundTripper is a transport made of a function.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &Client{HTTP: &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader("{")), ContentLength: -1}, nil
		})}}
		begin := time.Now()
		_, stats, err := read(t, c, &Request{Protocol: Graph{}, Endpoint: "https://h", Version: "v1.0", Path: "/p"})
		if took := time.Since(begin); err == nil || stats.Requests != 3 || took < 3*time.Second || took > 5*time.Second {
			t.Errorf("%d requests in %v, and the error %v", stats.Requests, took, err)
		}
	})
}

func TestErrorsBelow(t *testing.T) {
	request := &Request{Protocol: Graph{}, Endpoint: "https://h", Version: "v1.0", Path: "/p", Filters: []string{"private"}}
	reading := func(err error) error {
		c := &Client{HTTP: &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) { return nil, err })}}
		_, _, err = read(t, c, request)
		return err
	}
	reset := errors.New("connection reset")
	if err := reading(reset); !errors.Is(err, reset) || strings.Contains(err.Error(), "private") {
		t.Errorf("the error is %v", err)
	}
	for what, below := range map[string]error{
		"no connection": &net.OpError{Op: "dial", Net: "tcp", Err: context.DeadlineExceeded},
		"no name":       &net.DNSError{UnwrapErr: context.DeadlineExceeded, Err: "i/o timeout", IsTimeout: true},
		"no token":      fmt.Errorf("no token: %w", context.DeadlineExceeded),
	} {
		var e *fetch.ServiceError
		if err := reading(below); !errors.Is(err, below) || errors.As(err, &e) {
			t.Errorf("%s: the error is %v", what, err)
		}
	}
}

// Such a response can come from a transport that is not net/http's own.
func TestLengthThatIsNotTheHeaders(t *testing.T) {
	c := &Client{Backoff: time.Microsecond, HTTP: &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
		const body = `{"value":[{"id":"never"}]}`
		return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)) + 1}, nil
	})}}
	_, _, err := read(t, c, &Request{Protocol: Graph{}, Endpoint: "https://h", Version: "v1.0", Path: "/p"})
	if err == nil || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the error is %v", err)
	}
}

func TestTimeoutBeforeTheHeader(t *testing.T) {
	s := newScript(t, func(_ http.ResponseWriter, r *http.Request, _ string) { <-r.Context().Done() }, events("", "a"))
	patient := s.Client().Transport.(*http.Transport)
	hasty := patient.Clone()
	hasty.ResponseHeaderTimeout = 50 * time.Millisecond
	defer hasty.CloseIdleConnections()
	asked := 0
	c := s.client()
	c.HTTP = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		if asked++; asked == 1 {
			return hasty.RoundTrip(r)
		}
		return patient.RoundTrip(r)
	})}
	got, stats, err := read(t, c, s.request())
	if err != nil || stats.Requests != 2 {
		t.Fatalf("%+v, %v", stats, err)
	}
	wantIDs(t, got, "a")
}

func TestReadAll(t *testing.T) {
	text := strings.Repeat("0123456789", 30_000)
	buf, err := readAll(iotest.HalfReader(strings.NewReader(text)), nil, int64(len(text)))
	if err != nil || string(buf) != text {
		t.Fatalf("%d bytes, %v", len(buf), err)
	}
	if n := testing.AllocsPerRun(10, func() {
		buf, _ = readAll(bytes.NewReader(buf[:cap(buf)/2]), buf, 1<<20)
	}); n > 1 { // the reader
		t.Errorf("%v allocations with a buffer that is large enough", n)
	}
	if _, err := readAll(strings.NewReader(text), buf, int64(len(text)-1)); !errors.Is(err, errTooLarge) {
		t.Errorf("the error is %v", err)
	}
}

func TestGrouped(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 12345: "12,345", 1234567: "1,234,567"} {
		if got := grouped(n); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// stuck is the error of a body that stops arriving; over is that patience with
// it is over.
type (
	stuck struct{}
	over  struct{ error }
)

func (stuck) Error() string  { return "it stopped" }
func (stuck) Stalled()       {}
func (over) Final()          {}
func (o over) Unwrap() error { return o.error }

// A page that stops arriving is asked for again for as long as patience lasts:
// that of the transport, which ends the pull with its own error, or else that
// with the page.
func TestPagesThatStallAreAskedForWhilePatienceLasts(t *testing.T) {
	for name, test := range map[string]struct {
		passes, ends int // from which request on
		least, most  time.Duration
	}{
		"it passes":              {passes: 11, least: 10 * time.Minute, most: 11 * time.Minute},
		"patience is over":       {ends: 31, least: 31 * time.Minute, most: 32 * time.Minute},
		"others are answered":    {least: time.Hour, most: 62 * time.Minute},
		"a later page":           {passes: 12, least: 10 * time.Minute, most: 11 * time.Minute},
		"a later page that ends": {ends: 32, least: 31 * time.Minute, most: 32 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				asked := 0
				transport := roundTripper(func(req *http.Request) (*http.Response, error) {
					asked++
					text := `{"value":[{"id":"1"}]}`
					if later := strings.Contains(name, "later"); later && asked == 1 {
						text = `{"value":[{"id":"0"}],"@odata.nextLink":"https://h.example/v1.0/things?$skiptoken=1"}`
					} else if test.passes == 0 || asked < test.passes {
						time.Sleep(time.Minute)
						err := error(stuck{})
						if test.ends > 0 && asked >= test.ends {
							err = over{err}
						}
						return &http.Response{StatusCode: 200, ContentLength: 9, Header: http.Header{}, Body: io.NopCloser(iotest.ErrReader(err)), Request: req}, nil
					}
					return &http.Response{StatusCode: 200, ContentLength: -1, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(text)), Request: req}, nil
				})
				start := time.Now()
				c := &Client{HTTP: &http.Client{Transport: transport}}
				_, _, err := read(t, c, &Request{Protocol: Graph{}, Endpoint: "https://h.example", Version: "v1.0", Path: "/things", ID: []string{"id"}})
				if took := time.Since(start); took < test.least || took > test.most {
					t.Errorf("it took %s", took)
				}
				_, final := errors.AsType[over](err)
				service, _ := errors.AsType[*fetch.ServiceError](err)
				switch {
				case test.passes > 0 && err != nil, test.ends > 0 && (!final || service != nil):
					t.Errorf("%v", err)
				case test.passes == 0 && test.ends == 0 && (service == nil || service.Kind != fetch.BadResponse):
					t.Errorf("%v", err)
				}
			})
		})
	}
}
