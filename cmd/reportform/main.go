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

// interrupted is the exit code after a second interrupt.
const interrupted = 130

func main() { os.Exit(run()) }

// run is the program, with what it needs of the process as values.
func run() int {
	// Events pass through without garbage; what there is should not double
	// the memory.
	debug.SetGCPercent(50)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		cancel() // stop cleanly
		<-signals
		os.Exit(interrupted)
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
