package functions

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// writeDir writes files into a new directory.
func writeDir(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		full := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func evalText(expression string, hclCtx *hcl.EvalContext) (string, error) {
	expr, diags := hclsyntax.ParseExpression([]byte(expression), "x", hcl.InitialPos)
	if diags.HasErrors() {
		return "", diags
	}
	v, diags := expr.Value(hclCtx)
	if diags.HasErrors() {
		return "", diags
	}
	if !v.IsWhollyKnown() {
		return "unknown", nil
	}
	text, err := stdlib.JSONEncode(v)
	if err != nil {
		return "", err
	}
	return text.AsString(), nil
}

func TestFunctions(t *testing.T) {
	dir := writeDir(t, map[string]string{"a.txt": "hello", "b.csv": "n,v\nx,1\n", "windows.csv": "\ufeffn,v\r\nx,1\r\n", "utf16.csv": "\xff\xfen\x00,\x00v\x00\r\x00\n\x00x\x00,\x001\x00", "bin": "\xff"})
	hclCtx := &hcl.EvalContext{Functions: All(dir), Variables: map[string]cty.Value{"unknown": cty.DynamicVal}}
	tests := []struct{ expression, want string }{
		{`abs(-1)`, `1`},
		{`ceil(1.2)`, `2`},
		{`floor(1.8)`, `1`},
		{`log(8, 2)`, `3`},
		{`max(1, 3, 2)`, `3`},
		{`min(1, 3, 2)`, `1`},
		{`parseint("ff", 16)`, `255`},
		{`pow(2, 5)`, `32`},
		{`signum(-5)`, `-1`},

		{`chomp("a\n")`, `"a"`},
		{`endswith("report", "port")`, `true`},
		{`startswith("report", "port")`, `false`},
		{`strcontains("report", "epo")`, `true`},
		{`format("%s-%03d", "a", 7)`, `"a-007"`},
		{`formatlist("%s!", ["a", "b"])`, `["a!","b!"]`},
		{`indent(2, "a\nb")`, `"a\n  b"`},
		{`join("-", ["a", "b"])`, `"a-b"`},
		{`lower("ÄB")`, `"äb"`},
		{`upper("äb")`, `"ÄB"`},
		{`title("ab cd")`, `"Ab Cd"`},
		{`regex("[a-z]+", "12ab34")`, `"ab"`},
		{`regexall("[0-9]", "a1b2")`, `["1","2"]`},
		{`replace("a.b.c", ".", "-")`, `"a-b-c"`},
		{`replace("abc123", "/[0-9]+/", "#")`, `"abc#"`},
		{`replace("abc", "/(b)/", "[$1]")`, `"a[b]c"`},
		{`replace("a/b", "/", "-")`, `"a-b"`},
		{`split(",", "a,b")`, `["a","b"]`},
		{`strrev("abc")`, `"cba"`},
		{`substr("hello", 1, 3)`, `"ell"`},
		{`trim("?!x!?", "!?")`, `"x"`},
		{`trimprefix("abc", "a")`, `"bc"`},
		{`trimsuffix("abc", "c")`, `"ab"`},
		{`trimspace("  a ")`, `"a"`},

		{`alltrue([true, true])`, `true`},
		{`alltrue([])`, `true`},
		{`alltrue([true, null])`, `false`},
		{`anytrue([false, true])`, `true`},
		{`anytrue([])`, `false`},
		{`chunklist(["a", "b", "c"], 2)`, `[["a","b"],["c"]]`},
		{`coalesce("", null, "b")`, `"b"`},
		{`coalesce(null, 0)`, `0`},
		{`coalescelist([], ["a"])`, `["a"]`},
		{`compact(["a", "", "b"])`, `["a","b"]`},
		{`concat(["a"], ["b"])`, `["a","b"]`},
		{`contains(["a", "b"], "b")`, `true`},
		{`distinct(["a", "b", "a"])`, `["a","b"]`},
		{`element(["a", "b"], 3)`, `"b"`},
		{`flatten([["a"], [["b"]]])`, `["a","b"]`},
		{`index(["a", "b"], "b")`, `1`},
		{`keys({ b = 1, a = 2 })`, `["a","b"]`},
		{`length("äöü")`, `3`},
		{`length(["a"])`, `1`},
		{`length({ a = 1, b = 2 })`, `2`},
		{`length(toset(["a", "a"]))`, `1`},
		{`lookup({ a = "x" }, "a", "y")`, `"x"`},
		{`lookup({ a = "x" }, "b", "y")`, `"y"`},
		{`lookup(tomap({ a = "x" }), "b", "y")`, `"y"`},
		{`lookup(tomap({ a = "x" }), "a")`, `"x"`},
		{`matchkeys(["a", "b", "c"], ["x", "y", "x"], ["x"])`, `["a","c"]`},
		{`merge({ a = 1 }, { b = 2 })`, `{"a":1,"b":2}`},
		{`one(["a"])`, `"a"`},
		{`one([])`, `null`},
		{`one(toset(["a"]))`, `"a"`},
		{`range(3)`, `[0,1,2]`},
		{`reverse(["a", "b"])`, `["b","a"]`},
		{`setintersection(["a", "b"], ["b"])`, `["b"]`},
		{`setproduct(["a"], ["b", "c"])`, `[["a","b"],["a","c"]]`},
		{`setsubtract(["a", "b"], ["b"])`, `["a"]`},
		{`setunion(["a"], ["b"])`, `["a","b"]`},
		{`slice(["a", "b", "c"], 1, 2)`, `["b"]`},
		{`sort(["b", "a"])`, `["a","b"]`},
		{`sum([1, 2.5])`, `3.5`},
		{`sum(toset(["1", "2"]))`, `3`},
		{`transpose({ a = ["1", "2"], b = ["2"] })`, `{"1":["a"],"2":["a","b"]}`},
		{`values({ b = 1, a = 2 })`, `[2,1]`},
		{`zipmap(["a", "b"], [1, 2])`, `{"a":1,"b":2}`},

		{`base64encode("hi")`, `"aGk="`},
		{`base64decode("aGk=")`, `"hi"`},
		{`urlencode("a b&c")`, `"a+b%26c"`},
		{`csvdecode(file("b.csv"))`, `[{"n":"x","v":"1"}]`},
		{`csvdecode(file("windows.csv"))`, `[{"n":"x","v":"1"}]`},
		{`csvdecode(file("utf16.csv"))`, `[{"n":"x","v":"1"}]`},
		{`csvdecode(base64decode(filebase64("windows.csv")))`, `[{"n":"x","v":"1"}]`},
		{`length(base64decode(filebase64("windows.csv"))) - length(file("windows.csv"))`, `1`},
		{`jsondecode("{\"a\":[1]}")`, `{"a":[1]}`},
		{`jsondecode("\ufeff{\"a\":[1]}")`, `{"a":[1]}`},
		{`yamldecode("\ufeffa: [1, 2]")`, `{"a":[1,2]}`},
		{`jsonencode({ a = 1 })`, `"{\"a\":1}"`},
		{`yamldecode("a: [1, 2]")`, `{"a":[1,2]}`},
		{`yamlencode({ a = "x" })`, `"\"a\": \"x\"\n"`},
		{`formatdate("YYYY-MM-DD", "2026-11-01T10:00:00Z")`, `"2026-11-01"`},
		{`timeadd("2026-11-01T00:00:00Z", "1h")`, `"2026-11-01T01:00:00Z"`},

		{`md5("a")`, `"0cc175b9c0f1b6a831c399e269772661"`},
		{`sha1("a")`, `"86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"`},
		{`sha256("a")`, `"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"`},
		{`base64sha256("a")`, `"ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs="`},
		{`length(sha512("a"))`, `128`},
		{`uuidv5("dns", "www.example.com")`, `"2ed6657d-e927-568b-95e1-2665a8aea6a2"`},

		{`tobool("true")`, `true`},
		{`tonumber("5")`, `5`},
		{`tostring(5)`, `"5"`},
		{`tolist(toset(["b", "a"]))`, `["a","b"]`},
		{`toset(["b", "a", "b"])`, `["a","b"]`},
		{`tomap({ a = 1 })`, `{"a":1}`},
		{`try({}.a, "x")`, `"x"`},
		{`can({}.a)`, `false`},

		{`file("a.txt")`, `"hello"`},
		{`file("` + filepath.ToSlash(filepath.Join(dir, "a.txt")) + `")`, `"hello"`},
		{`filebase64("bin")`, `"/w=="`},
		{`fileexists("a.txt")`, `true`},
		{`fileexists("b.txt")`, `false`},
		{`fileset(".", "*.{txt,csv}")`, `["a.txt","b.csv","utf16.csv","windows.csv"]`},
		{`fileset("", "*.txt")`, `["a.txt"]`},
		{`basename("a/b.txt")`, `"b.txt"`},
		{`dirname("a/b.txt")`, `"a"`},
		{`pathexpand("a")`, `"a"`},
		{`abspath("x") == "` + filepath.ToSlash(filepath.Join(dir, "x")) + `"`, `true`},
	}
	covered := map[string]bool{}
	for _, test := range tests {
		name, _, _ := strings.Cut(test.expression, "(")
		covered[name] = true
		got, err := evalText(test.expression, hclCtx)
		if err != nil || got != test.want {
			t.Errorf("%s = %s, %v; want %s", test.expression, got, err, test.want)
		}
		for _, part := range strings.FieldsFunc(test.expression, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }) {
			covered[part] = true
		}
	}
	for name := range hclCtx.Functions {
		if _, impure := Refused()[name]; !impure && !covered[name] && !strings.HasPrefix(name, "secret_") && name != "base64sha512" {
			t.Errorf("%s is not tested", name)
		}
		// A value that is not known makes no function fail or panic.
		for _, args := range []string{"unknown", "unknown, unknown", "[unknown], unknown", "unknown, unknown, unknown"} {
			if _, err := evalText("try(jsonencode("+name+"("+args+")), 1)", hclCtx); err != nil && strings.Contains(err.Error(), "panic") {
				t.Errorf("%s(%s): %v", name, args, err)
			}
		}
	}
}

