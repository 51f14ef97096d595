package odata

import (
	"errors"
	"fmt"
	"io"
	"net/http"
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
		if n == 3 {
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
	l.fault = func(w http.ResponseWriter, n int, _, _ time.Time, offset int) bool { return n == 4 && late(w) }
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
			l.fault = func(w http.ResponseWriter, n int, _, _ time.Time, _ int) bool { return n == 4 && late(w) }
			c, r := l.client(), l.request()
			test.change(l, c, r)
			got, _, err := read(t, c, r)
			var e *fetch.ServiceError
			if !errors.As(err, &e) || e.Kind != fetch.Timeout || !strings.Contains(err.Error(), "after 300 events") || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v", err)
			}
			if len(got) != 300 || l.n != 4 {
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
	refuse := func(code string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, `{"error":{"code":%q,"message":"m"}}`, code)
		}
	}
	for name, lose := range map[string]func(http.ResponseWriter){
		"token not found": refuse("DirectoryPageTokenNotFoundException"),
		"token expired":   refuse("Directory_ExpiredPageToken"),
		"bad request":     refuse("BadRequest"),
		"unknown error":   refuse("UnknownError"),
		"empty token": func(w http.ResponseWriter) {
			fmt.Fprintf(w, `{"value":[{"id":"never"}],"@odata.nextLink":"http://%s/v1.0/log?$skiptoken="}`, "HOST")
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLog(t)
			losing := 2
			l.fault = func(w http.ResponseWriter, _ int, _, _ time.Time, offset int) bool {
				if offset != 200 || losing == 0 {
					return false
				}
				losing--
				lose(hostWriter{w, strings.TrimPrefix(l.URL, "http://")})
				return true
			}
			got, stats, err := read(t, l.client(), l.request())
			if err != nil || stats.Repeated != 0 {
				t.Errorf("%+v, %v", stats, err)
			}
			wantDay(t, got)

			losing = 3
			if _, _, err = read(t, l.client(), l.request()); !errors.Is(err, errLostPlace) || losing != 0 {
				t.Errorf("the error is %v", err)
			}
			if e := (*fetch.ServiceError)(nil); errors.As(err, &e) && e.Kind != fetch.Unavailable {
				t.Errorf("the request is blamed: %v, %s", err, e.Kind)
			}
		})
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
		l := newLog(t)
		l.noIDs = noIDs
		l.fault = func(w http.ResponseWriter, n int, _, _ time.Time, offset int) bool {
			if n == 1 {
				return late(w)
			}
			l.pageSize = 10000
			l.page(w, day(1), day(2), offset)
			return true
		}
		r := l.request()
		if noIDs {
			r.ID = nil
		}
		got, stats, err := readSpan(t, &Reader{*l.client(), *r}, fetch.Span{From: day(1).Add(6 * time.Hour), To: day(1).Add(8 * time.Hour)})
		if err != nil || len(got) != 120 || stats.Outside < 22*60 {
			t.Errorf("without ids %v: %d events, %+v, %v", noIDs, len(got), stats, err)
		}
	}
}

// The service may see an event on the other side of a border between halves
// than its time says, which can be rounded.
func TestEventBesideTheBorderOfHalves(t *testing.T) {
	s := newScript(t,
		send(504, ""),
		send(200, `{"value":[{"id":"a","t":"2026-11-01T11:00:00Z"},{"id":"b","t":"2026-11-01T12:00:00Z"}]}`),
		send(200, `{"value":[{"id":"c","t":"2026-11-01T13:00:00Z"},{"id":"d","t":"2026-11-02T00:00:00Z"}]}`),
	)
	r := s.request()
	r.Time, r.Lower, r.Upper = "t", "ge", "lt"
	got, stats, err := read(t, s.client(), r)
	if err != nil || stats.Outside != 1 {
		t.Errorf("%+v, %v", stats, err)
	}
	wantIDs(t, got, "a", "b", "c")
}
