package s3

import (
	"cmp"
	"context"

	"github.com/reportform/reportform/internal/objectstore"
)

// Scheme is s3://BUCKET/PREFIX with its attributes.
func Scheme() objectstore.Scheme {
	return objectstore.Scheme{
		Name:       "s3",
		Forms:      []string{"s3://BUCKET/PREFIX"},
		Attributes: []string{"endpoint", "region", "path_style", "profile", "access_key_id", "secret_access_key"},
		Secrets:    []string{"secret_access_key"},
		Decode: func(a *objectstore.Attributes, bucket string) objectstore.Open {
			options := decode(a, bucket)
			return func(ctx context.Context) (objectstore.Store, error) { return Open(ctx, options) }
		},
	}
}

func decode(a *objectstore.Attributes, bucket string) Options {
	options := Options{
		Bucket:    bucket,
		Block:     a.Name,
		Region:    cmp.Or(a.Text("region"), a.Getenv("AWS_REGION"), a.Getenv("AWS_DEFAULT_REGION")),
		Endpoint:  a.Endpoint(false),
		PathStyle: a.Flag("path_style"),
		Profile:   a.Text("profile"),
	}
	id, secret := a.Text("access_key_id"), a.Secret("secret_access_key")
	fromEnvironment := a.Getenv("AWS_ACCESS_KEY_ID") != "" && a.Getenv("AWS_SECRET_ACCESS_KEY") != ""
	switch {
	case a.IsSet("access_key_id") != a.IsSet("secret_access_key"):
		a.Reject(a.FirstSet("access_key_id", "secret_access_key"), "Half an access key", "access_key_id and secret_access_key belong together. Write both, or neither to let the AWS SDK find credentials.")
	case secret != nil && options.Profile != "":
		a.Reject("profile", "Two identities", "The block says with profile and with access_key_id who asks. Remove one of the two.")
	case secret != nil:
		options.Keys = &Keys{ID: id, Secret: secret}
	case options.Profile == "" && fromEnvironment:
		options.Keys = &Keys{ID: a.Getenv("AWS_ACCESS_KEY_ID"), Secret: a.Variable("AWS_SECRET_ACCESS_KEY")}
		if a.Getenv("AWS_SESSION_TOKEN") != "" {
			options.Keys.SessionToken = a.Variable("AWS_SESSION_TOKEN")
		}
	default:
		options.Profile = cmp.Or(options.Profile, a.Getenv("AWS_PROFILE"))
	}
	return options
}
