package pulls

import (
	"slices"
	"strings"
	"time"

	"github.com/reportform/reportform/engine/run"
	"github.com/reportform/reportform/internal/address"
	"github.com/reportform/reportform/internal/term"
)

const (
	// maxWaits bounds the waits that a terminal shows at once.
	maxWaits = 3
	// waitStays is how long a wait is shown that nobody has told of again.
	waitStays = 35 * time.Second
	// waitEnds is how long nobody tells of a wait that is over.
	waitEnds = 2 * time.Minute

	// firstSpace is how long after a wait was said it is said again, which is
	// twice as long each time, and longestSpace at most.
	firstSpace   = 30 * time.Second
	longestSpace = 10 * time.Minute
	// maxNames bounds those who are named of many that wait.
	maxNames = 3
)

// wait is what pulls wait for, and when they said so.
type wait struct {
	run.Waits
	at time.Time
}

// ongoing reports whether it goes on, as far as was told.
func (w *wait) ongoing(now time.Time) bool {
	return now.Sub(w.at) < waitEnds || w.Until.After(now)
}

// same reports whether two waits are of the same subject.
func (w *wait) same(other *run.Waits) bool {
	return w.Tenant == other.Tenant && w.App == other.App && w.Host == other.Host && w.Why == other.Why
}

// wait takes it into account that pulls wait.
func (t *tally) wait(w run.Waits, now time.Time) {
	for i := range t.waits {
		if t.waits[i].same(&w) {
			t.waits[i] = wait{w, now}
			return
		}
	}
	t.waits = append(t.waits, wait{w, now})
}

// longWaits are the waits that go on.
func (t *tally) longWaits(now time.Time) (list []run.Waits) {
	kept := t.waits[:0]
	for _, w := range t.waits {
		if now.Sub(w.at) >= waitStays || !w.Until.IsZero() && w.Until.Before(now) {
			continue
		}
		kept = append(kept, w)
		list = append(list, w.Waits)
	}
	t.waits = kept
	return list
}

// spacing is how often a wait is said: the longer it goes on, the less often. The
// zero value is one that begins.
type spacing struct {
	goesOn time.Time // until when, as far as was told
	said   time.Time
	every  time.Duration
}

// hear takes it into account that the wait goes on, and reports whether it begins.
func (s *spacing) hear(until, now time.Time) (begins bool) {
	if begins = now.Sub(s.goesOn) > max(waitEnds, s.every); begins {
		*s = spacing{}
	}
	for _, at := range []time.Time{now, until} {
		if at.After(s.goesOn) {
			s.goesOn = at
		}
	}
	return begins
}

// due reports whether the wait is to be said.
func (s *spacing) due(now time.Time) bool { return s.said.IsZero() || now.Sub(s.said) >= s.every }

// say says that it is said.
func (s *spacing) say(now time.Time) {
	s.said, s.every = now, min(max(firstSpace, 2*s.every), longestSpace)
}

// waitKind is what those have in common of whom one line tells that they wait.
type waitKind struct{ why, noun string }

func kindOf(w *run.Waits) waitKind {
	switch {
	case w.App != "":
		return waitKind{w.Why, "application"}
	case w.Host != "":
		return waitKind{w.Why, "host"}
	}
	return waitKind{w.Why, "tenant"}
}

// crowd is those who wait for one thing, in the order in which they were heard of.
// One line tells of all of them.
type crowd struct {
	waitKind
	spacing
	waits []wait
	named int // of waits, so many were part of a line
}

// hear takes it into account that somebody waits.
func (c *crowd) hear(w run.Waits, now time.Time) {
	if c.spacing.hear(w.Until, now) {
		c.waits, c.named = nil, 0
	}
	for i := range c.waits {
		if c.waits[i].same(&w) {
			c.waits[i] = wait{w, now}
			return
		}
	}
	c.waits = append(c.waits, wait{w, now})
}

// line is the line about those who wait, if it is due: at once when the first
// does, for others that join some seconds later, and now and then while it goes
// on. Otherwise it is empty.
func (c *crowd) line(now time.Time) string {
	if len(c.waits) == 0 {
		return ""
	}
	var waits []run.Waits
	fresh := false
	for i := range c.waits {
		if w := &c.waits[i]; w.ongoing(now) {
			waits = append(waits, w.Waits)
			fresh = fresh || w.at.After(c.said)
		}
	}
	switch {
	case len(waits) == 0:
		return ""
	case fresh && c.due(now):
		c.say(now)
	case c.named < len(c.waits) && now.Sub(c.said) >= firstSpace:
		c.said = now
	default:
		return ""
	}
	c.named = len(c.waits)
	return crowdText(waits, c.waitKind, now)
}

// crowdText says who waits and for what, on one line.
func crowdText(waits []run.Waits, kind waitKind, now time.Time) string {
	if len(waits) == 1 {
		return waitingText(&waits[0], now, true)
	}
	var names []string
	for i := range waits[:min(len(waits), maxNames)] {
		names = append(names, whoOf(&waits[i]))
	}
	text := term.Many(len(waits), kind.noun) + ": waiting" + whyText(kind.why)
	first := slices.MinFunc(waits, func(a, b run.Waits) int { return a.Until.Compare(b.Until) })
	if first.Until.After(now) {
		text += ", until " + first.Until.UTC().Format("15:04:05Z") + " at the earliest"
	}
	text += ": " + strings.Join(names, ", ")
	if more := len(waits) - len(names); more > 0 {
		text += " and " + term.Count(more) + " more"
	}
	if i := slices.IndexFunc(waits, func(w run.Waits) bool { return w.Last != "" }); i >= 0 {
		text += "; such as " + whoOf(&waits[i]) + ": " + waits[i].Last
	}
	return term.Clean(text)
}

// whoOf names who waits.
func whoOf(w *run.Waits) string {
	switch {
	case w.App != "":
		return w.App
	case w.Host != "":
		return w.Host
	}
	return address.Address(w.Tenant).WithoutKind()
}

// waitingText says who waits and for what, on one line; whole with what came last.
func waitingText(w *run.Waits, now time.Time, whole bool) string {
	text := whoOf(w) + ": waiting" + whyText(w.Why)
	if w.App != "" {
		text = "application " + text
	}
	if w.Until.After(now) {
		text += ", until " + w.Until.UTC().Format("15:04:05Z")
	}
	if whole && w.Last != "" {
		text += ": " + w.Last
	}
	return term.Clean(text)
}

// whyText completes "waiting".
func whyText(why string) string {
	switch why {
	case "throttled":
		return ", the service is throttling"
	case "pace":
		return " for the service's limits"
	case "unavailable":
		return ", the service is failing"
	case "silent":
		return ", the service sends nothing"
	case "outage":
		return ", it cannot be reached"
	case "token":
		return " for a token"
	}
	return ", " + why
}
