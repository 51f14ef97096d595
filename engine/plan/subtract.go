package plan

import (
	"fmt"
	"strings"
	"time"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/window"
)

// Want is what one report wants of one tenant.
type Want struct {
	Tenant, Report string // addresses
	Type           string // report type
	Window         window.Window
	Slices         []window.Named   // of the window at the plan's clock
	Settle         config.Duration  // the report type's, unless the window has its own
	Retention      *config.Duration // how long the service keeps events; nil for ever
	// Snapshot reports that only the state of the moment can be had.
	Snapshot bool
	PageSize int // events of a page; 0 if not known
	Limits   Limits
	Outputs  []WantOutput
	// TrustLedger takes held files to be as the ledger has them. Only those that
	// a pull would be made from are observed.
	TrustLedger bool
}

// WantOutput is one output of a Want.
type WantOutput struct {
	Output  string // address
	Resolve func(s *window.Named) (Target, error)
	// Declared is set for an output that is declared and not asked for: what
	// it holds is left alone.
	Declared bool
}

// Target is what an output does with a slice.
type Target struct {
	Path       string // as a ledger has it
	Definition string // digest
	// Verbatim reports that the file holds every event as it came.
	Verbatim bool
}

// readable reports whether the events can be read again from the file.
func (t *Target) readable() bool { return t.Verbatim && t.Path != Console }

// Condition is what is found at a held path.
type Condition int

// The conditions.
const (
	Intact  Condition = iota // as the ledger has it
	Gone                     // no file
	Differs                  // another file than the ledger has
)

// Part is the share of a plan that one Want makes.
type Part struct {
	Pulls         []Pull
	Orphans       []Orphan
	Lost, Waiting []Gap
	Held          int

	work   work
	claims []uint64 // of the paths of all wanted slices, and of kept
	kept   []Claim  // paths at which slices stay held that are wanted elsewhere
}

