package azure

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/ledger/blob"
	"github.com/reportform/reportform/engine/ledger/ledgertest"
)

const (
	name    = "ledgers"
	account = "devstoreaccount1"
	// The key is the same in every Azurite; it is published in its manual.
	key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)

// serve starts Azurite with a container and returns the account's URL.
func serve(t *testing.T) string {
	t.Helper()
	program := ledgertest.Program(t, "azurite-blob", "REPORTFORM_TEST_AZURITE", "npm install -g azurite@3.35.0")
	address := ledgertest.Start(t, program, func(host, port, dir string) []string {
		return []string{"--blobHost", host, "--blobPort", port, "--location", dir, "--disableTelemetry", "--silent", "--skipApiVersionCheck"}
	})
	url := "http://" + address + "/" + account
	if _, err := client(t, url).Create(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	return url
}

func client(t *testing.T, endpoint string) *container.Client {
	t.Helper()
	c, err := options(endpoint).client(t.Context(), endpoint+"/"+name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func options(endpoint string) Options {
	return Options{Container: name, Account: account, Endpoint: endpoint, AccountKey: secret(key)}
}

func secret(value string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return value, nil }
}

func backend(o Options, prefix string) ledger.Backend {
	return blob.New("azblob://"+o.Container, prefix, func(ctx context.Context) (blob.Driver, error) { return Open(ctx, o) })
}

func TestBackend(t *testing.T) {
	t.Parallel()
	url := serve(t)
	signature, err := client(t, url).GetSASURL(sas.ContainerPermissions{Read: true, Create: true, Write: true, Delete: true, List: true}, time.Now().Add(time.Hour), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, token, _ := strings.Cut(signature, "?")
	for prefix, o := range map[string]Options{
		"":             options(url),
		"team a/état":  {Container: name, Endpoint: url, SASToken: secret("?" + token)},
		"a/connection": {Container: name, ConnectionString: secret("AccountName=" + account + ";AccountKey=" + key + ";BlobEndpoint=" + url + ";")},
	} {
		t.Run("prefix "+prefix, func(t *testing.T) {
			ledgertest.Run(t, func(*testing.T) ledger.Backend { return backend(o, prefix) })
		})
	}
}

// TestLostAnswer breaks the connection after a write has been carried out.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	url := serve(t)
	proxy := ledgertest.NewProxy(t, url, nil)
	b := backend(options(proxy.URL+"/"+account), "p")
	ledgertest.RunLostAnswer(t, b, ledger.Key{Tenant: "tenant.a", Report: "report.a.b"}, proxy, http.MethodPut)
}

// TestLease has a refusal with the status of an unmet condition that is none.
func TestLease(t *testing.T) {
	t.Parallel()
	url := serve(t)
	b := backend(options(url), "")
	k := ledger.Key{Tenant: "tenant.a", Report: "report.a.b"}
	version, err := b.Put(t.Context(), k, []byte("one"), "")
	if err != nil {
		t.Fatal(err)
	}
	lease(t, client(t, url).NewBlobClient("report.a.b/tenant.a.json"))
	_, err = b.Put(t.Context(), k, []byte("two"), version)
	if err == nil || !strings.Contains(err.Error(), "LeaseIdMissing") {
		t.Errorf("error is %v, want one that names the lease", err)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	url := serve(t)
	for test, o := range map[string]struct {
		Options
		want string
	}{
		"no container":           {Options{Container: "nowhere", Account: account, Endpoint: url, AccountKey: secret(key)}, `there is no container "nowhere" at ` + url},
		"key":                    {Options{Container: name, Account: account, Endpoint: url, AccountKey: secret("aHVudGVyMg==")}, "check that it is this account's"},
		"no key":                 {Options{Container: name, Account: account, Endpoint: url, AccountKey: secret("hunter2 ")}, "account_key is no key"},
		"no signature":           {Options{Container: name, Endpoint: url, SASToken: secret("hunter2")}, "sas_token is no shared access signature"},
		"signature":              {Options{Container: name, Endpoint: url, SASToken: secret("sv=2024-11-04&se=2099-01-01&sr=c&sp=rl&sig=hunter2")}, "access is denied (AuthorizationFailure)"},
		"no connection string":   {Options{Container: name, ConnectionString: secret("hunter2")}, "connection_string cannot be used"},
		"http connection string": {Options{Container: name, ConnectionString: secret("AccountName=a;AccountKey=" + key + ";BlobEndpoint=http://example.com/a;")}, "http is accepted for loopback addresses alone"},
	} {
		t.Run(test, func(t *testing.T) {
			_, err := backend(o.Options, "p").List(t.Context())
			if err == nil || !strings.Contains(err.Error(), o.want) || !strings.HasPrefix(err.Error(), "azblob://"+o.Container+": ") ||
				strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "aHVudGVyMg") {
				t.Errorf("error is %v\nwant one with %q", err, o.want)
			}
		})
	}
}

// TestUnreachable waits until the SDK has tried often enough.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	o := Options{Container: name, Endpoint: "http://127.0.0.1:1/" + account, SASToken: secret("sv=1&sig=hunter2")}
	d, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.List(t.Context(), "")
	if err == nil || !strings.Contains(err.Error(), "http://127.0.0.1:1/"+account+" cannot be reached") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error is %v, want one that names the endpoint and not the signature", err)
	}
}

func TestNoCredentials(t *testing.T) {
	for _, variable := range []string{"AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE", "IDENTITY_ENDPOINT"} {
		t.Setenv(variable, "")
	}
	t.Setenv("PATH", t.TempDir())
	t.Setenv("AZURE_TOKEN_CREDENTIALS", "dev")
	_, err := Open(t.Context(), Options{Container: name, Account: account})
	if err == nil || !strings.Contains(err.Error(), "no credentials were found") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error is %v, want one line that says where credentials may be", err)
	}
}
