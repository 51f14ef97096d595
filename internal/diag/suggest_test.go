package diag

import (
	"slices"
	"testing"
)

func TestClosest(t *testing.T) {
	for _, test := range []struct {
		given string
		names []string
		want  string
	}{
		{"clod", []string{"id", "cloud"}, "cloud"},
		{"tenent", []string{"window", "tenant"}, "tenant"},
		{"x", []string{"id"}, ""},                  // all of it differs
		{"ab", []string{"xb", "ay"}, "ay"},         // the first in alphabetical order
		{"abcdefghij", []string{"abcdefVWXY"}, ""}, // four differ
		{"abcdefghij", []string{"abcdefgXYZ"}, "abcdefgXYZ"},
		{"abcd", []string{"abXYZ"}, "abXYZ"},
		{"", []string{"a"}, ""},
	} {
		if got := Closest(test.given, slices.Values(test.names)); got != test.want {
			t.Errorf("%q of %q: got %q, want %q", test.given, test.names, got, test.want)
		}
	}
}

func TestClosestWord(t *testing.T) {
	for _, test := range []struct {
		typed string
		words []string
		want  string
	}{
		{"plam", []string{"apply", "plan"}, "plan"},
		{"abcd", []string{"abXYZ"}, ""},    // a name may be this far, a word not
		{"ab", []string{"xb", "ay"}, "xb"}, // the first
		{"v", []string{"w"}, ""},           // all of it differs
		{"auto-aproove", []string{"auto-approve"}, "auto-approve"},
		{"detailed-exit-c", []string{"detailed-exitcode"}, "detailed-exitcode"}, // four, of fifteen
		{"", []string{"plan"}, ""},
	} {
		if got := ClosestWord(test.typed, slices.Values(test.words)); got != test.want {
			t.Errorf("%q of %q: got %q, want %q", test.typed, test.words, got, test.want)
		}
	}
}

func TestSuggest(t *testing.T) {
	if got := DidYouMean("clod", slices.Values([]string{"cloud"})); got != ` Did you mean "cloud"?` {
		t.Errorf("got %q", got)
	}
	if got := Suggest(""); got != "" {
		t.Errorf("got %q", got)
	}
}
