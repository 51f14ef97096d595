package file

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	hcljson "github.com/hashicorp/hcl/v2/json"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"github.com/reportform/reportform/internal/place"
	"github.com/reportform/reportform/outputs"
	"github.com/reportform/reportform/outputs/options"
)

// plainOptions are the options of a made-up format that writes raw events.
type plainOptions struct {
	Level   int      `hcl:"level,optional" json:"level"`
	Names   []string `hcl:"names,optional" json:"names"`
	Suffix  string   `hcl:"suffix,optional" json:"suffix"`
	Require string   `hcl:"require" json:"require"`
}

func (o *plainOptions) Check() []options.Mistake {
	if o.Level > 9 {
		return []options.Mistake{{Attribute: "level", Detail: "The level is too high."}}
	}
	return nil
}

func (o *plainOptions) NewEncoder(w io.Writer, _ *outputs.Pull) (outputs.Encoder, error) {
	if o.Suffix == "fail" {
		return nil, fmt.Errorf("no encoder today")
	}
	return &plainEncoder{w, o.Suffix}, nil
}

type plainEncoder struct {
	w      io.Writer
	suffix string
}

func (e *plainEncoder) Encode(event *outputs.Event) error {
	_, err := e.w.Write(append(event.Raw, e.suffix...))
	return err
}

func (e *plainEncoder) Close() error { return nil }

func plain() outputs.Format {
	return New(func() outputs.Encoding { return &plainOptions{Level: 1, Suffix: "\n"} })
}

func testScope() *hcl.EvalContext {
	return &hcl.EvalContext{
		Variables: map[string]cty.Value{
			"var": cty.ObjectVal(map[string]cty.Value{"root": cty.StringVal("deep/er"), "n": cty.NumberIntVal(7), "store": cty.StringVal("s3"), "bucket": cty.StringVal("s3://bucket")}),
		},
		Functions: map[string]function.Function{
			"replace": stdlib.ReplaceFunc, "lower": stdlib.LowerFunc, "lookup": stdlib.LookupFunc,
			"format": stdlib.FormatFunc, "join": stdlib.JoinFunc,
		},
	}
}

func decode(t testing.TB, body string) (outputs.Output, hcl.Diagnostics) {
	t.Helper()
	parse := func(src []byte, name string) (*hcl.File, hcl.Diagnostics) {
		return hclsyntax.ParseConfig(src, name, hcl.InitialPos)
	}
	if strings.HasPrefix(body, "{") {
		parse = hcljson.Parse
	}
	f, diags := parse([]byte(body), "test.rf.hcl")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return plain().Decode(&outputs.Block{
		Type: "plain", Name: "x", Address: "output.plain.x", Body: f.Body, EvalCtx: testScope(),
		Range: hcl.Range{Filename: "test.rf.hcl", Start: hcl.Pos{Line: 99}}, Dir: dir(),
	})
}

// dir is an absolute directory of the system at hand.
func dir() string {
	abs, err := filepath.Abs(string(filepath.Separator) + "base")
	if err != nil {
		panic(err)
	}
	return abs
}

func testPull() *outputs.Pull {
	return &outputs.Pull{
		Tenant: outputs.PullTenant{Name: "contoso", ID: "contoso.onmicrosoft.com", Labels: map[string]string{"tier": "gold"}},
		Report: outputs.PullReport{Name: "failed", Type: "sign_ins"},
		Window: outputs.PullWindow{From: time.Date(2026, 11, 9, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 11, 10, 0, 0, 0, 0, time.UTC), Date: "2026-11-09", Label: "day"},
	}
}

func TestResolvePath(t *testing.T) {
	for _, test := range []struct{ path, want string }{
		{`"out/a.json"`, "out/a.json"},
		{`"-"`, "-"},
		{`"./out//x/../a.json"`, "out/a.json"},
		{`"../a.json"`, filepath.ToSlash(filepath.Join(filepath.Dir(dir()), "a.json"))},
		{`"out/${pull.tenant.name}/${pull.report.name}/${pull.window.label}.json"`, "out/contoso/failed/day.json"},
		{`"${pull.tenant.id}-${pull.report.type}-${pull.window.date}"`, "contoso.onmicrosoft.com-sign_ins-2026-11-09"},
		{`"${pull.tenant.labels.tier}/${pull.tenant.labels["tier"]}/${pull["tenant"].name}"`, "gold/gold/contoso"},
		{`"${var.root}/${pull.tenant.name}"`, "deep/er/contoso"},
		{`"n${var.n}"`, "n7"},
		{`var.root`, "deep/er"},
		{`pull.window.label`, "day"},
		{`"${pull.window.label}"`, "day"},
		{`("${pull.window.label}")`, "day"},
		{`"${lower("X")}/${lower(pull.tenant.name)}"`, "x/contoso"},
		{`"a${pull.tenant.name == "contoso" ? "" : "-b"}"`, "a"},
		{`"a%{ if pull.tenant.name == "contoso" }-b%{ endif }"`, "a-b"},
		{`format("%s/%s.json", pull.tenant.name, pull.window.label)`, "contoso/day.json"},
		{`pull.tenant.name == "contoso" ? "-" : "b"`, "-"},
		{`lookup(pull.tenant.labels, "none", "fall/back")`, "fall/back"},
		{`join("/", ["a", pull.tenant.name])`, "a/contoso"},
	} {
		o, diags := decode(t, "require = \"\"\npath = "+test.path)
		if diags.HasErrors() {
			t.Errorf("%s: %v", test.path, diags)
			continue
		}
		target, diags := o.Resolve(testPull())
		if diags.HasErrors() {
			t.Errorf("%s: %v", test.path, diags)
			continue
		}
		if target.Place != place.Place(test.want) {
			t.Errorf("%s: got %s, want %s", test.path, target.Place, test.want)
		}
	}
}

