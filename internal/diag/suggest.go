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
	best, bestDistance := "", 4
	for _, name := range slices.Sorted(names) {
		distance := Distance(given, name)
		if distance < bestDistance && 3*distance <= 2*max(len(given), len(name)) {
			best, bestDistance = name, distance
		}
	}
	return best
}

// DidYouMean returns ` Did you mean "x"?` for the closest name, or nothing.
func DidYouMean(given string, names iter.Seq[string]) string {
	best := Closest(given, names)
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" Did you mean %q?", best)
}

// Distance is how many characters must be typed, deleted or replaced to make
// one text of the other.
func Distance(a, b string) int { return levenshtein.Distance(a, b, nil) }
