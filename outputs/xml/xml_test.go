package xml

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reportform/reportform/internal/rawjson"
	"github.com/reportform/reportform/outputs/outputstest"
)

func TestFormat(t *testing.T) {
	outputstest.Run(t, outputstest.Subject{Name: "xml", Format: Format(), Decode: decode})
}

// decode reads a file back by the rules of the package comment alone.
func decode(data []byte) ([]any, error) {
	d := xml.NewDecoder(bytes.NewReader(data))
	events := []any{}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return events, nil
		}
		if err != nil {
			return nil, err
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "event" {
			v, err := decodeValue(d, "object", "")
			if err != nil {
				return nil, err
			}
			events = append(events, v)
		}
	}
}

func decodeValue(d *xml.Decoder, kind, encoding string) (any, error) {
	object, array, text := map[string]any{}, []any{}, ""
	for {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.CharData:
			text += string(token)
		case xml.StartElement:
			attr := map[string]string{}
			for _, a := range token.Attr {
				attr[a.Name.Local] = a.Value
			}
			v, err := decodeValue(d, attr["type"], attr["encoding"])
			if err != nil {
				return nil, err
			}
			name := token.Name.Local
			if name == "member" {
				if name, err = unescape(attr["name"], attr["name-encoding"]); err != nil {
					return nil, err
				}
			}
			object[name] = v
			array = append(array, v)
		case xml.EndElement:
			switch kind {
			case "object":
				return object, nil
			case "array":
				return array, nil
			case "number":
				return json.Number(text), nil
			case "boolean":
				return text == "true", nil
			case "null":
				return nil, nil
			case "":
				return unescape(text, encoding)
			}
			return nil, fmt.Errorf("type %q", kind)
		}
	}
}

func unescape(text, encoding string) (string, error) {
	if encoding == "" {
		return text, nil
	}
	var s string
	err := json.Unmarshal([]byte(`"`+text+`"`), &s)
	return s, err
}

func encode(t testing.TB, raw ...string) string {
	t.Helper()
	var b bytes.Buffer
	e, err := (&Options{}).NewEncoder(&b, outputstest.Pull())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range raw {
		if err := e.Encode(outputstest.Event(r)); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestMembers(t *testing.T) {
	for _, test := range []struct{ raw, want string }{
		{`{"a":"x & <y> \"z\""}`, `<a>x &amp; &lt;y&gt; &quot;z&quot;</a>`},
		{`{"a":"1\r\n2\t3"}`, `<a>1&#13;&#10;2&#9;3</a>`},
		{`{"a":1e400,"b":-0}`, `<a type="number">1e400</a><b type="number">-0</b>`},
		{`{"a":true,"b":null,"c":""}`, `<a type="boolean">true</a><b type="null"></b><c></c>`},
		{`{"a":[1,["x"],{}]}`, `<a type="array"><item type="number">1</item><item type="array"><item>x</item></item><item type="object"></item></a>`},
		{`{"a":"\u0007\u00e9"}`, `<a encoding="json">\u0007\u00e9</a>`},
		{`{"a":"` + "\uffff" + `<\n"}`, `<a encoding="json">\uffff&lt;\n</a>`},
		{`{"a":"\ud800","b":"\udc00\ud800","c":"\ud83d\ude00"}`, `<a encoding="json">\ud800</a><b encoding="json">\udc00\ud800</b><c>😀</c>`},
		{`{"a":"\\ud800 ` + "\ufffd\uff0c" + `"}`, "<a>\\ud800 \ufffd\uff0c</a>"},
		{`{"member":"1","item":"2","xmlns":"3","a:b":"4"}`, `<member name="member">1</member><member name="item">2</member><member name="xmlns">3</member><member name="a:b">4</member>`},
		{`{"\u0001\n":1,"a\"\n":2}`, `<member name-encoding="json" name="\u0001\n" type="number">1</member><member name="a&quot;&#10;" type="number">2</member>`},
		{`{"a":1,"a":2}`, `<a type="number">1</a><a type="number">2</a>`},
	} {
		_, rest, _ := strings.Cut(encode(t, test.raw), "<event>")
		got, _, _ := strings.Cut(rest, "</event>")
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.raw, diff)
		}
	}
}

