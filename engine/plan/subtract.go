package plan

import (
	"fmt"
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
	claims []uint64 // of the paths of all wanted slices
}

// Subtract returns the wanted slices less the held ones. observe says what is
// on disk for an entry of the ledger.
func Subtract(want *Want, l *ledger.Ledger, now time.Time, observe func(*ledger.Held) Condition) (Part, error) {
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
	observe func(*ledger.Held) Condition
	found   []*ledger.Finder // by output of the want
	held    int              // entries of the ledger
	wanted  []*ledger.Held   // those that are wanted still
	sources []*ledger.Held   // that a pull of the slice at hand could be made from
	failed  map[heldKey]bool
	part    Part
}

type heldKey struct {
	output   string
	from, to int64 // Unix nanoseconds
}

func keyOf(output string, from, to time.Time) heldKey {
	return heldKey{output, from.UnixNano(), to.UnixNano()}
}

// slice plans one wanted slice.
func (s *subtraction) slice(slice *window.Named) error {
	final := s.final(slice.Slice)
	revisitAt, revisits := s.want.Window.Revisits(slice.Slice)
	due := revisits && final && !s.now.Before(revisitAt)
	var lacking []PullOutput
	s.sources = s.sources[:0]
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
		held, reason := s.reason(i, slice.Slice, target, final, due)
		if held != nil {
			s.wanted = append(s.wanted, held)
		}
		if reason != "" {
			if lacking == nil {
				lacking = make([]PullOutput, 0, len(s.want.Outputs))
			}
			lacking = append(lacking, PullOutput{output.Output, reason, target.Path, target.Definition})
			continue
		}
		s.part.Held++
		if target.readable() {
			s.sources = append(s.sources, held)
		}
	}
	if len(lacking) == 0 {
		return nil
	}
	pull := Pull{
		Tenant: s.want.Tenant, Report: s.want.Report, Type: s.want.Type,
		From: slice.From, To: slice.To, Label: slice.Label, Date: slice.Date,
		Final: final, Revisit: due, Outputs: lacking,
	}
	if !s.want.Window.Trailing() {
		pull.LostAt = s.want.LostAt(slice.Slice)
	}
	if derived, err := s.derive(&pull, slice); derived || err != nil {
		return err
	}
	if why, lost := s.lost(slice.Slice); lost {
		kept := holdsAll(lacking)
		if kept {
			why += "; what is held stays as it is"
		}
		addGap(&s.part.Lost, Gap{
			Tenant: s.want.Tenant, Report: s.want.Report,
			From: slice.From, To: slice.To, Slices: 1, Why: why, Kept: kept,
		})
		return nil
	}
	if !s.pullable(final) {
		addGap(&s.part.Waiting, Gap{
			Tenant: s.want.Tenant, Report: s.want.Report,
			From: slice.From, To: slice.To, Slices: 1,
			Why:   "not settled: events become visible late",
			Until: s.want.Window.Settles(slice.Slice, s.want.Settle),
		})
		return nil
	}
	s.add(pull)
	return nil
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
// gives the outputs what the service would: not where the point is to ask the
// service again.
func (s *subtraction) derive(pull *Pull, slice *window.Named) (bool, error) {
	for _, o := range pull.Outputs {
		switch o.Reason {
		case New, Changed, Missing, Altered, Retry:
		default:
			return false, nil
		}
	}
	source, err := s.source(pull, slice)
	if source == nil || err != nil {
		return false, err
	}
	pull.Source = &Source{source.Output, source.Path, source.Proof().SHA256}
	for i := range pull.Outputs {
		if pull.Outputs[i].Reason == New {
			pull.Outputs[i].Reason = Derived
		}
	}
	s.add(*pull)
	return true, nil
}

// source returns an entry whose file has a pull's events and is there, nil if
// there is none: of an output that is asked for, or else of another one.
func (s *subtraction) source(pull *Pull, slice *window.Named) (*ledger.Held, error) {
	for _, held := range s.sources {
		if !s.want.TrustLedger || s.observe(held) == Intact {
			return held, nil
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
		held, reason := s.reason(i, slice.Slice, target, pull.Final, pull.Revisit)
		if reason == "" && target.readable() && (!s.want.TrustLedger || s.observe(held) == Intact) {
			return held, nil
		}
	}
	return nil, nil
}

// reason says why an output of the want lacks a slice, and returns what it
// holds of it; the reason is empty if it lacks nothing.
func (s *subtraction) reason(which int, slice window.Slice, target Target, final, revisit bool) (*ledger.Held, Reason) {
	output, held := s.want.Outputs[which].Output, s.found[which].Find(slice.From, slice.To)
	if held == nil {
		switch {
		case s.hasFailed(output, slice):
			return nil, Retry
		case s.want.Window.Trailing() && s.holdsAny(output):
			return nil, Moved
		}
		return nil, New
	}
	if held.Definition != target.Definition || held.Path != target.Path {
		return held, Changed
	}
	if !s.want.TrustLedger {
		switch s.observe(held) {
		case Gone:
			return held, Missing
		case Differs:
			return held, Altered
		}
	}
	switch {
	case s.hasFailed(output, slice):
		return held, Retry
	case !held.Final && (final || s.want.Window.Open() && !s.want.Window.Trailing()):
		return held, Open
	case revisit && !held.Revisited:
		return held, Revisit
	}
	return held, ""
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

// holdsAll reports whether the files of all outputs are there, if not as wanted.
func holdsAll(lacking []PullOutput) bool {
	for _, o := range lacking {
		switch o.Reason {
		case Changed, Open, Revisit:
		default:
			return false
		}
	}
	return true
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
	if s.held != len(s.wanted) { // mostly everything is wanted, each entry by one slice
		s.unwanted()
	}
	s.part.Orphans = append(s.part.Orphans, leftovers(s.ledger)...)
}

func (s *subtraction) unwanted() {
	wanted := make(map[*ledger.Held]bool, len(s.wanted))
	for _, h := range s.wanted {
		wanted[h] = true
	}
	outputs := map[string]bool{}
	moved := map[string]bool{} // trailing outputs whose next pull replaces what is held
	for _, o := range s.want.Outputs {
		outputs[o.Output] = true
	}
	for _, p := range s.part.Pulls {
		for _, o := range p.Outputs {
			if o.Reason == Moved {
				moved[o.Output+"\x00"+o.Path] = true
			}
		}
	}
	for h := range s.ledger.Held() {
		if wanted[h] || moved[h.Output+"\x00"+h.Path] {
			continue
		}
		why := "slice"
		switch {
		case !outputs[h.Output]:
			why = "output"
		case s.want.Window.Expired(window.Slice{From: h.From, To: h.To}, s.now):
			why = "expired"
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
			last.To, last.Slices = g.To, last.Slices+1
			return
		}
	}
	*gaps = append(*gaps, g)
}
