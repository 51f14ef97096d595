package cli

import (
	"fmt"
	"slices"

	"github.com/reportform/reportform/cmd/reportform/internal/args"
	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/internal/diag"
)

// reportsView is what reports has to tell.
type reportsView interface {
	diagnoser
	ReportTypes(types []*config.ReportType)
	ReportType(t *config.ReportType, limit *config.LimitClass)
}

func (a *App) reports(o *args.Reports) int {
	var v reportsView = a.human()
	if o.JSON {
		v = a.json()
	}
	types, limits, err := a.Catalog()
	if err != nil {
		return failWith(v, "The built-in catalog is damaged", err)
	}
	if o.Type == "" {
		v.ReportTypes(types)
		return ok
	}
	var names []string
	for _, t := range types {
		names = append(names, t.Name)
		if t.Name != o.Type {
			continue
		}
		for _, limit := range limits {
			if limit.Name == t.Limit {
				v.ReportType(t, limit)
				return ok
			}
		}
		v.ReportType(t, nil)
		return ok
	}
	suggestion := diag.Suggest(diag.ClosestWord(o.Type, slices.Values(names)))
	return fail(v, "No such report type", fmt.Sprintf("There is no built-in report type %q.%s The command reports lists them all.", o.Type, suggestion))
}
