// Package gate has asked once what is refused for good, and waited for once what
// does not come. Of the pulls of one tenant's report the first goes alone until it
// has a useful answer; where it is refused, or the service given up, the others are
// not tried.
package gate

import (
	"context"
	"sync"
)

// Key is what is refused as a whole: a report of a tenant, by their addresses.
type Key struct{ Tenant, Report string }

// Gates are those of one run. They are safe for concurrent use.
type Gates struct {
	mu    sync.Mutex
	gates map[Key]*Gate
}

// New returns gates at which nobody has been.
func New() *Gates { return &Gates{gates: map[Key]*Gate{}} }

// Of returns the gate of a key.
func (g *Gates) Of(key Key) *Gate {
	g.mu.Lock()
	defer g.mu.Unlock()
	gate, ok := g.gates[key]
	if !ok {
		gate = &Gate{free: make(chan struct{}, 1), known: make(chan struct{})}
		gate.shut, gate.shutting = context.WithCancelCause(context.Background())
		g.gates[key] = gate
	}
	return gate
}

// Seat is where a pull works: it is left while the pull waits.
type Seat interface {
	Leave()
	Return()
}

// Gate lets one pull through until it is known what comes of it. Then it is open,
// or shut, for the rest of the run.
type Gate struct {
	free     chan struct{} // holds a value while somebody is within and nothing is known
	shut     context.Context
	shutting context.CancelCauseFunc

	mu       sync.Mutex
	known    chan struct{} // closed when the gate is open or shut
	decided  bool
	answered bool
}

// Enter waits until the gate is open, or nobody is within, and gives a pass,
// which must be left. The error is that with which the gate was shut, or that of
// ctx.
func (g *Gate) Enter(ctx context.Context, seat Seat) (*Pass, error) {
	p := &Pass{gate: g}
	select {
	case <-g.known:
		return p, g.Refusal()
	case g.free <- struct{}{}:
		return p, nil
	default:
	}
	seat.Leave()
	defer seat.Return()
	select {
	case <-g.known:
		return p, g.Refusal()
	case g.free <- struct{}{}:
		return p, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Refusal returns the error with which the gate was shut, nil if it was not.
func (g *Gate) Refusal() error {
	if g.shut.Err() == nil {
		return nil
	}
	return context.Cause(g.shut)
}

// decide opens the gate, unless it is open or shut.
func (g *Gate) decide() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.decided {
		g.decided = true
		close(g.known)
	}
}

// Pass is that of a pull that was let through.
type Pass struct{ gate *Gate }

// Until returns a context that ends, besides ctx, when the gate is shut, until it
// is kept from that; and release, which must be called.
func (p *Pass) Until(ctx context.Context) (until context.Context, keep func() bool, release func()) {
	until, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(p.gate.shut, cancel)
	return until, stop, func() {
		stop()
		cancel()
	}
}

// Answered says that the service has given a useful answer: the gate opens.
func (p *Pass) Answered() {
	p.gate.mu.Lock()
	p.gate.answered = true
	p.gate.mu.Unlock()
	p.gate.decide()
}

// Open reports whether anybody has had a useful answer.
func (p *Pass) Open() bool {
	p.gate.mu.Lock()
	defer p.gate.mu.Unlock()
	return p.gate.answered
}

// Refused shuts the gate, though it be open: err is why. Who is within and has no
// answer yet ends, see Until.
func (p *Pass) Refused(err error) {
	p.gate.shutting(err)
	p.gate.decide()
}

// Leave says that the pull has ended. Where nothing is known by then the gate
// opens all the same: one pull has failed, and to let the next one try alone
// would only take as long again.
func (p *Pass) Leave() { p.gate.decide() }
