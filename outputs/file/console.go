package file

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/reportform/reportform/internal/durable"
	"github.com/reportform/reportform/outputs"
)

// spool keeps what is meant for the console until it is complete: a pull that
// fails prints nothing, and pulls do not interleave.
type spool struct {
	console *outputs.Console
	file    *os.File
}

func newSpool(console *outputs.Console) (*spool, error) {
	path := filepath.Join(os.TempDir(), durable.TempName())
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, durable.Private)
	if err != nil {
		return nil, fmt.Errorf("create a temporary file for the console: %w", err)
	}
	// Where the system allows it the file loses its name at once, so that not
	// even a crash leaves it behind. Elsewhere remove does it at the end.
	_ = os.Remove(path)
	return &spool{console, file}, nil
}

func (s *spool) Write(p []byte) (int, error) { return s.file.Write(p) }

func (s *spool) Stage() error {
	_, err := s.file.Seek(0, io.SeekStart)
	return err
}

func (s *spool) Publish() (time.Time, error) {
	if err := s.console.Copy(s.file); err != nil {
		return time.Time{}, fmt.Errorf("write to the console: %w", err)
	}
	// The console has it all: what goes wrong with the spool now changes nothing.
	_ = s.Discard()
	return time.Time{}, nil
}

func (s *spool) Discard() error {
	err := s.file.Close()
	if removeErr := os.Remove(s.file.Name()); !errors.Is(removeErr, fs.ErrNotExist) {
		err = errors.Join(err, removeErr)
	}
	return err
}
