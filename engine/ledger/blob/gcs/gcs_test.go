package gcs

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/ledger/blob"
	"github.com/reportform/reportform/engine/ledger/ledgertest"
)

const bucket = "ledgers"

// serve starts a stand-in for Google Cloud Storage with a bucket.
func serve(t *testing.T) *ledgertest.Proxy {
	t.Helper()
	program := ledgertest.Program(t, "fake-gcs-server", "REPORTFORM_TEST_FAKE_GCS_SERVER", "go install github.com/fsouza/fake-gcs-server@v1.56.1")
	address := ledgertest.Start(t, program, func(host, port, _ string) []string {
		return []string{"-scheme", "http", "-host", host, "-port", port, "-backend", "memory", "-log-level", "error"}
	})
	response, err := http.Post("http://"+address+"/storage/v1/b?project=test", "application/json", strings.NewReader(`{"name":"`+bucket+`"}`))
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatal(response, err)
	}
	_ = response.Body.Close()
	return ledgertest.NewProxy(t, "http://"+address, conditionalDelete)
}

// conditionalDelete makes up for what fake-gcs-server 1.56.1 ignores: the
// condition of a deletion. Where no other generations are kept, to delete one
// generation is the same as to delete it if it is the current one.
func conditionalDelete(r *http.Request) {
	if query := r.URL.Query(); r.Method == http.MethodDelete {
		query.Set("generation", query.Get("ifGenerationMatch"))
		query.Del("ifGenerationMatch")
		r.URL.RawQuery = query.Encode()
	}
}

func backend(o Options, prefix string) ledger.Backend {
	return blob.New("gs://"+o.Bucket, prefix, func(ctx context.Context) (blob.Driver, error) { return Open(ctx, o) })
}

func TestBackend(t *testing.T) {
	server := serve(t)
	for _, prefix := range []string{"", "team a/état"} {
		t.Run("prefix "+prefix, func(t *testing.T) {
			ledgertest.Run(t, func(*testing.T) ledger.Backend { return backend(Options{Bucket: bucket, Endpoint: server.URL}, prefix) })
		})
	}
}

// TestLostAnswer breaks the connection after a write has been carried out.
func TestLostAnswer(t *testing.T) {
	server := serve(t)
	b := backend(Options{Bucket: bucket, Endpoint: server.URL}, "p")
	ledgertest.RunLostAnswer(t, b, ledger.Key{Tenant: "tenant.a", Report: "report.a.b"}, server, http.MethodPost)
}

// TestAnswers are answers of Google that the stand-in does not give.
func TestAnswers(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		body   string
		want   string
	}{
		"no bucket": {404, `{"error":{"code":404,"message":"The specified bucket does not exist."}}`, `there is no bucket "ledgers" at`},
		"denied":    {403, `{"error":{"code":403,"message":"a@b does not have storage.objects.get access."}}`, `access is denied (a@b does not have storage.objects.get access): the identity needs the role "Storage Object User"`},
		"signed in": {401, `{"error":{"code":401,"message":"Invalid Credentials"}}`, "refuses the credentials (Invalid Credentials)"},
		"text":      {400, "Bad.", "answered with an error (Bad, status 400)"},
		"no object": {404, "No such object: ledgers/p/report.a.b/tenant.a.json", ""},
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
			_, version, err := backend(Options{Bucket: bucket, Endpoint: server.URL}, "p").Get(t.Context(), ledger.Key{Tenant: "tenant.a", Report: "report.a.b"})
			if test.want == "" {
				if version != "" || err != nil {
					t.Errorf("got %q, %v of no object", version, err)
				}
				return
			}
			if err == nil || !strings.HasPrefix(err.Error(), "gs://ledgers: ") || !strings.Contains(err.Error(), test.want) {
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
	version, err := backend(Options{Bucket: bucket, Endpoint: server.URL}, "p").Put(t.Context(), ledger.Key{Tenant: "tenant.a", Report: "report.a.b"}, []byte("x"), "")
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
		"no credentials were found":    {Bucket: bucket},
		"credentials_file cannot be":   {Bucket: bucket, CredentialsFile: filepath.Join(dir, "absent")},
		"is not the key file of a":     {Bucket: bucket, CredentialsFile: noKey},
		"http://127.0.0.1:1 cannot be": {Bucket: bucket, Endpoint: "http://127.0.0.1:1"},
	} {
		_, err := backend(o, "p").List(t.Context())
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("error is %v, want one with %q", err, want)
		}
	}
}
