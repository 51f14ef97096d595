package config

import (
	"fmt"
	"iter"
	"slices"

	"github.com/agext/levenshtein"
)

// DidYouMean returns ` Did you mean "x"?` for the name that is closest to
// given, or nothing where none is close. Of equally close names it takes the
// first in alphabetical order.
func DidYouMean(given string, names iter.Seq[string]) string {
	best, bestDistance := "", 4
	for _, name := range slices.Sorted(names) {
		distance := levenshtein.Distance(given, name, nil)
		if distance < bestDistance && 3*distance <= 2*max(len(given), len(name)) {
			best, bestDistance = name, distance
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" Did you mean %q?", best)
}
