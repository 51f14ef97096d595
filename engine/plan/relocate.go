package plan

import (
	"context"
	"errors"
	"slices"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/window"
	"github.com/reportform/reportform/internal/place"
)

// Relocates reports whether a pull moves what its one output holds to the place
// that is declared now, and fetches nothing.
func (p *Pull) Relocates() bool { return len(p.Outputs) == 1 && p.Outputs[0].Reason == Relocated }

// Asks reports whether a pull asks the service: what is made from a file, or moved,
// does not.
func (p *Pull) Asks() bool { return p.Source == nil && !p.Relocates() }

// relocation finds out whether what an output holds, under the definition that is
// wanted, can be moved to where it is wanted: Relocated. What is there already is
// the end of an earlier try. Otherwise it is Missing or Altered, or Changed where
// the output cannot move it.
func (s *subtraction) relocation(output *WantOutput, held *ledger.Held, target *Target) (Reason, error) {
	if !output.Relocates || !held.Place.Stays() || held.Place.Kind() != target.Place.Kind() {
		return Changed, nil
	}
	if s.want.TrustLedger {
		return Relocated, nil
	}
	moved := *held
	moved.Place = target.Place
	switch condition, err := s.observe(&moved); {
	case errors.Is(err, context.Canceled):
		return "", err
	case err == nil && condition == place.Intact:
		return Relocated, nil
	}
	switch condition, err := s.observe(held); {
	case err != nil:
		return "", err
	case condition == place.Missing:
		return Missing, nil
	case condition == place.Altered:
		return Altered, nil
	}
	return Relocated, nil
}

// relocate plans that what an output holds goes to its target. It may be there
// already, and something of it be left at the place before.
func (s *subtraction) relocate(which int, slice *window.Named, held *ledger.Held, target *Target) {
	var left []place.Place
	if len(s.left) > 0 {
		left = s.left[slotOf(held.Output, held.From, held.To)]
	}
	if held.Place == target.Place && len(left) == 0 {
		return
	}
	if s.moves == nil {
		s.moves = make([][]Pull, len(s.want.Outputs))
		s.moving = map[slotKey]bool{}
	}
	s.moving[slotOf(held.Output, held.From, held.To)] = true
	s.moves[which] = append(s.moves[which], Pull{
		Tenant: s.want.Tenant, Report: s.want.Report, Type: s.want.Type,
		From: slice.From, To: slice.To, Label: slice.Label, Date: slice.Date, Final: held.Final, Revisit: held.Revisited,
		Outputs: []PullOutput{{Output: held.Output, Reason: Relocated, Place: target.Place, Definition: target.Definition, From: held.Place, Leaves: left}},
	})
}

// occupied are the places that are free once a relocation is done.
func (o *PullOutput) occupied() []place.Place {
	if o.From == o.Place {
		return o.Leaves
	}
	return append([]place.Place{o.From}, o.Leaves...)
}

// Frees reports whether a pull that relocates frees a place, by its name.
func (p *Pull) Frees(name place.Place, names Names) bool {
	o := &p.Outputs[0]
	return p.Relocates() && slices.ContainsFunc(o.occupied(), func(at place.Place) bool { return names.Name(o.Output, at) == name })
}

// leftBy returns what relocations that were cut off have left at first places.
func leftBy(l *ledger.Ledger) map[slotKey][]place.Place {
	var left map[slotKey][]place.Place
	for _, one := range l.Left {
		if one.Relocated {
			if left == nil {
				left = map[slotKey][]place.Place{}
			}
			at := slotOf(one.Output, one.From, one.To)
			left[at] = append(left[at], one.Place)
		}
	}
	return left
}

// Names says what an output's places are called.
type Names interface {
	// Name returns what stands for all the names that are one with an output's place
	// where that is.
	Name(output string, p place.Place) place.Place
	// Aside returns a place beside another one, which no slice is ever wanted at.
	Aside(output string, p place.Place) place.Place
}

// Detour gives relocations that wait for each other in a circle, such as two that
// change places, a place aside: one of them frees its place by going there first.
// A name that changes in nothing but what the file system leaves out of account is such a circle too.
func Detour(pulls []Pull, names Names) {
	w := waiting(pulls, names)
	for i := range w.pulls {
		if w.circle(i) {
			output := &pulls[w.pulls[i]].Outputs[0]
			output.Via = names.Aside(output.Output, output.Place)
		}
	}
}

