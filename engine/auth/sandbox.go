package auth

import (
	"context"
	"net/http"
	"net/url"

	"golang.org/x/oauth2"
)

// Sandbox returns the credential of tenants that live in the sandbox and name
// none of their own. It holds no secret: the sandbox believes everybody.
func Sandbox() Credential { return sandbox{} }

type sandbox struct{}

func (sandbox) App() string { return "00000000-0000-4000-8000-00005a4db0c5" }

func (s sandbox) Token(ctx context.Context, client *http.Client, audience Audience) (*oauth2.Token, error) {
	return exchange(ctx, client, audience, s.App(), url.Values{"client_secret": {"sandbox"}})
}
