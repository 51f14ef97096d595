package pacing

import (
	"time"

	"github.com/reportform/reportform/internal/limits"
)

// Budget is what one limit still gives. Limiters ask and tell it under a lock,
// one call at a time: it answers from memory.
type Budget interface {
	// Free returns when the next request may be sent, as things are: now or
	// before if at once. It is asked for every request that waits, each time
	// that one may go. A time that turns out too early costs nothing but
	// another question.
	Free(now time.Time) time.Time
	// Take counts a request that is sent now. waited says that this budget, or a
	// pause of what it counts, made it wait.
	Take(now time.Time, waited bool)
}

// Budgets opens the budgets of limits: of this process alone, as Local does, or
// shares of budgets that others use, too.
type Budgets interface {
	// Budget opens the budget of a limit that there is; each limit is opened
	// once. The budget calls changed when requests may go earlier than Free has
	// said, from any goroutine, but not from within Free or Take.
	Budget(limit limits.Limit, changed func()) Budget
}

// Pauser is implemented by a Budget that passes on to others that the service
// holds back what it counts. Here the pause is obeyed without it.
type Pauser interface {
	Pause(until time.Time)
}

// Local are budgets that this process has for itself.
type Local struct{}

// Budget implements Budgets.
func (Local) Budget(limit limits.Limit, _ func()) Budget { return &bucket{Rate: limit.Rate} }
