package s3

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"

	"github.com/reportform/reportform/internal/objectstore"
)

// Options say where a bucket is and who asks. What is empty is found as Amazon's
// SDKs find it: in the environment, shared configuration files, or from the
// machine that the process runs on.
type Options struct {
	Bucket    string
	Region    string
	Endpoint  string // base URL of a server other than Amazon's
	Block     string // how messages call the block that says so
	PathStyle bool   // the bucket is in the path, not in the host's name
	Profile   string // of the shared configuration files
	Keys      *Keys
}

// Keys are an access key. The functions read secrets.
type Keys struct {
	ID           string
	Secret       func(context.Context) (string, error)
	SessionToken func(context.Context) (string, error) // nil for a key that has none
}

// defaultRegion is the region of servers that do not care.
const defaultRegion = "us-east-1"

// Open returns the Store of a bucket. It reads the secrets and asks for
// credentials, not for the bucket.
func Open(ctx context.Context, o Options) (objectstore.Store, error) {
	options := []func(*config.LoadOptions) error{config.WithLogger(logging.Nop{})}
	if o.Region != "" {
		options = append(options, config.WithRegion(o.Region))
	}
	if o.Profile != "" {
		options = append(options, config.WithSharedConfigProfile(o.Profile))
	}
	if o.Keys != nil {
		keys, err := o.Keys.read(ctx)
		if err != nil {
			return nil, err
		}
		options = append(options, config.WithCredentialsProvider(keys))
	}
	settings, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, objectstore.Explain(err, "the settings of the AWS SDK cannot be used (%v): correct the profile, or the AWS_ variables of the environment", err)
	}
	client := s3.NewFromConfig(settings, o.apply)
	used := client.Options()
	if used.Region == "" {
		return nil, objectstore.Explain(nil, `no region is known: set region in %s, or AWS_REGION in the environment`, o.Block)
	}
	if _, err := settings.Credentials.Retrieve(ctx); err != nil {
		return nil, objectstore.Explain(err, "no credentials were found (%v): set access_key_id and secret_access_key or profile in %s, "+
			"set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or AWS_PROFILE in the environment, sign in with \"aws sso login\", or give the machine a role", brief(err), o.Block)
	}
	opened := &store{client: client, bucket: o.Bucket, words: words{bucket: o.Bucket, region: used.Region, endpoint: "Amazon S3 in " + used.Region, block: o.Block}}
	if used.BaseEndpoint != nil {
		opened.words.endpoint, opened.server = *used.BaseEndpoint, *used.BaseEndpoint
	}
	return opened, nil
}

// apply sets what does not come from the shared settings.
func (o Options) apply(s *s3.Options) {
	s.UsePathStyle = o.PathStyle
	if o.Endpoint != "" {
		s.BaseEndpoint = aws.String(o.Endpoint)
	}
	if s.BaseEndpoint != nil && s.Region == "" {
		s.Region = defaultRegion
	}
	// The signature covers the content; further checksums are unknown to many
	// servers.
	s.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
	s.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
}

func (k *Keys) read(ctx context.Context) (aws.CredentialsProvider, error) {
	secret, err := k.Secret(ctx)
	if err != nil {
		return nil, err
	}
	token := ""
	if k.SessionToken != nil {
		if token, err = k.SessionToken(ctx); err != nil {
			return nil, err
		}
	}
	return credentials.NewStaticCredentialsProvider(strings.TrimSpace(k.ID), secret, token), nil
}
