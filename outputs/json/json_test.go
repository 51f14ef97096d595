package json

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/reportform/reportform/outputs"
	"github.com/reportform/reportform/outputs/outputstest"
)

func decode(data []byte) ([]any, error) {
	v, err := outputstest.Value(data)
	list, _ := v.([]any)
	return list, err
}

func TestFormat(t *testing.T) {
	outputstest.Run(t, outputstest.Subject{Name: "json", Format: Format(), Bodies: []string{"indent = 2"}, Decode: decode})
}

func TestIndent(t *testing.T) {
	events := outputstest.NastyEvents()
	var b bytes.Buffer
	encode(t, &Options{Indent: 2}, &b, events)
	got, err := decode(b.Bytes())
	if err != nil || len(got) != len(events) {
		t.Fatalf("%d events, %v", len(got), err)
	}
	// Neither the order of members nor the digits of numbers may change.
	var compact bytes.Buffer
	if err := json.Compact(&compact, b.Bytes()); err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	want.WriteByte('[')
	for i, e := range events {
		if i > 0 {
			want.WriteByte(',')
		}
		if err := json.Compact(&want, e.Raw); err != nil {
			t.Fatal(err)
		}
	}
	want.WriteByte(']')
	if !bytes.Equal(compact.Bytes(), want.Bytes()) {
		t.Errorf("indenting changed the events:\n%.2000s\nwant\n%.2000s", compact.Bytes(), want.Bytes())
	}
}

func TestIndentShape(t *testing.T) {
	var b bytes.Buffer
	encode(t, &Options{Indent: 2}, &b, []*outputs.Event{outputstest.Event(`{"a":{"b":1.0}}`), outputstest.Event(`{}`)})
	want := "[\n  {\n    \"a\": {\n      \"b\": 1.0\n    }\n  },\n  {}\n]\n"
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

func TestIndentOutOfRange(t *testing.T) {
	for _, body := range []string{`indent = -1`, `indent = 17`, `indent = 1.5`, `indent = "x"`} {
		_, diags := outputstest.Decode(Format(), "path = \"a\"\n"+body, "/", nil)
		if len(diags) != 1 || diags[0].Subject.Start.Line != 2 || !strings.Contains(diags[0].Error(), "indent") {
			t.Errorf("%s: %v", body, diags)
		}
	}
}

func encode(t *testing.T, o *Options, b *bytes.Buffer, events []*outputs.Event) {
	t.Helper()
	e, err := o.NewEncoder(b, outputstest.Pull())
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
}

func BenchmarkEncode(b *testing.B) { outputstest.BenchmarkEncoding(b, &Options{}) }

func BenchmarkEncodeIndented(b *testing.B) { outputstest.BenchmarkEncoding(b, &Options{Indent: 2}) }
