package objectstore

import (
	"errors"
	"io"
	"net/url"
	"strings"
	"testing"
)

func TestCheckEndpoint(t *testing.T) {
	for _, good := range []string{"https://s3.example.com", "https://s3.example.com:9000/path", "http://127.0.0.1:9000", "http://localhost", "http://[::1]:9"} {
		if err := CheckEndpoint(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", "s3.example.com", "https://", "ftp://example.com", "http://s3.example.com", "http://10.0.0.1", "http://127.0.0.1.example.com",
		"https://user:hunter2@example.com", "https://example.com?sig=hunter2", "https://example.com/\n", "https:example.com",
	} {
		if err := CheckEndpoint(bad); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v, want an error without it", bad, err)
		}
	}
}

func TestUnansweredHidesURLs(t *testing.T) {
	err := Unanswered(&url.Error{Op: "Get", URL: "https://example.com/x?sig=hunter2", Err: io.ErrUnexpectedEOF}, "https://example.com", "the block")
	if strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "https://example.com cannot be reached (unexpected EOF)") {
		t.Errorf("error is %v", err)
	}
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error("the reason is lost")
	}
}
