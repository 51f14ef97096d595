// Package run carries out pulls. It is the only package that knows sources,
// sinks, plans and ledgers at once.
package run

import (
	"context"
	"sync"

	"github.com/reportform/reportform/engine/plan"
)

// Executor works through pulls, many at once. Tenants take turns: the one that
// waited longest is served next, and no tenant has more than PerTenant pulls
// at once, so that a slow or throttled tenant holds up no other. The pulls of
// one tenant start in the order of the plan.
type Executor struct {
	Parallelism int // pulls that work at once, at least 1
	PerTenant   int // pulls at once of one tenant, at least 1
}

// Seat is where a pull works: it is left while the pull waits for its turn.
// Leave and Return come in pairs; pairs may overlap, and the seat is free from
// the first Leave to the last Return.
type Seat interface {
	Leave()
	Return()
}

// openFactor bounds, as a multiple of Parallelism, how many pulls have begun
// and not ended: those that work, and those that wait for the service's limits.
const openFactor = 8

// Run calls do for every pull and returns when all calls have. When ctx ends
// no further pull is started; do obeys ctx itself. It returns how many pulls
// were not started.
//
// While a pull waits for the service's limits, another may work in its place:
// do leaves the pull's seat for as long as that takes.
func (x Executor) Run(ctx context.Context, pulls []plan.Pull, do func(ctx context.Context, pull *plan.Pull, seat Seat)) (left int) {
	parallelism := max(1, x.Parallelism)
	q := newQueue(pulls, parallelism, max(1, x.PerTenant))
	stop := context.AfterFunc(ctx, q.close)
	defer stop()
	var workers sync.WaitGroup
	for range min(openFactor*parallelism, len(pulls)) {
		workers.Go(func() {
			for {
				pull, lane := q.next(ctx)
				if pull == nil {
					return
				}
				do(ctx, pull, &seat{queue: q})
				q.done(lane)
			}
		})
	}
	workers.Wait()
	return q.pending
}

// queue hands out pulls in turns. A lane is the queue of one tenant; it stands
// in ready while it has a pull to give and may run one more.
type queue struct {
	mu          sync.Mutex
	change      sync.Cond
	ready       []*lane
	pending     int // pulls not handed out
	parallelism int
	working     int // pulls that were handed out, have not ended and do not wait
	perTenant   int
	closed      bool
}

type lane struct {
	pulls   []*plan.Pull
	running int
	ready   bool
}

func newQueue(pulls []plan.Pull, parallelism, perTenant int) *queue {
	q := &queue{pending: len(pulls), parallelism: parallelism, perTenant: perTenant}
	q.change.L = &q.mu
	lanes := map[string]*lane{}
	for i := range pulls {
		l := lanes[pulls[i].Tenant]
		if l == nil {
			l = &lane{ready: true}
			lanes[pulls[i].Tenant] = l
			q.ready = append(q.ready, l)
		}
		l.pulls = append(l.pulls, &pulls[i])
	}
	return q
}

// next waits for a pull; it returns nil when there is none left, after close,
// and after the end of ctx, of which close tells those who wait, a moment late.
func (q *queue) next(ctx context.Context) (*plan.Pull, *lane) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.ready) == 0 || q.working >= q.parallelism {
		if q.pending == 0 || q.closed {
			return nil, nil
		}
		q.change.Wait()
	}
	if q.closed || ctx.Err() != nil {
		return nil, nil
	}
	l := q.ready[0]
	q.ready = q.ready[1:]
	l.ready = false
	pull := l.pulls[0]
	l.pulls = l.pulls[1:]
	l.running++
	q.working++
	q.pending--
	q.offer(l)
	if q.pending == 0 {
		q.change.Broadcast()
	}
	return pull, l
}

// done says that a pull of the lane has ended.
func (q *queue) done(l *lane) {
	q.mu.Lock()
	defer q.mu.Unlock()
	l.running--
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
	if l.ready || len(l.pulls) == 0 || l.running >= q.perTenant {
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
