package config

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/reportform/reportform/config/lang"
	"github.com/reportform/reportform/internal/calendar"
	"github.com/reportform/reportform/internal/diag"
)

// ForgottenAt returns when the service has no longer all events from a time on, if
// it keeps them for so long: it keeps whole days in UTC, and the one that the time
// lies on is the first to go.
func ForgottenAt(kept calendar.Duration, from time.Time) time.Time {
	const day = 24 * time.Hour
	return kept.After(from.UTC().Truncate(day).Add(day))
}

// reserve is how long before it is lost a slice should have settled, so that an
// apply a day is enough.
const reserve = 24 * time.Hour

// interval is a slice in UTC.
type interval struct{ from, to time.Time }

// fitting is what decides whether slices can be had.
type fitting struct {
	window       *Window
	settle, kept calendar.Duration
}

// checkFit checks that slices can be had after they have settled, and before the
// service forgets their beginning: for each licence that the tenants have.
func (l *loader) checkFit(i *lang.Instance, r *Report) {
	if r.Window == nil || r.Type == nil {
		return
	}
	l.warnOfLicence(i, r)
	w, t := r.Window, r.Type
	if t.Snapshot() {
		return
	}
	if w.Last == nil && w.Settle != nil && w.Settle.Fixed() < t.Settle.Fixed() {
		i.Warn("window", "Settled too early", "Slices of %s settle %s after their end, but events of %s become visible up to %s late: those that come later are missed. "+
			"Set settle to %s or more in %s, or leave it out; or use \"revisit\" to read slices once more.", w.Address, w.Settle, t.Name, t.Settle, t.Settle, w.Address)
	}
	var lost []string // licences with which slices cannot be had
	all := true
	for _, licence := range licencesOf(r) {
		kept := t.Kept(licence)
		if kept == nil || l.fits(fitting{w, w.settleOf(t), *kept}) {
			all = false
			continue
		}
		lost = append(lost, licence)
	}
	if len(lost) == 0 {
		return
	}
	text := l.unfit(r, lost[0])
	if all {
		i.Reject("window", "Slices that can never be had", "%s", text)
		return
	}
	i.Warn("window", "Slices that can never be had", "%s That concerns %s.", text, tenantsWith(r, lost...))
}

// licencesOf are those of a report's tenants that the service offers it to, each
// once; that of nobody stands for a report without tenants.
func licencesOf(r *Report) []string {
	var licences []string
	for _, t := range r.Tenants {
		if !slices.Contains(licences, t.Licence) && r.Type.Offered(t.Licence) {
			licences = append(licences, t.Licence)
		}
	}
	if len(r.Tenants) == 0 {
		licences = append(licences, "")
	}
	return licences
}

