// Package secret has references to secrets, which say where one is found, and
// the reading of them, at the last moment, by whoever sends them: credentials,
// outputs and state backends. Nothing else of the program ever holds a secret.
package secret

import (
	"errors"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/reportform/reportform/internal/diag"
)

// Reference says where a secret is found. It never holds one. In the language
// it is the result of secret_env, secret_file and secret_exec, a capsule that no
// other function accepts.
//
// Exactly one of the fields is set; the zero Reference refers to nothing.
type Reference struct {
	Env  string   // name of an environment variable
	File string   // path of a file, absolute or relative to the process's working directory
	Exec []string // a command and its arguments; the secret is its standard output
}

// String names the place, never the value: `environment variable "NAME"`.
func (r Reference) String() string {
	switch {
	case r.Env != "":
		return `environment variable "` + r.Env + `"`
	case r.File != "":
		return `file "` + r.File + `"`
	case len(r.Exec) > 0:
		return `command "` + r.Exec[0] + `"`
	}
	return "no secret"
}

// IsZero reports whether the Reference refers to nothing.
func (r Reference) IsZero() bool { return r.Env == "" && r.File == "" && len(r.Exec) == 0 }

func (r Reference) equal(other Reference) bool {
	return r.Env == other.Env && r.File == other.File && slices.Equal(r.Exec, other.Exec)
}

// sealed is what the capsule holds: functions that write any value as JSON
// fail with it.
type sealed struct{ reference Reference }

func (sealed) MarshalJSON() ([]byte, error) {
	return nil, errors.New("a secret cannot be made into text")
}

// secretType is one value because cty compares capsule types by identity.
var secretType = cty.CapsuleWithOps("secret", reflect.TypeFor[sealed](), &cty.CapsuleOps{ //nolint:gochecknoglobals // a type that never changes
	Equals:       func(a, b any) cty.Value { return cty.BoolVal(a.(*sealed).reference.equal(b.(*sealed).reference)) },
	RawEquals:    func(a, b any) bool { return a.(*sealed).reference.equal(b.(*sealed).reference) },
	HashKey:      func(v any) string { return v.(*sealed).reference.String() },
	GoString:     func(v any) string { return v.(*sealed).reference.String() },
	TypeGoString: func(reflect.Type) string { return "secret.Type()" },
})

// Type is the type of a secret in expressions.
func Type() cty.Type { return secretType }

// FromValue returns the Reference that v holds; ok is false for every other value.
func FromValue(v cty.Value) (r Reference, ok bool) {
	if v == cty.NilVal || v.IsMarked() || !v.Type().Equals(secretType) || v.IsNull() || !v.IsKnown() {
		return Reference{}, false
	}
	return v.EncapsulatedValue().(*sealed).reference, true
}

// Decode evaluates an attribute whose value must be a secret. Null, and a value
// that depends on an earlier mistake, give the zero Reference. A plain value is
// an error that says what to write instead; no diagnostic holds any part of the
// value, and every one carries diag.SecretHere.
func Decode(attr *hcl.Attribute, hclCtx *hcl.EvalContext) (Reference, hcl.Diagnostics) {
	v, diags := attr.Expr.Value(hclCtx)
	if diags.HasErrors() {
		return Reference{}, hcl.Diagnostics{notASecret(attr, "Secret not understood",
			"The expression for %q cannot be evaluated (%s).", attr.Name, diag.Uncapitalize(diag.FirstError(diags).Summary))}
	}
	if !v.IsKnown() || v.IsNull() {
		return Reference{}, nil
	}
	if r, ok := FromValue(v); ok {
		return r, nil
	}
	if v.Type() == cty.String {
		return Reference{}, hcl.Diagnostics{notASecret(attr, "Secret in plain text",
			"%q holds a plain string, and secrets do not belong in a configuration. If the file was ever committed or shared, replace the secret where it was issued.", attr.Name)}
	}
	return Reference{}, hcl.Diagnostics{notASecret(attr, "Not a secret",
		"%q takes a secret, and not %s.", attr.Name, v.Type().FriendlyName())}
}

func notASecret(attr *hcl.Attribute, summary, format string, args ...any) *hcl.Diagnostic {
	d := diag.Mistake(attr.NameRange, summary, format, args...)
	d.Detail += ` Write where the secret is found instead: secret_env("NAME") for an environment variable, ` +
		`secret_file("PATH") for a file, or secret_exec(["COMMAND", "ARGUMENT"]) for the output of a command.`
	d.Extra = diag.SecretHere{}
	return d
}

// Functions are secret_env, secret_file and secret_exec. Relative paths
// start from dir. Their errors do not repeat the argument: whoever takes the
// name for the value has put the secret there.
func Functions(dir string) map[string]function.Function {
	envName := regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	return map[string]function.Function{
		"secret_env": referring("name", cty.String, func(v cty.Value) (Reference, error) {
			if !envName.MatchString(v.AsString()) {
				return Reference{}, errors.New("this is not the name of an environment variable, which is made of letters, digits and underscores; the secret itself does not belong here")
			}
			return Reference{Env: v.AsString()}, nil
		}),
		"secret_file": referring("path", cty.String, func(v cty.Value) (Reference, error) {
			if v.AsString() == "" || strings.ContainsAny(v.AsString(), "\x00\n") {
				return Reference{}, errors.New("this is not the path of a file")
			}
			return Reference{File: under(dir, v.AsString())}, nil
		}),
		"secret_exec": referring("command", cty.List(cty.String), func(v cty.Value) (Reference, error) {
			var command []string
			for it := v.ElementIterator(); it.Next(); {
				_, arg := it.Element()
				if arg.IsNull() {
					return Reference{}, errors.New("an argument is null")
				}
				command = append(command, arg.AsString())
			}
			if len(command) == 0 || command[0] == "" {
				return Reference{}, errors.New("the command is missing: write it and its arguments as a list of strings")
			}
			return Reference{Exec: command}, nil
		}),
	}
}

func referring(param string, t cty.Type, make func(cty.Value) (Reference, error)) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: param, Type: t}},
		Type:   function.StaticReturnType(secretType),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if !args[0].IsWhollyKnown() {
				return cty.UnknownVal(secretType), nil
			}
			r, err := make(args[0])
			if err != nil {
				return cty.NilVal, function.NewArgError(0, err)
			}
			return cty.CapsuleVal(secretType, &sealed{r}), nil
		},
	})
}

// under returns path, or where it is relative, path within dir.
func under(dir, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}
