package odata

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reportform/reportform/engine/fetch"
)

func late(w http.ResponseWriter) bool {
	w.WriteHeader(http.StatusGatewayTimeout)
	return true
}

func TestDayWithoutFaults(t *testing.T) {
	l := newLog(t)
	got, stats, err := read(t, l.client(), l.request())
	if err != nil || stats.Requests != 15 || stats.Repeated != 0 || stats.Outside != 0 {
		t.Errorf("%+v, %v", stats, err)
	}
	wantDay(t, got)
}

func TestSlicesThatTimeOutAreHalved(t *testing.T) {
	l := newLog(t)
	l.noIDs = true // nothing was yielded before, so that no ids are needed
	l.pageSize = 10000
	l.fault = func(w http.ResponseWriter, _ int, from, to time.Time, _ int) bool {
		return (to.Sub(from) > 12*time.Hour || from.Equal(day(1)) && to.Sub(from) > 6*time.Hour) && late(w)
	}
	got, stats, err := read(t, l.client(), l.request())
	if err != nil || stats.Requests != 5 {
		t.Errorf("%+v, %v", stats, err)
	}
	wantDay(t, got)
	want := []string{"00:00-00:00@0", "00:00-12:00@0", "00:00-06:00@0", "06:00-12:00@0", "12:00-00:00@0"}
	if diff := cmp.Diff(want, l.requests); diff != "" {
		t.Error(diff)
	}
}

func TestTimeoutInMidPaging(t *testing.T) {
	l := newLog(t)
	l.fault = func(w http.ResponseWriter, n int, from, to time.Time, offset int) bool {
		return (to.Sub(from) > 12*time.Hour && offset == 500 ||
			from.Equal(day(1).Add(12*time.Hour)) && to.Equal(day(2)) && offset == 300) && late(w)
	}
	got, stats, err := read(t, l.client(), l.request())
	if err != nil || stats.Repeated != 0 || stats.Revisions != 0 || stats.Outside != 0 {
		t.Errorf("%+v, %v", stats, err)
	}
	wantDay(t, got)
}

func TestEventsThatChangeBetweenReadingsAreRevisions(t *testing.T) {
	l := newLog(t)
	changed := false
	l.version = func(minute int) string {
		if changed && minute == 1400 {
			return "2"
		}
		return "1"
	}
	l.fault = func(w http.ResponseWriter, n int, _, _ time.Time, offset int) bool {
		if n == 3 || n == 4 {
			changed = true
			return late(w)
		}
		return false
	}
	got, stats, err := read(t, l.client(), l.request())
	if err != nil || stats.Revisions != 1 || stats.Repeated != 0 || len(got) != 24*60+1 {
		t.Errorf("%d events, %+v, %v", len(got), stats, err)
	}
}

// What is read again must be recognised, whatever comes between.
func TestMemoryIsHeldWhileReadingAgain(t *testing.T) {
	l := newLog(t)
	l.fault = func(w http.ResponseWriter, n int, _, _ time.Time, offset int) bool {
		return (n == 4 || n == 5) && late(w)
	}
	c := l.client()
	c.remember = 500 // the newest 300 come again after 720 others
	got, _, err := read(t, c, l.request())
	if err != nil {
		t.Error(err)
	}
	wantDay(t, got)
}

func TestReadingCannotBeginAgain(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*log, *Client, *Request)
		want   string
	}{
		"no ids declared": {func(_ *log, _ *Client, r *Request) { r.ID = nil }, "this report has no ids"},
		"events lack ids": {func(l *log, _ *Client, _ *Request) { l.noIDs = true }, "some have no id"},
		"too many":        {func(_ *log, c *Client, _ *Request) { c.remember = 100 }, "no more than 100 are remembered"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLog(t)
			l.fault = func(w http.ResponseWriter, n int, _, _ time.Time, _ int) bool { return (n == 4 || n == 5) && late(w) }
			c, r := l.client(), l.request()
			test.change(l, c, r)
			got, _, err := read(t, c, r)
			var e *fetch.ServiceError
			if !errors.As(err, &e) || e.Kind != fetch.Timeout || !strings.Contains(err.Error(), "after 300 events") || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v", err)
			}
			if len(got) != 300 || l.n != 5 {
				t.Errorf("%d events, %d requests", len(got), l.n)
			}
		})
	}
}

