package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/reportform/reportform/engine"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/engine/ledger/local"
	"github.com/reportform/reportform/engine/ledger/store"
	"github.com/reportform/reportform/engine/wire"
	"github.com/reportform/reportform/internal/place"
)

// lab is a directory with a configuration, in which the tests of crashes,
// races and damage run the program as processes.
type lab struct {
	t     *testing.T
	dir   string
	apply []string // the arguments of an apply that does not ask
	// lacks are system calls that do not work here, and errno is what they
	// answer; nil for none.
	lacks *regexp.Regexp
	errno syscall.Errno
	// moves says that apply only moves files.
	moves bool
}

// newLab writes a configuration. STATE in it is a state block, which is empty
// for the default; ENDPOINTS leads a tenant to the sandbox at url; TODAY-n is
// the date n days ago, since services forget what is older than some weeks.
func newLab(t *testing.T, url, state, config string) *lab {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{t: t, dir: dir, apply: []string{"apply", "-auto-approve"}}
	if state != "" {
		state = "reportform {\n" + state + "\n}"
	}
	l.write("main.rf.hcl", strings.NewReplacer(append(daysAgo(),
		"STATE", state,
		"ENDPOINTS", fmt.Sprintf("endpoints {\n login = %[1]q\n graph = %[1]q\n aad_graph = %[1]q\n}", url),
	)...).Replace(config))
	return l
}

// daysAgo are the replacements of TODAY-n. They are the same throughout a run.
func daysAgo() []string {
	var pairs []string
	for n := 29; n >= 0; n-- { // TODAY-29 before TODAY-2
		pairs = append(pairs, fmt.Sprintf("TODAY-%d", n), started.AddDate(0, 0, -n).Format(time.DateOnly))
	}
	return pairs
}

var started = time.Now().UTC()

// thorough reports whether tests of crashes and races take the minutes that
// every fault point and many processes need: with REPORTFORM_TEST_THOROUGH=1.
func thorough() bool { return os.Getenv("REPORTFORM_TEST_THOROUGH") == "1" }

// startSandbox serves events for as long as the test runs.
func startSandbox(t *testing.T, eventsPerDay int) (url string) {
	t.Helper()
	server, err := wire.StartSandbox(wire.SandboxOptions{Listen: "127.0.0.1:0", EventsPerDay: eventsPerDay})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return server.URL
}

func (l *lab) write(name, content string) {
	l.t.Helper()
	path := filepath.Join(l.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		l.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		l.t.Fatal(err)
	}
}

// copyOf returns a lab with a copy of all files.
func (l *lab) copyOf(t *testing.T) *lab {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(dir, os.DirFS(l.dir)); err != nil {
		t.Fatal(err)
	}
	c := *l
	c.t, c.dir = t, dir
	return &c
}

// command is the program with arguments, not yet started.
func (l *lab) command(args ...string) *exec.Cmd {
	cmd := exec.Command("reportform", args...) // TestMain has put it there
	cmd.Dir = l.dir
	cmd.Env = append(os.Environ(), "NO_COLOR=1", "GORACE=atexit_sleep_ms=0")
	return cmd
}

// run runs the program to its end.
func (l *lab) run(args ...string) (said string, code int) {
	l.t.Helper()
	out, err := l.command(args...).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		l.t.Fatal(err)
	}
	if exit != nil {
		code = exit.ExitCode()
	}
	return string(out), code
}

// expect runs the program and fails unless it exits with the code.
func (l *lab) expect(code int, args ...string) (said string) {
	l.t.Helper()
	said, got := l.run(args...)
	if got != code {
		l.t.Fatalf("reportform %s exits with %d, want %d:\n%s", strings.Join(args, " "), got, code, said)
	}
	return said
}

// outputs are the files below out by path, without temporary ones.
func (l *lab) outputs() map[string]string {
	found := map[string]string{}
	for path, content := range l.files("out") {
		if !strings.HasSuffix(path, ".tmp") {
			found[path] = content
		}
	}
	return found
}

// leftovers are the temporary files everywhere.
func (l *lab) leftovers() []string {
	var found []string
	for path := range l.files(".") {
		if strings.HasSuffix(path, ".tmp") {
			found = append(found, path)
		}
	}
	slices.Sort(found)
	return found
}

// files are those below a folder by path.
func (l *lab) files(folder string) map[string]string {
	l.t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(filepath.Join(l.dir, folder), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(l.dir, path)
		found[filepath.ToSlash(name)] = string(data)
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		l.t.Fatal(err)
	}
	return found
}

// holdings says what the ledgers hold, a line a slice and output, with rows
// and digest, and what failed; when and how it was fetched is left out.
func (l *lab) holdings() string {
	l.t.Helper()
	e, diags := engine.Load(engine.Options{Dir: l.dir, Environ: os.Environ(), Version: "0.0.0-test"})
	if diags.HasErrors() {
		l.t.Fatal(diags)
	}
	defer e.Close()
	keys, err := e.Archive().Keys(l.t.Context())
	if err != nil {
		l.t.Fatal(err)
	}
	var b strings.Builder
	for _, key := range keys {
		held, err := e.Archive().Ledger(l.t.Context(), key)
		if err != nil {
			l.t.Fatal(err)
		}
		d := held.Document()
		for _, h := range d.Held {
			fmt.Fprintln(&b, key.Report, key.Tenant, h.Output, h.From.Format(time.RFC3339), h.To.Format(time.RFC3339),
				h.Definition, h.Place, h.Rows, h.Bytes, h.SHA256, h.First, h.Last, h.Final)
		}
		for _, f := range d.Failed {
			fmt.Fprintln(&b, "FAILED", key.Report, key.Tenant, f.Output, f.From, f.Error)
		}
	}
	return b.String()
}

// backend is the lab's state, where it lies in the default place.
func (l *lab) backend() ledger.Backend {
	return local.New(filepath.Join(l.dir, ".reportform", "state"))
}

// pages returns how many pages of ledgers a backend stores, and deletes those
// that no ledger names; it returns how many these were.
func pages(t *testing.T, backend ledger.Backend) (all, unnamed int) {
	t.Helper()
	keys, err := backend.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		if key.Page != "" {
			all++
		}
	}
	unnamed, err = store.New(backend).Sweep(t.Context(), time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return all, unnamed
}

// ledgerHead is how many entries a ledger has at most before they go into pages.
const ledgerHead = 512

// seed adds entries of an output that is no longer declared to the ledger of
// report.sign_ins.r for tenant.one, from the given hour of the year 2000 on.
func (l *lab) seed(from, entries int) {
	l.t.Helper()
	key := ledger.Key{Tenant: "tenant.one", Report: "report.sign_ins.r"}
	err := store.New(l.backend()).Update(l.t.Context(), key, func(to *ledger.Ledger) {
		for i := range entries {
			hour := time.Date(2000, 1, 1, from+i, 0, 0, 0, time.UTC)
			to.Hold(ledger.Held{
				Output: "output.ndjson.gone", From: hour, To: hour.Add(time.Hour), Definition: "d", Place: place.Place("gone/" + hour.Format("2006-01-02T15Z")), Final: true,
			}.With(ledger.Proof{SHA256: strings.Repeat("0", 64), FetchedAt: hour}))
		}
	})
	if err != nil {
		l.t.Fatal(err)
	}
}
