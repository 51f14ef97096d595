package gcs

import (
	"context"
	"net/http"
	"os"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"

	"github.com/reportform/reportform/internal/bom"
	"github.com/reportform/reportform/internal/objectstore"
)

// Options say where a bucket is and who asks.
type Options struct {
	Bucket   string
	Endpoint string // base URL; empty for Google's own
	Block    string // how messages call the block that says so
	// CredentialsFile is the key file of a service account. Without one, the
	// identity is what Google calls the application default credentials.
	CredentialsFile string
}

const (
	googles = "https://storage.googleapis.com"
	scope   = "https://www.googleapis.com/auth/devstorage.read_write"
)

// Open returns the Store of a bucket. It reads the credentials, and does not
// ask for the bucket. An endpoint that is plain http is a stand-in on this
// machine: without a key file it is asked without credentials.
func Open(ctx context.Context, o Options) (objectstore.Store, error) {
	base := strings.TrimRight(o.Endpoint, "/")
	if base == "" {
		base = googles
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = transport.MaxIdleConns
	transport.ResponseHeaderTimeout = time.Minute
	client := &http.Client{
		Transport: transport,
		// The token is for this host alone.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if o.CredentialsFile != "" || !strings.HasPrefix(base, "http:") {
		credentials, err := o.credentials(ctx)
		if err != nil {
			return nil, err
		}
		client.Transport = &oauth2.Transport{Base: transport, Source: credentials.TokenSource}
	}
	return &store{client: client, base: base, bucket: o.Bucket, words: words{bucket: o.Bucket, endpoint: base, block: o.Block}}, nil
}

func (o Options) credentials(ctx context.Context) (*google.Credentials, error) {
	if o.CredentialsFile == "" {
		found, err := google.FindDefaultCredentials(ctx, scope)
		if err != nil {
			return nil, objectstore.Explain(err, "no credentials were found: set credentials_file in %s, set GOOGLE_APPLICATION_CREDENTIALS in the environment, "+
				"sign in with \"gcloud auth application-default login\", or attach a service account to the machine", o.Block)
		}
		return found, nil
	}
	key, err := os.ReadFile(o.CredentialsFile)
	if err != nil {
		return nil, objectstore.Explain(err, "credentials_file cannot be read (%v)", err)
	}
	found, err := google.CredentialsFromJSONWithType(ctx, bom.Text(key), google.ServiceAccount, scope)
	if err != nil {
		return nil, objectstore.Explain(err, "credentials_file %s is not the key file of a service account: create a key of the type JSON for it", o.CredentialsFile)
	}
	return found, nil
}
