package transport

import (
	"sync"
	"time"

	"github.com/reportform/reportform/engine/transport/pacing"
)

// Why says what is waited for, as a stable word.
type Why string

// What is waited for.
const (
	// WaitThrottled: the service refuses requests for now.
	WaitThrottled Why = "throttled"
	// WaitPace: the published limits let no request go yet, or the pace that the
	// service has left.
	WaitPace Why = "pace"
	// WaitUnavailable: the service fails for now.
	WaitUnavailable Why = "unavailable"
	// WaitSilent: nothing arrives.
	WaitSilent Why = "silent"
	// WaitOutage: the host cannot be reached.
	WaitOutage Why = "outage"
	// WaitToken: there is no token yet.
	WaitToken Why = "token"
)

// Waiting says that requests wait. The zero value of a field is what is not
// known.
type Waiting struct {
	Why   Why
	Scope pacing.Scope // whose requests wait, where a limit is what they wait for
	Host  string       // that cannot be reached
	Until time.Time    // when it goes on at the earliest
	Last  error        // the answer or the failure behind it
}

const (
	// leaveAfter is how long nothing has to arrive until a seat is left.
	leaveAfter = 5 * time.Second
	// sayAfter is how long a wait has to be until it is told of, and sayAgain how
	// long after that one is told of again in which nothing arrives.
	sayAfter = 10 * time.Second
	sayAgain = 30 * time.Second
)

// quiet is what is done while nothing arrives: the seat is left after some
// seconds, and after some more it is said, again and again. The zero value does nothing.
type quiet struct {
	seat Seat
	why  Why
	say  func(Waiting)
}

// watch begins a wait; the function that it returns ends it.
func (q quiet) watch() (end func()) {
	w := watching{quiet: q}
	w.begin()
	return w.end
}

// watching is one wait after the other.
type watching struct {
	quiet

	mu      sync.Mutex
	timer   *time.Timer
	waits   bool
	noticed bool // leaveAfter has passed
}

func (w *watching) begin() {
	if w.seat == nil && w.say == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waits, w.noticed = true, false
	if w.timer == nil {
		w.timer = time.AfterFunc(leaveAfter, w.pass)
		return
	}
	w.timer.Reset(leaveAfter)
}

// pass is called when time has passed: first to leave the seat, then to tell.
func (w *watching) pass() {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case !w.waits:
	case !w.noticed:
		w.noticed = true
		if w.seat != nil {
			w.seat.Leave()
		}
		w.timer.Reset(sayAfter - leaveAfter)
	case w.say != nil:
		w.say(Waiting{Why: w.why})
		w.timer.Reset(sayAgain)
	}
}

func (w *watching) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.waits {
		return
	}
	w.waits = false
	w.timer.Stop()
	if w.noticed && w.seat != nil {
		w.seat.Return()
	}
}
