package plan

import (
	"math/bits"

	"github.com/reportform/reportform/internal/place"
)

// Claim is a place that an output wants for a slice.
type Claim struct {
	Place                  place.Place
	Tenant, Report, Output string // addresses
	Label                  string // of the slice
}

// Conflict is two claims to one place.
type Conflict struct{ First, Second Claim }

// claim is the hash of a place, which is all that is kept of those of an
// archive's whole history. It is never 0.
func claim(of place.Place) uint64 {
	path := string(of)
	const prime = 0x9e3779b97f4a7c15
	h := uint64(len(path)) * prime
	for ; len(path) >= 8; path = path[8:] {
		word := uint64(path[0]) | uint64(path[1])<<8 | uint64(path[2])<<16 | uint64(path[3])<<24 |
			uint64(path[4])<<32 | uint64(path[5])<<40 | uint64(path[6])<<48 | uint64(path[7])<<56
		h = (h ^ word) * prime
		h ^= h >> 32
	}
	for i := range len(path) {
		h = (h ^ uint64(path[i])) * prime
		h ^= h >> 32
	}
	return max(h, 1)
}

// Claims returns the Part of a Want of which nothing is planned, so that others
// do not write where it does.
func Claims(want *Want) (Part, error) {
	part := Part{claims: make([]uint64, 0, len(want.Slices)*len(want.Outputs))}
	err := want.EachClaim(func(c Claim) { part.claims = append(part.claims, claim(c.Place)) })
	return part, err
}

// Conflicts returns the places that more than one wanted slice leads to, held
// ones included, each once, at most limit, and how many more there are. parts
// are what Subtract made of the first wants, which are to be planned, and
// Claims of the others. At least one slice of a conflict is of a planned Want.
func Conflicts(wants []Want, parts []Part, planned, limit int) (conflicts []Conflict, more int, err error) {
	twice := repeated(parts)
	if len(twice) == 0 {
		return nil, 0, nil
	}
	first, told := map[place.Place]Claim{}, map[place.Place]bool{}
	for i := range wants {
		consider := func(c Claim) {
			if !twice[claim(c.Place)] || told[c.Place] {
				return
			}
			earlier, ok := first[c.Place]
			switch {
			case !ok && i < planned:
				first[c.Place] = c
			case ok:
				told[c.Place] = true
				if len(conflicts) == limit {
					more++
				} else {
					conflicts = append(conflicts, Conflict{earlier, c})
				}
			}
		}
		if err := wants[i].EachClaim(consider); err != nil {
			return nil, 0, err
		}
		for _, c := range parts[i].kept {
			consider(c)
		}
	}
	return conflicts, more, nil
}

// EachClaim calls do with the claims of a Want's slices, those of outputs that are
// not asked for and of the console left out.
func (w *Want) EachClaim(do func(Claim)) error {
	for i := range w.Slices {
		slice := &w.Slices[i]
		for _, output := range w.Outputs {
			if output.Unasked {
				continue
			}
			target, err := output.Resolve(slice)
			if err != nil {
				return err
			}
			if target.Place.Stays() {
				do(Claim{target.Place, w.Tenant, w.Report, output.Output, slice.Label})
			}
		}
	}
	return nil
}

// repeated returns the claims that occur more than once.
func repeated(parts []Part) map[uint64]bool {
	n := 0
	for i := range parts {
		n += len(parts[i].claims)
	}
	// A set that is never filled by more than three quarters; a claim stands in
	// the first free place from the one that its lowest bits name, and 0 is free.
	set := make([]uint64, 1<<bits.Len(uint(n+n/3)))
	mask := uint64(len(set) - 1)
	twice := map[uint64]bool{}
	for i := range parts {
		for _, claim := range parts[i].claims {
			at := claim & mask
			for set[at] != 0 && set[at] != claim {
				at = (at + 1) & mask
			}
			if set[at] == claim {
				twice[claim] = true
			}
			set[at] = claim
		}
	}
	return twice
}
