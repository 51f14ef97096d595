// Package sandboxtest has a network in memory, for tests of what talks to the
// sandbox or to another stand-in. In a bubble of synctest its connections wait as
// everything else does, so that time passes only while nobody has work.
package sandboxtest

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"
)

// Network leads every connection to one handler.
type Network struct {
	accepted chan net.Conn
	ended    chan struct{}
}

// Serve has a handler answer on a network until the test ends, and all its
// answers have.
func Serve(t *testing.T, h http.Handler) *Network {
	t.Helper()
	n := &Network{make(chan net.Conn), make(chan struct{})}
	var served sync.WaitGroup
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { //nolint:gosec // in memory, for a test: nobody attacks it
		served.Add(1)
		defer served.Done()
		h.ServeHTTP(w, r)
	})}
	served.Go(func() { _ = server.Serve(listener{n}) })
	t.Cleanup(func() {
		_ = server.Close()
		served.Wait()
	})
	return n
}

// URL is an address on the network.
func (n *Network) URL() string { return "http://" + name }

// name is that of a host and a port; loopback, where plain HTTP is allowed.
const name = "localhost:1"

// Dial connects to the handler, whatever the address.
func (n *Network) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case n.accepted <- server:
		return client, nil
	case <-n.ended:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// listener is the server's end.
type listener struct{ *Network }

// Accept implements net.Listener.
func (l listener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.accepted:
		return conn, nil
	case <-l.ended:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener; http.Server calls it once.
func (l listener) Close() error {
	close(l.ended)
	return nil
}

// Addr implements net.Listener.
func (l listener) Addr() net.Addr { return addr{} }

type addr struct{}

// Network implements net.Addr.
func (addr) Network() string { return "memory" }

// String implements net.Addr.
func (addr) String() string { return name }
