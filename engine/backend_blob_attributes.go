package engine

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/reportform/reportform/internal/secret"
)

// blobSecrets are the attributes of state "blob" that refer to secrets.
func blobSecrets() []string {
	return []string{"secret_access_key", "connection_string", "account_key", "sas_token"}
}

func (b *blobBlock) isSet(name string) bool { return !b.value(name, cty.DynamicPseudoType).IsNull() }

// isKnown reports whether an attribute is written and does not depend on an
// earlier mistake.
func (b *blobBlock) isKnown(name string) bool {
	attribute, ok := b.attributes[name]
	if !ok {
		return false
	}
	value, diags := attribute.Expr.Value(b.EvalCtx)
	return value.IsKnown() && !diags.HasErrors()
}

// firstSet returns the first of the names that is set, or nothing.
func (b *blobBlock) firstSet(names ...string) string {
	if i := slices.IndexFunc(names, b.isSet); i >= 0 {
		return names[i]
	}
	return ""
}

func (b *blobBlock) text(name string) string {
	if v := b.value(name, cty.String); !v.IsNull() {
		return strings.TrimSpace(v.AsString())
	}
	return ""
}

func (b *blobBlock) flag(name string) bool {
	v := b.value(name, cty.Bool)
	return !v.IsNull() && v.True()
}

// value returns an attribute as a value of a type, null where it is unset or
// wrong.
func (b *blobBlock) value(name string, kind cty.Type) cty.Value {
	attribute, ok := b.attributes[name]
	if !ok {
		return cty.NullVal(kind)
	}
	value, diags := attribute.Expr.Value(b.EvalCtx)
	if diags.HasErrors() && slices.Contains(blobSecrets(), name) {
		_, diags = secret.Decode(attribute, b.EvalCtx) // without any part of the value
	}
	if diags.HasErrors() {
		b.diags = append(b.diags, diags...)
		delete(b.attributes, name) // said once
		return cty.NullVal(kind)
	}
	converted, err := convert.Convert(value, kind)
	if err != nil {
		b.reject(name, "Wrong type of "+name, "%s is a %s, and this is %s.", name, kind.FriendlyName(), value.Type().FriendlyName())
		delete(b.attributes, name)
		return cty.NullVal(kind)
	}
	if !converted.IsKnown() {
		return cty.NullVal(kind)
	}
	return converted
}

// secret returns the reader of a secret, nil where the attribute is unset.
func (b *blobBlock) secret(name string) func(context.Context) (string, error) {
	attribute, ok := b.attributes[name]
	if !ok || !b.isSet(name) {
		return nil
	}
	place, diags := secret.Decode(attribute, b.EvalCtx)
	b.diags = append(b.diags, diags...)
	return secret.Reader(place, b.getenv)
}

// variable returns the reader of a secret in an environment variable.
func (b *blobBlock) variable(name string) func(context.Context) (string, error) {
	return secret.Reader(secret.Reference{Env: name}, b.getenv)
}

// under returns a path of the configuration, relative to its directory.
func (b *blobBlock) under(path string) string {
	path = filepath.FromSlash(path)
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(b.dir, path)
}

func (b *blobBlock) reject(name, summary, format string, args ...any) {
	b.diags = append(b.diags, &hcl.Diagnostic{
		Severity: hcl.DiagError,
		Summary:  summary,
		Detail:   fmt.Sprintf(format, args...),
		Subject:  b.attributes[name].NameRange.Ptr(),
	})
}
