package cli

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/reportform/reportform/cmd/reportform/internal/args"
	"github.com/reportform/reportform/cmd/reportform/internal/view"
	"github.com/reportform/reportform/engine/ledger"
	"github.com/reportform/reportform/internal/diag"
)

//go:embed starter/main.rf.hcl
var starterConfiguration []byte

//go:embed starter/gitignore
var starterIgnore []byte

// initView is what init has to tell.
type initView interface {
	diagnoser
	Initialised(written []string)
	Checked(c view.Checked)
}

func (a *App) init(ctx context.Context, o *args.Init) int {
	var v initView = a.human()
	exists, err := hasConfiguration(".")
	if err != nil {
		return failWith(v, "Directory not readable", fmt.Errorf("the working directory cannot be read: %w", diag.Reason(err)))
	}
	if exists {
		return a.check(ctx, v, o)
	}
	var written []string
	for _, file := range []struct {
		name string
		data []byte
	}{{"main.rf.hcl", starterConfiguration}, {".gitignore", starterIgnore}} {
		switch err := createFile(file.name, file.data); {
		case err == nil:
			written = append(written, file.name)
		case !errors.Is(err, fs.ErrExist) || file.name != ".gitignore":
			return failWith(v, "The starter configuration was not written", fmt.Errorf("%s: %w", file.name, diag.Reason(err)))
		}
	}
	v.Initialised(written)
	return ok
}

// check reads the configuration that is there, asks its state backend, has it
// migrate what is stored, and reads every ledger.
func (a *App) check(ctx context.Context, v initView, o *args.Init) int {
	s, code := a.open(v, o.Vars)
	defer s.Close()
	if code != ok {
		return code
	}
	keys, err := s.Archive().Keys(ctx)
	if err != nil {
		return failIn(ctx, v, s, "The state backend does not answer", err)
	}
	strangers(v, s)
	if err := s.CheckState(ctx); err != nil {
		return failIn(ctx, v, s, "The state backend does not store", err)
	}
	encrypted, err := s.MigrateState(ctx)
	if err != nil {
		return failIn(ctx, v, s, "The state backend does not store", err)
	}
	switch code := readLedgers(ctx, v, s, keys, func(*ledger.Ledger) {}); code {
	case ok:
	case incomplete:
		return failed // it is not ready
	default:
		return code
	}
	c := s.Config()
	v.Checked(view.Checked{
		Tenants: len(c.Tenants), Reports: len(c.Reports), Outputs: len(c.Outputs),
		Backend: c.Settings.State.Type, Ledgers: len(keys), Encrypted: encrypted,
	})
	return ok
}

// hasConfiguration reports whether a directory holds files of the language.
func hasConfiguration(dir string) (bool, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false, err
	}
	for _, entry := range entries {
		for _, pattern := range []string{"*.rf.hcl", "*.rf.json"} {
			if match, _ := filepath.Match(pattern, entry.Name()); match && !entry.IsDir() {
				return true, nil
			}
		}
	}
	return false, nil
}

// createFile writes a file that does not exist yet.
func createFile(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("%w (the file is incomplete: delete it)", diag.Reason(err))
	}
	return nil
}
