package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"reportform": main})
}

// TestScripts runs the program as users do: each script says what is typed,
// what is printed, and which files there are before and after.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"nowhere": nowhere, "exits": exits},
		Setup: func(env *testscript.Env) error {
			env.Setenv("NO_COLOR", "1")
			// Programs built with -race sleep for a second when they exit.
			env.Setenv("GORACE", "atexit_sleep_ms=0")
			return nil
		},
	})
}

// exits CODE PROGRAM ARGUMENT... fails unless the program exits with the code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits code program argument...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	var exit *exec.ExitError
	switch err := ts.Exec(args[1], args[2:]...); {
	case errors.As(err, &exit):
		code = exit.ExitCode()
	default:
		ts.Check(err)
	}
	if code != want {
		ts.Fatalf("exits with %d, want %d:\n%s%s", code, want, ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	}
}

// nowhere TEXT... fails if a file below the script's directory has one of the
// texts in its name or its content.
func nowhere(ts *testscript.TestScript, neg bool, texts []string) {
	if neg || len(texts) == 0 {
		ts.Fatalf("usage: nowhere text...")
	}
	read := 0
	ts.Check(filepath.WalkDir(ts.MkAbs("."), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		for _, text := range texts {
			if bytes.Contains(data, []byte(text)) || bytes.Contains([]byte(d.Name()), []byte(text)) {
				ts.Fatalf("%s has %q", path, text)
			}
		}
		read += len(data)
		return err
	}))
	if read == 0 {
		ts.Fatalf("there was nothing to read")
	}
}