// Files are at the same place however the path is written.
func TestResolveAbsolutePath(t *testing.T) {
	outside := filepath.Join(filepath.Dir(dir()), "else", "x.json")
	for path, want := range map[string]string{
		filepath.Join(dir(), "below", "x.json"): "below/x.json",
		"below/./a/../x.json":                   "below/x.json",
		"./-":                                   "./-", // which is not the console
		outside:                                 filepath.ToSlash(outside),
		"../else/x.json":                        filepath.ToSlash(outside),
	} {
		o, diags := decode(t, fmt.Sprintf("require = \"\"\npath = %q", path))
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		if target, diags := o.Resolve(testPull()); diags.HasErrors() || target.Place != place.Place(want) {
			t.Errorf("%s: got %s, %v, want %s", path, target.Place, diags, want)
		}
	}
}

func TestResolveJSON(t *testing.T) {
	o, diags := decode(t, `{"require": "", "path": "out/${pull.tenant.name}-${lower(pull.window.label)}", "level": 3}`)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	target, diags := o.Resolve(testPull())
	if diags.HasErrors() || target.Place != "out/contoso-day" {
		t.Errorf("got %s, %v", target.Place, diags)
	}
	_, diags = decode(t, `{"require": "", "path": "out/${pull.tenant.nam}"}`)
	if len(diags) != 1 || !strings.Contains(diags[0].Detail, `Did you mean "name"`) {
		t.Errorf("got %v", diags)
	}
}

func TestUnsafeValues(t *testing.T) {
	for _, test := range []struct{ path, value, want string }{
		{`"out/${pull.tenant.name}.json"`, "a/b", "separator"},
		{`"out/${pull.tenant.name}.json"`, `a\b`, "separator"},
		{`"out/${pull.tenant.name}.json"`, "", "empty"},
		{`"out/${pull.tenant.name}/x.json"`, "..", "another directory"},
		{`"out/${pull.tenant.name}/x.json"`, ".", "another directory"},
		{`"out/${pull.tenant.name}/x.json"`, "a\x00b", "control character"},
		{`"out/${pull.tenant.name}/x.json"`, "a\u0085b", "control character"},
		{`"out/${pull.tenant.labels.tier}/x.json"`, "../../etc", "pull.tenant.labels.tier"},
		{`pull.tenant.name`, "/etc/passwd", "separator"},
		{`"${pull.tenant.name}"`, "/etc/passwd", "separator"},
		{`"out/${lower(pull.tenant.name)}"`, "A/B", "separator"},
		{`"out/${pull.tenant.name == "x" ? "a" : pull.tenant.name}"`, "..", "another directory"},
		{`format("out/%s", pull.tenant.name)`, "../x", "pull.tenant.name"},
		{`join("/", ["out", pull.tenant.name])`, "..", "another directory"},
		{`lookup(pull.tenant.labels, "tier", "x")`, "a/b", "separator"},
		{`join("/", [for k, v in pull.tenant.labels : v])`, "..", "another directory"},
	} {
		o, diags := decode(t, "require = \"\"\npath = "+test.path)
		if diags.HasErrors() {
			t.Errorf("%s: %v", test.path, diags)
			continue
		}
		pull := testPull()
		pull.Tenant.Name = test.value
		pull.Tenant.Labels["tier"] = test.value
		_, diags = o.Resolve(pull)
		if len(diags) != 1 || diags[0].Subject.Start.Line != 2 || !strings.Contains(diags[0].Detail, test.want) || !strings.Contains(diags[0].Detail, fmt.Sprintf("%q", test.value)[1:]) && !strings.Contains(test.path, "lower") {
			t.Errorf("%s with %q: %v", test.path, test.value, diags)
		}
	}
}

