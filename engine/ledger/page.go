package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"

	"github.com/reportform/reportform/internal/rawjson"
)

// page is a run of entries. A stored page never changes, so ledgers share it.
type page struct {
	name string // by which it is stored; empty before
	sum  string // SHA-256 of the stored bytes, in hex
	held []Held

	columns columns
	decode  sync.Once
	proofs  []Proof
	measure sync.Once
	costs   []cost
}

func (p *page) last() slot { return p.held[len(p.held)-1].slot() }

func (p *page) proof(i int) Proof {
	p.decode.Do(func() { p.proofs, _ = p.columns.proofs(p.held) })
	return p.proofs[i]
}

func (p *page) cost(i int) cost {
	p.measure.Do(func() { p.costs = p.columns.costs() })
	return p.costs[i]
}

// check reports whether all proofs can be read.
func (p *page) check() error {
	_, err := p.columns.proofs(p.held)
	return err
}

// readPage reads a stored page that has the digest sum, so that it is what was
// written.
func readPage(name string, data []byte, sum string) (*page, error) {
	p := &page{name: name, sum: sum}
	c := rawjson.NewCursor(data)
	if err := p.read(&c); err != nil {
		return nil, err
	}
	if len(p.held) == 0 {
		return nil, fmt.Errorf("it is empty")
	}
	return p, nil
}

// read takes the entries that valid JSON begins with.
func (p *page) read(c *rawjson.Cursor) (err error) {
	if p.columns, err = parseColumns(c); err == nil {
		p.held, err = p.columns.entries(p)
	}
	return err
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

const (
	// foldAt is how many recent entries a ledger has at most before they go
	// into pages.
	foldAt = 512
	// pageSize is how many entries a page has at most: about a megabyte.
	pageSize = 4096
)

// fold moves the recent entries into pages, if there are many. New pages have
// no name yet.
func (l *Ledger) fold() {
	if len(l.recent)+len(l.dropped) <= foldAt {
		return
	}
	recent, dropped := l.recent, l.dropped
	var folded []*page
	for i, p := range l.pages {
		// What stands behind the page's last entry and before the next page
		// goes into this one.
		share, lost := len(recent), len(dropped)
		if i+1 < len(l.pages) {
			next := l.pages[i+1].held[0].slot()
			share, _ = searchHeld(recent, next)
			lost, _ = searchSlots(dropped, next)
		}
		if share == 0 && lost == 0 {
			folded = append(folded, p)
			continue
		}
		part := Ledger{pages: []*page{p}, recent: recent[:share], dropped: dropped[:lost]}
		folded = append(folded, part.paged()...)
		recent, dropped = recent[share:], dropped[lost:]
	}
	if len(l.pages) == 0 {
		part := Ledger{recent: recent}
		folded = part.paged()
	}
	l.pages, l.recent, l.dropped, l.shared = folded, nil, nil, false
}

// paged returns what the ledger holds as new pages of about equal size.
func (l *Ledger) paged() []*page {
	all := make([]Held, 0, l.Len())
	for h := range l.Held() {
		all = append(all, *h)
	}
	var pages []*page
	parts := (len(all) + pageSize - 1) / pageSize
	for i := range parts {
		pages = append(pages, &page{held: all[i*len(all)/parts : (i+1)*len(all)/parts]})
	}
	return pages
}
