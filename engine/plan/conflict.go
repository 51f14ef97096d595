package plan

import (
	"math/bits"

	"github.com/reportform/reportform/engine/window"
)

// Console is the path of outputs that write to standard output, which any
// number of pulls share.
const Console = "-"

// Claim is a path that an output wants for a slice.
type Claim struct {
	Path                   string
	Tenant, Report, Output string // addresses
	Label                  string // of the slice
}

// Conflict is two claims to one path.
type Conflict struct{ First, Second Claim }

// claim is the hash of a path, which is all that is kept of those of an
// archive's whole history. It is never 0.
func claim(path string) uint64 {
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

// Conflicts returns the paths that more than one wanted slice leads to, held
// ones included, each once, at most limit. parts are what Subtract made of the
// wants.
func Conflicts(wants []Want, parts []Part, limit int) ([]Conflict, error) {
	twice := repeated(parts)
	if len(twice) == 0 {
		return nil, nil
	}
	first, told := map[string]Claim{}, map[string]bool{}
	var conflicts []Conflict
	for i := range wants {
		for j := range wants[i].Slices {
			slice := &wants[i].Slices[j]
			for _, output := range wants[i].Outputs {
				if output.Declared {
					continue
				}
				c, err := wants[i].claim(output, slice)
				if err != nil {
					return nil, err
				}
				if c.Path == Console || !twice[claim(c.Path)] || told[c.Path] {
					continue
				}
				earlier, ok := first[c.Path]
				if !ok {
					first[c.Path] = c
					continue
				}
				told[c.Path] = true
				if conflicts = append(conflicts, Conflict{earlier, c}); len(conflicts) == limit {
					return conflicts, nil
				}
			}
		}
	}
	return conflicts, nil
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

func (w *Want) claim(output WantOutput, slice *window.Named) (Claim, error) {
	target, err := output.Resolve(slice)
	return Claim{target.Path, w.Tenant, w.Report, output.Output, slice.Label}, err
}