func TestRoot(t *testing.T) {
	pull := outputstest.Pull()
	pull.Tenant.Name = "a \"b\" <c>\n\x01"
	var b bytes.Buffer
	e, err := (&Options{}).NewEncoder(&b, pull)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if events, err := decode(b.Bytes()); err != nil || len(events) != 0 {
		t.Errorf("%v, %v\n%s", events, err, b.String())
	}
}

func TestWellFormedForLibxml(t *testing.T) {
	lint, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("no xmllint here")
	}
	var raw []string
	for _, e := range outputstest.NastyEvents() {
		raw = append(raw, string(e.Raw))
	}
	cmd := exec.Command(lint, "--noout", "--huge", "-")
	cmd.Stdin = strings.NewReader(encode(t, raw...))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%.2000s", err, out)
	}
}

func FuzzLossless(f *testing.F) {
	for _, e := range outputstest.NastyEvents() {
		if len(e.Raw) < 1000 {
			f.Add(string(e.Raw))
		}
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if rawjson.KindOf([]byte(raw)) != rawjson.Object || rawjson.Valid([]byte(raw)) != nil {
			t.Skip()
		}
		data := encode(t, raw)
		got, err := decode([]byte(data))
		if err != nil {
			t.Fatalf("%v\n%s", err, data)
		}
		want, err := outputstest.Value([]byte(raw))
		if err != nil {
			t.Skip() // nested deeper than encoding/json goes
		}
		if diff := cmp.Diff([]any{want}, got); diff != "" {
			t.Errorf("(-want +got):\n%s\n%s", diff, data)
		}
	})
}

func BenchmarkEncode(b *testing.B) { outputstest.BenchmarkEncoding(b, &Options{}) }

// Every byte, at every place of the eight that are looked at together.
func TestIsElementName(t *testing.T) {
	valid := regexp.MustCompile(`^[A-Za-z_][-A-Za-z0-9_.]*$`)
	for b := range 256 {
		for length := range 20 {
			for at := range length {
				name := bytes.Repeat([]byte("a"), length)
				name[at] = byte(b)
				if got := isElementName(name); got != valid.Match(name) {
					t.Fatalf("isElementName(%q) = %t", name, got)
				}
			}
		}
	}
	for _, name := range []string{"", "member", "item", "xml", "XmLNamespace", "1a"} {
		if isElementName([]byte(name)) {
			t.Errorf("isElementName(%q)", name)
		}
	}
	for _, name := range []string{"members", "items", "xm", "Member", "m", "i", "x"} {
		if !isElementName([]byte(name)) {
			t.Errorf("not isElementName(%q)", name)
		}
	}
}

// Every character, at every place of the eight that are looked at together.
func TestEveryCharacter(t *testing.T) {
	for r := range rune(0x10000) {
		if r < 0x20 || r == '"' || r == '\\' || r >= 0xd800 && r < 0xe000 || r > 0x200 && r < 0xff00 {
			continue
		}
		raw := `{"k":"abcdefgh` + string(r) + `ijklmnopq"}`
		o := &Options{}
		var b bytes.Buffer
		e, err := o.NewEncoder(&b, outputstest.Pull())
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(e.Encode(outputstest.Event(raw)), e.Close()); err != nil {
			t.Fatal(err)
		}
		want := "<k>abcdefgh" + string(r) + "ijklmnopq</k>"
		switch r {
		case '&':
			want = "<k>abcdefgh&amp;ijklmnopq</k>"
		case '<':
			want = "<k>abcdefgh&lt;ijklmnopq</k>"
		case '>':
			want = "<k>abcdefgh&gt;ijklmnopq</k>"
		case 0xfffe, 0xffff:
			want = fmt.Sprintf(`<k encoding="json">abcdefgh\u%04xijklmnopq</k>`, r)
		}
		if !strings.Contains(b.String(), "<event>"+want+"</event>") {
			t.Fatalf("%s becomes %s", raw, b.String())
		}
	}
}
