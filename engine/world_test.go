package engine

import (
	"bytes"
	"context"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/reportform/reportform/config/catalog"
	"github.com/reportform/reportform/engine/plan"
	"github.com/reportform/reportform/engine/sandbox"
	"github.com/reportform/reportform/engine/sandbox/sandboxtest"
	"github.com/reportform/reportform/engine/transport"
	"github.com/reportform/reportform/engine/wire"
	"github.com/reportform/reportform/outputs"
)

// testNow is the clock of the tests: a time at which every day before has settled.
var testNow = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// world is a configuration in a directory of its own, with a sandbox that it
// reaches over loopback connections.
type world struct {
	t       *testing.T
	dir     string
	sandbox *sandbox.Sandbox
	url     string
	environ []string
	formats outputs.Registry     // nil for those that there are
	network *sandboxtest.Network // nil for loopback connections
	now     time.Time
	tick    time.Duration // by which the clock moves when it is read
	read    atomic.Int64
	log     bytes.Buffer
	logger  hclog.Logger // of all engines, which can work side by side
	stdout  bytes.Buffer
}

// newWorld starts a sandbox; change may alter its options.
func newWorld(t *testing.T, change func(*sandbox.Options)) *world {
	t.Helper()
	w := unconnected(t, change)
	server, err := w.sandbox.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	w.url = server.URL
	return w
}

// newPipedWorld is a world that reaches its sandbox in memory. Its clock stands.
func newPipedWorld(t *testing.T, change func(*sandbox.Options)) *world {
	t.Helper()
	return newPipedWorldBehind(t, change, func(sandbox http.Handler) http.Handler { return sandbox })
}

// newPipedWorldBehind is newPipedWorld with something before the sandbox.
func newPipedWorldBehind(t *testing.T, change func(*sandbox.Options), before func(http.Handler) http.Handler) *world {
	t.Helper()
	w := unconnected(t, change)
	w.tick = 0
	w.network = sandboxtest.Serve(t, before(w.sandbox))
	w.url = w.network.URL()
	return w
}

// unconnected is a world whose sandbox nobody reaches.
func unconnected(t *testing.T, change func(*sandbox.Options)) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), now: testNow, tick: time.Millisecond}
	w.logger = hclog.New(&hclog.LoggerOptions{Level: hclog.Trace, Output: &w.log})
	types, classes, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	options := wire.SandboxOf(types, nil, classes)
	options.Now = w.clock
	if change != nil {
		change(&options)
	}
	w.sandbox = sandbox.New(options)
	return w
}

// clock is that of the engine and of the sandbox. It moves when it is read and
// when the test moves it, and knows nothing of how fast the machine is.
func (w *world) clock() time.Time { return w.now.Add(time.Duration(w.read.Add(1)) * w.tick) }

// endpoints is the block that leads a tenant to the world's sandbox.
func (w *world) endpoints() string { return endpointsBlock(w.url) }

func endpointsBlock(url string) string {
	return "endpoints {\n login = \"" + url + "\"\n graph = \"" + url + "\"\n aad_graph = \"" + url + "\"\n}\n"
}

// write writes a file of the configuration.
func (w *world) write(name, content string) {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// engine loads the configuration. Its retries hardly wait.
func (w *world) engine() *Engine {
	w.t.Helper()
	o := Options{
		Dir: w.dir, Environ: w.environ, Version: "0.0.0-test", Stdout: &w.stdout, Formats: w.formats,
		Now: w.clock, Logger: w.logger,
	}
	if w.network != nil {
		o.Dial = w.network.Dial
	}
	e, diags := Load(o)
	if diags.HasErrors() {
		w.t.Fatal(diags)
	}
	e.wire.Retry = transport.Retry{Patience: 3 * time.Second, Base: time.Millisecond, Max: 100 * time.Millisecond, Stranger: 50 * time.Millisecond}
	e.wire.Backoff = time.Millisecond
	w.t.Cleanup(func() { _ = e.Close() })
	return e
}

// plan makes a plan of everything.
func (w *world) plan(e *Engine) *plan.Plan {
	w.t.Helper()
	p, err := e.Plan(context.Background(), PlanOptions{})
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// pruning makes a plan of everything that deletes orphans, whatever they are.
func (w *world) pruning(e *Engine) *plan.Plan {
	w.t.Helper()
	p, err := e.Plan(context.Background(), PlanOptions{Prune: true, Allow: plan.Hazards()})
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// apply plans and applies everything.
func (w *world) apply() *Summary {
	w.t.Helper()
	e := w.engine()
	summary, err := e.Apply(context.Background(), w.plan(e), ApplyOptions{})
	if err != nil {
		w.t.Fatal(err)
	}
	return summary
}

// files returns the content of all files below a folder of the configuration,
// by path, hidden ones included.
func (w *world) files(folder string) map[string]string {
	w.t.Helper()
	found := map[string]string{}
	root := filepath.Join(w.dir, folder)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(root, path)
		found[filepath.ToSlash(name)] = string(data)
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		w.t.Fatal(err)
	}
	return found
}

// reasons renders what a plan does, a line each pull.
func reasons(p *plan.Plan) string {
	var b strings.Builder
	for _, pull := range p.Pulls {
		b.WriteString(pull.Tenant + " " + pull.Report + " " + pull.Label)
		for _, o := range pull.Outputs {
			b.WriteString(" " + o.Place.Text() + ":" + string(o.Reason))
		}
		b.WriteString("\n")
	}
	return b.String()
}
