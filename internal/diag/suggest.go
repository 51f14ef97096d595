package diag

import (
	"fmt"
	"iter"
	"slices"

	"github.com/agext/levenshtein"
)

// Closest returns the name that is closest to given, or nothing where none is
// close. Of equally close names it takes the first in alphabetical order.
func Closest(given string, names iter.Seq[string]) string {
	return closest(given, slices.Values(slices.Sorted(names)), func(name string) int {
		return min(3, 2*max(len(given), len(name))/3)
	})
}

// ClosestWord is Closest for the words of a command line, which differ from each
// other by less: a short one must be closer, and a long one may be farther. Of
// equally close words it takes the first.
func ClosestWord(typed string, words iter.Seq[string]) string {
	return closest(typed, words, func(string) int { return min(len(typed)-1, max(2, len(typed)/3)) })
}

// closest returns the first of the names with the least distance that is not
// beyond what is near to it.
func closest(given string, names iter.Seq[string], near func(name string) int) string {
	best, least := "", -1
	for name := range names {
		if d := Distance(given, name); d <= near(name) && (least < 0 || d < least) {
			best, least = name, d
		}
	}
	return best
}

// DidYouMean returns ` Did you mean "x"?` for the closest name, or nothing.
func DidYouMean(given string, names iter.Seq[string]) string {
	return Suggest(Closest(given, names))
}

// Suggest returns ` Did you mean "x"?` for a name, and nothing for none.
func Suggest(name string) string {
	if name == "" {
		return ""
	}
	return fmt.Sprintf(" Did you mean %q?", name)
}

// Distance is how many characters must be typed, deleted or replaced to make
// one text of the other.
func Distance(a, b string) int { return levenshtein.Distance(a, b, nil) }
