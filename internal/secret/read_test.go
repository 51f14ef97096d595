package secret

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// value is the secret that no text may show.
const value = "s3cr3t~Value.of_the-application"

// TestMain lets the test binary be a command that prints a secret.
func TestMain(m *testing.M) {
	switch os.Getenv("SECRET_TEST_COMMAND") {
	case "print":
		fmt.Println(value)
		fmt.Fprintln(os.Stderr, "noise")
	case "fail":
		fmt.Fprintln(os.Stderr, "vault says", value)
		fmt.Println(value)
		os.Exit(3)
	case "hang":
		time.Sleep(time.Hour)
	case "flood":
		fmt.Print(strings.Repeat("x", 1<<20))
	default:
		os.Exit(m.Run())
	}
}

func TestReadSecret(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) Reference {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return Reference{File: path}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := Reference{Exec: []string{self, "argument"}}
	tests := []struct {
		name    string
		place   Reference
		command string
		want    string // empty for an error
		says    string
	}{
		{name: "variable", place: Reference{Env: "SET"}, want: value},
		{name: "variable not set", place: Reference{Env: "UNSET"}, says: `environment variable "UNSET"`},
		{name: "file", place: file("plain", value), want: value},
		{name: "file with a newline", place: file("newline", value+"\n"), want: value},
		{name: "file of Windows", place: file("windows", "\ufeff"+value+"\r\n"), want: value},
		{name: "spaces belong to it", place: file("spaces", " a b "), want: " a b "},
		{name: "empty file", place: file("empty", "\n"), says: "the secret is empty"},
		{name: "two lines", place: file("lines", value+"\nmore"), says: "one line"},
		{name: "UTF-16", place: file("utf16", "\xff\xfes\x003\x00"), says: "one line of UTF-8"},
		{name: "large file", place: file("large", strings.Repeat("x", 1<<20)), says: "more than 64 KiB"},
		{name: "no file", place: Reference{File: filepath.Join(dir, "none")}, says: "none"},
		{name: "directory", place: Reference{File: dir}, says: filepath.Base(dir)},
		{name: "command", place: command, command: "print", want: value},
		{name: "command that fails", place: command, command: "fail", says: "exit status 3"},
		{name: "command that floods", place: command, command: "flood", says: "more than 64 KiB"},
		{name: "no command", place: Reference{Exec: []string{filepath.Join(dir, "none")}}, says: "none"},
		{name: "no shell", place: Reference{Exec: []string{"echo x; echo y"}}, says: "echo x"},
		{name: "nothing", says: "no secret"},
	}
	getenv := func(name string) string { return map[string]string{"SET": value}[name] }
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("SECRET_TEST_COMMAND", tt.command)
			got, err := Read(t.Context(), tt.place, getenv)
			if tt.want != "" {
				if err != nil || got.Reveal() != tt.want {
					t.Errorf("got %q, %v", got.Reveal(), err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Fatalf("got %v, want %q in it", err, tt.says)
			}
			for _, never := range []string{value, "noise", "vault", "xxxx"} {
				if strings.Contains(err.Error(), never) {
					t.Errorf("%q holds %q", err, never)
				}
			}
			if got.Reveal() != "" {
				t.Errorf("got a value with the error %v", err)
			}
		})
	}
}

func TestLinesReader(t *testing.T) {
	tests := []struct{ name, content, want, says string }{
		{"one line", value + "\n", value, ""},
		{"a file of keys", "\ufeff# created: today\r\n\r\n" + value + "\r\n", "# created: today\r\n\r\n" + value, ""},
		{"nothing", "\n\n", "", "the secret is empty"},
		{"control characters", value + "\nx\x00", "", "lines of UTF-8 text"},
		{"UTF-16", "\xff\xfes\x003\x00", "", "lines of UTF-8 text"},
		{"too much", value + "\n" + strings.Repeat("x", 1<<16), "", "more than 64 KiB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "keys")
			if err := os.WriteFile(path, []byte(tt.content), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := LinesReader(Reference{File: path}, os.Getenv)(t.Context())
			if got != tt.want || (err == nil) != (tt.says == "") {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
			if err != nil && (!strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), value)) {
				t.Errorf("the error is %v, want %q and the path without the value", err, tt.says)
			}
		})
	}
}

func TestCommandEndsWithItsContext(t *testing.T) {
	t.Setenv("SECRET_TEST_COMMAND", "hang")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := Read(ctx, Reference{Exec: []string{self}}, os.Getenv); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}
