package cli

import (
	"context"

	"github.com/hashicorp/go-hclog"

	"github.com/reportform/reportform/cmd/reportform/internal/args"
)

// sandboxView is what sandbox has to tell.
type sandboxView interface {
	diagnoser
	Sandbox(url string)
}

func (a *App) sandbox(ctx context.Context, o *args.Sandbox) int {
	var v sandboxView = a.human()
	logger, err := a.logger()
	if err != nil {
		return failWith(v, "Log level not understood", err)
	}
	if logger == nil {
		logger = hclog.NewNullLogger()
	}
	server, err := a.StartSandbox(o, logger)
	if err != nil {
		return failWith(v, "The sandbox cannot be served", err)
	}
	v.Sandbox(server.URL)
	<-ctx.Done()
	if err := server.Close(); err != nil {
		return failWith(v, "The sandbox did not end cleanly", err)
	}
	return ok
}
