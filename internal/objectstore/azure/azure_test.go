package azure

import (
	"context"
	"strings"
	"testing"
	"time"

	azlease "github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/lease"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"

	"github.com/reportform/reportform/internal/objectstore"
	"github.com/reportform/reportform/internal/objectstore/objectstoretest"
)

const (
	name    = objectstoretest.Bucket
	account = objectstoretest.Account
	key     = objectstoretest.AccountKey
)

func options(endpoint string) Options {
	return Options{Container: name, Account: account, Endpoint: endpoint, AccountKey: secret(key)}
}

func secret(value string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return value, nil }
}

func open(t *testing.T, o Options) objectstore.Store {
	t.Helper()
	opened, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

func TestStore(t *testing.T) {
	t.Parallel()
	server := objectstoretest.Azure(t)
	permissions := sas.ContainerPermissions{Read: true, Create: true, Write: true, Delete: true, List: true}
	signature, err := server.Container(t).GetSASURL(permissions, time.Now().Add(time.Hour), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, token, _ := strings.Cut(signature, "?")
	for prefix, o := range map[string]Options{
		"":              options(server.Endpoint),
		"team a/état/":  {Container: name, Endpoint: server.Endpoint, SASToken: secret("?" + token)},
		"a/connection/": {Container: name, ConnectionString: secret("AccountName=" + account + ";AccountKey=" + key + ";BlobEndpoint=" + server.Endpoint + ";")},
	} {
		t.Run("prefix "+prefix, func(t *testing.T) { objectstoretest.Run(t, open(t, o), prefix) })
	}
}

// TestLease has a refusal with the status of an unmet condition that is none.
func TestLease(t *testing.T) {
	t.Parallel()
	server := objectstoretest.Azure(t)
	s := open(t, options(server.Endpoint))
	version, err := s.Put(t.Context(), "leased", []byte("one"), "")
	if err != nil {
		t.Fatal(err)
	}
	// As people and other programs can.
	lease, err := azlease.NewBlobClient(server.Container(t).NewBlobClient("leased"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lease.AcquireLease(t.Context(), 60, nil); err != nil {
		t.Fatal(err)
	}
	_, err = s.Put(t.Context(), "leased", []byte("two"), version)
	if err == nil || !strings.Contains(err.Error(), "LeaseIdMissing") {
		t.Errorf("error is %v, want one that names the lease", err)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	url := objectstoretest.Azure(t).Endpoint
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
			opened, err := Open(t.Context(), o.Options)
			if err == nil {
				_, err = opened.List(t.Context(), "p/")
			}
			if err == nil || !strings.Contains(err.Error(), o.want) ||
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
	_, err := open(t, o).List(t.Context(), "")
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
	_, err := Open(t.Context(), Options{Container: name, Account: account, Block: "the block"})
	if err == nil || !strings.Contains(err.Error(), "no credentials were found") || !strings.Contains(err.Error(), "sas_token in the block, ") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error is %v, want one line that says where credentials may be", err)
	}
}