func TestHalvingEnds(t *testing.T) {
	l := newLog(t)
	l.fault = func(w http.ResponseWriter, _ int, _, _ time.Time, _ int) bool { return late(w) }
	_, stats, err := read(t, l.client(), l.request())
	var e *fetch.ServiceError
	if !errors.As(err, &e) || e.Kind != fetch.Timeout || !strings.Contains(e.Advice(), "filter") {
		t.Errorf("the error is %v", err)
	}
	// 24 h to 84 s are 11 halvings, then the shortest is asked for three times.
	if stats.Requests != 13 {
		t.Errorf("%d requests", stats.Requests)
	}
}

func TestLostPlace(t *testing.T) {
	refuse := func(status int, code string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			w.WriteHeader(status)
			fmt.Fprintf(w, `{"error":{"code":%q,"message":"m"}}`, code)
		}
	}
	for name, lose := range map[string]func(http.ResponseWriter){
		"token not found":     refuse(400, "DirectoryPageTokenNotFoundException"),
		"token expired":       refuse(400, "Directory_ExpiredPageToken"),
		"bad request":         refuse(400, "BadRequest"),
		"unknown error":       refuse(400, "UnknownError"),
		"no code":             refuse(400, ""),
		"a code of a licence": refuse(400, "AadPremiumLicenseRequired"),
		"not found":           refuse(404, "itemNotFound"),
		"not found, no code":  refuse(404, ""),
		"gone":                refuse(410, "resyncRequired"),
		"gone, no body":       func(w http.ResponseWriter) { w.WriteHeader(http.StatusGone) },
		"empty token": func(w http.ResponseWriter) {
			fmt.Fprintf(w, `{"value":[{"id":"never"}],"@odata.nextLink":"http://%s/v1.0/log?$skiptoken="}`, "HOST")
		},
	} {
		t.Run(name, func(t *testing.T) {
			for losing, requests := range map[int]int64{
				1: 15 + 1,                // the page is asked for again
				2: 15 + 2 + 2,            // the span is read again, two pages came before
				3: 15 + 3 + 2,            // and its page is asked for again
				4: 2 + 2 + 2 + 2 + 8 + 8, // the span is read in halves
			} {
				l := newLog(t)
				l.fault = func(w http.ResponseWriter, _ int, _, _ time.Time, offset int) bool {
					if offset != 200 || losing == 0 {
						return false
					}
					losing--
					lose(hostWriter{w, strings.TrimPrefix(l.URL, "http://")})
					return true
				}
				got, stats, err := read(t, l.client(), l.request())
				if err != nil || stats.Repeated != 0 || stats.Requests != requests {
					t.Errorf("want %d requests: %+v, %v", requests, stats, err)
				}
				wantDay(t, got)
			}
		})
	}
}

// What came before a reading broke off brings nothing new, and that is no circle.
func TestReadingAgainIsNoCircle(t *testing.T) {
	l := newLog(t)
	losing := 2
	l.fault = func(w http.ResponseWriter, _ int, _, _ time.Time, offset int) bool {
		if offset != 1300 || losing == 0 {
			return false
		}
		losing--
		w.WriteHeader(http.StatusGone)
		return true
	}
	got, stats, err := read(t, l.client(), l.request())
	if err != nil || stats.Requests != 13+2+15 {
		t.Errorf("%+v, %v", stats, err)
	}
	wantDay(t, got)

	// Smaller pages are no circle either, and beyond there is one.
	losing = 2
	l.fault = func(w http.ResponseWriter, _ int, from, to time.Time, offset int) bool {
		switch {
		case offset == 1300 && losing > 0:
			losing--
			w.WriteHeader(http.StatusGone)
			l.pageSize = 40
			return true
		case losing == 0 && offset >= 1400:
			fmt.Fprintf(w, `{"value":[{"id":"7","t":"2026-11-01T00:07:00Z","version":""}],"@odata.nextLink":"%s/v1.0/log?$filter=%s&$skiptoken=%d"}`,
				l.URL, url.PathEscape(fmt.Sprintf("t ge %s and t lt %s", from.Format(time.RFC3339), to.Format(time.RFC3339))), offset+1)
			return true
		}
		return false
	}
	l.n, l.pageSize = 0, 100
	got, stats, err = read(t, l.client(), l.request())
	var e *fetch.PagesError
	if !errors.As(err, &e) || e.Kind != fetch.NoProgress || len(got) < 1400 || stats.Requests > 15+35+2+4*13 {
		t.Errorf("%d events, %d requests, %v", len(got), stats.Requests, err)
	}
}

// Where no later page ever comes, spans of a single page do.
func TestPlaceThatIsLostForGood(t *testing.T) {
	l := newLog(t)
	l.fault = func(w http.ResponseWriter, _ int, _, _ time.Time, offset int) bool {
		if offset > 0 {
			w.WriteHeader(http.StatusGone)
		}
		return offset > 0
	}
	got, stats, err := read(t, l.client(), l.request())
	if err != nil || stats.Requests > 6*15 {
		t.Errorf("%d requests for 15 pages, %v", stats.Requests, err)
	}
	wantDay(t, got)
}

