package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/ledger/blob"
	"github.com/reportform/reportform/engine/ledger/blob/azure"
	"github.com/reportform/reportform/engine/ledger/blob/gcs"
	"github.com/reportform/reportform/engine/ledger/blob/s3"
	"github.com/reportform/reportform/engine/ledger/local"
	"github.com/reportform/reportform/internal/diag"
)

// The schemes of the url of state "blob".
const (
	schemeS3    = "s3"
	schemeAzure = "azblob"
	schemeGCS   = "gs"
	schemeFile  = "file"
)

// blobAttributes are the attributes of state "blob", with the schemes that each
// belongs to; url belongs to all.
func blobAttributes() map[string][]string {
	return map[string][]string{
		"url":               {schemeS3, schemeAzure, schemeGCS, schemeFile},
		"endpoint":          {schemeS3, schemeAzure, schemeGCS},
		"region":            {schemeS3},
		"path_style":        {schemeS3},
		"profile":           {schemeS3},
		"access_key_id":     {schemeS3},
		"secret_access_key": {schemeS3},
		"account":           {schemeAzure},
		"connection_string": {schemeAzure},
		"account_key":       {schemeAzure},
		"sas_token":         {schemeAzure},
		"credentials_file":  {schemeGCS},
	}
}

// blobBlock is a state "blob" block that is being read. An attribute that is
// null, or that depends on an earlier mistake, counts as unset.
type blobBlock struct {
	stateBlock
	attributes hcl.Attributes
	url        *url.URL
	place      string // the url as errors show it
	prefix     string
	diags      hcl.Diagnostics
}

// decodeBlob reads state "blob": ledgers as objects at a url.
func decodeBlob(block stateBlock) (ledger.Backend, hcl.Diagnostics) {
	schema := &hcl.BodySchema{}
	for name := range blobAttributes() {
		schema.Attributes = append(schema.Attributes, hcl.AttributeSchema{Name: name, Required: name == "url"})
	}
	content, diags := block.Body.Content(schema)
	b := &blobBlock{stateBlock: block, attributes: content.Attributes, diags: diags}
	var backend ledger.Backend
	if b.readURL() && b.belong() {
		switch b.url.Scheme {
		case schemeS3:
			backend = b.s3()
		case schemeAzure:
			backend = b.azure()
		case schemeGCS:
			backend = b.gcs()
		case schemeFile:
			backend = b.file()
		}
	}
	b.diags = unquoted(b.diags)
	if b.diags.HasErrors() {
		return nil, b.diags
	}
	return backend, b.diags
}

func (b *blobBlock) s3() ledger.Backend {
	options := s3.Options{
		Bucket:    b.url.Host,
		Region:    cmp.Or(b.text("region"), b.getenv("AWS_REGION"), b.getenv("AWS_DEFAULT_REGION")),
		Endpoint:  b.endpoint(),
		PathStyle: b.flag("path_style"),
		Profile:   b.text("profile"),
	}
	id, secret := b.text("access_key_id"), b.secret("secret_access_key")
	fromEnvironment := b.getenv("AWS_ACCESS_KEY_ID") != "" && b.getenv("AWS_SECRET_ACCESS_KEY") != ""
	switch {
	case b.isSet("access_key_id") != b.isSet("secret_access_key"):
		b.reject(b.firstSet("access_key_id", "secret_access_key"), "Half an access key", "access_key_id and secret_access_key belong together. Write both, or neither to let the AWS SDK find credentials.")
	case secret != nil && options.Profile != "":
		b.reject("profile", "Two identities", "The block says with profile and with access_key_id who asks. Remove one of the two.")
	case secret != nil:
		options.Keys = &s3.Keys{ID: id, Secret: secret}
	case options.Profile == "" && fromEnvironment:
		options.Keys = &s3.Keys{ID: b.getenv("AWS_ACCESS_KEY_ID"), Secret: b.variable("AWS_SECRET_ACCESS_KEY")}
		if b.getenv("AWS_SESSION_TOKEN") != "" {
			options.Keys.SessionToken = b.variable("AWS_SESSION_TOKEN")
		}
	default:
		options.Profile = cmp.Or(options.Profile, b.getenv("AWS_PROFILE"))
	}
	return b.store(func(ctx context.Context) (blob.Driver, error) { return s3.Open(ctx, options) })
}

func (b *blobBlock) azure() ledger.Backend {
	options := azure.Options{
		Container:        b.url.Host,
		Account:          b.text("account"),
		Endpoint:         b.endpoint(),
		ConnectionString: b.secret("connection_string"),
		AccountKey:       b.secret("account_key"),
		SASToken:         b.secret("sas_token"),
	}
	if options.Account != "" && !regexp.MustCompile(`^[a-z0-9]{3,24}$`).MatchString(options.Account) {
		b.reject("account", "Not a storage account", "account is the name of a storage account, 3 to 24 lower-case letters and digits. The host's name goes into endpoint.")
	}
	secrets := []string{"connection_string", "account_key", "sas_token"}
	secrets = slices.DeleteFunc(secrets, func(name string) bool { return !b.isSet(name) })
	switch first := b.firstSet("account", "endpoint"); {
	case len(secrets) > 1:
		b.reject(secrets[1], "Two identities", "The block says with %s and with %s who asks. Keep one of them.", secrets[0], secrets[1])
	case b.isSet("connection_string") && first != "":
		b.reject(first, "Said twice", "A connection string says itself which account is asked. Remove %s, or give account_key or sas_token in place of connection_string.", first)
	case b.isSet("account_key") && !b.isSet("account"):
		b.reject("account_key", "Missing account", "account_key needs the name of the storage account that it is the key of. Add account = \"NAME\".")
	case !b.isSet("connection_string") && first == "":
		b.reject("url", "Missing account", "The url names a container, and not the storage account that it is in. Add account = \"NAME\".")
	}
	return b.store(func(ctx context.Context) (blob.Driver, error) { return azure.Open(ctx, options) })
}

