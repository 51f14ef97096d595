package ledger

import "sync"

// pageCache keeps pages that were read, within a bound.
type pageCache struct {
	mu      sync.Mutex
	pages   map[string]*page
	entries int
}

// cached is how many entries are kept: some 60 MB, more than ten years of hours.
const cached = 128 << 10

func (c *pageCache) get(name string) *page {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pages[name]
}

func (c *pageCache) put(p *page) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pages == nil {
		c.pages = map[string]*page{}
	}
	if c.pages[p.name] != nil {
		return
	}
	for name, other := range c.pages { // any will do: none is likelier to be read again
		if c.entries+len(p.held) <= cached {
			break
		}
		delete(c.pages, name)
		c.entries -= len(other.held)
	}
	c.pages[p.name] = p
	c.entries += len(p.held)
}

func (c *pageCache) remove(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.pages[name]; p != nil {
		delete(c.pages, name)
		c.entries -= len(p.held)
	}
}
