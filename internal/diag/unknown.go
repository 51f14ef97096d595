package diag

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// UnknownType is the mistake of a block whose first label names none of the
// known types. what is what the label should have named.
func UnknownType[V any](what, name string, known map[string]V, subject hcl.Range) *hcl.Diagnostic {
	return Mistake(subject, "Unknown "+what, "There is no %s %q.%s Known are: %s.",
		what, name, DidYouMean(name, maps.Keys(known)), strings.Join(slices.Sorted(maps.Keys(known)), ", "))
}