func TestResolveReportsAllMistakes(t *testing.T) {
	o, diags := decode(t, "require = \"\"\nlevel = pull.tenant.name == \"a/b\" ? 10 : 1\npath = \"${pull.tenant.name}/${pull.tenant.labels.none}\"")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	pull := testPull()
	pull.Tenant.Name = "a/b"
	_, diags = o.Resolve(pull)
	if len(diags) != 3 || !strings.Contains(diags[1].Detail, `no label "none"`) || diags[2].Subject.Start.Line != 2 {
		t.Errorf("got %v", diags)
	}
}

func TestDecodeMistakes(t *testing.T) {
	for _, test := range []struct {
		name, body string
		line       int
		want       string
	}{
		{"no path", "require = \"\"", 1, `"path" is required`},
		{"no required option", "path = \"a\"", 1, `"require" is required`},
		{"misspelt option", "path = \"a\"\nrequire = \"\"\nlevl = 1", 3, `Did you mean "level"`},
		{"a block", "path = \"a\"\nrequire = \"\"\nlevel {\n}", 3, "level"},
		{"misspelt group", "require = \"\"\npath = \"${pull.tennant.name}\"", 2, `Did you mean "tenant"`},
		{"misspelt attribute", "require = \"\"\npath = \"${pull.window.lable}\"", 2, `Did you mean "label"`},
		{"unknown attribute", "require = \"\"\npath = \"${pull.report.colour}\"", 2, "It has name and type."},
		{"misspelt in an option", "require = pull.report.nam\npath = \"a\"", 1, `Did you mean "name"`},
		{"misspelt root", "require = \"\"\npath = \"${pul.report.name}\"", 2, `Did you mean "pull"`},
		{"unknown variable", "require = \"\"\npath = \"${var.rot}\"", 2, "rot"},
		{"an object in the path", "require = \"\"\npath = pull.tenant", 2, "A path is a text"},
		{"a list as path", "require = \"\"\npath = [\"a\"]", 2, "A path is a text"},
		{"an object in a template", "require = \"\"\npath = \"${pull.tenant}\"", 2, "string"},
		{"null path", "require = \"\"\npath = null", 2, "null"},
		{"empty path", "require = \"\"\npath = \"\"", 2, "empty"},
		{"a NUL in the path", "require = \"\"\npath = \"a\\u0000b\"", 2, "has a NUL"},
		{"a directory", "require = \"\"\npath = \"out/\"", 2, "names a directory"},
		{"a directory of a pull", "require = \"\"\npath = \"${pull.tenant.name}/\"", 2, "names a directory"},
		{"wrong type", "require = \"\"\npath = \"a\"\nlevel = \"high\"", 3, `"level"`},
		{"wrong type with pull", "require = \"\"\npath = \"a\"\nlevel = [pull.tenant.name]", 3, `"level"`},
		{"wrong type of list", "require = \"\"\npath = \"a\"\nnames = [{}]", 3, `"names"`},
		{"wrong value", "require = \"\"\npath = \"a\"\nlevel = 10", 3, "too high"},
		{"no such function", "require = nofunc()\npath = \"a\"", 1, "nofunc"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, diags := decode(t, test.body)
			if len(diags) != 1 || diags[0].Subject.Start.Line != test.line || !strings.Contains(diags[0].Error(), test.want) {
				t.Errorf("want %q on line %d, got %v", test.want, test.line, diags)
			}
		})
	}
}