// Relocations divides the pulls of a plan: first those that relocate, as runs to
// be carried out side by side, then the others, for which the places are free
// then. A run is in the order in which each finds its place free; it is of one
// ledger, unless its members wait for each other. A pull with a place aside goes
// there in its turn, and from there to its own at the end of the run.
func Relocations(pulls []Pull, names Names) (runs [][]Pull, others []Pull) {
	w := waiting(pulls, names)
	if len(w.pulls) == 0 {
		return nil, pulls
	}
	for i := range pulls {
		if !pulls[i].Relocates() {
			others = append(others, pulls[i])
		}
	}
	for _, run := range w.runs() {
		list := make([]Pull, 0, len(run))
		for _, i := range run {
			list = append(list, pulls[w.pulls[i]])
		}
		runs = append(runs, list)
	}
	return runs, others
}

// waits says which relocations wait for which: one goes where another one is.
type waits struct {
	pulls  []int // of the plan, that relocate
	before []int // by number in pulls, the one that has to go first; -1 for none
	free   []bool
	via    []bool
	key    []ledger.Key
}

func waiting(pulls []Pull, names Names) *waits {
	w := &waits{}
	at := map[place.Place]int{}
	for i := range pulls {
		if !pulls[i].Relocates() {
			continue
		}
		output := &pulls[i].Outputs[0]
		for _, p := range output.occupied() {
			at[names.Name(output.Output, p)] = len(w.pulls)
		}
		w.pulls = append(w.pulls, i)
		w.via = append(w.via, output.Via != "")
		w.key = append(w.key, ledger.Key{Tenant: pulls[i].Tenant, Report: pulls[i].Report})
	}
	w.before, w.free = make([]int, len(w.pulls)), make([]bool, len(w.pulls))
	for i := range w.free {
		w.free[i] = true
	}
	for i, n := range w.pulls {
		output := &pulls[n].Outputs[0]
		name := names.Name(output.Output, output.Place)
		before, ok := at[name]
		switch {
		case !ok, before == i && (output.From == output.Place || names.Name(output.Output, output.From) != name):
			before = -1
		default:
			w.free[before] = false
		}
		w.before[i] = before
	}
	return w
}

// circle reports whether a relocation is the first of a circle.
func (w *waits) circle(i int) bool {
	for at, n := w.before[i], 0; at >= i && n < len(w.pulls); at, n = w.before[at], n+1 {
		if at == i {
			return true
		}
	}
	return false
}

// runs returns the relocations, by number, in runs.
func (w *waits) runs() (runs [][]int) {
	const most = 256
	in := make([]int, len(w.pulls)) // the run of each, plus one
	open := map[ledger.Key]int{}    // the run of those that wait for nobody, and nobody for them
	for i := range w.pulls {
		if in[i] != 0 {
			continue
		}
		if w.before[i] < 0 && w.free[i] {
			run, ok := open[w.key[i]]
			if !ok || len(runs[run]) == most {
				run, runs = len(runs), append(runs, nil)
				open[w.key[i]] = run
			}
			runs[run], in[i] = append(runs[run], i), run+1
			continue
		}
		var path []int // each waits for the next
		at, run := i, -1
		for at >= 0 && run < 0 {
			path = append(path, at)
			in[at] = -1
			at = w.before[at]
			if at >= 0 && in[at] != 0 {
				run = in[at] - 1 // below 0 for a circle
				break
			}
		}
		if run < 0 {
			run, runs = len(runs), append(runs, nil)
		}
		for n := range path {
			one := path[len(path)-1-n]
			runs[run], in[one] = append(runs[run], one), run+1
		}
	}
	for _, run := range runs {
		w.asideFirst(run)
	}
	return runs
}

// asideFirst puts the one of a circle that goes aside before those that wait for it.
func (w *waits) asideFirst(run []int) {
	for i, one := range run {
		if w.via[one] {
			copy(run[1:], run[:i])
			run[0] = one
			return
		}
	}
}
