package auth

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"golang.org/x/oauth2"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/internal/diag"
	"github.com/reportform/reportform/internal/secret"
)

// clientSecretType is credential "client_secret": an application that proves
// itself with a secret that it shares with the directory.
type clientSecretType struct{}

// clientSecretBlock is the body. An attribute that is null counts as unset.
type clientSecretBlock struct {
	ClientID     *hcl.Attribute `hcl:"client_id,optional"`     // default: AZURE_CLIENT_ID
	ClientSecret *hcl.Attribute `hcl:"client_secret,optional"` // default: AZURE_CLIENT_SECRET
}

func (clientSecretType) Decode(block *config.Credential, getenv func(string) string) (Credential, hcl.Diagnostics) {
	var body clientSecretBlock
	diags := diag.Unquoted(gohcl.DecodeBody(block.Body, block.EvalCtx, &body))
	app, more := clientID(body.ClientID, block, getenv)
	diags = append(diags, more...)
	place := secret.Reference{Env: "AZURE_CLIENT_SECRET"}
	if body.ClientSecret != nil {
		given, more := secret.Decode(body.ClientSecret, block.EvalCtx)
		diags = append(diags, more...)
		if !given.IsZero() {
			place = given
		}
	}
	if diags.HasErrors() {
		return nil, diags
	}
	return &clientSecret{app: app, proof: proof{place: place, getenv: getenv}}, diags
}

// clientID returns the application's id from its attribute, or from
// AZURE_CLIENT_ID where the attribute is unset.
func clientID(attribute *hcl.Attribute, block *config.Credential, getenv func(string) string) (string, hcl.Diagnostics) {
	id := cty.NullVal(cty.String)
	if attribute != nil {
		value, diags := attribute.Expr.Value(block.EvalCtx)
		if diags.HasErrors() {
			return "", diag.Unquoted(diags)
		}
		if id, _ = convert.Convert(value, cty.String); id == cty.NilVal || !id.IsKnown() || id.IsMarked() {
			return "", hcl.Diagnostics{{
				Severity: hcl.DiagError,
				Summary:  "Wrong type of client_id",
				Detail:   "client_id is a string: the application (client) ID that the app registration shows. This is " + value.Type().FriendlyName() + ".",
				Subject:  attribute.NameRange.Ptr(),
				Extra:    diag.SecretHere{},
			}}
		}
	}
	app := getenv("AZURE_CLIENT_ID")
	if !id.IsNull() {
		app = id.AsString()
	}
	if app = strings.TrimSpace(app); app != "" {
		return app, nil
	}
	return "", hcl.Diagnostics{{
		Severity: hcl.DiagError,
		Summary:  "Missing client_id",
		Detail: "The credential does not say which application signs in. Set client_id to the application (client) ID " +
			"that the app registration shows, or set the environment variable AZURE_CLIENT_ID.",
		Subject: block.Range.Ptr(),
	}}
}

// clientSecret knows where its secret is found, not what it is.
type clientSecret struct {
	app string
	proof
}

func (c *clientSecret) App() string { return c.app }

func (c *clientSecret) Token(ctx context.Context, client *http.Client, audience Audience) (*oauth2.Token, error) {
	value, err := c.read(ctx)
	if err != nil {
		return nil, unreadable(ctx, c.app, audience, err)
	}
	return exchange(ctx, client, audience, c.app, url.Values{"client_secret": {value.Reveal()}})
}
