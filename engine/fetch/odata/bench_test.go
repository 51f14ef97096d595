package odata

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/reportform/reportform/engine/fetch"
)

// prebuiltPages are pages of 1000 sign-ins of 2 KB and a transport that sends
// them, over and over, with new ids each time if fresh is set.
func prebuiltPages(pages int) http.RoundTripper {
	bodies := make([][]byte, pages)
	for n := range bodies {
		var b bytes.Buffer
		fmt.Fprintf(&b, `{"@odata.context":"https://h/$metadata#auditLogs/signIns","value":[`)
		for i := range 1000 {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `{"id":"%08x-0000-4000-8000-%012x","createdDateTime":"2026-11-01T%02d:%02d:%02dZ","appDisplayName":"Office 365 Exchange Online",`, i, n, i%24, i%60, n%60)
			for k := range 20 {
				fmt.Fprintf(&b, `"property%d":"%s","number%d":%d,`, k, strings.Repeat("text ", 12), k, i*k)
			}
			b.WriteString(`"status":{"errorCode":0,"failureReason":null,"additionalDetails":"MFA requirement satisfied by claim in the token"}}`)
		}
		b.WriteString(`]`)
		if n < pages-1 {
			fmt.Fprintf(&b, `,"@odata.nextLink":"https://h/v1.0/auditLogs/signIns?$skiptoken=%d"`, n+1)
		}
		b.WriteString(`}`)
		bodies[n] = b.Bytes()
	}
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		n := 0
		if _, token, ok := strings.Cut(r.URL.RawQuery, "$skiptoken="); ok {
			if _, err := fmt.Sscan(token, &n); err != nil {
				return nil, err
			}
		}
		return &http.Response{
			StatusCode: 200, Header: http.Header{"Request-Id": {"r"}},
			ContentLength: int64(len(bodies[n])), Body: io.NopCloser(bytes.NewReader(bodies[n])),
		}, nil
	})
}

func signIns() *Request {
	return &Request{
		Protocol: Graph{}, Endpoint: "https://h", Version: "v1.0", Path: "/auditLogs/signIns",
		Time: "createdDateTime", ID: []string{"id"}, Lower: "ge", Upper: "lt",
	}
}

func BenchmarkEvents(b *testing.B) {
	const pages = 20
	source := &Reader{Client{HTTP: &http.Client{Transport: prebuiltPages(pages)}}, *signIns()}
	var stats fetch.Stats
	b.ReportAllocs()
	for b.Loop() {
		stats = fetch.Stats{}
		for _, err := range each(source.Events(b.Context(), firstDay(), &stats)) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	if stats.Events != pages*1000 {
		b.Fatalf("%+v", stats)
	}
	b.SetBytes(stats.Bytes)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(stats.Events), "ns/event")
}

// A pull allocates per page, and while its memory grows, but not per event.
func TestEventsDoNotAllocate(t *testing.T) {
	allocations := func(pages int) float64 {
		source := &Reader{Client{HTTP: &http.Client{Transport: prebuiltPages(pages)}}, *signIns()}
		return testing.AllocsPerRun(1, func() {
			for _, err := range each(source.Events(t.Context(), firstDay(), &fetch.Stats{})) {
				if err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	few, many := allocations(3), allocations(6)
	if perPage := (many - few) / 3; perPage > 100 {
		t.Errorf("%v allocations for each page of 1000 events", perPage)
	}
}
