// Package auth gets access tokens. It is the only package in which a secret's
// value exists: nothing that it returns, logs or reports contains one.
//
// A credential type is one file and one line in Types. A type that proves
// itself to the token endpoint by form parameters, as a secret or a signed
// assertion does, leaves the request and its errors to exchange.
package auth

import (
	"context"
	"net/http"

	"github.com/hashicorp/hcl/v2"
	"golang.org/x/oauth2"

	"github.com/reportform/reportform/config"
)

// Audience says for which API of which directory a token is wanted.
type Audience struct {
	// Login is the base URL of the token endpoints, scheme://host[:port].
	Login string
	// Directory is a domain or GUID.
	Directory string
	// Resource is the base URL that identifies the API, such as
	// https://graph.microsoft.com.
	Resource string
	// V1 asks the v1 token endpoint with resource= instead of the v2 endpoint
	// with scope=; the Azure AD Graph reporting API needs it.
	V1 bool
}

// Credential gets tokens. It is safe for concurrent use, does not cache, and
// its dynamic type can be compared with ==.
type Credential interface {
	// App identifies the application for pacing: its client id.
	App() string
	// Token asks for a fresh token over client. Its errors are *Error.
	Token(ctx context.Context, client *http.Client, audience Audience) (*oauth2.Token, error)
}

// Type makes credentials from the bodies of credential blocks of one type.
type Type interface {
	// Decode checks the body and reports every mistake at its line. It reads
	// no secret. getenv serves the AZURE_* fallbacks of unset attributes, and
	// later the environment variables that secrets refer to.
	Decode(block *config.Credential, getenv func(string) string) (Credential, hcl.Diagnostics)
}

// Types returns the credential types by the type label of their blocks.
func Types() map[string]Type {
	return map[string]Type{
		"client_secret": clientSecretType{},
	}
}
