package rawjson

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

// nasty are values, valid and not, at the edges of the grammar.
var nasty = []string{
	``, ` `, `null`, ` true `, `false`, `nul`, `nullx`, `truE`, `fals`, "\ufeff{}", "\xef\xbb",
	`0`, `-0`, `-`, `01`, `1.`, `.5`, `1.5e`, `1e+`, `1E-7`, `1e999`, `-1.25E+10`, `0x10`, `+1`, `1 2`, `1_000`, `Infinity`, `NaN`,
	`123456789012345678901234567890.123456789012345678901234567890`,
	`""`, `"`, `"a`, `"a\`, `"\"`, `"\\"`, `"\u`, `"\u12`, `"\u123g"`, `"\u00e9\u4e2d"`, `"\x41"`, `"\/\b\f\n\r\t"`,
	`"\ud83d\ude00"`, `"\ud83d"`, `"\ude00"`, `"\ud83d\ud83d\ude00"`, `"\ud83dx"`, `"\ud83d\n"`, `"\u0000"`, `"\uD83D\u0041"`,
	"\"\x00\"", "\"\x1f\"", "\"\x7f\"", "\"a\nb\"", "\"tab\there\"", "\"\u2028\u2029\"", `"'\"'"`,
	"\"caf\u00e9\"", "\"\U0001f600\"", "\"\u4e2d\u6587\u5b57\u7b26\u4e32\"",
	"\"\xc0\xaf\"", "\"\xe0\x80\x80\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xf8\x88\x80\x80\x80\"", "\"\x80\"", "\"\xc3\"", "\"\xe4\xb8\"", "\"\xff\"", "\"\u00e9\xc3\"",
	"\xc3\xa9", "{\"\xff\":1}", "[\u00a0]", "\x00", "1\x00", "[1\x00]",
	`{}`, `{ }`, `{"a":1}`, `{"a":1,}`, `{,}`, `{"a"}`, `{"a":}`, `{"a" 1}`, `{a:1}`, `{'a':1}`, `{"a":1 "b":2}`, `{"a":1]`, `{"a":1`, `{"a":1}}`, `{1:2}`, `{"a"::1}`, `{"a":1,,"b":2}`,
	`{"":""}`, `{"a":1,"a":2}`, `{"@odata.type":"#x"}`, `{"\u0061":1,"a":2}`, `{"a\"b":1}`, `{"a\\":1}`,
	`[]`, `[ ]`, `[1,2]`, `[1,]`, `[,1]`, `[1 2]`, `[1}`, `[`, `]`, `[[]`, `[[],[]]`, `[{}]`, `[1]]`, `[,]`,
	" [ 1 , \"a\" ,\n{ \"k\" :\tnull , \"l\" : [ ] } ]\r\n",
	`"1234567"`, `"12345678"`, `"123456789"`, `"123456\\"`, `"1234567\\"`, `"1234567\""`, "\"1234567\x01\"", "\"123456\u00e9\"", "\"1234567\u00e9\"", "\"1234567\xe9\"",
	`{"value":[{"id":"1"}],"@odata.nextLink":"https:\/\/a\/b?x=\u0026"}`,
	`// comment`, `{"a":1} // comment`, `[1,/**/2]`,
}

// deep returns n arrays and objects, nested in turn.
func deep(n int) string {
	open, closing := "", ""
	for i := range n {
		if i%2 == 0 {
			open, closing = open+"[", "]"+closing
		} else {
			open, closing = open+`{"k":`, "}"+closing
		}
	}
	if n%2 == 0 && n > 0 {
		open += "1"
	}
	return open + closing
}

// depth returns how deep the brackets outside the strings of valid JSON nest.
func depth(data []byte) int {
	now, most, quoted := 0, 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			now++
			most = max(most, now)
		case c == '}' || c == ']':
			now--
		}
	}
	return most
}

// checkValid compares Valid with the standard library.
func checkValid(t *testing.T, data []byte) {
	t.Helper()
	err := Valid(data)
	want := json.Valid(data) && utf8.Valid(data) && depth(data) <= MaxDepth
	if (err == nil) != want {
		t.Fatalf("Valid(%q) = %v, want valid %t", data, err, want)
	}
	if err == nil {
		return
	}
	var syntax *SyntaxError
	if !errors.As(err, &syntax) || syntax.Reason == "" || syntax.Offset < 0 || syntax.Offset > len(data) {
		t.Fatalf("Valid(%q) = %#v, want a reason and an offset within the data", data, err)
	}
}

