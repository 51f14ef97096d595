package text

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/reportform/reportform/outputs"
	"github.com/reportform/reportform/outputs/outputstest"
)

func TestFormat(t *testing.T) {
	outputstest.Run(t, outputstest.Subject{
		Name: "text", Format: Format(), Bodies: []string{"columns = [\"id\", \"status.errorCode\"]\nseparator = \" | \"\nheader = false"},
	})
}

func encode(t testing.TB, o *Options, events ...*outputs.Event) string {
	t.Helper()
	var b bytes.Buffer
	e, err := o.NewEncoder(&b, outputstest.Pull())
	if err != nil {
		t.Fatal(err)
	}
	for _, event := range events {
		if err := e.Encode(event); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// align pads the names of lines such as "name : value" to the width of the format.
func align(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(line, " : "); ok {
			name = strings.TrimRight(name, " ")
			line = name + strings.Repeat(" ", max(0, 28-utf8.RuneCountInString(name))) + " : " + value
		}
		b.WriteString(line)
	}
	return b.String()
}

func TestBlocks(t *testing.T) {
	long := strings.Repeat("n", nameWidth+1)
	for _, test := range []struct{ name, raw, want string }{
		{"aligned", `{"a":1,"long":"x"}`, "a    : 1\nlong : x\n\n"},
		{"aligned by characters", `{"ü":1,"ab":2}`, "ü  : 1\nab : 2\n\n"},
		{"aligned by characters below others", `{"ü":{"東\u00e9":1,"a":[{"é":2},{"e":3}],"z":"x"},"b":{"c":4},"\u001b":5}`, "ü.東é : 1\nü.a[0].é : 2\nü.a[1].e : 3\nü.z : x\nb.c : 4\n\\u001b : 5\n\n"},
		{"a long name does not move the others", `{"a":1,"` + long + `":2}`, "a : 1\n" + long + " : 2\n\n"},
		{"nested", `{"a":{"b":{"c":true}}}`, "a.b.c : true\n\n"},
		{"null and empty are left out", `{"a":null,"b":"","c":[],"d":{},"e":[{}],"f":0,"g":false}`, "f : 0\ng : false\n\n"},
		{"nothing", `{"a":null}`, "(no values)\n\n"},
		{"list", `{"a":["x",1,null,true]}`, "a : x, 1, , true\n\n"},
		{"list with an object", `{"a":["x",{"b": 1}]}`, "a : x, {\"b\":1}\n\n"},
		{"objects in an array", `{"a":[{"b":1},{"b":2,"c":[3]},"x"]}`, "a[0].b : 1\na[1].b : 2\na[1].c : 3\na[2]   : x\n\n"},
		{"arrays in an array", `{"a":[[1,2],[[3]]]}`, "a[0]    : 1, 2\na[1][0] : 3\n\n"},
		{"newlines", `{"a":"1\r\n2\t3"}`, "a : 1\\r\\n2\\t3\n\n"},
		{"no text", `{"a":"nul\u0000x \ud800","l":["\udc00\ud83d"],"\ud800":1}`, "a : nul\\u0000x \\ud800\nl : \\udc00\\ud83d\n\\ud800 : 1\n\n"},
		{"backslashes stay", `{"a":"CONTOSO\\adele"}`, "a : CONTOSO\\adele\n\n"},
		{"numbers", `{"a":1e400,"b":-0}`, "a : 1e400\nb : -0\n\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(align(test.want), encode(t, &Options{}, outputstest.Event(test.raw))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestLines(t *testing.T) {
	o := &Options{Columns: []string{"id", "status.errorCode", "gone", "l"}, Separator: " | ", Header: true}
	got := encode(t, o,
		outputstest.Event(`{"l":[1, {"a":"x\ny"}],"status":{"errorCode":5},"id":"a\nb"}`),
		outputstest.Event(`{}`))
	want := "id | status.errorCode | gone | l\n" +
		`a\nb | 5 |  | [1,{"a":"x\ny"}]` + "\n" +
		" |  |  | \n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestNothingReachesTheTerminal(t *testing.T) {
	hostile := outputstest.Event(`{"a\u001b[2J":"\u001b]0;x\u0007","b":"` + "\u009b31m\u202e\u2066\u2028\u200b\ufeff\u007f" + `","c":["\u0000\u000b\u0085","\udbff\udfff"],"d":[{"e":"\u202a\udb40\udc41"}],"f\u000a":[1,{"\u001b":"` + "\u202d" + `"}]}`)
	for name, o := range map[string]*Options{
		"blocks": {},
		"lines":  {Columns: []string{"a\x1b[2J", "b", "c", "d", "f\n"}, Separator: "  ", Header: true},
	} {
		got := encode(t, o, hostile)
		for _, r := range got {
			if r != '\n' && steers(r) {
				t.Errorf("%s: %U gets through in %q", name, r, got)
			}
		}
		if name == "lines" && strings.Count(got, "\n") != 2 {
			t.Errorf("one event is not one line: %q", got)
		}
	}
	if got := encode(t, &Options{}, outputstest.Event(`{"a":"\u001b[31m`+"\u202e\U000e0041"+`"}`)); got != align("a : \\u001b[31m\\u202e\\U000e0041\n\n") {
		t.Errorf("got %q", got)
	}
}

func TestEventsCanBeCounted(t *testing.T) {
	events := outputstest.NastyEvents()
	if got := strings.Count("\n"+encode(t, &Options{}, events...), "\n\n"); got != len(events) {
		t.Errorf("%d empty lines, want %d", got, len(events))
	}
	o := &Options{Columns: []string{"id", "a", "names"}, Separator: "  "}
	if got := strings.Count(encode(t, o, events...), "\n"); got != len(events) {
		t.Errorf("%d lines, want %d", got, len(events))
	}
}

func TestMistakes(t *testing.T) {
	for _, test := range []struct{ body, want string }{
		{`columns = ["a", "a"]`, "named twice"},
		{`separator = ""`, "cannot separate"},
		{`separator = "\n"`, "cannot separate"},
	} {
		_, diags := outputstest.Decode(Format(), "path = \"a\"\n"+test.body, "/", nil)
		if len(diags) != 1 || diags[0].Subject.Start.Line != 2 || !strings.Contains(diags[0].Error(), test.want) {
			t.Errorf("%s: %v", test.body, diags)
		}
	}
}

func BenchmarkEncodeBlocks(b *testing.B) { outputstest.BenchmarkEncoding(b, &Options{}) }

func BenchmarkEncodeLines(b *testing.B) {
	outputstest.BenchmarkEncoding(b, &Options{Separator: "  ", Columns: []string{"createdDateTime", "userPrincipalName", "appDisplayName", "status.errorCode", "location.city"}})
}

func TestPlain(t *testing.T) {
	for _, c := range []byte{0, '\n', 0x1f, 0x7f, 0x80, 0xc3, 0xff} {
		for length := range 20 {
			for i := range length {
				s := bytes.Repeat([]byte("~"), length)
				s[i] = c
				if got := plain(s); got != i {
					t.Errorf("%#x at %d of %d: got %d", c, i, length, got)
				}
			}
		}
	}
	for _, s := range []string{"", "a", " ~", "a text that is long enough to be read in words", strings.Repeat("~ ", 20)} {
		if got := plain([]byte(s)); got != len(s) {
			t.Errorf("%q: got %d", s, got)
		}
	}
}

func TestSteers(t *testing.T) {
	for _, r := range []rune{
		0, '\n', 0x1b, 0x1f, 0x7f, 0x80, 0x9b, 0x9f, 0x061c, 0x200b, 0x200e, 0x200f, 0x2028, 0x2029,
		0x202a, 0x202e, 0x2060, 0x2066, 0x2069, 0x206f, 0xfeff, 0xfff9, 0xe0001, 0xe007f,
	} {
		if !steers(r) {
			t.Errorf("%U is shown as it is", r)
		}
	}
	for _, r := range " ~é\u00a0山😀\u0301\u061b\u2010\u2030\ufffd" {
		if steers(r) {
			t.Errorf("%U is escaped", r)
		}
	}
}
