package blob_test

import (
	"os"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/ledger/blob"
	"github.com/reportform/reportform/engine/ledger/ledgertest"
	"github.com/reportform/reportform/internal/objectstore"
	"github.com/reportform/reportform/internal/objectstore/all"
	"github.com/reportform/reportform/internal/objectstore/objectstoretest"
	"github.com/reportform/reportform/internal/secret"
)

// locate decodes what a block says of a server.
func locate(t *testing.T, server *objectstoretest.Server, prefix string) *objectstore.Location {
	t.Helper()
	file, diags := hclsyntax.ParseConfig([]byte("url = \""+server.URL+"/"+prefix+"\"\n"+server.Attributes), "main.rf.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	attributes, diags := file.Body.JustAttributes()
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	location, diags := objectstore.Decode(all.Schemes(), objectstore.Block{
		Attributes: attributes, EvalCtx: &hcl.EvalContext{Functions: secret.Functions(t.TempDir())}, Getenv: os.Getenv,
	})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return location
}

func backend(t *testing.T, server *objectstoretest.Server, prefix string) ledger.Backend {
	t.Helper()
	location := locate(t, server, prefix)
	return blob.New(location.Place, location.Prefix, location.Open)
}

// TestStores has the servers of every object store.
func TestStores(t *testing.T) {
	for name, start := range map[string]func(testing.TB) *objectstoretest.Server{
		"s3": objectstoretest.S3, "azure": objectstoretest.Azure, "gcs": objectstoretest.GCS,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := start(t)
			for _, prefix := range []string{"", "team a/état"} {
				t.Run("prefix "+prefix, func(t *testing.T) {
					ledgertest.Run(t, func(t *testing.T) ledger.Backend { return backend(t, server, prefix) })
				})
			}

			t.Run("reading", func(t *testing.T) {
				store, err := locate(t, server, "").Open(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				ledgertest.RunReading(t, func(t *testing.T) ledger.Backend { return backend(t, server, "read") }, func(t *testing.T) map[string]string {
					return contents(t, store)
				})
			})

			// The connection breaks after a write has been carried out.
			t.Run("lost answer", func(t *testing.T) {
				proxy := objectstoretest.NewProxy(t, root(server), nil)
				b := backend(t, server.Through(proxy), "lost")
				if _, err := b.Put(t.Context(), ledger.Key{Tenant: "tenant.b", Report: "report.a.b"}, []byte("first"), ""); err != nil {
					t.Fatal(err) // a server that is doubted is tried out
				}
				ledgertest.RunLostAnswer(t, b, ledger.Key{Tenant: "tenant.a", Report: "report.a.b"}, proxy, server.WriteMethod)
			})

			t.Run("errors name the place", func(t *testing.T) {
				lost := *server
				lost.URL = strings.Replace(server.URL, objectstoretest.Bucket, "nowhere", 1)
				_, err := backend(t, &lost, "p").List(t.Context())
				if err == nil || !strings.HasPrefix(err.Error(), lost.URL+"/p: there is no ") || !strings.Contains(err.Error(), `"nowhere" at `+server.Endpoint) {
					t.Errorf("error is %v, want one with the place and the reason", err)
				}
			})
		})
	}
}

// contents returns the objects of a store with what they hold.
func contents(t *testing.T, store objectstore.Store) map[string]string {
	t.Helper()
	objects, err := store.List(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, object := range objects {
		if object.Size > 64<<10 {
			continue // the suite's large one
		}
		data, version, err := store.Get(t.Context(), object.Name)
		if err != nil {
			t.Fatal(err)
		}
		found[object.Name] = string(version) + string(data)
	}
	return found
}

// root is the URL of a server without a path.
func root(server *objectstoretest.Server) string {
	return strings.TrimSuffix(server.Endpoint, "/"+objectstoretest.Account)
}
