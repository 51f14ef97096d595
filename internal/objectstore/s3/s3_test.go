package s3

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/reportform/reportform/internal/objectstore"
	"github.com/reportform/reportform/internal/objectstore/objectstoretest"
)

const bucket = objectstoretest.Bucket

func options(endpoint string) Options {
	return Options{
		Bucket: bucket, Endpoint: endpoint, PathStyle: true, Region: "us-east-1", Block: "the block",
		Keys: keys(objectstoretest.SecretAccessKey),
	}
}

func keys(secret string) *Keys {
	return &Keys{ID: objectstoretest.AccessKeyID, Secret: func(context.Context) (string, error) { return secret, nil }}
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
	url := objectstoretest.S3(t).Endpoint
	for _, prefix := range []string{"", "team a/état/"} {
		t.Run("prefix "+prefix, func(t *testing.T) { objectstoretest.Run(t, open(t, options(url)), prefix) })
	}
}

// Amazon's own server is known to obey conditions, no other is.
func TestDoubtful(t *testing.T) {
	for endpoint, want := range map[string]string{"": "", "https://s3.example.com": "https://s3.example.com"} {
		doubter, ok := open(t, options(endpoint)).(objectstore.Doubter)
		if !ok || doubter.Doubtful() != want {
			t.Errorf("the server of the endpoint %q is doubtful: %v", endpoint, ok)
		}
	}
}

func TestErrors(t *testing.T) {
	url := objectstoretest.S3(t).Endpoint
	for name, test := range map[string]struct {
		change func(*Options)
		want   string
	}{
		"no bucket":   {func(o *Options) { o.Bucket = "nowhere" }, `there is no bucket "nowhere" at ` + url},
		"secret":      {func(o *Options) { o.Keys = keys("hunter2") }, "refuses the credentials (SignatureDoesNotMatch"},
		"region":      {func(o *Options) { o.Region = "eu-west-1" }, `set region`},
		"unreachable": {func(o *Options) { o.Endpoint = "http://127.0.0.1:1" }, "http://127.0.0.1:1 cannot be reached"},
		"profile":     {func(o *Options) { o.Profile = "nobody" }, "correct the profile"},
	} {
		t.Run(name, func(t *testing.T) {
			o := options(url)
			test.change(&o)
			opened, err := Open(t.Context(), o)
			if err == nil {
				_, _, err = opened.Get(t.Context(), "p/name")
			}
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("error is %v\nwant one with %q", err, test.want)
			}
		})
	}
}

// TestAnswers are answers of Amazon that the server of the tests does not give.
func TestAnswers(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		header http.Header
		code   string
		want   string
	}{
		"region":        {301, http.Header{"X-Amz-Bucket-Region": {"eu-west-1"}}, "PermanentRedirect", `set region = "eu-west-1"`},
		"denied":        {403, nil, "AccessDenied", "s3:ListBucket"},
		"expired":       {400, nil, "ExpiredToken", "refuses the credentials"},
		"unknown key":   {403, nil, "InvalidAccessKeyId", "refuses the credentials"},
		"no code":       {404, nil, "", "with an error"},
		"no condition":  {501, nil, "NotImplemented", "with an error (NotImplemented"},
		"other trouble": {400, nil, "EntityTooLarge", "EntityTooLarge"},
		"concurrent":    {409, nil, "ConditionalRequestConflict", objectstore.ErrConflict.Error()},
		"deleted":       {404, nil, "NoSuchKey", objectstore.ErrConflict.Error()},
		"condition":     {412, nil, "PreconditionFailed", objectstore.ErrConflict.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			url := answering(t, test.status, test.header, test.code)
			s := open(t, options(url))
			_, errPut := s.Put(t.Context(), "name", []byte("x"), `"etag"`)
			errDelete := s.Delete(t.Context(), "name", `"etag"`)
			for _, err := range []error{errPut, errDelete} {
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("error is %v, want one with %q", err, test.want)
				}
				if errors.Is(err, errors.ErrUnsupported) != (test.code == "NotImplemented") {
					t.Errorf("error %v is ErrUnsupported, or is not", err)
				}
			}
		})
	}
}

func TestNoCredentials(t *testing.T) {
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_CONFIG_FILE", t.TempDir()+"/config")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", t.TempDir()+"/credentials")
	_, err := Open(t.Context(), Options{Bucket: bucket, Region: "eu-west-1", Block: "the block"})
	if err == nil || !strings.Contains(err.Error(), "no credentials were found") || !strings.Contains(err.Error(), "profile in the block, ") {
		t.Errorf("error is %v, want one that says where credentials may be", err)
	}
	t.Setenv("AWS_REGION", "")
	t.Setenv("AWS_DEFAULT_REGION", "")
	if _, err := Open(t.Context(), Options{Bucket: bucket, Keys: keys("x")}); err == nil || !strings.Contains(err.Error(), "no region is known") {
		t.Errorf("error is %v, want one that asks for a region", err)
	}
}