func TestValid(t *testing.T) {
	for _, s := range nasty {
		checkValid(t, []byte(s))
		// The same within a longer text meets the paths for many bytes at once.
		checkValid(t, []byte(`{"a":"some text before","k":`+s+`,"z":"some text after"}`))
		checkValid(t, []byte(`["some text before",`+s+`,"some text after"]`))
		checkValid(t, []byte("[\n"+s+"\n]"))
	}
}

// Every byte, at every place of the eight that are looked at together, within
// a string and outside of one.
func TestValidEveryByte(t *testing.T) {
	for b := range 256 {
		for at := range 17 {
			text := []byte(`"abcdefghijklmnopqrst"`)
			text[at+1] = byte(b)
			checkValid(t, text)
			list := []byte(`[1,[2],{"a":3},"b",null,true,false,-4.5e6]`)
			for k := range list {
				old := list[k]
				list[k] = byte(b)
				if at == 0 {
					checkValid(t, list)
				}
				list[k] = old
			}
		}
	}
}

func TestValidDepth(t *testing.T) {
	for _, n := range []int{1, 2, 63, 64, 65, 200, MaxDepth - 1, MaxDepth, MaxDepth + 1, 5000} {
		checkValid(t, []byte(deep(n)))
	}
	// Brackets that never close must not exhaust the stack.
	for _, open := range []string{"[", `{"a":`} {
		err := Valid([]byte(strings.Repeat(open, 1_000_000)))
		if err == nil || !strings.Contains(err.Error(), "deeper than 512") {
			t.Errorf("a million of %s: %v", open, err)
		}
	}
}

func TestValidErrors(t *testing.T) {
	for _, test := range []struct{ data, want string }{
		{``, `invalid JSON at byte 0: there is no data`},
		{" \n", `invalid JSON at byte 2: there is no value, only white space`},
		{"\xef\xbb\xbf{}", `invalid JSON at byte 0: a byte order mark stands before the value`},
		{`{"a":1}x`, `invalid JSON at byte 7: "x" follows the value`},
		{`{"a":1`, `invalid JSON at byte 6: the data ends where "," or "}" is expected`},
		{`{"a":`, `invalid JSON at byte 5: the data ends where a value is expected`},
		{`{"a`, `invalid JSON at byte 3: the data ends within a string`},
		{"\"\xe4\xb8", `invalid JSON at byte 3: the data ends within a string`},
		{`"ab\`, `invalid JSON at byte 4: the data ends where an escape is expected`},
		{`"ab\q"`, `invalid JSON at byte 4: "q" where an escape is expected`},
		{`"ab\u12x4"`, `invalid JSON at byte 7: "x" where a hexadecimal digit is expected`},
		{"\"a\nb\"", `invalid JSON at byte 2: a control character, 0x0a, within a string`},
		{"\"a\xffb\"", `invalid JSON at byte 2: invalid UTF-8 within a string`},
		{"[\xff]", `invalid JSON at byte 1: "\xff" where a value is expected`},
		{`[1,]`, `invalid JSON at byte 3: "]" where a value is expected`},
		{`[01]`, `invalid JSON at byte 2: "1" where "," or "]" is expected`},
		{`[-]`, `invalid JSON at byte 2: "]" where a digit is expected`},
		{`[nul]`, `invalid JSON at byte 4: "]" where null is expected`},
		{`{a:1}`, `invalid JSON at byte 1: "a" where a name in quotes is expected`},
		{`{"a" 1}`, `invalid JSON at byte 5: "1" where ":" is expected`},
		{"<html>", `invalid JSON at byte 0: "<" where a value is expected`},
	} {
		err := Valid([]byte(test.data))
		if err == nil || err.Error() != test.want {
			t.Errorf("Valid(%q)\n got %v\nwant %s", test.data, err, test.want)
		}
	}
}

func FuzzValid(f *testing.F) {
	for _, s := range nasty {
		f.Add([]byte(s))
	}
	f.Add([]byte(deep(MaxDepth)))
	f.Add([]byte(deep(MaxDepth + 1)))
	f.Add(signInEvent(2))
	f.Fuzz(func(t *testing.T, data []byte) { checkValid(t, data) })
}
