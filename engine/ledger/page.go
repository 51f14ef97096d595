package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/reportform/reportform/internal/rawjson"
)

// Page is a run of entries as it is stored for itself. It never changes, so
// ledgers share it.
type Page struct {
	name string // by which it is stored; empty before
	sum  string // SHA-256 of the stored bytes, in hex
	held []Held

	columns columns
	decode  sync.Once
	proofs  []Proof
	measure sync.Once
	costs   []cost
}

func (p *Page) last() slot { return p.held[len(p.held)-1].slot() }

func (p *Page) proof(i int) Proof {
	p.decode.Do(func() { p.proofs, _ = p.columns.proofs(p.held) })
	return p.proofs[i]
}

func (p *Page) cost(i int) cost {
	p.measure.Do(func() { p.costs = p.columns.costs() })
	return p.costs[i]
}

// check reports whether all proofs can be read.
func (p *Page) check() error {
	_, err := p.columns.proofs(p.held)
	return err
}

// Name is the name by which the page is stored.
func (p *Page) Name() string { return p.name }

// Len is how many entries it has.
func (p *Page) Len() int { return len(p.held) }

// ReadPage reads the stored page that a head names. One that is not what was
// written is an *UnreadableError.
func ReadPage(ref Reference, data []byte) (*Page, error) {
	if digest(data) != ref.SHA256 {
		return nil, damaged(errors.New("its digest is not the recorded one"))
	}
	p, err := readPage(ref.Name, data, ref.SHA256)
	if err != nil {
		return nil, damaged(err)
	}
	return p, nil
}

// readPage reads a stored page that has the digest sum, so that it is what was
// written.
func readPage(name string, data []byte, sum string) (*Page, error) {
	p := &Page{name: name, sum: sum}
	c := rawjson.NewCursor(data)
	if err := p.read(&c); err != nil {
		return nil, err
	}
	if len(p.held) == 0 {
		return nil, errors.New("it is empty")
	}
	return p, nil
}

// read takes the entries that valid JSON begins with.
func (p *Page) read(c *rawjson.Cursor) (err error) {
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
	var folded []*Page
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
		part := Ledger{pages: []*Page{p}, recent: recent[:share], dropped: dropped[:lost]}
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
func (l *Ledger) paged() []*Page {
	all := make([]Held, 0, l.Len())
	for h := range l.Held() {
		all = append(all, *h)
	}
	var pages []*Page
	parts := (len(all) + pageSize - 1) / pageSize
	for i := range parts {
		pages = append(pages, &Page{held: all[i*len(all)/parts : (i+1)*len(all)/parts]})
	}
	return pages
}

// Pages are the stored pages of the ledger, in order.
func (l *Ledger) Pages() []*Page { return slices.Clone(l.pages) }

// Join gives a ledger that ReadHead returned the pages that its references name,
// in the same order.
func (l *Ledger) Join(pages []*Page) error {
	for i := 1; i < len(pages); i++ {
		if pages[i-1].last().compare(pages[i].held[0].slot()) >= 0 {
			return damaged(fmt.Errorf("page %s is not behind the one before", pages[i].name))
		}
	}
	l.pages = pages
	return nil
}
