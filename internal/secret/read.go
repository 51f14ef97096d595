package secret

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/reportform/reportform/internal/bom"
	"github.com/reportform/reportform/internal/diag"
)

const (
	// maxSecret bounds what is read of a file or of a command's output.
	maxSecret = 64 << 10
	// execTimeout bounds how long a command may take to print a secret.
	execTimeout = 30 * time.Second
)

// Value carries a secret through code that might be printed. It sits behind a
// function, so that neither a formatting verb, nor an encoder, nor a dump by
// reflection can reach it, not even as a field of another struct.
type Value struct{ value func() string }

// Hide returns the Value of a secret.
func Hide(secret string) Value { return Value{func() string { return secret }} }

// IsZero reports whether the Value is the zero Value, which has no secret.
func (v Value) IsZero() bool { return v.value == nil }

// Reveal returns the secret, empty for the zero Value.
func (v Value) Reveal() string {
	if v.value == nil {
		return ""
	}
	return v.value()
}

func (v Value) String() string               { return "(secret)" }
func (v Value) GoString() string             { return "(secret)" }
func (v Value) MarshalText() ([]byte, error) { return []byte("(secret)"), nil }
func (v Value) MarshalJSON() ([]byte, error) { return []byte(`"(secret)"`), nil }

// Read reads the secret that a Reference refers to, one line of text.
// Environment variables come from getenv. Errors name the place and hold no part
// of the secret.
func Read(ctx context.Context, r Reference, getenv func(string) string) (Value, error) {
	raw, err := readBounded(ctx, r, getenv)
	if err != nil {
		return Value{}, err
	}
	if !oneLine(raw) {
		return Value{}, fmt.Errorf("%s does not hold one line of UTF-8 text, which a secret is", r)
	}
	return Hide(string(raw)), nil
}

// Reader returns a function that reads a secret which a driver must be handed in
// plain text, such as a password or a key. It reads anew at each call and keeps
// nothing; its errors hold no part of the secret.
func Reader(r Reference, getenv func(string) string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		value, err := Read(ctx, r, getenv)
		return value.Reveal(), err
	}
}

// LinesReader is Reader for secrets of one or more lines, such as files of
// keys with comments.
func LinesReader(r Reference, getenv func(string) string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		raw, err := readBounded(ctx, r, getenv)
		if err != nil {
			return "", err
		}
		for line := range bytes.Lines(raw) {
			if !oneLine(bytes.TrimRight(line, "\r\n")) {
				return "", fmt.Errorf("%s does not hold lines of UTF-8 text", r)
			}
		}
		return string(raw), nil
	}
}

// readBounded reads what is found at a place, without a byte order mark before
// it and line ends after it. Nothing and too much are errors.
func readBounded(ctx context.Context, place Reference, getenv func(string) string) ([]byte, error) {
	raw, err := readPlace(ctx, place, getenv)
	if err != nil {
		return nil, fmt.Errorf("the secret cannot be read from %s: %w", place, err)
	}
	raw = bytes.TrimRight(bom.Trim(raw), "\r\n")
	if len(raw) == 0 {
		return nil, fmt.Errorf("the secret is empty: %s holds nothing", place)
	}
	if len(raw) > maxSecret {
		return nil, fmt.Errorf("%s holds more than %d KiB, which cannot be a secret", place, maxSecret>>10)
	}
	return raw, nil
}

func readPlace(ctx context.Context, place Reference, getenv func(string) string) ([]byte, error) {
	switch {
	case place.Env != "":
		return []byte(getenv(place.Env)), nil
	case place.File != "":
		return readFile(place.File)
	case len(place.Exec) > 0:
		return readCommand(ctx, place.Exec)
	}
	return nil, errors.New("it names no place")
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, diag.Reason(err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	return raw, diag.Reason(err)
}

// readCommand runs a command without a shell and returns its standard output.
// Its standard error is discarded: a tool that fails may print what it holds.
func readCommand(ctx context.Context, command []string) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, execTimeout, fmt.Errorf("it did not finish within %s", execTimeout))
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.WaitDelay = time.Second
	var out limitedBuffer
	cmd.Stdout = &out
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, diag.Reason(err)
	}
	return out.Bytes(), nil
}

// limitedBuffer keeps the first maxSecret+1 bytes and drops the rest.
type limitedBuffer struct{ bytes.Buffer }

func (b *limitedBuffer) Write(p []byte) (int, error) {
	if room := maxSecret + 1 - b.Len(); room > 0 {
		b.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

func oneLine(raw []byte) bool {
	return utf8.Valid(raw) && bytes.IndexFunc(raw, unicode.IsControl) < 0
}
