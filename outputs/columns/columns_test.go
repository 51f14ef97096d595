package columns

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPick(t *testing.T) {
	for _, test := range []struct {
		name, columns, event string
		values               []string // "" for none
		rest                 string
	}{
		{"plain", "a c", `{"a":1,"b":2,"c":"x"}`, []string{"1", `"x"`}, `{"b":2}`},
		{"absent", "a b.c", `{"x":1}`, []string{"", ""}, `{"x":1}`},
		{"nothing left", "a b.c", `{"a":null,"b":{"c":[]}}`, []string{"null", "[]"}, ""},
		{"deep", "a.b.c a.b.d", `{"a":{"b":{"c":1,"d":2,"e":3}}}`, []string{"1", "2"}, `{"a":{"b":{"e":3}}}`},
		{"exact before nested", "a.b", `{"a.b":1,"a":{"b":2}}`, []string{"1"}, `{"a":{"b":2}}`},
		{"nested before exact", "a.b", `{"a":{"b":2},"a.b":1}`, []string{"1"}, `{"a":{"b":2}}`},
		{"dots inside", "a.b.c", `{"a.b":{"c":1}}`, []string{"1"}, ""},
		{"dots inside, below", "a.b.c", `{"a":{"b.c":1}}`, []string{"1"}, ""},
		{"dots at the ends", ".a a. @odata.x", `{".a":1,"a.":2,"@odata.x":3}`, []string{"1", "2", "3"}, ""},
		{"whole and part", "a a.b", `{"a":{"b":1,"c":2}}`, []string{`{"b":1,"c":2}`, "1"}, ""},
		{"whole and part, exact elsewhere", "a.b.c a.b", `{"a.b":5,"a":{"b":{"c":1,"d":2}}}`, []string{"1", "5"}, `{"a":{"b":{"d":2}}}`},
		{"repeated scalar", "a", `{"a":1,"a":2}`, []string{"2"}, ""},
		{"repeated object", "a.b", `{"a":{"b":1},"a":{"c":2}}`, []string{""}, `{"a":{"c":2}}`},
		{"empty object", "a.b", `{"a":{},"c":{}}`, []string{""}, `{"a":{},"c":{}}`},
		{"escaped names", "ab a.c", `{"a\u0062":1,"\u0061":{"c":2,"\u0064":3}}`, []string{"1", "2"}, `{"\u0061":{"\u0064":3}}`},
		{"white space", "a.b", ` { "a" : { "b" : [ 1 ] , "c":2 } } `, []string{"[ 1 ]"}, `{"a":{"c":2}}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			set := New(strings.Fields(test.columns))
			var row Row
			// A row that has been used must not matter.
			for _, event := range []string{test.event, `{"a":{"b":{"c":9}},"a.b":9,"z":1}`, test.event} {
				set.Pick(&row, []byte(event), true)
			}
			values := make([]string, len(row.Values))
			for i, v := range row.Values {
				values[i] = string(v)
			}
			if diff := cmp.Diff(test.values, values); diff != "" {
				t.Errorf("values (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.rest, string(row.Rest)); diff != "" {
				t.Errorf("rest (-want +got):\n%s", diff)
			}
			set.Pick(&row, []byte(test.event), false)
			if len(row.Rest) != 0 {
				t.Errorf("a rest that was not asked for: %s", row.Rest)
			}
		})
	}
}

func TestFlaws(t *testing.T) {
	for _, test := range []struct {
		columns []string
		want    int
	}{
		{nil, 0},
		{[]string{"a", "b", "a.b"}, 0},
		{[]string{"a", "", "b"}, 1},
		{[]string{"a", "a", "a"}, 2},
	} {
		if got := Flaws(test.columns); len(got) != test.want {
			t.Errorf("%q: %q, want %d", test.columns, got, test.want)
		}
	}
}

func TestManyDots(t *testing.T) {
	path := strings.Repeat("a.", 200) + "a"
	var row Row
	New([]string{path, path + ".b"}).Pick(&row, []byte(`{"`+path+`":1}`), true)
	if string(row.Values[0]) != "1" {
		t.Errorf("got %q", row.Values)
	}
}

// There are more columns than slots, so that some share one.
func TestManyColumns(t *testing.T) {
	var paths []string
	var event strings.Builder
	for i := range 700 {
		name := fmt.Sprintf("c%d", i)
		fmt.Fprintf(&event, `,"%s":%d`, name, i)
		if i%2 == 0 {
			paths = append(paths, name)
		}
	}
	var row Row
	New(paths).Pick(&row, []byte("{"+event.String()[1:]+`,"":1}`), true)
	for i, value := range row.Values {
		if string(value) != fmt.Sprint(2*i) {
			t.Errorf("%s is %s", paths[i], value)
		}
	}
	if got := strings.Count(string(row.Rest), ":"); got != 351 {
		t.Errorf("%d members are left, want 351", got)
	}
}

func TestEscaped(t *testing.T) {
	var row Row
	New([]string{"a", "b.c", "d"}).Pick(&row, []byte(`{"a":"x\n","b":{"c":"\u0041"},"d":"x"}`), false)
	if diff := cmp.Diff([]bool{true, true, false}, row.Escaped); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
