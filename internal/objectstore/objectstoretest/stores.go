package objectstoretest

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// Bucket is the bucket or container of every server.
const Bucket = "objects"

// Credentials of the servers.
const (
	AccessKeyID     = "AKTEST"
	SecretAccessKey = "test-secret"
	// Every Azurite has this account and this key, published in its manual.
	Account    = "devstoreaccount1"
	AccountKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)

// Server is a server with an empty bucket or container.
type Server struct {
	URL      string // of a block, less a prefix
	Endpoint string
	// Attributes are the other ones of a block, in HCL.
	Attributes string
	// WriteMethod is that of the requests that store an object.
	WriteMethod string
	// Through returns the server as it is asked through a Proxy.
	Through func(proxy *Proxy) *Server
}

// S3 starts a server of Amazon's protocol.
func S3(t testing.TB) *Server {
	t.Helper()
	program := Program(t, "versitygw", "REPORTFORM_TEST_VERSITYGW", "go install github.com/versity/versitygw/cmd/versitygw@v1.8.0")
	address := Start(t, program, func(host, port, dir string) []string {
		if err := os.Mkdir(filepath.Join(dir, Bucket), 0o755); err != nil { // a bucket is a directory
			t.Fatal(err)
		}
		return []string{"--port", host + ":" + port, "--access", AccessKeyID, "--secret", SecretAccessKey, "--quiet", "posix", dir}
	})
	return s3At("http://" + address)
}

func s3At(endpoint string) *Server {
	return &Server{
		URL: "s3://" + Bucket, Endpoint: endpoint,
		Attributes: fmt.Sprintf("  endpoint = %q\n  region = \"us-east-1\"\n  path_style = true\n  access_key_id = %q\n  secret_access_key = secret_exec([\"echo\", %q])\n",
			endpoint, AccessKeyID, SecretAccessKey),
		WriteMethod: http.MethodPut,
		Through:     func(proxy *Proxy) *Server { return s3At(proxy.URL) },
	}
}

// Azure starts a stand-in for Azure Blob Storage.
func Azure(t testing.TB) *Server {
	t.Helper()
	program := Program(t, "azurite-blob", "REPORTFORM_TEST_AZURITE", "npm install -g azurite@3.35.0")
	address := Start(t, program, func(host, port, dir string) []string {
		return []string{"--blobHost", host, "--blobPort", port, "--location", dir, "--disableTelemetry", "--silent", "--skipApiVersionCheck"}
	})
	server := azureAt("http://" + address + "/" + Account)
	if _, err := server.Container(t).Create(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	return server
}

func azureAt(endpoint string) *Server {
	return &Server{
		URL: "azblob://" + Bucket, Endpoint: endpoint,
		Attributes:  fmt.Sprintf("  account = %q\n  endpoint = %q\n  account_key = secret_exec([\"echo\", %q])\n", Account, endpoint, AccountKey),
		WriteMethod: http.MethodPut,
		Through:     func(proxy *Proxy) *Server { return azureAt(proxy.URL + "/" + Account) },
	}
}

// Container returns Azure's own client of the container.
func (s *Server) Container(t testing.TB) *container.Client {
	t.Helper()
	credential, err := container.NewSharedKeyCredential(Account, AccountKey)
	if err != nil {
		t.Fatal(err)
	}
	client, err := container.NewClientWithSharedKeyCredential(s.Endpoint+"/"+Bucket, credential, nil)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// GCS starts a stand-in for Google Cloud Storage.
func GCS(t testing.TB) *Server {
	t.Helper()
	program := Program(t, "fake-gcs-server", "REPORTFORM_TEST_FAKE_GCS_SERVER", "go install github.com/fsouza/fake-gcs-server@v1.56.1")
	address := Start(t, program, func(host, port, _ string) []string {
		return []string{"-scheme", "http", "-host", host, "-port", port, "-backend", "memory", "-log-level", "error"}
	})
	response, err := http.Post("http://"+address+"/storage/v1/b?project=test", "application/json", strings.NewReader(`{"name":"`+Bucket+`"}`))
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatal(response, err)
	}
	_ = response.Body.Close()
	return gcsAt(NewProxy(t, "http://"+address, conditionalDelete).URL)
}

// conditionalDelete makes up for what fake-gcs-server 1.56.1 ignores: the
// condition of a deletion. Where no other generations are kept, to delete one
// generation is the same as to delete it if it is the current one.
func conditionalDelete(r *http.Request) {
	if query := r.URL.Query(); r.Method == http.MethodDelete && query.Has("ifGenerationMatch") {
		query.Set("generation", query.Get("ifGenerationMatch"))
		query.Del("ifGenerationMatch")
		r.URL.RawQuery = query.Encode()
	}
}

func gcsAt(endpoint string) *Server {
	return &Server{
		URL: "gs://" + Bucket, Endpoint: endpoint,
		Attributes:  fmt.Sprintf("  endpoint = %q\n", endpoint),
		WriteMethod: http.MethodPost,
		Through:     func(proxy *Proxy) *Server { return gcsAt(proxy.URL) },
	}
}
