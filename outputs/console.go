package outputs

import (
	"io"
	"sync"
)

// Console is standard output, shared by everything that writes events to it:
// each Copy arrives in one piece.
type Console struct {
	mu sync.Mutex
	w  io.Writer
}

// NewConsole returns a Console that writes to w.
func NewConsole(w io.Writer) *Console { return &Console{w: w} }

// Copy writes all of r, uninterrupted by other copies.
func (c *Console) Copy(r io.Reader) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, err := io.Copy(c.w, r)
	return err
}
