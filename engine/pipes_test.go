package engine

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/reportform/reportform/engine/sandbox"
)

// pipes is a network in memory. In a bubble of synctest its connections wait
// as everything else does, so that time passes only while nobody has work.
type pipes struct {
	accepted chan net.Conn
	ended    chan struct{}
}

// newPipedWorld is a world that reaches its sandbox through pipes. Its clock
// stands.
func newPipedWorld(t *testing.T, change func(*sandbox.Options)) *world {
	t.Helper()
	return newPipedWorldBehind(t, change, func(sandbox http.Handler) http.Handler { return sandbox })
}

// newPipedWorldBehind is newPipedWorld with something before the sandbox.
func newPipedWorldBehind(t *testing.T, change func(*sandbox.Options), before func(http.Handler) http.Handler) *world {
	t.Helper()
	w := unconnected(t, change)
	w.tick = 0
	w.network = &pipes{make(chan net.Conn), make(chan struct{})}
	w.url = "http://" + w.network.String()
	server := &http.Server{Handler: before(w.sandbox)}
	var served sync.WaitGroup
	served.Go(func() { _ = server.Serve(w.network) })
	t.Cleanup(func() {
		_ = server.Close()
		served.Wait()
	})
	return w
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.accepted <- server:
		return client, nil
	case <-p.ended:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept implements net.Listener.
func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.accepted:
		return conn, nil
	case <-p.ended:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener; http.Server calls it once.
func (p *pipes) Close() error {
	close(p.ended)
	return nil
}

// Addr implements net.Listener.
func (p *pipes) Addr() net.Addr { return p }

// Network implements net.Addr.
func (p *pipes) Network() string { return "pipes" }

func (p *pipes) String() string { return "localhost:1" }