// A path that begins as a URL does is no directory "s3:". That is said as early as
// the beginning is known.
func TestURLsAreNoPaths(t *testing.T) {
	const early, late, never = "when the block is decoded", "for a pull", ""
	for _, test := range []struct{ path, when, begin string }{
		{`"s3://bucket/x.ndjson"`, early, "s3://"},
		{`"S3://bucket/x.ndjson"`, early, "S3://"},
		{`"azblob://container/x"`, early, "azblob://"},
		{`"gs://bucket/${pull.tenant.name}.ndjson"`, early, "gs://"},
		{`"git+ssh.x-1://host/x"`, early, "git+ssh.x-1://"},
		{`"https://user:hunter2@host/${pull.tenant.name}"`, early, "https://"},
		{`"file:///var/x"`, early, "file://"},
		{`"file:/var/x"`, early, "file:/"},
		{`"s3:/bucket/x"`, early, "s3:/"},
		{`"${var.store}://bucket/x"`, early, "s3://"},
		{`"${var.store}://bucket/${pull.tenant.name}"`, early, "s3://"},
		{`"${var.store}:/${pull.tenant.name}"`, early, "s3:/"},
		{`"${var.bucket}/${pull.tenant.name}"`, early, "s3://"},
		{`format("s3://bucket/%s", pull.tenant.name)`, early, "s3://"},
		{`join("/", ["s3://bucket", pull.tenant.name])`, late, "s3://"},
		{`"${pull.tenant.name}://x"`, late, "contoso://"},
		{`"${pull.tenant.name == "contoso" ? "s3" : "x"}://x"`, late, "s3://"},
		{`pull.tenant.name == "contoso" ? "s3://x" : "x"`, late, "s3://"},
		{`"C:/x"`, never, ""},
		{`"c://x"`, never, ""},
		{`"C:\\x"`, never, ""},
		{`"./s3:/x"`, never, ""},
		{`"out/s3://x"`, never, ""},
		{`"a:b/x"`, never, ""},
		{`"out/${pull.tenant.name}by:/x"`, never, ""},
		{`"2026:/x"`, never, ""},
		{`"${pull.tenant.name}:x"`, never, ""},
		{`"${pull.tenant.name}-${pull.window.from}/x"`, never, ""},
		{`"s3"`, never, ""},
		{`"s3:"`, never, ""},
		{`"://x"`, never, ""},
		{`"ü://x"`, never, ""},
	} {
		o, diags := decode(t, "require = \"\"\npath = "+test.path)
		when := never
		if diags.HasErrors() {
			when = early
		} else if _, diags = o.Resolve(testPull()); diags.HasErrors() {
			when = late
		}
		if when != test.when {
			t.Errorf("%s: a mistake %s, want it %s: %v", test.path, when, test.when, diags)
			continue
		}
		if when == never {
			continue
		}
		text := diags.Error()
		if len(diags) != 1 || diags[0].Subject.Start.Line != 2 || !strings.Contains(text, fmt.Sprintf("with %q, but outputs write to files of this machine", test.begin)) || strings.Contains(text, "hunter2") {
			t.Errorf("%s: %v", test.path, diags)
		}
		if isFile := strings.HasPrefix(test.begin, "file"); strings.Contains(text, "mount the store") == isFile || strings.Contains(text, "without") != isFile {
			t.Errorf("%s has the remedy %s", test.path, text)
		}
	}
}

func TestDecodeReportsAllMistakes(t *testing.T) {
	_, diags := decode(t, "path = \"out/${pull.x}/\"\nlevel = \"high\"\ncolour = 1\nnames = 5")
	if len(diags) != 5 { // path, level, colour, names, require missing
		t.Errorf("got %d: %v", len(diags), diags)
	}
	if _, diags := decode(t, "path = \"a\"\nrequire = [1]\nlevel = 10"); len(diags) != 2 { // a wrong type and a wrong value
		t.Errorf("got %d: %v", len(diags), diags)
	}
	_, diags = decode(t, "require = \"\"\npth = \"a\"")
	if len(diags) != 2 || !strings.Contains(diags[0].Detail+diags[1].Detail, `Did you mean "path"`) {
		t.Errorf("got %v", diags)
	}
}

func TestOptions(t *testing.T) {
	definition := func(body string, pull *outputs.Pull) string {
		t.Helper()
		o, diags := decode(t, "path = \"a\"\n"+body)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		target, diags := o.Resolve(pull)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		return target.Definition
	}
	for _, test := range []struct{ body, want string }{
		{`require = "x"`, `plain {"level":1,"names":null,"suffix":"\n","require":"x"}`},
		{"require = var.n\nlevel = null\nsuffix = null", `plain {"level":1,"names":null,"suffix":"\n","require":"7"}`},
		{"require = \"\"\nnames = [\"a\", pull.tenant.name]\nlevel = pull.tenant.name == \"contoso\" ? 2 : 3", `plain {"level":2,"names":["a","contoso"],"suffix":"\n","require":""}`},
	} {
		if diff := cmp.Diff(test.want, definition(test.body, testPull())); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.body, diff)
		}
	}
}

// A path made of texts and values of pull is not evaluated by hcl, which would
// take minutes for a plan of many pulls.
func TestResolveIsCheap(t *testing.T) {
	o, diags := decode(t, "require = \"\"\npath = \"out/${pull.tenant.name}/${var.root}/${pull.tenant.labels.tier}-${pull.window.label}.json\"")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	pull := testPull()
	if got := testing.AllocsPerRun(100, func() { _, _ = o.Resolve(pull) }); got > 6 {
		t.Errorf("Resolve allocates %v times", got)
	}
}

func BenchmarkResolve(b *testing.B) {
	for name, body := range map[string]string{
		"path":   "require = \"\"\npath = \"out/${pull.tenant.name}/${pull.report.name}/${pull.window.label}.json\"",
		"option": "require = pull.report.type\npath = \"out/${pull.tenant.name}/${pull.report.name}/${pull.window.label}.json\"",
	} {
		b.Run(name, func(b *testing.B) {
			o, diags := decode(b, body)
			if diags.HasErrors() {
				b.Fatal(diags)
			}
			pull := testPull()
			b.ReportAllocs()
			for b.Loop() {
				_, _ = o.Resolve(pull)
			}
		})
	}
}
