package rawjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func collect(r io.Reader) (all []string, err error) {
	for batch, err := range Objects(r) {
		if err != nil {
			return all, err
		}
		for _, object := range batch {
			all = append(all, string(object))
		}
	}
	return all, nil
}

func TestObjects(t *testing.T) {
	long := `{"a":"` + strings.Repeat(`x\"{`, 400_000) + `"}`
	tests := []struct {
		name, data string
		want       []string
		err        string
	}{
		{"nothing", "", nil, ""},
		{"an empty array", "[]\n", nil, ""},
		{"lines", "{\"a\":1}\n{\"b\":[{}]}\n", []string{`{"a":1}`, `{"b":[{}]}`}, ""},
		{"an array", "[\n{\"a\":\"}\"},\n{\"b\":\"\\\\\"}\n]\n", []string{`{"a":"}"}`, `{"b":"\\"}`}, ""},
		{"line breaks within", "[{\n\"a\"\n:\r\n1}]", []string{"{\n\"a\"\n:\r\n1}"}, ""},
		{"larger than the buffer", long + "\n{}", []string{long, "{}"}, ""},
		{"cut off", "{\"a\":1}\n{\"b\":", []string{}, "ends within"},
		{"cut off in a text", `{"a":"x`, nil, "ends within"},
		{"not an object", "1\n", nil, "between objects"},
		{"not valid", `{"a":01}`, nil, "invalid JSON"},
		{"wrong bracket", `{"a":1]`, nil, "]"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for name, r := range map[string]io.Reader{
				"whole": strings.NewReader(test.data), "half": iotest.HalfReader(strings.NewReader(test.data)),
			} {
				got, err := collect(r)
				if test.err != "" {
					if err == nil || !strings.Contains(err.Error(), test.err) {
						t.Errorf("%s: error is %v, want %q", name, err, test.err)
					}
					continue
				}
				if err != nil || !slices.Equal(got, test.want) {
					t.Errorf("%s: got %.200q, %v", name, got, err)
				}
			}
		})
	}
	failing := iotest.ErrReader(errors.New("bad disk"))
	if _, err := collect(io.MultiReader(strings.NewReader("{}"), failing)); err == nil || err.Error() != "bad disk" {
		t.Errorf("error is %v", err)
	}
}

// FuzzObjects compares with encoding/json's stream of values.
func FuzzObjects(f *testing.F) {
	f.Add([]byte("{\"a\":\"\\u0041\"}\n{\"b\":[1,{\"c\":null}]}"))
	f.Add([]byte(`[{"a":1},{"b":2}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := collect(iotest.OneByteReader(bytes.NewReader(data)))
		dec := json.NewDecoder(bytes.NewReader(data))
		var want []string
		for {
			var raw json.RawMessage
			if dec.Decode(&raw) != nil || len(raw) == 0 || raw[0] != '{' {
				break
			}
			want = append(want, string(raw))
		}
		if dec.InputOffset() < int64(len(bytes.TrimRight(data, " \t\r\n"))) || len(want) == 0 {
			return // something else than objects side by side
		}
		if err != nil {
			// The standard library accepts what is not UTF-8 and deeper nesting.
			if Valid(data) != nil && len(want) < 2 || !json.Valid(data) {
				return
			}
			t.Fatalf("%v of %q", err, data)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}
