package rawjson

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// rebuild makes of the next value what json.Unmarshal with UseNumber does.
func rebuild(c *Cursor) any {
	switch c.Kind() {
	case Object:
		m := map[string]any{}
		c.Enter()
		for key, ok := c.NextKey(); ok; key, ok = c.NextKey() {
			m[string(AppendUnescaped(nil, key))] = rebuild(c)
		}
		return m
	case Array:
		a := []any{}
		c.Enter()
		for c.NextElement() {
			a = append(a, rebuild(c))
		}
		return a
	case String:
		other := *c
		other.Text()
		return string(AppendString(nil, c.Value()))
	case Number:
		return json.Number(c.Value())
	case True, False:
		return string(c.Value()) == "true"
	default:
		c.Value()
		return nil
	}
}

// checkTexts checks what the cursor says about the keys and strings of the next
// value, which is valid.
func checkTexts(t *testing.T, c *Cursor) {
	t.Helper()
	switch c.Kind() {
	case Object:
		c.Enter()
		for key, ok := c.NextKey(); ok; key, ok = c.NextKey() {
			if c.Escaped() != HasEscapes(key) {
				t.Fatalf("the key %q: escaped %t", key, c.Escaped())
			}
			checkTexts(t, c)
		}
	case Array:
		c.Enter()
		for c.NextElement() {
			checkTexts(t, c)
		}
	case String:
		other := *c
		raw := c.Value()
		content, plain := other.Text()
		if other.pos != c.pos || string(content) != string(raw[1:len(raw)-1]) {
			t.Fatalf("the content of %q is %q", raw, content)
		}
		if plain == bytes.ContainsFunc(content, notPlain) || c.Escaped() != HasEscapes(content) {
			t.Fatalf("%q: plain %t, escaped %t", raw, plain, c.Escaped())
		}
	default:
		c.Value()
	}
}

// notPlain reports whether a string with this character is not plain.
func notPlain(r rune) bool {
	return r < ' ' || r >= 0x7f || strings.ContainsRune(`\&<>`, r)
}

// checkCursor compares the readers with the standard library if data is valid.
// Otherwise it only calls them.
func checkCursor(t *testing.T, data []byte) {
	t.Helper()
	c := NewCursor(data)
	got := rebuild(&c)
	whole := NewCursor(data)
	value := whole.Value()
	compact := AppendCompact(nil, data)
	AppendString(nil, data)
	AppendUnescaped(nil, data)
	Lookup(data, "a", "k")
	Lookup(data, "")
	if Valid(data) != nil {
		return
	}

	texts := NewCursor(data)
	checkTexts(t, &texts)

	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var want any
	if err := d.Decode(&want); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(want, got) {
		t.Fatalf("walking %q:\nwant %v\n got %v", data, want, got)
	}
	if want := bytes.Trim(data, " \t\r\n"); !bytes.Equal(value, want) {
		t.Fatalf("Value of %q = %q", data, value)
	}
	var b bytes.Buffer
	if err := json.Compact(&b, data); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(compact, b.Bytes()) {
		t.Fatalf("AppendCompact(%q) = %q", data, compact)
	}

	object, isObject := want.(map[string]any)
	if isObject {
		raw := map[string]json.RawMessage{}
		if err := json.Unmarshal(data, &raw); err != nil {
			t.Fatal(err)
		}
		for name := range object {
			if got := Lookup(data, name); !bytes.Equal(got, raw[name]) {
				t.Fatalf("Lookup(%q, %q) = %q, want %q", data, name, got, raw[name])
			}
		}
	}
	kinds := map[byte]Kind{'n': Null, 't': True, 'f': False, '"': String, '[': Array, '{': Object}
	kind, ok := kinds[value[0]]
	if !ok {
		kind = Number
	}
	if got := KindOf(data); got != kind {
		t.Fatalf("KindOf(%q) = %v, want %v", data, got, kind)
	}
}

func TestCursor(t *testing.T) {
	for _, s := range append(append([]string{deep(MaxDepth)}, nasty...), pages...) {
		checkCursor(t, []byte(s))
		checkCursor(t, []byte(`{"a":{"k":`+s+`},"b":[`+s+` , `+s+`]}`))
	}
	event := signInEvent(5)
	checkCursor(t, event)
	for n := range event {
		checkCursor(t, event[:n])
	}
}

