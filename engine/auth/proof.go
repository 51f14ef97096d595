package auth

import (
	"context"
	"sync"

	"github.com/reportform/reportform/internal/secret"
)

// proof reads the secret by which an application proves itself, for all tenants.
// Those who need it at the same time share one reading, and a failure stands until
// it is forgotten: a command that fails runs once a run. What was read is not kept.
type proof struct {
	place  secret.Reference
	getenv func(string) string

	mu      sync.Mutex
	current *reading // under way, or nil
	failed  error
}

// reading is one reading of a secret that any number of callers wait for.
type reading struct {
	waiting int
	cancel  context.CancelFunc
	done    chan struct{} // closed when value and err are set
	value   secret.Value
	err     error
}

// read returns the secret. Each caller waits no longer than its own context, and
// the reading ends when nobody waits.
func (p *proof) read(ctx context.Context) (secret.Value, error) {
	p.mu.Lock()
	if p.failed != nil {
		defer p.mu.Unlock()
		return secret.Value{}, p.failed
	}
	if p.current == nil {
		p.current = p.start(ctx)
	}
	r := p.current
	r.waiting++
	p.mu.Unlock()
	select {
	case <-r.done:
		return r.value, r.err
	case <-ctx.Done():
		p.leave(r)
		return secret.Value{}, ctx.Err()
	}
}

// start begins a reading. p.mu is held.
func (p *proof) start(ctx context.Context) *reading {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r := &reading{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer cancel()
		value, err := secret.Read(ctx, p.place, p.getenv)
		r.value, r.err = value, err
		p.mu.Lock()
		if p.current == r {
			p.current, p.failed = nil, err
		}
		p.mu.Unlock()
		close(r.done)
	}()
	return r
}

// leave is called by a caller that stops waiting; the last one ends the reading.
func (p *proof) leave(r *reading) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r.waiting--
	if r.waiting == 0 && p.current == r {
		p.current = nil
		r.cancel()
	}
}

// forget forgets a failure.
func (p *proof) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failed = nil
}