func (b *blobBlock) gcs() ledger.Backend {
	options := gcs.Options{Bucket: b.url.Host, Endpoint: b.endpoint()}
	if file := b.text("credentials_file"); file != "" {
		options.CredentialsFile = b.under(file)
	}
	return b.store(func(ctx context.Context) (blob.Driver, error) { return gcs.Open(ctx, options) })
}

func (b *blobBlock) file() ledger.Backend {
	path := b.url.Path
	if b.url.Host != "" {
		path = b.url.Host + path // . or ..
	} else if regexp.MustCompile(`^/[A-Za-z]:`).MatchString(path) {
		path = path[1:] // file:///C:/state
	}
	return local.New(b.under(path))
}

func (b *blobBlock) store(open func(context.Context) (blob.Driver, error)) ledger.Backend {
	return blob.New(b.place, b.prefix, open)
}

// readURL reads the url and reports whether it can be used. It is not repeated
// where it is wrong: it may hold a password.
func (b *blobBlock) readURL() bool {
	text := b.text("url")
	if text == "" {
		if b.isKnown("url") {
			b.reject("url", "Missing url", "Write where the ledgers are, such as \"s3://bucket/prefix\".")
		}
		return false
	}
	const forms = `Write "s3://BUCKET/PREFIX", "azblob://CONTAINER/PREFIX", "gs://BUCKET/PREFIX", "file:///DIRECTORY" or "file://./DIRECTORY".`
	u, err := url.Parse(text)
	fault := ""
	switch {
	case err != nil || u.Opaque != "":
		fault = "It is not a URL."
	case !slices.Contains(blobAttributes()["url"], u.Scheme):
		fault = fmt.Sprintf("The scheme %q is none of a store.", u.Scheme) + diag.DidYouMean(u.Scheme, slices.Values(blobAttributes()["url"]))
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		fault = "A user, a password, a query or a fragment has no place in it: identity and options are attributes of the block."
	case u.Scheme == schemeFile && u.Host != "" && u.Host != "." && u.Host != "..":
		fault = "What follows file:// is taken for a host. An absolute directory has three slashes."
	case u.Scheme == schemeFile && strings.Trim(u.Path, "/") == "":
		fault = "The directory is missing."
	case u.Scheme != schemeFile && (u.Host == "" || u.Port() != ""):
		fault = "The bucket or container is missing, or a port follows it; a server's address goes into endpoint."
	case u.Scheme != schemeFile && !cleanPrefix(strings.Trim(u.Path, "/")):
		fault = `The prefix has an empty part, "." or "..".`
	}
	if fault != "" {
		b.reject("url", "Not the url of a store", "%s %s", fault, forms)
		return false
	}
	b.url, b.prefix = u, strings.Trim(u.Path, "/")
	b.place = strings.TrimRight(u.Scheme+"://"+u.Host+"/"+b.prefix, "/")
	return true
}

func cleanPrefix(prefix string) bool {
	if prefix == "" {
		return true
	}
	return !slices.ContainsFunc(strings.Split(prefix, "/"), func(part string) bool { return part == "" || part == "." || part == ".." })
}

// belong reports whether all attributes belong to the url's scheme.
func (b *blobBlock) belong() bool {
	all := true
	known := blobAttributes()
	for _, name := range slices.Sorted(maps.Keys(known)) {
		schemes := known[name]
		if !slices.Contains(schemes, b.url.Scheme) && b.isSet(name) {
			all = false
			b.reject(name, "Attribute of another store", "%s belongs to a url that begins with %s://, and this one begins with %s://. Remove %s.",
				name, strings.Join(schemes, ":// or "), b.url.Scheme, name)
		}
	}
	return all
}

// endpoint returns the base URL of the store, empty where the vendor's is meant.
func (b *blobBlock) endpoint() string {
	endpoint := b.text("endpoint")
	if endpoint == "" {
		return ""
	}
	err := blob.CheckEndpoint(endpoint)
	if u, parsed := url.Parse(endpoint); err == nil && parsed == nil && strings.Trim(u.Path, "/") != "" && b.url.Scheme != schemeAzure {
		err = errors.New("a path does not belong in it")
	}
	if err != nil {
		b.reject("endpoint", "Not an endpoint", "endpoint is the base URL of the store, such as \"https://storage.example.com\"; %v.", err)
	}
	return strings.TrimRight(endpoint, "/")
}
