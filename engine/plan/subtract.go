package plan

import (
	"time"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/window"
	"github.com/reportform/reportform/internal/calendar"
	"github.com/reportform/reportform/internal/place"
)

// Want is what one report wants of one tenant.
type Want struct {
	Tenant, Report string // addresses
	Type           string // report type
	Window         window.Window
	Slices         []window.Named     // of the window at the plan's clock
	Begins         time.Time          // when the first of them does, whether it has or will
	Settle         calendar.Duration  // the report type's, unless the window has its own
	Retention      *calendar.Duration // how long the service keeps events; nil for ever
	// Snapshot reports that only the state of the moment can be had.
	Snapshot bool
	PageSize int // events of a page; 0 if not known
	Limits   Limits
	Outputs  []WantOutput
	// Keepers are the identities of the configuration, see Foreign.
	Keepers []string
	// Machine identifies this machine in ledgers, see ledger.Skew.
	Machine string
	// local is this machine's clock where the want is planned by an earlier one.
	local time.Time
	// Protect keeps what is held from being deleted.
	Protect bool
	// Prune has orphans deleted.
	Prune bool
	// TrustLedger takes what is held to be as the ledger has it. Only what a pull
	// would be made from is observed.
	TrustLedger bool
}

// Key is that of the ledger that says what is held of the Want.
func (w *Want) Key() ledger.Key { return ledger.Key{Tenant: w.Tenant, Report: w.Report} }

// WantOutput is one output of a Want.
type WantOutput struct {
	Output  string // address
	Resolve func(s *window.Named) (Target, error)
	// Key returns what stands for all the names of a place, such as those that a
	// file system takes for one; it is pure. nil means that each place has one
	// name.
	Key func(place.Place) place.Place
	// Relocates reports that the output can move what it has written to another
	// place.
	Relocates bool
	// Unasked is set for an output that is declared and not asked for: what
	// it holds is left alone.
	Unasked bool
}

// Target is what an output does with a slice.
type Target struct {
	Place      place.Place
	Definition string // digest
	// Earlier is the digest that earlier versions recorded for the same
	// definition.
	Earlier string
	// Verbatim reports that the place holds every event as it came.
	Verbatim bool
}

// Defines reports whether what an entry holds was written by the definition.
func (t *Target) Defines(h *ledger.Held) bool {
	return h.Definition == t.Definition || h.Definition == t.Earlier
}

// Part is the share of a plan that one Want makes.
type Part struct {
	Pulls         []Pull
	Deletions     []Deletion
	Orphans       []Orphan
	Protections   []Protection
	Lost, Waiting []Gap
	Held          int

	work         work
	destinations []uint64      // hashes of the places of all wanted slices, and of kept
	kept         []Destination // places at which slices stay held that are wanted elsewhere
	sights       []sight       // by output of the Want
}

// Subtract returns the wanted slices less the held ones. observe says what is
// at the place of an entry of the ledger: Intact, Missing or Altered.
func Subtract(want *Want, l *ledger.Ledger, now time.Time, observe func(*ledger.Held) (place.Condition, error)) (Part, error) {
	s := subtraction{
		want: want, ledger: l, now: now, observe: observe,
		held: l.Len(), failed: make(map[slotKey]bool, len(l.Failed)), left: leftBy(l),
	}
	s.wanted = make([]*ledger.Held, 0, s.held)
	for i := range want.Outputs {
		s.found = append(s.found, l.Finder(want.Outputs[i].Output))
	}
	s.part.sights = make([]sight, len(want.Outputs))
	for _, f := range l.Failed {
		s.failed[slotOf(f.Output, f.From, f.To)] = true
	}
	if err := s.all(); err != nil {
		return Part{}, err
	}
	for _, moves := range s.moves {
		s.part.Pulls = append(s.part.Pulls, moves...)
	}
	s.orphans()
	s.part.work.sample = l.Sample()
	return s.part, nil
}

