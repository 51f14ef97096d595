package pulls

import (
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
)

// wait is what pulls wait for, and when they said so.
type wait struct {
	run.Waits
	at time.Time
}

// wait takes it into account that pulls wait.
func (t *tally) wait(w run.Waits, now time.Time) {
	for i := range t.waits {
		if old := &t.waits[i]; old.Tenant == w.Tenant && old.App == w.App && old.Host == w.Host && old.Why == w.Why {
			*old = wait{w, now}
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

// waitingText says who waits and for what, on one line; whole with what came last.
func waitingText(w *run.Waits, now time.Time, whole bool) string {
	who := address.Address(w.Tenant).WithoutKind()
	switch {
	case w.App != "":
		who = "application " + w.App
	case w.Host != "":
		who = w.Host
	}
	text := who + ": waiting" + whyText(w.Why)
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
