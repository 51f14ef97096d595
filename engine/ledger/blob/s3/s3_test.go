package s3

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/ledger/blob"
	"github.com/reportform/reportform/engine/ledger/ledgertest"
)

const bucket = "ledgers"

// serve starts an S3 server with a bucket and returns its URL.
func serve(t *testing.T) string {
	t.Helper()
	program := ledgertest.Program(t, "versitygw", "REPORTFORM_TEST_VERSITYGW", "go install github.com/versity/versitygw/cmd/versitygw@v1.8.0")
	address := ledgertest.Start(t, program, func(host, port, dir string) []string {
		return []string{"--port", host + ":" + port, "--access", "AKTEST", "--secret", "test-secret", "--quiet", "posix", dir}
	})
	d, err := Open(t.Context(), options("http://"+address))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.(*driver).client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(bucket)}); err != nil {
		t.Fatal(err)
	}
	return "http://" + address
}

func options(endpoint string) Options {
	return Options{Bucket: bucket, Endpoint: endpoint, PathStyle: true, Region: "us-east-1", Keys: keys("test-secret")}
}

func keys(secret string) *Keys {
	return &Keys{ID: "AKTEST", Secret: func(context.Context) (string, error) { return secret, nil }}
}

func backend(o Options, prefix string) ledger.Backend {
	return blob.New("s3://"+o.Bucket, prefix, func(ctx context.Context) (blob.Driver, error) { return Open(ctx, o) })
}

func TestBackend(t *testing.T) {
	url := serve(t)
	for _, prefix := range []string{"", "team a/état"} {
		t.Run("prefix "+prefix, func(t *testing.T) {
			ledgertest.Run(t, func(*testing.T) ledger.Backend { return backend(options(url), prefix) })
		})
	}
}

// deaf makes a client of a server that ignores conditions: the header leaves
// before the request is signed.
func deaf(headers func(method string) []string) func(*s3.Options) {
	return s3.WithAPIOptions(func(stack *middleware.Stack) error {
		return stack.Build.Add(middleware.BuildMiddlewareFunc("deaf", func(ctx context.Context, in middleware.BuildInput, next middleware.BuildHandler) (middleware.BuildOutput, middleware.Metadata, error) {
			request := in.Request.(*smithyhttp.Request)
			for _, header := range headers(request.Method) {
				request.Header.Del(header)
			}
			return next.HandleBuild(ctx, in)
		}), middleware.After)
	})
}

// TestUnconditionalDelete has a server that ignores conditions on deletion.
func TestUnconditionalDelete(t *testing.T) {
	o := options(serve(t))
	o.change = append(o.change, deaf(func(method string) []string {
		if method == http.MethodDelete {
			return []string{"If-Match"}
		}
		return nil
	}))
	ledgertest.Run(t, func(*testing.T) ledger.Backend { return backend(o, "p") })

	d, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	page, err := d.(*driver).client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String(bucket)})
	if err != nil {
		t.Fatal(err)
	}
	deleted := 0
	for _, object := range page.Contents {
		if strings.Contains(*object.Key, "probe") {
			t.Errorf("%s is left", *object.Key)
		}
		if *object.Size == 0 {
			deleted++
		}
	}
	if deleted != 5 {
		t.Errorf("%d objects stand for deleted ones, want the suite's 5", deleted)
	}
}

// TestUnconditionalWrite has a server that ignores conditions on writes.
func TestUnconditionalWrite(t *testing.T) {
	url := serve(t)
	for _, header := range []string{"If-None-Match", "If-Match"} {
		o := options(url)
		o.change = append(o.change, deaf(func(string) []string { return []string{header} }))
		b := backend(o, "p")
		_, err := b.Put(t.Context(), ledger.Key{Tenant: "tenant.a", Report: "report.a.b"}, []byte("one"), "")
		if err == nil || !strings.Contains(err.Error(), "ignores conditions") {
			t.Errorf("without %s: %v, want that the server is refused", header, err)
		}
		if keys, err := backend(options(url), "").List(t.Context()); len(keys) > 0 || err != nil {
			t.Errorf("the refused server holds %v, %v", keys, err)
		}
	}
}

// TestLostAnswer breaks the connection after a write has been carried out.
func TestLostAnswer(t *testing.T) {
	proxy := ledgertest.NewProxy(t, serve(t), nil)
	b := backend(options(proxy.URL), "p")
	key := ledger.Key{Tenant: "tenant.a", Report: "report.a.b"}
	if _, err := b.Put(t.Context(), ledger.Key{Tenant: "tenant.b", Report: "report.a.b"}, []byte("first"), ""); err != nil {
		t.Fatal(err) // the server is tried out
	}
	ledgertest.RunLostAnswer(t, b, key, proxy, http.MethodPut)
}

func TestErrors(t *testing.T) {
	url := serve(t)
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
			_, _, err := backend(o, "p").Get(t.Context(), ledger.Key{Tenant: "tenant.a", Report: "report.a.b"})
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "s3://"+o.Bucket+": ") || strings.Contains(err.Error(), "hunter2") {
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
		"other trouble": {400, nil, "EntityTooLarge", "EntityTooLarge"},
		"concurrent":    {409, nil, "ConditionalRequestConflict", ledger.ErrConflict.Error()},
		"deleted":       {404, nil, "NoSuchKey", ledger.ErrConflict.Error()},
		"condition":     {412, nil, "PreconditionFailed", ledger.ErrConflict.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			url := answering(t, test.status, test.header, test.code)
			d, err := Open(t.Context(), options(url))
			if err != nil {
				t.Fatal(err)
			}
			_, err = d.(*driver).write(t.Context(), "name", []byte("x"), `"etag"`)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want one with %q", err, test.want)
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
	_, err := Open(t.Context(), Options{Bucket: bucket, Region: "eu-west-1"})
	if err == nil || !strings.Contains(err.Error(), "no credentials were found") {
		t.Errorf("error is %v, want one that says where credentials may be", err)
	}
	t.Setenv("AWS_REGION", "")
	t.Setenv("AWS_DEFAULT_REGION", "")
	if _, err := Open(t.Context(), Options{Bucket: bucket, Keys: keys("x")}); err == nil || !strings.Contains(err.Error(), "no region is known") {
		t.Errorf("error is %v, want one that asks for a region", err)
	}
}
