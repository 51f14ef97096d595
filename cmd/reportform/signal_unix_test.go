//go:build unix

package main

import (
	"bufio"
	"errors"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/reportform/reportform/engine/wire"
)

// What a signal stops ends with 128 and its number, and leaves nothing behind.
func TestSignals(t *testing.T) {
	t.Parallel()
	server, err := wire.StartSandbox(wire.SandboxOptions{Listen: "127.0.0.1:0", Faults: []string{"slow,path=signIns,times=always,delay=10m"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	for name, test := range map[string]struct {
		signal syscall.Signal
		code   int
	}{
		"interrupted": {syscall.SIGINT, 130},
		"told to end": {syscall.SIGTERM, 143},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, server.URL, "", damageConfig)
			cmd := l.command("apply", "-auto-approve")
			said, err := cmd.StderrPipe()
			if err == nil {
				err = cmd.Start()
			}
			if err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(said)
			for lines.Scan() && !strings.Contains(lines.Text(), ": started") {
			}
			if err := cmd.Process.Signal(test.signal); err != nil {
				t.Fatal(err)
			}
			for lines.Scan() {
			}
			var exit *exec.ExitError
			if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != test.code {
				t.Errorf("it ends with %v, want %d", err, test.code)
			}
			if left := l.leftovers(); len(left) > 0 {
				t.Errorf("these temporary files were left: %q", left)
			}
			l.expect(2, "plan", "-detailed-exitcode")
		})
	}
}
