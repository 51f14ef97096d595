package azure

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"github.com/reportform/reportform/internal/objectstore"
)

// Options say where a container is and who asks. At most one of the functions
// is set; they read secrets. Without one, the identity is what Azure's SDKs find
// in the environment, on the machine, or in a developer's tools.
type Options struct {
	Container string
	Account   string
	Endpoint  string // base URL of the account's blobs; empty for the public cloud's
	Block     string // how messages call the block that says so

	ConnectionString func(context.Context) (string, error) // in place of Account and Endpoint
	AccountKey       func(context.Context) (string, error)
	SASToken         func(context.Context) (string, error)
}

// scope is what a token for Azure Storage is asked for, in every cloud.
const scope = "https://storage.azure.com/.default"

// Open returns the Store of a container. It reads the secret or asks for a
// token, and not for the container.
func Open(ctx context.Context, o Options) (objectstore.Store, error) {
	endpoint := strings.TrimRight(o.Endpoint, "/")
	if endpoint == "" {
		endpoint = "https://" + o.Account + ".blob.core.windows.net"
	}
	client, err := o.client(ctx, endpoint+"/"+url.PathEscape(o.Container))
	if err != nil {
		return nil, err
	}
	return &store{client, words{container: o.Container, endpoint: endpointOf(client), block: o.Block}}, nil
}

func (o Options) client(ctx context.Context, containerURL string) (*container.Client, error) {
	switch {
	case o.ConnectionString != nil:
		value, err := o.ConnectionString(ctx)
		if err != nil {
			return nil, err
		}
		client, err := container.NewClientFromConnectionString(value, o.Container, nil)
		if err != nil {
			return nil, objectstore.Explain(err, "connection_string cannot be used: copy it anew from the storage account (Security + networking, Access keys)")
		}
		if err := objectstore.CheckEndpoint(endpointOf(client)); err != nil {
			return nil, fmt.Errorf("the connection string's BlobEndpoint is refused: %w", err)
		}
		return client, nil
	case o.AccountKey != nil:
		value, err := o.AccountKey(ctx)
		if err != nil {
			return nil, err
		}
		key, err := container.NewSharedKeyCredential(o.Account, value)
		if err != nil {
			return nil, objectstore.Explain(err, "account_key is no key, which is text in base64: copy it anew from the storage account (Security + networking, Access keys)")
		}
		return container.NewClientWithSharedKeyCredential(containerURL, key, nil)
	case o.SASToken != nil:
		value, err := o.SASToken(ctx)
		if err != nil {
			return nil, err
		}
		value = strings.TrimPrefix(value, "?")
		if query, err := url.ParseQuery(value); err != nil || query.Get("sig") == "" {
			return nil, objectstore.Explain(err, "sas_token is no shared access signature, which looks like \"sv=...&sig=...\": take the token alone, without the URL before it")
		}
		return container.NewClientWithNoCredential(containerURL+"?"+value, nil)
	}
	return o.identity(ctx, containerURL)
}

func (o Options) identity(ctx context.Context, containerURL string) (*container.Client, error) {
	identity, err := azidentity.NewDefaultAzureCredential(nil)
	if err == nil {
		_, err = identity.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{scope}})
	}
	if err != nil {
		return nil, objectstore.Explain(err, "no credentials were found (%s): set connection_string, account_key or sas_token in %s, "+
			"set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET in the environment, sign in with \"az login\", or give the machine a managed identity", refusal(err), o.Block)
	}
	return container.NewClient(containerURL, identity, nil)
}

// refusal is the first line of what the identities say, which list at length
// what each of them tried.
func refusal(err error) string {
	var failed *azidentity.AuthenticationFailedError
	if errors.As(err, &failed) {
		return "the sign-in was refused"
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return strings.TrimRight(line, ":. ")
}

// endpointOf returns the base URL of the account, without a signature.
func endpointOf(client *container.Client) string {
	u, err := url.Parse(client.URL())
	if err != nil {
		return "the storage account"
	}
	folder := u.Path[:strings.LastIndex(u.Path, "/")+1]
	return strings.TrimRight(u.Scheme+"://"+u.Host+folder, "/")
}
