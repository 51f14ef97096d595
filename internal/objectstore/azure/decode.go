package azure

import (
	"context"
	"regexp"
	"slices"

	"github.com/reportform/reportform/internal/objectstore"
)

// Scheme is azblob://CONTAINER/PREFIX with its attributes.
func Scheme() objectstore.Scheme {
	secrets := []string{"connection_string", "account_key", "sas_token"}
	return objectstore.Scheme{
		Name:       "azblob",
		Forms:      []string{"azblob://CONTAINER/PREFIX"},
		Attributes: append([]string{"endpoint", "account"}, secrets...),
		Secrets:    secrets,
		Decode: func(a *objectstore.Attributes, container string) objectstore.Open {
			options := decode(a, container, secrets)
			return func(ctx context.Context) (objectstore.Store, error) { return Open(ctx, options) }
		},
	}
}

func decode(a *objectstore.Attributes, container string, secrets []string) Options {
	options := Options{
		Container:        container,
		Block:            a.Name,
		Account:          a.Text("account"),
		Endpoint:         a.Endpoint(true),
		ConnectionString: a.Secret("connection_string"),
		AccountKey:       a.Secret("account_key"),
		SASToken:         a.Secret("sas_token"),
	}
	if options.Account != "" && !regexp.MustCompile(`^[a-z0-9]{3,24}$`).MatchString(options.Account) {
		a.Reject("account", "Not a storage account", "account is the name of a storage account, 3 to 24 lower-case letters and digits. The host's name goes into endpoint.")
	}
	set := slices.DeleteFunc(slices.Clone(secrets), func(name string) bool { return !a.IsSet(name) })
	switch first := a.FirstSet("account", "endpoint"); {
	case len(set) > 1:
		a.Reject(set[1], "Two identities", "The block says with %s and with %s who asks. Keep one of them.", set[0], set[1])
	case a.IsSet("connection_string") && first != "":
		a.Reject(first, "Said twice", "A connection string says itself which account is asked. Remove %s, or give account_key or sas_token in place of connection_string.", first)
	case a.IsSet("account_key") && !a.IsSet("account"):
		a.Reject("account_key", "Missing account", "account_key needs the name of the storage account that it is the key of. Add account = \"NAME\".")
	case !a.IsSet("connection_string") && first == "":
		a.Reject("url", "Missing account", "The url names a container, and not the storage account that it is in. Add account = \"NAME\".")
	}
	return options
}