// A page that never comes costs a few times the pages of the span.
func TestPageThatIsRefusedForGood(t *testing.T) {
	l := newLog(t)
	l.pageSize = 29 // 50 pages
	lost := day(1).Add(10 * time.Minute)
	l.fault = func(w http.ResponseWriter, _ int, from, to time.Time, offset int) bool {
		// Newest first: the page that has what happened at ten past midnight.
		newest := to.Add(-time.Duration(offset) * time.Minute)
		refused := offset > 0 && !from.After(lost) && !newest.Before(lost) && newest.Add(-29*time.Minute).Before(lost)
		if refused || from.Before(lost) && to.After(lost) && offset == 0 && to.Sub(from) < 29*time.Minute {
			w.WriteHeader(http.StatusNotFound)
			return true
		}
		return false
	}
	_, stats, err := read(t, l.client(), l.request())
	if err == nil || stats.Requests > 5*50 {
		t.Errorf("%d requests, %v", stats.Requests, err)
	}
}

// What cannot be halved is read again once, and fails in the service's words.
func TestLostPlaceOfWhatHasNoHalves(t *testing.T) {
	for name, status := range map[string]int{"400": 400, "404": 404, "410": 410} {
		t.Run(name, func(t *testing.T) {
			lose := send(status, `{"error":{"code":"","message":"resync, please"}}`)
			s := newScript(t, events("/v1.0/p?n=2", "a"), lose, lose, events("/v1.0/p?n=2", "a"), lose, lose)
			_, _, err := read(t, s.client(), s.request())
			var e *fetch.ServiceError
			if !errors.Is(err, errLostPlace) || !errors.As(err, &e) || e.Kind != fetch.Unavailable || s.asked() != 6 {
				t.Fatalf("%d requests, the error is %v", s.asked(), err)
			}
			if text := err.Error(); !strings.Contains(text, "resync, please") || !strings.Contains(text, "lost its place") || strings.Contains(e.Advice(), "does not have this report") {
				t.Errorf("%s\n%s", text, e.Advice())
			}
			// A span of one minute.
			s = newScript(t, events("/v1.0/p?n=2", "a"), lose, lose, events("/v1.0/p?n=2", "a"), lose, lose)
			r := s.request()
			r.Time, r.Lower, r.Upper = "t", "ge", "lt"
			_, _, err = readSpan(t, &Reader{*s.client(), *r}, fetch.Span{From: day(1), To: day(1).Add(time.Minute)})
			if !errors.Is(err, errLostPlace) || s.asked() != 6 {
				t.Errorf("%d requests, the error is %v", s.asked(), err)
			}
		})
	}
}

// The credential that brought a page is not to blame for the next.
func TestTokenThatIsRefusedOnALaterPage(t *testing.T) {
	s := newScript(t, events("/v1.0/p?n=2", "a"), send(401, `{"error":{"code":"InvalidAuthenticationToken","message":"m"}}`))
	_, _, err := read(t, s.client(), s.request())
	var e *fetch.ServiceError
	if !errors.As(err, &e) || e.Kind != fetch.Unavailable || e.Status != 401 || strings.Contains(e.Advice(), "credential") {
		t.Errorf("the error is %v", err)
	}
}

// Blanks that are written as plus signs are no blanks everywhere.
func TestLinkWithPlusSigns(t *testing.T) {
	refused := send(400, `{"error":{"code":"BadRequest","message":"Invalid filter clause"}}`)
	s := newScript(t, events("/v1.0/p?$filter=a+eq+1&n=2", "a"), refused,
		events("/v1.0/p?$filter=a+eq+1&n=3", "b"), events("", "c"))
	got, _, err := read(t, s.client(), s.request())
	if err != nil {
		t.Fatal(err)
	}
	wantIDs(t, got, "a", "b", "c")
	for i, want := range []string{"", "$filter=a+eq+1&n=2", "$filter=a%20eq%201&n=2", "$filter=a%20eq%201&n=3"} {
		if got := s.requests[i].URL.RawQuery; got != want {
			t.Errorf("request %d asked for %s, want %s", i+1, got, want)
		}
	}

	// A plus sign may as well be part of a token.
	s = newScript(t, events("/v1.0/p?n=a+b", "a"), refused, refused, events("", "b"))
	got, _, err = read(t, s.client(), s.request())
	if err != nil || s.requests[3].URL.RawQuery != "n=a+b" {
		t.Errorf("%v, %s", err, s.requests[3].URL)
	}
	wantIDs(t, got, "a", "b")

	// It is taken as it comes where that does.
	s = newScript(t, events("/v1.0/p?n=a+b", "a"), events("", "b"))
	if _, _, err = read(t, s.client(), s.request()); err != nil || s.requests[1].URL.RawQuery != "n=a+b" {
		t.Errorf("%v, %s", err, s.requests[1].URL)
	}
}

