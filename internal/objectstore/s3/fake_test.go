package s3

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"
)

// answering starts a server that gives one answer to everything.
func answering(t *testing.T, status int, header http.Header, code string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		maps.Copy(w.Header(), header)
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		if code != "" {
			fmt.Fprintf(w, "<?xml version=\"1.0\"?><Error><Code>%s</Code><Message>Words.</Message></Error>", code)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}
