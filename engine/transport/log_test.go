package transport

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/hashicorp/go-hclog"
)

func TestLogShowsWhatWasAskedAndNoKeys(t *testing.T) {
	const (
		query = home + "/v1.0/auditLogs/signIns?$filter=createdDateTime%20ge%202026-11-01&$top=1000&$skiptoken=KEYKEYKEY&sig=KEYKEY"
		other = "https://download.example/KEYKEY/file?sv=KEYKEY"
	)
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		logger := hclog.New(&hclog.LoggerOptions{Output: &log, Level: hclog.Trace})
		s := &script{outcomes: []outcome{reply(401), reply(503, "request-id: rid-1"), fail(errReset), reply(200, "request-id: rid-2", "Set-Cookie: KEYKEY")}}
		rt := New(Options{Base: s, Tokens: &tokens{}, Server: home, Logger: logger, Retry: DefaultRetry()})
		mustGet(t, rt, query)
		mustGet(t, rt, other)
		post, err := http.NewRequestWithContext(t.Context(), http.MethodPost, home+"/token", strings.NewReader("client_secret=KEYKEY"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := rt.RoundTrip(post); err != nil {
			t.Fatal(err)
		}
		text := log.String()
		for _, want := range []string{
			"GET", home + "/v1.0/auditLogs/signIns?$filter=createdDateTime ge 2026-11-01&$top=1000&$skiptoken=(9 characters)&sig=(6 characters)",
			"https://download.example/...", "status=200", "rid-1", "rid-2", "client_request_id=" + s.requests[0].Header.Get("client-request-id"), "took=",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in the log:\n%s", want, text)
			}
		}
		for _, never := range []string{"KEYKEY", "token-", "Bearer"} {
			if strings.Contains(text, never) {
				t.Errorf("%q is in the log:\n%s", never, text)
			}
		}
	})
}
