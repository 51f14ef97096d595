package rawjson

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// checkText compares the functions on texts with the standard library.
func checkText(t *testing.T, text string) {
	t.Helper()
	// As the content of a literal.
	literal := []byte(`"` + text + `"`)
	got := AppendString([]byte("before "), literal)
	if !strings.HasPrefix(string(got), "before ") {
		t.Fatalf("AppendString(%q) overwrites: %q", literal, got)
	}
	if Valid(literal) == nil {
		var want string
		if err := json.Unmarshal(literal, &want); err != nil {
			t.Fatal(err)
		}
		if string(got[7:]) != want {
			t.Fatalf("AppendString(%q) = %q, want %q", literal, got[7:], want)
		}
		if got := AppendUnescaped(nil, []byte(text)); string(got) != want {
			t.Fatalf("AppendUnescaped(%q) = %q, want %q", text, got, want)
		}
		if got := HasEscapes([]byte(text)); got != strings.Contains(text, `\`) {
			t.Fatalf("HasEscapes(%q) = %t", text, got)
		}
		if !nameIs([]byte(text), want) || nameIs([]byte(text), want+"x") || nameIs([]byte(text+"x"), want) {
			t.Fatalf("the key %q is not told apart", text)
		}
	}

	// As a text to write.
	quoted := AppendQuoted(nil, text)
	if fromBytes := AppendQuoted(nil, []byte(text)); string(fromBytes) != string(quoted) {
		t.Fatalf("AppendQuoted(%q) = %q from a string, %q from bytes", text, quoted, fromBytes)
	}
	if err := Valid(quoted); err != nil {
		t.Fatalf("AppendQuoted(%q) = %q: %v", text, quoted, err)
	}
	if got, want := string(AppendString(nil, quoted)), string([]rune(text)); got != want {
		t.Fatalf("AppendQuoted(%q) = %q, which reads %q", text, quoted, got)
	}
}

func TestText(t *testing.T) {
	for _, s := range nasty {
		checkText(t, s)
		checkText(t, strings.Trim(s, `"`))
	}
	for _, s := range []string{`\u0000`, `\uD834\uDD1E`, `\ud834\ud834\udd1e`, `\udd1e\ud834`, `\ud834\u0041`, `\ud834\\u0041`, `\u`, `\`, `\ud834\u`, `a\/b`, `\ufffd`} {
		checkText(t, s)
		checkText(t, "long enough for more than one word "+s+" and some more behind it")
	}
	for b := range 256 {
		checkText(t, string([]byte{byte(b)}))
		checkText(t, "a"+string([]byte{'\\', byte(b)})+"b")
	}
}

func TestAppendQuoted(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", `""`},
		{"plain", `"plain"`},
		{`a"b\c/d`, `"a\"b\\c/d"`},
		{"\x00\b\f\n\r\t\x1f\x7f", "\"\\u0000\\u0008\\u000c\\n\\r\\t\\u001f\x7f\""},
		{"<&>\u2028\u00e9\U0001f600", "\"<&>\u2028\u00e9\U0001f600\""},
		{"a\xffb\xc3", "\"a\ufffdb\ufffd\""},
		{"\ufffd", "\"\ufffd\""},
	} {
		if got := string(AppendQuoted(nil, test.text)); got != test.want {
			t.Errorf("AppendQuoted(%q) = %q, want %q", test.text, got, test.want)
		}
	}
}

func TestAppendStringOfRubbish(t *testing.T) {
	for _, s := range []string{"", `"`, `x`, `"\`, `"\u"`, `"\ud800\`} {
		if got := AppendString(nil, []byte(s)); !utf8.Valid(got) {
			t.Errorf("AppendString(%q) = %q", s, got)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, s := range nasty {
		f.Add(s)
		f.Add(strings.Trim(s, `"`))
	}
	f.Fuzz(checkText)
}

func TestReadable(t *testing.T) {
	for content, want := range map[string]string{
		`plain`: `plain`, ``: ``, `\u0041\n`: "A\n", `\\u0000`: `\u0000`, `\ufffd`: "\ufffd", `\ud83d\ude00`: "😀", `\u0001`: "\x01",
		`nul\u0000x`: `nul\u0000x`, `\uD800`: `\uD800`, `\udc00\ud83d`: `\udc00\ud83d`, `\ud83d\ud83d\ude00\t`: `\ud83d😀` + "\t", `\ud800\u0041`: `\ud800A`,
	} {
		if got := string(AppendReadable([]byte("x"), []byte(content))); got != "x"+want {
			t.Errorf("%s is read as %q, want %q", content, got, "x"+want)
		}
		text := string(AppendUnescaped(nil, []byte(content)))
		if got := Readable([]byte(content)); got != (text == want) {
			t.Errorf("%s is readable: %v", content, got)
		}
	}
}
