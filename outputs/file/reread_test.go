package file

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reportform/reportform/internal/place"
	"github.com/reportform/reportform/outputs"
)

// What is altered is ErrAltered whatever has become of it, and is so before a
// writer gets to see it.
func TestRereadOfAnAlteredFile(t *testing.T) {
	content := strings.Repeat(`{"id":"1","name":"Anna"}`+"\n", 1000)
	sum := sha256.Sum256([]byte(content))
	half := len(content) / 2
	for _, test := range []struct{ name, content string }{
		{"another value", content[:half] + strings.Replace(content[half:], "Anna", "Anne", 1)},
		{"zeros", strings.Repeat("\x00", len(content))},
		{"zeros from the middle", content[:half] + strings.Repeat("\x00", half)},
		{"a flipped brace", "[" + content[1:]},
		{"a flipped quote", content[:half] + strings.Replace(content[half:], `"`, `#`, 1)},
		{"the end in an object", content[:half+3]},
		{"one event less", content[:strings.LastIndex(content, "{")]},
		{"one event more", content + `{"id":"2"}`},
		{"nothing", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.ndjson")
			if err := os.WriteFile(path, []byte(test.content), 0o600); err != nil {
				t.Fatal(err)
			}
			receipt := &outputs.Receipt{Place: place.Place(path), Bytes: int64(len(test.content)), SHA256: hex.EncodeToString(sum[:])}
			var last error
			for events, err := range NewFiles(t.TempDir()).Reread(t.Context(), receipt) {
				if last = err; len(events) > 0 {
					t.Errorf("it yields %d events", len(events))
				}
			}
			if !errors.Is(last, outputs.ErrAltered) || !strings.Contains(last.Error(), path) {
				t.Errorf("got %v", last)
			}
		})
	}
}

func TestReread(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ndjson")
	content := "{\"a\":1}\n{\"a\":\n2}\n"
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(content))
	reread := func(ctx context.Context, path string) (got string, err error) {
		for events, err := range NewFiles(t.TempDir()).Reread(ctx, &outputs.Receipt{Place: place.Place(path), SHA256: hex.EncodeToString(sum[:])}) {
			if err != nil {
				return got, err
			}
			for _, e := range events {
				got += string(e.Raw) + ";"
				if e.OneLine == strings.Contains(string(e.Raw), "\n") {
					t.Errorf("OneLine of %q is %t", e.Raw, e.OneLine)
				}
			}
		}
		return got, nil
	}
	if got, err := reread(t.Context(), path); got != "{\"a\":1};{\"a\":\n2};" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := reread(ended, path); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := reread(t.Context(), path+"x"); !errors.Is(err, os.ErrNotExist) || errors.Is(err, outputs.ErrAltered) {
		t.Errorf("got %v", err)
	}
}
