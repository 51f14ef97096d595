//go:build !race

package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/ledger/blob"
	"github.com/reportform/reportform/engine/ledger/blob/azure"
	"github.com/reportform/reportform/engine/ledger/blob/gcs"
	"github.com/reportform/reportform/engine/ledger/blob/s3"
	"github.com/reportform/reportform/engine/ledger/ledgertest"
)

// objectStore is a server with an empty bucket or container.
type objectStore struct {
	url   string // of state "blob", less a prefix
	block string // the other attributes
	open  func(context.Context) (blob.Driver, error)
	// refusals are answers that the server gives by mistake.
	refusals []string
}

const bucket = "ledgers"

func TestRacesOnObjectStores(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*testing.T) objectStore{"s3": startS3, "azure": startAzure, "gcs": startGCS} {
		t.Run(name, func(t *testing.T) {
			store := start(t)
			prefix := ""
			race(t, func() string {
				prefix += "p"
				return fmt.Sprintf("state \"blob\" {\n  url = %q\n%s}\n", store.url+"/"+prefix, store.block)
			}, func(*lab) ledger.Backend { return blob.New(store.url, prefix, store.open) }, store.refusals...)
		})
	}
}

func constant(value string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return value, nil }
}

func startS3(t *testing.T) objectStore {
	program := ledgertest.Program(t, "versitygw", "REPORTFORM_TEST_VERSITYGW", "go install github.com/versity/versitygw/cmd/versitygw@v1.8.0")
	address := ledgertest.Start(t, program, func(host, port, dir string) []string {
		if err := os.Mkdir(filepath.Join(dir, bucket), 0o755); err != nil { // a bucket is a directory
			t.Fatal(err)
		}
		return []string{"--port", host + ":" + port, "--access", "AKTEST", "--secret", "test-secret", "--quiet", "posix", dir}
	})
	return objectStore{
		url: "s3://" + bucket,
		block: fmt.Sprintf("  endpoint = %q\n  path_style = true\n  access_key_id = \"AKTEST\"\n  secret_access_key = secret_exec([\"echo\", \"test-secret\"])\n",
			"http://"+address),
		open: func(ctx context.Context) (blob.Driver, error) {
			return s3.Open(ctx, s3.Options{
				Bucket: bucket, Endpoint: "http://" + address, PathStyle: true, Region: "us-east-1",
				Keys: &s3.Keys{ID: "AKTEST", Secret: constant("test-secret")},
			})
		},
		// versitygw 1.8.0 says so of a file that it could not put in its place.
		refusals: []string{"ExistingObjectIsDirectory"},
	}
}

func startAzure(t *testing.T) objectStore {
	// Every Azurite has this account and this key, published in its manual.
	const account = "devstoreaccount1"
	const key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
	program := ledgertest.Program(t, "azurite-blob", "REPORTFORM_TEST_AZURITE", "npm install -g azurite@3.35.0")
	address := ledgertest.Start(t, program, func(host, port, dir string) []string {
		return []string{"--blobHost", host, "--blobPort", port, "--location", dir, "--disableTelemetry", "--silent", "--skipApiVersionCheck"}
	})
	endpoint := "http://" + address + "/" + account
	credential, err := container.NewSharedKeyCredential(account, key)
	if err != nil {
		t.Fatal(err)
	}
	client, err := container.NewClientWithSharedKeyCredential(endpoint+"/"+bucket, credential, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Create(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	return objectStore{
		url:   "azblob://" + bucket,
		block: fmt.Sprintf("  account = %q\n  endpoint = %q\n  account_key = secret_exec([\"echo\", %q])\n", account, endpoint, key),
		open: func(ctx context.Context) (blob.Driver, error) {
			return azure.Open(ctx, azure.Options{Container: bucket, Account: account, Endpoint: endpoint, AccountKey: constant(key)})
		},
	}
}

func startGCS(t *testing.T) objectStore {
	program := ledgertest.Program(t, "fake-gcs-server", "REPORTFORM_TEST_FAKE_GCS_SERVER", "go install github.com/fsouza/fake-gcs-server@v1.56.1")
	address := ledgertest.Start(t, program, func(host, port, _ string) []string {
		return []string{"-scheme", "http", "-host", host, "-port", port, "-backend", "memory", "-log-level", "error"}
	})
	response, err := http.Post("http://"+address+"/storage/v1/b?project=test", "application/json", strings.NewReader(`{"name":"`+bucket+`"}`))
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatal(response, err)
	}
	_ = response.Body.Close()
	// The stand-in ignores the condition of a deletion: to delete one
	// generation is the same where no others are kept.
	proxy := ledgertest.NewProxy(t, "http://"+address, func(r *http.Request) {
		if query := r.URL.Query(); r.Method == http.MethodDelete {
			query.Set("generation", query.Get("ifGenerationMatch"))
			query.Del("ifGenerationMatch")
			r.URL.RawQuery = query.Encode()
		}
	})
	return objectStore{
		url:   "gs://" + bucket,
		block: fmt.Sprintf("  endpoint = %q\n", proxy.URL),
		open: func(ctx context.Context) (blob.Driver, error) {
			return gcs.Open(ctx, gcs.Options{Bucket: bucket, Endpoint: proxy.URL})
		},
	}
}
