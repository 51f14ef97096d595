package file

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"sync"
	"sync/atomic"
)

// Sizes of the pieces that reach the disk. A stream holds three of them at
// most: one being filled, one waiting, one being written. Streams begin with
// small ones, since there may be many; those that have grown take large ones,
// which cost less for each byte.
const (
	smallBuffer = 64 << 10
	largeBuffer = 256 << 10
	grown       = 2 << 20
)

// bufferPool keeps buffers for the next stream.
type bufferPool struct{ small, large sync.Pool }

func (p *bufferPool) of(size int) *sync.Pool {
	if size == smallBuffer {
		return &p.small
	}
	return &p.large
}

func (p *bufferPool) get(size int) []byte {
	if buf, ok := p.of(size).Get().(*[]byte); ok {
		return (*buf)[:0]
	}
	return make([]byte, 0, size)
}

func (p *bufferPool) put(buf []byte) { p.of(cap(buf)).Put(&buf) }

// stream is a buffered io.Writer that counts and digests what goes to the
// writer below. From the first full buffer on, that happens in a goroutine of
// its own, which ends within end. Its methods are called by one goroutine.
type stream struct {
	below   io.Writer
	buffers *bufferPool
	filling []byte
	handed  int64 // bytes handed to the goroutine

	// Used by the writing goroutine while it runs.
	digest hash.Hash
	bytes  int64

	full   chan []byte   // nil until the goroutine has been started
	done   chan struct{} // closed when the goroutine has ended
	failed atomic.Pointer[error]
	ended  bool
}

func newStream(below io.Writer, buffers *bufferPool) *stream {
	return &stream{below: below, buffers: buffers, filling: buffers.get(smallBuffer), digest: sha256.New()}
}

// Write implements io.Writer. The error may be that of an earlier Write.
func (s *stream) Write(p []byte) (int, error) {
	if err := s.failed.Load(); err != nil {
		return 0, *err
	}
	written := len(p)
	for len(p) > cap(s.filling)-len(s.filling) {
		room := cap(s.filling) - len(s.filling)
		s.filling = append(s.filling, p[:room]...)
		p = p[room:]
		s.hand()
	}
	s.filling = append(s.filling, p...)
	return written, nil
}

// hand gives the full buffer to the goroutine, and waits for it if it lags behind.
func (s *stream) hand() {
	if s.full == nil {
		s.full, s.done = make(chan []byte, 1), make(chan struct{})
		go func() {
			defer close(s.done)
			for buf := range s.full {
				s.pass(buf)
			}
		}()
	}
	s.full <- s.filling
	s.handed += int64(len(s.filling))
	size := smallBuffer
	if s.handed >= grown {
		size = largeBuffer
	}
	s.filling = s.buffers.get(size)
}

// pass sends a buffer down, unless an earlier one failed.
func (s *stream) pass(buf []byte) {
	defer s.buffers.put(buf)
	if s.failed.Load() != nil {
		return
	}
	s.digest.Write(buf)
	n, err := s.below.Write(buf)
	s.bytes += int64(n)
	if err != nil {
		s.failed.Store(&err)
	}
}

// flush sends everything down and ends the stream. It returns the first error.
func (s *stream) flush() (size int64, digest string, err error) {
	last := s.filling
	s.filling = nil
	s.end()
	s.pass(last)
	if err := s.failed.Load(); err != nil {
		return 0, "", *err
	}
	return s.bytes, hex.EncodeToString(s.digest.Sum(nil)), nil
}

// end waits for the goroutine. What was not handed to it is dropped.
func (s *stream) end() {
	if s.ended {
		return
	}
	s.ended = true
	if s.full != nil {
		close(s.full)
		<-s.done
	}
	if s.filling != nil {
		s.buffers.put(s.filling)
		s.filling = nil
	}
}
