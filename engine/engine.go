// Package engine joins the parts: it loads a configuration, plans what is
// missing, applies plans and answers for the state. It is what a command, or
// another program, holds.
package engine

import (
	"context"
	"errors"
	"io"
	"net"
	"path/filepath"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/config/catalog"
	"github.com/reportform/reportform/engine/archive"
	"github.com/reportform/reportform/engine/auth"
	"github.com/reportform/reportform/engine/backends"
	"github.com/reportform/reportform/engine/fetch"
	"github.com/reportform/reportform/engine/ledger/store"
	"github.com/reportform/reportform/engine/transport"
	"github.com/reportform/reportform/engine/wanted"
	"github.com/reportform/reportform/engine/wire"
	"github.com/reportform/reportform/internal/address"
	"github.com/reportform/reportform/outputs"
	"github.com/reportform/reportform/outputs/all"
)

// Options says what to load and where results go.
type Options struct {
	Dir      string   // the configuration's directory
	Vars     []string // -var flags
	VarFiles []string // -var-file flags
	Environ  []string // as of os.Environ
	Version  string   // of the running program
	// Now is the plan's clock; nil for time.Now.
	Now func() time.Time
	// Stdout receives the events of outputs with the path "-"; nil for none.
	Stdout io.Writer
	Logger hclog.Logger // nil for none
	// Dial makes connections to services; nil for those of the machine's network.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Patience is how long an application's requests to an API of a tenant go on
	// without a useful answer; 0 for an hour.
	Patience time.Duration
	// Formats are the output formats by the labels of their blocks; nil for those
	// of package outputs/all.
	Formats outputs.Registry
}

// Engine is a loaded configuration and everything that serves it. It is safe
// for concurrent use.
type Engine struct {
	version string
	now     func() time.Time
	logger  hclog.Logger
	dir     string // absolute
	machine string // this one, in ledgers

	config      *config.Config
	outputs     map[address.Address]outputs.Output
	credentials map[address.Address]auth.Credential
	ledgers     *store.Store
	archive     *archive.Archive

	wanted *wanted.Wanted
	wire   *wire.Wire
	// source is where a report of a tenant comes from: the wire.
	source func(*config.Tenant, *config.Report, transport.Seat) (fetch.Source, error)

	runs runs // of Pull

	// digest is that of wanted, made when it is asked for.
	digest func() string
	// waiting is told what pulls wait for, while an apply runs.
	waiting waiting
}

// Load reads and checks the configuration, the bodies of its outputs,
// credentials and state backend included. It reads no state and contacts
// nobody. The Engine is never nil, so that Files can serve the diagnostics;
// when these have errors it is good for nothing else.
func Load(opts Options) (*Engine, hcl.Diagnostics) {
	e := &Engine{version: opts.Version, now: opts.Now, logger: opts.Logger, config: &config.Config{}, machine: machine()}
	if e.now == nil {
		e.now = time.Now
	}
	if e.logger == nil {
		e.logger = hclog.NewNullLogger()
	}
	if opts.Stdout == nil {
		opts.Stdout = io.Discard
	}
	if opts.Formats == nil {
		opts.Formats = all.Registry()
	}
	e.digest = sync.OnceValue(func() string { return e.wanted.Digest() })
	dir, err := filepath.Abs(opts.Dir)
	if err != nil {
		return e, hcl.Diagnostics{{
			Severity: hcl.DiagError,
			Summary:  "No configuration directory",
			Detail:   "The working directory cannot be told: " + err.Error() + ".",
		}}
	}
	e.dir = dir
	types, limits, err := catalog.Load()
	if err != nil {
		return e, hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "The built-in catalog is damaged", Detail: err.Error()}}
	}
	var diags hcl.Diagnostics
	e.config, diags = config.Load(opts.Dir, config.Options{
		Vars: opts.Vars, VarFiles: opts.VarFiles, Environ: opts.Environ,
		ReportTypes: types, LimitClasses: limits, Version: opts.Version,
	})
	diags = append(diags, e.decodeBodies(opts)...)
	diags = append(diags, e.checkFields()...)
	if !diags.HasErrors() {
		diags = append(diags, e.wanted.Check()...)
		diags = append(diags, warnOfRetired(e.config)...)
	}
	return e, diags
}

// decodeBodies hands the bodies that the language left undecoded to those who
// know them.
func (e *Engine) decodeBodies(opts Options) hcl.Diagnostics {
	var diags hcl.Diagnostics
	e.outputs, diags = decodeOutputs(e.config, opts.Formats, e.dir, environment(opts.Environ), outputs.NewConsole(opts.Stdout))
	var more hcl.Diagnostics
	e.credentials, more = decodeCredentials(e.config, environment(opts.Environ))
	diags = append(diags, more...)
	e.wire = wire.New(wire.Options{Config: e.config, Credentials: e.credentials, Version: e.version, Now: e.now, Logger: e.logger})
	e.wire.Dial = opts.Dial
	if opts.Patience > 0 {
		e.wire.Retry.Patience = opts.Patience
	}
	e.wire.Say = e.waits
	e.source = e.wire.Source
	home := e.dir
	if real, err := filepath.EvalSymlinks(home); err == nil {
		home = real
	}
	e.wanted = &wanted.Wanted{
		Config: e.config, Outputs: e.outputs, Keepers: wanted.Keepers(e.config.Settings.Name, home), App: e.wire.App, Limits: e.limits,
	}
	if e.config.Settings.State.Type == "" {
		return diags // a mistake that the language has reported
	}
	backend, more := backends.Decode(&e.config.Settings.State, e.dir, environment(opts.Environ))
	e.ledgers = store.New(backend)
	e.archive = archive.New(e.ledgers, archive.NewKeepers(all.Keepers(e.dir), e.outputs), e.now, e.logger)
	return append(diags, more...)
}

// Close stops the sandbox, if one runs, and releases connections.
func (e *Engine) Close() error {
	var err error
	if e.wire != nil {
		err = e.wire.Close()
	}
	if e.ledgers != nil {
		err = errors.Join(err, e.ledgers.Close())
	}
	return err
}

// Files are the files read, for quoting source lines.
func (e *Engine) Files() map[string]*hcl.File { return e.config.Files }

// Archive answers for what the state of the configuration holds. It is nil where
// loading failed.
func (e *Engine) Archive() *archive.Archive { return e.archive }

// Config is the loaded configuration.
func (e *Engine) Config() *config.Config { return e.config }
