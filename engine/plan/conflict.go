package plan

import (
	"math/bits"
	"slices"

	"github.com/reportform/reportform/internal/place"
)

// Destination is a place that an output wants for a slice.
type Destination struct {
	Place                  place.Place
	Tenant, Report, Output string // addresses
	Label                  string // of the slice
}

// Conflict is two slices that lead to one place, or to two names that may be one.
type Conflict struct{ First, Second Destination }

// key returns what stands for all the names of a place that the output leads to,
// or has led to.
func (o *WantOutput) key(p place.Place) place.Place {
	if o.Key == nil {
		return p
	}
	return o.Key(p)
}

// key returns what stands for all the names of a destination's place.
func (w *Want) key(d *Destination) place.Place {
	for i := range w.Outputs {
		if o := &w.Outputs[i]; o.Key != nil && o.Output == d.Output {
			return o.Key(d.Place)
		}
	}
	return d.Place
}

// hashOf is the hash of a place's key, which is all that is kept of those of an
// archive's whole history. It is never 0.
func hashOf(of place.Place) uint64 {
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

// Destinations returns the Part of a Want of which nothing is planned, so that
// others do not write where it does.
func Destinations(want *Want) (Part, error) {
	part := Part{destinations: make([]uint64, 0, len(want.Slices)*len(want.Outputs))}
	err := want.EachDestination(func(d Destination) { part.destinations = append(part.destinations, hashOf(want.key(&d))) })
	return part, err
}

// Conflicts returns the places that more than one wanted slice leads to, held
// ones included, each once, at most limit, and how many more there are. names are
// those that lead to places of one key under different names, each name once with
// another one: where the places are it shows whether they are one. parts are what
// Subtract made of the first wants, which are to be planned, and Destinations made
// of the others. At least one slice of a conflict is of a planned Want.
func Conflicts(wants []Want, parts []Part, planned, limit int) (conflicts []Conflict, more int, names []Conflict, err error) {
	twice := repeated(parts)
	if len(twice) == 0 {
		return nil, 0, nil, nil
	}
	first, told := map[place.Place][]Destination{}, map[place.Place]bool{} // by key; by place
	for i := range wants {
		consider := func(d Destination) {
			key := wants[i].key(&d)
			if !twice[hashOf(key)] || told[d.Place] {
				return
			}
			earlier := first[key]
			n := slices.IndexFunc(earlier, func(e Destination) bool { return e.Place == d.Place })
			switch {
			case n >= 0:
				told[d.Place] = true
				if len(conflicts) == limit {
					more++
				} else {
					conflicts = append(conflicts, Conflict{earlier[n], d})
				}
				return
			case len(earlier) > 0:
				for _, e := range earlier {
					names = append(names, Conflict{e, d})
				}
			}
			if len(earlier) > 0 || i < planned {
				first[key] = append(earlier, d)
			}
		}
		if err := wants[i].EachDestination(consider); err != nil {
			return nil, 0, nil, err
		}
		for _, d := range parts[i].kept {
			consider(d)
		}
	}
	return conflicts, more, names, nil
}

// EachDestination calls do with the destinations of a Want's slices, those of
// outputs that are not asked for and of the console left out.
func (w *Want) EachDestination(do func(Destination)) error {
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
				do(Destination{target.Place, w.Tenant, w.Report, output.Output, slice.Label})
			}
		}
	}
	return nil
}

// repeated returns the hashes that occur more than once.
func repeated(parts []Part) map[uint64]bool {
	n := 0
	for i := range parts {
		n += len(parts[i].destinations)
	}
	// A set that is never filled by more than three quarters; a hash stands in
	// the first free place from the one that its lowest bits name, and 0 is free.
	set := make([]uint64, 1<<bits.Len(uint(n+n/3)))
	mask := uint64(len(set) - 1)
	twice := map[uint64]bool{}
	for i := range parts {
		for _, hash := range parts[i].destinations {
			at := hash & mask
			for set[at] != 0 && set[at] != hash {
				at = (at + 1) & mask
			}
			if set[at] == hash {
				twice[hash] = true
			}
			set[at] = hash
		}
	}
	return twice
}
