package config

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
)

// Secret says where a secret is found. It never holds one: values are read by
// the engine's auth package alone, at the moment a token is asked for.
// In the language it is the result of secret_env, secret_file and secret_exec,
// a capsule that no other function accepts.
//
// Exactly one of the fields is set.
type Secret struct {
	Env  string   // name of an environment variable
	File string   // path of a file, absolute or relative to the process's working directory
	Exec []string // a command and its arguments; the secret is its standard output
}

// String names the place, never the value: `environment variable "NAME"`.
func (s Secret) String() string {
	switch {
	case s.Env != "":
		return `environment variable "` + s.Env + `"`
	case s.File != "":
		return `file "` + s.File + `"`
	case len(s.Exec) > 0:
		return `command "` + s.Exec[0] + `"`
	}
	return "no secret"
}

func (s Secret) equal(other Secret) bool {
	return s.Env == other.Env && s.File == other.File && slices.Equal(s.Exec, other.Exec)
}

// sealed is what the capsule holds: functions that write any value as JSON
// fail with it.
type sealed struct{ secret Secret }

func (sealed) MarshalJSON() ([]byte, error) {
	return nil, errors.New("a secret cannot be made into text")
}

// secretType is one value because cty compares capsule types by identity.
var secretType = cty.CapsuleWithOps("secret", reflect.TypeFor[sealed](), &cty.CapsuleOps{ //nolint:gochecknoglobals // a type that never changes
	Equals:       func(a, b any) cty.Value { return cty.BoolVal(a.(*sealed).secret.equal(b.(*sealed).secret)) },
	RawEquals:    func(a, b any) bool { return a.(*sealed).secret.equal(b.(*sealed).secret) },
	HashKey:      func(v any) string { return v.(*sealed).secret.String() },
	GoString:     func(v any) string { return v.(*sealed).secret.String() },
	TypeGoString: func(reflect.Type) string { return "config.SecretType()" },
})

// SecretType is the type of a secret in expressions.
func SecretType() cty.Type { return secretType }

// AsSecret returns the Secret that v holds; ok is false for every other value.
func AsSecret(v cty.Value) (secret Secret, ok bool) {
	if v == cty.NilVal || v.IsMarked() || !v.Type().Equals(secretType) || v.IsNull() || !v.IsKnown() {
		return Secret{}, false
	}
	return v.EncapsulatedValue().(*sealed).secret, true
}

// SecretHere is the Extra of a diagnostic whose source line may hold a secret
// in plain text. Whoever renders the diagnostic must not quote the line. Its
// Subject is the name of the attribute or a reference in its value, and it has
// neither Context nor Expression.
type SecretHere struct{}

// DecodeSecret evaluates an attribute whose value must be a secret. Null, and
// a value that depends on an earlier mistake, give the zero Secret. A plain
// value is an error that says what to write instead; no diagnostic holds any
// part of the value, and every one carries SecretHere.
func DecodeSecret(attr *hcl.Attribute, hclCtx *hcl.EvalContext) (Secret, hcl.Diagnostics) {
	v, diags := attr.Expr.Value(hclCtx)
	if diags.HasErrors() {
		return Secret{}, hcl.Diagnostics{secretMistake(attr, "Secret not understood",
			"The expression for %q cannot be evaluated (%s).", attr.Name, lowerFirst(firstError(diags).Summary))}
	}
	if !v.IsKnown() || v.IsNull() {
		return Secret{}, nil
	}
	if secret, ok := AsSecret(v); ok {
		return secret, nil
	}
	if v.Type() == cty.String {
		return Secret{}, hcl.Diagnostics{secretMistake(attr, "Secret in plain text",
			"%q holds a plain string, and secrets do not belong in a configuration. If the file was ever committed or shared, replace the secret where it was issued.", attr.Name)}
	}
	return Secret{}, hcl.Diagnostics{secretMistake(attr, "Not a secret",
		"%q takes a secret, and not %s.", attr.Name, v.Type().FriendlyName())}
}

func secretMistake(attr *hcl.Attribute, summary, format string, args ...any) *hcl.Diagnostic {
	d := mistake(attr.NameRange, summary, format, args...)
	d.Detail += ` Write where the secret is found instead: secret_env("NAME") for an environment variable, ` +
		`secret_file("PATH") for a file, or secret_exec(["COMMAND", "ARGUMENT"]) for the output of a command.`
	d.Extra = SecretHere{}
	return d
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// secretFunctions are secret_env, secret_file and secret_exec. Relative paths
// start from dir. Their errors do not repeat the argument: whoever takes the
// name for the value has put the secret there.
func secretFunctions(dir string) map[string]function.Function {
	envName := regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	return map[string]function.Function{
		"secret_env": secretFunction("name", cty.String, func(v cty.Value) (Secret, error) {
			if !envName.MatchString(v.AsString()) {
				return Secret{}, errors.New("this is not the name of an environment variable, which is made of letters, digits and underscores; the secret itself does not belong here")
			}
			return Secret{Env: v.AsString()}, nil
		}),
		"secret_file": secretFunction("path", cty.String, func(v cty.Value) (Secret, error) {
			if v.AsString() == "" || strings.ContainsAny(v.AsString(), "\x00\n") {
				return Secret{}, errors.New("this is not the path of a file")
			}
			return Secret{File: under(dir, v.AsString())}, nil
		}),
		"secret_exec": secretFunction("command", cty.List(cty.String), func(v cty.Value) (Secret, error) {
			var command []string
			for it := v.ElementIterator(); it.Next(); {
				_, arg := it.Element()
				if arg.IsNull() {
					return Secret{}, errors.New("an argument is null")
				}
				command = append(command, arg.AsString())
			}
			if len(command) == 0 || command[0] == "" {
				return Secret{}, errors.New("the command is missing: write it and its arguments as a list of strings")
			}
			return Secret{Exec: command}, nil
		}),
	}
}

func secretFunction(param string, t cty.Type, make func(cty.Value) (Secret, error)) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: param, Type: t}},
		Type:   function.StaticReturnType(secretType),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if !args[0].IsWhollyKnown() {
				return cty.UnknownVal(secretType), nil
			}
			secret, err := make(args[0])
			if err != nil {
				return cty.NilVal, function.NewArgError(0, err)
			}
			return cty.CapsuleVal(secretType, &sealed{secret}), nil
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