// subtraction is the state of one call of Subtract.
type subtraction struct {
	want    *Want
	ledger  *ledger.Ledger
	now     time.Time
	observe func(*ledger.Held) (place.Condition, error)
	found   []*ledger.Finder // by output of the want
	held    int              // entries of the ledger
	wanted  []*ledger.Held   // those that are wanted still
	failed  map[slotKey]bool
	part    Part

	// moves are the pulls that relocate, by output of the want, moving their slots,
	// and left what those that were cut off have left behind.
	moves  [][]Pull
	moving map[slotKey]bool
	left   map[slotKey][]place.Place

	// replaced are the places of a trailing window's one slice: what lies there
	// of an earlier one stays until it is replaced.
	replaced map[spot]bool

	// Of the slice at hand: what outputs lack, the entries that a pull of it
	// could be made from, and those that could if the service had it no longer.
	lacking        []lack
	sources, stale []origin
}

// origin is an entry that a pull could be made from, and the place at which it is
// once everything is relocated.
type origin struct {
	*ledger.Held

	at place.Place
}

// slotKey is an output and a slice.
type slotKey struct {
	output   string
	from, to int64 // Unix nanoseconds
}

func slotOf(output string, from, to time.Time) slotKey {
	return slotKey{output, from.UnixNano(), to.UnixNano()}
}

// spot is where an output has a slice.
type spot struct {
	output string
	place  place.Place
}

// lack is an output that lacks the slice at hand.
type lack struct {
	output string
	target Target
	why    Reason       // never Failed, which says nothing of what is lacking
	held   *ledger.Held // what it holds of the slice, nil if nothing
}

// all plans the wanted slices. What the service has no longer, and nothing holds,
// costs nothing, however much it is.
func (s *subtraction) all() error {
	wanted := s.want.counted(s.ledger, s.now)
	gone := s.want.gone(wanted, s.now)
	known := heldAmong(wanted[:gone], s.ledger)
	s.part.destinations = make([]uint64, 0, (len(wanted)-gone+len(known))*len(s.want.Outputs))
	next := 0
	for _, i := range known {
		s.forgotten(wanted[next:i])
		if err := s.slice(&wanted[i]); err != nil {
			return err
		}
		next = i + 1
	}
	s.forgotten(wanted[next:gone])
	for i := gone; i < len(wanted); i++ {
		if err := s.slice(&wanted[i]); err != nil {
			return err
		}
	}
	return nil
}

// slice plans one wanted slice.
func (s *subtraction) slice(slice *window.Named) error {
	final := s.want.settled(slice.Slice, s.now)
	due := s.want.due(slice.Slice, s.now)
	if err := s.examine(slice, final, due); err != nil || len(s.lacking) == 0 {
		return err
	}
	pull := Pull{
		Tenant: s.want.Tenant, Report: s.want.Report, Type: s.want.Type,
		From: slice.From, To: slice.To, Label: slice.Label, Date: slice.Date,
		Final: final, Revisit: due > 0,
	}
	if !s.want.local.IsZero() {
		pull.Clock = s.now
	}
	lostAt := s.want.LostAt(slice.Slice)
	if !s.want.Window.Trailing() {
		pull.LostAt = lostAt
	}
	why, lost := s.lost(lostAt)
	rest, err := s.derive(pull, slice, lost)
	if err != nil || len(rest) == 0 {
		return err
	}
	begun := !slice.From.After(s.now)
	if !lost && begun && s.pullable(final) {
		pull.Outputs = s.outputs(rest, slice.Slice)
		s.add(pull)
		return nil
	}
	s.keepDestinations(rest, slice)
	gap := gapOf(s.want, slice)
	if never := s.want.never(slice.Slice); !lost && never != "" {
		gap.Why, gap.LostAt = never, s.want.LostAt(slice.Slice)
		addGap(&s.part.Lost, gap)
		return nil
	}
	if !lost {
		gap.Until = s.want.Window.Settles(slice.Slice, s.want.Settle)
		if s.pullable(final) {
			gap.Until = slice.From
		}
		gap.Why = s.want.waits(gap.Until)
		addGap(&s.part.Waiting, gap)
		return nil
	}
	gap.Why, gap.Kept, err = s.lostHow(why, rest)
	addGap(&s.part.Lost, gap)
	return err
}