// tenantsWith names the tenants of a report that have one of the licences.
func tenantsWith(r *Report, licences ...string) string {
	const most = 3
	var names []string
	for _, t := range r.Tenants {
		if slices.Contains(licences, t.Licence) {
			names = append(names, string(t.Address))
		}
	}
	if more := len(names) - most; more > 0 {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(names, ", ")
}

// warnOfLicence tells of tenants whose licence, as it is declared, does not give
// them the report.
func (l *loader) warnOfLicence(i *lang.Instance, r *Report) {
	var without []string
	for _, t := range r.Tenants {
		if !r.Type.Offered(t.Licence) && !slices.Contains(without, t.Licence) {
			without = append(without, t.Licence)
		}
	}
	if len(without) == 0 {
		return
	}
	i.WarnAt(i.LabelRanges()[0], "Licence not sufficient", "The service offers %s only with the licence %s, and will refuse it to %s. Take them out of the report, or correct their licence.",
		r.Type.Name, diag.Quoted(r.Type.Licences), tenantsWith(r, without...))
}

// settleOf is the window's settle, or else the type's.
func (w *Window) settleOf(t *ReportType) calendar.Duration {
	if w.Settle != nil {
		return *w.Settle
	}
	return t.Settle
}

// fits reports whether no slice is lost before it has settled. What was found is
// remembered: windows serve many reports.
func (l *loader) fits(f fitting) bool {
	fit, known := l.fitting[f]
	if !known {
		fit = f.ample() || f.lost(0) == nil
		l.fitting[f] = fit
	}
	return fit
}

// ample reports whether slices fit however the calendar falls.
func (f fitting) ample() bool {
	length := f.window.Last
	if f.window.Every != nil {
		length = f.window.Every
	}
	if length == nil {
		return false
	}
	return most(*length)+most(f.settle)+2*reserve < least(f.kept)
}

// most and least are the longest and the shortest that a duration can be.
func most(d calendar.Duration) time.Duration {
	switch d.Unit {
	case calendar.Month:
		return time.Duration(d.N) * 31 * 25 * time.Hour
	case calendar.Day, calendar.Week:
		return d.Fixed() * 25 / 24
	}
	return d.Fixed()
}

func least(d calendar.Duration) time.Duration {
	if d.Unit == calendar.Month {
		return time.Duration(d.N) * 28 * 24 * time.Hour
	}
	return d.Fixed()
}

// lost returns a slice that is lost before it has settled, or sooner after that
// than a time, nil if there is none.
func (f fitting) lost(spare time.Duration) *interval {
	zone := f.window.zone()
	for _, s := range f.window.samples() {
		ready := s.to
		if f.window.Last == nil {
			ready = f.settle.After(s.to.In(zone))
		}
		if !ready.Add(spare).Before(ForgottenAt(f.kept, s.from)) {
			return &s
		}
	}
	return nil
}

func (w *Window) zone() *time.Location {
	if w.Location == nil {
		return time.UTC
	}
	return w.Location
}

// samples are slices of the window: all that differ in what they begin and end
// with by the calendar, over more than a year, or four of months.
func (w *Window) samples() []interval {
	zone := w.zone()
	var list []interval
	switch {
	case w.Last != nil:
		for month := range time.Month(14) { // a trailing slice ends at any time
			for hour := range 24 {
				to := time.Date(2027, 1+month, 1, hour, 0, 0, 0, zone)
				if w.Align != nil && w.Align.Unit != calendar.Hour && !calendar.IsDayStart(to) {
					continue
				}
				list = append(list, interval{w.Last.Before(to), to})
			}
		}
	case w.Every == nil:
		if !w.From.IsZero() && !w.To.IsZero() {
			list = append(list, interval{w.From, w.To})
		}
	case !w.From.IsZero():
		runs, length := 1, 48
		switch w.Every.Unit {
		case calendar.Hour:
			runs, length = 14, 24
		case calendar.Day, calendar.Week:
			length = max(2, 400/max(1, int(w.Every.Fixed()/(24*time.Hour))))
		}
		for run := range runs {
			first := run * 30 * 24 / max(1, w.Every.N) // runs are of hours
			for k := first; k < first+length; k++ {
				s := interval{w.boundary(k), w.boundary(k + 1)}
				if !w.To.IsZero() && !s.from.Before(w.To) {
					break
				}
				if !w.To.IsZero() && s.to.After(w.To) {
					s.to = w.To
				}
				list = append(list, s)
			}
		}
	}
	return list
}

// boundary is the beginning of slice k of a window with every.
func (w *Window) boundary(k int) time.Time {
	return calendar.Duration{N: k * w.Every.N, Unit: w.Every.Unit}.After(w.From.In(w.zone()))
}

// unfit says in full sentences why slices of a report can never be had with a
// licence, and what fits.
func (l *loader) unfit(r *Report, licence string) string {
	w, t := r.Window, r.Type
	f := fitting{w, w.settleOf(t), *t.Kept(licence)}
	s := f.lost(0)
	kept := fmt.Sprintf("The service keeps %s for %s", t.Name, f.kept)
	if _, differs := t.RetentionBy[licence]; differs {
		kept = fmt.Sprintf("The service keeps %s of directories with the licence %q for %s", t.Name, licence, f.kept)
	}
	if w.Last != nil {
		return fmt.Sprintf("%s, and %s reaches back %s, where it is lost already. %s", kept, w.Address, w.Last, f.shorter())
	}
	zone := w.zone()
	text := fmt.Sprintf("%s: the slice of %s from %s to %s has settled at %s, %s after its end, and its beginning is lost at %s.",
		kept, w.Address, shortTime(s.from.In(zone)), shortTime(s.to.In(zone)), shortTime(f.settle.After(s.to.In(zone))), f.settle, shortTime(ForgottenAt(f.kept, s.from)))
	if w.Open {
		text += " With \"open\" it is fetched before, and never once it is whole."
	}
	if settle := f.greatest(); settle != nil && w.Settle != nil && (fitting{w, t.Settle, f.kept}).lost(0) == nil {
		return text + fmt.Sprintf(" Set settle to at most %s in %s.", settle, w.Address)
	}
	return text + " " + f.shorter()
}

// shortTime is a time without what is zero of it.
func shortTime(t time.Time) string {
	if calendar.IsDayStart(t) {
		return t.Format(time.DateOnly)
	}
	return t.Format("2006-01-02 15:04 MST")
}

// greatest returns the greatest settle of whole days, or of hours below one, with
// which slices can be had with time to spare; nil if there is none.
func (f fitting) greatest() *calendar.Duration {
	for _, of := range []struct {
		unit  calendar.Unit
		limit int
	}{{calendar.Day, int(f.kept.Fixed() / (24 * time.Hour))}, {calendar.Hour, 23}} {
		n := sort.Search(of.limit, func(n int) bool {
			return (fitting{f.window, calendar.Duration{N: n + 1, Unit: of.unit}, f.kept}).lost(reserve) != nil
		})
		if n > 0 {
			return &calendar.Duration{N: n, Unit: of.unit}
		}
	}
	return nil
}

// shorter says which slices fit.
func (f fitting) shorter() string {
	fits := func(spare time.Duration, change func(*Window)) bool {
		w := *f.window
		change(&w)
		return fitting{&w, f.settle, f.kept}.lost(spare) == nil
	}
	if f.window.Last != nil {
		n := sort.Search(int(f.kept.Fixed()/(24*time.Hour)), func(n int) bool {
			return !fits(0, func(w *Window) { w.Last = &calendar.Duration{N: n + 1, Unit: calendar.Day} })
		})
		return fmt.Sprintf("Set last to at most %dd.", max(1, n))
	}
	var lengths, words []string
	for _, of := range []struct {
		unit calendar.Unit
		word string
	}{{calendar.Hour, "hours"}, {calendar.Day, "days"}, {calendar.Week, "weeks"}} {
		every := calendar.Duration{N: 1, Unit: of.unit}
		if f.window.Every != nil && f.window.Every.Fixed() <= every.Fixed() {
			break
		}
		if fits(reserve, func(w *Window) { w.Every = &every }) {
			lengths, words = append(lengths, every.String()), append(words, of.word)
		}
	}
	switch {
	case lengths == nil:
		return "Make settle shorter."
	case len(words) > 1: // those of hours are for who asks for them
		lengths, words = lengths[1:], words[1:]
	}
	return fmt.Sprintf("Use slices of %s: every = %s.", strings.Join(words, " or "), diag.Quoted(lengths))
}
