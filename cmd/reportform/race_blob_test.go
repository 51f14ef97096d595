//go:build !race

package main

import (
	"context"
	"fmt"
	"testing"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/ledger/blob"
	"github.com/reportform/reportform/internal/objectstore"
	"github.com/reportform/reportform/internal/objectstore/azure"
	"github.com/reportform/reportform/internal/objectstore/gcs"
	"github.com/reportform/reportform/internal/objectstore/objectstoretest"
	"github.com/reportform/reportform/internal/objectstore/s3"
)

func TestRacesOnObjectStores(t *testing.T) {
	t.Parallel()
	constant := func(value string) func(context.Context) (string, error) {
		return func(context.Context) (string, error) { return value, nil }
	}
	const bucket = objectstoretest.Bucket
	for name, test := range map[string]struct {
		start func(testing.TB) *objectstoretest.Server
		open  func(ctx context.Context, endpoint string) (objectstore.Store, error)
		// refusals are answers that the server gives by mistake.
		refusals []string
	}{
		"s3": {objectstoretest.S3, func(ctx context.Context, endpoint string) (objectstore.Store, error) {
			return s3.Open(ctx, s3.Options{
				Bucket: bucket, Endpoint: endpoint, PathStyle: true, Region: "us-east-1",
				Keys: &s3.Keys{ID: objectstoretest.AccessKeyID, Secret: constant(objectstoretest.SecretAccessKey)},
			})
			// versitygw 1.8.0 says so of a file that it could not put in its place.
		}, []string{"ExistingObjectIsDirectory"}},
		"azure": {objectstoretest.Azure, func(ctx context.Context, endpoint string) (objectstore.Store, error) {
			return azure.Open(ctx, azure.Options{
				Container: bucket, Account: objectstoretest.Account, Endpoint: endpoint, AccountKey: constant(objectstoretest.AccountKey),
			})
		}, nil},
		"gcs": {objectstoretest.GCS, func(ctx context.Context, endpoint string) (objectstore.Store, error) {
			return gcs.Open(ctx, gcs.Options{Bucket: bucket, Endpoint: endpoint})
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			server := test.start(t)
			prefix := ""
			race(t, func() string {
				prefix += "p"
				return fmt.Sprintf("state \"blob\" {\n  url = %q\n%s}\n", server.URL+"/"+prefix, server.Attributes)
			}, func(*lab) ledger.Backend {
				return blob.New(server.URL, prefix, func(ctx context.Context) (objectstore.Store, error) { return test.open(ctx, server.Endpoint) })
			}, test.refusals...)
		})
	}
}
