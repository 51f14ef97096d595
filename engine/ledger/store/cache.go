package store

import (
	"sync"

	"github.com/reportform/reportform/engine/ledger"
)

// pageCache keeps pages that were read, within a bound.
type pageCache struct {
	mu      sync.Mutex
	pages   map[string]*ledger.Page
	entries int
}

// cached is how many entries are kept: some 60 MB, more than ten years of hours.
const cached = 128 << 10

func (c *pageCache) get(name string) *ledger.Page {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pages[name]
}

func (c *pageCache) put(p *ledger.Page) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pages == nil {
		c.pages = map[string]*ledger.Page{}
	}
	if c.pages[p.Name()] != nil {
		return
	}
	for name, other := range c.pages { // any will do: none is likelier to be read again
		if c.entries+p.Len() <= cached {
			break
		}
		delete(c.pages, name)
		c.entries -= other.Len()
	}
	c.pages[p.Name()] = p
	c.entries += p.Len()
}

func (c *pageCache) remove(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.pages[name]; p != nil {
		delete(c.pages, name)
		c.entries -= p.Len()
	}
}
