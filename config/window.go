package config

import (
	"cmp"
	"slices"
	"time"
	_ "time/tzdata" // zone names mean the same on a machine without a zone database

	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/config/lang"
	"github.com/reportform/reportform/internal/address"
	"github.com/reportform/reportform/internal/calendar"
	"github.com/reportform/reportform/internal/diag"
)

// Window is a declaration of time. Exactly one of Last, Every and a fixed
// range (From and To without Every) is set; the engine's window package turns
// it into slices.
type Window struct {
	Address address.Address
	Name    string

	Last  *calendar.Duration // trailing: one slice that ends at the plan's clock
	Align *calendar.Duration // with Last: the slice's bounds lie on whole units of this ("hour", "day", "week", "month")

	Every *calendar.Duration // consecutive slices of this length: whole hours, days, weeks or months
	From  time.Time          // zero with Last
	To    time.Time          // zero where there is no end

	// Location is the zone in which days, weeks and months begin; UTC by default.
	Location *time.Location
	// Settle is how long after a slice's end its events are waited for; nil
	// means the report type's own.
	Settle *calendar.Duration
	// Open also fetches slices that are not final, again at each apply.
	Open bool
	// Revisit reads a final slice once more so long after its end, the shortest
	// first; nil for never.
	Revisit []calendar.Duration
	// Keep is how long after its end a slice is wanted; nil for ever.
	Keep *calendar.Duration
	// Protect keeps what the window's reports hold from being deleted.
	Protect bool
	Range   hcl.Range
}

func windowKind() *lang.Kind {
	return &lang.Kind{Name: "window", Example: "window.daily", Labels: 1}
}

func windowSchema() *hcl.BodySchema {
	return &hcl.BodySchema{Attributes: []hcl.AttributeSchema{
		{Name: "last"},
		{Name: "align"},
		{Name: "every"},
		{Name: "from"},
		{Name: "to"},
		{Name: "timezone"},
		{Name: "settle"},
		{Name: "open"},
		{Name: "revisit"},
		{Name: "keep"},
		{Name: "protect"},
	}}
}

func decodeWindow(i *lang.Instance) *Window {
	w := &Window{Address: i.Address, Name: i.Name, Location: time.UTC, Range: i.Header()}
	zoned := decodeZone(i, &w.Location)
	w.Settle, _ = duration(&i.Attributes, "settle", true)
	w.Revisit = revisits(&i.Attributes)
	w.Keep, _ = duration(&i.Attributes, "keep", false)
	w.Open, _ = i.Bool("open")
	w.Protect, _ = i.Bool("protect")
	w.Last, _ = duration(&i.Attributes, "last", false)
	w.Every, _ = duration(&i.Attributes, "every", false)
	if align, ok := i.OneOf("align", "hour", "day", "week", "month"); ok {
		w.Align = &calendar.Duration{N: 1, Unit: map[string]calendar.Unit{"hour": calendar.Hour, "day": calendar.Day, "week": calendar.Week, "month": calendar.Month}[align]}
	}
	if zoned {
		w.From = moment(&i.Attributes, "from", w.Location)
		w.To = moment(&i.Attributes, "to", w.Location)
	}
	if checkForm(i) {
		checkSlices(i, w)
	}
	return w
}

// revisits reads one duration or a list of them.
func revisits(a *lang.Attributes) []calendar.Duration {
	const name = "revisit"
	if !a.IsList(name) {
		if d, ok := duration(a, name, false); ok {
			return []calendar.Duration{*d}
		}
		return nil
	}
	texts, _ := a.Texts(name)
	var list []calendar.Duration
	for _, text := range texts {
		d, err := calendar.Parse(text)
		switch {
		case err != nil:
			a.Reject(name, "Not a duration", "%s.", diag.Capitalize(err.Error()))
			return nil
		case d.N == 0:
			a.Reject(name, "Not a duration", "Every time in %q must be longer than nothing.", name)
			return nil
		}
		list = append(list, d)
	}
	slices.SortStableFunc(list, func(a, b calendar.Duration) int { return cmp.Compare(a.Fixed(), b.Fixed()) })
	for n := 1; n < len(list); n++ {
		if list[n-1].Fixed() == list[n].Fixed() {
			a.Reject(name, "Repeated time", "%s and %s are the same time after the end of a slice: leave one of them out.", list[n-1], list[n])
			return nil
		}
	}
	return list
}

