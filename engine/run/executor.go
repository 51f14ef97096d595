package run

import (
	"context"
	"slices"
	"sync"

	"github.com/reportform/reportform/engine/plan"
)

// Worker carries out runs of pulls: an engine, in this process or another. To
// repeat a run is safe.
type Worker interface {
	// Pull carries out pulls of a plan with this header. What failed is in the
	// Outcome; the error is for what kept all of them from being tried.
	Pull(ctx context.Context, h plan.Header, pulls []plan.Pull) (Outcome, error)
}

// Executor has the runs of a plan carried out, in this process or elsewhere. All
// that passes between it and a worker is plain data.
type Executor interface {
	// Execute has each run carried out by w, in any order, and gives what came of
	// it to done, with the run as it was given; done may be called from many
	// goroutines. It returns when all runs that were begun have ended; when ctx
	// ends no further one is begun. left is how many were not.
	Execute(ctx context.Context, h plan.Header, runs [][]plan.Pull, w Worker, done func(run []plan.Pull, o Outcome, err error)) (left int)
}

// Local carries out runs in this process, many at once. Tenants take turns: the
// one that waited longest is served next, and no tenant has more than PerTenant
// runs at once, so that a slow or throttled tenant holds up no other. The runs of
// one tenant start in the order of the plan.
type Local struct {
	Parallelism int // runs that work at once, at least 1
	PerTenant   int // runs at once of one tenant, at least 1
}

// Seat is where a run works: it is left while the run waits for its turn. Leave
// and Return come in pairs; pairs may overlap, and the seat is free from the first
// Leave to the last Return.
type Seat interface {
	Leave()
	Return()
}

// seated is a Worker that leaves its seat while it waits for the service's
// limits, so that another run may work in its place.
type seated interface {
	PullAt(ctx context.Context, h plan.Header, pulls []plan.Pull, seat Seat) (Outcome, error)
}

const (
	// openFactor bounds, as a multiple of Parallelism, how many runs have begun and
	// not ended: those that work, and those that wait for the service.
	openFactor = 16
	// crowdFactor is from how many on, as a multiple of Parallelism, one begins only
	// for a tenant that has none: tenants that wait for long must not take every
	// place with several runs each.
	crowdFactor = 8
)

// Execute implements Executor.
func (x Local) Execute(ctx context.Context, h plan.Header, runs [][]plan.Pull, w Worker, done func([]plan.Pull, Outcome, error)) (left int) {
	pull := func(run []plan.Pull, _ Seat) (Outcome, error) { return w.Pull(ctx, h, run) }
	if s, ok := w.(seated); ok {
		pull = func(run []plan.Pull, seat Seat) (Outcome, error) { return s.PullAt(ctx, h, run, seat) }
	}
	parallelism := max(1, x.Parallelism)
	q := newQueue(runs, parallelism, max(1, x.PerTenant))
	stop := context.AfterFunc(ctx, q.close)
	defer stop()
	var workers sync.WaitGroup
	for range min(openFactor*parallelism, len(runs)) {
		workers.Go(func() {
			for {
				run, lane := q.next(ctx)
				if run == nil {
					return
				}
				outcome, err := pull(run, &seat{queue: q})
				q.done(lane)
				done(run, outcome, err)
			}
		})
	}
	workers.Wait()
	return q.pending
}

// queue hands out runs in turns. A lane is the queue of one tenant; it stands
// in ready while it has a run to give and may begin one more.
type queue struct {
	mu          sync.Mutex
	change      sync.Cond
	ready       []*lane
	pending     int // runs not handed out
	parallelism int
	working     int // runs that were handed out, have not ended and do not wait
	open        int // runs that were handed out and have not ended
	perTenant   int
	closed      bool
}

type lane struct {
	runs    [][]plan.Pull
	running int
	ready   bool
}

func newQueue(runs [][]plan.Pull, parallelism, perTenant int) *queue {
	q := &queue{pending: len(runs), parallelism: parallelism, perTenant: perTenant}
	q.change.L = &q.mu
	lanes := map[string]*lane{}
	for _, run := range runs {
		l := lanes[run[0].Tenant]
		if l == nil {
			l = &lane{ready: true}
			lanes[run[0].Tenant] = l
			q.ready = append(q.ready, l)
		}
		l.runs = append(l.runs, run)
	}
	return q
}

// next waits for a run; it returns nil when there is none left, after close,
// and after the end of ctx, of which close tells those who wait, a moment late.
func (q *queue) next(ctx context.Context) ([]plan.Pull, *lane) {
	q.mu.Lock()
	defer q.mu.Unlock()
	turn := q.turn()
	for turn < 0 || q.working >= q.parallelism {
		if q.pending == 0 || q.closed {
			return nil, nil
		}
		q.change.Wait()
		turn = q.turn()
	}
	if q.closed || ctx.Err() != nil {
		return nil, nil
	}
	l := q.ready[turn]
	if turn == 0 {
		q.ready = q.ready[1:]
	} else {
		q.ready = slices.Delete(q.ready, turn, turn+1)
	}
	l.ready = false
	run := l.runs[0]
	l.runs = l.runs[1:]
	l.running++
	q.working++
	q.open++
	q.pending--
	q.offer(l)
	if q.pending == 0 {
		q.change.Broadcast()
	}
	return run, l
}

// turn is the place of the lane in ready whose turn it is, less than 0 for none.
// q.mu is held.
func (q *queue) turn() int {
	if q.open < crowdFactor*q.parallelism {
		return min(0, len(q.ready)-1)
	}
	return slices.IndexFunc(q.ready, func(l *lane) bool { return l.running == 0 })
}

// done says that a pull of the lane has ended.
func (q *queue) done(l *lane) {
	q.mu.Lock()
	defer q.mu.Unlock()
	l.running--
	q.open--
	q.offer(l)
	q.rest()
}

// seat is the Seat of one pull in a queue.
type seat struct {
	queue *queue
	away  int // Leave without Return
}

// Leave implements Seat.
func (s *seat) Leave() {
	s.queue.mu.Lock()
	defer s.queue.mu.Unlock()
	if s.away++; s.away == 1 {
		s.queue.rest()
	}
}

// Return implements Seat. A pull whose wait is over works at once: the limits
// let few go at a time, and a turn that is not used is lost.
func (s *seat) Return() {
	s.queue.mu.Lock()
	defer s.queue.mu.Unlock()
	if s.away--; s.away == 0 {
		s.queue.working++
	}
}

// rest says that a pull does not work any more. q.mu is held.
func (q *queue) rest() {
	q.working--
	q.change.Signal()
}

// offer puts the lane at the end of the turn if it can run a pull.
func (q *queue) offer(l *lane) {
	if l.ready || len(l.runs) == 0 || l.running >= q.perTenant {
		return
	}
	l.ready = true
	q.ready = append(q.ready, l)
	q.change.Signal()
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.change.Broadcast()
}