// examine finds what each output lacks of a slice.
func (s *subtraction) examine(slice *window.Named, final bool, due time.Duration) error {
	s.lacking, s.sources, s.stale = s.lacking[:0], s.sources[:0], s.stale[:0]
	for i := range s.want.Outputs {
		output := &s.want.Outputs[i]
		if output.Unasked {
			if held := s.found[i].Find(slice.From, slice.To); held != nil {
				s.wanted = append(s.wanted, held)
			}
			continue
		}
		target, err := output.Resolve(slice)
		if err != nil {
			return err
		}
		if target.Place.Stays() {
			s.part.destinations = append(s.part.destinations, hashOf(output.key(target.Place)))
		}
		if s.want.Window.Trailing() {
			if s.replaced == nil {
				s.replaced = map[spot]bool{}
			}
			s.replaced[spot{output.Output, target.Place}] = true
		}
		held, stays, why, err := s.lacks(i, slice.Slice, target, final, due)
		if err != nil {
			return err
		}
		if held != nil {
			s.wanted = append(s.wanted, held)
		}
		if stays {
			s.relocate(i, slice, held, &target)
		}
		if why == "" {
			if held.Place == target.Place {
				s.part.Held++
			}
			if target.readable() {
				s.sources = append(s.sources, origin{held, target.Place})
			}
			continue
		}
		s.lacking = append(s.lacking, lack{output.Output, target, why, held})
		if (why == Open || why == Revisit) && target.readable() {
			s.stale = append(s.stale, origin{held, target.Place})
		}
	}
	return nil
}

// outputs are those of a pull of what is lacking. That the last try failed is the
// reason to show, unless the output has the slice and reads it once more.
func (s *subtraction) outputs(lacking []lack, slice window.Slice) []PullOutput {
	list := make([]PullOutput, 0, len(lacking))
	for _, l := range lacking {
		reason := l.why
		if reason != Open && reason != Revisit && s.hasFailed(l.output, slice) {
			reason = Failed
		}
		list = append(list, PullOutput{Output: l.output, Reason: reason, Place: l.target.Place, Definition: l.target.Definition})
	}
	return list
}

// add plans a pull.
func (s *subtraction) add(pull Pull) {
	if s.part.Pulls == nil { // mostly one for each slice that nothing holds
		s.part.Pulls = make([]Pull, 0, max(1, len(s.want.Slices)-s.part.Held/len(s.want.Outputs)))
	}
	if pull.Asks() {
		s.part.work.count(s.want, &pull)
	}
	s.part.Pulls = append(s.part.Pulls, pull)
}

// lacks says why an output of the want lacks a slice, and returns what it
// holds of it; the reason is empty if it lacks nothing. stays reports that what
// it holds is as it was written, at its place or to be relocated there.
func (s *subtraction) lacks(which int, slice window.Slice, target Target, final bool, due time.Duration) (held *ledger.Held, stays bool, why Reason, err error) {
	output := &s.want.Outputs[which]
	held = s.found[which].Find(slice.From, slice.To)
	if held == nil {
		if s.want.Window.Trailing() && s.holdsAny(output.Output) {
			return nil, false, Moved, nil
		}
		return nil, false, New, nil
	}
	if !target.Defines(held) {
		return held, false, Changed, nil
	}
	if held.Place != target.Place {
		if why, err := s.relocation(output, held, &target); why != Relocated || err != nil {
			return held, false, why, err
		}
	} else if !s.want.TrustLedger {
		condition, err := s.observe(held)
		s.part.sights[which].looked++
		switch {
		case err != nil:
			return nil, false, "", err
		case condition == place.Missing:
			s.part.sights[which].missing++
			return held, false, Missing, nil
		case condition == place.Altered:
			return held, false, Altered, nil
		}
	}
	switch {
	case !held.Final && (final || s.want.Window.Open() && !s.want.Window.Trailing()):
		return held, true, Open, nil
	case due > 0 && ReadAfter(held) < due:
		return held, true, Revisit, nil
	}
	return held, true, "", nil
}

func (s *subtraction) hasFailed(output string, slice window.Slice) bool {
	return len(s.failed) > 0 && s.failed[slotOf(output, slice.From, slice.To)]
}

func (s *subtraction) holdsAny(output string) bool {
	for h := range s.ledger.Held() {
		if h.Output == output {
			return true
		}
	}
	return false
}