// hostWriter puts a host in the place of HOST.
type hostWriter struct {
	http.ResponseWriter
	host string
}

func (w hostWriter) Write(b []byte) (int, error) {
	return io.WriteString(w.ResponseWriter, strings.ReplaceAll(string(b), "HOST", w.host))
}

// On the first page the same answer is about the request.
func TestBadRequestOnTheFirstPageIsNoLostPlace(t *testing.T) {
	l := newLog(t)
	l.fault = func(w http.ResponseWriter, _ int, _, _ time.Time, _ int) bool {
		w.WriteHeader(http.StatusBadRequest)
		io.WriteString(w, `{"error":{"code":"BadRequest","message":"Invalid filter clause"}}`)
		return true
	}
	_, stats, err := read(t, l.client(), l.request())
	if err == nil || errors.Is(err, errLostPlace) || stats.Requests != 1 || !strings.Contains(err.Error(), "Invalid filter clause") {
		t.Errorf("%+v, %v", stats, err)
	}
}

// A service that ignores the filter sends everything each time.
func TestFilterThatIsIgnored(t *testing.T) {
	for _, noIDs := range []bool{false, true} {
		for _, pageSize := range []int{3, 10000} {
			l := newLog(t)
			l.noIDs, l.pageSize = noIDs, pageSize
			l.fault = func(w http.ResponseWriter, n int, _, _ time.Time, offset int) bool {
				l.page(w, day(1), day(2), offset)
				return true
			}
			r := l.request()
			if noIDs {
				r.ID = nil
			}
			got, stats, err := readSpan(t, &Reader{*l.client(), *r}, fetch.Span{From: day(1).Add(6 * time.Hour), To: day(1).Add(8 * time.Hour)})
			var e *fetch.PagesError
			if !errors.As(err, &e) || e.Kind != fetch.FilterIgnored || !strings.Contains(err.Error(), "t ge 2026-11-01T05:59:59Z") || len(got) != 0 {
				t.Errorf("without ids %v: %d events, %+v, %v", noIDs, len(got), stats, err)
			}
		}
	}
}

// A few events outside are dropped and counted, as ever.
func TestEventsOutside(t *testing.T) {
	s := newScript(t, send(200, `{"value":[{"id":"a","t":"2026-11-01T10:00:00Z"},{"id":"b","t":"2026-11-01T10:00:00Z"},{"id":"c","t":"2026-11-01T10:00:00Z"},
		{"id":"d","t":"2026-11-01T10:00:00Z"},{"id":"e","t":"2026-11-01T10:00:00Z"},
		{"id":"v","t":"2026-11-03T10:00:00Z"},{"id":"w","t":"2026-11-03T10:00:00Z"},{"id":"x","t":"2026-11-03T10:00:00Z"},{"id":"y","t":"2026-11-03T10:00:00Z"},{"id":"z","t":"2026-11-03T10:00:00Z"}]}`))
	r := s.request()
	r.Time, r.Lower, r.Upper = "t", "ge", "lt"
	got, stats, err := read(t, s.client(), r)
	if err != nil || stats.Outside != 5 {
		t.Errorf("%+v, %v", stats, err)
	}
	wantIDs(t, got, "a", "b", "c", "d", "e")
}

// The service may see an event on the other side of a border between halves
// than its time says, which can be rounded.
func TestEventBesideTheBorderOfHalves(t *testing.T) {
	s := newScript(t,
		send(504, ""),
		send(200, `{"value":[{"id":"a","t":"2026-11-01T11:00:00Z"},{"id":"b","t":"2026-11-01T12:00:00Z"}]}`),
		send(200, `{"value":[{"id":"c","t":"2026-11-01T13:00:00Z"},{"id":"d","t":"2026-11-02T00:00:01Z"}]}`),
	)
	r := s.request()
	r.Time, r.Lower, r.Upper = "t", "ge", "lt"
	got, stats, err := read(t, s.client(), r)
	if err != nil || stats.Outside != 1 {
		t.Errorf("%+v, %v", stats, err)
	}
	wantIDs(t, got, "a", "b", "c")
}

