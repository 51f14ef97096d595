package engine

import (
	"maps"
	"strings"
	"time"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/engine/wanted"
	"github.com/reportform/reportform/engine/window"
	"github.com/reportform/reportform/internal/address"
	"github.com/reportform/reportform/internal/place"
	"github.com/reportform/reportform/outputs"
)

// tidy removes the folders that deletions have left empty: those below the part
// of the output's path that is the same for all of its pulls, or, of an output that
// is not declared, below the configuration's directory.
func (e *Engine) tidy(gone []plan.Deletion) {
	roots := map[string]place.Place{}
	for i := range gone {
		d := &gone[i]
		root, known := roots[d.Output]
		if !known {
			root = e.root(address.Address(d.Output))
			roots[d.Output] = root
		}
		e.archive.Tidy(d.Place, root)
	}
}

// vacated removes the folders, below the configuration's directory, that
// relocations have left empty.
func (e *Engine) vacated(moves [][]plan.Pull) {
	for _, pulls := range moves {
		for i := range pulls {
			o := &pulls[i].Outputs[0]
			for _, left := range append([]place.Place{o.From, o.Via}, o.Leaves...) {
				if left != "" {
					e.archive.Tidy(left, "")
				}
			}
		}
	}
}

// root is the folder in which all files of a declared output lie; empty where that
// is not known.
func (e *Engine) root(output address.Address) place.Place {
	o := e.outputs[output]
	for _, report := range e.config.Reports {
		for _, own := range report.Outputs {
			if own.Address != output || o == nil || len(report.Tenants) == 0 {
				continue
			}
			one, mistaken := o.Resolve(e.imagined(report, "a", 2001))
			other, too := o.Resolve(e.imagined(report, "b", 3112))
			if mistaken.HasErrors() || too.HasErrors() || !one.Place.IsFile() || !other.Place.IsFile() {
				return ""
			}
			return commonFolder(one.Place.Text(), other.Place.Text())
		}
	}
	return ""
}

// imagined is a pull of which every name is a letter, on a day of a year.
func (e *Engine) imagined(report *config.Report, letter string, year int) *outputs.Pull {
	from := time.Date(year, time.Month(year%10), year%10, year%10, 0, 0, 0, time.UTC)
	day := from.Format(time.DateOnly)
	slice := window.Named{Slice: window.Slice{From: from, To: from.Add(time.Hour)}, Label: day, Date: day}
	pull := wanted.Pull(report.Tenants[0], report, &slice)
	pull.Tenant.Name, pull.Tenant.ID, pull.Report.Name = letter, letter, letter
	pull.Tenant.Labels = maps.Clone(pull.Tenant.Labels)
	for key := range pull.Tenant.Labels {
		pull.Tenant.Labels[key] = letter
	}
	return pull
}

// commonFolder is the folder in which two files lie, however deep.
func commonFolder(one, other string) place.Place {
	n := 0
	for n < len(one) && n < len(other) && one[n] == other[n] {
		n++
	}
	return place.Place(one[:strings.LastIndexByte(one[:n], '/')+1])
}
