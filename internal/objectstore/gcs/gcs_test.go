package gcs

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/reportform/reportform/internal/objectstore"
	"github.com/reportform/reportform/internal/objectstore/objectstoretest"
)

const bucket = objectstoretest.Bucket

func open(t *testing.T, o Options) objectstore.Store {
	t.Helper()
	opened, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

func TestStore(t *testing.T) {
	server := objectstoretest.GCS(t)
	for _, prefix := range []string{"", "team a/état/"} {
		t.Run("prefix "+prefix, func(t *testing.T) {
			objectstoretest.Run(t, open(t, Options{Bucket: bucket, Endpoint: server.Endpoint}), prefix)
		})
	}
}

// TestListPages has a list that comes in pages.
func TestListPages(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page := `{"items":[{"name":"p/a","size":"7"}],"nextPageToken":"more"}`
		if r.URL.Query().Get("pageToken") == "more" {
			page = `{"items":[{"name":"p/b","size":"0"}]}`
		}
		_, _ = w.Write([]byte(page))
	}))
	defer server.Close()
	objects, err := open(t, Options{Bucket: bucket, Endpoint: server.URL}).List(t.Context(), "p/")
	want := []objectstore.Object{{Name: "p/a", Size: 7}, {Name: "p/b"}}
	if !slices.Equal(objects, want) || err != nil {
		t.Errorf("list is %v, %v; want %v", objects, err, want)
	}
}

// TestAnswers are answers of Google that the stand-in does not give.
func TestAnswers(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		body   string
		want   string
	}{
		"no bucket": {404, `{"error":{"code":404,"message":"The specified bucket does not exist."}}`, `there is no bucket "objects" at`},
		"denied":    {403, `{"error":{"code":403,"message":"a@b does not have storage.objects.get access."}}`, `access is denied (a@b does not have storage.objects.get access): the identity needs the role "Storage Object User"`},
		"signed in": {401, `{"error":{"code":401,"message":"Invalid Credentials"}}`, "refuses the credentials (Invalid Credentials)"},
		"text":      {400, "Bad.", "answered with an error (Bad, status 400)"},
		"no object": {404, "No such object: objects/p/report.a.b/tenant.a.json", ""},
		"good":      {200, "content", "does not say which generation"},
		"moved":     {302, "", "(Found, status 302)"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(test.status)
				_, _ = w.Write([]byte(test.body))
			}))
			defer server.Close()
			_, version, err := open(t, Options{Bucket: bucket, Endpoint: server.URL}).Get(t.Context(), "p/name")
			if test.want == "" {
				if version != "" || err != nil {
					t.Errorf("got %q, %v of no object", version, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want one with %q", err, test.want)
			}
		})
	}
}

// TestTriesAgain has a server that is in trouble for a moment.
func TestTriesAgain(t *testing.T) {
	requests := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if requests++; requests == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte(`{"generation":"7"}`))
	}))
	defer server.Close()
	version, err := open(t, Options{Bucket: bucket, Endpoint: server.URL}).Put(t.Context(), "p/name", []byte("x"), "")
	if version != "7" || err != nil || requests != 2 {
		t.Errorf("got %q, %v after %d requests; want version 7 after 2", version, err, requests)
	}
}

func TestCredentials(t *testing.T) {
	dir := t.TempDir()
	noKey := filepath.Join(dir, "key.json")
	if err := os.WriteFile(noKey, []byte(`{"type":"authorized_user","client_secret":"hunter2"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", filepath.Join(dir, "absent"))
	for want, o := range map[string]Options{
		"credentials_file in the block, set GOOGLE_": {Bucket: bucket, Block: "the block"},
		"no credentials were found":                  {Bucket: bucket},
		"credentials_file cannot be":                 {Bucket: bucket, CredentialsFile: filepath.Join(dir, "absent")},
		"is not the key file of a":                   {Bucket: bucket, CredentialsFile: noKey},
		"http://127.0.0.1:1 cannot be":               {Bucket: bucket, Endpoint: "http://127.0.0.1:1"},
	} {
		opened, err := Open(t.Context(), o)
		if err == nil {
			_, err = opened.List(t.Context(), "p/")
		}
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("error is %v, want one with %q", err, want)
		}
	}
}
