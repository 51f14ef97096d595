package ndjson

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/reportform/reportform/outputs/outputstest"
)

func TestFormat(t *testing.T) {
	outputstest.Run(t, outputstest.Subject{Name: "ndjson", Format: Format(), Decode: func(data []byte) ([]any, error) {
		var events []any
		for line := range bytes.Lines(data) {
			if !bytes.HasSuffix(line, []byte("\n")) {
				return nil, fmt.Errorf("the last line does not end: %.200s", line)
			}
			v, err := outputstest.Value(line)
			if err != nil {
				return nil, err
			}
			events = append(events, v)
		}
		return events, nil
	}})
}

func TestRawIsUntouched(t *testing.T) {
	raw := `{ "a" : 1.0, "b":"\u00e9\/" }`
	var b bytes.Buffer
	e, err := (&Options{}).NewEncoder(&b, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Encode(outputstest.Event(raw)); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); got != raw+"\n" {
		t.Errorf("got %q", got)
	}
}

func BenchmarkEncode(b *testing.B) { outputstest.BenchmarkEncoding(b, &Options{}) }
