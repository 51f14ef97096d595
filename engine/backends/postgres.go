package backends

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/ledger/postgres"
	"github.com/reportform/reportform/internal/diag"
	"github.com/reportform/reportform/internal/secret"
)

// postgresSetting is an attribute of state "postgres" that is no secret.
type postgresSetting struct {
	attribute string
	keyword   string // libpq's
	variable  string // what counts where the attribute is unset
	// takes says what a value is, for mistakes; valid reports whether it is one.
	takes string
	valid func(string) bool
}

func postgresSettings() []postgresSetting {
	modes := []string{"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}
	plain := func(s string) bool { return s != "" && !strings.Contains(s, "://") && !strings.Contains(s, "\x00") }
	return []postgresSetting{
		{
			"host", "host", "PGHOST", "a host name, an address, or the directory of a socket",
			func(s string) bool { return plain(s) && !strings.Contains(s, "@") },
		},
		{"port", "port", "PGPORT", "a number from 1 to 65535", func(s string) bool {
			n, err := strconv.ParseUint(s, 10, 16)
			return err == nil && n > 0
		}},
		{"database", "dbname", "PGDATABASE", "the name of a database", plain},
		{"user", "user", "PGUSER", "the name of a role", plain},
		{"sslmode", "sslmode", "PGSSLMODE", "one of " + strings.Join(modes, ", "), func(s string) bool { return slices.Contains(modes, s) }},
	}
}

// decodePostgres reads state "postgres". A url is a secret, because it may hold
// a password; the other attributes take its place.
func decodePostgres(b block) (ledger.Backend, hcl.Diagnostics) {
	settings := postgresSettings()
	schema := &hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "url"}, {Name: "password"}, {Name: "schema"}}}
	for _, s := range settings {
		schema.Attributes = append(schema.Attributes, hcl.AttributeSchema{Name: s.attribute})
	}
	content, diags := b.Body.Content(schema)
	diags = diag.Unquoted(diags)
	options := postgres.Options{Settings: map[string]string{}, Schema: "reportform"}

	name := postgresSetting{attribute: "schema", takes: "the name of a schema, of at most 63 bytes", valid: func(s string) bool {
		return s != "" && len(s) <= 63 && !strings.Contains(s, "\x00")
	}}
	if value, more := name.decode(content.Attributes, b); value != "" || more != nil {
		options.Schema = value
		diags = append(diags, more...)
	}
	for _, s := range settings {
		value, more := s.decode(content.Attributes, b)
		diags = append(diags, more...)
		if value == "" {
			value = b.getenv(s.variable)
		}
		if value != "" {
			options.Settings[s.keyword] = value
		}
	}
	url, more := decodeSecret(content.Attributes["url"], b)
	for _, d := range more {
		d.Detail += " A server that wants no password can be named with host, port, database and user instead."
	}
	diags = append(diags, more...)
	password, more := decodeSecret(content.Attributes["password"], b)
	diags = append(diags, more...)

	switch {
	case url != nil:
		options.URL = secret.Reader(*url, b.getenv)
		diags = append(diags, besideURL(content.Attributes)...)
	case password != nil:
		options.Password = secret.Reader(*password, b.getenv)
	case b.getenv("PGPASSWORD") != "":
		options.Password = secret.Reader(secret.Reference{Env: "PGPASSWORD"}, b.getenv)
	}
	if diags.HasErrors() {
		return nil, diags
	}
	return postgres.New(options), diags
}

// decode returns the value, empty where the attribute is unset.
func (s postgresSetting) decode(attributes hcl.Attributes, b block) (string, hcl.Diagnostics) {
	attribute := attributes[s.attribute]
	if attribute == nil {
		return "", nil
	}
	value, diags := attribute.Expr.Value(b.EvalCtx)
	if diags.HasErrors() {
		return "", diag.Unquoted(diags)
	}
	value, err := convert.Convert(value, cty.String)
	if err == nil && value.IsKnown() && value.IsNull() {
		return "", nil
	}
	if err == nil && value.IsKnown() && !value.IsMarked() && s.valid(value.AsString()) {
		return value.AsString(), nil
	}
	return "", hcl.Diagnostics{{
		Severity: hcl.DiagError,
		Summary:  "Unsuitable " + s.attribute,
		Detail: s.attribute + " takes " + s.takes + ". A connection URL may hold a password: refer to it as a whole, " +
			`with url = secret_env("DATABASE_URL") or another secret.`,
		Subject: attribute.NameRange.Ptr(),
		Extra:   diag.SecretHere{},
	}}
}

// besideURL reports attributes that say again what a url says.
func besideURL(attributes hcl.Attributes) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for name, attribute := range attributes {
		if name == "url" || name == "schema" {
			continue
		}
		diags = append(diags, &hcl.Diagnostic{
			Severity: hcl.DiagError,
			Summary:  "Said twice",
			Detail:   "A url says everything about the connection: remove " + name + " or url.",
			Subject:  attribute.NameRange.Ptr(),
			Extra:    diag.SecretHere{},
		})
	}
	slices.SortFunc(diags, func(a, b *hcl.Diagnostic) int { return a.Subject.Start.Byte - b.Subject.Start.Byte })
	return diags
}

// decodeSecret returns nil where the attribute is unset.
func decodeSecret(attribute *hcl.Attribute, b block) (*secret.Reference, hcl.Diagnostics) {
	if attribute == nil {
		return nil, nil
	}
	place, diags := secret.Decode(attribute, b.EvalCtx)
	if diags.HasErrors() || place.IsZero() {
		return nil, diags
	}
	return &place, diags
}