func TestFunctionErrors(t *testing.T) {
	dir := writeDir(t, map[string]string{"bin": "\xff"})
	hclCtx := &hcl.EvalContext{Functions: All(dir)}
	for expression, want := range map[string]string{
		`timestamp()`:                   "a plan must be a function of its inputs",
		`uuid()`:                        "pass such a value in with -var",
		`bcrypt("x", 5)`:                "another result each time",
		`file("none")`:                  `there is no file "none"`,
		`file("bin")`:                   "not UTF-8",
		`fileset(".", "[")`:             "is not a pattern",
		`fileset("none", "*.{csv")`:     "is not a pattern",
		`fileexists(".")`:               "is not a file",
		`base64decode("?")`:             "not base64",
		`base64decode("/w==")`:          "not UTF-8",
		`one(["a", "b"])`:               "no element or one",
		`sum([])`:                       "at least one element",
		`sum(["a"])`:                    "must be a number",
		`coalesce("", null)`:            "null or an empty string",
		`index(["a"], "b")`:             "no such value",
		`length(5)`:                     "a collection",
		`lookup({ a = 1 }, "b")`:        `no element "b"`,
		`lookup({}, "b", 1, 2)`:         "two or three arguments",
		`matchkeys(["a"], [], ["x"])`:   "the same length",
		`transpose({ a = [null] })`:     "holds null",
		`uuidv5("name", "x")`:           "dns, url, oid, x500 or a UUID",
		`secret_env("not a name")`:      "not the name of an environment variable",
		`secret_file("")`:               "not the path of a file",
		`secret_exec([])`:               "the command is missing",
		`"x${secret_env("A")}"`:         "string required",
		`tostring(secret_env("A"))`:     "cannot convert",
		`lower(secret_env("A"))`:        "string required",
		`jsonencode(secret_env("A"))`:   "a secret cannot be made into text",
		`format("%v", secret_env("A"))`: "",
	} {
		_, err := evalText(expression, hclCtx)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error with %q", expression, err, want)
		}
	}
}
