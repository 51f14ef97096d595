package objectstore

import (
	"context"
	"errors"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/reportform/reportform/internal/diag"
	"github.com/reportform/reportform/internal/secret"
)

// Attributes are those of a Block that is being read, and the mistakes found in
// them. An attribute that is null, or that depends on an earlier mistake, counts
// as unset.
type Attributes struct {
	Block
	secrets []string
	diags   hcl.Diagnostics
}

// IsSet reports whether an attribute is set.
func (a *Attributes) IsSet(name string) bool { return !a.value(name, cty.DynamicPseudoType).IsNull() }

// FirstSet returns the first of the names that is set, or nothing.
func (a *Attributes) FirstSet(names ...string) string {
	if i := slices.IndexFunc(names, a.IsSet); i >= 0 {
		return names[i]
	}
	return ""
}

// isKnown reports whether an attribute is written and does not depend on an
// earlier mistake.
func (a *Attributes) isKnown(name string) bool {
	attribute, ok := a.Attributes[name]
	if !ok {
		return false
	}
	value, diags := attribute.Expr.Value(a.EvalCtx)
	return value.IsKnown() && !diags.HasErrors()
}

// Text returns an attribute that is text, without the spaces around it.
func (a *Attributes) Text(name string) string {
	if v := a.value(name, cty.String); !v.IsNull() {
		return strings.TrimSpace(v.AsString())
	}
	return ""
}

// Flag reports whether an attribute is true.
func (a *Attributes) Flag(name string) bool {
	v := a.value(name, cty.Bool)
	return !v.IsNull() && v.True()
}

// Path returns an attribute that is a path, empty where it is unset.
func (a *Attributes) Path(name string) string {
	path := filepath.FromSlash(a.Text(name))
	switch {
	case path == "":
		return ""
	case filepath.IsAbs(path):
		return filepath.Clean(path)
	}
	return filepath.Join(a.Dir, path)
}

// Endpoint returns the attribute endpoint, the base URL of a server, empty where
// the vendor's is meant.
func (a *Attributes) Endpoint(mayHavePath bool) string {
	endpoint := a.Text("endpoint")
	if endpoint == "" {
		return ""
	}
	err := CheckEndpoint(endpoint)
	if u, parsed := url.Parse(endpoint); err == nil && parsed == nil && strings.Trim(u.Path, "/") != "" && !mayHavePath {
		err = errors.New("a path does not belong in it")
	}
	if err != nil {
		a.Reject("endpoint", "Not an endpoint", "endpoint is the base URL of the store, such as \"https://storage.example.com\"; %v.", err)
	}
	return strings.TrimRight(endpoint, "/")
}

// Secret returns the reader of a secret, nil where the attribute is unset.
func (a *Attributes) Secret(name string) func(context.Context) (string, error) {
	attribute, ok := a.Attributes[name]
	if !ok || !a.IsSet(name) {
		return nil
	}
	place, diags := secret.Decode(attribute, a.EvalCtx)
	a.diags = append(a.diags, diags...)
	return secret.Reader(place, a.Getenv)
}

// Variable returns the reader of a secret in an environment variable.
func (a *Attributes) Variable(name string) func(context.Context) (string, error) {
	return secret.Reader(secret.Reference{Env: name}, a.Getenv)
}

// Reject adds a mistake at an attribute, which is written.
func (a *Attributes) Reject(name, summary, format string, args ...any) {
	a.diags = append(a.diags, diag.Mistake(a.Attributes[name].NameRange, summary, format, args...))
}

// value returns an attribute as a value of a type, null where it is unset or
// wrong.
func (a *Attributes) value(name string, kind cty.Type) cty.Value {
	attribute, ok := a.Attributes[name]
	if !ok {
		return cty.NullVal(kind)
	}
	value, diags := attribute.Expr.Value(a.EvalCtx)
	if diags.HasErrors() && slices.Contains(a.secrets, name) {
		_, diags = secret.Decode(attribute, a.EvalCtx) // without any part of the value
	}
	if diags.HasErrors() {
		a.diags = append(a.diags, diags...)
		delete(a.Attributes, name) // said once
		return cty.NullVal(kind)
	}
	converted, err := convert.Convert(value, kind)
	if err != nil {
		a.Reject(name, "Wrong type of "+name, "%s is a %s, and this is %s.", name, kind.FriendlyName(), value.Type().FriendlyName())
		delete(a.Attributes, name)
		return cty.NullVal(kind)
	}
	if !converted.IsKnown() {
		return cty.NullVal(kind)
	}
	return converted
}