// Subtract returns the wanted slices less the held ones. observe says what is
// on disk for an entry of the ledger.
func Subtract(want *Want, l *ledger.Ledger, now time.Time, observe func(*ledger.Held) (Condition, error)) (Part, error) {
	s := subtraction{
		want: want, ledger: l, now: now, observe: observe,
		held: l.Len(), failed: make(map[heldKey]bool, len(l.Failed)),
	}
	s.wanted = make([]*ledger.Held, 0, s.held)
	for i := range want.Outputs {
		s.found = append(s.found, l.Finder(want.Outputs[i].Output))
	}
	for _, f := range l.Failed {
		s.failed[keyOf(f.Output, f.From, f.To)] = true
	}
	s.part.claims = make([]uint64, 0, len(want.Slices)*len(want.Outputs))
	for i := range want.Slices {
		if err := s.slice(&want.Slices[i]); err != nil {
			return Part{}, err
		}
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
	observe func(*ledger.Held) (Condition, error)
	found   []*ledger.Finder // by output of the want
	held    int              // entries of the ledger
	wanted  []*ledger.Held   // those that are wanted still
	failed  map[heldKey]bool
	part    Part

	// replaced are the places of a trailing window's one slice: what lies there
	// of an earlier one stays until it is replaced.
	replaced map[place]bool

	// Of the slice at hand: what outputs lack, the entries that a pull of it
	// could be made from, and those that could if the service had it no longer.
	lacking        []lack
	sources, stale []*ledger.Held
}

type heldKey struct {
	output   string
	from, to int64 // Unix nanoseconds
}

func keyOf(output string, from, to time.Time) heldKey {
	return heldKey{output, from.UnixNano(), to.UnixNano()}
}

// place is where an output has a slice.
type place struct{ output, path string }

// lack is an output that lacks the slice at hand.
type lack struct {
	output string
	target Target
	why    Reason       // never Retry, which says nothing of what is lacking
	held   *ledger.Held // what it holds of the slice, nil if nothing
}

// mendable reports whether a file with the slice's events, wherever it comes
// from, is what is lacking: not where the point is to ask the service again.
func (l *lack) mendable() bool {
	switch l.why {
	case New, Changed, Missing, Altered:
		return true
	}
	return false
}

// slice plans one wanted slice.
func (s *subtraction) slice(slice *window.Named) error {
	final := s.final(slice.Slice)
	revisitAt, revisits := s.want.Window.Revisits(slice.Slice)
	due := revisits && final && !s.want.Snapshot && !s.now.Before(revisitAt)
	if err := s.examine(slice, final, due); err != nil || len(s.lacking) == 0 {
		return err
	}
	pull := Pull{
		Tenant: s.want.Tenant, Report: s.want.Report, Type: s.want.Type,
		From: slice.From, To: slice.To, Label: slice.Label, Date: slice.Date,
		Final: final, Revisit: due,
	}
	if !s.want.Window.Trailing() {
		pull.LostAt = s.want.LostAt(slice.Slice)
	}
	why, lost := s.lost(slice.Slice)
	rest, err := s.derive(pull, slice, lost)
	if err != nil || len(rest) == 0 {
		return err
	}
	if !lost && s.pullable(final) {
		pull.Outputs = s.outputs(rest, slice.Slice)
		s.add(pull)
		return nil
	}
	s.claimKept(rest, slice)
	gap := gapOf(s.want, slice)
	if !lost {
		gap.Why, gap.Until = "not settled: events become visible late", s.want.Window.Settles(slice.Slice, s.want.Settle)
		addGap(&s.part.Waiting, gap)
		return nil
	}
	gap.Why, gap.Kept, err = s.lostHow(why, rest)
	addGap(&s.part.Lost, gap)
	return err
}

// examine finds what each output lacks of a slice.
func (s *subtraction) examine(slice *window.Named, final, revisit bool) error {
	s.lacking, s.sources, s.stale = s.lacking[:0], s.sources[:0], s.stale[:0]
	for i := range s.want.Outputs {
		output := &s.want.Outputs[i]
		if output.Declared {
			if held := s.found[i].Find(slice.From, slice.To); held != nil {
				s.wanted = append(s.wanted, held)
			}
			continue
		}
		target, err := output.Resolve(slice)
		if err != nil {
			return err
		}
		if target.Path != Console {
			s.part.claims = append(s.part.claims, claim(target.Path))
		}
		if s.want.Window.Trailing() {
			if s.replaced == nil {
				s.replaced = map[place]bool{}
			}
			s.replaced[place{output.Output, target.Path}] = true
		}
		held, why, err := s.lacks(i, slice.Slice, target, final, revisit)
		if err != nil {
			return err
		}
		if held != nil {
			s.wanted = append(s.wanted, held)
		}
		if why == "" {
			s.part.Held++
			if target.readable() {
				s.sources = append(s.sources, held)
			}
			continue
		}
		s.lacking = append(s.lacking, lack{output.Output, target, why, held})
		if (why == Open || why == Revisit) && target.readable() {
			s.stale = append(s.stale, held)
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
			reason = Retry
		}
		list = append(list, PullOutput{l.output, reason, l.target.Path, l.target.Definition})
	}
	return list
}

// claimKept claims the paths of what stays held although it is not as declared.
func (s *subtraction) claimKept(lacking []lack, slice *window.Named) {
	for _, l := range lacking {
		if l.held != nil && l.held.Path != l.target.Path && l.held.Path != Console {
			s.part.claims = append(s.part.claims, claim(l.held.Path))
			s.part.kept = append(s.part.kept, Claim{l.held.Path, s.want.Tenant, s.want.Report, l.output, slice.Label})
		}
	}
}

// lostHow completes the sentence on why a slice is lost. It is kept if every
// output that lacks it has a file of it all the same, if not as declared.
func (s *subtraction) lostHow(why string, lacking []lack) (sentence string, kept bool, err error) {
	kept = true
	var gone []string
	for _, l := range lacking {
		has := l.held != nil
		switch l.why {
		case Missing, Altered:
			has = false
		case Changed: // of which the file was not looked at
			if has, err = s.intact(l.held); err != nil {
				return "", false, err
			}
		}
		if !has && l.held != nil {
			gone = append(gone, l.output)
		}
		kept = kept && has
	}
	switch {
	case kept:
		why += "; what is held stays as it is"
	case gone != nil:
		why += "; what was held is gone or altered, in " + strings.Join(gone, ", ")
	}
	return why, kept, nil
}

// intact reports whether the file of an entry is there, or trusted to be.
func (s *subtraction) intact(held *ledger.Held) (bool, error) {
	if s.want.TrustLedger {
		return true, nil
	}
	condition, err := s.observe(held)
	return condition == Intact, err
}

// add plans a pull.
func (s *subtraction) add(pull Pull) {
	if s.part.Pulls == nil { // mostly one for each slice that nothing holds
		s.part.Pulls = make([]Pull, 0, max(1, len(s.want.Slices)-s.part.Held/len(s.want.Outputs)))
	}
	if pull.Source == nil {
		s.part.work.count(s.want, &pull)
	}
	s.part.Pulls = append(s.part.Pulls, pull)
}

// derive plans a pull from the file of an output that holds the slice, if that
// gives the outputs what the service would, or if the service would give
// nothing any more. It returns what is lacking all the same.
func (s *subtraction) derive(pull Pull, slice *window.Named, lost bool) ([]lack, error) {
	var mendable, rest []lack
	for _, l := range s.lacking {
		if l.mendable() {
			mendable = append(mendable, l)
		} else {
			rest = append(rest, l)
		}
	}
	if len(mendable) == 0 || len(rest) > 0 && !lost {
		return s.lacking, nil
	}
	source, err := s.source(&pull, slice, lost)
	if source == nil || err != nil {
		return s.lacking, err
	}
	pull.Source = &Source{source.Output, source.Path, source.Proof().SHA256}
	pull.Outputs = s.outputs(mendable, slice.Slice)
	for i := range pull.Outputs {
		if pull.Outputs[i].Reason == New {
			pull.Outputs[i].Reason = Derived
		}
	}
	s.add(pull)
	return rest, nil
}

// source returns an entry whose file has a pull's events and is there, nil if
// there is none: of an output that is asked for, or else of another one. What
// is to be read again counts only if the service has the slice no longer.
func (s *subtraction) source(pull *Pull, slice *window.Named, lost bool) (*ledger.Held, error) {
	candidates := s.sources
	if lost {
		candidates = append(candidates, s.stale...)
	}
	for _, held := range candidates {
		if there, err := s.there(held); there || err != nil {
			return held, err
		}
	}
	for i := range s.want.Outputs {
		output := &s.want.Outputs[i]
		if !output.Declared || s.found[i].Find(slice.From, slice.To) == nil {
			continue
		}
		target, err := output.Resolve(slice)
		if err != nil {
			return nil, err
		}
		held, why, err := s.lacks(i, slice.Slice, target, pull.Final, pull.Revisit)
		if err != nil {
			return nil, err
		}
		if !target.readable() || why != "" && (!lost || why != Open && why != Revisit) {
			continue
		}
		if there, err := s.there(held); there || err != nil {
			return held, err
		}
	}
	return nil, nil
}

// there reports whether the file of an entry that nothing is wrong with is
// there: trusted ones were not looked at.
func (s *subtraction) there(held *ledger.Held) (bool, error) {
	if !s.want.TrustLedger {
		return true, nil
	}
	condition, err := s.observe(held)
	return condition == Intact, err
}

// lacks says why an output of the want lacks a slice, and returns what it
// holds of it; the reason is empty if it lacks nothing.
func (s *subtraction) lacks(which int, slice window.Slice, target Target, final, revisit bool) (*ledger.Held, Reason, error) {
	output, held := s.want.Outputs[which].Output, s.found[which].Find(slice.From, slice.To)
	if held == nil {
		if s.want.Window.Trailing() && s.holdsAny(output) {
			return nil, Moved, nil
		}
		return nil, New, nil
	}
	if held.Definition != target.Definition || held.Path != target.Path {
		return held, Changed, nil
	}
	if !s.want.TrustLedger {
		switch condition, err := s.observe(held); {
		case err != nil:
			return nil, "", err
		case condition == Gone:
			return held, Missing, nil
		case condition == Differs:
			return held, Altered, nil
		}
	}
	switch {
	case !held.Final && (final || s.want.Window.Open() && !s.want.Window.Trailing()):
		return held, Open, nil
	case revisit && !held.Revisited:
		return held, Revisit, nil
	}
	return held, "", nil
}

func (s *subtraction) hasFailed(output string, slice window.Slice) bool {
	return len(s.failed) > 0 && s.failed[keyOf(output, slice.From, slice.To)]
}

// final reports whether a slice has settled. A snapshot is what it is when it
// is taken.
func (s *subtraction) final(slice window.Slice) bool {
	return s.want.Snapshot || !s.now.Before(s.want.Window.Settles(slice, s.want.Settle))
}

// pullable reports whether a slice is fetched at this clock.
func (s *subtraction) pullable(final bool) bool {
	return final || s.want.Window.Open() || s.want.Window.Trailing()
}

// lost says why a slice can never be had again.
func (s *subtraction) lost(slice window.Slice) (why string, lost bool) {
	at := s.want.LostAt(slice)
	if at.IsZero() || s.now.Before(at) {
		return "", false
	}
	if s.want.Snapshot {
		return "a snapshot shows the state of the moment and cannot be taken later", true
	}
	since := s.want.Retention.Before(s.now.UTC()).Truncate(day)
	return fmt.Sprintf("the service keeps events for %s, since %s", s.want.Retention, since.Format(time.DateOnly)), true
}

const day = 24 * time.Hour

// LostAt returns when a slice can no longer be had; zero for never. A snapshot
// shows the moment. Of events the service keeps whole days in UTC: the one on
// which the slice begins is the first to go.
func (w *Want) LostAt(slice window.Slice) time.Time {
	switch {
	case w.Snapshot && w.Window.Trailing():
		return time.Time{} // always of the moment
	case w.Snapshot:
		return slice.To
	case w.Retention == nil:
		return time.Time{}
	}
	return w.Retention.After(slice.From.Truncate(day).Add(day))
}

func (s *subtraction) holdsAny(output string) bool {
	for h := range s.ledger.Held() {
		if h.Output == output {
			return true
		}
	}
	return false
}

// orphans collects what the ledger has and nothing wants.
func (s *subtraction) orphans() {
	declared := map[string]bool{} // outputs of which everything is left alone
	for _, o := range s.want.Outputs {
		if o.Declared {
			declared[o.Output] = true
		}
	}
	if s.held != len(s.wanted) { // mostly everything is wanted, each entry by one slice
		s.unwanted(declared)
	}
	for _, left := range leftovers(s.ledger) {
		if !declared[left.Output] {
			s.part.Orphans = append(s.part.Orphans, left)
		}
	}
}

func (s *subtraction) unwanted(declared map[string]bool) {
	wanted := make(map[*ledger.Held]bool, len(s.wanted))
	for _, h := range s.wanted {
		wanted[h] = true
	}
	outputs := map[string]bool{}
	for _, o := range s.want.Outputs {
		outputs[o.Output] = true
	}
	for h := range s.ledger.Held() {
		if wanted[h] || declared[h.Output] || s.replaced[place{h.Output, h.Path}] {
			continue
		}
		why := "slice"
		switch {
		case !outputs[h.Output]:
			why = "output"
		case s.want.Window.Expired(window.Slice{From: h.From, To: h.To}, s.now):
			why = "expired"
		case h.From.After(s.now): // the clock was put back, or is another machine's
			continue
		}
		s.part.Orphans = append(s.part.Orphans, orphan(s.ledger, h, why))
	}
}

// Abandoned returns everything in a ledger as orphans, for a tenant or a
// report that is no longer declared; why is "tenant" or "report".
func Abandoned(l *ledger.Ledger, why string) []Orphan {
	var orphans []Orphan
	for h := range l.Held() {
		orphans = append(orphans, orphan(l, h, why))
	}
	return append(orphans, leftovers(l)...)
}

func orphan(l *ledger.Ledger, h *ledger.Held, why string) Orphan {
	return Orphan{
		Tenant: l.Tenant, Report: l.Report, Output: h.Output,
		From: h.From, To: h.To, Path: h.Path, Why: why, Bytes: h.Bytes, SHA256: h.Proof().SHA256,
	}
}

func leftovers(l *ledger.Ledger) []Orphan {
	var orphans []Orphan
	for _, left := range l.Left {
		orphans = append(orphans, Orphan{
			Tenant: l.Tenant, Report: l.Report, Output: left.Output,
			From: left.From, To: left.To, Path: left.Path, Why: "path", Bytes: left.Bytes, SHA256: left.SHA256,
		})
	}
	return orphans
}

// addGap appends a gap, or lengthens the last one where it continues it.
func addGap(gaps *[]Gap, g Gap) {
	if n := len(*gaps); n > 0 {
		last := &(*gaps)[n-1]
		if last.To.Equal(g.From) && last.Why == g.Why {
			last.lengthen(&g)
			return
		}
	}
	*gaps = append(*gaps, g)
}
