package auth

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

	"github.com/reportform/reportform/config"
)

const (
	// maxSecret bounds what is read of a file or of a command's output.
	maxSecret = 64 << 10
	// execTimeout bounds how long a command may take to print a secret.
	execTimeout = 30 * time.Second
)

// secret carries a value through code that might be printed. The value sits
// behind a function, so that neither a formatting verb, nor an encoder, nor a
// dump by reflection can reach it, not even as a field of another struct.
type secret struct{ value func() string }

func hide(value string) secret { return secret{func() string { return value }} }

// reveal returns the value, empty for the zero secret.
func (s secret) reveal() string {
	if s.value == nil {
		return ""
	}
	return s.value()
}

func (s secret) String() string               { return "(secret)" }
func (s secret) GoString() string             { return "(secret)" }
func (s secret) MarshalText() ([]byte, error) { return []byte("(secret)"), nil }
func (s secret) MarshalJSON() ([]byte, error) { return []byte(`"(secret)"`), nil }

// readSecret reads the value that is found at a place. Environment variables
// come from getenv. Errors name the place and hold no part of the value.
func readSecret(ctx context.Context, place config.Secret, getenv func(string) string) (secret, error) {
	raw, err := readBounded(ctx, place, getenv)
	if err != nil {
		return secret{}, err
	}
	if !oneLine(raw) {
		return secret{}, fmt.Errorf("%s does not hold one line of UTF-8 text, which a secret is", place)
	}
	return hide(string(raw)), nil
}

// Reader returns a function that reads the secret at a place: the password or
// key that a state backend's driver must be handed in plain text. It reads
// anew at each call and keeps nothing; its errors hold no part of the value.
func Reader(place config.Secret, getenv func(string) string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		s, err := readSecret(ctx, place, getenv)
		return s.reveal(), err
	}
}

// LinesReader is Reader for secrets of one or more lines, such as files of
// keys with comments.
func LinesReader(place config.Secret, getenv func(string) string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		raw, err := readBounded(ctx, place, getenv)
		if err != nil {
			return "", err
		}
		for line := range bytes.Lines(raw) {
			if !oneLine(bytes.TrimRight(line, "\r\n")) {
				return "", fmt.Errorf("%s does not hold lines of UTF-8 text", place)
			}
		}
		return string(raw), nil
	}
}

// readBounded reads what is found at a place, without a byte order mark before
// it and line ends after it. Nothing and too much are errors.
func readBounded(ctx context.Context, place config.Secret, getenv func(string) string) ([]byte, error) {
	raw, err := readPlace(ctx, place, getenv)
	if err != nil {
		return nil, fmt.Errorf("the secret cannot be read from %s: %w", place, err)
	}
	raw = bytes.TrimRight(bytes.TrimPrefix(raw, []byte("\ufeff")), "\r\n")
	if len(raw) == 0 {
		return nil, fmt.Errorf("the secret is empty: %s holds nothing", place)
	}
	if len(raw) > maxSecret {
		return nil, fmt.Errorf("%s holds more than %d KiB, which cannot be a secret", place, maxSecret>>10)
	}
	return raw, nil
}

func readPlace(ctx context.Context, place config.Secret, getenv func(string) string) ([]byte, error) {
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
		return nil, bare(err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	return raw, bare(err)
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
		return nil, bare(err)
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

// bare returns the reason of an error without the path or command, which the
// caller names.
func bare(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	var command *exec.Error
	if errors.As(err, &command) {
		return command.Err
	}
	return err
}

func oneLine(raw []byte) bool {
	return utf8.Valid(raw) && bytes.IndexFunc(raw, unicode.IsControl) < 0
}
