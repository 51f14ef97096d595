package pacing

import (
	"time"

	"github.com/reportform/reportform/internal/limits"
)

const (
	// paceFall is what a refusal leaves of a pace.
	paceFall = 0.85
	// paceGood is what of a refused pace counts as the last good one.
	paceGood = 0.95
	// paceShare is the least that a first refusal leaves: it says who else there
	// is, and not for how long.
	paceShare = 0.5
	// paceLeast is the slowest pace: of a budget that others use up, one request
	// in twenty windows for each that it has.
	paceLeast = 0.05
	// paceCurve is how fast a pace rises beyond the last good one: by so much
	// of the published rate, times the square of the windows since.
	paceCurve = 0.008
)

// pace is the part of a published rate that is used, as somebody else uses the
// rest. A refusal that came although the rate was kept lowers it, the first one
// to what of the rate was answered lately; useful answers raise it, within one
// window to the last good pace and slowly beyond. At the whole rate it holds back
// nothing; below, requests go evenly spaced.
//
// It is a value without a clock. The zero pace is that of no limit.
type pace struct {
	limits.Rate
	part    float64 // of the rate, up to 1
	low     float64 // the part after the last refusal
	good    float64 // the last good part
	windows float64 // of useful answers since the last refusal
	last    time.Time
	lowered time.Time
	answers []time.Time // useful ones within the time of the rate, in order
}

func newPace(r limits.Rate) pace { return pace{Rate: r, part: 1} }

// free returns when the next request may be sent, in the past for at once.
func (p *pace) free() time.Time {
	if !p.Limited() || p.part >= 1 {
		return time.Time{}
	}
	return p.last.Add(p.spacing())
}

// spacing is the time from one request to the next.
func (p *pace) spacing() time.Duration {
	return time.Duration(float64(Window(p.Rate)) / (float64(p.Requests) * p.part))
}

// take counts a request that is sent now.
func (p *pace) take(now time.Time) { p.last = now }

// refused says that a request was refused that was sent at a time. Of those that
// were under way together one counts.
func (p *pace) refused(sent, now time.Time) {
	if !p.Limited() || sent.Before(p.lowered) {
		return
	}
	p.lowered = now
	left := p.part * paceFall
	if p.part == 1 {
		p.trim(now)
		left = min(left, max(paceShare, float64(len(p.answers))/float64(p.Requests)))
	}
	p.good = left / paceFall * paceGood
	p.part = max(paceLeast, left)
	p.low = p.part
	p.windows = 0
}

// trim forgets answers that count no more.
func (p *pace) trim(now time.Time) {
	old := 0
	for old < len(p.answers) && !p.answers[old].Add(p.Per).After(now) {
		old++
	}
	p.answers = p.answers[:copy(p.answers, p.answers[old:])]
}

// useful says that a request was answered.
func (p *pace) useful(now time.Time) {
	if !p.Limited() {
		return
	}
	p.trim(now)
	p.answers = append(p.answers, now)
	if p.part >= 1 {
		return
	}
	p.windows += 1 / (float64(p.Requests) * p.part)
	if p.windows < 1 {
		p.part = max(p.low, p.low+(p.good-p.low)*p.windows)
	} else {
		beyond := p.windows - 1
		p.part = max(p.good, p.low) + paceCurve*beyond*beyond
	}
	p.part = min(p.part, 1)
}
