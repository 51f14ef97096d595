package plan

import (
	"slices"

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
// archive's whole history.
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
	return h
}

// Conflicts returns the paths that more than one wanted slice leads to, held
// ones included, each once, at most limit. parts are what Subtract made of the
// wants.
func Conflicts(wants []Want, parts []Part, limit int) ([]Conflict, error) {
	n := 0
	for i := range parts {
		n += len(parts[i].claims)
	}
	claims, twice := make([]uint64, 0, n), map[uint64]bool{}
	for i := range parts {
		claims = append(claims, parts[i].claims...)
	}
	slices.Sort(claims)
	for i := 1; i < len(claims); i++ {
		if claims[i] == claims[i-1] {
			twice[claims[i]] = true
		}
	}
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

func (w *Want) claim(output WantOutput, slice *window.Named) (Claim, error) {
	target, err := output.Resolve(slice)
	return Claim{target.Path, w.Tenant, w.Report, output.Output, slice.Label}, err
}
