package plan

import (
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/window"
	"github.com/reportform/reportform/internal/place"
)

// readable reports whether the events can be read again from the place.
func (t *Target) readable() bool { return t.Verbatim && t.Place.Stays() }

// mendable reports whether a file with the slice's events, wherever it comes
// from, is what is lacking: not where the point is to ask the service again.
func (l *lack) mendable() bool {
	switch l.why {
	case New, Changed, Missing, Altered:
		return true
	}
	return false
}

// derive plans a pull from the file of an output that holds the slice, if that
// gives the outputs what the service would, or if the service would give
// nothing any more. It returns what is lacking all the same.
func (s *subtraction) derive(pull Pull, slice *window.Named, lost bool) ([]lack, error) {
	count := 0
	for i := range s.lacking {
		if s.lacking[i].mendable() {
			count++
		}
	}
	if count == 0 || count < len(s.lacking) && !lost {
		return s.lacking, nil
	}
	source, err := s.source(&pull, slice, lost)
	if source.Held == nil || err != nil {
		return s.lacking, err
	}
	var mendable, rest []lack
	for _, l := range s.lacking {
		if l.mendable() {
			mendable = append(mendable, l)
		} else {
			rest = append(rest, l)
		}
	}
	pull.Source = &Source{source.Output, source.at, source.Proof().SHA256}
	pull.Outputs = s.outputs(mendable, slice.Slice)
	for i := range pull.Outputs {
		if pull.Outputs[i].Reason == New {
			pull.Outputs[i].Reason = Derived
		}
	}
	s.add(pull)
	return rest, nil
}

// source returns an entry whose file has a pull's events and is there, the zero
// origin if there is none: of an output that is asked for, or else of another one.
// What is to be read again counts only if the service has the slice no longer.
func (s *subtraction) source(pull *Pull, slice *window.Named, lost bool) (origin, error) {
	candidates := s.sources
	if lost {
		candidates = append(candidates, s.stale...)
	}
	for _, one := range candidates {
		if there, err := s.there(one.Held); there || err != nil {
			return one, err
		}
	}
	for i := range s.want.Outputs {
		output := &s.want.Outputs[i]
		if !output.Unasked || s.found[i].Find(slice.From, slice.To) == nil {
			continue
		}
		target, err := output.Resolve(slice)
		if err != nil {
			return origin{}, err
		}
		held, stays, why, err := s.lacks(i, slice.Slice, target, pull.Final, s.want.due(slice.Slice, s.now))
		if err != nil {
			return origin{}, err
		}
		if !target.readable() || !stays || why != "" && !lost {
			continue
		}
		if there, err := s.there(held); there || err != nil {
			return origin{held, held.Place}, err // which is not relocated by this plan
		}
	}
	return origin{}, nil
}

// there reports whether the file of an entry that nothing is wrong with is
// there: trusted ones were not looked at.
func (s *subtraction) there(held *ledger.Held) (bool, error) {
	if !s.want.TrustLedger {
		return true, nil
	}
	condition, err := s.observe(held)
	return condition == place.Intact, err
}
