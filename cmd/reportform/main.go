// Reportform fetches directory reports from Microsoft Graph as a
// configuration declares them: plan shows what is missing, apply fetches it.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/reportform/reportform/cmd/reportform/internal/cli"
	"github.com/reportform/reportform/cmd/reportform/internal/view"
)

// version is set by releases: -ldflags "-X main.version=0.1.0".
var version string

func main() { os.Exit(run()) }

// run is the program, with what it needs of the process as values.
func run() int {
	// Events pass through without garbage; what there is should not double
	// the memory.
	debug.SetGCPercent(50)
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		cancel(interrupt(<-signals)) // stop cleanly
		os.Exit(int(interrupt(<-signals)))
	}()
	app := cli.App{
		Streams: view.StandardStreams(os.Getenv),
		Environ: os.Environ(),
		Version: buildVersion(),
		Now:     time.Now,
		Chdir:   os.Chdir,
		Engine:  cli.NewEngine(),
	}
	return app.Run(ctx, os.Args[1:])
}

// interrupt is the exit code for a signal.
func interrupt(s os.Signal) cli.Interrupt {
	const bySignal = 128
	if s == syscall.SIGTERM {
		return bySignal + 15
	}
	return bySignal + 2
}

// buildVersion is the version that the release or `go install` recorded,
// without a leading v; "dev" where there is none.
func buildVersion() string {
	v := version
	if info, ok := debug.ReadBuildInfo(); v == "" && ok && info.Main.Version != "(devel)" {
		v = info.Main.Version
	}
	if v == "" {
		return "dev"
	}
	return strings.TrimPrefix(v, "v")
}
