package engine

import (
	"errors"
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
// read to see whether it is.
func (o *observer) observe(h *ledger.Held) plan.Condition {
	if h.Path == ledger.Console {
		return plan.Intact
	}
	slash := strings.LastIndexByte(h.Path, '/')
	parent, name := h.Path[:slash+1], h.Path[slash+1:]
	if o.path != parent || parent == "" {
		o.dir.close()
		o.dir, o.path = openFolder(o.engine.file(parent)), parent
	}
	size, modified, err := o.dir.stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return plan.Gone
	case err != nil, size != h.Bytes:
		return plan.Differs
	case modified == h.Modified.UnixNano():
		return plan.Intact
	}
	if sum, err := fileDigest(o.engine.file(h.Path)); err != nil || sum != h.Proof().SHA256 {
		return plan.Differs
	}
	return plan.Intact
}

func (o *observer) close() { o.dir.close() }

// errIrregular says that something else than a file has a file's name.
var errIrregular = errors.New("not a regular file")
