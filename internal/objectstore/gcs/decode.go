package gcs

import (
	"context"

	"github.com/reportform/reportform/internal/objectstore"
)

// Scheme is gs://BUCKET/PREFIX with its attributes.
func Scheme() objectstore.Scheme {
	return objectstore.Scheme{
		Name:       "gs",
		Forms:      []string{"gs://BUCKET/PREFIX"},
		Attributes: []string{"endpoint", "credentials_file"},
		Decode: func(a *objectstore.Attributes, bucket string) objectstore.Open {
			options := Options{Bucket: bucket, Block: a.Name, Endpoint: a.Endpoint(false), CredentialsFile: a.Path("credentials_file")}
			return func(ctx context.Context) (objectstore.Store, error) { return Open(ctx, options) }
		},
	}
}
