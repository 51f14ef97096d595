package column

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTyped(t *testing.T) {
	known := []Column{{"a", Struct}, {"a.b", Int32}, {"unused", Bool}}
	for _, test := range []struct {
		paths []string
		want  []Column
	}{
		{[]string{"a.b", "c", "a"}, []Column{{"a.b", Int32}, {"c", String}, {"a", Struct}}},
		{[]string{}, []Column{}},
		{nil, nil},
	} {
		got := Typed(test.paths, known)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%q, -want +got:\n%s", test.paths, diff)
		}
		if diff := cmp.Diff(test.paths, Paths(got)); diff != "" {
			t.Errorf("paths, -want +got:\n%s", diff)
		}
	}
}

func TestTypes(t *testing.T) {
	types := slices.Collect(Types())
	if compact := slices.Compact(slices.Sorted(slices.Values(types))); len(types) != 12 || len(compact) != 12 {
		t.Errorf("types %q", types)
	}
	for word, want := range map[Type]bool{"int32": true, "struct": true, "Int32": false, "": false} {
		if word.Known() != want {
			t.Errorf("%q is known: %t", word, !want)
		}
	}
}
