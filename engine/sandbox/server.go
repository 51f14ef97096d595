package sandbox

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"
)

// Server is a sandbox that listens.
type Server struct {
	// URL is the base URL of all its services: http://host:port.
	URL string

	server *http.Server
	cancel context.CancelFunc
	done   chan error
}

// Listen serves the sandbox at addr, host:port, and nowhere else; port 0 picks
// a free one.
func (s *Sandbox) Listen(addr string) (*Server, error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	server := &Server{
		URL:    "http://" + listener.Addr().String(),
		cancel: cancel,
		done:   make(chan error, 1),
		server: &http.Server{
			Handler:           s,
			ReadHeaderTimeout: 10 * time.Second,
			ReadTimeout:       30 * time.Second,
			IdleTimeout:       2 * time.Minute,
			MaxHeaderBytes:    64 << 10,
			BaseContext:       func(net.Listener) context.Context { return ctx },
			ErrorLog:          s.logger.StandardLogger(nil),
		},
	}
	go func() { server.done <- server.server.Serve(listener) }()
	return server, nil
}

// Close stops the server, ends its connections and waits until it has stopped.
func (s *Server) Close() error {
	s.cancel()
	err := s.server.Close()
	if served := <-s.done; err == nil && !errors.Is(served, http.ErrServerClosed) {
		err = served
	}
	s.done <- http.ErrServerClosed // for another Close
	return err
}
