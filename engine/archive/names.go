package archive

import "github.com/reportform/reportform/internal/place"

// An output whose places have names that are not all told apart, or that not
// every system can have, implements of these what it knows.
type (
	asider interface {
		// Aside returns a place beside another one, at which no slice is wanted and
		// what is to go there can wait.
		Aside(p place.Place) place.Place
	}
	keyed interface {
		// Key returns what stands for all the names of a place that may be one.
		Key(p place.Place) place.Place
	}
	namer interface {
		// Name returns what stands for all the names that are one with a place where
		// that is. Without it Key does.
		Name(p place.Place) place.Place
		// Alike reports whether two places are one under different names, whether or
		// not anything is there.
		Alike(p, other place.Place) bool
	}
	fitter interface {
		// Fits returns a function, for one goroutine, that completes a sentence that
		// begins with a place: why it cannot be had here, or elsewhere.
		Fits() func(p place.Place) (here, elsewhere string)
	}
)

// Names says what the places of outputs are called where they are. It is safe for
// concurrent use, but for Fits.
type Names struct {
	keepers *Keepers
	fits    map[any]func(place.Place) (here, elsewhere string)

	last fitter // who was asked last, and what it gave
	fit  func(place.Place) (here, elsewhere string)
}

// Names begins to ask for names.
func (a *Archive) Names() *Names {
	return &Names{keepers: &a.keepers, fits: map[any]func(place.Place) (here, elsewhere string){}}
}

// Name returns what stands for all the names that are one with a place of an output
// where that is.
func (n *Names) Name(output string, p place.Place) place.Place {
	switch keeper := n.keepers.of(output, p).(type) {
	case namer:
		return keeper.Name(p)
	case keyed:
		return keeper.Key(p)
	}
	return p
}

// Key returns what stands for all the names of an output's place that are one
// with it on some system or other.
func (n *Names) Key(output string, p place.Place) place.Place {
	if keeper, ok := n.keepers.of(output, p).(keyed); ok {
		return keeper.Key(p)
	}
	return p
}

// Alike reports whether two places of an output are one under different names.
func (n *Names) Alike(output string, p, other place.Place) bool {
	if keeper, ok := n.keepers.of(output, p).(namer); ok && p.Kind() == other.Kind() {
		return keeper.Alike(p, other)
	}
	return n.Name(output, p) == n.Name(output, other)
}

// Aside returns a place beside one of an output, at which no slice is wanted; the
// place itself where the output has none.
func (n *Names) Aside(output string, p place.Place) place.Place {
	if keeper, ok := n.keepers.of(output, p).(asider); ok {
		return keeper.Aside(p)
	}
	return p
}

// Fits says why an output's place cannot be had, here or on another system that is
// supported, in words that follow the place; both are empty for most.
func (n *Names) Fits(output string, p place.Place) (here, elsewhere string) {
	keeper, ok := n.keepers.of(output, p).(fitter)
	if !ok {
		return "", ""
	}
	if keeper != n.last {
		if n.last, n.fit = keeper, n.fits[keeper]; n.fit == nil {
			n.fit = keeper.Fits()
			n.fits[keeper] = n.fit
		}
	}
	return n.fit(p)
}
