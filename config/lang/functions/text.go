package functions

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// textFunctions are those on strings that no library brings.
func textFunctions() map[string]function.Function {
	test := func(f func(s, part string) bool, name string) function.Function {
		return textFunction(cty.Bool, func(args []string) (cty.Value, error) {
			return cty.BoolVal(f(args[0], args[1])), nil
		}, "string", name)
	}
	digest := func(f func([]byte) []byte, encode func([]byte) string) function.Function {
		return stringFunction(func(args []string) (string, error) { return encode(f([]byte(args[0]))), nil }, "string")
	}
	sum1 := func(b []byte) []byte { s := sha1.Sum(b); return s[:] }
	sum5 := func(b []byte) []byte { s := md5.Sum(b); return s[:] }
	sum256 := func(b []byte) []byte { s := sha256.Sum256(b); return s[:] }
	sum512 := func(b []byte) []byte { s := sha512.Sum512(b); return s[:] }

	return map[string]function.Function{
		"endswith":    test(strings.HasSuffix, "suffix"),
		"startswith":  test(strings.HasPrefix, "prefix"),
		"strcontains": test(strings.Contains, "substr"),
		"replace":     replaceFunction(),

		"md5":          digest(sum5, hex.EncodeToString),
		"sha1":         digest(sum1, hex.EncodeToString),
		"sha256":       digest(sum256, hex.EncodeToString),
		"sha512":       digest(sum512, hex.EncodeToString),
		"base64sha256": digest(sum256, base64.StdEncoding.EncodeToString),
		"base64sha512": digest(sum512, base64.StdEncoding.EncodeToString),
		"uuidv5":       stringFunction(uuidv5, "namespace", "name"),

		"base64encode": stringFunction(func(args []string) (string, error) {
			return base64.StdEncoding.EncodeToString([]byte(args[0])), nil
		}, "string"),
		"base64decode": stringFunction(func(args []string) (string, error) {
			b, err := base64.StdEncoding.DecodeString(args[0])
			if err != nil {
				return "", errors.New("the string is not base64")
			}
			if !utf8.Valid(b) {
				return "", errors.New("the decoded bytes are not UTF-8 text")
			}
			return string(b), nil
		}, "string"),
		"urlencode": stringFunction(func(args []string) (string, error) {
			return url.QueryEscape(args[0]), nil
		}, "string"),
	}
}

// replaceFunction replaces a substring, or where it is written between
// slashes, what a regular expression matches.
func replaceFunction() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{param("string", cty.String), param("substring", cty.String), param("replacement", cty.String)},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			pattern := args[1].AsString()
			if len(pattern) > 1 && pattern[0] == '/' && pattern[len(pattern)-1] == '/' {
				return stdlib.RegexReplace(args[0], cty.StringVal(pattern[1:len(pattern)-1]), args[2])
			}
			return cty.StringVal(strings.ReplaceAll(args[0].AsString(), pattern, args[2].AsString())), nil
		},
	})
}

// uuidv5 is the name-based UUID of RFC 9562: namespace is dns, url, oid, x500
// or a UUID.
func uuidv5(args []string) (string, error) {
	namespace := args[0]
	switch namespace {
	case "dns":
		namespace = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
	case "url":
		namespace = "6ba7b811-9dad-11d1-80b4-00c04fd430c8"
	case "oid":
		namespace = "6ba7b812-9dad-11d1-80b4-00c04fd430c8"
	case "x500":
		namespace = "6ba7b814-9dad-11d1-80b4-00c04fd430c8"
	}
	id, err := hex.DecodeString(strings.ReplaceAll(namespace, "-", ""))
	if err != nil || len(id) != 16 || uuidText(id) != strings.ToLower(namespace) {
		return "", argErrorf(0, "the namespace is dns, url, oid, x500 or a UUID")
	}
	sum := sha1.Sum(append(id, args[1]...))
	sum[6] = sum[6]&0x0f | 0x50
	sum[8] = sum[8]&0x3f | 0x80
	return uuidText(sum[:]), nil
}

// uuidText writes the first 16 bytes as a UUID.
func uuidText(b []byte) string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}