// The bounds go a second beyond the span; what is there belongs to its neighbours.
func TestBorders(t *testing.T) {
	rounding := func(t *testing.T, ids bool) *log {
		l := newLog(t)
		l.fault = func(w http.ResponseWriter, _ int, from, to time.Time, _ int) bool {
			// An event at 0.6 s before each full hour, shown as of the hour.
			var all []string
			for hour := 0; hour <= 49; hour++ {
				shown := day(1).Add(time.Duration(hour) * time.Hour)
				if at := shown.Add(-600 * time.Millisecond); !at.Before(from.Add(-margin)) && at.Before(to.Add(margin)) {
					id := ""
					if ids {
						id = fmt.Sprintf(`"id":"%d",`, hour)
					}
					all = append(all, fmt.Sprintf(`{%s"t":%q}`, id, shown.Format(time.RFC3339)))
				}
			}
			fmt.Fprintf(w, `{"value":[%s]}`, strings.Join(all, ","))
			return true
		}
		return l
	}
	for _, ids := range []bool{true, false} {
		l := rounding(t, ids)
		r := l.request()
		if !ids {
			r.ID = nil
		}
		seen := map[string]int{}
		for hour := range 24 {
			from := day(1).Add(time.Duration(hour) * time.Hour)
			got, stats, err := readSpan(t, &Reader{*l.client(), *r}, fetch.Span{From: from, To: from.Add(time.Hour)})
			if err != nil || stats.Outside != 0 || stats.Repeated != 0 {
				t.Fatalf("%+v, %v", stats, err)
			}
			for _, e := range got {
				seen[e]++
			}
		}
		// The same day at once, in parts.
		parts := l.client()
		parts.Reach = &Reach{}
		parts.Reach.Recall(Learned{Span: time.Hour, TooLong: 2 * time.Hour, At: time.Now()})
		got, stats, err := read(t, parts, r)
		if err != nil || stats.Outside != 0 || stats.Repeated != 0 || stats.Requests != 24 || len(got) != 24 {
			t.Errorf("ids %v: %d events, %+v, %v", ids, len(got), stats, err)
		}
		for e, n := range seen {
			if n != 1 {
				t.Errorf("%s is in %d slices", e, n)
			}
		}
		if len(seen) != 24 {
			t.Errorf("ids %v: %d events in slices, want 24", ids, len(seen))
		}
	}
}

// Nothing is asked for that the service refuses to be asked.
func TestBordersAreKept(t *testing.T) {
	now := day(20)
	r := &Request{Protocol: Graph{}, Endpoint: "https://h", Version: "v1.0", Path: "/p", Time: "t", Lower: "ge", Upper: "lt"}
	r.Kept = func(now time.Time) time.Time { return now.AddDate(0, 0, -7) }
	w := newWalk(&Reader{Client{HTTP: http.DefaultClient, Now: func() time.Time { return now }}, *r}, fetch.Span{}, &fetch.Stats{}, nil)
	for span, want := range map[fetch.Span]fetch.Span{
		{From: day(15), To: day(16)}:                              {From: day(15).Add(-margin), To: day(16).Add(margin)},
		{From: day(13), To: day(14)}:                              {From: day(13), To: day(14).Add(margin)},
		{From: day(19), To: day(20)}:                              {From: day(19).Add(-margin), To: day(20)},
		{From: day(19), To: day(20).Add(-500 * time.Millisecond)}: {From: day(19).Add(-margin), To: day(20).Add(-500 * time.Millisecond)},
	} {
		if got := w.wider(span); got != want {
			t.Errorf("%s: asked for %s, want %s", span, got, want)
		}
	}
}

// What has neither a time nor an id is not put into every part of a slice.
func TestUntimedEvents(t *testing.T) {
	for _, id := range []string{`"id":"x",`, ""} {
		page := fmt.Sprintf(`{"value":[{%s"t":"soon","n":1},{%s"n":2},{"id":"%%d","t":%%q}]}`, id, strings.Replace(id, "x", "y", 1))
		s := newScript(t, send(504, ""),
			send(200, fmt.Sprintf(page, 1, "2026-11-01t10:00:00z")), send(200, fmt.Sprintf(page, 2, "2026-11-01 20:00:00")))
		r := s.request()
		r.Time, r.Lower, r.Upper = "t", "ge", "lt"
		if id == "" {
			r.ID = nil
		}
		got, stats, err := read(t, s.client(), r)
		if err != nil || len(got) != 4 || stats.Untimed != 2 || stats.Repeated != 2 || stats.Outside != 0 {
			t.Errorf("id %q: %v, %+v, %v", id, got, stats, err)
		}
	}
}
