package cli

import (
	"context"

	"github.com/reportform/reportform/cmd/reportform/internal/args"
	archiveview "github.com/reportform/reportform/cmd/reportform/internal/view/archive"
	"github.com/reportform/reportform/engine/archive"
)

// verifyView is what state verify has to tell.
type verifyView interface {
	diagnoser
	BeginVerify()
	Verifying(value archive.Verifying)
	Tick()
	EndVerify(v archiveview.Verified)
}

func (a *App) stateVerify(ctx context.Context, o *args.StateVerify) int {
	var v verifyView = archiveview.NewHuman(a.human())
	if o.JSON {
		v = archiveview.NewJSON(a.json())
	}
	s, code := a.open(v, o.Vars)
	defer s.Close()
	if code != ok {
		return code
	}
	keys, code := a.selectLedgers(ctx, v, s, &o.Ledgers)
	if code != ok {
		return code
	}
	began := a.Now()
	v.BeginVerify()
	stopTicking := every(progressTick, v.Tick)
	sum, err := s.Archive().Verify(ctx, keys, v.Verifying)
	stopTicking()
	v.EndVerify(archiveview.Verified{Verified: *sum, Complete: err == nil, Took: a.Now().Sub(began)})
	if err != nil {
		return failIn(ctx, v, s, "Verification failed", err)
	}
	return found(sum.Bad())
}
