package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
)

// observer looks at held files for one goroutine. Files of one folder
// mostly come one after the other, so it keeps the last folder open.
type observer struct {
	engine *Engine
	dir    folder
	path   string // of dir as ledgers have it; "" for none
}

// observe says what is on disk for an entry of a ledger. A file of the right
// size and time is taken for the one that was written; one of another time is
// read to see whether it is. An error says that neither can be told.
func (o *observer) observe(h *ledger.Held) (plan.Condition, error) {
	if h.Path == ledger.Console {
		return plan.Intact, nil
	}
	slash := strings.LastIndexByte(h.Path, '/')
	parent, name := h.Path[:slash+1], h.Path[slash+1:]
	if o.path != parent || parent == "" {
		o.dir.close()
		o.dir, o.path = openFolder(o.engine.file(parent)), parent
	}
	size, modified, err := o.dir.stat(name)
	switch {
	case err != nil:
		return unseen(h, err)
	case size != h.Bytes:
		return plan.Differs, nil
	case modified == h.Modified.UnixNano():
		return plan.Intact, nil
	}
	sum, err := fileDigest(o.engine.file(h.Path))
	switch {
	case err != nil:
		return unseen(h, err)
	case sum != h.Proof().SHA256:
		return plan.Differs, nil
	}
	return plan.Intact, nil
}

// unseen is what an error in looking at a held file means.
func unseen(h *ledger.Held, err error) (plan.Condition, error) {
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, errNoFolder):
		return plan.Gone, nil
	case errors.Is(err, errIrregular):
		return plan.Differs, nil
	}
	return plan.Gone, fmt.Errorf("the held file %s cannot be looked at: %w; make it readable, or plan with -refresh=false", h.Path, err)
}

// intact reports whether the file of an entry is the one that was written.
func (e *Engine) intact(h *ledger.Held) bool {
	files := observer{engine: e}
	defer files.close()
	condition, err := files.observe(h)
	return err == nil && condition == plan.Intact
}

func (o *observer) close() { o.dir.close() }

var (
	// errIrregular says that something else than a file has a file's name, and
	// errNoFolder that something else than a folder has a folder's.
	errIrregular = errors.New("not a regular file")
	errNoFolder  = errors.New("not a folder")
)
