package cli

import (
	"context"
	"io"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/cmd/reportform/internal/args"
	"github.com/reportform/reportform/cmd/reportform/internal/view"
	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/config/catalog"
	"github.com/reportform/reportform/engine"
	"github.com/reportform/reportform/engine/archive"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/engine/wire"
)

// Engine is how the commands reach the engine: the one place where they are
// joined.
type Engine struct {
	Load    func(engine.Options) (Session, hcl.Diagnostics)
	Catalog func() ([]*config.ReportType, []*config.LimitClass, error)
	// StartSandbox serves the sandbox.
	StartSandbox func(*args.Sandbox, hclog.Logger) (*SandboxServer, error)
}

// NewEngine returns the engine of this module.
func NewEngine() Engine {
	return Engine{
		Load: func(o engine.Options) (Session, hcl.Diagnostics) {
			e, diags := engine.Load(o)
			return loaded{e}, diags
		},
		Catalog:      catalog.Load,
		StartSandbox: startSandbox,
	}
}

// Session is a loaded configuration as the commands use it: an *engine.Engine.
type Session interface {
	io.Closer
	Files() map[string]*hcl.File
	Config() *config.Config
	// Console reports whether an output writes events to standard output.
	Console() bool
	Plan(ctx context.Context, opts engine.PlanOptions) (*plan.Plan, error)
	// CheckPlan returns an error if a plan was made for another configuration.
	CheckPlan(h *plan.Header) error
	Apply(ctx context.Context, p *plan.Plan, opts engine.ApplyOptions) (*engine.Summary, error)
	// CheckState says what would keep ledgers from being stored.
	CheckState(ctx context.Context) error
	// MigrateState encrypts what the configuration wants encrypted, and returns
	// how many ledgers that were.
	MigrateState(ctx context.Context) (encrypted int, err error)
	// Archive answers for what the state holds.
	Archive() Archive
	Coverage(ctx context.Context, opts engine.PlanOptions) (*engine.Coverage, error)
	Explain(ctx context.Context, path string) (*engine.Explanation, error)
}

// Archive is what a state holds, as the commands use it: an *archive.Archive.
type Archive interface {
	Keys(ctx context.Context) ([]ledger.Key, error)
	// Strangers are the names of what lay beside the ledgers when they were last
	// listed, looks like one and is none.
	Strangers() []string
	Ledger(ctx context.Context, key ledger.Key) (*ledger.Ledger, error)
	// Each gives the ledgers to do, in the order of the keys.
	Each(ctx context.Context, keys []ledger.Key, do func(ledger.Key, *ledger.Ledger, error) error) error
	Forget(ctx context.Context, keys []ledger.Key) error
	PlanMove(ctx context.Context, source, destination string) (*archive.Moving, error)
	Move(ctx context.Context, source, destination string, m *archive.Moving) error
	Push(ctx context.Context, d *ledger.Document, force bool) (*archive.Pushed, error)
	Verify(ctx context.Context, keys []ledger.Key, report func(archive.Verifying)) (*archive.Verified, error)
}

// loaded is the Session of an engine.
type loaded struct{ *engine.Engine }

// Archive implements Session.
func (l loaded) Archive() Archive { return l.Engine.Archive() }

// SandboxServer is a running sandbox.
type SandboxServer struct {
	URL string // scheme://host:port
	io.Closer
}

func startSandbox(o *args.Sandbox, logger hclog.Logger) (*SandboxServer, error) {
	server, err := wire.StartSandbox(wire.SandboxOptions{
		Listen: o.Listen, Faults: o.Faults, Throttle: o.Throttle,
		Seed: uint64(o.Seed), EventsPerDay: o.EventsPerDay, Logger: logger, Clock: o.Clock, LateUpTo: o.Late,
	})
	if err != nil {
		return nil, err
	}
	return &SandboxServer{server.URL, server}, nil
}

// load reads the configuration of the working directory. The session is never
// nil; with errors among the diagnostics it only serves to quote files.
func (a *App) load(vars args.Vars) (Session, hcl.Diagnostics) { return a.loadWith(vars, 0) }

// loadWith is load for a command that asks services, with so much patience; 0 is
// for the usual.
func (a *App) loadWith(vars args.Vars, patience time.Duration) (Session, hcl.Diagnostics) {
	logger, err := a.logger()
	if err != nil {
		return noSession{}, view.Diagnose("Log level not understood", err)
	}
	return a.Load(engine.Options{
		Dir: ".", Vars: vars.Vars, VarFiles: vars.VarFiles, Environ: a.Environ,
		Version: a.Version, Now: a.Now, Stdout: a.Streams.Out, Logger: logger, Patience: patience,
	})
}

// open is load for commands that cannot go on with a mistaken configuration: it
// tells the diagnostics, and the code is ok where there is no error among them.
func (a *App) open(v diagnoser, vars args.Vars) (Session, int) {
	s, diags := a.load(vars)
	v.Diagnostics(diags, s.Files())
	if diags.HasErrors() {
		return s, failed
	}
	return s, ok
}

// noSession stands for a session where loading did not begin.
type noSession struct{ Session }

func (noSession) Files() map[string]*hcl.File { return nil }
func (noSession) Close() error                { return nil }
