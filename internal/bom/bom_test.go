package bom

import "testing"

func TestText(t *testing.T) {
	for content, want := range map[string]string{
		"":                                      "",
		"abc":                                   "abc",
		"\xef\xbb\xbf":                          "",
		"\xef\xbb\xbfabc":                       "abc",
		"\xef\xbb\xbf\xef\xbb\xbfabc":           "\ufeffabc", // one is a mark, the next is text
		"a\xef\xbb\xbf":                         "a\ufeff",
		"\xff\xfea\x00\xe4\x00\x3d\xd8\x00\xde": "aä😀",
		"\xfe\xff\x00a\x00\xe4":                 "aä",
		"\xff\xfe":                              "",
		"\xff\xfea":                             "\xff\xfea", // no whole units
		"\xff\x00":                              "\xff\x00",
	} {
		if got := string(Text([]byte(content))); got != want {
			t.Errorf("Text(%q) = %q, want %q", content, got, want)
		}
	}
}

func TestTrim(t *testing.T) {
	for content, want := range map[string]string{
		"": "", "{}": "{}", "\ufeff{}": "{}", "\xff\xfe{}": "\xff\xfe{}", "\xef\xbb": "\xef\xbb",
	} {
		if got := string(Trim([]byte(content))); got != want {
			t.Errorf("Trim(%q) = %q, want %q", content, got, want)
		}
	}
}