// checkForm checks that the attributes are those of one of the three kinds of
// windows: last; from and to; every and from, with or without to.
func checkForm(i *lang.Instance) bool {
	before := len(i.Diagnostics())
	last, every, from, to := !i.Lacks("last"), !i.Lacks("every"), !i.Lacks("from"), !i.Lacks("to")
	switch {
	case last:
		for _, name := range []string{"every", "from", "to"} {
			if !i.Lacks(name) {
				i.Reject(name, "Conflicting attributes", "A window with \"last\" ends at the time of the plan; %q cannot be combined with it. Remove one of the two.", name)
			}
		}
		for _, name := range []string{"open", "revisit", "keep"} {
			if !i.Lacks(name) {
				i.Reject(name, "Conflicting attributes", "A window with \"last\" has one slice, which is fetched anew whenever it has moved; %q is for slices that stay. Remove it, or use \"every\".", name)
			}
		}
	case every && !from:
		i.Reject("every", "Missing beginning", "A window with \"every\" needs \"from\": the beginning of its first slice, such as from = \"2026-11-01\".")
	case from && !to && !every:
		i.Reject("from", "Missing end", "A window with \"from\" needs \"to\" for one fixed slice, or \"every\" for consecutive slices.")
	case to && !from:
		i.Reject("to", "Missing beginning", "A window with \"to\" needs \"from\" as well.")
	case !every && !from:
		i.Mistake(i.Header(), "Empty window",
			"A window needs \"last\" (a trailing window), \"from\" and \"to\" (one fixed slice), or \"every\" and \"from\" (consecutive slices).")
	}
	if !last && !i.Lacks("align") {
		i.Reject("align", "Conflicting attributes", "\"align\" moves the end of a window with \"last\"; this window has none. Remove it: slices of other windows begin where \"from\" says.")
	}
	return len(i.Diagnostics()) == before
}

// checkSlices checks the values against each other. What could not be read is
// zero and passes.
func checkSlices(i *lang.Instance, w *Window) {
	if !w.From.IsZero() && !w.To.IsZero() && !w.To.After(w.From) {
		i.Reject("to", "Empty window", "The window ends at %s, which is not after its beginning, %s.",
			w.To.Format(time.RFC3339), w.From.Format(time.RFC3339))
	}
	if w.Settle != nil && w.neverFetched(*w.Settle) {
		i.Reject("keep", "Nothing to fetch", "A slice has settled %s after its end, and is wanted until %s after it, so that none is ever fetched. "+
			"Make \"keep\" longer than \"settle\", or write open = true to fetch slices before they have settled.", w.Settle, w.Keep)
	}
	if w.Every == nil {
		return
	}
	if w.Every.Unit == calendar.Second || w.Every.Unit == calendar.Minute {
		i.Reject("every", "Unsuitable length", "Slices are whole hours, days, weeks or months long, such as 1h, 6h, 1d, 1w or 1mo; %s is not.", w.Every)
		return
	}
	if w.From.IsZero() {
		return
	}
	_, minute, second := w.From.Clock()
	onHour := minute == 0 && second == 0 && w.From.Nanosecond() == 0
	switch {
	case w.Every.Unit == calendar.Hour && !onHour:
		i.Reject("from", "Unsuitable beginning", "Slices of hours begin on a whole hour; %s is none in the zone %s.", w.From.Format(time.RFC3339Nano), w.Location)
	case w.Every.Unit != calendar.Hour && !calendar.IsDayStart(w.From):
		i.Reject("from", "Unsuitable beginning", "Slices of days, weeks and months begin at midnight; %s is not midnight in the zone %s. Write a date, such as \"2026-11-01\", and set timezone to the zone that counts.", w.From.Format(time.RFC3339Nano), w.Location)
	case w.Every.Unit == calendar.Month && w.From.Day() > 28:
		i.Reject("from", "Unsuitable beginning", "Slices of months begin on a day that every month has, the 1st to the 28th; this is the %d.", w.From.Day())
	}
}

// neverFetched reports whether slices are not wanted any more when they have
// settled.
func (w *Window) neverFetched(settle calendar.Duration) bool {
	return w.Keep != nil && !w.Open && w.Keep.Fixed() <= settle.Fixed()
}

// decodeZone reads the timezone; it is not ok when that fails.
func decodeZone(i *lang.Instance, zone **time.Location) bool {
	if i.Lacks("timezone") {
		return true
	}
	name, ok := i.NonEmpty("timezone")
	if !ok {
		return false
	}
	location, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		i.Reject("timezone", "Unknown timezone", "There is no time zone named %q. Write a name of the IANA database, such as \"UTC\", \"Europe/Berlin\" or \"America/New_York\".", name)
		return false
	}
	*zone = location
	return true
}
