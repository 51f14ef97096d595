package cli

import (
	"context"
	"path/filepath"

	"github.com/reportform/reportform/cmd/reportform/internal/args"
	"github.com/reportform/reportform/cmd/reportform/internal/view/archive"
	"github.com/reportform/reportform/engine"
)

// explainView is what explain has to tell.
type explainView interface {
	diagnoser
	Explanation(x *engine.Explanation)
}

func (a *App) explain(ctx context.Context, o *args.Explain) int {
	var v explainView = archive.NewHuman(a.human())
	if o.JSON {
		v = archive.NewJSON(a.json())
	}
	s, code := a.open(v, o.Vars)
	defer s.Close()
	if code != ok {
		return code
	}
	x, err := s.Explain(ctx, filepath.FromSlash(o.Path))
	if err != nil {
		return failIn(ctx, v, s, "The file cannot be explained", err)
	}
	v.Explanation(x)
	strangers(v, s)
	code = damaged(v, x.Damaged)
	if len(x.Origins) == 0 {
		return failed
	}
	return code
}