// A subtree that is stepped over whole leaves the cursor where a walk through it does.
func TestCursorValueOfSubtree(t *testing.T) {
	event := signInEvent(4)
	var want map[string]json.RawMessage
	if err := json.Unmarshal(event, &want); err != nil {
		t.Fatal(err)
	}
	got := map[string]json.RawMessage{}
	c := NewCursor(event)
	c.Enter()
	for key, ok := c.NextKey(); ok; key, ok = c.NextKey() {
		got[string(key)] = c.Value()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if c.Kind() != Invalid {
		t.Errorf("after the value comes a %v", c.Kind())
	}
}

func TestCursorAllocations(t *testing.T) {
	event := signInEvent(5)
	allocs := testing.AllocsPerRun(10, func() {
		c := NewCursor(event)
		visit(&c)
		Lookup(event, "location", "geoCoordinates", "latitude")
	})
	if allocs != 0 {
		t.Errorf("%v allocations, want none", allocs)
	}
}

func TestLookup(t *testing.T) {
	const object = ` {"a":{"b":{"c":1}}, "a\u0062" : "x", "d":[{"e":1}], "n":null, "a":{"b":{"c":2,"":3}}, "long":0, "\u006c\u006f\u006e\u0067":9}`
	for _, test := range []struct{ path, want string }{
		{"a", `{"b":{"c":2,"":3}}`},
		{"a/b/c", "2"},
		{"a/b/", "3"},
		{"a/b/c/d", "absent"},
		{"ab", `"x"`},
		{"long", "9"},
		{"d/e", "absent"},
		{"n", "null"},
		{"n/x", "absent"},
		{"A", "absent"},
		{"missing/b", "absent"},
	} {
		got := Lookup([]byte(object), strings.Split(test.path, "/")...)
		if got == nil {
			got = []byte("absent")
		}
		if string(got) != test.want {
			t.Errorf("Lookup(%s) = %s, want %s", test.path, got, test.want)
		}
	}
	if got := Lookup([]byte(`7`)); string(got) != "7" {
		t.Errorf("Lookup without a path = %s", got)
	}
}

func TestKindOf(t *testing.T) {
	for v, want := range map[string]Kind{"": Invalid, " ": Invalid, "x": Invalid, "}": Invalid, "+1": Invalid, " \n[1]": Array, "\t-1": Number, "9": Number, "null": Null} {
		if got := KindOf([]byte(v)); got != want {
			t.Errorf("KindOf(%q) = %v, want %v", v, got, want)
		}
	}
}

func FuzzCursor(f *testing.F) {
	for _, s := range append(append([]string{deep(MaxDepth)}, nasty...), pages...) {
		f.Add([]byte(s))
	}
	f.Add(signInEvent(1))
	f.Fuzz(func(t *testing.T, data []byte) { checkCursor(t, data) })
}

// Every character, at every place of the eight that are looked at together.
func TestCursorText(t *testing.T) {
	for r := range rune(0x120) {
		for at := range 17 {
			text := []rune("abcdefghijklmnopqrst")
			text[at] = r
			for n := at + 1; n <= len(text); n++ {
				checkCursor(t, []byte(`["`+string(text[:n])+`", "`+string(text[:n])+`"]`))
			}
		}
	}
	c := NewCursor([]byte(`7`))
	if content, plain := c.Text(); content != nil || plain || c.Kind() != Invalid {
		t.Errorf("the text of a number is %q, plain %t", content, plain)
	}
}

func TestCursorInt(t *testing.T) {
	for _, test := range []struct {
		data string
		want int64
		rest string // what the cursor stands before afterwards; the value itself if it was no integer
	}{
		{"0", 0, ""},
		{"-7]", -7, "]"},
		{" 12 ,13", 12, " ,13"},
		{"999999999999999999", 999999999999999999, ""},
		{"-999999999999999999}", -999999999999999999, "}"},
		{"1000000000000000000", 0, "1000000000000000000"},
		{"99999999999999999999999999", 0, "99999999999999999999999999"},
		{"1.5", 0, "1.5"},
		{"1e3", 0, "1e3"},
		{"1E3", 0, "1E3"},
		{"null", 0, "null"},
		{`"1"`, 0, `"1"`},
		{"[1]", 0, "[1]"},
		{"-", 0, "-"},
		{"", 0, ""},
	} {
		c := NewCursor([]byte(test.data))
		before := c.pos
		got, ok := c.Int()
		if rest := string(c.data[c.pos:]); got != test.want || rest != test.rest || ok != (c.pos > before) {
			t.Errorf("Int of %q: %d, %t and %q is left", test.data, got, ok, rest)
		}
	}
}
