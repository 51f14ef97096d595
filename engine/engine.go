// Package engine joins the parts: it loads a configuration, plans what is
// missing, applies plans and answers for the state. It is what a command, or
// another program, holds.
package engine

import (
	"context"
	"io"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/hcl/v2"

	"github.com/reportform/reportform/config"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/engine/run"
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
	// Stdout receives the events of outputs with the path "-".
	Stdout io.Writer
	Logger hclog.Logger // nil for none
}

// Engine is a loaded configuration and everything that serves it.
type Engine struct{}

// Load reads and checks the configuration, the bodies of its outputs,
// credentials and state backend included. It reads no state and contacts
// nobody. The Engine is never nil, so that Files can serve the diagnostics;
// when these have errors it is good for nothing else.
func Load(opts Options) (*Engine, hcl.Diagnostics) { panic("being written") }

// Close stops the sandbox, if one runs, and releases idle connections.
func (e *Engine) Close() error { panic("being written") }

// Files are the files read, for quoting source lines.
func (e *Engine) Files() map[string]*hcl.File { panic("being written") }

// Config is the loaded configuration.
func (e *Engine) Config() *config.Config { panic("being written") }

// Selection narrows a plan.
type Selection struct {
	// Targets keeps what has one of these addresses: a tenant, a report, an
	// output or a window, or a for_each block without its key. Empty keeps all.
	Targets []string
	// Excludes drops what has one of these addresses.
	Excludes []string
	// Tenants keeps the tenants of these names. Empty keeps all.
	Tenants []string
}

// Plan reads the ledgers and says what has to be done. An address in sel that
// matches nothing is an error. Mistakes that only show at this point, such as
// two pulls that lead to one path, are hcl.Diagnostics inside the error.
func (e *Engine) Plan(ctx context.Context, sel Selection) (*plan.Plan, error) {
	panic("being written")
}

// ApplyOptions says how to apply.
type ApplyOptions struct {
	Parallelism int  // pulls at once; 0 for 10
	Prune       bool // delete the plan's orphans
	// Progress, if set, receives what happens, one value at a time.
	Progress func(run.Progress)
}

// Summary is the outcome of an apply.
type Summary struct {
	Finished, Skipped int
	Failed            []run.Failed // in the order of the plan
	Pruned            []plan.Orphan
	Events, Bytes     int64 // events fetched, bytes written
	Interrupted       bool  // ctx ended before all pulls were tried
}

// Apply carries out p. One tenant's failure stops only its own pulls: what
// failed is in the Summary, and the error is for what kept apply from working
// at all, such as a plan of another configuration.
func (e *Engine) Apply(ctx context.Context, p *plan.Plan, opts ApplyOptions) (*Summary, error) {
	panic("being written")
}

// Ledgers returns the keys of all ledgers of the state backend.
func (e *Engine) Ledgers(ctx context.Context) ([]ledger.Key, error) { panic("being written") }

// Ledger returns one ledger; nil if there is none.
func (e *Engine) Ledger(ctx context.Context, key ledger.Key) (*ledger.Ledger, error) {
	panic("being written")
}

// Catalog returns the built-in report types in order of name, and the limit classes.
func Catalog() ([]*config.ReportType, []*config.LimitClass) { panic("being written") }
