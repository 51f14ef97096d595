package plan

import (
	"hash/fnv"
	"time"

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
	h := fnv.New64a()
	_, _ = h.Write([]byte(path))
	return h.Sum64()
}

// Conflicts returns the paths that more than one wanted slice leads to, held
// ones included, each once, at most limit. parts are what Subtract made of the
// wants at the clock now.
func Conflicts(wants []Want, parts []Part, now time.Time, limit int) ([]Conflict, error) {
	claimed, twice := map[uint64]bool{}, map[uint64]bool{}
	for _, part := range parts {
		for _, c := range part.claims {
			if claimed[c] {
				twice[c] = true
			}
			claimed[c] = true
		}
	}
	if len(twice) == 0 {
		return nil, nil
	}
	first, told := map[string]Claim{}, map[string]bool{}
	var conflicts []Conflict
	for i := range wants {
		for slice := range wants[i].Window.Slices(now) {
			for _, output := range wants[i].Outputs {
				if output.Resolve == nil {
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

func (w *Want) claim(output WantOutput, slice window.Slice) (Claim, error) {
	path, _, err := output.Resolve(slice)
	return Claim{path, w.Tenant, w.Report, output.Output, w.Window.Label(slice)}, err
}
