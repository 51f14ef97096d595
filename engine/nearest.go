package engine

import (
	"path"
	"strings"

	"github.com/reportform/reportform/internal/diag"
)

// nearest finds the path that is most like another one.
type nearest struct {
	path, best string
	distance   int
	compared   int
}

// consider takes a known path into account. Distances are only computed for
// paths with the same name or the same folder, and for the first of others.
func (n *nearest) consider(known string) {
	const others = 10_000
	if path.Base(known) != path.Base(n.path) && path.Dir(known) != path.Dir(n.path) {
		if n.compared++; n.compared > others {
			return
		}
	}
	limit := max(3, len(n.path)/3)
	if d := len(known) - len(n.path); d > limit || -d > limit {
		return
	}
	d := diag.Distance(strings.ToLower(known), strings.ToLower(n.path))
	if d <= limit && (n.best == "" || d < n.distance || d == n.distance && known < n.best) {
		n.best, n.distance = known, d
	}
}
