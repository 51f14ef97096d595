// Package cli is the commands. Each has one file: it loads what it needs,
// tells a view what came of it and returns the exit code. What a command has
// to tell stands in a small interface beside it where people and programs are
// told; the views are in package view and those below it, the arguments in
// package args.
package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/cmd/reportform/internal/args"
	"github.com/reportform/reportform/cmd/reportform/internal/view"
	"github.com/reportform/reportform/internal/diag"
)

// Exit codes.
const (
	ok          = 0
	failed      = 1
	somethingTo = 2 // plan -detailed-exitcode: there is something to do
	unformatted = 3 // fmt -check: a file is not in canonical form
	incomplete  = 3 // apply: a deadline came, or some orphans are kept, and the rest is done
)

// App is the program: everything that its commands need from outside.
type App struct {
	Streams view.Streams
	Environ []string // as of os.Environ
	Version string   // without a leading v
	Now     func() time.Time
	// Chdir changes the working directory of the process.
	Chdir func(dir string) error
	Engine
}

// Run carries out one command line, without the program's name, and returns
// the exit code. When ctx ends the command stops cleanly. A result that could
// not be written whole is a failure.
func (a *App) Run(ctx context.Context, argv []string) int {
	out := &view.CheckedWriter{Writer: a.Streams.Out.Writer}
	a.Streams.Out.Writer = out
	code := a.run(ctx, argv)
	if err := out.Err(); err != nil {
		fail(a.human(), "The result is incomplete", fmt.Sprintf("Standard output cannot be written: %v.", err))
		return failed
	}
	return code
}

func (a *App) run(ctx context.Context, argv []string) int {
	inv, err := args.Parse(argv)
	if err != nil {
		a.human().UsageError(err)
		return failed
	}
	if inv.NoColor {
		a.Streams = a.Streams.Plain()
	}
	if inv.Help != "" {
		a.human().Text(inv.Help)
		return ok
	}
	if inv.Chdir != "" {
		if err := a.Chdir(inv.Chdir); err != nil {
			return fail(a.human(), "No such directory", fmt.Sprintf("-chdir names %s, which cannot be entered: %v.", inv.Chdir, diag.Reason(err)))
		}
	}
	switch o := inv.Options.(type) {
	case *args.Init:
		return a.init(ctx, o)
	case *args.Validate:
		return a.validate(o)
	case *args.Fmt:
		return a.fmt(o)
	case *args.Plan:
		return a.plan(ctx, o)
	case *args.Apply:
		return a.apply(ctx, o)
	case *args.Show:
		return a.show(ctx, o)
	case *args.Coverage:
		return a.coverage(ctx, o)
	case *args.Explain:
		return a.explain(ctx, o)
	case *args.StateList:
		return a.stateList(ctx, o)
	case *args.StateShow:
		return a.stateShow(ctx, o)
	case *args.StateVerify:
		return a.stateVerify(ctx, o)
	case *args.StateRm:
		return a.stateRm(ctx, o)
	case *args.StateMv:
		return a.stateMv(ctx, o)
	case *args.StatePull:
		return a.statePull(ctx, o)
	case *args.StatePush:
		return a.statePush(ctx, o)
	case *args.Reports:
		return a.reports(o)
	case *args.Sandbox:
		return a.sandbox(ctx, o)
	case *args.Version:
		return a.version(o)
	case *args.Completion:
		a.human().Text(o.Script())
		return ok
	}
	panic(fmt.Sprintf("no command takes %T", inv.Options))
}

func (a *App) human() *view.Human { return a.humanOn(a.Streams) }

// humanOn is a view for people on other streams. Where a log is written between
// them, no lines are drawn again.
func (a *App) humanOn(s view.Streams) *view.Human {
	if a.getenv("RF_LOG") != "" {
		s = s.NoLive()
	}
	return view.NewHuman(s, a.Now)
}

func (a *App) json() *view.JSON { return view.NewJSON(a.Streams, a.Now) }

// diagnoser is what every command may have to tell.
type diagnoser interface {
	Diagnostics(diags hcl.Diagnostics, files map[string]*hcl.File)
}

// fail tells an error that no file is to blame for.
func fail(v diagnoser, summary, detail string) int {
	v.Diagnostics(hcl.Diagnostics{{Severity: hcl.DiagError, Summary: summary, Detail: detail}}, nil)
	return failed
}

// failWith tells an error that no place in a configuration is to blame for.
func failWith(v diagnoser, summary string, err error) int {
	v.Diagnostics(view.Diagnose(summary, err), nil)
	return failed
}

// failIn tells an error that may lie in the configuration of a session.
func failIn(ctx context.Context, v diagnoser, s Session, summary string, err error) int {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return fail(v, "Interrupted", "The command was stopped before it had finished.")
	}
	v.Diagnostics(view.Diagnose(summary, err), s.Files())
	return failed
}

// getenv looks up a variable of the App's environment.
func (a *App) getenv(name string) string {
	for i := len(a.Environ) - 1; i >= 0; i-- {
		if key, value, ok := cutVariable(a.Environ[i]); ok && key == name {
			return value
		}
	}
	return ""
}

func cutVariable(entry string) (name, value string, ok bool) {
	for i := 1; i < len(entry); i++ { // Windows has names that begin with =
		if entry[i] == '=' {
			return entry[:i], entry[i+1:], true
		}
	}
	return "", "", false
}
