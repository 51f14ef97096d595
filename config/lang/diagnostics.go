package lang

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// maxAtOnePlace is how many diagnostics with one summary are kept for one
// place: one line of a block with for_each can be wrong for every instance.
const maxAtOnePlace = 10

// Tidy returns the diagnostics in order of place, those without one first,
// each once. Where one line is wrong for very many instances, the last that is
// kept says how many more there are.
func Tidy(diags hcl.Diagnostics) hcl.Diagnostics {
	sorted := slices.Clone(diags)
	slices.SortStableFunc(sorted, func(a, b *hcl.Diagnostic) int { return comparePlaces(a.Subject, b.Subject) })

	type place struct {
		subject hcl.Range
		summary string
	}
	type text struct {
		place
		detail string
	}
	var (
		kept  hcl.Diagnostics
		seen  = map[text]bool{}
		count = map[place]int{}
		last  = map[place]int{} // index in kept
	)
	for _, d := range sorted {
		p := place{summary: d.Summary}
		if d.Subject != nil {
			p.subject = *d.Subject
		}
		if t := (text{p, d.Detail}); seen[t] {
			continue
		} else {
			seen[t] = true
		}
		count[p]++
		if d.Subject == nil || count[p] <= maxAtOnePlace {
			last[p] = len(kept)
			kept = append(kept, d)
		}
	}
	for p, n := range count {
		if p.subject == (hcl.Range{}) || n <= maxAtOnePlace {
			continue
		}
		d := *kept[last[p]]
		d.Detail += fmt.Sprintf("\n\nThere are %d more mistakes of this kind here.", n-maxAtOnePlace)
		kept[last[p]] = &d
	}
	return kept
}

func comparePlaces(a, b *hcl.Range) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	return cmp.Or(
		cmp.Compare(a.Filename, b.Filename),
		cmp.Compare(a.Start.Byte, b.Start.Byte),
		cmp.Compare(a.End.Byte, b.End.Byte),
	)
}
